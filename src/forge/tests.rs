//! Copies of generated recordings, read back as anybody would.

use super::original::select;
use super::picture::Marked;
use super::*;
use crate::core::{Frame, MediaTime, TrackKind};
use crate::decode::file::{FileSource, Media, OpenOptions};
use crate::engine::{Engine, EngineOptions, ModelsDir};
use crate::ingest::events_file;
use crate::vision;

fn media(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("testdata").join(name)
}

fn models() -> ModelSet {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let dir = ModelsDir::find(Some(&dir)).unwrap();
    let engine = Engine::load(&dir, &EngineOptions::default()).unwrap();
    engine.new_set().unwrap()
}

/// Pictures of the first video stream, and the first sound as one channel.
fn read(path: &Path) -> (Vec<Frame>, u32, Vec<f32>) {
    let mut source = FileSource::open(path, &OpenOptions::default()).unwrap();
    for kind in [TrackKind::Video, TrackKind::Audio] {
        if let Some(s) = source.info().first(kind).cloned() {
            select(&mut source, &[s]).unwrap();
        }
    }
    let (mut frames, mut rate, mut sound) = (Vec::new(), 0, Vec::new());
    while let Some(media) = source.next().unwrap() {
        match media {
            Media::Frame { frame, .. } => frames.push(frame),
            Media::Audio { block, .. } => {
                rate = block.sample_rate_hz;
                let channels = block.channels as usize;
                sound.extend(block.samples().iter().step_by(channels));
            }
        }
    }
    (frames, rate, sound)
}

fn difference(a: &Frame, b: &Frame) -> f64 {
    let rows = a.width as usize * 3 * (a.height as usize * 9 / 10);
    let pairs = a.rgb().iter().zip(b.rgb()).take(rows);
    pairs.map(|(x, y)| f64::from(x.abs_diff(*y))).sum::<f64>() / rows as f64
}

const STRETCH_MS: (i64, i64) = (2_000, 4_000);

fn stretch() -> Span {
    Span::new(
        MediaTime::from_ms(STRETCH_MS.0),
        MediaTime::from_ms(STRETCH_MS.1),
    )
}

/// Copies of a 6 s recording with a face and a voice.
fn made(kinds: &[Kind]) -> (tempfile::TempDir, Forged) {
    let folder = tempfile::tempdir().unwrap();
    let options = ForgeOptions {
        kinds: kinds.to_vec(),
        stretch: Some(stretch()),
        ..ForgeOptions::default()
    };
    let clip = media("media/vp9_opus.webm");
    let mut told = 0;
    let mut models = models();
    let made = forge(&clip, folder.path(), &options, Some(&mut models), |_, _| {
        told += 1
    })
    .unwrap();
    assert_eq!(told, made.copies.len());
    (folder, made)
}

fn copy(made: &Forged, kind: Kind) -> &Path {
    &made.copies.iter().find(|(k, _)| *k == kind).unwrap().1
}

#[test]
fn pictures_are_tampered_with_in_the_stretch_alone() {
    let (_folder, made) = made(&[Kind::Freeze, Kind::SoftFace]);
    let (original, ..) = read(&media("media/vp9_opus.webm"));
    let (control, ..) = read(copy(&made, Kind::Untouched));
    let (frozen, ..) = read(copy(&made, Kind::Freeze));
    let (soft, ..) = read(copy(&made, Kind::SoftFace));
    let strip = Marked::of((original[0].width, original[0].height)).strip;
    let mut sharper = Vec::new();
    for (i, before) in original.iter().enumerate() {
        for of in [&control, &frozen, &soft] {
            assert!(
                (of[i].time.as_us() - before.time.as_us()).abs() <= 1_000,
                "picture {i}"
            );
            assert_eq!(of[i].height, before.height + strip);
        }
        assert!(difference(before, &control[i]) < 4.0, "picture {i}");
        let inside = stretch().contains(before.time);
        if !inside {
            assert!(difference(&control[i], &frozen[i]) < 1.5, "picture {i}");
            assert!(difference(&control[i], &soft[i]) < 1.5, "picture {i}");
            continue;
        }
        if i > 0 && stretch().contains(original[i - 1].time) {
            assert!(
                difference(&frozen[i - 1], &frozen[i]) < 0.5,
                "picture {i} moves"
            );
        }
        let third = |v: u32, n: f32| v as f32 * n / 3.0;
        let middle = [
            third(before.width, 1.2),
            third(before.height, 0.8),
            third(before.width, 1.8),
            third(before.height, 1.8),
        ];
        let sharp = |f: &Frame| {
            vision::BoxLuma::of(f, middle)
                .and_then(|l| l.sharpness())
                .unwrap_or(0.0)
        };
        sharper.push(sharp(&control[i]) / sharp(&soft[i]).max(1e-3));
    }
    sharper.sort_by(f32::total_cmp);
    let median = sharper[sharper.len() / 2];
    assert!(median > 1.1, "a soft face is softer: {median}");
}

