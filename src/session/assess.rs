//! The pipeline behind a live session: chunks are let in, decoded and pushed, in order.
//!
//! Everything here runs on a worker thread. A chunk that cannot be used costs one notice and one
//! refusal; a picture that was lost, dropped or refused lowers coverage.

mod opening;

use super::challenges::Challenges;
use super::{
    Assessor, ChallengeOffer, ChallengeUpdate, EventAck, Item, MediaChunk, Notice, NoticeKind,
    ReferenceStore, Report, Shed,
};
use crate::challenge::{RecordKey, SystemEntropy};
use crate::core::{
    ClockSource, ControlEvent, EventKind, FieldError, Frame, InterviewSpec, MediaTime,
    SegmentResult, SessionSummary, SignalCapability, TenantId, TrackId, TrackSpec,
};
use crate::decode::DecodeError;
use crate::decode::wire::{AudioDecoder, VideoDecoder, VideoPacket};
use crate::engine::ModelSet;
use crate::fusion::SignalPolicy;
use crate::ingest::{Accepted, BACKLOG_NS, Chunk, Ingest, Limits, Refusal, validate_spec};
use crate::pipeline::{Pipeline, PipelineSettings};
use opening::{decoder, refer_to_earlier};
use std::collections::HashMap;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// A measured frame rate further than this from the announced one is told: a factor of 1.3.
const FRAME_RATE_FACTOR: f64 = 1.3;
/// A segment with the face on less than this share of its pictures is told.
const NO_FACE_SHARE: f64 = 0.1;
/// What is said of media that came too late to count.
const LATE: &str = "came after the segment of its time was closed, or lies before the first one: \
    kept as context, not assessed";

enum Decoder {
    Video(Box<dyn VideoDecoder>),
    Audio(AudioDecoder),
}

/// See the module.
pub(super) struct PipelineAssessor {
    pipeline: Pipeline,
    ingest: Ingest,
    decoders: HashMap<TrackId, Decoder>,
    stopwatch: fn() -> u64,
    decode_ns: u64,
    /// Number of the latest control event.
    latest_event: Option<u64>,
    max_session_ns: i64,
    references: Arc<ReferenceStore>,
    shed: Shed,
    /// Signals in the order in which they are left out.
    shed_order: Vec<String>,
    /// Pictures of each track since something was left out.
    pictures: HashMap<TrackId, u64>,
    /// Whose interview it is; what it leaves behind is kept for them alone.
    tenant: TenantId,
    challenges: Challenges,
    /// Pictures or blocks of the chunk at hand that came too late to count.
    late: u64,
    /// Pictures of the chunk at hand that were decoded and left out under load.
    left_out: u64,
}

/// What an interview is opened with, beside its announcement.
pub(super) struct Opening<'a> {
    /// What is let in.
    pub(super) limits: &'a Limits,
    /// How the interview is cut and scored.
    pub(super) settings: PipelineSettings,
    /// How signals enter the score.
    pub(super) policies: &'a [SignalPolicy],
    /// Signals in the order in which they are left out under load.
    pub(super) shed_order: &'a [String],
    /// Whose interview it is.
    pub(super) tenant: &'a TenantId,
    /// What earlier interviews left behind.
    pub(super) references: &'a Arc<ReferenceStore>,
    /// What challenge records are signed with.
    pub(super) record_key: &'a Arc<RecordKey>,
}

