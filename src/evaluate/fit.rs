//! Logistic regression by Newton's method, for calibration. Pure.

/// `logit P = offset + sum(slope * x)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Logistic {
    /// One per column.
    pub slopes: Vec<f64>,
    /// The constant.
    pub offset: f64,
}

/// Steps after which the fit is given up; Newton's method needs about ten.
const MAX_STEPS: usize = 100;

/// Fits `P(fake)` to the rows by weighted maximum likelihood with a penalty of
/// `ridge / 2 * sum(slope^2)`; the offset is not penalised. `None` when a class is missing, a row
/// has another length than the first, a number is not finite, or the fit does not converge.
pub fn fit_logistic(
    rows: &[Vec<f64>],
    fake: &[bool],
    weights: &[f64],
    ridge: f64,
) -> Option<Logistic> {
    let columns = rows.first()?.len();
    let fits = |r: &Vec<f64>| r.len() == columns && r.iter().all(|v| v.is_finite());
    let complete = rows.len() == fake.len() && rows.len() == weights.len();
    if !complete || !rows.iter().all(fits) || !fake.contains(&true) || !fake.contains(&false) {
        return None;
    }
    // The last parameter is the offset.
    let mut beta = vec![0.0; columns + 1];
    let mut loss = objective(rows, fake, weights, ridge, &beta);
    for _ in 0..MAX_STEPS {
        let (gradient, hessian) = derivatives(rows, fake, weights, ridge, &beta);
        let step = solve(hessian, gradient)?;
        let mut scale = 1.0;
        loop {
            let tried: Vec<f64> = beta.iter().zip(&step).map(|(b, s)| b - scale * s).collect();
            let now = objective(rows, fake, weights, ridge, &tried);
            if now <= loss + 1e-12 {
                (beta, loss) = (tried, now);
                break;
            }
            scale /= 2.0;
            if scale < 1e-9 {
                break;
            }
        }
        let moved = step.iter().map(|s| (s * scale).abs()).fold(0.0, f64::max);
        if moved < 1e-9 {
            let offset = beta.pop()?;
            return Some(Logistic {
                slopes: beta,
                offset,
            });
        }
    }
    None
}

fn linear(row: &[f64], beta: &[f64]) -> f64 {
    let constant = beta.last().copied().unwrap_or(0.0);
    row.iter().zip(beta).map(|(x, b)| x * b).sum::<f64>() + constant
}

fn objective(rows: &[Vec<f64>], fake: &[bool], weights: &[f64], ridge: f64, beta: &[f64]) -> f64 {
    let penalty: f64 = beta.iter().rev().skip(1).map(|b| b * b).sum();
    let loss = |((row, fake), w): ((&Vec<f64>, &bool), &f64)| {
        let z = linear(row, beta);
        let z = if *fake { -z } else { z };
        w * (z.max(0.0) + (-z.abs()).exp().ln_1p())
    };
    rows.iter().zip(fake).zip(weights).map(loss).sum::<f64>() + ridge / 2.0 * penalty
}

type Matrix = Vec<Vec<f64>>;

fn derivatives(
    rows: &[Vec<f64>],
    fake: &[bool],
    weights: &[f64],
    ridge: f64,
    beta: &[f64],
) -> (Vec<f64>, Matrix) {
    let n = beta.len();
    let mut gradient = vec![0.0; n];
    let mut hessian = vec![vec![0.0; n]; n];
    for ((row, fake), w) in rows.iter().zip(fake).zip(weights) {
        let p = 1.0 / (1.0 + (-linear(row, beta)).exp());
        let error = w * (p - f64::from(u8::from(*fake)));
        let curve = w * p * (1.0 - p);
        let x = |i: usize| row.get(i).copied().unwrap_or(1.0);
        for (i, (g, h)) in gradient.iter_mut().zip(&mut hessian).enumerate() {
            *g += error * x(i);
            for (j, cell) in h.iter_mut().enumerate() {
                *cell += curve * x(i) * x(j);
            }
        }
    }
    for (i, (g, h)) in gradient.iter_mut().zip(&mut hessian).enumerate() {
        let penalised = if i + 1 < n { ridge } else { 0.0 };
        *g += penalised * beta.get(i).copied().unwrap_or(0.0);
        if let Some(cell) = h.get_mut(i) {
            // A hair on the diagonal keeps separable sets solvable.
            *cell += penalised + 1e-9;
        }
    }
    (gradient, hessian)
}

/// Gaussian elimination with pivoting; `None` for a singular system.
fn solve(mut a: Matrix, mut b: Vec<f64>) -> Option<Vec<f64>> {
    let n = b.len();
    for k in 0..n {
        let size = |i: &usize| a.get(*i).and_then(|r| r.get(k)).map_or(0.0, |v| v.abs());
        let pivot = (k..n).max_by(|i, j| size(i).total_cmp(&size(j)))?;
        a.swap(k, pivot);
        b.swap(k, pivot);
        let row = a.get(k)?.clone();
        let head = *row.get(k)?;
        if head.abs() < 1e-14 {
            return None;
        }
        let value = *b.get(k)?;
        for i in k + 1..n {
            let target = a.get_mut(i)?;
            let factor = target.get(k)? / head;
            for (t, r) in target.iter_mut().zip(&row).skip(k) {
                *t -= factor * r;
            }
            *b.get_mut(i)? -= factor * value;
        }
    }
    for k in (0..n).rev() {
        let row = a.get(k)?;
        let known: f64 = row.iter().zip(&b).skip(k + 1).map(|(r, x)| r * x).sum();
        let value = (b.get(k)? - known) / row.get(k)?;
        *b.get_mut(k)? = value;
    }
    Some(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separable_sets_stay_finite_and_one_class_is_refused() {
        let rows: Vec<Vec<f64>> = (-5..5).map(|i| vec![f64::from(i) + 0.5]).collect();
        let fake: Vec<bool> = rows.iter().map(|r| r[0] > 0.0).collect();
        let fit = fit_logistic(&rows, &fake, &[1.0; 10], 1.0).unwrap();
        assert!(fit.slopes[0] > 0.5 && fit.slopes[0].is_finite(), "{fit:?}");
        assert!(fit_logistic(&rows, &[true; 10], &[1.0; 10], 1.0).is_none());
        assert!(fit_logistic(&rows, &fake[..9], &[1.0; 10], 1.0).is_none());
        let nan = vec![vec![f64::NAN]; 10];
        assert!(fit_logistic(&nan, &fake, &[1.0; 10], 1.0).is_none());
    }

    #[test]
    fn weights_count_like_copies() {
        let rows: Vec<Vec<f64>> = [0.0, 1.0, 2.0, 3.0].map(|x| vec![x]).to_vec();
        let fake = [false, true, false, true];
        let weighted = fit_logistic(&rows, &fake, &[1.0, 2.0, 1.0, 3.0], 0.5).unwrap();
        let copies: Vec<usize> = vec![0, 1, 1, 2, 3, 3, 3];
        let more: Vec<Vec<f64>> = copies.iter().map(|i| rows[*i].clone()).collect();
        let labels: Vec<bool> = copies.iter().map(|i| fake[*i]).collect();
        let copied = fit_logistic(&more, &labels, &[1.0; 7], 0.5).unwrap();
        assert!((weighted.slopes[0] - copied.slopes[0]).abs() < 1e-9);
    }
}
