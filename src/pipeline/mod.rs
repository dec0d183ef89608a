//! One interview from decoded media to results: tracking, voices, segments, analyzers, fusion.
//!
//! **In:** frames and audio blocks with session times, control events, the worker's models.
//! **Out:** [`SegmentResult`]s and a closing [`SessionSummary`]. **May touch:** `track`, `audio`,
//! `segment`, `analyze`, `fusion`, `engine::ModelSet`. **Must not touch:** IO, clocks, async,
//! the wire.
//!
//! The live service and the review of recordings run this same code; they differ only in who
//! pushes the media and what happens when it comes too fast. It is synchronous on purpose: a
//! call runs on one worker thread that owns one set of models, and nothing here waits.

mod ability;
mod album;
mod analyzers;
mod cautions;
mod challenges;
mod lane;
mod plots;
mod reference;
mod seats;
mod sight;
mod totals;
mod vad;
mod voice;

pub use cautions::cautions;
pub use challenges::ChallengeObstacle;
pub use reference::ReferenceReader;

use crate::core::{
    AudioBlock, Baseline, ChallengeResult, ControlEvent, EventKind, EvidencePicture, FieldError,
    Frame, InterviewSpec, MediaTime, NO_CONSENT, ParticipantId, ParticipantSummary, PlotSeries,
    Reference, SegmentResult, SessionSummary, SignalCapability, Span, TrackId, TrackKind,
};
use crate::engine::ModelSet;
use crate::fusion::{FusionConfig, SequentialTest, SignalPolicy};
use lane::Lane;
use seats::Switch;
use voice::Voice;

/// Events kept in one interview; more are refused, so that memory stays bounded.
pub const MAX_EVENTS: usize = 10_000;

/// Verified stretches in one interview; more are refused.
pub const MAX_REFERENCE_SPANS: usize = 16;

/// How an interview is cut and scored.
#[derive(Debug, Clone, Copy)]
pub struct PipelineSettings {
    /// Length of a segment in nanoseconds.
    pub segment_ns: i64,
    /// How far one track may run ahead before the others are no longer waited for.
    pub skew_ns: i64,
    /// Prior and coverage floors.
    pub fusion: FusionConfig,
    /// Time between two runs of the face detector while a face is tracked, nanoseconds.
    pub detect_interval_ns: i64,
    /// Pictures a second in which the face is followed at least, see [`Pace`](crate::track::Pace); 0 = every picture.
    /// While a hand challenge is open every one is.
    pub looks_per_s: u32,
    /// True when question marks are given, or may still come.
    pub question_marks: bool,
    /// True to keep the pictures behind the strongest findings, see [`Pipeline::take_pictures`].
    pub pictures: bool,
    /// True to keep how far the mouth opened and how loud it was, see [`Pipeline::take_plots`].
    pub plots: bool,
    /// Session time between two provisional results of a segment that is open, nanoseconds; `None`
    /// for none but where a track is waited for.
    pub provisional_ns: Option<i64>,
    /// How long tracking, and how long the signals, may take for one segment by the stopwatch,
    /// nanoseconds; what goes beyond it is abandoned for that segment. `None` for recordings, whose
    /// results must not depend on a clock.
    pub stage_deadline_ns: Option<u64>,
    /// Nanoseconds of a steady clock, for stage times and deadlines.
    pub stopwatch: fn() -> u64,
}

impl Default for PipelineSettings {
    fn default() -> Self {
        Self {
            segment_ns: 3_000_000_000,
            skew_ns: 2_000_000_000,
            fusion: FusionConfig {
                prior: 0.01,
                segment_coverage_floor: 0.5,
                session_coverage_floor: 0.1,
                test: SequentialTest::default(),
            },
            detect_interval_ns: 1_000_000_000,
            looks_per_s: crate::track::LOOKS_PER_S,
            question_marks: false,
            pictures: false,
            plots: false,
            provisional_ns: None,
            stage_deadline_ns: None,
            stopwatch: || 0,
        }
    }
}

