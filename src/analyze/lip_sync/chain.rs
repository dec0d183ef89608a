//! A hidden Markov model over the lags and one state "uncorrelated". Pure.

use super::correlate::{LAGS, LagTable, RUN_LAGS};

/// Index of the uncorrelated state.
pub const UNCORRELATED: usize = LAGS;
const STATES: usize = LAGS + 1;

/// Transition probabilities per half second.
#[derive(Debug, Clone, Copy, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// To each neighbouring lag.
    pub step: f64,
    /// To any lag: a splice, or a buffer that filled or ran dry.
    pub jump: f64,
    /// To uncorrelated.
    pub lose: f64,
    /// From uncorrelated to any lag.
    pub find: f64,
    /// Probability of uncorrelated before anything was seen.
    pub start_uncorrelated: f64,
}

/// What the chain says of a context.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// Probability of every state per hop; each row sums to 1.
    pub posterior: Vec<[f64; STATES]>,
    /// Most probable sequence of states.
    pub path: Vec<usize>,
}

type Row = [f64; STATES];

/// Transition matrix, rows sum to 1, the uncorrelated state last.
fn transitions(chain: &Chain) -> Vec<Row> {
    let mut t = vec![[0.0; STATES]; STATES];
    for (i, row) in t.iter_mut().enumerate().take(LAGS) {
        row[..LAGS].fill(chain.jump / LAGS as f64);
        row[i.saturating_sub(1)] += chain.step;
        row[(i + 1).min(LAGS - 1)] += chain.step;
        row[i] += 1.0 - chain.jump - chain.lose - 2.0 * chain.step;
        row[UNCORRELATED] = chain.lose;
    }
    t[UNCORRELATED][..LAGS].fill(chain.find / LAGS as f64);
    t[UNCORRELATED][UNCORRELATED] = 1.0 - chain.find;
    t
}

fn scale(row: &mut Row, by: f64) {
    if by > 0.0 {
        row.iter_mut().for_each(|v| *v /= by);
    }
}

/// Posteriors by the forward-backward algorithm and the Viterbi path of `kappa` times the
/// ratios, against 0 for the uncorrelated state.
pub fn decode(llr: &LagTable, kappa: f64, chain: &Chain) -> Decoded {
    let t = transitions(chain);
    let emission: Vec<Row> = llr
        .iter()
        .map(|row| std::array::from_fn(|s| row.get(s).map_or(0.0, |v| kappa * v)))
        .collect();
    let mut start = [(1.0 - chain.start_uncorrelated) / LAGS as f64; STATES];
    start[UNCORRELATED] = chain.start_uncorrelated;
    Decoded {
        posterior: posterior(&emission, &t, &start),
        path: viterbi(&emission, &t, &start),
    }
}

fn posterior(emission: &[Row], t: &[Row], start: &Row) -> Vec<Row> {
    let likelihood: Vec<Row> = emission
        .iter()
        .map(|e| {
            let top = e.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            e.map(|v| (v - top).exp())
        })
        .collect();
    let mut out: Vec<Row> = Vec::with_capacity(emission.len());
    for l in &likelihood {
        let mut row = match out.last() {
            None => *start,
            Some(before) => {
                let mut next = [0.0; STATES];
                for (p, to) in before.iter().zip(t) {
                    next.iter_mut().zip(to).for_each(|(n, q)| *n += p * q);
                }
                next
            }
        };
        row.iter_mut().zip(l).for_each(|(v, l)| *v *= l);
        let sum = row.iter().sum();
        scale(&mut row, sum);
        out.push(row);
    }
    let mut backward = [1.0; STATES];
    for i in (0..out.len()).rev() {
        out[i].iter_mut().zip(&backward).for_each(|(v, b)| *v *= b);
        let sum = out[i].iter().sum();
        scale(&mut out[i], sum);
        let ahead: Row = std::array::from_fn(|s| likelihood[i][s] * backward[s]);
        let mut before: Row =
            std::array::from_fn(|s| t[s].iter().zip(&ahead).map(|(q, v)| q * v).sum());
        let top = before.iter().copied().fold(0.0, f64::max);
        scale(&mut before, top);
        backward = before;
    }
    out
}