impl PipelineAssessor {
    /// The pipeline of an announced interview.
    ///
    /// # Errors
    /// Every field of the announcement that cannot be served.
    pub(super) fn open(
        spec: &InterviewSpec,
        opening: &Opening<'_>,
    ) -> Result<Self, Vec<FieldError>> {
        let Opening {
            limits,
            settings,
            policies,
            shed_order,
            tenant,
            references,
            record_key,
        } = *opening;
        let within = |e: FieldError| e.within("open");
        validate_spec(spec, limits)
            .map_err(|faults| faults.into_iter().map(within).collect::<Vec<_>>())?;
        let mut decoders = HashMap::new();
        for (i, track) in spec.tracks.iter().enumerate() {
            let decoder = decoder(track, limits.max_picture_pixels).map_err(|e| {
                let field = format!("open.tracks[{i}]");
                vec![match e {
                    DecodeError::Field(e) => e.within(&field),
                    other => FieldError::new(field, other, "a track that can be decoded"),
                }]
            })?;
            decoders.insert(track.id.clone(), decoder);
        }
        let mut pipeline = Pipeline::new(spec.clone(), settings, policies);
        refer_to_earlier(&mut pipeline, spec, tenant, references).map_err(|e| vec![within(e)])?;
        Ok(Self {
            pipeline,
            ingest: Ingest::new(spec, limits),
            decoders,
            stopwatch: settings.stopwatch,
            decode_ns: 0,
            latest_event: None,
            max_session_ns: limits.max_session_ns,
            references: Arc::clone(references),
            shed: Shed::default(),
            shed_order: shed_order.to_vec(),
            pictures: HashMap::new(),
            tenant: tenant.clone(),
            challenges: Challenges::new(
                spec.session_id.clone(),
                spec.challenges.clone(),
                Arc::clone(record_key),
                Box::<SystemEntropy>::default(),
            ),
            late: 0,
            left_out: 0,
        })
    }

    fn media(&mut self, chunk: &MediaChunk, models: &mut ModelSet, report: &mut Report) {
        let seen = Chunk {
            sequence: chunk.sequence,
            capture_time_us: chunk.capture_time_us,
            payload: &chunk.payload,
            layout: chunk.layout.as_ref(),
            epoch: chunk.epoch,
        };
        let accepted = match self.ingest.accept(&chunk.track, &seen) {
            Ok(accepted) => accepted,
            Err(refusal) => {
                // What came twice is not missing.
                if matches!(refusal, Refusal::Field(_) | Refusal::TimeGoesBack { .. }) {
                    self.lost(&chunk.track, 1);
                }
                let time = self.ingest.present();
                return report.refuse(chunk, NoticeKind::MediaRefused, time, refusal.into());
            }
        };
        self.note_breaks(chunk, &accepted, report);
        if self.leaves_out(&chunk.track, false) {
            self.pipeline.note_lost(&chunk.track, 1);
            report.taken += 1;
            report.left_out += 1;
            return;
        }
        match self.decode(chunk, &accepted, models) {
            Ok(()) => report.taken += 1,
            Err(error) => {
                self.pipeline.note_lost(&chunk.track, 1);
                match error {
                    // No fault of this chunk, which is whole: it is told and not held against the sender.
                    DecodeError::AwaitsKeyframe(_) => report.notices.push(Notice {
                        kind: NoticeKind::KeyframeNeeded,
                        track: Some(chunk.track.clone()),
                        time: accepted.time,
                        detail: error.to_string(),
                        count: 1,
                    }),
                    error => {
                        let kind = NoticeKind::DecodeFailed;
                        report.refuse(chunk, kind, accepted.time, field_of(error));
                    }
                }
            }
        }
        report.left_out += std::mem::take(&mut self.left_out);
        let late = std::mem::take(&mut self.late);
        if late > 0 {
            report.notices.push(Notice {
                kind: NoticeKind::MediaLate,
                track: Some(chunk.track.clone()),
                time: accepted.time,
                detail: LATE.to_owned(),
                count: late,
            });
        }
    }

    /// Chunks of a track did not come, or not to be used: what rests on them cannot be decoded.
    fn lost(&mut self, track: &TrackId, chunks: u64) {
        if let Some(Decoder::Video(decoder)) = self.decoders.get_mut(track) {
            decoder.gap();
        }
        self.pipeline.note_lost(track, chunks);
    }

