//! What the pipeline said of one recording, as far as figures need it; kept in the cache.

use crate::core::{AbstainReason, Comparison, Evidence, Outcome, Quality, SegmentResult, Span};
use crate::fusion::Accumulation;
use crate::report::FileReport;
use serde::{Deserialize, Serialize};

/// What the pipeline said of one recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClipResult {
    /// Why it could not be reviewed, if so; then there is nothing else.
    pub error: Option<String>,
    /// True for a recording of one picture.
    pub still: bool,
    /// Evidence logit of the session; `None` when the product gave no number.
    pub session_logit: Option<f64>,
    /// Final segments in order, the last one partial.
    pub segments: Vec<SegmentScore>,
}

/// One segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentScore {
    /// The segment in session time.
    pub span: Span,
    /// Evidence logit; `None` when the product gave no number.
    pub logit: Option<f64>,
    /// Quality of the material.
    pub quality: Quality,
    /// One per signal.
    pub findings: Vec<FindingScore>,
}

/// What one signal said of one segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FindingScore {
    /// Signal name.
    pub signal: String,
    /// The stretch looked at; may reach back beyond the segment.
    pub span: Span,
    /// Log-likelihood ratio; `None` when it abstained.
    pub llr: Option<f64>,
    /// Quality that multiplies it, 0 to 1.
    pub weight: f64,
    /// What a signal without a vote measured, above 0 towards manipulation; in its own units.
    pub experimental: Option<f64>,
    /// Why it abstained.
    pub reason: Option<AbstainReason>,
    /// The numbers behind it.
    pub evidence: Vec<Evidence>,
    /// What was made of the recording's reference; `None` without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
}

// === impl FindingScore ===

impl FindingScore {
    /// What the signal ranks by: LLR times quality, or what it measured without a vote; `None` when
    /// it abstained.
    pub fn measured(&self) -> Option<f64> {
        self.effective().or(self.experimental)
    }

    /// LLR times quality: what the signal brings before weight and caps; `None` when it abstained
    /// or has no vote.
    pub fn effective(&self) -> Option<f64> {
        self.llr.map(|llr| llr * self.weight.clamp(0.0, 1.0))
    }

    /// A piece of evidence by name.
    pub fn value(&self, name: &str) -> Option<f64> {
        self.evidence
            .iter()
            .find(|e| e.name == name)
            .map(|e| e.value)
    }
}

// === impl ClipResult ===

impl ClipResult {
    /// A recording that could not be reviewed.
    pub fn failed(error: impl Into<String>) -> Self {
        Self {
            error: Some(error.into()),
            still: false,
            session_logit: None,
            segments: Vec::new(),
        }
    }

    /// The figures' share of a report. Where several people are scored in a recording, it is the
    /// first of them that the label is taken to speak of.
    pub fn of(report: &FileReport) -> Self {
        if let Some(error) = &report.error {
            return Self::failed(error.as_str());
        }
        let Some(person) = report.summary.as_ref().and_then(|s| s.participants.first()) else {
            return Self::failed("nobody in it is marked as the candidate");
        };
        let mine = report
            .segments
            .iter()
            .filter(|s| s.participant == person.participant);
        Self {
            error: None,
            still: person.coverage.frames_seen == 1 && person.coverage.audio == 0.0,
            session_logit: person.outcome.score().map(|s| s.evidence_logit),
            segments: mine.map(segment).collect(),
        }
    }

    /// The score of a signal for the whole recording: the mean of what it measured over the
    /// segments in which it gave a number, each weighted by its length; for a signal whose findings
    /// restate the session so far, its last one. `None` when it abstained throughout.
    pub fn signal_score(&self, signal: &str, accumulation: Accumulation) -> Option<f64> {
        self.pooled(signal, accumulation, FindingScore::measured)
    }

    /// The same of the numbers that have a vote.
    pub fn signal_vote(&self, signal: &str, accumulation: Accumulation) -> Option<f64> {
        self.pooled(signal, accumulation, FindingScore::effective)
    }

