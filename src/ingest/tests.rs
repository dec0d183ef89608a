//! Announcements and chunks, good and hostile.

mod clocks;

use super::*;
use crate::core::{
    AudioTrackSpec, ClockSource, ColorMatrix, ColorRange, FieldError, InterviewSpec, MediaTime,
    ParticipantId, ParticipantSpec, PictureLayout, PlaneLayout, Region, Role, SessionId, TrackId,
    TrackSpec, VideoTrackSpec,
};
use proptest::prelude::*;

fn video_ok(f: VideoFormat) -> Result<(), String> {
    match f {
        VideoFormat::H264AnnexB => Err("decoder for H264_ANNEX_B is not built".into()),
        _ => Ok(()),
    }
}

fn audio_ok(f: AudioFormat) -> Result<(), String> {
    match f {
        AudioFormat::Opus => Err("decoder for OPUS is not built".into()),
        _ => Ok(()),
    }
}

fn limits() -> Limits {
    Limits::new(video_ok, audio_ok)
}

fn track_id(s: &str) -> TrackId {
    TrackId::parse(s).unwrap()
}

fn track(id: &str, participant: &str, clock_id: &str) -> TrackSpec {
    TrackSpec {
        id: track_id(id),
        participant: ParticipantId::parse(participant).unwrap(),
        clock_id: clock_id.into(),
        clock: ClockSource::Platform,
        reference: false,
        video: None,
        audio: None,
    }
}

fn spec() -> InterviewSpec {
    let who = |id: &str, role| ParticipantSpec {
        id: ParticipantId::parse(id).unwrap(),
        role,
        reference_session: None,
    };
    let sound = AudioTrackSpec {
        format: AudioFormat::S16le,
        sample_rate_hz: 16_000,
        channels: 1,
        planar: false,
    };
    let pictures = VideoTrackSpec {
        format: VideoFormat::Gray8,
        size: Some((640, 480)),
        nominal_fps: Some(25.0),
        range: ColorRange::Full,
        matrix: ColorMatrix::Auto,
        rotation_deg: 0,
        mirrored: false,
        region: None,
        codec_config: Vec::new(),
    };
    InterviewSpec {
        session_id: SessionId::parse("s").unwrap(),
        participants: vec![who("cand", Role::Candidate), who("host", Role::Interviewer)],
        tracks: vec![
            TrackSpec {
                video: Some(pictures),
                ..track("v", "cand", "c")
            },
            TrackSpec {
                audio: Some(sound),
                ..track("a", "cand", "c")
            },
            TrackSpec {
                audio: Some(sound),
                ..track("h", "host", "other")
            },
        ],
        consent_id: String::new(),
        source_platform: String::new(),
        challenges: Default::default(),
    }
}

fn faults(change: impl FnOnce(&mut InterviewSpec)) -> Vec<String> {
    let mut s = spec();
    change(&mut s);
    match validate_spec(&s, &limits()) {
        Ok(()) => Vec::new(),
        Err(faults) => faults.into_iter().map(|f| f.field).collect(),
    }
}