#[test]
fn sound_is_shifted_by_what_the_events_file_says() {
    let (_folder, made) = made(&[Kind::LipShift]);
    let (_, rate, control) = read(copy(&made, Kind::Untouched));
    let (_, _, late) = read(copy(&made, Kind::LipShift));
    let ms = |t: i64| (t * i64::from(rate) / 1_000) as usize;
    // The lag at which the copy's sound fits the control's best, by 5 ms.
    let best = |from: i64, to: i64| {
        let score = |lag: i64| -> f64 {
            let part = &late[ms(from)..ms(to)];
            let there = &control[(ms(from) as i64 - lag * i64::from(rate) / 1_000) as usize..];
            part.iter().zip(there).map(|(a, b)| f64::from(a * b)).sum()
        };
        let lags = (-300..=300).step_by(5);
        lags.max_by(|a, b| score(*a).total_cmp(&score(*b))).unwrap()
    };
    assert!(
        (best(2_300, 3_900) - 240).abs() <= 5,
        "{}",
        best(2_300, 3_900)
    );
    assert!(best(600, 1_900).abs() <= 5);
    let events = events_file::load(&copy(&made, Kind::LipShift).with_extension("mp4.events.json"));
    let done = events.unwrap().tampered.unwrap();
    assert_eq!(
        (done[0].kind.as_str(), done[0].offset_ms),
        ("lip_shift", Some(240.0))
    );
    assert_eq!((done[0].from_ms, done[0].to_ms), (2_000.0, 4_000.0));
    let list = std::fs::read_to_string(&made.list).unwrap();
    assert_eq!(list.lines().count(), 3);
    assert!(list.contains("vp9_opus.lip_shift.mp4,fake,vp9_opus,lip_shift,vp9_opus:2.000-4.000"));
}

#[test]
fn a_face_is_laid_over_a_hand_where_one_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let clip = media("demo/hand_pass.mp4");
    let options = ForgeOptions {
        kinds: vec![Kind::FaceOverHand],
        ..ForgeOptions::default()
    };
    let mut models = models();
    let made = forge(&clip, folder.path(), &options, Some(&mut models), |_, _| {}).unwrap();
    let (control, ..) = read(copy(&made, Kind::Untouched));
    let (laid, ..) = read(copy(&made, Kind::FaceOverHand));
    let at = |s: f64| {
        control
            .iter()
            .position(|f| f.time.as_secs_f64() >= s)
            .unwrap()
    };
    // Before the prompt nothing differs; while the hand passes much does.
    assert!(difference(&control[at(1.0)], &laid[at(1.0)]) < 1.0);
    let most = (at(2.0)..at(6.0)).map(|i| difference(&control[i], &laid[i]));
    let most = most.fold(0.0, f64::max);
    assert!(most > 2.0, "{most}");
    // Without sound there is nothing to shift, and this is said.
    let all = ForgeOptions::default();
    let made = forge(&clip, folder.path(), &all, Some(&mut models), |_, _| {}).unwrap();
    assert!(made.left_out.iter().any(|(k, _)| *k == Kind::LipShift));
    assert_eq!(made.copies.len() + made.left_out.len(), Kind::ALL.len());
}

#[test]
fn what_cannot_be_made_is_refused_by_name_where_it_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let clip = media("media/vp9_opus.webm");
    let refused = |options: ForgeOptions| {
        forge(&clip, folder.path(), &options, None, |_, _| {})
            .unwrap_err()
            .to_string()
    };
    let of = |kind: Kind| ForgeOptions {
        kinds: vec![kind],
        ..ForgeOptions::default()
    };
    assert!(refused(of(Kind::SoftFace)).contains("kind soft_face: found no face"));
    assert!(refused(of(Kind::FaceOverHand)).contains("kind face_over_hand"));
    let late = Span::new(MediaTime::from_ms(90_000), MediaTime::from_ms(91_000));
    let outside = refused(ForgeOptions {
        stretch: Some(late),
        ..of(Kind::Freeze)
    });
    assert!(outside.contains("stretch"), "{outside}");
    let whole = Span::new(MediaTime::ZERO, MediaTime::from_ms(6_000));
    let much = refused(ForgeOptions {
        stretch: Some(whole),
        ..of(Kind::LipDub)
    });
    assert!(much.contains("at most half"), "{much}");
}
