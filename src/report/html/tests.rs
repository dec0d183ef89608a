//! Structure, escaping and honesty of the page.

mod markup;

use super::{SCRIPT, to_html};
use crate::core::*;
use crate::report::{
    FileReport, Generator, ModelReport, Notice, ParticipantReport, RegionShare, ReportPicture,
    ScoreSettings, SignalReport,
};
use sha2::{Digest, Sha256};

const PRIOR: f64 = 0.01;
const SEGMENTS: i64 = 36;

fn span(i: i64) -> Span {
    Span::new(
        MediaTime::from_ms(i * 3000),
        MediaTime::from_ms((i + 1) * 3000),
    )
}

/// Lip-sync as on the demo: gathering, in sync, 240 ms late from 0:42 to 1:09, in sync.
fn lip_sync(i: i64) -> (Outcome, f64) {
    if i < 3 {
        return (
            Outcome::abstain(AbstainReason::Gathering, "3 s of speech heard, 6 s needed"),
            0.0,
        );
    }
    if i % 11 == 7 {
        return (
            Outcome::abstain(AbstainReason::NoSpeech, "1.2 s of speech"),
            0.0,
        );
    }
    let late = (14..23).contains(&i);
    let offset = if late {
        238.0
    } else {
        6.0 + (i % 4) as f64 * 5.0
    };
    let llr = if late { 0.62 } else { -0.45 };
    let evidence = vec![
        Evidence::against("offset_ms", offset, 12.0),
        Evidence::new("lock_probability", 0.93),
        Evidence::new("informative_speech_s", 8.4),
    ];
    (
        Outcome::Scored {
            llr,
            quality: 1.0,
            evidence,
        },
        llr,
    )
}

fn findings(i: i64) -> Vec<Finding> {
    let one = |signal: &str, outcome: Outcome, contribution: f64| Finding {
        signal: signal.to_owned(),
        model: ModelRef::default(),
        span: span(i),
        outcome,
        contribution,
        comparison: None,
    };
    let missing = || Outcome::abstain(AbstainReason::ModelMissing, "model missing");
    let (lips, contribution) = lip_sync(i);
    let latency = if i < 25 {
        (
            Outcome::abstain(
                AbstainReason::Gathering,
                format!("{} of 6 answers heard", i / 5),
            ),
            0.0,
        )
    } else {
        let evidence = vec![Evidence::new("median_gap_ms", 1175.0)];
        (
            Outcome::Scored {
                llr: -0.08,
                quality: 1.0,
                evidence,
            },
            -0.08,
        )
    };
    vec![
        one("face_swap", missing(), 0.0),
        one("lip_sync", lips, contribution),
        one("hand_occlusion", missing(), 0.0),
        one("response_latency", latency.0, latency.1),
    ]
}

fn segment(i: i64) -> SegmentResult {
    let findings = findings(i);
    let logit = findings.iter().map(|f| f.contribution).sum();
    let outcome = if findings.iter().any(|f| f.outcome.is_scored()) {
        ScoreOutcome::Score(crate::fusion::score(logit, PRIOR))
    } else {
        ScoreOutcome::NoScore(Abstention::new(
            AbstainReason::Indecisive,
            "measured, but not decisive",
        ))
    };
    SegmentResult {
        participant: ParticipantId::parse("candidate").unwrap(),
        index: i as u64,
        span: span(i),
        revision: 1,
        is_final: true,
        outcome,
        findings,
        quality: Quality {
            face_presence: 1.0,
            face_height_px: 171.0,
            fps: 25.0,
            speech_share: 0.66,
            faces_max: 1,
            ..Quality::default()
        },
        coverage: Coverage {
            video: 1.0,
            audio: 1.0,
            frames_seen: 75,
            frames_dropped: 0,
            scored: 0.8,
        },
        times: StageTimes::default(),
    }
}

fn gap(index: u32, end_ms: i64, gap_ms: Option<i64>) -> QuestionGap {
    let onset = gap_ms.map(|g| MediaTime::from_ms(end_ms + g));
    QuestionGap {
        index,
        question_end: MediaTime::from_ms(end_ms),
        answer_onset: onset,
        gap_ms: gap_ms.map(|g| g as f64),
        content_onset: onset.filter(|_| index == 2).map(|t| t.plus_ns(547_000_000)),
    }
}

fn signal(
    name: &str,
    coverage: f64,
    contribution: f64,
    abstained: Vec<AbstainCount>,
) -> SignalSummary {
    let model = if coverage > 0.0 {
        ModelRef {
            id: format!("{name}-1"),
            sha256: "9f".repeat(32),
        }
    } else {
        ModelRef::default()
    };
    SignalSummary {
        signal: name.to_owned(),
        model,
        coverage,
        contribution,
        abstained,
    }
}

