//! What a participant's tracks allow: whether a signal can run on them, and how well.

use crate::core::{AbstainReason, Abstention, ClockSource, ParticipantId, Role, TrackSpec};

/// Whether a signal can run on the tracks at hand.
///
/// `Ok` with an empty list: as well as it was evaluated. `Ok` with sentences: with less confidence, each
/// naming what is short and what would help. `Err`: not at all, and what would enable it.
pub type Ability = Result<Vec<String>, Abstention>;

/// What the pictures turned out to be over the latest closed segment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// Pictures per second by their timestamps.
    pub fps: f64,
    /// Median height of the face in frame pixels; 0 where there was none.
    pub face_px: f64,
}

/// The tracks that a participant's signals can draw on.
#[derive(Debug, Clone, Copy)]
pub struct LaneTracks<'a> {
    /// Whose tracks.
    pub participant: &'a ParticipantId,
    /// Candidate, or mixed.
    pub role: Role,
    /// The participant's pictures.
    pub video: Option<&'a TrackSpec>,
    /// The participant's sound.
    pub audio: Option<&'a TrackSpec>,
    /// An interviewer's sound on a track of its own.
    pub interviewer_audio: Option<&'a TrackSpec>,
    /// True when the client announced question marks, or may still send them (live).
    pub question_marks: bool,
    /// What is known of the participant's sound against the pictures.
    pub clock: ClockSource,
    /// The same of the interviewer's sound against the participant's.
    pub turn_clock: ClockSource,
    /// What the pictures turned out to be; `None` before the first segment.
    pub seen: Option<Seen>,
}

// === impl LaneTracks ===

impl LaneTracks<'_> {
    /// Refuses where the participant's pictures are missing; `who_needs` begins the sentence, as
    /// "face-swap traces need".
    pub(super) fn need_pictures(&self, who_needs: &str) -> Result<(), Abstention> {
        let missing = || {
            let detail = format!("{who_needs} the candidate's video track");
            Abstention::new(AbstainReason::NoTrack, detail)
        };
        self.video.map(|_| ()).ok_or_else(missing)
    }

    /// Pictures a second, measured where the track has run and else as announced, with words for which it
    /// is; `None` where neither is known.
    fn rate(&self) -> Option<(f64, &'static str)> {
        if let Some(seen) = self.seen {
            return Some((seen.fps, "this track brings"));
        }
        let announced = self.video?.video.as_ref()?.nominal_fps?;
        Some((f64::from(announced), "you announce"))
    }

    /// Refuses below `least` pictures a second, and says below `good` what the rate costs. `needs` begins the
    /// sentence, as "lip-sync needs".
    pub(super) fn need_rate(
        &self,
        needs: &str,
        least: f64,
        (good, cost): (f64, &str),
        limits: &mut Vec<String>,
    ) -> Result<(), Abstention> {
        let Some((fps, who)) = self.rate() else {
            return Ok(());
        };
        // Rates come rounded, and a picture short of a nominal rate is that rate.
        if fps < least * ROUNDING {
            let detail = format!("{needs} >= {least} fps; {who} {fps:.1}");
            return Err(Abstention::new(AbstainReason::LowFrameRate, detail));
        }
        if fps < good * ROUNDING {
            limits.push(format!(
                "{who} {fps:.1} fps: {cost}; {good} fps would lift this"
            ));
        }
        Ok(())
    }

    /// Refuses a face below `least` px in height, and says below `good` that the number weighs less. Says nothing
    /// before a face was seen.
    pub(super) fn need_face(
        &self,
        needs: &str,
        least: f64,
        good: f64,
        limits: &mut Vec<String>,
    ) -> Result<(), Abstention> {
        let Some(px) = self.seen.map(|s| s.face_px).filter(|px| *px > 0.0) else {
            return Ok(());
        };
        if px < least {
            let detail = format!(
                "{needs} a face of {least:.0} px in height, this one has {px:.0}; a larger layer of the \
                 video or a seat nearer to the camera would enable it"
            );
            return Err(Abstention::new(AbstainReason::LowQuality, detail));
        }
        if px < good {
            limits.push(format!(
                "the face is {px:.0} px high: its numbers weigh less; {good:.0} px would lift this"
            ));
        }
        Ok(())
    }
}