/// One interview.
pub struct Pipeline {
    spec: InterviewSpec,
    settings: PipelineSettings,
    voices: Vec<Voice>,
    lanes: Vec<Lane>,
    events: Vec<ControlEvent>,
    first: Option<MediaTime>,
    end: MediaTime,
    /// Tracks that are to become somebody else's, in time order.
    switches: Vec<Switch>,
    /// Stretches that are reference and no part of the interview.
    verified: Vec<Span>,
    /// Until when a hand challenge may open at any moment.
    hands_until: Option<MediaTime>,
    finished: bool,
}

impl Pipeline {
    /// An interview with one lane per candidate or mixed participant.
    pub fn new(spec: InterviewSpec, settings: PipelineSettings, policies: &[SignalPolicy]) -> Self {
        let lanes = spec
            .participants
            .iter()
            .filter(|p| p.role.is_scored())
            .map(|p| Lane::new(p, &spec, &settings, policies))
            .collect();
        let mut pipeline = Self {
            spec,
            settings,
            voices: Vec::new(),
            lanes,
            events: Vec::new(),
            first: None,
            end: MediaTime::ZERO,
            switches: Vec::new(),
            verified: Vec::new(),
            hands_until: None,
            finished: false,
        };
        pipeline.seat_voices(MediaTime::ZERO);
        pipeline
    }

    /// What the interview was opened with.
    pub fn spec(&self) -> &InterviewSpec {
        &self.spec
    }

    /// Gives a participant a reference, in place of any other; false when nobody of that name is
    /// scored.
    pub fn refer_to(&mut self, participant: &ParticipantId, reference: Reference) -> bool {
        let mut lanes = self.lanes.iter_mut();
        match lanes.find(|l| &l.participant.id == participant) {
            Some(lane) => {
                lane.refer_to(match self.spec.consent_id.is_empty() {
                    // Whoever read it may have read it for another interview too.
                    true => Reference {
                        face: Err(NO_CONSENT.to_owned()),
                        ..reference
                    },
                    false => reference,
                });
                true
            }
            None => false,
        }
    }

    /// What each scored participant leaves behind for a later interview to be compared with; `None`
    /// where too little was seen of them.
    pub fn baselines(&self) -> Vec<(ParticipantId, Option<Baseline>)> {
        let of = |l: &Lane| (l.participant.id.clone(), l.baseline());
        self.lanes.iter().map(of).collect()
    }

    /// New remarks on references that cannot be used; after [`Pipeline::finish`] on those that
    /// never could.
    pub fn take_remarks(&mut self) -> Vec<String> {
        let finished = self.finished;
        let remark = |l: &mut Lane| l.remark(finished);
        self.lanes.iter_mut().filter_map(remark).collect()
    }

    /// The pictures behind the strongest findings, at most three of a participant, in the order of
    /// participants and time; none unless the settings ask for them.
    pub fn take_pictures(&mut self) -> Vec<EvidencePicture> {
        self.lanes
            .iter_mut()
            .flat_map(Lane::take_pictures)
            .collect()
    }

    /// Mouth opening and sound level of each participant over the segments that are closed; none unless the
    /// settings ask for them.
    pub fn take_plots(&mut self) -> Vec<PlotSeries> {
        self.lanes.iter_mut().filter_map(Lane::take_plot).collect()
    }

    /// Which signals can run on the announced tracks, how well, and why the others cannot.
    pub fn capabilities(&self, models: &ModelSet) -> Vec<SignalCapability> {
        let (spec, marks) = (&self.spec, self.settings.question_marks);
        let of = |l: &Lane| l.abilities(spec, marks, false, models);
        self.lanes.iter().flat_map(of).collect()
    }