fn count(reason: AbstainReason, segments: u64, detail: &str) -> AbstainCount {
    AbstainCount {
        reason,
        segments,
        detail: detail.to_owned(),
    }
}

fn summary(lips: f64) -> SessionSummary {
    let gaps = [
        (2840, 420),
        (15870, 980),
        (29340, 1620),
        (44180, 970),
        (58170, 1370),
        (70380, 2140),
        (84240, 560),
    ];
    let mut gaps: Vec<QuestionGap> = gaps
        .iter()
        .enumerate()
        .map(|(i, (end, g))| gap(i as u32, *end, Some(*g)))
        .collect();
    gaps.push(gap(7, 96690, None));
    let participant = ParticipantSummary {
        participant: ParticipantId::parse("candidate").unwrap(),
        outcome: ScoreOutcome::Score(crate::fusion::score(lips - 0.08, PRIOR)),
        signals: vec![
            signal(
                "face_swap",
                0.0,
                0.0,
                vec![count(AbstainReason::ModelMissing, 36, "model missing")],
            ),
            signal(
                "lip_sync",
                0.83,
                lips,
                vec![
                    count(
                        AbstainReason::Gathering,
                        3,
                        "3 s of speech heard, 6 s needed",
                    ),
                    count(AbstainReason::NoSpeech, 3, "1.2 s of speech"),
                ],
            ),
            signal(
                "hand_occlusion",
                0.0,
                0.0,
                vec![count(AbstainReason::ModelMissing, 36, "model missing")],
            ),
            signal(
                "response_latency",
                0.31,
                -0.08,
                vec![count(AbstainReason::Gathering, 25, "5 of 6 answers heard")],
            ),
        ],
        gaps,
        coverage: Coverage {
            video: 1.0,
            audio: 1.0,
            frames_seen: 2704,
            frames_dropped: 0,
            scored: 0.86,
        },
        reference: None,
    };
    SessionSummary {
        duration: MediaTime::from_ms(108_160),
        participants: vec![participant],
        partial: false,
        end_reason: "end of file".to_owned(),
        cautions: vec![
            "Pauses depend on language, habit and line: they are weak evidence and capped."
                .to_owned(),
        ],
    }
}

/// A report as the demo interview gives it.
fn sample() -> FileReport {
    let missing = Abstention::new(
        AbstainReason::ModelMissing,
        "no model for this signal is installed",
    );
    let obstacle = |signal: &str, why: Option<&Abstention>| SignalCapability {
        participant: ParticipantId::parse("candidate").unwrap(),
        signal: signal.to_owned(),
        obstacle: why.cloned(),
    };
    let model = |id: &str, task: &str, available: bool| ModelReport {
        id: id.to_owned(),
        task: task.to_owned(),
        sha256: "0123456789abcdef".repeat(4),
        available,
        detail: if available {
            String::new()
        } else {
            "no file in the model folder".to_owned()
        },
        data_terms: "LFW, UTKFace and CIPLAB stills: research only; clips of mixed rights"
            .to_owned(),
    };
    FileReport {
        path: "testdata/demo/interview.mp4".to_owned(),
        error: None,
        consent_id: "synthetic-nobody-filmed".to_owned(),
        participants: vec![
            ParticipantReport {
                id: "candidate".to_owned(),
                role: Role::Candidate,
            },
            ParticipantReport {
                id: "interviewer".to_owned(),
                role: Role::Interviewer,
            },
        ],
        settings: Some(ScoreSettings {
            segment_us: 3_000_000,
            prior: PRIOR,
            segment_coverage_floor: 0.5,
            session_coverage_floor: 0.1,
        }),
        signals: [
            "face_swap",
            "lip_sync",
            "hand_occlusion",
            "response_latency",
        ]
        .map(|name| SignalReport {
            name: name.to_owned(),
            segment_cap: 2.0,
            session_cap: 4.0,
        })
        .to_vec(),
        models: vec![
            model("det-1", "face_detection", true),
            model("lmk-1", "landmarks", true),
            model("swap", "face_swap", false),
        ],
        capabilities: vec![
            obstacle("face_swap", Some(&missing)),
            obstacle("lip_sync", None),
            obstacle("hand_occlusion", Some(&missing)),
            obstacle("response_latency", None),
        ],
        notices: vec![Notice {
            track: "candidate-video".to_owned(),
            detail: "packets that could not be decoded".to_owned(),
            count: 2,
        }],
        segments: (0..SEGMENTS).map(segment).collect(),
        summary: Some(summary(-0.41)),
        pictures: Vec::new(),
    }
}