/// Share of a rate that still counts as that rate: 14.5 of 15.
const ROUNDING: f64 = 14.5 / 15.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::create_all;
    use crate::core::{
        AudioFormat, AudioTrackSpec, ColorMatrix, ColorRange, TrackId, VideoFormat, VideoTrackSpec,
    };

    fn track(id: &str, fps: Option<f32>) -> TrackSpec {
        TrackSpec {
            id: TrackId::parse(id).unwrap(),
            participant: ParticipantId::parse("c").unwrap(),
            clock_id: String::new(),
            clock: ClockSource::Unknown,
            reference: false,
            video: fps.map(|fps| VideoTrackSpec {
                format: VideoFormat::Jpeg,
                size: None,
                nominal_fps: Some(fps),
                range: ColorRange::Full,
                matrix: ColorMatrix::Auto,
                rotation_deg: 0,
                mirrored: false,
                region: None,
                codec_config: Vec::new(),
            }),
            audio: fps.is_none().then_some(AudioTrackSpec {
                format: AudioFormat::S16le,
                sample_rate_hz: 16_000,
                channels: 1,
                planar: false,
            }),
        }
    }

    /// full, limited or the words of what is in the way, for each signal.
    fn abilities(tracks: &LaneTracks<'_>) -> Vec<(&'static str, Ability)> {
        let all = create_all();
        all.iter()
            .map(|a| (a.name(), a.capability(tracks)))
            .collect()
    }

    fn of(tracks: &LaneTracks<'_>, name: &str) -> Ability {
        let found = abilities(tracks).into_iter().find(|(n, _)| *n == name);
        found.unwrap().1
    }

    /// One letter a signal: f(ull), l(imited), n(ot at all).
    fn letters(tracks: &LaneTracks<'_>, names: &[&str]) -> String {
        let letter = |name: &&str| match of(tracks, name) {
            Ok(limits) if limits.is_empty() => 'f',
            Ok(_) => 'l',
            Err(_) => 'n',
        };
        names.iter().map(letter).collect()
    }

    #[test]
    fn what_platforms_announce_decides_what_can_run() {
        let names = [
            "face_swap",
            "lip_sync",
            "hand_occlusion",
            "response_latency",
        ];
        let (mic, desk) = (track("mic", None), track("desk", None));
        let who = ParticipantId::parse("c").unwrap();
        for (what, fps, sounds, clock, letters_wanted) in [
            (
                "pictures of 25 a second, one clock",
                Some(25.0),
                2,
                ClockSource::Platform,
                "ffff",
            ),
            (
                "the same, clocks unknown",
                Some(25.0),
                2,
                ClockSource::Unknown,
                "flfl",
            ),
            ("15 a second", Some(15.0), 2, ClockSource::Platform, "flff"),
            (
                "JPEG of 5 a second",
                Some(5.0),
                2,
                ClockSource::Platform,
                "fnlf",
            ),
            (
                "PNG of 2 a second",
                Some(2.0),
                2,
                ClockSource::Platform,
                "lnnf",
            ),
            (
                "a picture a second",
                Some(1.0),
                2,
                ClockSource::Platform,
                "nnnf",
            ),
            ("sound alone", None, 2, ClockSource::Platform, "nnnf"),
            (
                "pictures alone",
                Some(30.0),
                0,
                ClockSource::Platform,
                "fnfn",
            ),
            (
                "marked questions in place of a second track",
                Some(30.0),
                1,
                ClockSource::Platform,
                "fffl",
            ),
        ] {
            let cam = fps.map(|fps| track("cam", Some(fps)));
            let tracks = LaneTracks {
                participant: &who,
                role: Role::Candidate,
                video: cam.as_ref(),
                audio: (sounds > 0).then_some(&mic),
                interviewer_audio: (sounds > 1).then_some(&desk),
                question_marks: sounds == 1,
                clock,
                turn_clock: clock,
                seen: None,
            };
            assert_eq!(letters(&tracks, &names), letters_wanted, "{what}");
        }
    }

    #[test]
    fn what_is_measured_stands_above_what_was_announced() {
        let (cam, mic) = (track("cam", Some(30.0)), track("mic", None));
        let who = ParticipantId::parse("c").unwrap();
        let with = |fps, face_px| LaneTracks {
            participant: &who,
            role: Role::Candidate,
            video: Some(&cam),
            audio: Some(&mic),
            interviewer_audio: None,
            question_marks: true,
            clock: ClockSource::Platform,
            turn_clock: ClockSource::Platform,
            seen: Some(Seen { fps, face_px }),
        };
        let why = of(&with(2.0, 130.0), "lip_sync").unwrap_err();
        assert_eq!(why.reason, AbstainReason::LowFrameRate);
        assert_eq!(
            why.detail,
            "lip-sync needs >= 15 fps; this track brings 2.0"
        );
        let why = of(&with(30.0, 40.0), "face_swap").unwrap_err();
        assert_eq!(why.reason, AbstainReason::LowQuality);
        assert!(
            why.detail.contains("60 px") && why.detail.contains("has 40"),
            "{}",
            why.detail
        );
        let limits = of(&with(30.0, 80.0), "face_swap").unwrap();
        assert!(
            limits[0].contains("80 px high") && limits[0].contains("110 px"),
            "{limits:?}"
        );
        // No face yet says nothing about the face's size.
        assert!(of(&with(30.0, 0.0), "face_swap").unwrap().is_empty());
    }
}
