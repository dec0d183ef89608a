//! Generated interviews with known gaps: two voices from a small formant synthesiser, noise, echo.
//!
//! Used by `benches/accuracy_latency.rs` and by the tests of `src/analyze/response_latency`. Needs
//! nothing but std; the same seed gives the same samples. The speech has syllables of vowels
//! between stops, fricatives and nasals over a falling pitch: enough for a voice-activity net, and
//! no speech to anybody's ear. Gaps are true by construction: a stretch begins and ends at known
//! samples, both taken where the sound first and last reaches 30 dB below its loudest 10 ms.
#![allow(dead_code)]

mod synth;

pub use synth::{Rng, Voice};

use synth::{FILLER_PAUSE_MS, Utterance, room_tail};

/// Samples per second of everything here.
pub const RATE_HZ: usize = 16_000;

/// What a dialogue is made harder by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Condition {
    pub name: &'static str,
    /// Speech over noise on both tracks, dB.
    pub snr_db: Option<f32>,
    /// Noise is a neighbouring room: several voices at once, instead of coloured noise.
    pub babble: bool,
    /// Level of the interviewer's voice on the candidate's track, dB, 80 to 350 ms late.
    pub echo_db: Option<f32>,
    /// Share of answers that begin with a filler sound.
    pub fillers: f32,
    /// Both voices are heard in a room.
    pub room: bool,
    /// Both voices are cut to the telephone band and arrive at 8 kHz.
    pub narrow: bool,
    /// Level of the candidate's track against full scale, dB.
    pub level_db: f32,
}

/// Clean voices on both tracks.
pub const CLEAN: Condition = Condition {
    name: "clean",
    snr_db: None,
    babble: false,
    echo_db: None,
    fillers: 0.0,
    room: false,
    narrow: false,
    level_db: -23.0,
};

/// All conditions that are measured.
pub const CONDITIONS: &[Condition] = &[
    CLEAN,
    Condition {
        name: "noise 20 dB",
        snr_db: Some(20.0),
        ..CLEAN
    },
    Condition {
        name: "noise 10 dB",
        snr_db: Some(10.0),
        ..CLEAN
    },
    Condition {
        name: "babble 15 dB",
        snr_db: Some(15.0),
        babble: true,
        ..CLEAN
    },
    Condition {
        name: "echo -15 dB",
        echo_db: Some(-15.0),
        ..CLEAN
    },
    Condition {
        name: "echo -8 dB, noise 25 dB",
        echo_db: Some(-8.0),
        snr_db: Some(25.0),
        ..CLEAN
    },
    Condition {
        name: "fillers",
        fillers: 0.7,
        ..CLEAN
    },
    Condition {
        name: "room",
        room: true,
        ..CLEAN
    },
    Condition {
        name: "8 kHz",
        narrow: true,
        ..CLEAN
    },
    Condition {
        name: "quiet (-50 dBFS)",
        level_db: -50.0,
        ..CLEAN
    },
    Condition {
        name: "all at once",
        snr_db: Some(15.0),
        echo_db: Some(-12.0),
        fillers: 0.4,
        room: true,
        ..CLEAN
    },
];

/// A question and its answer, in milliseconds of the dialogue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Truth {
    pub question_start_ms: f64,
    pub question_end_ms: f64,
    pub answer_onset_ms: f64,
    /// When words set in after a filler.
    pub content_onset_ms: Option<f64>,
}

impl Truth {
    pub fn gap_ms(&self) -> f64 {
        self.answer_onset_ms - self.question_end_ms
    }
}

/// A generated interview.
pub struct Dialogue {
    pub candidate: Vec<f32>,
    pub interviewer: Vec<f32>,
    pub truth: Vec<Truth>,
}

impl Dialogue {
    /// Both voices on one track.
    pub fn mixed(&self) -> Vec<f32> {
        let both = self.candidate.iter().zip(&self.interviewer);
        both.map(|(a, b)| 0.7 * (a + b)).collect()
    }
}

/// An interview of `questions` with gaps spread evenly over 200 to 3,000 ms in random order.
pub fn dialogue(seed: u64, questions: usize, condition: &Condition) -> Dialogue {
    let mut rng = Rng::new(seed);
    let voices = (Voice::random(&mut rng), Voice::random(&mut rng));
    let mut gaps: Vec<f64> = (0..questions)
        .map(|i| 200.0 + 2_800.0 * (i as f64 + rng.unit()) / questions as f64)
        .collect();
    rng.shuffle(&mut gaps);
    let (mut candidate, mut interviewer) = (Vec::new(), Vec::new());
    let mut truth = Vec::new();
    let mut at = samples(900.0);
    for gap_ms in gaps {
        let question = voices.0.sentence(&mut rng, 1_500.0, 4_500.0);
        let filler = rng.unit() < f64::from(condition.fillers);
        let answer = voices.1.answer(&mut rng, filler);
        place(&mut interviewer, at, &question.samples);
        let question_end = at + question.last;
        let onset = question_end + samples(gap_ms);
        let start = onset - answer.first;
        place(&mut candidate, start, &answer.samples);
        truth.push(Truth {
            question_start_ms: ms(at + question.first),
            question_end_ms: ms(question_end),
            answer_onset_ms: ms(onset),
            content_onset_ms: answer.content.map(|c| ms(start + c)),
        });
        at = start + answer.samples.len() + samples(700.0 + 1_500.0 * rng.unit());
    }
    let len = at + samples(1_000.0);
    candidate.resize(len, 0.0);
    interviewer.resize(len, 0.0);
    degrade(&mut rng, condition, &mut candidate, &mut interviewer);
    Dialogue {
        candidate,
        interviewer,
        truth,
    }
}