    fn pooled(
        &self,
        signal: &str,
        accumulation: Accumulation,
        of: fn(&FindingScore) -> Option<f64>,
    ) -> Option<f64> {
        let mut scored = self.segments.iter().filter_map(|s| {
            let finding = s.findings.iter().find(|f| f.signal == signal)?;
            Some((s.span.len_s(), of(finding)?))
        });
        match accumulation {
            Accumulation::Latest => scored.next_back().map(|(_, llr)| llr),
            Accumulation::Sum => {
                let (seconds, sum) =
                    scored.fold((0.0, 0.0), |(t, s), (len, llr)| (t + len, s + len * llr));
                (seconds > 0.0).then(|| sum / seconds)
            }
        }
    }

    /// Median height of the face over the segments with one, pixels.
    pub fn face_px(&self) -> Option<f64> {
        let mut heights: Vec<f64> = self
            .segments
            .iter()
            .map(|s| s.quality.face_height_px)
            .filter(|h| *h > 0.0)
            .collect();
        heights.sort_by(f64::total_cmp);
        super::metrics::quantile(&heights, 0.5)
    }
}

/// True of the reason that says: measured, but without a vote.
fn is_experimental(reason: AbstainReason, evidence: &[Evidence]) -> bool {
    let named = evidence
        .first()
        .is_some_and(|e| e.name == crate::fusion::NO_VOTE);
    named || serde_json::to_value(reason).is_ok_and(|name| name == "experimental")
}

/// How far the first number with a reference lies above it: a signal without a vote names what it
/// measured first, against the value that speaks for neither side.
fn above_neutral(evidence: &[Evidence]) -> Option<f64> {
    let first = evidence.iter().find_map(|e| Some(e.value - e.reference?));
    first.filter(|v| v.is_finite())
}

fn segment(s: &SegmentResult) -> SegmentScore {
    let findings = s.findings.iter().map(|f| {
        let (llr, weight, reason, evidence) = match &f.outcome {
            Outcome::Scored {
                llr,
                quality,
                evidence,
            } => (Some(*llr), *quality, None, evidence),
            Outcome::Abstained(a) => (None, 0.0, Some(a.reason), &a.evidence),
        };
        FindingScore {
            signal: f.signal.clone(),
            span: f.span,
            llr,
            weight,
            experimental: reason
                .filter(|r| is_experimental(*r, evidence))
                .and_then(|_| above_neutral(evidence)),
            reason,
            evidence: evidence.clone(),
            comparison: f.comparison.clone(),
        }
    });
    SegmentScore {
        span: s.span,
        logit: s.outcome.score().map(|x| x.evidence_logit),
        quality: s.quality,
        findings: findings.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::MediaTime;

    fn clip(parts: &[(i64, i64, Option<f64>)]) -> ClipResult {
        let segments = parts.iter().map(|(from, to, llr)| SegmentScore {
            span: Span::new(MediaTime::from_ms(*from), MediaTime::from_ms(*to)),
            logit: *llr,
            quality: Quality::default(),
            findings: vec![FindingScore {
                signal: "x".into(),
                span: Span::default(),
                llr: *llr,
                weight: 0.5,
                experimental: None,
                reason: None,
                evidence: Vec::new(),
                comparison: None,
            }],
        });
        ClipResult {
            segments: segments.collect(),
            session_logit: None,
            still: false,
            error: None,
        }
    }

    #[test]
    fn the_last_partial_segment_counts_by_its_length() {
        let c = clip(&[
            (0, 3000, Some(1.0)),
            (3000, 6000, None),
            (6000, 7000, Some(5.0)),
        ]);
        let score = c.signal_score("x", Accumulation::Sum).unwrap();
        assert!(
            (score - (3.0 * 0.5 + 1.0 * 2.5) / 4.0).abs() < 1e-12,
            "{score}"
        );
        assert_eq!(c.signal_score("x", Accumulation::Latest), Some(2.5));
        assert_eq!(c.signal_score("y", Accumulation::Sum), None);
    }

    #[test]
    fn abstaining_throughout_is_no_score() {
        let c = clip(&[(0, 3000, None)]);
        for how in [Accumulation::Sum, Accumulation::Latest] {
            assert_eq!(c.signal_score("x", how), None);
        }
    }
}
