//! One scored participant: face track, segments, analyzers, running score.

mod findings;
mod provisional;

use super::ability::Watch;
use super::album::Album;
use super::analyzers::Turn;
use super::challenges::{challenges, hand_wanted};
use super::plots::Plot;
use super::reference::LaneReference;
use super::seats::{clock_between, first_track, interviewer, sound_of};
use super::sight::Sight;
use super::totals::Totals;
use super::{PipelineSettings, Voice};
use crate::analyze::compliance::Compliance;
use crate::analyze::{self, Analyzer, HISTORY_NS, LaneTracks, Seen};
use crate::core::{
    Baseline, ClockSource, ControlEvent, Coverage, EvidencePicture, Frame, InterviewSpec,
    MediaTime, ParticipantId, ParticipantSpec, ParticipantSummary, PlotSeries, Quality, Reference,
    ReferenceKind, ReferenceSource, SegmentResult, Span, StageTimes, TrackId, TrackKind,
    VoiceSeries,
};
use crate::engine::ModelSet;
use crate::fusion::{self, FusionConfig, SessionFusion, SignalPolicy};
use crate::segment::{self, Readiness, Segmenter};
use findings::Stretch;
use provisional::Revisions;

/// One scored participant.
pub(super) struct Lane {
    pub(super) participant: ParticipantSpec,
    pub(super) video: Option<TrackId>,
    audio: Option<TrackId>,
    /// Who asks, of several the first, and on which track.
    interviewer: Option<ParticipantId>,
    interviewer_audio: Option<TrackId>,
    /// A track of theirs went to somebody else: what comes later is missing, not awaited.
    left: bool,
    clock: ClockSource,
    /// The same of the interviewer's sound against the participant's.
    turn_clock: ClockSource,
    pub(super) segmenter: Segmenter,
    pub(super) sight: Sight,
    pub(super) analyzers: Vec<Box<dyn Analyzer>>,
    pub(super) watch: Watch,
    pub(super) compliance: Compliance,
    album: Album,
    plot: Option<Plot>,
    policies: Vec<SignalPolicy>,
    fusion_config: FusionConfig,
    session: SessionFusion,
    /// Pictures lost since the last final segment, and in all.
    lost: u64,
    totals: Totals,
    revisions: Revisions,
    provisional_ns: Option<i64>,
    stage_deadline_ns: Option<u64>,
    /// Under load: signals that are left out, and whether provisional results are too.
    left_out: Vec<String>,
    lean: bool,
    /// Pictures went by that were not looked at, since tracking took too long; up to when.
    late: Option<MediaTime>,
    times: StageTimes,
    /// A track that shows the participant at a verified moment; no part of the interview.
    pub(super) verified: Option<TrackId>,
    /// Stretches that are reference: segments that lie inside one are left out.
    set_aside: Vec<Span>,
    reference: Option<LaneReference>,
}

impl Lane {
    pub(super) fn new(
        participant: &ParticipantSpec,
        spec: &InterviewSpec,
        settings: &PipelineSettings,
        policies: &[SignalPolicy],
    ) -> Self {
        let own = |kind| first_track(spec, kind, |p, _| p == &participant.id);
        let interval_ns = settings.detect_interval_ns;
        let consented = !spec.consent_id.is_empty();
        let verified = spec
            .tracks
            .iter()
            .find(|t| t.reference && t.participant == participant.id)
            .map(|t| t.id.clone());
        let reference = verified.as_ref().map(|id| {
            let (kind, name) = (ReferenceKind::Track, id.to_string());
            LaneReference::read(ReferenceSource { kind, name }, interval_ns, consented)
        });
        let (video, audio) = (own(TrackKind::Video), own(TrackKind::Audio));
        let interviewer = interviewer(spec);
        let interviewer_audio = interviewer.as_ref().and_then(|who| sound_of(spec, who));
        Self {
            participant: participant.clone(),
            clock: clock_between(spec, video.as_ref(), audio.as_ref()),
            turn_clock: clock_between(spec, audio.as_ref(), interviewer_audio.as_ref()),
            video,
            audio,
            interviewer,
            interviewer_audio,
            left: false,
            segmenter: Segmenter::new(settings.segment_ns, settings.skew_ns),
            sight: Sight::new(settings.detect_interval_ns, settings.looks_per_s),
            analyzers: analyze::create_all(),
            watch: Watch::default(),
            compliance: Compliance::default(),
            album: Album::new(settings.pictures),
            plot: settings.plots.then(Plot::default),
            policies: policies.to_vec(),
            fusion_config: settings.fusion,
            session: SessionFusion::new(policies, settings.fusion),
            lost: 0,
            totals: Totals::default(),
            revisions: Revisions::default(),
            provisional_ns: settings.provisional_ns,
            stage_deadline_ns: settings.stage_deadline_ns,
            left_out: Vec::new(),
            lean: false,
            late: None,
            times: StageTimes::default(),
            verified,
            set_aside: Vec::new(),
            reference,
        }
    }