fn samples(ms: f64) -> usize {
    (ms * RATE_HZ as f64 / 1e3) as usize
}

fn ms(samples: usize) -> f64 {
    samples as f64 * 1e3 / RATE_HZ as f64
}

fn place(track: &mut Vec<f32>, at: usize, sound: &[f32]) {
    track.resize(track.len().max(at + sound.len()), 0.0);
    for (slot, v) in track[at..].iter_mut().zip(sound) {
        *slot += v;
    }
}

fn degrade(rng: &mut Rng, c: &Condition, candidate: &mut Vec<f32>, interviewer: &mut Vec<f32>) {
    if c.room {
        *candidate = room_tail(rng, candidate, 0.35, 6.0);
        *interviewer = room_tail(rng, interviewer, 0.35, 6.0);
    }
    if c.narrow {
        *candidate = synth::telephone(candidate);
        *interviewer = synth::telephone(interviewer);
    }
    if let Some(echo_db) = c.echo_db {
        let lag = samples(80.0 + 270.0 * rng.unit());
        let back = room_tail(rng, interviewer, 0.25, 8.0);
        let gain = decibel(echo_db);
        for (slot, v) in candidate.iter_mut().skip(lag).zip(&back) {
            *slot += gain * v;
        }
    }
    for track in [&mut *candidate, &mut *interviewer] {
        let noise = match (c.snr_db, c.babble) {
            (None, _) => synth::coloured(rng, track.len(), decibel(-70.0)),
            (Some(snr), false) => synth::coloured(rng, track.len(), decibel(-snr)),
            (Some(snr), true) => babble(rng, track.len(), decibel(-snr)),
        };
        for (slot, v) in track.iter_mut().zip(noise) {
            *slot += v;
        }
    }
    let quantise = |v: f32| (v * 32_767.0).round().clamp(-32_768.0, 32_767.0) / 32_768.0;
    for (track, level_db) in [(candidate, c.level_db), (interviewer, -23.0)] {
        for v in track.iter_mut() {
            *v = quantise(*v * decibel(level_db));
        }
    }
}

/// Ten voices at once, at `level` (RMS).
fn babble(rng: &mut Rng, len: usize, level: f32) -> Vec<f32> {
    let mut out = vec![0.0; len];
    for _ in 0..10 {
        let voice = Voice::random(rng);
        let mut at = 0;
        while at < len {
            let part = voice.sentence(rng, 2_000.0, 6_000.0);
            let end = (at + part.samples.len()).min(len);
            for (slot, v) in out[at..end].iter_mut().zip(&part.samples) {
                *slot += v;
            }
            at = end + samples(300.0 * rng.unit());
        }
    }
    let rms = (out.iter().map(|v| v * v).sum::<f32>() / len.max(1) as f32).sqrt();
    out.iter().map(|v| v * level / rms.max(1e-9)).collect()
}

fn decibel(db: f32) -> f32 {
    10f32.powf(db / 20.0)
}

/// Onset and end of an utterance, as samples: where its level first and last comes within 30 dB
/// of the loudest 10 ms.
fn audible(samples: &[f32]) -> (usize, usize) {
    let hop = RATE_HZ / 100;
    let power: Vec<f32> = samples
        .chunks(hop)
        .map(|c| c.iter().map(|v| v * v).sum::<f32>())
        .collect();
    let least = power.iter().copied().fold(0.0, f32::max) * 1e-3;
    let first = power.iter().position(|p| *p >= least).unwrap_or(0);
    let last = power.iter().rposition(|p| *p >= least).unwrap_or(0);
    (first * hop, ((last + 1) * hop).min(samples.len()))
}

/// Joins an optional filler and a sentence, and finds the ends.
fn finish(filler: Option<Vec<f32>>, sentence: Vec<f32>, rng: &mut Rng) -> Utterance {
    let mut all = Vec::new();
    let mut content = None;
    if let Some(filler) = filler {
        all.extend(filler);
        let pause = FILLER_PAUSE_MS.0 + (FILLER_PAUSE_MS.1 - FILLER_PAUSE_MS.0) * rng.unit();
        all.resize(all.len() + samples(pause), 0.0);
        content = Some(all.len() + audible(&sentence).0);
    }
    all.extend(sentence);
    let (first, last) = audible(&all);
    Utterance {
        samples: all,
        first,
        last,
        content,
    }
}
