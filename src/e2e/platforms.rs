//! Every platform's recorded messages through its mapping into a live server: what `hello` says can
//! run on it, and that nothing that is sent is refused.

use crate::support::*;
use liveproof_sdk::platforms::daily::{Daily, Renderers};
use liveproof_sdk::platforms::livekit::{Formats, LiveKit, VideoBufferType, VideoRotation};
use liveproof_sdk::platforms::meet::{AudioStreams, Meet, Streams, TracksOf, VideoStreams};
use liveproof_sdk::platforms::recall::Recall;
use liveproof_sdk::platforms::teams::{Teams, VideoColorFormat, VideoSocket};
use liveproof_sdk::platforms::twilio::Twilio;
use liveproof_sdk::platforms::webcodecs::WebCodecs;
use liveproof_sdk::platforms::zoom_rtms::ZoomRtms;
use liveproof_sdk::platforms::{Adapter, Output, Plan, one_candidate, send};
use liveproof_sdk::{Interview, Update, v1};
use serde_json::Value;

/// How far each signal can be trusted, in the order of [`SIGNALS`].
type Trust = [v1::SignalConfidence; 4];
const SIGNALS: [&str; 4] = [
    "face_swap",
    "lip_sync",
    "hand_occlusion",
    "response_latency",
];
const NONE: v1::SignalConfidence = v1::SignalConfidence::None;
const SOME: v1::SignalConfidence = v1::SignalConfidence::Limited;
const FULL: v1::SignalConfidence = v1::SignalConfidence::Full;

/// Nothing is known of the clocks of sound and pictures.
const COARSE: Trust = [FULL, SOME, FULL, FULL];

fn plan(name: &str, candidate: &str) -> Plan {
    let session = format!("platform-{}", name.replace(['/', '.'], "-"));
    Plan::new(session, one_candidate(candidate)).consent("consent-7")
}