/// A picture of the candidate's face with these shares.
fn picture(shares: &[(&str, f64)]) -> ReportPicture {
    let share = |(name, share): &(&str, f64)| RegionShare {
        name: (*name).to_owned(),
        share: *share,
    };
    ReportPicture {
        participant: ParticipantId::parse("candidate").unwrap(),
        signal: "face_swap".to_owned(),
        segment: 2,
        span: Span::new(MediaTime::from_ms(6_000), MediaTime::from_ms(9_000)),
        time: MediaTime::from_ms(7_240),
        contribution: 0.93,
        face: [0.5, 0.5, 0.45, 0.6],
        regions: shares.iter().map(share).collect(),
        side_px: 224,
        jpeg_base64: "/9j/4AAQSkZJRg==".to_owned(),
    }
}

fn page(file: &FileReport) -> String {
    to_html(file, &Generator::default())
}

/// Headings, captions and the number of marks of each kind: what a change of layout must keep.
fn outline(html: &str) -> String {
    let mut out = String::new();
    for tag in ["h1", "h2", "h3", "caption", "summary"] {
        for part in html.split(&format!("<{tag}")).skip(1) {
            let body = part
                .split_once('>')
                .and_then(|(_, b)| b.split_once(&format!("</{tag}>")));
            out.push_str(&format!("{tag}: {}\n", body.map_or("", |b| b.0)));
        }
    }
    for (name, mark) in [
        ("score lines", "class=\"score-line\""),
        ("hatched runs", "class=\"abstained\""),
        ("contribution cells", "class=\"tone "),
        ("offset dots", "class=\"offset-dot\""),
        ("question marks", "class=\"mark\""),
        ("segment rows", "<tr data-from"),
        ("svg drawings", "<svg "),
        ("tables", "<table"),
    ] {
        out.push_str(&format!("{name}: {}\n", html.matches(mark).count()));
    }
    out
}

#[test]
fn the_structure_is_as_agreed() {
    let got = outline(&page(&sample()));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/report/outline.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &got).unwrap();
    }
    assert_eq!(
        got,
        std::fs::read_to_string(path).unwrap(),
        "UPDATE_GOLDEN=1 rewrites {path}"
    );
}

/// `LIVEPROOF_PAGE_DIR=dir cargo test --lib report::html -- --ignored` writes pages to look at.
#[test]
#[ignore = "writes pages for a person to look at"]
fn write_sample_pages() {
    let dir = std::path::PathBuf::from(std::env::var_os("LIVEPROOF_PAGE_DIR").unwrap());
    let mut unscored = sample();
    no_number(&mut unscored);
    for (name, file) in [
        ("sample", sample()),
        ("unscored", unscored),
        (
            "failed",
            FileReport::failed(
                "text.mp4",
                "no media in this file: it is not a format that FFmpeg knows",
            ),
        ),
    ] {
        std::fs::write(dir.join(format!("{name}.html")), page(&file)).unwrap();
    }
}

fn no_number(file: &mut FileReport) {
    for s in &mut file.segments {
        s.outcome = ScoreOutcome::NoScore(Abstention::new(AbstainReason::LowCoverage, "x"));
        for f in &mut s.findings {
            f.outcome = Outcome::abstain(AbstainReason::NoFace, "no face in 75 of 75 pictures");
            f.contribution = 0.0;
        }
    }
    if let Some(p) = file
        .summary
        .as_mut()
        .and_then(|s| s.participants.first_mut())
    {
        p.outcome = ScoreOutcome::NoScore(Abstention::new(
            AbstainReason::LowCoverage,
            "signals gave numbers on 0 % of the session; 10 % is needed",
        ));
        p.signals.iter_mut().for_each(|s| {
            s.coverage = 0.0;
            s.contribution = 0.0;
        });
        p.coverage.scored = 0.0;
    }
}

#[test]
fn the_same_report_is_the_same_page() {
    assert_eq!(page(&sample()), page(&sample()));
}

#[test]
fn it_says_what_it_must() {
    let html = page(&sample());
    for words in [
        "Synthetic voice",
        "This version has no model for it",
        "only 6\u{a0}% of its alarms are true",
        "one interview in 1,400",
        "The weights carry the terms of the data",
        "research only",
        "Evidence, without the prior",
        "the prior alone",
        "model missing",
        "What this does not say",
        "How to contest it",
        &"0123456789abcdef".repeat(4),
    ] {
        assert!(html.contains(words), "{words:?} is not on the page");
    }
    assert!(!html.to_lowercase().contains("fraud"));
    assert!(!html.to_lowercase().contains("verdict"));
}