fn viterbi(emission: &[Row], t: &[Row], start: &Row) -> Vec<usize> {
    let log_t: Vec<Row> = t.iter().map(|row| row.map(f64::ln)).collect();
    let Some(first) = emission.first() else {
        return Vec::new();
    };
    let mut best: Row = std::array::from_fn(|s| start[s].ln() + first[s]);
    let mut back: Vec<[usize; STATES]> = Vec::with_capacity(emission.len());
    for e in emission.iter().skip(1) {
        let mut from = [0usize; STATES];
        let mut next = [f64::NEG_INFINITY; STATES];
        for (s, row) in log_t.iter().enumerate() {
            for (to, q) in row.iter().enumerate() {
                let score = best[s] + q;
                if score > next[to] {
                    next[to] = score;
                    from[to] = s;
                }
            }
        }
        best = std::array::from_fn(|s| next[s] + e[s]);
        back.push(from);
    }
    let mut state = 0;
    for (s, v) in best.iter().enumerate() {
        if *v > best[state] {
            state = s;
        }
    }
    let mut path = vec![state];
    for from in back.iter().rev() {
        state = from[state];
        path.push(state);
    }
    path.reverse();
    path
}

/// A stretch of hops over which the path keeps its state, to within [`RUN_LAGS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// First hop.
    pub first: usize,
    /// Hop after the last one.
    pub end: usize,
    /// Median lag index, or [`UNCORRELATED`].
    pub state: usize,
}

/// The run that ends before hop `end`; `None` when `end` is 0 or beyond the path.
pub fn run_before(path: &[usize], end: usize) -> Option<Run> {
    let last = *path.get(end.checked_sub(1)?)?;
    let mut first = end - 1;
    while first > 0 {
        let s = path[first - 1];
        if (s == UNCORRELATED) != (last == UNCORRELATED) || s.abs_diff(last) > RUN_LAGS {
            break;
        }
        first -= 1;
    }
    let mut states = path[first..end].to_vec();
    states.sort_unstable();
    Some(Run {
        first,
        end,
        state: states[(states.len() - 1) / 2],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(super) const CHAIN: Chain = Chain {
        step: 0.03,
        jump: 0.002,
        lose: 0.004,
        find: 0.02,
        start_uncorrelated: 0.5,
    };

    fn peaked(lag: usize, height: f64) -> [f64; LAGS] {
        std::array::from_fn(|i| if i == lag { height } else { -height })
    }

    #[test]
    fn rows_of_the_transition_matrix_sum_to_one() {
        for row in transitions(&CHAIN) {
            assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn a_step_inside_the_context_is_found_at_its_hop() {
        let mut llr = vec![peaked(50, 4.0); 20];
        llr.extend(vec![peaked(62, 4.0); 20]);
        let d = decode(&llr, 1.0, &CHAIN);
        let late = run_before(&d.path, 40).unwrap();
        assert_eq!((late.first, late.state), (20, 62));
        let early = run_before(&d.path, late.first).unwrap();
        assert_eq!((early.first, early.state), (0, 50));
    }

    #[test]
    fn nothing_heard_is_neither_locked_nor_uncorrelated() {
        let d = decode(&vec![[0.0; LAGS]; 20], 1.0, &CHAIN);
        let p = d.posterior[19][UNCORRELATED];
        assert!((0.1..0.9).contains(&p), "{p}");
    }

    #[test]
    fn no_hops_give_no_path() {
        let d = decode(&Vec::new(), 1.0, &CHAIN);
        assert!(d.path.is_empty() && d.posterior.is_empty());
        assert!(run_before(&d.path, 0).is_none() && run_before(&d.path, 5).is_none());
    }

    proptest! {
        #[test]
        fn posteriors_are_probabilities(values in proptest::collection::vec(-40.0..40.0f64, 8 * LAGS)) {
            let llr: LagTable = values
                .chunks_exact(LAGS)
                .map(|c| std::array::from_fn(|i| c[i]))
                .collect();
            for row in decode(&llr, 0.5, &CHAIN).posterior {
                prop_assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-9);
                prop_assert!(row.iter().all(|p| (0.0..=1.0).contains(p)));
            }
        }
    }
}
