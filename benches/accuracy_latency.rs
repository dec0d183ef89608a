//! Error of measured question-answer gaps on generated interviews with known gaps, by condition.
//!
//! `cargo bench --bench accuracy_latency [DIALOGUES [SEED]]` (default 4 dialogues of 12 questions per
//! condition, seed 1). Gaps are spread over 200 to 3,000 ms; the speech is synthetic
//! (`benches/dialogue`), so the figures say how the timing works, not how well real voices are heard:
//! for that see `models/vad-1.card.md`. With `LIVEPROOF_DUMP=DIR` the tracks are written there as
//! raw little-endian 32-bit floats, 16 kHz mono.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_types,
    clippy::disallowed_methods
)]

mod dialogue;

use dialogue::{CONDITIONS, Condition, Dialogue};
use liveproof::analyze::{HISTORY_NS, Segment, response_latency};
use liveproof::audio::VoiceTrack;
use liveproof::core::{
    Abstention, AudioBlock, ClockSource, ControlEvent, Coverage, EventKind, MEL_BANDS, MediaTime,
    ParticipantId, Quality, QuestionGap, Role, Span,
};
use liveproof::engine::{Engine, EngineOptions, ModelSet, ModelsDir};
use std::path::Path;

const QUESTIONS: usize = 12;
const SEGMENT_NS: i64 = 3_000_000_000;

/// What is measured of one condition.
#[derive(Default)]
struct Tally {
    questions: usize,
    /// Measured minus true gap, ms.
    errors_ms: Vec<f64>,
    /// Measured minus true end of the question, and onset of the answer, ms.
    ends_ms: Vec<f64>,
    onsets_ms: Vec<f64>,
    /// Questions without a gap, and gaps without a question.
    missed: usize,
    extra: usize,
    fillers: usize,
    fillers_found: usize,
    fillers_wrong: usize,
}

fn main() {
    let numbers: Vec<u64> = std::env::args()
        .skip(1)
        .filter_map(|a| a.parse().ok())
        .collect();
    let (dialogues, seed) = (
        numbers.first().copied().unwrap_or(4),
        numbers.get(1).copied().unwrap_or(1),
    );
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let dir = ModelsDir::find(Some(&dir)).expect("the shipped models");
    let engine = Engine::load(&dir, &EngineOptions::default()).expect("the shipped models load");
    let mut models = engine.new_set().expect("a set of models");
    match models.model("vad") {
        Ok(m) => println!("{} sha256 {}", m.id, &m.sha256[..12]),
        Err(why) => {
            println!("nothing measured: {}", why.detail);
            return;
        }
    }
    println!("{dialogues} dialogues of {QUESTIONS} questions per condition, seeds from {seed}");
    head("two tracks");
    let mut all = Tally::default();
    for c in CONDITIONS {
        let mut tally = Tally::default();
        for d in 0..dialogues {
            measure(&mut tally, seed * 1_000 + d, c, false, &mut models);
        }
        tally.print(c.name);
        all.add(tally);
    }
    all.print("all");
    head("one mixed track, question marks off by up to 100 ms");
    for c in CONDITIONS.iter().filter(|c| c.echo_db.is_none()) {
        let mut tally = Tally::default();
        for d in 0..dialogues.div_ceil(2) {
            measure(&mut tally, seed * 1_000 + d, c, true, &mut models);
        }
        tally.print(c.name);
    }
}

fn head(what: &str) {
    println!("\n{what}; errors in ms, fillers: found/said, wrongly found");
    println!(
        "{:26} {:>4} {:>6} {:>6} {:>6} {:>7} {:>7} {:>6} {:>6} {:>10}",
        "condition", "n", "median", "p95", "max", "end", "onset", "missed", "extra", "fillers"
    );
}

fn measure(tally: &mut Tally, seed: u64, c: &Condition, mixed: bool, models: &mut ModelSet) {
    let d = dialogue::dialogue(seed, QUESTIONS, c);
    dump(&d, seed, c);
    let (voice, interviewer) = if mixed {
        (track(&d.mixed(), models), None)
    } else {
        (
            track(&d.candidate, models),
            Some(track(&d.interviewer, models)),
        )
    };
    let events = if mixed { marks(&d) } else { Vec::new() };
    let gaps = gaps(&voice, interviewer.as_ref(), &events, models);
    tally.compare(&gaps, &d);
}

/// Runs the net over a track, as the pipeline does.
fn track(samples: &[f32], models: &mut ModelSet) -> VoiceTrack {
    let mut track = VoiceTrack::new(3_600_000_000_000);
    let mut net = |logmel: &[[f32; MEL_BANDS]]| -> Result<Vec<f32>, Abstention> {
        let flat: Vec<f32> = logmel.iter().flatten().copied().collect();
        let input = ndarray::ArrayD::from_shape_vec(vec![1, 1, logmel.len(), MEL_BANDS], flat);
        let input = input.expect("one value per band and hop");
        let outputs = models.run("vad", &[("logmel", input.view())]);
        let outputs = outputs.map_err(|e| e.abstention())?;
        let speech = outputs.get("speech").map_err(|e| e.abstention())?;
        Ok(speech.iter().copied().collect())
    };
    let block = AudioBlock::new(MediaTime::ZERO, 16_000, 1, samples.to_vec()).expect("sound");
    track.push(&block).expect("16 kHz");
    track.finish(&mut net).expect("16 kHz");
    assert!(track.obstacle().is_none(), "{:?}", track.obstacle());
    track
}

