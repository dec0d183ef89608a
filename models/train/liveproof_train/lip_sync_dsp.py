"""Lip-sync layer L0: the feature and correlation maths, and nothing else.

This file is the definition that `src/analyze/lip_sync/` follows; `testdata/golden/lip_sync.json`
holds the two together (tolerance 1e-3). Everything is a pure function of a *context*: what was
seen and heard in the last seconds before an instant, at most CONTEXT_S of it.

Sign: `offset = t(sound event) - t(matching mouth event)`, so positive = audio late.

1. Each picture gives 15 channels (`frame_channels`): lip shape in eye distances, and the mouth
   patch's interior brightness, darkest tenth, level and motion.
2. Each 10 ms of sound gives 10 channels (`audio_channels`): eight bands of log-mel, their mean,
   and the rising spectral flux; levels more than FLOOR_NATS below the loud tenth are cut off.
3. Both are brought to one 50 Hz grid by their timestamps, band-passed to 0.7-9 Hz (the range in
   which mouth opening and envelope are known to go together: Chandrasekaran et al. 2009, PLoS
   Comput Biol 5:e1000436), scaled by their median absolute value and clipped.
4. Fixed projections learned by regularised canonical correlation (`lip_sync_fit`; the method of
   Pedersen et al. 2022, PLoS Comput Biol 18:e1010273) give K pairs of series u_k, a_k.
5. For each half second and each lag, the log-likelihood ratio of "u_k(t) and a_k(t + lag) are
   jointly normal with correlation rho_k" against "independent" (`hop_llr`). Neighbouring samples
   are not independent, so the sum is multiplied by `kappa`, the share of independent samples.
6. A hidden Markov model over the lags and one state "uncorrelated" gives posteriors and a path.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .mesh import SLICES

GRID_HZ = 50
CONTEXT_S = 20.0
GAP_S = 0.25  # pictures further apart than this are not joined
FIR_HALF = 50
TAPS = (-4, -2, 0, 2, 4)  # grid steps at which the visual projection looks
FLOOR_NATS = 8.0
CLIP = 4.0
SPEECH = 0.5
GATE_HOPS = 40  # speech is widened by 0.4 s: onsets and endings carry the offset
MAX_LAG = 50  # grid steps, +-1 s
HOP = 25  # grid steps per half second
LAGS = np.arange(-MAX_LAG, MAX_LAG + 1)
VISUAL = ("aperture", "outer_width", "inner_width", "inner_area", "outer_area", "lower_lip_y",
          "upper_lip_y", "jaw_y", "lower_thickness", "upper_thickness", "corner_y",
          "interior", "darkest", "level", "motion")
AUDIO = tuple(f"band_{i}" for i in range(8)) + ("mean", "flux")


def _area(points: np.ndarray) -> np.ndarray:
    x, y = points[..., 0], points[..., 1]
    return 0.5 * np.abs((x * np.roll(y, -1, -1) - y * np.roll(x, -1, -1)).sum(-1))


def shape_channels(points: np.ndarray) -> np.ndarray:
    """[T, 96, 2] in pixels -> [T, 11]: roll-corrected lip measures in units of the eye distance."""
    left = points[:, SLICES["eye_left"]].mean(1)
    right = points[:, SLICES["eye_right"]].mean(1)
    axis = right - left
    iod = np.hypot(axis[:, 0], axis[:, 1])
    c, s = axis[:, 0] / iod, axis[:, 1] / iod
    d = points - ((left + right) / 2)[:, None]
    q = np.stack((c[:, None] * d[..., 0] + s[:, None] * d[..., 1],
                  -s[:, None] * d[..., 0] + c[:, None] * d[..., 1]), -1) / iod[:, None, None]
    y = q[..., 1]
    nose = y[:, 70]
    distance = lambda i, j: np.hypot(q[:, i, 0] - q[:, j, 0], q[:, i, 1] - q[:, j, 1])
    return np.stack((
        ((y[:, 35] - y[:, 25]) + (y[:, 36] - y[:, 24]) + (y[:, 34] - y[:, 26])) / 3,
        distance(0, 10), distance(20, 30), _area(q[:, 20:40]), _area(q[:, 0:20]),
        y[:, 15] - nose, y[:, 5] - nose, y[:, 86] - nose,
        y[:, 15] - y[:, 35], y[:, 25] - y[:, 5], (y[:, 0] + y[:, 10]) / 2 - nose), -1)


def patch_channels(patches: np.ndarray, times: np.ndarray) -> np.ndarray:
    """[T, 48, 64] gray and [T] seconds -> [T, 4]: interior, darkest, level, motion.

    The motion of a picture after a gap is that of the next one."""
    p = patches.astype(np.float64).reshape(len(patches), 24, 2, 32, 2).mean((2, 4))
    mean = p[:, 2:22, 3:29].mean((1, 2)) + 4
    interior = p[:, 9:15, 11:21].mean((1, 2)) + 4
    core = np.sort(p[:, 8:18, 10:22].reshape(len(p), -1), 1)
    darkest = core[:, (core.shape[1] - 1) // 10] + 4
    motion = np.full(len(p), np.nan)
    dt = np.diff(times)
    move = np.abs(np.diff(p, axis=0))[:, 5:20, 3:29].mean((1, 2)) / mean[1:]
    near = (dt > 0) & (dt <= GAP_S)
    motion[1:][near] = np.log(0.005 + move[near] * 0.04 / dt[near])
    for i in range(len(p) - 2, -1, -1):
        if np.isnan(motion[i]):
            motion[i] = motion[i + 1]
    motion[np.isnan(motion)] = np.log(0.005)
    return np.stack((np.log(interior / mean), np.log(darkest / mean), np.log(mean), motion), -1)


def audio_channels(logmel: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """[N, 40] natural-log mel energies and [N] missing -> [N, 10]."""
    level = logmel.mean(1)
    heard = np.sort(level[~missing]) if (~missing).any() else np.zeros(1)
    floor = heard[(len(heard) - 1) * 98 // 100] - FLOOR_NATS
    m = np.maximum(logmel, floor)
    m[missing] = floor
    bands = m.reshape(len(m), 8, 5).mean(2)
    flux = np.zeros(len(m))
    flux[1:] = np.maximum(0.0, np.diff(m, axis=0)).mean(1)
    return np.concatenate((bands, m.mean(1)[:, None], flux[:, None]), 1)


def widen(mask: np.ndarray, reach: int) -> np.ndarray:
    """True wherever the mask is true within `reach` entries."""
    counts = np.concatenate(([0], np.cumsum(mask)))
    i = np.arange(len(mask))
    return counts[np.minimum(i + reach + 1, len(mask))] > counts[np.maximum(i - reach, 0)]


def resample(times: np.ndarray, values: np.ndarray, grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Linear interpolation at `grid`; false where no two neighbours within GAP_S enclose it."""
    out = np.stack([np.interp(grid, times, values[:, k]) for k in range(values.shape[1])], 1)
    inside = (grid >= times[0]) & (grid <= times[-1])
    j = np.clip(np.searchsorted(times, grid, side="right"), 1, len(times) - 1)
    return out, inside & (times[j] - times[j - 1] <= GAP_S)


