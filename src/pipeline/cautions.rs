//! What a score does not say; shown wherever a score is shown.

/// Share of interviews taken by an impostor with a live face swap, as one vendor's figures of
/// 1 in 343 applicants and 1 in 4 of those would have it; an order of magnitude, not a fact.
const EXAMPLE_PREVALENCE: f64 = 1.0 / 1_400.0;
const EXAMPLE_TPR: f64 = 0.90;
const EXAMPLE_FPR: f64 = 0.01;

/// Share of alarms that are true, by Bayes' rule.
pub fn positive_predictive_value(prevalence: f64, tpr: f64, fpr: f64) -> f64 {
    let hits = prevalence * tpr;
    hits / (hits + (1.0 - prevalence) * fpr)
}

/// The cautions for a prior; `voice` says that some voice was judged by a net for it.
pub fn cautions(prior: f64, voice: bool) -> Vec<String> {
    let ppv = positive_predictive_value(EXAMPLE_PREVALENCE, EXAMPLE_TPR, EXAMPLE_FPR) * 100.0;
    vec![
        "This is an assessment of the recorded material, for a person to weigh. It does not say \
         who the candidate is, and it is no finding about anybody's conduct."
            .to_owned(),
        format!(
            "Scores assume that {:.2} % of interviews are manipulated (the prior). The evidence \
             is shown beside them without it.",
            prior * 100.0
        ),
        format!(
            "Base rate: if 1 interview in 1,400 is manipulated, a detector that finds 90 % of them \
             and wrongly marks 1 % of the others is right in {ppv:.0} % of its alarms."
        ),
        if voice {
            "Synthetic voice: measured with a model of the operator's own, whose accuracy the \
             operator answers for."
        } else {
            "Synthetic voice: not measured."
        }
        .to_owned(),
        "Poor light, a weak network or an old camera lower what can be measured; they are never \
         counted against a person. What was not measured counts neither for nor against."
            .to_owned(),
        "Response latency is weak evidence: stammering, a second language, an interpreter, a \
         disability, note-taking, a hard question and a slow network all lengthen or even out \
         pauses. The network's share of each gap is assumed, not measured."
            .to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_rate_sentence_is_arithmetic() {
        assert!((positive_predictive_value(1.0 / 1400.0, 0.9, 0.01) - 0.0604).abs() < 1e-3);
        assert!(cautions(0.01, false)[2].contains("right in 6 % of its alarms"));
    }
}
