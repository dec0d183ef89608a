//! A small formant synthesiser, noises and a room. Sources: the cascade of resonators over a pulse
//! train is that of Klatt (1980); formant values are textbook averages (Peterson and Barney, 1952).

use super::{RATE_HZ, finish, samples};
use std::f32::consts::TAU;

/// Pause between a filler and the words after it.
pub(super) const FILLER_PAUSE_MS: (f64, f64) = (260.0, 700.0);

/// First three formants in Hz and how open the vowel is.
const VOWELS: [[f32; 3]; 8] = [
    [730.0, 1_090.0, 2_440.0],
    [660.0, 1_720.0, 2_410.0],
    [530.0, 1_840.0, 2_480.0],
    [390.0, 1_990.0, 2_550.0],
    [270.0, 2_290.0, 3_010.0],
    [570.0, 840.0, 2_410.0],
    [440.0, 1_020.0, 2_240.0],
    [300.0, 870.0, 2_240.0],
];
const SCHWA: [f32; 3] = [500.0, 1_500.0, 2_500.0];

/// A seeded generator (xorshift64*).
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// 0 to 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit() as f32
    }

    /// About normal, variance 1.
    fn normal(&mut self) -> f32 {
        let sum: f64 = (0..12).map(|_| self.unit()).sum();
        (sum - 6.0) as f32
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, (self.unit() * (i + 1) as f64) as usize);
        }
    }
}

/// Sound with known ends (sample indices).
pub struct Utterance {
    pub samples: Vec<f32>,
    pub first: usize,
    pub last: usize,
    /// Where words set in after a filler.
    pub content: Option<usize>,
}

/// A speaker.
pub struct Voice {
    pitch_hz: f32,
    tract: f32,
    pace: f32,
}

/// One sound: its length, what it is made of, where the formants go.
struct Phone {
    ms: f32,
    voiced: f32,
    noise: f32,
    noise_hz: f32,
    formants: [f32; 3],
}

impl Voice {
    pub fn random(rng: &mut Rng) -> Self {
        let female = rng.unit() < 0.5;
        Self {
            pitch_hz: if female {
                rng.range(165.0, 230.0)
            } else {
                rng.range(85.0, 140.0)
            },
            tract: if female {
                rng.range(1.1, 1.2)
            } else {
                rng.range(0.94, 1.04)
            },
            pace: rng.range(0.85, 1.2),
        }
    }

    /// Words without pauses of more than 200 ms, between two lengths in milliseconds.
    pub fn sentence(&self, rng: &mut Rng, least_ms: f64, most_ms: f64) -> Utterance {
        let speech = self.words(rng, least_ms, most_ms);
        finish(None, speech, rng)
    }

    /// An answer of 3 to 7 s, perhaps after a filler of 200 to 500 ms.
    pub fn answer(&self, rng: &mut Rng, filler: bool) -> Utterance {
        let filler = filler.then(|| {
            let hum = Phone {
                ms: rng.range(200.0, 500.0),
                voiced: 1.0,
                noise: 0.0,
                noise_hz: 0.0,
                formants: SCHWA,
            };
            self.speak(rng, &[hum], 0.0)
        });
        let speech = self.words(rng, 3_000.0, 7_000.0);
        finish(filler, speech, rng)
    }

    fn words(&self, rng: &mut Rng, least_ms: f64, most_ms: f64) -> Vec<f32> {
        let want = samples(least_ms + (most_ms - least_ms) * rng.unit());
        let mut out = Vec::new();
        while out.len() < want {
            let mut phones = Vec::new();
            for _ in 0..(2 + (rng.unit() * 6.0) as usize) {
                self.syllable(rng, &mut phones);
            }
            out.extend(self.speak(rng, &phones, -0.25));
            if out.len() < want && rng.unit() < 0.5 {
                let pause = samples(40.0 + 160.0 * rng.unit());
                out.resize(out.len() + pause, 0.0);
            }
        }
        out
    }

    fn syllable(&self, rng: &mut Rng, phones: &mut Vec<Phone>) {
        let vowel = VOWELS[(rng.unit() * VOWELS.len() as f64) as usize % VOWELS.len()];
        let phone = |ms, voiced, noise, noise_hz, formants| Phone {
            ms,
            voiced,
            noise,
            noise_hz,
            formants,
        };
        match (rng.unit() * 5.0) as usize {
            0 => {
                phones.push(phone(rng.range(35.0, 70.0), 0.02, 0.0, 0.0, SCHWA)); // stop closure
                phones.push(phone(
                    rng.range(8.0, 25.0),
                    0.1,
                    0.5,
                    rng.range(1_000.0, 4_000.0),
                    vowel,
                ));
            }
            1 => phones.push(phone(
                rng.range(60.0, 120.0),
                0.0,
                0.35,
                rng.range(2_500.0, 6_000.0),
                vowel,
            )),
            2 => phones.push(phone(
                rng.range(45.0, 90.0),
                0.4,
                0.0,
                0.0,
                [250.0, 1_100.0, 2_300.0],
            )), // nasal
            3 => phones.push(phone(
                rng.range(40.0, 80.0),
                0.6,
                0.1,
                3_000.0,
                [350.0, 1_400.0, 2_400.0],
            )),
            _ => {}
        }
        phones.push(phone(rng.range(70.0, 180.0), 1.0, 0.01, 2_000.0, vowel));
    }