    /// True for a picture that is not looked at, under load. One that others are decoded from is left
    /// out after it was `decoded`, any other before; those of a reference never.
    fn leaves_out(&mut self, track: &TrackId, decoded: bool) -> bool {
        let one_of = self.shed.one_picture_of();
        let spec = self.pipeline.spec().track(track).filter(|t| !t.reference);
        let Some(video) = spec.and_then(|t| t.video.as_ref()) else {
            return false;
        };
        if one_of == 1 || video.format.is_each_whole() == decoded {
            return false;
        }
        let count = self.pictures.entry(track.clone()).or_default();
        *count += 1;
        *count % one_of != 1
    }

    fn note_breaks(&mut self, chunk: &MediaChunk, accepted: &Accepted, report: &mut Report) {
        let notice = |kind, detail, count| Notice {
            kind,
            track: Some(chunk.track.clone()),
            time: accepted.time,
            detail,
            count,
        };
        if accepted.lost_chunks > 0 {
            self.lost(&chunk.track, accepted.lost_chunks);
            let detail = "chunks are missing in the sequence".to_owned();
            let lost = notice(NoticeKind::MediaLost, detail, accepted.lost_chunks);
            report.notices.push(lost);
        }
        if accepted.unrelated {
            self.forget_clock(&chunk.track, accepted.time);
        }
        if let Some(jump) = accepted.clock_jump {
            let seconds = jump.by_ns as f64 / 1e9;
            let detail = format!("the timestamps jumped by {seconds:+.1} s");
            report
                .notices
                .push(notice(NoticeKind::ClockJump, detail, 1));
            // A relation that the sender itself stated is known.
            let unknown = self.ingest.clock_source(&chunk.track) == ClockSource::Unknown;
            if jump.reset && unknown {
                self.forget_clock(&chunk.track, accepted.time);
            }
        }
    }

    /// A clock that was set back, or reads like no other, says nothing about sound against pictures.
    fn forget_clock(&mut self, track: &TrackId, time: MediaTime) {
        let kind = EventKind::ClockMapping {
            track: track.clone(),
            offset_ns: 0,
            source: ClockSource::Unknown,
            uncertainty_ns: 0,
        };
        if let Err(error) = self.pipeline.push_event(ControlEvent { time, kind }) {
            tracing::debug!(field = error.field, "clock reset");
        }
    }

    fn decode(
        &mut self,
        chunk: &MediaChunk,
        accepted: &Accepted,
        models: &mut ModelSet,
    ) -> Result<(), DecodeError> {
        let began = (self.stopwatch)();
        let elapsed = |stopwatch: fn() -> u64| stopwatch().saturating_sub(began);
        match self.decoders.get_mut(&chunk.track) {
            Some(Decoder::Video(decoder)) => {
                let packet = VideoPacket {
                    time: accepted.time,
                    epoch: accepted.epoch,
                    payload: &chunk.payload,
                    layout: chunk.layout.as_ref(),
                };
                let mut frames = Vec::new();
                let result = decoder.submit(&packet, &mut frames);
                self.decode_ns += elapsed(self.stopwatch);
                let given_up = decoder.take_given_up();
                self.pipeline.note_lost(&chunk.track, given_up);
                self.show(&chunk.track, &frames, models);
                result
            }
            Some(Decoder::Audio(decoder)) => {
                let block = decoder.decode(accepted.time, &chunk.payload);
                self.decode_ns += elapsed(self.stopwatch);
                let block = block?;
                self.late += u64::from(self.pipeline.is_late(&chunk.track, block.end()));
                Ok(self.pipeline.push_audio(&chunk.track, &block, models)?)
            }
            None => Err(FieldError::new("track_id", &chunk.track, "an announced track").into()),
        }
    }

    fn show(&mut self, track: &TrackId, frames: &[Frame], models: &mut ModelSet) {
        for frame in frames {
            if self.leaves_out(track, true) {
                self.pipeline.note_lost(track, 1);
                self.left_out += 1;
                continue;
            }
            self.late += u64::from(self.pipeline.is_late(track, frame.time.plus_ns(1)));
            self.pipeline.push_frame(track, frame, models);
        }
    }