    /// The same by what came, where that is other than what was said before and has held for two segments; of
    /// the participants concerned.
    pub fn take_capabilities(&mut self, models: &ModelSet) -> Vec<SignalCapability> {
        let (spec, marks) = (&self.spec, self.settings.question_marks);
        let news = |l: &mut Lane| l.news(spec, marks, models);
        self.lanes.iter_mut().filter_map(news).flatten().collect()
    }

    /// For each scored participant and kind of challenge, why it cannot be judged on the announced
    /// tracks, if so.
    pub fn challenge_obstacles(&self, models: &ModelSet) -> Vec<ChallengeObstacle> {
        let of = |l: &Lane| l.challenge_obstacles(&self.spec, models);
        self.lanes.iter().flat_map(of).collect()
    }

    /// What came of a challenge of a participant, once it was judged; `id` is that of its event.
    pub fn challenge_result(
        &self,
        participant: &ParticipantId,
        id: &str,
    ) -> Option<ChallengeResult> {
        let lane = self
            .lanes
            .iter()
            .find(|l| &l.participant.id == participant)?;
        lane.challenge_result(id)
    }

    /// Takes a challenge event back; nothing more comes of it.
    pub fn withdraw_challenge(&mut self, id: &str) {
        let is =
            |e: &ControlEvent| matches!(&e.kind, EventKind::Challenge { id: own, .. } if own == id);
        self.events.retain(|e| !is(e));
    }

    /// Keeps the surroundings of faces until then, so that a hand is seen from the first moment of a
    /// challenge whose event comes later than its pictures; `None` = no longer.
    pub fn watch_hands(&mut self, until: Option<MediaTime>) {
        self.hands_until = until;
    }

    /// Takes a picture. Pictures of tracks that nobody is scored on are ignored.
    /// Those of a reference track are no part of the interview.
    pub fn push_frame(&mut self, track: &TrackId, frame: &Frame, models: &mut ModelSet) {
        let mut lanes = self.lanes.iter_mut();
        if let Some(lane) = lanes.find(|l| l.verified.as_ref() == Some(track)) {
            return lane.push_reference(frame, models);
        }
        self.switch_until(track, frame.time);
        let verified = self.is_verified(frame.time);
        if !verified {
            self.saw(frame.time);
        }
        for lane in self
            .lanes
            .iter_mut()
            .filter(|l| l.video.as_ref() == Some(track))
        {
            if verified {
                lane.push_stretch(frame, models);
                continue;
            }
            let hands = self.hands_until.is_some_and(|until| frame.time <= until);
            lane.push_frame(frame, hands, &self.events, models, self.settings.stopwatch);
        }
    }

    /// Takes sound.
    ///
    /// # Errors
    /// A [`FieldError`] for an unknown track or a block that does not fit the track.
    pub fn push_audio(
        &mut self,
        track: &TrackId,
        block: &AudioBlock,
        models: &mut ModelSet,
    ) -> Result<(), FieldError> {
        if !self
            .spec
            .track(track)
            .is_some_and(|t| t.kind() == TrackKind::Audio)
        {
            let expected = "an audio track of this interview";
            return Err(FieldError::new("track_id", track, expected));
        }
        let mut rest = Some(block.clone());
        while let Some(block) = rest.take() {
            self.switch_until(track, block.time);
            let (head, tail) = match self.next_switch(track) {
                Some(at) => block.split_at(at),
                None => (Some(block), None),
            };
            if let Some(head) = head {
                self.hear(track, &head, models)?;
            }
            rest = tail;
        }
        Ok(())
    }

