//! What lips and voice do at the edges of utterances on real talks, by the product's own decoding,
//! tracking, voice series and cues.
//!
//! `cargo bench --bench accuracy_onsets -- [NAME...]` over the `talk_av` clips of splits `train` and
//! `val` of `LIVEPROOF_DATA` (default `../shared/data`). Prints, for each clip, the leads of the mouth over
//! the voice after silences of 500 ms and more, and how its longer turns compare in voice with those before;
//! then turns of one clip against the voice of another speaker's. No clip has two voices: the first counts
//! false alarms, the second detections, which differ in microphone and room as well.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_types,
    clippy::disallowed_methods
)]

mod media;

use liveproof::analyze::response_latency::mouth::{self, Onset};
use liveproof::analyze::response_latency::second_voice::{Comparison, Voice};
use liveproof::audio::{SpanRules, speech_spans};
use liveproof::core::{MediaTime, median};
use liveproof::engine::ModelSet;
use media::{Material, Row, SeenAndHeard, seen_and_heard};
use std::path::Path;

/// Recordings that the media hold twice: the first 20 s of talk/lia_obama.mov.
const TWICE: [&str; 1] = ["edtalk_obama"];
/// Pause between two turns, hops of 10 ms; as `cues` joins them.
const TURN_PAUSE_HOPS: usize = 70;

struct Clip {
    name: String,
    speaker: String,
    seconds: f64,
    onsets: Vec<Onset>,
    turns: Vec<Voice>,
}

fn main() {
    let Some(material) = Material::find() else {
        return;
    };
    let engine = media::engine();
    let mut models = engine.new_set().expect("a set of models");
    let wanted = |r: &&Row| {
        r.kind == "talk_av"
            && ["train", "val"].contains(&r.split.as_str())
            && material.wants(&r.path)
            && !TWICE.iter().any(|t| r.path.contains(t))
    };
    let mut clips = Vec::new();
    for row in material.rows.iter().filter(wanted) {
        match read(&material.data, row, &mut models) {
            Ok(clip) => clips.push(clip),
            Err(e) => println!("{}: {e}", row.path),
        }
    }
    mouths(&clips);
    voices(&clips);
}

fn mouths(clips: &[Clip]) {
    println!("\nmouth before voice, ms; usual {:?}", mouth::USUAL_MS);
    let mut all = Vec::new();
    for c in clips.iter().filter(|c| !c.onsets.is_empty()) {
        let leads: Vec<f64> = c.onsets.iter().filter_map(lead).collect();
        let still = c.onsets.len() - leads.len();
        let middle = median(leads.iter().copied()).unwrap_or(f64::NAN);
        println!(
            "{:24} {:6.1} s  median {middle:7.0}  still {still}  {leads:.0?}",
            c.name, c.seconds
        );
        all.extend(leads);
    }
    all.sort_by(f64::total_cmp);
    let at = |share: f64| {
        all.get((share * all.len().saturating_sub(1) as f64) as usize)
            .copied()
    };
    let inside = all
        .iter()
        .filter(|v| (mouth::USUAL_MS.0..=mouth::USUAL_MS.1).contains(*v))
        .count();
    println!(
        "all: {} onsets, 10/50/90 % {:.0?} {:.0?} {:.0?} ms, {inside} in the usual range",
        all.len(),
        at(0.1).unwrap_or(f64::NAN),
        at(0.5).unwrap_or(f64::NAN),
        at(0.9).unwrap_or(f64::NAN)
    );
}

fn lead(o: &Onset) -> Option<f64> {
    match o {
        Onset::Lead(ms) => Some(*ms),
        Onset::Still => None,
    }
}

fn voices(clips: &[Clip]) {
    println!("\nturns against what the same speaker said before in the same clip");
    let (mut same, mut seconds) = (Vec::new(), 0.0);
    for c in clips {
        let mut past = Voice::default();
        let mut found = Vec::new();
        for turn in &c.turns {
            found.extend(turn.against(&past));
            past = past.with(turn);
        }
        if !found.is_empty() {
            seconds += c.seconds;
            println!("{:24} {}", c.name, words(&found));
        }
        same.extend(found);
    }
    summary("same voice", &same);
    println!("{:.3} h of such clips", seconds / 3600.0);
    let mut other = Vec::new();
    for a in clips {
        let past = a.turns.iter().fold(Voice::default(), |p, t| p.with(t));
        for b in clips.iter().filter(|b| b.speaker != a.speaker) {
            other.extend(b.turns.iter().filter_map(|t| t.against(&past)));
        }
    }
    summary("another speaker's turn, of another recording", &other);
}

fn words(found: &[Comparison]) -> String {
    let one = |c: &Comparison| {
        format!(
            "{:+.2}/{:+.1}{}",
            c.delta_bic,
            c.semitones,
            if c.apart() { "!" } else { "" }
        )
    };
    found.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn summary(name: &str, found: &[Comparison]) {
    let share = |hit: &dyn Fn(&Comparison) -> bool| found.iter().filter(|c| hit(c)).count();
    println!(
        "{name}: {} turns; apart {}; criterion alone above 0: {}, 0.5: {}, 1: {}, 2: {}; fundamental alone: {}",
        found.len(),
        share(&Comparison::apart),
        share(&|c| c.delta_bic >= 0.0),
        share(&|c| c.delta_bic >= 0.5),
        share(&|c| c.delta_bic >= 1.0),
        share(&|c| c.delta_bic >= 2.0),
        share(&|c| c.semitones.abs() >= 3.0)
    );
}

fn read(data: &Path, row: &Row, models: &mut ModelSet) -> Result<Clip, Box<dyn std::error::Error>> {
    let SeenAndHeard { face, voice, .. } = seen_and_heard(&data.join(&row.path), models)?;
    let series = voice.series();
    let spans = speech_spans(series.speech, &SpanRules::speech());
    let onset = |pair: &[liveproof::audio::SpeechSpan]| {
        mouth::onset(
            &face,
            series.time_of(pair[0].end),
            series.time_of(pair[1].start),
        )
    };
    let rules = SpanRules {
        min_silence_hops: TURN_PAUSE_HOPS,
        ..SpanRules::speech()
    };
    let turns = speech_spans(series.speech, &rules);
    Ok(Clip {
        name: row.name(),
        speaker: row.identity.clone(),
        seconds: face
            .last()
            .map_or(0.0, |o| o.time.since_ns(MediaTime::ZERO) as f64 / 1e9),
        onsets: spans.windows(2).filter_map(onset).collect(),
        turns: turns
            .iter()
            .map(|t| Voice::of(&series, series.time_of(t.start), series.time_of(t.end)))
            .collect(),
    })
}
