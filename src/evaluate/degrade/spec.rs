//! Degradations as people type them.

use super::Degradation;

/// The sweep that `--degrade all` stands for.
pub const SWEEP: &[&str] = &[
    "jpeg=30,50,70,95",
    "crf=23,28,34,40",
    "height=240,360,480,720,1080",
    "fps=5,8,12,15,24,30",
    "light=0.5,0.25,0.1",
    "blur=1,2,4",
    "snr=20,10,5,0",
    "loss=1,3,10",
];

/// Why a degradation cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("degradation {found:?}: expected {expected}")]
pub struct DegradeError {
    /// What was given.
    pub found: String,
    /// What it should be.
    pub expected: String,
}

/// Reads `kind=value,value,...`.
///
/// # Errors
/// [`DegradeError`] for an unknown kind or a value out of range.
pub fn parse(text: &str) -> Result<Vec<Degradation>, DegradeError> {
    let refuse = |found: &str, expected: &str| DegradeError {
        found: found.to_owned(),
        expected: expected.to_owned(),
    };
    let (kind, values) = text
        .split_once('=')
        .ok_or_else(|| refuse(text, "kind=value, as jpeg=30,50, or all"))?;
    let one = |value: &str| {
        let number: f64 = value.trim().parse().unwrap_or(f64::NAN);
        let found = format!("{kind}={value}");
        let between = |low: f64, high: f64, what: &str| {
            if (low..=high).contains(&number) {
                Ok(number)
            } else {
                Err(refuse(&found, &format!("{what} from {low} to {high}")))
            }
        };
        let whole = |low: f64, high: f64, what: &str| match between(low, high, what)? {
            n if n.fract() == 0.0 => Ok(n),
            _ => Err(refuse(
                &found,
                &format!("a whole {what} from {low} to {high}"),
            )),
        };
        Ok(match kind.trim() {
            "jpeg" => Degradation::Jpeg(whole(1.0, 100.0, "quality")? as u8),
            "crf" => Degradation::Crf(whole(0.0, 51.0, "rate factor")? as u8),
            "height" => Degradation::Height(whole(16.0, 4096.0, "number of lines")? as u32),
            "fps" => Degradation::Fps(between(0.5, 240.0, "pictures a second")?),
            "light" => Degradation::Light(between(0.01, 1.0, "share of the light")?),
            "blur" => Degradation::Blur(between(0.1, 50.0, "standard deviation in pixels")?),
            "snr" => Degradation::Snr(between(-20.0, 60.0, "decibels")?),
            "loss" => Degradation::Loss(between(0.0, 100.0, "percentage of packets")? / 100.0),
            _ => {
                let kinds = "one of jpeg, crf, height, fps, light, blur, snr, loss";
                return Err(refuse(&found, kinds));
            }
        })
    };
    values.split(',').map(one).collect()
}

/// Reads what was given on the command line; `all` stands for [`SWEEP`]. Repeated values count once.
///
/// # Errors
/// See [`parse`].
pub fn parse_all(texts: &[String]) -> Result<Vec<Degradation>, DegradeError> {
    let mut all: Vec<Degradation> = Vec::new();
    for text in texts {
        let wanted: Vec<&str> = if text.trim() == "all" {
            SWEEP.to_vec()
        } else {
            vec![text]
        };
        for spec in wanted {
            for kind in parse(spec)? {
                if !all.contains(&kind) {
                    all.push(kind);
                }
            }
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_reads_back() {
        for kind in parse_all(&["all".into(), "jpeg=30".into()]).unwrap() {
            assert_eq!(parse(&kind.to_string()).unwrap(), [kind]);
        }
        let count: usize = SWEEP.iter().map(|s| s.split(',').count()).sum();
        assert_eq!(
            parse_all(&["all".into(), "jpeg=30".into()]).unwrap().len(),
            count
        );
    }

    #[test]
    fn nonsense_is_refused_with_what_was_expected() {
        for (text, word) in [
            ("jpeg", "kind=value"),
            ("jpeg=0", "1 to 100"),
            ("jpeg=30.5", "whole"),
            ("jpeg=30,", "1 to 100"),
            ("crf=52", "0 to 51"),
            ("loss=101", "0 to 100"),
            ("snr=x", "decibels"),
            ("fog=3", "one of jpeg"),
        ] {
            let e = parse(text).unwrap_err().to_string();
            assert!(e.contains(word), "{text}: {e}");
        }
    }
}