    /// Takes sound of whom the track belongs to.
    fn hear(
        &mut self,
        track: &TrackId,
        block: &AudioBlock,
        models: &mut ModelSet,
    ) -> Result<(), FieldError> {
        let verified = self.is_verified(block.time);
        let on = |v: &&mut Voice| v.comes_on(track);
        if let Some(voice) = self.voices.iter_mut().find(on) {
            // First, so that a segment's end is awaited from the first sound on.
            for lane in self.lanes.iter_mut().filter(|l| l.hears(&voice.owner)) {
                if !verified {
                    lane.segmenter.saw(block.time);
                }
                if let Some((origin, length_ns)) = lane.segmenter.grid() {
                    voice.series.settle_at(origin, length_ns);
                }
            }
        }
        for voice in &mut self.voices {
            if voice.comes_on(track) {
                voice.hear(block, models)?;
            } else {
                voice.pass(track, block, models)?;
            }
        }
        if verified {
            // Heard, since what follows needs it, and yet no part of the interview.
            return Ok(());
        }
        if !self.is_late(track, block.end()) {
            self.saw(block.time);
        }
        self.end = self.end.max(block.end());
        Ok(())
    }

    /// True when a picture at `time`, or sound that ends there, can no longer count: the segment of
    /// its time is closed, or lies before the first one.
    pub fn is_late(&self, track: &TrackId, time: MediaTime) -> bool {
        let Some(owner) = self.spec.track(track).filter(|t| !t.reference) else {
            return false;
        };
        let mut lanes = self.lanes.iter();
        lanes.any(|l| l.hears(&owner.participant) && l.has_closed(time))
    }

    /// Takes a control event; events may come in any order.
    ///
    /// # Errors
    /// A [`FieldError`] when it names an unknown track or participant, or there are too many.
    pub fn push_event(&mut self, event: ControlEvent) -> Result<(), FieldError> {
        self.check_event(&event)?;
        if let EventKind::Discontinuity { track, .. } = &event.kind {
            for lane in self
                .lanes
                .iter_mut()
                .filter(|l| l.video.as_ref() == Some(track))
            {
                lane.break_track();
            }
        }
        if let EventKind::ClockMapping {
            track,
            source,
            uncertainty_ns,
            ..
        } = &event.kind
        {
            self.know_clock(track, source.within(*uncertainty_ns));
        }
        if let EventKind::TrackParticipant { track, participant } = &event.kind {
            self.expect_switch(event.time, track, participant);
        }
        if let EventKind::ReferenceSpan { end } = &event.kind {
            self.verify(Span::new(event.time, *end));
        }
        let at = self.events.partition_point(|e| e.time <= event.time);
        self.events.insert(at, event);
        Ok(())
    }

    fn check_event(&self, event: &ControlEvent) -> Result<(), FieldError> {
        if self.events.len() >= MAX_EVENTS {
            return Err(FieldError::new(
                "event",
                self.events.len() + 1,
                format!("at most {MAX_EVENTS} events in an interview"),
            ));
        }
        let participant = |p: &ParticipantId| match self.spec.role_of(p) {
            Some(_) => Ok(()),
            None => Err(FieldError::new(
                "participant_id",
                p,
                "a participant of this interview",
            )),
        };
        let track = |t: &TrackId| match self.spec.track(t) {
            Some(_) => Ok(()),
            None => Err(FieldError::new("track_id", t, "a track of this interview")),
        };
        match &event.kind {
            EventKind::Mute { participant: p, .. } | EventKind::Camera { participant: p, .. } => {
                participant(p)
            }
            EventKind::ActiveSpeaker {
                participant: Some(p),
            } => participant(p),
            EventKind::TrackParticipant {
                track: t,
                participant: p,
            } => track(t)
                .and_then(|()| participant(p))
                .and_then(|()| self.check_switch(t)),
            EventKind::Discontinuity { track: t, .. }
            | EventKind::ClockMapping { track: t, .. } => track(t),
            EventKind::Challenge { deadline, .. } if *deadline <= event.time => Err(
                FieldError::new("deadline_us", deadline.as_us(), "a time after the event"),
            ),
            EventKind::Challenge { id, .. } if self.has_challenge(id) => Err(FieldError::new(
                "challenge_id",
                id,
                "an id of its own in this interview",
            )),
            EventKind::ReferenceSpan { .. } if self.verified.len() >= MAX_REFERENCE_SPANS => {
                Err(FieldError::new(
                    "reference_span",
                    self.verified.len() + 1,
                    format!("at most {MAX_REFERENCE_SPANS} in an interview"),
                ))
            }
            EventKind::WarmUp { end } | EventKind::ReferenceSpan { end } if *end <= event.time => {
                Err(FieldError::new(
                    "end_us",
                    end.as_us(),
                    "a time after the event",
                ))
            }
            _ => Ok(()),
        }
    }