    /// Sounds in one breath; the pitch falls by `fall` octaves over it. RMS about 1.
    fn speak(&self, rng: &mut Rng, phones: &[Phone], fall: f32) -> Vec<f32> {
        let lens: Vec<usize> = phones
            .iter()
            .map(|p| samples(f64::from(p.ms / self.pace)))
            .collect();
        let total: usize = lens.iter().sum();
        let accent = if fall == 0.0 {
            0.0
        } else {
            rng.range(0.05, 0.2)
        };
        let (rate, swing) = (rng.range(2.0, 4.0), rng.range(0.0, TAU));
        let mut out = Vec::with_capacity(total);
        let mut state = [[0.0_f32; 2]; 4];
        let (mut phase, mut noise_state) = (0.0_f32, [0.0_f32; 2]);
        let (mut formants, mut voiced, mut hiss) = (SCHWA, 0.0_f32, 0.0_f32);
        for (phone, len) in phones.iter().zip(&lens) {
            for _ in 0..*len {
                let t = out.len() as f32 / RATE_HZ as f32;
                let done = out.len() as f32 / total.max(1) as f32;
                let octaves = fall * done + accent * (TAU * rate * t + swing).sin();
                let jitter = 1.0 + 0.01 * rng.normal();
                phase += self.pitch_hz * octaves.exp2() * jitter / RATE_HZ as f32;
                let pulse = glottis(phase.fract());
                // Articulators take some 20 ms to move.
                for (f, target) in formants.iter_mut().zip(phone.formants) {
                    *f += (target * self.tract - *f) * 0.003;
                }
                voiced += (phone.voiced - voiced) * 0.008;
                hiss += (phone.noise - hiss) * 0.012;
                let mut v = voiced * (pulse + 0.02 * rng.normal());
                for ((f, s), width) in formants.iter().zip(&mut state).zip([80.0, 100.0, 140.0]) {
                    v = resonate(v, *f, width, s);
                }
                v = resonate(v, 3_600.0 * self.tract, 250.0, &mut state[3]);
                let rough = if phone.noise_hz > 0.0 {
                    resonate(rng.normal(), phone.noise_hz, 1_200.0, &mut noise_state)
                } else {
                    0.0
                };
                out.push(v + hiss * rough);
            }
        }
        edges(&mut out);
        out
    }
}

/// One period of a glottal flow derivative: a slow opening and a sharp closure.
fn glottis(phase: f32) -> f32 {
    match phase {
        p if p < 0.6 => 0.3 * (std::f32::consts::PI * p / 0.6).sin(),
        p if p < 0.7 => -3.0 * (1.0 - (p - 0.6) / 0.1),
        _ => 0.0,
    }
}

/// Two-pole resonator with unit gain at 0 Hz (Klatt's form).
fn resonate(x: f32, hz: f32, width_hz: f32, state: &mut [f32; 2]) -> f32 {
    let r = (-std::f32::consts::PI * width_hz / RATE_HZ as f32).exp();
    let b = 2.0 * r * (TAU * hz / RATE_HZ as f32).cos();
    let c = -r * r;
    let y = (1.0 - b - c) * x + b * state[0] + c * state[1];
    *state = [y, state[0]];
    y
}

/// Fades of 8 and 25 ms, and a level of about 1.
fn edges(sound: &mut [f32]) {
    let rms = (sound.iter().map(|v| v * v).sum::<f32>() / sound.len().max(1) as f32).sqrt();
    let (up, down) = (samples(8.0) as f32, samples(25.0) as f32);
    let len = sound.len();
    for (i, v) in sound.iter_mut().enumerate() {
        let gain = (i as f32 / up).min((len - i) as f32 / down).min(1.0);
        *v *= gain / rms.max(1e-9);
    }
}

/// Noise between white and brown at `level` (RMS).
pub(super) fn coloured(rng: &mut Rng, len: usize, level: f32) -> Vec<f32> {
    let pole = rng.range(0.0, 0.95);
    let scale = level * (1.0 - pole * pole).sqrt();
    let mut last = 0.0;
    (0..len)
        .map(|_| {
            last = pole * last + rng.normal();
            scale * last
        })
        .collect()
}

/// The sound with the tail of a room: 60 dB in `rt60_s`, `direct_db` below the direct sound, as
/// four combs of incommensurate lengths (Schroeder, 1962). Nothing is delayed.
pub(super) fn room_tail(rng: &mut Rng, sound: &[f32], rt60_s: f32, direct_db: f32) -> Vec<f32> {
    let mut tail = vec![0.0; sound.len()];
    for base_ms in [11.3_f64, 13.7, 17.1, 19.9] {
        let lag = samples(base_ms * (0.9 + 0.2 * rng.unit()));
        let keep = 10f32.powf(-3.0 * lag as f32 / RATE_HZ as f32 / rt60_s);
        let mut comb = vec![0.0_f32; sound.len()];
        for i in lag..sound.len() {
            comb[i] = sound[i - lag] + keep * comb[i - lag];
        }
        for (slot, v) in tail.iter_mut().zip(comb) {
            *slot += v;
        }
    }
    let power = |x: &[f32]| x.iter().map(|v| v * v).sum::<f32>();
    let gain = (power(sound) / power(&tail).max(1e-9)).sqrt() * 10f32.powf(-direct_db / 20.0);
    sound.iter().zip(tail).map(|(s, t)| s + gain * t).collect()
}

/// 300 to 3,400 Hz, by two one-pole high-passes and four low-passes.
pub(super) fn telephone(sound: &[f32]) -> Vec<f32> {
    let pole = |hz: f32| (-TAU * hz / RATE_HZ as f32).exp();
    let (high, low) = (pole(200.0), pole(4_500.0));
    let mut slow = [0.0_f32; 2];
    let mut fast = [0.0_f32; 4];
    let step = |x: &f32| {
        let mut v = *x;
        for s in &mut slow {
            *s = high * *s + (1.0 - high) * v;
            v -= *s;
        }
        for s in &mut fast {
            *s = low * *s + (1.0 - low) * v;
            v = *s;
        }
        v
    };
    sound.iter().map(step).collect()
}
