//! Media as platforms hand it over, through a real server: compressed, in other chunks, late, lossy, on
//! tracks that change hands.

#[path = "../decode/coding.rs"]
pub(crate) mod coding;

use crate::recorded::testing::skip;
use crate::support::*;
use coding::{Coding, Drawn, encode_pictures, encode_sound};
use liveproof::core::{AudioBlock, Frame, TrackId, TrackKind};
use liveproof::decode::file::{FileSource, Media, OpenOptions};
use liveproof_sdk::{Update, v1};
use v1::segment_result::Outcome as Said;

/// Of the demo interview, seconds: a question, its answer, and the late stretch begins after it.
const SECONDS: i64 = 12;

/// The demo interview's camera and microphone, decoded.
fn demo() -> (Vec<Frame>, Vec<AudioBlock>) {
    let path = media("demo/interview.mp4");
    let mut source = FileSource::open(&path, &OpenOptions::default()).unwrap();
    let track = |id: &str| TrackId::parse(id).unwrap();
    for (kind, id) in [(TrackKind::Video, "camera"), (TrackKind::Audio, "mic")] {
        let index = source.info().first(kind).unwrap().index;
        source.select(index, track(id), None).unwrap();
    }
    let (mut frames, mut blocks) = (Vec::new(), Vec::new());
    while let Some(media) = source.next().unwrap() {
        if media.time().as_ms_f64() >= SECONDS as f64 * 1e3 {
            break;
        }
        match media {
            Media::Frame { frame, .. } => frames.push(frame),
            Media::Audio { block, .. } => blocks.push(block),
        }
    }
    (frames, blocks)
}

/// A piece of `camera` or `mic`.
#[derive(Clone)]
struct Piece {
    track: &'static str,
    time_us: i64,
    payload: Vec<u8>,
    layout: Option<v1::PictureLayout>,
}

fn raw_pictures(frames: &[Frame]) -> Vec<Piece> {
    let piece = |f: &Frame| Piece {
        track: "camera",
        time_us: f.time.as_us(),
        payload: f.rgb().to_vec(),
        layout: Some(v1::PictureLayout {
            width: f.width,
            height: f.height,
            planes: Vec::new(),
        }),
    };
    frames.iter().map(piece).collect()
}

/// Sound of one rate in chunks of this length, from the samples on.
fn raw_sound(blocks: &[AudioBlock], chunk_ms: usize) -> Vec<Piece> {
    let rate = blocks[0].sample_rate_hz as usize;
    let samples = blocks.iter().flat_map(|b| b.samples().to_vec());
    let samples: Vec<f32> = samples.take(SECONDS as usize * rate).collect();
    let parts = samples.chunks(rate * chunk_ms / 1_000).enumerate();
    let piece = |(i, part): (usize, &[f32])| Piece {
        track: "mic",
        time_us: (i * chunk_ms) as i64 * 1_000,
        payload: part.iter().flat_map(|v| v.to_le_bytes()).collect(),
        layout: None,
    };
    parts.map(piece).collect()
}

/// A candidate with these formats and one clock.
fn opening(video: v1::VideoFormat, audio: v1::AudioFormat, config: Vec<u8>) -> v1::Open {
    let mut open = open();
    open.tracks.truncate(2);
    open.tracks[0].details = Some(v1::track::Details::Video(v1::VideoTrack {
        format: video.into(),
        codec_config: config.into(),
        ..Default::default()
    }));
    open.tracks[1].details = Some(v1::track::Details::Audio(v1::AudioTrack {
        format: audio.into(),
        sample_rate_hz: 48_000,
        channels: 1,
        planar: false,
    }));
    open
}

/// What the server said: final segments, notices, acknowledgements, and its last word.
struct Heard {
    segments: Vec<v1::SegmentResult>,
    notices: Vec<v1::QualityNotice>,
    acks: Vec<v1::EventAck>,
    summary: v1::SessionSummary,
}

impl Heard {
    fn notices_of(&self, kind: v1::NoticeKind) -> u64 {
        let of = self.notices.iter().filter(|n| n.kind() == kind);
        of.map(|n| n.count).sum()
    }
}