    /// Sets a stretch aside as reference.
    fn verify(&mut self, span: Span) {
        self.verified.push(span);
        let interval_ns = self.settings.detect_interval_ns;
        let consented = !self.spec.consent_id.is_empty();
        for lane in &mut self.lanes {
            lane.verify(span, interval_ns, consented);
        }
    }

    fn is_verified(&self, time: MediaTime) -> bool {
        self.verified.iter().any(|s| s.contains(time))
    }

    fn has_challenge(&self, wanted: &str) -> bool {
        self.events
            .iter()
            .any(|e| matches!(&e.kind, EventKind::Challenge { id, .. } if id == wanted))
    }

    /// Leaves signals out from now on, by name, and provisional results where `lean`: under load.
    /// What is left out abstains visibly.
    pub fn leave_out(&mut self, signals: &[String], lean: bool) {
        for lane in &mut self.lanes {
            lane.leave_out(signals, lean);
        }
    }

    /// Tells that chunks of a track were lost or dropped; lowers coverage.
    pub fn note_lost(&mut self, track: &TrackId, chunks: u64) {
        let mut voices = self.voices.iter_mut();
        if let Some(voice) = voices.find(|v| v.comes_on(track)) {
            voice.break_here();
        }
        for lane in self
            .lanes
            .iter_mut()
            .filter(|l| l.video.as_ref() == Some(track))
        {
            lane.note_lost(chunks);
        }
    }

    /// Results that became available: final segments in order, and provisional ones of the segment
    /// that is open, see [`PipelineSettings::provisional_ns`].
    pub fn poll(&mut self, models: &mut ModelSet) -> Vec<SegmentResult> {
        let mut out = Vec::new();
        for lane in &mut self.lanes {
            lane.poll(
                &self.voices,
                &self.events,
                models,
                self.settings.stopwatch,
                self.end,
                &mut out,
            );
        }
        out
    }

    /// Settles what is left and closes the interview. `partial` says that the media was cut
    /// short, `end_reason` why, in words.
    pub fn finish(
        &mut self,
        end_reason: &str,
        partial: bool,
        models: &mut ModelSet,
    ) -> (Vec<SegmentResult>, SessionSummary) {
        for voice in &mut self.voices {
            voice.finish(models);
        }
        let mut out = self.poll(models);
        let stopwatch = self.settings.stopwatch;
        for lane in &mut self.lanes {
            let events = &self.events;
            lane.finish(&self.voices, events, models, stopwatch, self.end, &mut out);
        }
        self.finished = true;
        let duration = MediaTime(self.end.since_ns(self.first.unwrap_or(self.end)).max(0));
        let of = |l: &Lane| l.summary(&self.events);
        let participants: Vec<ParticipantSummary> = self.lanes.iter().map(of).collect();
        let mut signals = participants.iter().flat_map(|p| &p.signals);
        let voice = signals.any(|s| s.signal == "voice_spoof" && s.coverage > 0.0);
        let summary = SessionSummary {
            duration,
            participants,
            partial,
            end_reason: end_reason.to_owned(),
            cautions: cautions(self.settings.fusion.prior, voice),
        };
        (out, summary)
    }

    fn saw(&mut self, time: MediaTime) {
        self.first = Some(self.first.map_or(time, |f| f.min(time)));
        self.end = self.end.max(time);
    }
}

#[cfg(test)]
mod live_tests;
#[cfg(test)]
mod tests;