fn recorded(name: &str) -> Value {
    let text = std::fs::read_to_string(media("platforms").join(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn messages(recording: &Value, list: &str) -> Vec<String> {
    let list = recording[list].as_array().unwrap();
    list.iter().map(Value::to_string).collect()
}

/// What `hello` says of the candidate's tracks.
fn trust(hello: &v1::Hello) -> Trust {
    SIGNALS.map(|name| {
        let of = |s: &&v1::SignalCapability| s.signal == name && s.participant_id == "candidate";
        let found = hello.signals.iter().find(of);
        let found = found.unwrap_or_else(|| panic!("{name} in {:?}", hello.signals));
        assert_eq!(found.available, found.confidence() != NONE, "{found:?}");
        found.confidence()
    })
}

/// Sends the rest of a recording; returns how many pieces of media and events went.
async fn stream(
    name: &str,
    call: &mut dyn Adapter,
    interview: Interview,
    messages: Vec<String>,
) -> (u64, u64) {
    let (mut sender, mut updates) = interview.split();
    let sending = async move {
        let (mut media, mut events) = (0, 0);
        for message in messages {
            for output in call.take_json(&message).unwrap() {
                media += u64::from(matches!(output, Output::Media(_)));
                events += u64::from(matches!(output, Output::Event { .. }));
                send(&mut sender, output).await.unwrap();
            }
        }
        sender.close("end of the recording").await.unwrap();
        (media, events)
    };
    let reading = async {
        let (mut acks, mut summary) = (0, None);
        while let Some(update) = updates.next().await.unwrap() {
            match update {
                Update::Ack(a) => {
                    assert!(a.accepted, "{name}: {a:?}");
                    acks += 1;
                }
                Update::Notice(n) => {
                    use v1::NoticeKind as K;
                    let refused = [
                        K::MediaRefused,
                        K::DecodeFailed,
                        K::MediaLost,
                        K::MediaDropped,
                        K::ClockJump,
                    ];
                    assert!(!refused.contains(&n.kind()), "{name}: {n:?}");
                }
                Update::Summary(s) => summary = Some(s),
                _ => {}
            }
        }
        (
            acks,
            summary.unwrap_or_else(|| panic!("{name}: no summary")),
        )
    };
    let ((media, events), (acks, summary)) = tokio::join!(sending, reading);
    assert!(!summary.partial, "{name}: {}", summary.end_reason);
    assert_eq!(summary.consent_id, "consent-7");
    assert_eq!(acks, events, "{name}: every event is acknowledged");
    (media, events)
}

/// Runs a recording against a server; says where `hello` differs from what is expected.
async fn run(
    served: &Served,
    name: &str,
    mut call: Box<dyn Adapter>,
    expected: Trust,
) -> Option<String> {
    let recording = recorded(name);
    for message in messages(&recording, "before_open") {
        call.take_json(&message).unwrap();
    }
    let client = served.client().await;
    let open = client.open(call.open().unwrap()).await;
    let interview = open.unwrap_or_else(|refused| panic!("{name}: {refused}"));
    let hello = interview.hello().clone();
    let rest = messages(&recording, "messages");
    let (media, _) = stream(name, call.as_mut(), interview, rest).await;
    assert!(media >= 7, "{name}: {media} pieces of media");
    let found = trust(&hello);
    (found != expected).then(|| format!("{name}: {found:?}, expected {expected:?}"))
}

/// Mappings of the platforms that send JSON.
fn chat() -> Vec<(&'static str, Box<dyn Adapter>, Trust)> {
    let zoom = |name| Box::new(ZoomRtms::new(plan(name, "16778240")));
    let recall = |name, video| {
        let events = [video, "audio_separate_raw.data"];
        Box::new(Recall::new(plan(name, "200"), events).unwrap())
    };
    let [jpg, h264] = ["zoom_rtms/jpg_5fps.json", "zoom_rtms/h264_25fps.json"];
    let [png, units, call] = [
        "recall/png_2fps.json",
        "recall/h264.json",
        "twilio/call.json",
    ];
    vec![
        (jpg, zoom(jpg), [FULL, NONE, SOME, FULL]),
        (h264, zoom(h264), COARSE),
        (
            png,
            recall(png, "video_separate_png.data"),
            [SOME, NONE, NONE, FULL],
        ),
        (units, recall(units, "video_separate_h264.data"), COARSE),
        (
            call,
            Box::new(Twilio::new(plan(call, "inbound"))),
            [NONE, NONE, NONE, FULL],
        ),
    ]
}

/// Mappings of the platforms whose SDK hands over memory, and of browsers.
fn memory() -> Vec<(&'static str, Box<dyn Adapter>, Trust)> {
    let meet = |name, audio, video| {
        let streams = Streams {
            audio,
            video,
            absolute_capture_time: true,
            tracks: TracksOf::Participants,
        };
        Box::new(Meet::new(plan(name, "participants/cand"), streams))
    };
    let codecs = |name| Box::new(WebCodecs::new(plan(name, "me")));
    let socket = VideoSocket {
        format: VideoColorFormat::Nv12,
        fps: 15.0,
    };
    let pcm = AudioStreams::Pcm16 {
        sample_rate: 48_000,
        channels: 1,
    };
    let formats = Formats {
        video: VideoBufferType::I420,
        rotation: VideoRotation::Rotation0,
        fps: 25.0,
        sample_rate: 48_000,
        num_channels: 1,
    };
    let renderers = Renderers {
        color_format: "RGBA".into(),
        fps: 30.0,
        sample_rate: 16_000,
        num_channels: 1,
    };
    let candidate = "6f0ce557-e6e4-409f-bae9-fe5663ba4ae7";
    let [nv12, decoded, encoded] = [
        "teams/nv12_15fps.json",
        "meet/decoded.json",
        "meet/encoded.json",
    ];
    let [room, call] = ["livekit/room.json", "daily/call.json"];
    let [raw, chunks] = ["webcodecs/raw.json", "webcodecs/encoded.json"];
    let daily = Daily::new(plan(call, candidate), renderers).unwrap();
    vec![
        (
            nv12,
            Box::new(Teams::new(plan(nv12, "participant-101"), socket)),
            COARSE,
        ),
        (decoded, meet(decoded, pcm, VideoStreams::I420), [FULL; 4]),
        (
            encoded,
            meet(encoded, AudioStreams::Opus, VideoStreams::Vp8),
            [FULL; 4],
        ),
        (
            room,
            Box::new(LiveKit::new(plan(room, "applicant"), formats)),
            COARSE,
        ),
        (call, Box::new(daily), COARSE),
        (raw, codecs(raw), COARSE),
        (chunks, codecs(chunks), COARSE),
    ]
}

/// Meet's virtual streams as tracks, which go to whoever is on them. No microphone is an interviewer's
/// at the start, so less is promised of response latency.
fn streams() -> (&'static str, Box<dyn Adapter>, Trust) {
    let streams = Streams {
        audio: AudioStreams::Pcm16 {
            sample_rate: 48_000,
            channels: 1,
        },
        video: VideoStreams::I420,
        absolute_capture_time: true,
        tracks: TracksOf::Streams { pictures: 2 },
    };
    let call = Meet::new(plan("meet-streams", "participants/cand"), streams);
    (
        "meet/decoded.json",
        Box::new(call),
        [FULL, FULL, FULL, SOME],
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn every_platform_streams_into_a_live_server() {
    let served = serve(|_| {}).await;
    let mut differ = Vec::new();
    let all = chat().into_iter().chain(memory());
    for (name, call, expected) in all.chain([streams()]) {
        differ.extend(run(&served, name, call, expected).await);
    }
    assert!(differ.is_empty(), "{SIGNALS:?}\n{}", differ.join("\n"));
    served.serves_on("after every platform").await;
    served.stop().await.unwrap();
}

/// A program of `sdk/rust/examples`, which `cargo test --workspace` with the SDK's feature `platforms` builds.
fn example(name: &str) -> Option<std::path::PathBuf> {
    let built = std::path::Path::new(env!("CARGO_BIN_EXE_liveproof")).parent()?;
    let path = built.join("examples").join(name);
    if path.is_file() {
        return Some(path);
    }
    let reason = "not built; cargo test --workspace --features liveproof-sdk/platforms builds it";
    crate::recorded::testing::skip(&format!("example {name}"), reason);
    None
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_replay_what_was_recorded_to_its_end() {
    let served = serve(|_| {}).await;
    for (name, recording) in [
        ("zoom_rtms", "zoom_rtms/jpg_5fps.json"),
        ("recall", "recall/png_2fps.json"),
        ("livekit", "livekit/room.json"),
        ("twilio", "twilio/call.json"),
    ] {
        let Some(program) = example(name) else {
            continue;
        };
        let recording = media("platforms").join(recording);
        let mut command = std::process::Command::new(program);
        command.args([served.to.as_ref(), recording.as_os_str()]);
        let run = tokio::task::block_in_place(|| command.output()).unwrap();
        let said = String::from_utf8_lossy(&run.stdout).into_owned();
        let wrong = String::from_utf8_lossy(&run.stderr).into_owned();
        assert!(run.status.success(), "{name}: {wrong}\n{said}");
        assert!(
            said.lines().any(|l| l.starts_with("track ")),
            "{name}: {said}"
        );
        assert!(
            said.contains("ended: closed by the client: end of the recording"),
            "{name}: {said}"
        );
        assert!(!said.contains("not mapped"), "{name}: {said}");
        served.empty(name).await;
    }
    served.stop().await.unwrap();
}