/// Sends pieces in their order, within the credit; events go before the piece of their number.
async fn interview(
    served: &Served,
    open: v1::Open,
    pieces: Vec<Piece>,
    events: Vec<(usize, i64, v1::control_event::Event)>,
) -> Heard {
    let interview = served.client().await.open(open).await.unwrap();
    let (mut sender, mut updates) = interview.split();
    let sending = async move {
        for (i, piece) in pieces.into_iter().enumerate() {
            for (_, time_us, event) in events.iter().filter(|(at, ..)| *at == i) {
                sender.send_event(*time_us, event.clone()).await.unwrap();
            }
            let Piece {
                track,
                time_us,
                payload,
                layout,
            } = piece;
            sender
                .send_media(track, time_us, payload, layout)
                .await
                .unwrap();
        }
        sender.close("done").await.unwrap();
    };
    let reading = async {
        let (mut segments, mut notices) = (Vec::new(), Vec::new());
        let (mut acks, mut summary) = (Vec::new(), None);
        while let Some(update) = updates.next().await.unwrap() {
            match update {
                Update::Segment(s) if s.r#final => segments.push(*s),
                Update::Notice(n) => notices.push(n),
                Update::Ack(a) => acks.push(a),
                Update::Summary(s) => summary = Some(*s),
                _ => {}
            }
        }
        Heard {
            segments,
            notices,
            acks,
            summary: summary.unwrap(),
        }
    };
    tokio::join!(sending, reading).1
}

/// Pictures and sound in the order of their times; pictures first.
fn merged(mut pictures: Vec<Piece>, sound: Vec<Piece>) -> Vec<Piece> {
    pictures.extend(sound);
    pictures.sort_by_key(|p| p.time_us);
    pictures
}

/// Frames as the encoder takes them.
fn drawn(frames: &[Frame]) -> Vec<Drawn> {
    let picture = |f: &Frame| Drawn {
        width: f.width,
        height: f.height,
        rgb: f.rgb().to_vec(),
    };
    frames.iter().map(picture).collect()
}