    /// Gives the participant a reference, in place of any other.
    pub(super) fn refer_to(&mut self, reference: Reference) {
        self.reference = Some(LaneReference::given(reference));
    }

    /// Sets a stretch aside; its pictures are the reference where there is no other.
    pub(super) fn verify(&mut self, span: Span, detect_interval_ns: i64, consented: bool) {
        self.set_aside.push(span);
        match &mut self.reference {
            Some(reference) => reference.widen(&span),
            None => {
                let (kind, name) = (ReferenceKind::Stretch, span.words());
                let source = ReferenceSource { kind, name };
                let reference = LaneReference::read(source, detect_interval_ns, consented);
                self.reference = Some(reference);
            }
        }
    }

    fn is_set_aside(&self, segment: &Span) -> bool {
        let inside = |s: &Span| s.start <= segment.start && segment.end <= s.end;
        self.set_aside.iter().any(inside)
    }

    /// What this lane leaves behind for a later interview to be compared with.
    pub(super) fn baseline(&self) -> Option<Baseline> {
        self.analyzers.iter().find_map(|a| a.baseline())
    }

    /// The pictures behind the strongest findings, in the order of time.
    pub(super) fn take_pictures(&mut self) -> Vec<EvidencePicture> {
        self.album.take()
    }

    /// Mouth and sound over the segments that are closed; `None` where nobody asked, or none is.
    pub(super) fn take_plot(&mut self) -> Option<PlotSeries> {
        self.plot.take()?.finish(&self.participant.id)
    }

    /// A remark on the reference, if there is a new one.
    pub(super) fn remark(&mut self, at_end: bool) -> Option<String> {
        self.reference.as_mut()?.remark(at_end)
    }

    /// True when this lane is about this participant, or hears them ask.
    pub(super) fn hears(&self, who: &ParticipantId) -> bool {
        &self.participant.id == who || self.interviewer.as_ref() == Some(who)
    }

    /// True when the segment of this time is closed, or lies before the first one.
    pub(super) fn has_closed(&self, time: MediaTime) -> bool {
        let next = self.segmenter.next();
        next.is_some_and(|(_, span)| time <= span.start)
    }

    /// Tracks have become other people's: takes those that are the participant's now. Pictures of
    /// another track, or after somebody else's, begin a series of their own.
    pub(super) fn seat(&mut self, spec: &InterviewSpec) {
        let own = |kind| first_track(spec, kind, |p, _| p == &self.participant.id);
        let (video, audio) = (own(TrackKind::Video), own(TrackKind::Audio));
        if video != self.video {
            self.sight.break_track();
        }
        let gone =
            |before: &Option<TrackId>, now: &Option<TrackId>| before.is_some() && now.is_none();
        self.left |= gone(&self.video, &video) || gone(&self.audio, &audio);
        if video.is_some() && audio.is_some() {
            self.clock = clock_between(spec, video.as_ref(), audio.as_ref());
        }
        (self.video, self.audio) = (video, audio);
        if self.interviewer.is_none() {
            self.interviewer = interviewer(spec);
        }
        let asks = self.interviewer.as_ref();
        self.interviewer_audio = asks.and_then(|who| sound_of(spec, who));
        if self.audio.is_some() && self.interviewer_audio.is_some() {
            let (own, other) = (self.audio.as_ref(), self.interviewer_audio.as_ref());
            self.turn_clock = clock_between(spec, own, other);
        }
    }

    /// True when this lane sees or hears the track as its participant's own.
    pub(super) fn uses(&self, track: &TrackId) -> bool {
        self.audio.as_ref() == Some(track) || self.video.as_ref() == Some(track)
    }