#[test]
fn announcements_are_checked_field_by_field() {
    assert!(faults(|_| ()).is_empty());
    let v = |s: &mut InterviewSpec, change: fn(&mut VideoTrackSpec)| {
        change(s.tracks[0].video.as_mut().unwrap());
    };
    let a = |s: &mut InterviewSpec, change: fn(&mut AudioTrackSpec)| {
        change(s.tracks[1].audio.as_mut().unwrap());
    };
    type Change = Box<dyn FnOnce(&mut InterviewSpec)>;
    let cases: Vec<(Change, &str)> = vec![
        (
            Box::new(|s| s.participants[0].role = Role::Other),
            "participants",
        ),
        (
            Box::new(|s| s.participants.truncate(1)),
            "tracks[2].participant_id",
        ),
        (
            Box::new(|s| s.participants[1].id = s.participants[0].id.clone()),
            "participants[1].participant_id",
        ),
        (Box::new(|s| s.tracks.clear()), "tracks"),
        (Box::new(|s| s.tracks = s.tracks.split_off(2)), "tracks"),
        (
            Box::new(|s| s.tracks = vec![s.tracks[0].clone(); 99]),
            "tracks",
        ),
        (
            Box::new(|s| s.tracks[1].id = s.tracks[0].id.clone()),
            "tracks[1].track_id",
        ),
        (Box::new(|s| s.tracks[0].video = None), "tracks[0].details"),
        (
            Box::new(|s| s.tracks[0].audio = s.tracks[1].audio),
            "tracks[0].details",
        ),
        (
            Box::new(move |s| v(s, |v| v.format = VideoFormat::H264AnnexB)),
            "tracks[0].video.format",
        ),
        (
            Box::new(move |s| v(s, |v| v.size = Some((8, 480)))),
            "tracks[0].video.width",
        ),
        (
            Box::new(move |s| v(s, |v| v.size = Some((8192, 8192)))),
            "tracks[0].video.pixels",
        ),
        (
            Box::new(move |s| v(s, |v| v.nominal_fps = Some(f32::NAN))),
            "tracks[0].video.nominal_fps",
        ),
        (
            Box::new(move |s| v(s, |v| v.nominal_fps = Some(1e9))),
            "tracks[0].video.nominal_fps",
        ),
        (
            Box::new(move |s| v(s, |v| v.rotation_deg = 45)),
            "tracks[0].video.rotation_deg",
        ),
        (
            Box::new(move |s| {
                v(s, |v| {
                    v.region = Some(Region {
                        x: 0.6,
                        y: 0.0,
                        width: 0.6,
                        height: 1.0,
                    });
                })
            }),
            "tracks[0].video.region.width",
        ),
        (
            Box::new(move |s| v(s, |v| v.codec_config = vec![0; 70_000])),
            "tracks[0].video.codec_config",
        ),
        (
            Box::new(move |s| a(s, |a| a.format = AudioFormat::Opus)),
            "tracks[1].audio.format",
        ),
        (
            Box::new(move |s| a(s, |a| a.sample_rate_hz = 0)),
            "tracks[1].audio.sample_rate_hz",
        ),
        (
            Box::new(move |s| a(s, |a| a.channels = 7)),
            "tracks[1].audio.channels",
        ),
    ];
    for (change, field) in cases {
        let found = faults(change);
        assert!(found.iter().any(|f| f == field), "{field}: {found:?}");
    }
    assert!(
        faults(|s| {
            s.participants.clear();
            s.tracks[0].video.as_mut().unwrap().rotation_deg = 1;
        })
        .len()
            > 3,
        "every fault is listed"
    );
}

const PICTURE: [u8; 256] = [0; 256];
const SOUND: [u8; 640] = [0; 640];

fn layout() -> PictureLayout {
    PictureLayout {
        width: 16,
        height: 16,
        planes: Vec::new(),
    }
}

/// Sends a chunk to `v` (a small gray picture) or to any other track (20 ms of sound).
fn send(ingest: &mut Ingest, id: &str, sequence: u64, us: i64) -> Result<Accepted, Refusal> {
    let l = layout();
    ingest.accept(
        &track_id(id),
        &Chunk {
            sequence,
            capture_time_us: us,
            payload: if id == "v" { &PICTURE } else { &SOUND },
            layout: Some(&l),
            epoch: 0,
        },
    )
}

fn ingest() -> Ingest {
    Ingest::new(&spec(), &limits())
}

#[test]
fn times_and_sequences_are_followed() {
    let mut i = ingest();
    assert_eq!(
        send(&mut i, "v", 0, 40_000),
        Ok(Accepted {
            time: MediaTime::from_ms(40),
            epoch: 0,
            lost_chunks: 0,
            clock_jump: None,
            unrelated: false
        })
    );
    assert_eq!(send(&mut i, "v", 0, 80_000), Err(Refusal::Duplicate(0)));
    assert_eq!(send(&mut i, "v", 4, 200_000).unwrap().lost_chunks, 3);
    assert_eq!(
        send(&mut i, "v", 2, 120_000),
        Err(Refusal::Late {
            found: 2,
            latest: 4
        })
    );
    assert_eq!(
        send(&mut i, "v", 5, 200_000),
        Err(Refusal::TimeRepeats(200_000))
    );
    assert_eq!(
        send(&mut i, "v", 6, 150_000),
        Err(Refusal::TimeGoesBack {
            found: 150_000,
            by_us: 50_000
        })
    );
    i.dropped(&track_id("v"), 7);
    assert_eq!(send(&mut i, "v", 8, 240_000).unwrap().lost_chunks, 0);
    assert_eq!(
        i.counts(&track_id("v")),
        Some(TrackCounts {
            accepted: 3,
            lost: 3,
            duplicates: 2,
            late: 2,
            refused: 0,
            clock_jumps: 0
        })
    );
    assert!(matches!(
        send(&mut i, "x", 0, 0),
        Err(Refusal::UnknownTrack(_))
    ));
    assert!(i.counts(&track_id("x")).is_none());
    assert_eq!(i.present(), MediaTime::from_ms(240));
}