/// Question marks as an interviewer's clicks would set them.
fn marks(d: &Dialogue) -> Vec<ControlEvent> {
    let mark = |(i, t): (usize, &dialogue::Truth)| ControlEvent {
        time: MediaTime::from_secs_f64(
            (t.question_end_ms + (i as f64 * 73.0) % 200.0 - 100.0) / 1e3,
        ),
        kind: EventKind::QuestionEnd {
            question_id: format!("q{i}"),
        },
    };
    d.truth.iter().enumerate().map(mark).collect()
}

fn gaps(
    voice: &VoiceTrack,
    interviewer: Option<&VoiceTrack>,
    events: &[ControlEvent],
    models: &mut ModelSet,
) -> Vec<QuestionGap> {
    let mut analyzer = response_latency::create();
    let who = ParticipantId::parse("candidate").expect("an id");
    let end = voice.settled_until().expect("sound");
    let count = (end.0 + SEGMENT_NS - 1) / SEGMENT_NS;
    for index in 0..count {
        let span = Span::new(
            MediaTime(index * SEGMENT_NS),
            MediaTime((index + 1) * SEGMENT_NS),
        );
        let from = span.end.plus_ns(-HISTORY_NS);
        let segment = Segment {
            participant: &who,
            role: if interviewer.is_some() {
                Role::Candidate
            } else {
                Role::Mixed
            },
            index: index as u64,
            span,
            face: &[],
            voice: Some(voice.series_between(from, span.end)),
            interviewer: interviewer.map(|t| t.series_between(from, span.end)),
            events,
            quality: &Quality::default(),
            coverage: &Coverage::default(),
            clock: ClockSource::Platform,
            reference: None,
            last: index + 1 == count,
        };
        analyzer.analyze(&segment, models);
    }
    analyzer.gaps()
}

fn dump(d: &Dialogue, seed: u64, c: &Condition) {
    let Some(dir) = std::env::var_os("LIVEPROOF_DUMP") else {
        return;
    };
    for (who, track) in [("candidate", &d.candidate), ("interviewer", &d.interviewer)] {
        let bytes: Vec<u8> = track.iter().flat_map(|v| v.to_le_bytes()).collect();
        let name = format!("{}-{seed}-{who}.f32", c.name.replace([' ', ','], "_"));
        std::fs::write(Path::new(&dir).join(name), bytes).expect("LIVEPROOF_DUMP can be written");
    }
}

// === impl Tally ===

impl Tally {
    fn compare(&mut self, gaps: &[QuestionGap], d: &Dialogue) {
        let near = |g: &QuestionGap, t: &dialogue::Truth| {
            (g.question_end.as_ms_f64() - t.question_end_ms).abs() < 600.0
        };
        for t in &d.truth {
            self.questions += 1;
            self.fillers += usize::from(t.content_onset_ms.is_some());
            let hit = gaps.iter().find(|g| near(g, t));
            let Some((hit, gap)) = hit.and_then(|g| Some((g, g.gap_ms?))) else {
                self.missed += 1;
                continue;
            };
            self.errors_ms.push(gap - t.gap_ms());
            let end = hit.question_end.as_ms_f64();
            self.ends_ms.push(end - t.question_end_ms);
            self.onsets_ms.push(end + gap - t.answer_onset_ms);
            match (hit.content_onset, t.content_onset_ms) {
                (Some(a), Some(b)) if (a.as_ms_f64() - b).abs() < 150.0 => self.fillers_found += 1,
                (Some(_), _) => self.fillers_wrong += 1,
                _ => {}
            }
        }
        let known = |g: &&QuestionGap| !d.truth.iter().any(|t| near(g, t));
        self.extra += gaps.iter().filter(known).count();
    }

    fn add(&mut self, other: Self) {
        self.questions += other.questions;
        self.errors_ms.extend(other.errors_ms);
        self.ends_ms.extend(other.ends_ms);
        self.onsets_ms.extend(other.onsets_ms);
        self.missed += other.missed;
        self.extra += other.extra;
        self.fillers += other.fillers;
        self.fillers_found += other.fillers_found;
        self.fillers_wrong += other.fillers_wrong;
    }

    fn print(&self, name: &str) {
        let sizes: Vec<f64> = self.errors_ms.iter().map(|e| e.abs()).collect();
        println!(
            "{name:26} {:4} {:6.0} {:6.0} {:6.0} {:+7.0} {:+7.0} {:6} {:6} {:>10}",
            self.questions,
            quantile(&sizes, 0.5),
            quantile(&sizes, 0.95),
            quantile(&sizes, 1.0),
            quantile(&self.ends_ms, 0.5),
            quantile(&self.onsets_ms, 0.5),
            self.missed,
            self.extra,
            format!(
                "{}/{}, {}",
                self.fillers_found, self.fillers, self.fillers_wrong
            ),
        );
    }
}

fn quantile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = ((sorted.len().max(1) - 1) as f64 * q).round() as usize;
    sorted.get(at).copied().unwrap_or(f64::NAN)
}