    /// The tracks as the signals are told of them.
    pub(super) fn tracks<'a>(
        &'a self,
        spec: &'a InterviewSpec,
        question_marks: bool,
        seen: Option<Seen>,
    ) -> LaneTracks<'a> {
        let track = |id: &Option<TrackId>| id.as_ref().and_then(|id| spec.track(id));
        LaneTracks {
            participant: &self.participant.id,
            role: self.participant.role,
            video: track(&self.video),
            audio: track(&self.audio),
            interviewer_audio: track(&self.interviewer_audio),
            question_marks,
            clock: self.clock,
            turn_clock: self.turn_clock,
            seen,
        }
    }

    /// The relation of a track's clock to the others became known.
    pub(super) fn map_clock(&mut self, track: &TrackId, source: ClockSource) {
        if self.uses(track) {
            self.clock = source;
        }
        if self.audio.as_ref() == Some(track) || self.interviewer_audio.as_ref() == Some(track) {
            self.turn_clock = source;
        }
    }

    pub(super) fn push_frame(
        &mut self,
        frame: &Frame,
        hands_may_come: bool,
        events: &[ControlEvent],
        models: &mut ModelSet,
        stopwatch: fn() -> u64,
    ) {
        let began = stopwatch();
        self.segmenter.saw(frame.time);
        let limit_ms = self.stage_deadline_ns.map(|ns| ns as f64 / 1e6);
        if limit_ms.is_some_and(|limit| self.times.track_ms > limit) {
            self.lost += 1;
            self.late = self.late.max(Some(frame.time));
            return;
        }
        let hands = hands_may_come || hand_wanted(events, frame.time, models);
        if !self.sight.observe(frame, hands, models) {
            // Time must rise within a track; ingest has told the sender about such pictures.
            self.lost += 1;
            return;
        }
        self.times.track_ms += elapsed_ms(began, stopwatch());
    }

    /// Takes a picture of the participant at a verified moment.
    pub(super) fn push_reference(&mut self, frame: &Frame, models: &mut ModelSet) {
        if let Some(reference) = &mut self.reference {
            reference.push(frame, models);
        }
    }

    /// Takes a picture of a stretch that was set aside; where there is a better reference, it is
    /// nothing at all.
    pub(super) fn push_stretch(&mut self, frame: &Frame, models: &mut ModelSet) {
        if let Some(reference) = self.reference.as_mut().filter(|r| r.is_stretch()) {
            reference.push(frame, models);
        }
    }

    /// What was gathered on the pictures is not carried on.
    pub(super) fn break_track(&mut self) {
        self.sight.break_track();
    }

    pub(super) fn leave_out(&mut self, signals: &[String], lean: bool) {
        self.left_out = signals.to_vec();
        self.lean = lean;
    }

    pub(super) fn note_lost(&mut self, pictures: u64) {
        self.lost = self.lost.saturating_add(pictures);
    }

    /// The voices that this lane listens to: the participant's own and the interviewer's.
    fn heard<'a>(&'a self, voices: &'a [Voice]) -> impl Iterator<Item = &'a Voice> {
        voices.iter().filter(|v| self.hears(&v.owner))
    }

    /// How far each track has come. One that went to somebody else is not waited for: the
    /// interview's `present` stands in for it.
    fn watermarks(&self, voices: &[Voice], present: MediaTime) -> Vec<Option<MediaTime>> {
        let mut marks = Vec::with_capacity(3);
        match (&self.video, self.left) {
            (Some(_), _) => marks.push(self.sight.latest().max(self.late)),
            (None, true) => marks.push(Some(present)),
            (None, false) => {}
        }
        marks.extend(self.heard(voices).map(|v| match v.is_away() {
            true => Some(present),
            false => v.watermark,
        }));
        marks
    }

    pub(super) fn poll(
        &mut self,
        voices: &[Voice],
        events: &[ControlEvent],
        models: &mut ModelSet,
        stopwatch: fn() -> u64,
        present: MediaTime,
        out: &mut Vec<SegmentResult>,
    ) {
        loop {
            let Some((index, span)) = self.segmenter.next() else {
                return;
            };
            let marks = self.watermarks(voices, present);
            match self.segmenter.readiness(&marks) {
                Readiness::Open => {
                    out.extend(self.foretell(
                        (index, span),
                        marks,
                        voices,
                        events,
                        models,
                        stopwatch,
                    ));
                    return;
                }
                _ if self.is_set_aside(&span) => self.segmenter.advance(),
                Readiness::Waiting => {
                    if self.revisions.wait(index) {
                        out.push(self.waiting_result(index, span, voices));
                    }
                    return;
                }
                Readiness::Ready => {
                    out.push(self.close(index, span, false, voices, events, models, stopwatch));
                    self.segmenter.advance();
                }
            }
        }
    }

    /// Closes every segment that is left, the last one partial.
    pub(super) fn finish(
        &mut self,
        voices: &[Voice],
        events: &[ControlEvent],
        models: &mut ModelSet,
        stopwatch: fn() -> u64,
        present: MediaTime,
        out: &mut Vec<SegmentResult>,
    ) {
        if let Some(reference) = &mut self.reference {
            reference.refresh(models);
        }
        let Some(end) = self.end_of_media(voices, present) else {
            return;
        };
        while let Some((index, span)) = self.segmenter.last(end) {
            let last = span.end >= end;
            if self.is_set_aside(&span) {
                self.segmenter.advance();
                continue;
            }
            out.push(self.close(index, span, last, voices, events, models, stopwatch));
            self.segmenter.advance();
        }
    }

    /// The end of the participant's own media; of the interview where a track of theirs went to
    /// somebody else.
    fn end_of_media(&self, voices: &[Voice], present: MediaTime) -> Option<MediaTime> {
        let picture = self.sight.end();
        let sound = self.heard(voices).filter_map(|v| v.watermark);
        let left = self.left.then_some(present);
        picture.into_iter().chain(sound).chain(left).max()
    }

    fn voice<'a>(
        &self,
        voices: &'a [Voice],
        who: Option<&ParticipantId>,
        until: MediaTime,
    ) -> Option<VoiceSeries<'a>> {
        let voice = voices.iter().find(|v| Some(&v.owner) == who)?;
        let from = until.plus_ns(-HISTORY_NS);
        Some(segment::clip_voice(&voice.series.series(), from, until))
    }

    fn measure(&self, span: &Span, voices: &[Voice]) -> (Quality, Coverage) {
        let arrived = self.sight.arrived_in(span);
        let mut quality = crate::track::quality(self.sight.all(), arrived, *span);
        let voice = self.voice(voices, Some(&self.participant.id), span.end);
        let mut coverage = Coverage {
            video: segment::video_coverage(self.sight.arrived(), span, self.lost),
            frames_seen: arrived.len() as u64,
            frames_dropped: self.lost,
            ..Coverage::default()
        };
        if let Some(v) = voice {
            quality.speech_share = segment::speech_share(&v, span);
            coverage.audio = segment::audio_coverage(&v, span);
        }
        (quality, coverage)
    }

    #[allow(clippy::too_many_arguments)] // one call, each argument a different room's value
    fn close(
        &mut self,
        index: u64,
        span: Span,
        last: bool,
        voices: &[Voice],
        events: &[ControlEvent],
        models: &mut ModelSet,
        stopwatch: fn() -> u64,
    ) -> SegmentResult {
        let _within = tracing::info_span!("segment", index).entered();
        let began = stopwatch();
        let (quality, mut coverage) = self.measure(&span, voices);
        let mut analyzers = std::mem::take(&mut self.analyzers);
        let seen = Stretch {
            index,
            span,
            last,
            quality: &quality,
            coverage: &coverage,
        };
        let turns = analyzers.iter_mut().map(|a| Turn::Own(a.as_mut()));
        let clock = (stopwatch, began);
        let findings = self.findings(&seen, turns, voices, events, models, clock);
        self.analyzers = analyzers;
        if let Some(reference) = &mut self.reference {
            let made = findings.iter().filter_map(|f| f.comparison.as_ref());
            made.for_each(|c| reference.count(c));
        }
        let outcome = fusion::segment_outcome(&findings, &coverage, &self.fusion_config);
        let has_number = outcome.score().is_some();
        coverage.scored = f64::from(u8::from(has_number));
        self.session.add_segment(&span, &findings, has_number);
        if let Some(mut plot) = self.plot.take() {
            let voice = self.voice(voices, Some(&self.participant.id), span.end);
            plot.add(&span, self.sight.before(span.end), voice);
            self.plot = Some(plot);
        }
        self.sight.drop_details(Some(span.end));
        self.totals.add(&span, &coverage);
        self.watch.saw(&quality, &coverage);
        self.lost = 0;
        self.late = None;
        let mut times = std::mem::take(&mut self.times);
        times.analyze_ms += elapsed_ms(began, stopwatch());
        SegmentResult {
            participant: self.participant.id.clone(),
            index,
            span,
            revision: self.revisions.last(index),
            is_final: true,
            outcome,
            findings,
            quality,
            coverage,
            times,
        }
    }

    pub(super) fn summary(&self, events: &[ControlEvent]) -> ParticipantSummary {
        ParticipantSummary {
            participant: self.participant.id.clone(),
            outcome: self.session.outcome(),
            verdict: self.session.verdict(),
            change: self.session.change(),
            signals: self.session.signals(),
            gaps: self.analyzers.iter().flat_map(|a| a.gaps()).collect(),
            challenges: challenges(
                &self.analyzers,
                &self.compliance,
                events,
                &self.session.signals(),
                &self.participant.id,
            ),
            coverage: self.totals.coverage(self.session.scored_share()),
            reference: self.reference.as_ref().map(LaneReference::summary),
        }
    }
}

fn elapsed_ms(from: u64, to: u64) -> f64 {
    to.saturating_sub(from) as f64 / 1e6
}
