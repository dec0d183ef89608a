//! Enumerations, value by value. An unknown or unspecified value is an error, never a default.

use super::pb;
use crate::core::{
    AbstainReason, AudioFormat, ChallengeKind, ChallengeMode, ChallengeNeed, ChallengeStanding,
    ClockSource, FieldError, PredictionSet, ReferenceKind, Role, ScreenColour, Side, Standing,
    TrackKind, VideoFormat,
};
use crate::session::{Decline, NoticeKind};

/// Two functions per enumeration: from the wire with the field's name, and to the wire.
macro_rules! wire_enum {
    ($read:ident, $write:ident: $wire:ident <=> $core:ident { $($w:ident = $c:ident),* $(,)? }) => {
        pub(in crate::grpc) fn $read(value: i32, field: &str) -> Result<$core, FieldError> {
            match pb::$wire::try_from(value) {
                $(Ok(pb::$wire::$w) => Ok($core::$c),)*
                Ok(pb::$wire::Unspecified) => Err(unusable(field, "unspecified", stringify!($wire))),
                Err(_) => Err(unusable(field, value, stringify!($wire))),
            }
        }

        pub(in crate::grpc) fn $write(value: $core) -> i32 {
            (match value {
                $($core::$c => pb::$wire::$w,)*
            }) as i32
        }
    };
}

fn unusable(field: &str, found: impl std::fmt::Display, name: &str) -> FieldError {
    FieldError::new(
        field,
        found,
        format!("a value of {name} that this server knows"),
    )
}

wire_enum!(read_role, write_role: ParticipantRole <=> Role {
    Candidate = Candidate, Interviewer = Interviewer, Other = Other, Mixed = Mixed,
    ScreenShare = ScreenShare,
});

wire_enum!(read_prediction_set, write_prediction_set: PredictionSet <=> PredictionSet {
    Real = Real, Manipulated = Manipulated, Both = Both, Neither = Neither,
});

wire_enum!(read_standing, write_standing: Standing <=> Standing {
    ConsistentWithLive = ConsistentWithLive, Inconclusive = Inconclusive, StandsOut = StandsOut,
});

wire_enum!(read_track_kind, write_track_kind: TrackKind <=> TrackKind {
    Video = Video, Audio = Audio,
});

wire_enum!(read_video_format, write_video_format: VideoFormat <=> VideoFormat {
    I420 = I420, Nv12 = Nv12, Rgb24 = Rgb24, Bgr24 = Bgr24, Rgba = Rgba, Bgra = Bgra,
    Gray8 = Gray8, Jpeg = Jpeg, Png = Png, Webp = Webp, H264AnnexB = H264AnnexB,
    H264Avcc = H264Avcc, Vp8 = Vp8, Vp9 = Vp9, Av1 = Av1, Hevc = Hevc, I420a = I420a,
    I422 = I422, I444 = I444, I010 = I010, Argb = Argb, Abgr = Abgr,
});

wire_enum!(read_audio_format, write_audio_format: AudioFormat <=> AudioFormat {
    S16le = S16le, F32le = F32le, S32le = S32le, Mulaw = Mulaw, Alaw = Alaw, G722 = G722,
    Opus = Opus,
});

wire_enum!(read_challenge, write_challenge: ChallengeKind <=> ChallengeKind {
    HandPass = HandPass, HandHold = HandHold, TurnLeft = TurnLeft, TurnRight = TurnRight,
    CheekPress = CheekPress, LeanIn = LeanIn, Flash = Flash, Phrase = Phrase, TurnBoth = TurnBoth,
});

wire_enum!(read_side, write_side: ChallengeSide <=> Side { Left = Left, Right = Right });

wire_enum!(read_colour, write_colour: ScreenColour <=> ScreenColour {
    Amber = Amber, Green = Green, Blue = Blue, Magenta = Magenta,
});

wire_enum!(read_need, write_need: ChallengeNeed <=> ChallengeNeed {
    Hands = Hands, Head = Head, Body = Body, Voice = Voice, Flashes = Flashes,
});

wire_enum!(read_mode, write_mode: ChallengeMode <=> ChallengeMode {
    Off = Off, Manual = Manual, Automatic = Automatic,
});

wire_enum!(read_challenge_standing, write_challenge_standing: ChallengeStanding <=> ChallengeStanding {
    Scored = Scored, NotEvaluated = NotEvaluated, ComplianceOnly = ComplianceOnly,
});