    /// Pictures that the decoders still hold back, at the end of the tracks.
    fn drain(&mut self, models: &mut ModelSet) {
        let mut tracks: Vec<TrackId> = self.decoders.keys().cloned().collect();
        tracks.sort();
        for track in tracks {
            let Some(Decoder::Video(decoder)) = self.decoders.get_mut(&track) else {
                continue;
            };
            let mut frames = Vec::new();
            if let Err(error) = decoder.flush(&mut frames) {
                tracing::debug!(%error, "the last pictures of a track");
            }
            let given_up = decoder.take_given_up();
            self.pipeline.note_lost(&track, given_up);
            self.show(&track, &frames, models);
        }
    }

    fn event(&mut self, id: u64, event: ControlEvent) -> Result<(), FieldError> {
        if let Some(latest) = self.latest_event.filter(|latest| id <= *latest) {
            let found = format!("{id} after {latest}");
            let expected = "a number that rises from event to event";
            return Err(FieldError::new("event_id", found, expected));
        }
        self.latest_event = Some(id);
        if event.time.0 < -BACKLOG_NS || event.time.0 > self.max_session_ns {
            let expected = format!(
                "{} to {} s of session time",
                -BACKLOG_NS / 1_000_000_000,
                self.max_session_ns / 1_000_000_000
            );
            return Err(FieldError::new("time_us", event.time.as_us(), expected));
        }
        // The pipeline checks the event, so it goes first.
        self.pipeline.push_event(event.clone())?;
        match event.kind {
            EventKind::Discontinuity { track, .. } => {
                match self.decoders.get_mut(&track) {
                    Some(Decoder::Video(decoder)) => decoder.reset(),
                    Some(Decoder::Audio(decoder)) => decoder.reset(),
                    None => {}
                }
                Ok(self.ingest.discontinuity(&track)?)
            }
            EventKind::ClockMapping {
                track,
                offset_ns,
                source,
                uncertainty_ns,
            } => {
                let source = source.within(uncertainty_ns);
                Ok(self.ingest.clock_mapping(&track, offset_ns, source)?)
            }
            _ => Ok(()),
        }
    }

    /// Stamps times and adds what the client may want to know of a concluded segment.
    fn conclude(
        &mut self,
        mut segments: Vec<SegmentResult>,
        models: &ModelSet,
        report: &mut Report,
    ) {
        if segments.iter().any(|s| s.is_final) {
            let news = self.pipeline.take_capabilities(models);
            report.capabilities.extend(news);
        }
        for s in &mut segments {
            if s.is_final {
                s.times.decode_ms = std::mem::take(&mut self.decode_ns) as f64 / 1e6;
                self.remark(s, report);
            }
        }
        report.segments.append(&mut segments);
        for detail in self.pipeline.take_remarks() {
            report.notices.push(Notice {
                kind: NoticeKind::Reference,
                track: None,
                time: self.ingest.present(),
                detail,
                count: 1,
            });
        }
    }

    fn remark(&self, s: &SegmentResult, report: &mut Report) {
        let tracks = &self.pipeline.spec().tracks;
        let own =
            |t: &&TrackSpec| t.participant == s.participant && t.video.is_some() && !t.reference;
        let Some(track) = tracks.iter().find(own) else {
            return;
        };
        let notice = |kind, detail| Notice {
            kind,
            track: Some(track.id.clone()),
            time: s.span.start,
            detail,
            count: s.coverage.frames_seen,
        };
        if s.coverage.frames_seen > 0 && s.quality.face_presence < NO_FACE_SHARE {
            let share = s.quality.face_presence * 100.0;
            let detail = format!("a face on {share:.0} % of the pictures of a segment");
            report.notices.push(notice(NoticeKind::NoFace, detail));
        }
        let announced = track.video.as_ref().and_then(|v| v.nominal_fps);
        if let Some(announced) = announced.map(f64::from) {
            let measured = s.quality.fps;
            let far = measured * FRAME_RATE_FACTOR < announced
                || measured > announced * FRAME_RATE_FACTOR;
            if measured > 0.0 && far {
                let detail = format!("{measured:.1} pictures a second, announced {announced:.1}");
                report.notices.push(notice(NoticeKind::FrameRate, detail));
            }
        }
    }
}

