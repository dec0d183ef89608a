//! What an output of a net of one's own says, as the manifest declares it.

use super::{EngineError, OutputSpec, Outputs};
use serde::Deserialize;

/// Probabilities this near to 0 and 1 are told apart; beyond lies rounding.
const LEAST: f64 = 1e-6;

/// How an output is read as a score; `reads` of the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reads {
    /// One number, positive = manipulated.
    Logit,
    /// One number, the probability of manipulation.
    Probability,
    /// One number for each class, before softmax; `manipulated` is the place of the class.
    Logits,
    /// One probability for each class; `manipulated` is the place of the class.
    Probabilities,
}

/// The output that holds the score of a net.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    output: String,
    reads: Reads,
    place: usize,
}

// === impl Reading ===

impl Reading {
    /// The declared output with `reads`; `None` when there is none.
    ///
    /// # Errors
    /// What is wrong with the declaration, naming the field.
    pub fn of(outputs: &[OutputSpec]) -> Result<Option<Self>, String> {
        let mut declared = outputs.iter().filter_map(|o| o.reads.map(|r| (o, r)));
        let Some((spec, reads)) = declared.next() else {
            return Ok(None);
        };
        if declared.next().is_some() {
            return Err("outputs.reads: stated for two outputs, expected one".to_owned());
        }
        let many = matches!(reads, Reads::Logits | Reads::Probabilities);
        let place = match (many, spec.manipulated) {
            (true, Some(place)) => place,
            (true, None) => {
                return Err(format!(
                    "output {}.manipulated: expected the place of that class, from 0",
                    spec.name
                ));
            }
            (false, None) => 0,
            (false, Some(_)) => {
                return Err(format!(
                    "output {}.manipulated: only for reads = logits or probabilities",
                    spec.name
                ));
            }
        };
        Ok(Some(Self {
            output: spec.name.clone(),
            reads,
            place,
        }))
    }

    /// The score of one sample: natural-log odds of manipulation as the net has them, uncalibrated.
    ///
    /// # Errors
    /// An output that is missing, has another size, or is no probability.
    pub fn score(&self, outputs: &Outputs) -> Result<f64, EngineError> {
        let values: Vec<f64> = outputs
            .get(&self.output)?
            .iter()
            .map(|v| f64::from(*v))
            .collect();
        let wrong = |expected: &str| EngineError::Shape {
            task: outputs.task().to_owned(),
            tensor: format!("output {}", self.output),
            found: format!("{values:?}"),
            expected: expected.to_owned(),
        };
        let many = matches!(self.reads, Reads::Logits | Reads::Probabilities);
        if many != (values.len() > 1) {
            return Err(wrong(if many {
                "a number for each class"
            } else {
                "one number"
            }));
        }
        let value = *values.get(self.place).ok_or_else(|| wrong("that class"))?;
        match self.reads {
            Reads::Logit => Ok(value),
            Reads::Logits => {
                let others = values.iter().enumerate().filter(|(i, _)| *i != self.place);
                let top = others
                    .clone()
                    .fold(f64::NEG_INFINITY, |m, (_, v)| m.max(*v));
                let sum: f64 = others.map(|(_, v)| (v - top).exp()).sum();
                Ok(value - top - sum.ln())
            }
            Reads::Probability | Reads::Probabilities if !(0.0..=1.0).contains(&value) => {
                Err(wrong("probabilities, 0 to 1"))
            }
            Reads::Probability | Reads::Probabilities => {
                let p = value.clamp(LEAST, 1.0 - LEAST);
                Ok((p / (1.0 - p)).ln())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(text: &str) -> Result<Option<Reading>, String> {
        Reading::of(&[toml::from_str(&format!("name = \"y\"\n{text}")).unwrap()])
    }

    fn score(text: &str, values: &[f32]) -> Result<f64, EngineError> {
        let reading = declared(text).unwrap().unwrap();
        reading.score(&Outputs::of("t", "y", values))
    }

    #[test]
    fn each_meaning_becomes_log_odds() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a} {b}");
        near(score("reads = \"logit\"", &[1.5]).unwrap(), 1.5);
        near(
            score("reads = \"probability\"", &[0.75]).unwrap(),
            3.0_f64.ln(),
        );
        near(
            score("reads = \"probability\"", &[1.0]).unwrap(),
            (1e6_f64 - 1.0).ln(),
        );
        let two = "reads = \"logits\"\nmanipulated = 1";
        near(score(two, &[0.5, 2.0]).unwrap(), 1.5);
        // Of three classes the other two together stand against it.
        near(score(two, &[0.0, 0.0, 0.0]).unwrap(), -(2.0_f64.ln()));
        let shares = "reads = \"probabilities\"\nmanipulated = 0";
        near(score(shares, &[0.2, 0.8]).unwrap(), -(4.0_f64.ln()));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(score("reads = \"logit\"", &[1.0, 2.0]).is_err());
        assert!(score("reads = \"probability\"", &[1.5]).is_err());
        assert!(score("reads = \"logits\"\nmanipulated = 1", &[1.0]).is_err());
        assert!(score("reads = \"logits\"\nmanipulated = 2", &[1.0, 2.0]).is_err());
        assert_eq!(declared(""), Ok(None));
        assert!(
            declared("reads = \"logits\"")
                .unwrap_err()
                .contains("output y.manipulated")
        );
        let stray = declared("reads = \"logit\"\nmanipulated = 0").unwrap_err();
        assert!(stray.contains("output y.manipulated"), "{stray}");
    }
}