#[test]
fn a_reference_has_a_clock_of_its_own_and_does_not_move_the_present() {
    let mut s = spec();
    let mut verified = s.tracks[0].clone();
    verified.id = track_id("verified");
    verified.reference = true;
    verified.video = None;
    verified.audio = s.tracks[1].audio;
    s.tracks.push(verified);
    let mut i = Ingest::new(&s, &limits());
    // An hour-old recording, with a break, before the interview begins at zero.
    for (n, us) in [(0, 3_600_000_000), (1, 3_600_020_000), (2, 3_700_000_000)] {
        assert!(send(&mut i, "verified", n, us).is_ok(), "{us}");
    }
    assert_eq!(i.present(), MediaTime::ZERO);
    let first = send(&mut i, "v", 0, 0).unwrap();
    assert_eq!((first.time, first.clock_jump), (MediaTime::ZERO, None));
    // While the interview runs, too.
    assert!(send(&mut i, "verified", 3, 3_700_020_000).is_ok());
    assert_eq!(
        send(&mut i, "a", 0, 20_000).unwrap().time,
        MediaTime::from_ms(20)
    );
    assert_eq!(i.present(), MediaTime::from_ms(20));
}

#[test]
fn content_is_checked_before_it_is_decoded() {
    let refused = |id: &str, payload: &[u8], layout: Option<&PictureLayout>| {
        let mut i = ingest();
        let chunk = Chunk {
            sequence: 0,
            capture_time_us: 0,
            payload,
            layout,
            epoch: 0,
        };
        let e: FieldError = i.accept(&track_id(id), &chunk).unwrap_err().into();
        assert_eq!(i.counts(&track_id(id)).unwrap().refused, 1);
        // The track goes on.
        assert!(send(&mut i, id, 1, 20_000).is_ok());
        e.field
    };
    let planes = |offset_bytes, stride_bytes| PictureLayout {
        planes: vec![PlaneLayout {
            offset_bytes,
            stride_bytes,
        }],
        ..layout()
    };
    let huge = PictureLayout {
        width: u32::MAX,
        ..layout()
    };
    for (id, payload, l, field) in [
        ("v", vec![], Some(layout()), "media.payload"),
        ("v", vec![0; 33 << 20], Some(layout()), "media.payload"),
        ("v", vec![0; 256], None, "media.layout"),
        (
            "v",
            vec![0; 256],
            Some(PictureLayout::default()),
            "media.layout.width",
        ),
        ("v", vec![0; 256], Some(huge), "media.layout.width"),
        ("v", vec![0; 255], Some(layout()), "media.payload"),
        (
            "v",
            vec![0; 256],
            Some(planes(0, 15)),
            "media.layout.planes[0].stride_bytes",
        ),
        (
            "v",
            vec![0; 256],
            Some(planes(1, 16)),
            "media.layout.planes[0].offset_bytes",
        ),
        (
            "v",
            vec![0; 256],
            Some(planes(u64::MAX, 16)),
            "media.layout.planes[0].offset_bytes",
        ),
        ("a", vec![], None, "media.payload"),
        ("a", vec![0; 641], None, "media.payload"),
        ("a", vec![0; 300], None, "media.payload"), // 9.4 ms
        ("a", vec![0; 96_002], None, "media.payload"), // 3.00006 s
    ] {
        assert_eq!(
            refused(id, &payload, l.as_ref()),
            field,
            "{} bytes",
            payload.len()
        );
    }
    let mut i = ingest();
    for (n, len) in [(0, 320), (1, 96_000)] {
        let chunk = Chunk {
            sequence: n,
            capture_time_us: n as i64 * 10_000,
            payload: &vec![0; len],
            layout: None,
            epoch: 0,
        };
        assert!(i.accept(&track_id("a"), &chunk).is_ok(), "{len}");
    }
}