impl Assessor for PipelineAssessor {
    fn capabilities(&mut self, models: &ModelSet) -> Vec<SignalCapability> {
        self.pipeline.capabilities(models)
    }

    fn shed(&mut self, shed: Shed) {
        if shed == self.shed {
            return;
        }
        self.shed = shed;
        self.pictures.clear();
        let signals = self.shed_order.get(..shed.signals).unwrap_or_default();
        self.pipeline.leave_out(signals, shed.is_lean());
    }

    fn process(
        &mut self,
        items: Vec<Item>,
        cancelled: &CancellationToken,
        models: &mut ModelSet,
    ) -> Report {
        let mut report = Report::default();
        for item in items {
            if cancelled.is_cancelled() {
                break;
            }
            match item {
                Item::Media(chunk) => {
                    self.media(&chunk, models, &mut report);
                    let segments = self.pipeline.poll(models);
                    self.conclude(segments, models, &mut report);
                }
                Item::Dropped {
                    track,
                    last_sequence,
                    count,
                } => {
                    self.ingest.dropped(&track, last_sequence);
                    self.lost(&track, count);
                }
                Item::Event { id, event } => {
                    let refusal = self
                        .event(id, event)
                        .err()
                        .map(|e| e.within("event").to_string());
                    report.acks.push(EventAck { id, refusal });
                }
                Item::Challenge(request) => {
                    let now = self.ingest.present();
                    self.challenges.take(request, now, &mut self.pipeline);
                }
            }
        }
        let now = self.ingest.present();
        self.challenges.advance(now, &mut self.pipeline);
        report.challenges = self.challenges.take_updates();
        let remarks = self.challenges.take_remarks();
        report
            .notices
            .extend(remarks.into_iter().map(|detail| Notice {
                kind: NoticeKind::Challenge,
                track: None,
                time: now,
                detail,
                count: 1,
            }));
        report
    }

    fn challenge_offer(&mut self, models: &ModelSet) -> ChallengeOffer {
        self.challenges
            .offer(self.pipeline.challenge_obstacles(models))
    }

    fn last_challenges(&mut self) -> Vec<ChallengeUpdate> {
        self.challenges.take_updates()
    }

    fn finish(
        &mut self,
        reason: &str,
        partial: bool,
        models: &mut ModelSet,
    ) -> (Vec<SegmentResult>, SessionSummary) {
        self.drain(models);
        let (mut segments, mut summary) = self.pipeline.finish(reason, partial, models);
        let now = self.ingest.present();
        self.challenges
            .finish(&mut summary, now, &mut self.pipeline);
        let spec = self.pipeline.spec();
        let left = self.pipeline.baselines();
        self.references
            .keep(&self.tenant, &spec.session_id, &spec.consent_id, left);
        if let Some(first) = segments.iter_mut().find(|s| s.is_final) {
            first.times.decode_ms = std::mem::take(&mut self.decode_ns) as f64 / 1e6;
        }
        (segments, summary)
    }
}

impl Report {
    fn refuse(&mut self, chunk: &MediaChunk, kind: NoticeKind, time: MediaTime, why: FieldError) {
        self.notices.push(Notice {
            kind,
            track: Some(chunk.track.clone()),
            time,
            detail: why.to_string(),
            count: 1,
        });
        self.refused += 1;
        self.latest_refusal = Some(why);
    }
}

/// A decoding error as a fault of the chunk's payload.
fn field_of(error: DecodeError) -> FieldError {
    match error {
        DecodeError::Field(e) => e.within("media"),
        other => FieldError::new("media.payload", other, "a payload of the announced format"),
    }
}
