//! One talking clip, decoded and tracked once, and its sound, which can be moved or replaced.

use super::figures::Window;
use super::media::{Row, SeenAndHeard, seen_and_heard};
use liveproof::analyze::lip_sync::LipSync;
use liveproof::analyze::{Analyzer, Segment};
use liveproof::audio::VoiceTrack;
use liveproof::core::{
    ClockSource, Coverage, FaceObs, MEL_BANDS, MediaTime, ParticipantId, Quality, Role, Span,
    VOICE_HOP_NS, VoiceSeries,
};
use liveproof::engine::ModelSet;
use std::path::Path;

/// A clip's series.
pub struct Recording {
    pub name: String,
    pub speaker: String,
    pub fps: f64,
    /// Time of the last picture, seconds.
    pub seconds: f64,
    face: Vec<FaceObs>,
    voice: VoiceTrack,
}

impl Recording {
    /// Decodes a clip, tracks its face and computes its voice series.
    pub fn read(
        data: &Path,
        row: &Row,
        models: &mut ModelSet,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let SeenAndHeard { face, voice, fps } = seen_and_heard(&data.join(&row.path), models)?;
        let last = face.last().ok_or("no pictures")?.time.as_secs_f64();
        Ok(Self {
            name: row.name(),
            speaker: row.identity.clone(),
            fps,
            seconds: last,
            face,
            voice,
        })
    }
}

/// Sound on the 10 ms grid, with the time that it is given.
#[derive(Clone)]
pub struct Sound {
    start: MediaTime,
    speech: Vec<f32>,
    logmel: Vec<[f32; MEL_BANDS]>,
    missing: Vec<bool>,
}

impl Sound {
    /// A clip's own sound at its own time.
    pub fn of(r: &Recording) -> Self {
        let s = r.voice.series();
        Self {
            start: s.start,
            speech: s.speech.to_vec(),
            logmel: s.logmel.to_vec(),
            missing: s.missing.to_vec(),
        }
    }

    /// The same sound, `ms` later.
    pub fn late_by(&self, ms: i64) -> Self {
        Self {
            start: self.start.plus_ns(ms * 1_000_000),
            ..self.clone()
        }
    }

    /// The same sound, from `at_s` on `ms` later; what lies between is missing.
    pub fn late_from(&self, at_s: f64, ms: i64) -> Self {
        let cut = MediaTime::from_secs_f64(at_s).since_ns(self.start) / VOICE_HOP_NS;
        let (cut, pad) = (usize::try_from(cut).expect("inside"), (ms / 10) as usize);
        let mut out = self.clone();
        out.speech.splice(cut..cut, vec![0.0; pad]);
        out.logmel.splice(cut..cut, vec![[0.0; MEL_BANDS]; pad]);
        out.missing.splice(cut..cut, vec![true; pad]);
        out
    }

    /// The sound from time 0, again and again for `seconds`.
    pub fn repeated(&self, seconds: f64) -> Self {
        let hops = (seconds * 100.0) as usize + 100;
        let take = |i: usize| i % self.speech.len();
        Self {
            start: MediaTime::ZERO,
            speech: (0..hops).map(|i| self.speech[take(i)]).collect(),
            logmel: (0..hops).map(|i| self.logmel[take(i)]).collect(),
            missing: (0..hops).map(|i| self.missing[take(i)]).collect(),
        }
    }
}

/// The signal's word on one segment of a clip with this sound.
pub fn analyze(
    signal: &mut LipSync,
    r: &Recording,
    sound: &Sound,
    start_s: f64,
    end_s: f64,
    models: &mut ModelSet,
) -> Window {
    let span = Span::new(
        MediaTime::from_secs_f64(start_s),
        MediaTime::from_secs_f64(end_s),
    );
    let pictures = r.face.partition_point(|f| f.time < span.end);
    let hops = (span.end.since_ns(sound.start) / VOICE_HOP_NS).max(0) as usize;
    let hops = hops.min(sound.speech.len());
    let participant = ParticipantId::parse("candidate").expect("an id");
    let segment = Segment {
        participant: &participant,
        role: Role::Candidate,
        index: 0,
        span,
        face: &r.face[..pictures],
        voice: Some(VoiceSeries {
            start: sound.start,
            samples: &[],
            speech: &sound.speech[..hops],
            logmel: &sound.logmel[..hops],
            level_db: &[],
            missing: &sound.missing[..hops],
        }),
        interviewer: None,
        events: &[],
        quality: &Quality::default(),
        coverage: &Coverage::default(),
        clock: ClockSource::Estimated,
        reference: None,
        last: false,
    };
    Window::of(&signal.analyze(&segment, models))
}
