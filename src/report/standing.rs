//! Where the evidence stands and whether it changed, in sentences for people.

use super::text::clock;
use crate::core::{Change, Standing, Verdict};

/// The standing with its thresholds, without a full stop.
pub(crate) fn verdict_line(v: &Verdict) -> String {
    let thresholds = format!(
        "evidence of {:+.2} or more stands out, {:+.2} or less is consistent with a live recording",
        v.upper, v.lower
    );
    match (v.standing, v.since) {
        (Standing::Inconclusive, _) => {
            let why = if v.detail.is_empty() {
                "not assessed"
            } else {
                &v.detail
            };
            format!("inconclusive: {why} ({thresholds})")
        }
        (standing, Some(since)) => format!(
            "{} since {} ({thresholds})",
            standing.words(),
            clock(since.as_secs_f64())
        ),
        (standing, None) => format!("{} ({thresholds})", standing.words()),
    }
}

/// What became of the evidence on the way, without a full stop; `None` where nothing was tested.
pub(crate) fn change_line(c: &Change) -> Option<String> {
    if c.threshold <= 0.0 {
        return None;
    }
    let size = format!("{:.2}, where {:.2} stands out", c.statistic, c.threshold);
    Some(match (c.since, c.noticed) {
        (Some(since), Some(noticed)) => format!(
            "from {} on the interview stands out against what came before, as where somebody takes \
             over in mid-call (change of {size}; noticed at {})",
            clock(since.as_secs_f64()),
            clock(noticed.as_secs_f64())
        ),
        _ => format!("no stretch stands out against what came before it (largest change {size})"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::MediaTime;

    #[test]
    fn a_verdict_names_its_thresholds_and_no_guilt() {
        let at = |standing, since| Verdict {
            standing,
            lower: -2.29,
            upper: 4.5,
            since,
            detail: String::new(),
        };
        let lines = [
            verdict_line(&at(Standing::StandsOut, Some(MediaTime::from_ms(61_500)))),
            verdict_line(&at(Standing::ConsistentWithLive, Some(MediaTime::ZERO))),
            verdict_line(&Verdict {
                detail: "no score: no face".into(),
                ..at(Standing::Inconclusive, None)
            }),
        ];
        assert!(
            lines[0].starts_with("stands out since 1:01.5 ("),
            "{}",
            lines[0]
        );
        assert!(lines[1].starts_with("consistent with a live recording since"));
        assert!(lines[2].starts_with("inconclusive: no score: no face ("));
        for line in lines {
            assert!(line.contains("+4.50") && line.contains("-2.29"), "{line}");
            assert!(!line.contains("fraud") && !line.contains("fake"), "{line}");
        }
    }

    #[test]
    fn a_change_says_where_it_begins() {
        let none = Change {
            statistic: 1.25,
            threshold: 5.0,
            since: None,
            noticed: None,
        };
        let line = change_line(&none).unwrap();
        assert!(line.starts_with("no stretch stands out"), "{line}");
        let some = Change {
            since: Some(MediaTime::from_ms(90_000)),
            noticed: Some(MediaTime::from_ms(150_000)),
            ..none
        };
        let line = change_line(&some).unwrap();
        assert!(
            line.contains("from 1:30.0 on") && line.contains("at 2:30.0"),
            "{line}"
        );
        assert_eq!(change_line(&Change::default()), None);
    }
}
