//! Structure, escaping and honesty of the page.

mod markup;
mod sample;

use super::{SCRIPT, to_html};
use crate::core::*;
use crate::report::{FileReport, Generator};
use sample::*;
use sha2::{Digest, Sha256};

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
        ("hour", full_hour()),
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
        "by a model of the operator’s own",
        "What a flag means",
        "6 of 32 (19\u{a0}%, 95\u{a0}% interval 8.6\u{a0}% to 36\u{a0}%)",
        "1\u{a0}in\u{a0}1,000",
        "Published indicators",
        "What to do next",
        "counts neither for nor against the candidate",
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
    assert!(html.contains(">0:42 to 1:09</a></strong> Lip-sync"));
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
    // A face that was made unrecognisable has its eyes and mouth outlined, and the page says why.
    assert!(!html.contains("class=\"outline\""));
    file.pictures[0].blurred = true;
    let blurred = page(&file);
    assert_eq!(blurred.matches("<g class=\"outline\"").count(), 2);
    assert!(blurred.contains("class=\"look blurred\"") && blurred.contains("made unrecognisable"));
    assert!(blurred.contains("no face that could be recognised"));
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

#[test]
fn another_face_is_told_with_its_time_and_without_a_vote() {
    let mut file = sample();
    assert!(!page(&file).contains("face differed"));
    for (i, at_s) in [(2usize, 7.5), (4, 7.5)] {
        let finding = file.segments[i].findings.first_mut().unwrap();
        let change = Evidence::new("identity_change_at_s", at_s);
        match &mut finding.outcome {
            Outcome::Scored { evidence, .. } => evidence.push(change),
            Outcome::Abstained(a) => a.evidence.push(change),
        }
    }
    let html = page(&file);
    assert!(html.contains(
        "differed from that of the beginning in 2 segments, first from 0:07.5 on (experimental"
    ));
}

#[test]
fn challenges_say_what_was_asked_what_came_of_it_and_what_it_does_not_mean() {
    let mut file = sample();
    assert!(!page(&file).contains("Challenges"));
    let p = file.summary.as_mut().unwrap().participants.first_mut();
    p.unwrap().challenges = crate::report::sample::challenges();
    let html = page(&file);
    for held in [
        "Pass a hand in front of the face, 2 times",
        "set in after 640\u{a0}ms",
        "the picture did not behave as a real hand before a real face does (log odds +1.10)",
        "aria-label=\"Share of the face that a hand covered, at most 62\u{a0}%\"",
        "Turn the head to the left",
        "Not done as asked, which is no sign of manipulation: turned by 12°, 35° needed.",
        "Look at coloured flashes",
        "Whether it was done cannot be told: not scored by this version.",
    ] {
        assert!(html.contains(held), "{held}");
    }
}

#[test]
fn what_the_server_issued_shows_its_record_its_second_prompt_and_an_early_reaction() {
    let mut all = crate::report::sample::challenges();
    let mut issued = crate::core::issued_sample(40);
    issued.attempt = 2;
    let c = &mut all[0];
    (c.issued, c.reaction_ms) = (Some(Box::new(issued)), Some(0.0));
    all[2].status = crate::core::ChallengeStatus::NotCarriedOut {
        detail: "the candidate preferred not to".into(),
    };
    let mut file = sample();
    let p = file.summary.as_mut().unwrap().participants.first_mut();
    p.unwrap().challenges = all;
    let html = page(&file);
    for held in [
        "second prompt, after it was not done at the first (seen within 40\u{a0}ms of that)",
        "signed with key 0011223344556677",
        "To be looked at: the movement was under way when the prompt was shown",
        "so does somebody who happened to be moving",
        "Not carried out, which says nothing about anybody: the candidate preferred not to.",
    ] {
        assert!(html.contains(held), "{held}");
    }
}

/// An hour in which every signal has a number with evidence in every segment, three pictures of the usual size,
/// mouth and sound throughout, forty questions: more than any interview has.
fn full_hour() -> FileReport {
    let mut file = sample();
    let template = file.segments[30].clone();
    let names = [
        "face_swap",
        "lip_sync",
        "hand_occlusion",
        "head_turn",
        "response_latency",
        "voice_spoof",
    ];
    let evidence = |i: i64| {
        let value = |k: i64| ((i * 37 + k * 101) % 997) as f64 / 7.0;
        vec![
            Evidence::against("offset_ms", value(1), 6.6),
            Evidence::new("lock_probability", value(2) / 200.0),
            Evidence::new("informative_speech_s", value(3)),
        ]
    };
    let finding = |name: &str, i: i64| Finding {
        signal: name.to_owned(),
        outcome: Outcome::Scored {
            llr: 0.1,
            quality: 1.0,
            evidence: evidence(i),
        },
        contribution: ((i % 13) as f64 - 6.0) / 10.0,
        span: span(i),
        prediction_set: Some(PredictionSet::Both),
        ..template.findings[0].clone()
    };
    let segment = |i: i64| SegmentResult {
        index: i as u64,
        span: span(i),
        findings: names.iter().map(|n| finding(n, i)).collect(),
        outcome: ScoreOutcome::Score(crate::fusion::score((i % 17) as f64 / 10.0, PRIOR)),
        ..template.clone()
    };
    file.segments = (0..1200).map(segment).collect();
    let noise: Vec<u8> = (0..72_000u32).map(|i| (i * 7919 % 251) as u8).collect();
    file.series = vec![crate::report::ReportSeries::of(&PlotSeries {
        participant: template.participant.clone(),
        start: MediaTime::ZERO,
        mouth: noise.clone(),
        sound: noise,
    })];
    file.pictures = (0..3)
        .map(|_| crate::report::ReportPicture {
            jpeg_base64: "A".repeat(40_000),
            ..picture(&[("eyes", 1.0)])
        })
        .collect();
    let summary = file.summary.as_mut().unwrap();
    summary.duration = MediaTime::from_ms(3_600_000);
    let p = &mut summary.participants[0];
    p.gaps = (0..40)
        .map(|i| gap(i, 90_000 * i64::from(i), Some(900)))
        .collect();
    p.signals = names.map(|n| signal(n, 1.0, 0.2, vec![])).to_vec();
    file
}

#[test]
fn an_hour_weighs_less_than_three_megabytes() {
    let html = page(&full_hour());
    assert_eq!(html.matches("<tr data-from").count(), 1200);
    assert!(html.len() < 3_000_000, "{} bytes", html.len());
    assert_eq!(html, page(&full_hour()));
}