/// Everything but how long it took and how often it was revised.
fn comparable(segments: &[v1::SegmentResult]) -> Vec<v1::SegmentResult> {
    let plain = |s: &v1::SegmentResult| v1::SegmentResult {
        revision: 1,
        times: None,
        ..s.clone()
    };
    segments.iter().map(plain).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn coded_media_gives_the_segments_of_decoded_media() {
    let (frames, blocks) = demo();
    let drawn = drawn(&frames);
    let samples: Vec<f32> = blocks.iter().flat_map(|b| b.samples().to_vec()).collect();
    let how = Coding {
        options: &[
            ("preset", "veryfast"),
            ("crf", "14"),
            ("tune", "zerolatency"),
        ],
        gop: 50,
        ..Coding::fine("libx264")
    };
    let coded = encode_pictures(&how, &drawn);
    let spoken = encode_sound("libopus", 48_000, 1, &samples);
    let (Some(coded), Some(spoken)) = (coded, spoken) else {
        return skip(
            "coded_media_gives_the_segments_of_decoded_media",
            "no encoder",
        );
    };
    let pictures = coded.iter().map(|c| Piece {
        track: "camera",
        time_us: frames[c.number as usize].time.as_us(),
        payload: c.bytes.clone(),
        layout: None,
    });
    // The encoder's look-ahead is in its numbers; a platform stamps what went in.
    let first = spoken[0].number;
    let sound = spoken.iter().map(|c| Piece {
        track: "mic",
        time_us: (c.number - first) * 1_000_000 / 48_000,
        payload: c.bytes.clone(),
        layout: None,
    });
    let coded = merged(pictures.collect(), sound.collect());
    let plain = merged(raw_pictures(&frames), raw_sound(&blocks, 20));
    let served = serve(|_| {}).await;
    use v1::{AudioFormat as A, VideoFormat as V};
    let open = opening(V::H264AnnexB, A::Opus, Vec::new());
    let coded = interview(&served, open, coded, Vec::new()).await;
    let plain = interview(
        &served,
        opening(V::Rgb24, A::F32le, Vec::new()),
        plain,
        Vec::new(),
    )
    .await;
    assert!(coded.notices.is_empty(), "{:?}", coded.notices);
    assert_eq!(coded.segments.len(), plain.segments.len());
    assert!(coded.segments.len() >= 3);
    let (mut scored, mut both) = (0, 0);
    for (a, b) in coded.segments.iter().zip(&plain.segments) {
        assert_eq!((a.index, a.span), (b.index, b.span));
        let (x, y) = (a.coverage.unwrap(), b.coverage.unwrap());
        assert_eq!(x.frames_seen, y.frames_seen);
        assert!((x.video - y.video).abs() < 1e-9, "{x:?} {y:?}");
        assert!((x.audio - y.audio).abs() < 0.02, "{x:?} {y:?}");
        let (x, y) = (a.quality.unwrap(), b.quality.unwrap());
        assert!((x.fps - y.fps).abs() < 1e-9);
        assert!(
            (x.face_presence - y.face_presence).abs() < 0.05,
            "{x:?} {y:?}"
        );
        assert!(
            (x.face_height_px - y.face_height_px).abs() < 4.0,
            "{x:?} {y:?}"
        );
        assert!((x.luma - y.luma).abs() < 2.0, "{x:?} {y:?}");
        assert!(
            (x.speech_share - y.speech_share).abs() < 0.05,
            "{x:?} {y:?}"
        );
        let scores = [a, b].map(|s| match s.outcome.as_ref().unwrap() {
            Said::Score(s) => Some(s.evidence_logit),
            Said::NoScore(_) => None,
        });
        scored += scores.iter().flatten().count();
        if let [Some(x), Some(y)] = scores {
            both += 2;
            assert!(
                (x - y).abs() < 0.6,
                "evidence of segment {}: {x} {y}",
                a.index
            );
        }
    }
    assert!(
        both * 4 >= scored * 3,
        "{both} of {scored} scored both ways"
    );
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_of_20_ms_and_of_1_s_give_the_same_segments() {
    let (frames, blocks) = demo();
    let served = serve(|_| {}).await;
    let mut first: Option<Heard> = None;
    for chunk_ms in [20, 200, 1_000] {
        // A chunk is sent when its last sample is there, as platforms do.
        let mut pieces: Vec<(i64, Piece)> = raw_sound(&blocks, chunk_ms)
            .into_iter()
            .map(|p| (p.time_us + chunk_ms as i64 * 1_000, p))
            .collect();
        pieces.extend(raw_pictures(&frames).into_iter().map(|p| (p.time_us, p)));
        pieces.sort_by_key(|(due, _)| *due);
        let pieces = pieces.into_iter().map(|(_, p)| p).collect();
        let open = opening(v1::VideoFormat::Rgb24, v1::AudioFormat::F32le, Vec::new());
        let heard = interview(&served, open, pieces, Vec::new()).await;
        assert!(heard.notices.is_empty(), "{chunk_ms}: {:?}", heard.notices);
        match &first {
            None => first = Some(heard),
            Some(first) => {
                let (a, b) = (comparable(&first.segments), comparable(&heard.segments));
                assert_eq!(a.len(), b.len(), "{chunk_ms}");
                for (a, b) in a.iter().zip(&b) {
                    assert_eq!(a, b, "{chunk_ms}");
                }
                assert_eq!(first.summary.participants, heard.summary.participants);
            }
        }
    }
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_at_the_start_is_taken_told_and_moves_nothing() {
    const UNIX_US: i64 = 1_700_000_000_000_000;
    let served = serve(|_| {}).await;
    let picture = |i: i64| Piece {
        track: "camera",
        time_us: UNIX_US + i * 100_000,
        payload: face_jpeg(),
        layout: None,
    };
    // 48 kHz mono floats: 100 ms are 19,200 bytes.
    let sound = |i: i64| Piece {
        track: "mic",
        time_us: UNIX_US + i * 100_000,
        payload: vec![0; 19_200],
        layout: None,
    };
    let mut pieces = vec![picture(0)];
    pieces.extend((-600..0).map(sound));
    for i in 0..80 {
        pieces.push(sound(i));
        pieces.push(picture(i + 1));
    }
    let mut open = opening(v1::VideoFormat::Jpeg, v1::AudioFormat::F32le, Vec::new());
    for clocks in ["shared", "own"] {
        open.session_id = format!("backlog-{clocks}");
        if clocks == "own" {
            open.tracks[1].clock_id = "microphone".into();
        }
        let heard = interview(&served, open.clone(), pieces.clone(), Vec::new()).await;
        use v1::NoticeKind as N;
        for kind in [N::MediaRefused, N::MediaDropped, N::MediaLost, N::ClockJump] {
            assert_eq!(heard.notices_of(kind), 0, "{clocks}: {:?}", heard.notices);
        }
        assert_eq!(
            heard.notices_of(N::MediaLate),
            600,
            "{clocks}: {:?}",
            heard.notices
        );
        assert_eq!(heard.segments[0].span.unwrap().start_us, 0);
        for s in &heard.segments[..2] {
            let c = s.coverage.unwrap();
            assert!(
                c.video > 0.99 && c.audio > 0.99,
                "{clocks} {}: {c:?}",
                s.index
            );
        }
        let us = heard.summary.duration_us;
        assert!((7_900_000..8_200_000).contains(&us), "{clocks}: {us}");
    }
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_packet_is_said_and_costs_the_pictures_up_to_the_keyframe() {
    let (frames, _) = demo();
    let drawn = drawn(&frames[..150]);
    // Far apart, as calls send them: waiting for one is no fault that ends an interview.
    let how = Coding {
        gop: 130,
        ..Coding::fine("libx264")
    };
    let Some(coded) = encode_pictures(&how, &drawn) else {
        return skip("a_lost_packet_is_said", "no encoder libx264");
    };
    let served = serve(|_| {}).await;
    let open = opening(
        v1::VideoFormat::H264AnnexB,
        v1::AudioFormat::F32le,
        Vec::new(),
    );
    let client = served.client().await;
    let (mut sender, mut updates) = client.open(open).await.unwrap().split();
    let sending = async move {
        for (i, c) in coded.iter().enumerate().filter(|(i, _)| *i != 10) {
            let time_us = frames[c.number as usize].time.as_us();
            let chunk = chunk("camera", i as u64, time_us, c.bytes.clone());
            sender.send_chunk(chunk).await.unwrap();
        }
        sender.close("done").await.unwrap();
    };
    let reading = async {
        let (mut lost, mut waiting, mut seen, mut dropped) = (0, 0, 0, 0);
        while let Some(update) = updates.next().await.unwrap() {
            match update {
                Update::Notice(n) if n.kind() == v1::NoticeKind::MediaLost => lost += n.count,
                Update::Notice(n) if n.kind() == v1::NoticeKind::KeyframeNeeded => {
                    assert!(n.detail.contains("packets are missing"), "{}", n.detail);
                    waiting += n.count;
                }
                Update::Notice(n) => panic!("{n:?}"),
                Update::Segment(s) if s.r#final => {
                    let c = s.coverage.unwrap();
                    (seen, dropped) = (seen + c.frames_seen, dropped + c.frames_dropped);
                }
                _ => {}
            }
        }
        (lost, waiting, seen, dropped)
    };
    let ((), counts) = tokio::join!(sending, reading);
    // Chunk 10 is missing, 11 to 129 rest on it, the next keyframe is at 130.
    assert_eq!(counts, (1, 119, 30, 120));
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_track_goes_to_somebody_else_and_never_to_a_stranger() {
    let served = serve(|_| {}).await;
    let mut open = opening(v1::VideoFormat::Jpeg, v1::AudioFormat::F32le, Vec::new());
    open.participants.push(v1::Participant {
        participant_id: "second".into(),
        role: v1::ParticipantRole::Candidate.into(),
        ..Default::default()
    });
    let pieces = (0..60).flat_map(|i: i64| {
        let (track, time_us, layout) = ("camera", i * 100_000, None);
        let picture = Piece {
            track,
            time_us,
            payload: face_jpeg(),
            layout,
        };
        let sound = Piece {
            track: "mic",
            payload: vec![0; 19_200],
            ..picture.clone()
        };
        [picture, sound]
    });
    let to = |track: &str, who: &str| {
        v1::control_event::Event::TrackParticipant(v1::TrackParticipant {
            track_id: track.into(),
            participant_id: who.into(),
        })
    };
    let events = vec![
        (10, 500_000, to("camera", "stranger")),
        (10, 500_000, to("nowhere", "second")),
        (40, 3_000_000, to("camera", "second")),
        (40, 3_000_000, to("mic", "second")),
    ];
    let heard = interview(&served, open, pieces.collect(), events).await;
    let refused: Vec<_> = heard
        .acks
        .iter()
        .map(|a| (a.accepted, a.detail.as_str()))
        .collect();
    assert!(
        !refused[0].0 && refused[0].1.starts_with("event.participant_id"),
        "{refused:?}"
    );
    assert!(
        !refused[1].0 && refused[1].1.starts_with("event.track_id"),
        "{refused:?}"
    );
    assert!(refused[2..] == [(true, ""), (true, "")], "{refused:?}");
    let of = |who: &str, index: u64| {
        let found = heard
            .segments
            .iter()
            .find(|s| s.participant_id == who && s.index == index);
        found.map(|s| (s.coverage.unwrap(), s.quality.unwrap()))
    };
    let (coverage, quality) = of("candidate", 0).unwrap();
    let all = coverage.video > 0.99 && coverage.audio > 0.99 && quality.face_presence > 0.9;
    assert!(all, "{coverage:?} {quality:?}");
    // The candidate's last picture reaches a second into the stretch in which they have none.
    let (coverage, _) = of("candidate", 1).unwrap();
    assert!(
        coverage.video < 0.35 && coverage.audio < 0.02,
        "{coverage:?}"
    );
    assert_eq!(coverage.frames_seen, 0);
    let second = heard
        .segments
        .iter()
        .filter(|s| s.participant_id == "second");
    let seen: u64 = second
        .clone()
        .map(|s| s.coverage.unwrap().frames_seen)
        .sum();
    assert_eq!(seen, 30, "all that was theirs, and nothing before");
    let first = second.min_by_key(|s| s.index).unwrap();
    assert!(first.coverage.unwrap().video > 0.99 && first.quality.unwrap().face_presence > 0.9);
    served.stop().await.unwrap();
}