#[test]
fn shown_terms_sum_to_the_shown_evidence() {
    let html = page(&sample());
    let (_, table) = html.split_once("How the score adds up").unwrap();
    let (table, _) = table.split_once("</table>").unwrap();
    let numbers: Vec<f64> = table
        .split("class=\"n")
        .filter_map(|cell| cell.split_once('>').map(|(_, rest)| rest))
        .filter_map(|cell| cell.split('<').next())
        .filter_map(|text| text.replace('\u{2212}', "-").parse().ok())
        .collect();
    // lip-sync, latency, evidence, prior, together
    let [lips, latency, evidence, prior, together] = numbers[..] else {
        panic!("{numbers:?}")
    };
    assert!((lips + latency - evidence).abs() < 0.006, "{numbers:?}");
    assert!((evidence + prior - together).abs() < 0.006, "{numbers:?}");
}

#[test]
fn the_late_stretch_is_one_stretch() {
    let html = page(&sample());
    assert!(html.contains("<strong>0:42 to 1:09</strong> Lip-sync"));
    assert_eq!(html.matches("a segment: offset").count(), 1);
    assert!(html.contains("Standing out: Lip-sync, 0:42 to 1:09"));
    // Pauses of ordinary length add a few hundredths, which is nothing to look at.
    assert!(!html.contains("</strong> Response latency"));
}

#[test]
fn without_a_number_there_is_none_on_the_page() {
    let mut file = sample();
    no_number(&mut file);
    let html = page(&file);
    assert!(html.contains("No score"));
    assert!(html.contains("not measurable"));
    assert!(!html.contains("authenticity: 1 − P"));
    assert!(!html.contains("class=\"score-line\""));
    assert!(!html.contains("How the score adds up"));
    assert!(html.contains("no face in enough of the pictures"));
    assert!(html.contains("nothing to list"));
}

#[test]
fn a_file_that_could_not_be_read_says_so_and_nothing_else() {
    let html = page(&FileReport::failed("a/b/text.mp4", "not a media file"));
    assert!(html.contains("<h1>text.mp4</h1>"));
    assert!(html.contains("Not a media file"));
    assert!(html.contains("says nothing about the person"));
    assert!(!html.contains("class=\"figure\""));
}

#[test]
fn pictures_show_where_traces_lie_and_the_page_says_that_it_holds_them() {
    let plain = page(&sample());
    assert!(plain.contains("holds no picture and no sound") && !plain.contains("<img"));
    let mut file = sample();
    file.pictures = vec![picture(&[
        ("inside", 0.2),
        ("border_up", 0.3),
        ("border_down", 0.1),
        ("ring", -0.4),
        ("eyes", 1.2),
        ("cheeks", 0.02),
        ("box", 0.6),
        ("elsewhere_new", f64::NAN),
    ])];
    let html = page(&file);
    for held in [
        "Where the measured traces lie",
        "src=\"data:image/jpeg;base64,/9j/4AAQSkZJRg==\"",
        // For a reader who does not see the picture.
        "alt=\"The face at 0:07.2; the score was raised most by: eyes, size of the face\"",
        "holds one small picture of a face",
        // The box of the eyes, -0.8 to 0.8 of a half width of 50.4 around 112.
        "x=\"71.68\"",
        // The deepest tint is the eyes'; the faint cheeks have none.
        "opacity=\"0.55\"",
        "\u{2212}0.40",
    ] {
        assert!(html.contains(held), "{held}");
    }
    let heat = html.matches("<g class=\"heat\"").count();
    assert_eq!(
        heat, 5,
        "ring lowered it, cheeks are faint, one is no number"
    );
    assert!(!html.contains("no picture and no sound") && !html.contains("NaN"));
    // A face box that is no box, and no share above 0: the picture stands, without a tint.
    file.pictures = vec![picture(&[("eyes", -1.0)])];
    file.pictures[0].face = [0.5, f32::NAN, 0.0, 0.1];
    let html = page(&file);
    assert!(html.contains("<img") && !html.contains("<g class=\"heat\""));
    assert!(html.contains("no region raised the score"));
}

#[test]
fn jumps_of_the_appearance_are_told_without_a_vote() {
    let mut file = sample();
    assert!(!page(&file).contains("appearance jumped"));
    for (i, at_s) in [(2usize, 7.5), (4, 12.25)] {
        let finding = file.segments[i].findings.iter_mut();
        let face = finding
            .into_iter()
            .find(|f| f.signal == "face_swap")
            .unwrap();
        let jumps = [
            Evidence::new("appearance_jumps", 1.0),
            Evidence::new("appearance_jump_at_s", at_s),
        ];
        match &mut face.outcome {
            Outcome::Scored { evidence, .. } => evidence.extend(jumps),
            Outcome::Abstained(a) => a.evidence.extend(jumps),
        }
    }
    let html = page(&file);
    assert!(html.contains("jumped to another and back 2 times, at 0:07.5 for one (experimental"));
}
