//! The voice of one participant, on whichever track it comes.

use super::vad::Vad;
use crate::audio::VoiceTrack;
use crate::core::{Abstention, AudioBlock, FieldError, MediaTime, ParticipantId, TrackId};
use crate::engine::ModelSet;

/// How long a voice that left its track is followed by silence, so that its end is settled: more
/// than the look-ahead and one run of the voice-activity net.
const SETTLE_NS: i64 = 1_000_000_000;

/// One participant's voice; shared by the lanes that listen to it.
pub(super) struct Voice {
    /// Who speaks.
    pub(super) owner: ParticipantId,
    /// The track it comes on; `None` since the track went to somebody else.
    track: Option<TrackId>,
    /// The track that it was last on, and when it left.
    left: Option<(TrackId, MediaTime)>,
    pub(super) series: VoiceTrack,
    pub(super) watermark: Option<MediaTime>,
    pub(super) obstacle: Option<Abstention>,
}

impl Voice {
    pub(super) fn new(owner: ParticipantId, track: TrackId) -> Self {
        Self {
            owner,
            track: Some(track),
            left: None,
            series: VoiceTrack::new(2 * crate::analyze::HISTORY_NS),
            watermark: None,
            obstacle: None,
        }
    }

    pub(super) fn comes_on(&self, track: &TrackId) -> bool {
        self.track.as_ref() == Some(track)
    }

    /// True while it has no track and all that it had is settled: nothing is awaited of it.
    pub(super) fn is_away(&self) -> bool {
        self.track.is_none() && self.left.is_none()
    }

    /// From `time` on it comes on another track, or on none.
    pub(super) fn move_to(&mut self, track: Option<TrackId>, time: MediaTime) {
        if self.track == track {
            return;
        }
        self.series.break_here();
        let before = std::mem::replace(&mut self.track, track);
        self.left = before.filter(|_| self.track.is_none()).map(|t| (t, time));
    }

    /// Sound is known to be missing before the next.
    pub(super) fn break_here(&mut self) {
        self.series.break_here();
    }

    /// # Errors
    /// A [`FieldError`] for a block that does not fit the track.
    pub(super) fn hear(
        &mut self,
        block: &AudioBlock,
        models: &mut ModelSet,
    ) -> Result<(), FieldError> {
        let pushed = self.series.push(block);
        pushed.map_err(|e| FieldError::new("media.audio", e, "sound that can be resampled"))?;
        self.series.advance(&mut Vad { models });
        self.settle();
        Ok(())
    }

    /// Somebody else is heard on a track. Where it is the one that this voice was on, the missing
    /// sound is counted as such for a while, so that the voice's end is settled.
    pub(super) fn pass(
        &mut self,
        track: &TrackId,
        block: &AudioBlock,
        models: &mut ModelSet,
    ) -> Result<(), FieldError> {
        let Some((_, since)) = self.left.as_ref().filter(|(t, _)| t == track) else {
            return Ok(());
        };
        let settled = since.plus_ns(SETTLE_NS);
        let until = block.end().min(settled);
        if block.end() >= settled {
            self.left = None;
        }
        if self.watermark.is_none() {
            return Ok(()); // never heard
        }
        let nothing = AudioBlock::new(until, block.sample_rate_hz, block.channels, Vec::new())?;
        self.break_here();
        self.hear(&nothing, models)?;
        self.break_here();
        Ok(())
    }

    pub(super) fn finish(&mut self, models: &mut ModelSet) {
        if let Err(e) = self.series.finish(&mut Vad { models }) {
            tracing::warn!(error = %e, "the end of the sound was lost");
        }
        self.settle();
    }

    fn settle(&mut self) {
        self.obstacle = self.series.obstacle().cloned();
        self.watermark = self.series.settled_until();
    }
}