/// Why a challenge is not carried out; not stated means that the candidate preferred not to.
pub(in crate::grpc) fn read_decline(value: i32, field: &str) -> Result<Decline, FieldError> {
    use pb::ChallengeDeclineReason as W;
    match W::try_from(value) {
        Ok(W::Unspecified | W::PrefersNot) => Ok(Decline::PrefersNot),
        Ok(W::CannotPerform) => Ok(Decline::CannotPerform),
        Ok(W::Cancelled) => Ok(Decline::Cancelled),
        Ok(W::NotShown) => Ok(Decline::NotShown),
        Err(_) => Err(unusable(field, value, "ChallengeDeclineReason")),
    }
}

wire_enum!(read_reason, write_reason: AbstainReason <=> AbstainReason {
    NoFace = NoFace, TooShort = TooShort, LowQuality = LowQuality, ModelMissing = ModelMissing,
    Dropped = Dropped, DeadlineMissed = DeadlineMissed, NoTrack = NoTrack,
    LowFrameRate = LowFrameRate, NoSpeech = NoSpeech, Gathering = Gathering,
    AmbiguousPerson = AmbiguousPerson, Indecisive = Indecisive, NotRequested = NotRequested,
    LowCoverage = LowCoverage, Failed = Failed, Unfamiliar = Unfamiliar,
    Experimental = Experimental,
});

wire_enum!(read_reference_kind, write_reference_kind: ReferenceKind <=> ReferenceKind {
    Clip = Clip, Track = Track, Session = Session, Stretch = Stretch,
});

/// The wire's value for the kind of a notice; only the server writes it.
pub(in crate::grpc) fn write_notice(value: NoticeKind) -> i32 {
    use pb::NoticeKind as W;
    (match value {
        NoticeKind::MediaRefused => W::MediaRefused,
        NoticeKind::MediaDropped => W::MediaDropped,
        NoticeKind::MediaLost => W::MediaLost,
        NoticeKind::NoFace => W::NoFace,
        NoticeKind::FrameRate => W::FrameRate,
        NoticeKind::ClockJump => W::ClockJump,
        NoticeKind::Draining => W::Draining,
        NoticeKind::DecodeFailed => W::DecodeFailed,
        NoticeKind::Reference => W::Reference,
        NoticeKind::Challenge => W::Challenge,
        NoticeKind::KeyframeNeeded => W::KeyframeNeeded,
        NoticeKind::MediaLate => W::MediaLate,
        NoticeKind::LoadShed => W::LoadShed,
        NoticeKind::Evidence => W::Evidence,
    }) as i32
}

/// The source of a clock mapping; not stated means unknown, as the protocol says.
pub(in crate::grpc) fn read_clock(value: i32, field: &str) -> Result<ClockSource, FieldError> {
    use pb::ClockMappingSource as W;
    match W::try_from(value) {
        Ok(W::Unspecified | W::Unknown) => Ok(ClockSource::Unknown),
        Ok(W::Estimated) => Ok(ClockSource::Estimated),
        Ok(W::Platform) => Ok(ClockSource::Platform),
        Err(_) => Err(unusable(field, value, "ClockMappingSource")),
    }
}

/// The wire's value for a clock source.
pub(in crate::grpc) fn write_clock(value: ClockSource) -> i32 {
    (match value {
        ClockSource::Unknown => pb::ClockMappingSource::Unknown,
        ClockSource::Estimated => pb::ClockMappingSource::Estimated,
        ClockSource::Platform => pb::ClockMappingSource::Platform,
    }) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_value_round_trips_and_all_others_are_refused() {
        macro_rules! check {
            ($read:ident, $write:ident, $known:expr) => {
                for v in 1..=$known {
                    assert_eq!($write($read(v, "f").unwrap()), v);
                }
                for v in [i32::MIN, -1, 0, $known + 1, i32::MAX] {
                    let e = $read(v, "f").unwrap_err();
                    assert_eq!(e.field, "f");
                }
            };
        }
        check!(read_role, write_role, 5);
        check!(read_track_kind, write_track_kind, 2);
        check!(read_video_format, write_video_format, 22);
        check!(read_audio_format, write_audio_format, 7);
        check!(read_challenge, write_challenge, 9);
        check!(read_side, write_side, 2);
        check!(read_colour, write_colour, 4);
        check!(read_need, write_need, 5);
        check!(read_mode, write_mode, 3);
        check!(read_challenge_standing, write_challenge_standing, 3);
        check!(read_reason, write_reason, 17);
        assert!(read_decline(5, "f").is_err() && read_decline(0, "f").is_ok());
        assert!(read_clock(4, "f").is_err() && read_clock(-1, "f").is_err());
        for c in [
            ClockSource::Unknown,
            ClockSource::Estimated,
            ClockSource::Platform,
        ] {
            assert_eq!(read_clock(write_clock(c), "f").unwrap(), c);
        }
    }
}
