//! The fitted constants of the signal, as `models/train/run lip_sync` writes them.

use super::chain::Chain;
use super::correlate::TAPS;
use super::features::{AUDIO, FIR_HALF, VISUAL};

/// Version of the file that this code reads.
const FORMAT: u32 = 1;
/// Most components a file may hold.
const MAX_COMPONENTS: usize = 16;

/// Projections, expected correlations and the chain.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// Version of the file's meaning.
    pub format: u32,
    /// Id, as in the manifest.
    pub id: String,
    /// Band-pass, 101 taps at 50 Hz.
    pub fir: Vec<f64>,
    /// Per component, visual channels tap by tap.
    pub visual: Vec<Vec<f64>>,
    /// Per component, audio channels.
    pub audio: Vec<Vec<f64>>,
    /// Expected correlation of each component when in sync, 0 to 1.
    pub rho: Vec<f64>,
    /// Share of the grid's samples that are independent, 0 to 1.
    pub kappa: f64,
    /// Transition probabilities.
    pub chain: Chain,
}

/// Why a weights file cannot be used.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum WeightsError {
    /// The text is not the JSON that was expected.
    #[error("lip-sync weights are not readable: {0}")]
    Parse(String),
    /// A value is out of its range.
    #[error("lip-sync weights: {field} must be {expected}")]
    Field {
        /// Name of the field.
        field: &'static str,
        /// What it must be.
        expected: String,
    },
}

impl Weights {
    /// Reads and checks a weights file.
    ///
    /// # Errors
    /// What is wrong with it, naming the field.
    pub fn parse(text: &[u8]) -> Result<Self, WeightsError> {
        let w: Self =
            serde_json::from_slice(text).map_err(|e| WeightsError::Parse(e.to_string()))?;
        w.check()?;
        Ok(w)
    }

    fn check(&self) -> Result<(), WeightsError> {
        let need = |ok: bool, field: &'static str, expected: String| {
            if ok { Ok(()) } else { Err(WeightsError::Field { field, expected }) }
        };
        let k = self.rho.len();
        let rows = |m: &[Vec<f64>], len: usize| {
            m.len() == k && m.iter().all(|r| r.len() == len && r.iter().all(|v| v.is_finite()))
        };
        let (taps, visual) = (2 * FIR_HALF + 1, TAPS.len() * VISUAL);
        need(self.format == FORMAT, "format", FORMAT.to_string())?;
        need((1..=MAX_COMPONENTS).contains(&k), "rho", format!("1 to {MAX_COMPONENTS} values"))?;
        need(
            self.rho.iter().all(|r| *r > 0.0 && *r < 0.99),
            "rho",
            "between 0 and 0.99".into(),
        )?;
        need(
            self.fir.len() == taps && self.fir.iter().all(|v| v.is_finite()),
            "fir",
            format!("{taps} finite numbers"),
        )?;
        need(rows(&self.visual, visual), "visual", format!("{k} rows of {visual} finite numbers"))?;
        need(rows(&self.audio, AUDIO), "audio", format!("{k} rows of {AUDIO} finite numbers"))?;
        need(self.kappa > 0.0 && self.kappa <= 1.0, "kappa", "above 0, at most 1".into())?;
        let c = &self.chain;
        let probabilities = [c.step, c.jump, c.lose, c.find, c.start_uncorrelated];
        need(
            probabilities.iter().all(|p| *p > 0.0 && *p < 1.0)
                && c.jump + c.lose + 2.0 * c.step < 1.0,
            "chain",
            "probabilities above 0 that leave some for staying".into(),
        )
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Weights without a file: aperture against the band around the first formant.
    pub(in crate::analyze::lip_sync) fn plain() -> Weights {
        let mut visual = vec![0.0; TAPS.len() * VISUAL];
        visual[2 * VISUAL] = 1.0;
        let mut audio = vec![0.0; AUDIO];
        audio[2] = 1.0;
        // Windowed sinc, 0.7 to 9 Hz at 50 Hz.
        let fir = (-(FIR_HALF as i64)..=FIR_HALF as i64)
            .map(|n| {
                let low_pass = |hz: f64| {
                    let f = 2.0 * hz / 50.0;
                    if n == 0 { f } else { (std::f64::consts::PI * f * n as f64).sin() / (std::f64::consts::PI * n as f64) }
                };
                let window = 0.54 + 0.46 * (std::f64::consts::PI * n as f64 / FIR_HALF as f64).cos();
                // Rounded, so that it survives a text file unchanged.
                ((low_pass(9.0) - low_pass(0.7)) * window * 1e6).round() / 1e6
            })
            .collect();
        Weights {
            format: FORMAT,
            id: "plain".into(),
            fir,
            visual: vec![visual],
            audio: vec![audio],
            rho: vec![0.6],
            kappa: 0.15,
            chain: Chain { step: 0.03, jump: 0.002, lose: 0.004, find: 0.02, start_uncorrelated: 0.5 },
        }
    }

    fn text(change: impl Fn(&mut serde_json::Value)) -> Vec<u8> {
        let w = plain();
        let mut v = serde_json::json!({
            "format": w.format, "id": w.id, "fir": w.fir, "visual": w.visual, "audio": w.audio,
            "rho": w.rho, "kappa": w.kappa,
            "chain": {"step": 0.03, "jump": 0.002, "lose": 0.004, "find": 0.02, "start_uncorrelated": 0.5},
        });
        change(&mut v);
        v.to_string().into_bytes()
    }

    #[test]
    fn a_sound_file_is_read() {
        assert_eq!(Weights::parse(&text(|_| ())).unwrap(), plain());
    }

    #[test]
    fn unsound_files_are_refused_by_field() {
        let cases: [(&str, serde_json::Value); 7] = [
            ("format", 2.into()),
            ("fir", vec![0.0; 5].into()),
            ("visual", vec![vec![0.0; 3]].into()),
            ("audio", vec![vec![0.0; 3]].into()),
            ("rho", vec![1.5].into()),
            ("kappa", 0.0.into()),
            ("chain", serde_json::json!({"step": 0.6, "jump": 0.1, "lose": 0.1, "find": 0.1, "start_uncorrelated": 0.5})),
        ];
        for (name, value) in cases {
            let got = Weights::parse(&text(|v| v[name] = value.clone()));
            assert!(matches!(got, Err(WeightsError::Field { field, .. }) if field == name), "{name}: {got:?}");
        }
        assert!(matches!(Weights::parse(b"{}"), Err(WeightsError::Parse(_))));
        assert!(matches!(Weights::parse(b"\xff"), Err(WeightsError::Parse(_))));
    }
}
