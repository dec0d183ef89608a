//! What a flag means where manipulation is rare: the share of flags that are true, by Bayes' rule, at the
//! operating point that was measured. Pure.
//!
//! The figures are those of [docs/accuracy.md](../../docs/accuracy.md), fused score as shipped, on the pairs of
//! camera and live swap, each judged by a net that was fitted without its person (out of fold). A test holds
//! them against that page, so that neither can change without the other.

/// Interviews that the table counts in, so that the rarest row still has whole people in it.
pub(super) const AMONG: f64 = 10_000.0;
/// Prevalences that the table shows: one in so many interviews.
pub(super) const ONE_IN: [f64; 3] = [1_000.0, 100.0, 10.0];

/// A share that was measured, with its 95 % interval (Wilson, on the number of people).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rate {
    pub(super) hits: u32,
    pub(super) of: u32,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// How often recordings were flagged: log odds of 0.69 or more, a likelihood ratio of 2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct OperatingPoint {
    /// Manipulated recordings that were flagged.
    pub(super) found: Rate,
    /// Authentic recordings that were flagged.
    pub(super) false_flags: Rate,
    /// Section of docs/accuracy.md.
    pub(super) section: &'static str,
}

/// Without a reference.
pub(super) const PLAIN: OperatingPoint = OperatingPoint {
    found: Rate {
        hits: 6,
        of: 32,
        low: 0.0856,
        high: 0.3625,
    },
    false_flags: Rate {
        hits: 3,
        of: 32,
        low: 0.0308,
        high: 0.2517,
    },
    section: "live_swap pairs, out of fold, as shipped",
};

/// Against a verified reference of the same person before the same camera.
pub(super) const WITH_REFERENCE: OperatingPoint = OperatingPoint {
    found: Rate {
        hits: 18,
        of: 32,
        low: 0.3854,
        high: 0.7251,
    },
    false_flags: Rate {
        hits: 1,
        of: 32,
        low: 0.0052,
        high: 0.1670,
    },
    section: "reference mode on the live_swap pairs, out of fold, as shipped",
};

/// What flags are at one prevalence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Flags {
    /// Flagged and manipulated, of [`AMONG`] interviews.
    pub(super) right: f64,
    /// Flagged and authentic.
    pub(super) wrong: f64,
    /// Share of flags that are true (positive predictive value).
    pub(super) true_share: f64,
    /// The same with both rates at the end of their intervals that makes it smallest, and largest: wider than
    /// 95 % together.
    pub(super) low: f64,
    pub(super) high: f64,
}

// === impl Rate ===

impl Rate {
    pub(super) fn share(&self) -> f64 {
        f64::from(self.hits) / f64::from(self.of.max(1))
    }
}

// === impl OperatingPoint ===

impl OperatingPoint {
    /// What flags are where one in `one_in` interviews is manipulated.
    pub(super) fn at(&self, one_in: f64) -> Flags {
        let prevalence = 1.0 / one_in.max(1.0);
        let of = |found: f64, wrong: f64| {
            let (right, wrong) = (prevalence * found, (1.0 - prevalence) * wrong);
            if right + wrong > 0.0 {
                right / (right + wrong)
            } else {
                0.0
            }
        };
        Flags {
            right: AMONG * prevalence * self.found.share(),
            wrong: AMONG * (1.0 - prevalence) * self.false_flags.share(),
            true_share: of(self.found.share(), self.false_flags.share()),
            low: of(self.found.low, self.false_flags.high),
            high: of(self.found.high, self.false_flags.low),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::html::kit::percent;

    /// A rate as docs/accuracy.md prints it; its shares have two digits.
    fn printed(r: &Rate) -> String {
        let two = |v: f64| percent(v).replace('\u{a0}', " ");
        let one = |v: f64| match v {
            v if v >= 0.0995 => two(v),
            v => format!("{:.1} %", 100.0 * v),
        };
        format!(
            "{} [{}, {}] ({} of {})",
            one(r.share()),
            one(r.low),
            one(r.high),
            r.hits,
            r.of
        )
    }

    #[test]
    fn the_figures_are_those_of_the_accuracy_page() {
        let root = env!("CARGO_MANIFEST_DIR");
        let page = std::fs::read_to_string(format!("{root}/docs/accuracy.md")).unwrap();
        for point in [PLAIN, WITH_REFERENCE] {
            let start = format!("\n## {}\n", point.section);
            let (_, section) = page.split_once(&start).expect(point.section);
            let rows: Vec<Vec<&str>> = section
                .lines()
                .filter(|l| l.starts_with('|'))
                .map(|l| l.split('|').map(str::trim).collect())
                .collect();
            let fused = rows.iter().find(|r| r[1] == "`fused`").unwrap();
            for (title, rate) in [
                ("found: recordings", point.found),
                ("false alarms: recordings", point.false_flags),
            ] {
                let at = rows[0].iter().position(|c| *c == title).expect(title);
                assert_eq!(fused[at], printed(&rate), "{title} of {}", point.section);
            }
        }
    }

    #[test]
    fn flags_follow_bayes_rule() {
        let point = OperatingPoint {
            found: Rate {
                hits: 9,
                of: 10,
                low: 0.9,
                high: 0.9,
            },
            false_flags: Rate {
                hits: 1,
                of: 100,
                low: 0.01,
                high: 0.01,
            },
            section: "",
        };
        // The example of the literature: 1 in 1,400, 90 % found, 1 % false: 6 % of flags are true.
        let f = point.at(1_400.0);
        assert!((f.true_share - 0.0605).abs() < 5e-4, "{f:?}");
        assert!((f.low - f.true_share).abs() < 1e-12 && (f.high - f.low).abs() < 1e-12);
        let f = PLAIN.at(10.0);
        assert!(f.low < f.true_share && f.true_share < f.high, "{f:?}");
        assert!((f.right / (f.right + f.wrong) - f.true_share).abs() < 1e-12);
        // Nothing flagged at all is no true flag.
        let none = Rate {
            hits: 0,
            of: 32,
            low: 0.0,
            high: 0.0,
        };
        let silent = OperatingPoint {
            found: none,
            false_flags: none,
            section: "",
        };
        assert_eq!(silent.at(10.0).true_share, 0.0);
    }
}