def band_pass(series: np.ndarray, fir: np.ndarray) -> np.ndarray:
    """Zero-phase FIR over columns; mean removed, ends mirrored without repeating the edge."""
    x = series - series.mean(0)
    x = np.pad(x, ((FIR_HALF, FIR_HALF), (0, 0)), mode="reflect")
    return np.stack([np.convolve(x[:, k], fir, "valid") for k in range(x.shape[1])], 1)


def robust_scale(series: np.ndarray, used: np.ndarray) -> np.ndarray:
    """Columns over 1.4826 median |x| of the used rows, clipped to +-CLIP; unused rows are 0."""
    rows = np.sort(np.abs(series[used]), 0)
    scale = 1.4826 * rows[(len(rows) - 1) // 2] if len(rows) else np.ones(series.shape[1])
    out = np.clip(series / (scale + 1e-9), -CLIP, CLIP)
    return out * used[:, None]


def delayed(series: np.ndarray, steps: int) -> np.ndarray:
    """Row t of the result is row t - steps; zero where there is none."""
    out = np.zeros_like(series)
    if steps >= 0:
        out[steps:] = series[:len(series) - steps]
    else:
        out[:steps] = series[-steps:]
    return out


def with_taps(visual: np.ndarray) -> np.ndarray:
    """[T, C] -> [T, len(TAPS) * C], tap by tap."""
    return np.concatenate([delayed(visual, s) for s in TAPS], 1)


@dataclass
class Prepared:
    """A context on the grid, band-passed and scaled."""

    visual: np.ndarray  # [T, 15]
    audio: np.ndarray  # [T, 10]
    seen: np.ndarray  # [T] mouth measured
    gate: np.ndarray  # [T] at or near speech
    talk: np.ndarray  # [T] speech itself


def prepare(grid, frame_times, frame_values, hop_start, logmel, speech, missing, fir) -> Prepared | None:
    """Everything up to the projections; None when there are too few pictures or hops."""
    if len(frame_times) < 2 or len(logmel) < 2 or len(grid) <= FIR_HALF + 1:
        return None
    visual, seen = resample(frame_times, frame_values, grid)
    hop_times = hop_start + 0.005 + 0.01 * np.arange(len(logmel))
    audio, heard = resample(hop_times, audio_channels(logmel, missing), grid)
    nearest = np.clip(np.floor((grid - hop_start) / 0.01 + 1e-6).astype(int), 0, len(logmel) - 1)
    spoken = (speech >= SPEECH) & ~missing
    gate = (widen(spoken, GATE_HOPS) & ~widen(missing, 10))[nearest] & heard
    near = widen(gate, MAX_LAG)
    return Prepared(robust_scale(band_pass(visual, fir), seen & near if (seen & near).any() else seen),
                    robust_scale(band_pass(audio, fir), gate if gate.any() else heard), seen, gate,
                    spoken[nearest] & heard)


def unit_rms(series: np.ndarray, used: np.ndarray) -> np.ndarray:
    """Columns scaled to unit root mean square over the used rows."""
    power = (series[used] ** 2).mean(0) if used.any() else np.ones(series.shape[1])
    return series / np.sqrt(power + 1e-9)


def project(p: Prepared, visual_weights: np.ndarray, audio_weights: np.ndarray):
    """u [T, K] and a [T, K] at unit power over seen and over speech."""
    near = p.seen & widen(p.gate, MAX_LAG)
    return unit_rms(with_taps(p.visual) @ visual_weights, near), unit_rms(p.audio @ audio_weights, p.gate)


def hop_llr(u, a, seen, gate, rho) -> np.ndarray:
    """[hops, lags]: log-likelihood ratio per half second, aligned to the end of the context."""
    total = len(u)
    hops = total // HOP
    out = np.zeros((hops, len(LAGS)))
    cross, square, constant = rho / (1 - rho**2), rho**2 / (2 * (1 - rho**2)), -0.5 * np.log(1 - rho**2)
    for j, lag in enumerate(LAGS):
        late, use = delayed(a, -lag), delayed(gate, -lag) & seen
        x = ((u * late * cross - (u * u + late * late) * square + constant).sum(1)) * use
        out[:, j] = x[total - hops * HOP:].reshape(hops, HOP).sum(1)
    return out


@dataclass(frozen=True)
class Chain:
    """Transition probabilities per half second."""

    step: float = 0.03  # to each neighbouring lag: 10 ms per square root of a second
    jump: float = 0.002  # to any lag
    lose: float = 0.004  # to uncorrelated: once in two minutes
    find: float = 0.02  # from uncorrelated to any lag
    start_uncorrelated: float = 0.5


def transitions(chain: Chain) -> np.ndarray:
    """[S, S] with the uncorrelated state last; rows sum to 1."""
    n = len(LAGS)
    t = np.zeros((n + 1, n + 1))
    t[:n, :n] = chain.jump / n
    i = np.arange(n)
    t[i, np.maximum(i - 1, 0)] += chain.step
    t[i, np.minimum(i + 1, n - 1)] += chain.step
    t[i, i] += 1 - chain.jump - chain.lose - 2 * chain.step
    t[:n, n] = chain.lose
    t[n, :n] = chain.find / n
    t[n, n] = 1 - chain.find
    return t


def decode(llr: np.ndarray, kappa: float, chain: Chain) -> tuple[np.ndarray, np.ndarray]:
    """Posteriors [hops, lags + 1] by forward-backward, and the Viterbi path [hops]."""
    hops, n = llr.shape
    e = np.concatenate((kappa * llr, np.zeros((hops, 1))), 1)
    t = transitions(chain)
    start = np.full(n + 1, (1 - chain.start_uncorrelated) / n)
    start[n] = chain.start_uncorrelated
    scaled = np.exp(e - e.max(1, keepdims=True))
    forward, backward = np.empty_like(e), np.ones_like(e)
    forward[0] = start * scaled[0]
    forward[0] /= forward[0].sum()
    for i in range(1, hops):
        forward[i] = (forward[i - 1] @ t) * scaled[i]
        forward[i] /= forward[i].sum()
    for i in range(hops - 2, -1, -1):
        backward[i] = t @ (scaled[i + 1] * backward[i + 1])
        backward[i] /= backward[i].max()
    posterior = forward * backward
    posterior /= posterior.sum(1, keepdims=True)
    logt = np.log(t)
    best, back = np.log(start) + e[0], np.zeros((hops, n + 1), int)
    for i in range(1, hops):
        score = best[:, None] + logt
        back[i] = score.argmax(0)
        best = score.max(0) + e[i]
    path = np.empty(hops, int)
    path[-1] = int(best.argmax())
    for i in range(hops - 1, 0, -1):
        path[i - 1] = back[i, path[i]]
    return posterior, path


RUN_LAGS = 3  # hops whose path stays within 60 ms of each other belong to one run


def last_run(path: np.ndarray) -> tuple[int, int]:
    """First hop of the final run, and its median lag index; lag index n means uncorrelated."""
    n = len(LAGS)
    first = len(path) - 1
    while first > 0 and (path[first - 1] == n) == (path[-1] == n) \
            and abs(int(path[first - 1]) - int(path[-1])) <= RUN_LAGS:
        first -= 1
    return first, int(np.sort(path[first:])[(len(path) - first - 1) // 2])


def refine(llr: np.ndarray, centre: int) -> float:
    """Lag in grid steps: parabola through the summed ratio's peak within RUN_LAGS of `centre`."""
    s = llr.sum(0)
    low, high = max(0, centre - RUN_LAGS), min(len(s) - 1, centre + RUN_LAGS)
    peak = low + int(s[low:high + 1].argmax())
    shift = 0.0
    if 0 < peak < len(s) - 1:
        bend = s[peak - 1] - 2 * s[peak] + s[peak + 1]
        if bend < 0:
            shift = float(np.clip(0.5 * (s[peak - 1] - s[peak + 1]) / bend, -0.5, 0.5))
    return float(LAGS[peak] + shift)


WINDOW_HOPS = 20  # a result describes at most the last 10 s
LOCKED, UNCORRELATED = 0.9, 0.1
MIN_SPEECH_S = {"locked": 3.0, "uncorrelated": 4.0}
DRIFTS_MS_PER_S = (-60.0, -48.0, -36.0, -24.0, -12.0, 12.0, 24.0, 36.0, 48.0, 60.0)  # tried where no steady offset is found
DRIFT_SPEECH_S, DRIFT_LENGTH_S, DRIFT_LOCKED = 4.0, 8.0, 0.95


@dataclass(frozen=True)
class Reading:
    """What a context says of its last seconds."""

    state: str  # locked, uncorrelated, undetermined
    offset_ms: float  # of the final run, where it drifts at its end; meaningless unless locked
    lock_probability: float
    speech_s: float  # of the described stretch, mouth in sight
    hops: int  # half seconds described
    drift_ms_per_s: float = 0.0


def sheared(llr: np.ndarray, ms_per_s: float) -> np.ndarray:
    """The ratios as they would be without a drift; 0 beyond the lags that were measured."""
    out = np.zeros_like(llr)
    for hop, row in enumerate(llr):
        by = int(np.floor(abs(x := ms_per_s / 1000 * HOP * (len(llr) - 1 - hop)) + 0.5) * np.sign(x))  # half away from zero, as Rust rounds
        kept = row[:len(row) - by] if by >= 0 else row[-by:]
        out[hop, max(by, 0):max(by, 0) + len(kept)] = kept
    return out


def read(p: Prepared, visual_weights, audio_weights, rho, kappa: float, chain: Chain) -> Reading:
    """Runs the projections, the chain and the decision on a prepared context; where no steady offset is found, at drifts."""
    u, a = project(p, visual_weights, audio_weights)
    llr = hop_llr(u, a, p.seen, p.gate, rho)
    steady = read_at(p, llr, 0.0, kappa, chain)
    if steady.state == "locked":
        return steady
    drifting = [read_at(p, sheared(llr, v), v, kappa, chain) for v in DRIFTS_MS_PER_S]
    found = [r for r in drifting if r.state == "locked" and r.lock_probability > DRIFT_LOCKED and r.speech_s >= DRIFT_SPEECH_S
             and r.hops * HOP / GRID_HZ >= DRIFT_LENGTH_S]
    return max(found, key=lambda r: r.lock_probability, default=steady)


def read_at(p: Prepared, llr: np.ndarray, drift_ms_per_s: float, kappa: float, chain: Chain) -> Reading:
    """Reads the ratios of a context whose offset moves at this rate."""
    posterior, path = decode(llr, kappa, chain)
    n, hops = len(LAGS), len(llr)
    first, middle = last_run(path)
    first = max(first, hops - WINDOW_HOPS)
    counted = (p.seen & p.talk)[len(p.seen) - (hops - first) * HOP:]
    speech_s = float(counted.sum()) / GRID_HZ
    low, high = (0, n) if middle == n else (max(0, middle - RUN_LAGS), min(n, middle + RUN_LAGS + 1))
    probability = float(posterior[first:, low:high].sum(1).mean())
    offset = refine(llr[first:], min(middle, n - 1)) * 1000 / GRID_HZ
    state = "undetermined"
    if middle < n and probability > LOCKED and speech_s >= MIN_SPEECH_S["locked"]:
        state = "locked"
    elif middle == n and probability < UNCORRELATED and speech_s >= MIN_SPEECH_S["uncorrelated"]:
        state = "uncorrelated"
    return Reading(state, offset, probability, speech_s, hops - first, drift_ms_per_s)
