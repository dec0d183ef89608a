//! One announced track: its numbers, epochs, stamps, and sound that is too short to go on.

use super::call::Person;
use super::plan::{Output, Skip, Stamp};
use super::shape::MapError;
use crate::v1::{self, control_event::Event};
use prost::bytes::{Bytes, BytesMut};

/// A clock of a track's own that moves this much further than the time of receipt was set anew:
/// 10 s, the server's bound for a break of a clock.
const RESTART_US: i64 = 10_000_000;
/// Pictures of H.264 and HEVC come in decoding order: they may lie this far before the latest.
const REORDER_US: i64 = 2_000_000;
/// Shortest and longest chunk of sound that a server takes.
const MIN_SOUND_US: i64 = 10_000;
const MAX_SOUND_US: i64 = 3_000_000;

/// Payload of a picture.
#[derive(Debug)]
pub(super) struct Picture {
    pub payload: Bytes,
    pub layout: Option<v1::PictureLayout>,
    pub keyframe: bool,
}

impl Picture {
    /// A whole still, as JPEG or PNG.
    pub(super) fn still(payload: Bytes) -> Self {
        Self {
            payload,
            layout: None,
            keyframe: true,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Camera,
    Microphone,
}

/// A track that was announced.
#[derive(Debug)]
pub(super) struct Lane {
    pub person: Person,
    pub kind: Kind,
    track_id: String,
    audio: Option<v1::AudioTrack>,
    /// How far a chunk may lie before the latest one.
    reorder_us: i64,
    sequence: u64,
    epoch: u32,
    /// Latest time sent.
    last_us: Option<i64>,
    size: Option<(u32, u32)>,
    own: Option<OwnClock>,
    /// Sound below 10 ms: where it begins, and the samples.
    short: Option<(i64, BytesMut)>,
    /// A break that the next chunk's epoch has to show.
    broken: bool,
    /// The platform's stream that the track carries, where tracks are streams.
    pub stream: Option<u32>,
    /// Its participant is on another stream by now.
    pub left: bool,
    /// Who the track goes to with the next chunk.
    goes_to: Option<String>,
}

/// A clock of a track's own.
#[derive(Debug, Clone, Copy)]
struct OwnClock {
    shift_us: i64,
    last_us: i64,
    last_received_us: i64,
}

// === impl Lane ===

/// Sound that can go on, and whether some before it was too short to.
pub(super) struct Gathered {
    pub ready: Option<(Stamp, Bytes)>,
    pub lost: bool,
}

impl Lane {
    pub(super) fn new(track: &v1::Track, person: Person, kind: Kind) -> Self {
        let (audio, reorders) = match &track.details {
            Some(v1::track::Details::Audio(a)) => (Some(*a), false),
            Some(v1::track::Details::Video(v)) => (None, reorders(v.format())),
            None => (None, false),
        };
        Self {
            person,
            kind,
            track_id: track.track_id.clone(),
            audio,
            reorder_us: if reorders { REORDER_US } else { 0 },
            sequence: 0,
            epoch: 0,
            last_us: None,
            size: None,
            own: None,
            short: None,
            broken: false,
            stream: None,
            left: false,
            goes_to: None,
        }
    }

    /// From the next chunk on, the track carries a stream's media of this person.
    pub(super) fn go_to(&mut self, stream: u32, person: Person, participant_id: String) {
        if self.person != person {
            self.goes_to = Some(participant_id);
        }
        (self.stream, self.person, self.left) = (Some(stream), person, false);
    }

    /// What moves the track's own clock to the call's time, once it is known.
    pub(super) fn shift_us(&self) -> Option<i64> {
        self.own.map(|c| c.shift_us)
    }

    /// The track breaks here, if anything came on it.
    pub(super) fn break_here(&mut self, reason: &str) -> Option<Event> {
        self.last_us?;
        self.broken = true;
        Some(self.discontinuity(reason))
    }

    fn discontinuity(&self, reason: &str) -> Event {
        Event::Discontinuity(v1::Discontinuity {
            track_id: self.track_id.clone(),
            reason: reason.to_owned(),
        })
    }

    /// A stamp on the call's time, and whether its clock was set anew. `shift_of_all` is what moves
    /// the clock of all tracks, where they share one.
    pub(super) fn on_the_call(&mut self, stamp: Stamp, shift_of_all: Option<i64>) -> (i64, bool) {
        if !stamp.own {
            return (stamp.us, false);
        }
        let received = stamp.received_unix_us;
        let by_receipt = received.saturating_sub(stamp.us);
        let restarted = self.own.is_some_and(|c| {
            let stepped = stamp.us.saturating_sub(c.last_us);
            let passed = received.saturating_sub(c.last_received_us);
            stepped.abs_diff(passed) > RESTART_US.unsigned_abs()
        });
        let shift_us = match self.own {
            Some(c) if !restarted => c.shift_us,
            Some(_) => by_receipt,
            None => shift_of_all.unwrap_or(by_receipt),
        };
        self.own = Some(OwnClock {
            shift_us,
            last_us: stamp.us,
            last_received_us: received,
        });
        (stamp.us.saturating_add(shift_us), restarted)
    }

    /// Numbers a piece at a session time and says what goes on: a break where there is one, then the
    /// chunk.
    pub(super) fn take(
        &mut self,
        time_us: i64,
        restarted: bool,
        stamp: Stamp,
        piece: Picture,
    ) -> Result<Vec<Output>, Skip> {
        if time_us < 0 {
            return Err(Skip::BeforeStart);
        }
        if let Some(last) = self.last_us
            && (time_us == last || time_us < last.saturating_sub(self.reorder_us))
        {
            return Err(Skip::Repeated);
        }
        let mut out = Vec::new();
        if let Some(participant_id) = self.goes_to.take() {
            let track_id = self.track_id.clone();
            let event = Event::TrackParticipant(v1::TrackParticipant {
                track_id,
                participant_id,
            });
            out.push(Output::Event { time_us, event });
            self.broken = true;
        }
        if restarted {
            let event = self.discontinuity("the platform set the track's clock anew");
            out.push(Output::Event { time_us, event });
        }
        let size = piece.layout.as_ref().map(|p| (p.width, p.height));
        if self.last_us.is_some() && (self.broken || restarted || self.size != size) {
            self.epoch = self.epoch.saturating_add(1);
        }
        (self.broken, self.size) = (false, size);
        self.last_us = self.last_us.max(Some(time_us));
        out.push(Output::Media(v1::MediaChunk {
            track_id: self.track_id.clone(),
            sequence: self.sequence,
            capture_time_us: time_us,
            payload: piece.payload,
            layout: piece.layout,
            keyframe: piece.keyframe,
            epoch: self.epoch,
            received_unix_us: stamp.received_unix_us,
        }));
        self.sequence += 1;
        Ok(out)
    }

    /// Joins sound to what waits on the track until there are 10 ms of it.
    pub(super) fn gather(&mut self, stamp: Stamp, payload: Bytes) -> Result<Gathered, MapError> {
        let whole = |ready| Gathered {
            ready: Some(ready),
            lost: false,
        };
        let Some(audio) = &self.audio else {
            return Ok(whole((stamp, payload)));
        };
        let Some(bytes) = bytes_per_sample(audio.format()) else {
            return Ok(whole((stamp, payload))); // compressed: its length shows when it is decoded
        };
        let step = bytes * audio.channels.max(1) as usize;
        let lasts_us = |bytes: usize| {
            let frames = i64::try_from(bytes / step).unwrap_or(i64::MAX);
            frames.saturating_mul(1_000_000) / i64::from(audio.sample_rate_hz.max(1))
        };
        check_sound(payload.len(), step, lasts_us(payload.len()))?;
        let waiting = self.short.take();
        let joins = waiting.as_ref().is_some_and(|(from, bytes)| {
            let end = from.saturating_add(lasts_us(bytes.len()));
            stamp.us.abs_diff(end) < MIN_SOUND_US.unsigned_abs()
        });
        let lost = waiting.is_some() && !joins;
        let mut stamp = stamp;
        let mut sound = match waiting.filter(|_| joins) {
            None if lasts_us(payload.len()) >= MIN_SOUND_US => {
                return Ok(Gathered {
                    ready: Some((stamp, payload)),
                    lost,
                });
            }
            None => BytesMut::new(),
            Some(_) if audio.planar && audio.channels > 1 => {
                return Err(MapError::value(
                    "data",
                    "less than 10 ms of planar stereo",
                    "interleaved, or more",
                ));
            }
            Some((from, sound)) => {
                stamp.us = from;
                sound
            }
        };
        sound.extend_from_slice(&payload);
        if lasts_us(sound.len()) < MIN_SOUND_US {
            self.short = Some((stamp.us, sound));
            return Ok(Gathered { ready: None, lost });
        }
        Ok(Gathered {
            ready: Some((stamp, sound.freeze())),
            lost,
        })
    }
}

fn check_sound(bytes: usize, step: usize, lasts_us: i64) -> Result<(), MapError> {
    if !bytes.is_multiple_of(step) {
        let expected = format!("a multiple of {step} bytes");
        return Err(MapError::value("data", format!("{bytes} bytes"), expected));
    }
    if lasts_us > MAX_SOUND_US {
        let found = format!("{} ms of sound", lasts_us / 1_000);
        return Err(MapError::value("data", found, "at most 3000 ms"));
    }
    Ok(())
}

/// Formats whose pictures come in decoding order.
fn reorders(format: v1::VideoFormat) -> bool {
    use v1::VideoFormat as F;
    matches!(format, F::H264AnnexB | F::H264Avcc | F::Hevc)
}

fn bytes_per_sample(format: v1::AudioFormat) -> Option<usize> {
    match format {
        v1::AudioFormat::S16le => Some(2),
        v1::AudioFormat::F32le | v1::AudioFormat::S32le => Some(4),
        v1::AudioFormat::Mulaw | v1::AudioFormat::Alaw => Some(1),
        _ => None,
    }
}

impl Kind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Camera => "camera",
            Self::Microphone => "microphone",
        }
    }

    pub(super) fn wire(self) -> v1::TrackKind {
        match self {
            Self::Camera => v1::TrackKind::Video,
            Self::Microphone => v1::TrackKind::Audio,
        }
    }
}
