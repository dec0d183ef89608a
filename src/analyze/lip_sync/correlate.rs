//! Projections and the likelihood ratio of every lag. Pure.

use super::features::{Columns, GRID_HZ, widen};

/// Largest lag in grid steps: 1 s.
pub const MAX_LAG: usize = 50;
/// Number of lags.
pub const LAGS: usize = 2 * MAX_LAG + 1;
/// Grid steps per hop of the chain: half a second.
pub const HOP: usize = 25;
/// Lags within this many steps (60 ms) count as one offset.
pub const RUN_LAGS: usize = 3;
/// Grid steps at which the visual projection looks.
pub const TAPS: [i64; 5] = [-4, -2, 0, 2, 4];

/// A context on the grid, band-passed and scaled.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Visual channels.
    pub visual: Columns,
    /// Audio channels.
    pub audio: Columns,
    /// The mouth was measured.
    pub seen: Vec<bool>,
    /// At or near speech.
    pub gate: Vec<bool>,
    /// Speech itself.
    pub talk: Vec<bool>,
}

/// Log-likelihood ratios, one row of [`LAGS`] per hop.
pub type LagTable = Vec<[f64; LAGS]>;

fn at(column: &[f64], index: i64) -> f64 {
    usize::try_from(index)
        .ok()
        .and_then(|i| column.get(i))
        .copied()
        .unwrap_or(0.0)
}

/// The visual series of one component: channels weighted at each tap. `weights` lie tap by tap.
fn project_visual(visual: &[Vec<f64>], weights: &[f64]) -> Vec<f64> {
    let n = visual.first().map_or(0, Vec::len);
    let mut out = vec![0.0; n];
    for (tap, row) in TAPS.iter().zip(weights.chunks_exact(visual.len().max(1))) {
        for (column, w) in visual.iter().zip(row) {
            for (t, o) in out.iter_mut().enumerate() {
                *o += w * at(column, t as i64 - tap);
            }
        }
    }
    out
}

fn project_audio(audio: &[Vec<f64>], weights: &[f64]) -> Vec<f64> {
    let n = audio.first().map_or(0, Vec::len);
    (0..n)
        .map(|t| audio.iter().zip(weights).map(|(c, w)| c[t] * w).sum())
        .collect()
}

fn unit_rms(mut series: Vec<f64>, used: &[bool]) -> Vec<f64> {
    let count = used.iter().filter(|u| **u).count();
    let power = if count == 0 {
        1.0
    } else {
        let sum: f64 = series.iter().zip(used).filter(|(_, u)| **u).map(|(v, _)| v * v).sum();
        sum / count as f64
    };
    let scale = 1.0 / (power + 1e-9).sqrt();
    series.iter_mut().for_each(|v| *v *= scale);
    series
}

/// The paired series of every component, at unit power over what is seen and what is spoken.
pub fn project(p: &Prepared, visual: &[Vec<f64>], audio: &[Vec<f64>]) -> (Columns, Columns) {
    let near: Vec<bool> = widen(&p.gate, MAX_LAG)
        .iter()
        .zip(&p.seen)
        .map(|(g, s)| *g && *s)
        .collect();
    (
        visual.iter().map(|w| unit_rms(project_visual(&p.visual, w), &near)).collect(),
        audio.iter().map(|w| unit_rms(project_audio(&p.audio, w), &p.gate)).collect(),
    )
}

/// Log-likelihood ratio per half second and lag of "u_k(t) and a_k(t + lag) are jointly normal
/// with correlation rho_k" against "independent", summed over the components. A positive lag
/// means late audio. Hops are aligned to the end of the context.
pub fn hop_llr(u: &[Vec<f64>], a: &[Vec<f64>], seen: &[bool], gate: &[bool], rho: &[f64]) -> LagTable {
    let total = seen.len();
    let hops = total / HOP;
    let skip = total - hops * HOP;
    let mut out = vec![[0.0; LAGS]; hops];
    let terms: Vec<(f64, f64, f64)> = rho
        .iter()
        .map(|r| {
            let rest = 1.0 - r * r;
            (r / rest, r * r / (2.0 * rest), -0.5 * rest.ln())
        })
        .collect();
    for (t, _) in seen.iter().enumerate().skip(skip).filter(|(_, s)| **s) {
        let Some(row) = out.get_mut((t - skip) / HOP) else { continue };
        let first = t.saturating_sub(MAX_LAG);
        let end = (t + MAX_LAG + 1).min(total);
        for heard in first..end {
            if !gate[heard] {
                continue;
            }
            let mut sum = 0.0;
            for ((x, y), (cross, square, constant)) in u.iter().zip(a).zip(&terms) {
                let (x, y) = (x[t], y[heard]);
                sum += x * y * cross - (x * x + y * y) * square + constant;
            }
            row[heard + MAX_LAG - t] += sum;
        }
    }
    out
}

/// Offset in milliseconds: a parabola through the peak of the summed ratios within [`RUN_LAGS`]
/// of lag index `centre`.
pub fn refine_ms(llr: &[[f64; LAGS]], centre: usize) -> f64 {
    let sum = |lag: usize| llr.iter().map(|row| row[lag]).sum::<f64>();
    let low = centre.saturating_sub(RUN_LAGS);
    let high = (centre + RUN_LAGS).min(LAGS - 1);
    let mut peak = low;
    for lag in low..=high {
        if sum(lag) > sum(peak) {
            peak = lag;
        }
    }
    let mut shift = 0.0;
    if peak > 0 && peak < LAGS - 1 {
        let (before, top, after) = (sum(peak - 1), sum(peak), sum(peak + 1));
        let bend = before - 2.0 * top + after;
        if bend < 0.0 {
            shift = (0.5 * (before - after) / bend).clamp(-0.5, 0.5);
        }
    }
    (peak as f64 - MAX_LAG as f64 + shift) * 1000.0 / GRID_HZ
}

/// The ratios as they would be without a drift: of each hop those of the lag that it has where the offset moves by
/// `ms_per_s` and is `lag` in the last one. 0, which says nothing, beyond the lags that were measured.
pub fn sheared(llr: &LagTable, ms_per_s: f64) -> LagTable {
    let lags_per_hop = ms_per_s / 1000.0 * HOP as f64;
    let moved = |hop: usize| (lags_per_hop * (llr.len() - 1 - hop) as f64).round() as i64;
    let at = |row: &[f64; LAGS], lag: usize, by: i64| {
        usize::try_from(lag as i64 - by).ok().and_then(|l| row.get(l)).copied().unwrap_or(0.0)
    };
    llr.iter().enumerate().map(|(hop, row)| std::array::from_fn(|lag| at(row, lag, moved(hop)))).collect()
}
