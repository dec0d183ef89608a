"""Lip-sync fit: own offsets of the clips, projections, expected correlations.

Everything here is a function of the clips it is given, so that a leave-one-speaker-out fold
really leaves its speaker out: of the alignment as well.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import firwin

from . import lip_sync_dsp as dsp
from .audio_features import SCALE, SHIFT, logmel
from .lip_sync_pack import folder

COMPONENTS = 4
RIDGE_VISUAL, RIDGE_AUDIO = 0.3, 0.1
PASS_HZ = (0.7, 9.0)
ROUNDS = 5
ALIGN_LAG = 25  # grid steps: own offsets up to 0.5 s are searched for
FIR = firwin(2 * dsp.FIR_HALF + 1, PASS_HZ, pass_zero=False, fs=dsp.GRID_HZ)
# A speaker unlike those of the fit must still lock: expected correlations are taken lower than
# those measured on left-out speakers.
RHO_SHARE = 0.85
# Series of about 4 Hz bandwidth hold about 8 independent samples a second, the grid 50.
KAPPA = 0.15


@dataclass
class Clip:
    """One recording's raw series."""

    name: str
    speaker: str
    frame_times: np.ndarray
    frame_values: np.ndarray
    mel: np.ndarray
    speech: np.ndarray
    start: float

    @property
    def seconds(self) -> float:
        return float(self.frame_times[-1])


def loud(mel: np.ndarray) -> np.ndarray:
    """Speech of a clean recording: hops within 4.5 nats (20 dB) of the loud twentieth."""
    level = mel.mean(1)
    return (level > np.quantile(level, 0.95) - 4.5).astype(float)


def load(landmarks: str) -> list[Clip]:
    """All packed clips, in the order of their names."""
    clips = []
    for path in sorted(folder(landmarks).glob("*.npz")):
        with np.load(path) as z:
            times = z["time_s"]
            values = np.concatenate((dsp.shape_channels(z["points"].astype(float)),
                                     dsp.patch_channels(z["patches"], times)), 1)
            mel = logmel(z["samples"]).astype(float) * SCALE - SHIFT
            name = str(z["path"]).split("/")[-1].rsplit(".", 1)[0]
            clips.append(Clip(name, str(z["identity"]), times, values, mel, loud(mel), float(z["sound_start_s"])))
    return clips


def context(clip: Clip, end: float, other: Clip | None = None, shift_ms: float = 0.0,
            length: float = dsp.CONTEXT_S) -> dsp.Prepared | None:
    """What was seen and heard up to `end`: with the clip's own sound, moved, or another's, repeated."""
    sound = other or clip
    mel, speech, start = sound.mel, sound.speech, sound.start + shift_ms / 1000
    if other is not None:
        index = np.arange(int(np.ceil(clip.seconds * 100)) + 100) % len(mel)
        mel, speech, start = mel[index], speech[index], 0.0
    begin = max(0.0, end - length)
    first = int(np.ceil(begin * dsp.GRID_HZ - 1e-6))
    grid = np.arange(first, int(np.floor(end * dsp.GRID_HZ + 1e-6))) / dsp.GRID_HZ
    frames = (clip.frame_times >= begin) & (clip.frame_times < end)
    low = max(0, int(np.floor((begin - start) * 100)))
    high = min(len(mel), int(np.floor((end - start) * 100)))
    if high - low < 2:
        return None
    return dsp.prepare(grid, clip.frame_times[frames], clip.frame_values[frames], start + low / 100,
                       mel[low:high], speech[low:high], np.zeros(high - low, bool), FIR)


def whole(clip: Clip) -> dsp.Prepared:
    prepared = context(clip, clip.seconds, length=1e9)
    assert prepared is not None, clip.name
    return prepared


def cca(pairs: list[tuple[np.ndarray, np.ndarray]], components: int) -> tuple[np.ndarray, np.ndarray]:
    """Regularised canonical correlation of row-aligned (visual, audio) pairs."""
    x, y = (np.concatenate([p[i] for p in pairs]) for i in (0, 1))
    xx, yy, xy = x.T @ x / len(x), y.T @ y / len(y), x.T @ y / len(x)
    xx += RIDGE_VISUAL * np.trace(xx) / len(xx) * np.eye(len(xx))
    yy += RIDGE_AUDIO * np.trace(yy) / len(yy) * np.eye(len(yy))

    def inverse_root(m):
        w, v = np.linalg.eigh(m)
        return v / np.sqrt(w) @ v.T

    wx, wy = inverse_root(xx), inverse_root(yy)
    u, _, vt = np.linalg.svd(wx @ xy @ wy)
    return wx @ u[:, :components], wy @ vt[:components].T


def aligned(p: dsp.Prepared, lag: int) -> tuple[np.ndarray, np.ndarray]:
    """Visual rows with taps and the sound `lag` steps later, where both are measured."""
    use = p.seen & dsp.delayed(p.gate, -lag)
    return dsp.with_taps(p.visual)[use], dsp.delayed(p.audio, -lag)[use]


def lag_scores(p: dsp.Prepared, wv: np.ndarray, wa: np.ndarray, reach: int) -> np.ndarray:
    """[2 reach + 1]: summed signed -ln(1 - r^2) / 2 of all components per lag."""
    out = []
    x, y = dsp.with_taps(p.visual) @ wv, p.audio @ wa
    for lag in range(-reach, reach + 1):
        late = dsp.delayed(y, -lag)
        use = p.seen & dsp.delayed(p.gate, -lag)
        r = np.array([np.corrcoef(x[use, k], late[use, k])[0, 1] for k in range(x.shape[1])])
        out.append((-0.5 * np.sign(r) * np.log(1 - r**2)).sum())
    return np.array(out)


def first_guess() -> tuple[np.ndarray, np.ndarray]:
    """Hand-made projection: mouth open, interior dark, against the bands around F1."""
    wv = np.zeros((len(dsp.TAPS), len(dsp.VISUAL), 1))
    for name, sign in (("aperture", 1), ("lower_lip_y", 1), ("outer_area", 1), ("interior", -1)):
        wv[2, dsp.VISUAL.index(name), 0] = sign
    wa = np.zeros((len(dsp.AUDIO), 1))
    wa[1:4] = 1
    return wv.reshape(-1, 1), wa


ZERO = "grid:"  # identities of studio recordings, whose median offset is taken as zero


def align(prepared: dict[str, dsp.Prepared], speaker: dict[str, str]) -> dict[str, int]:
    """Each clip's own offset in grid steps: guess, then refit on the other speakers and look again."""
    wv, wa = first_guess()
    lags = {n: int(lag_scores(p, wv, wa, ALIGN_LAG).argmax()) - ALIGN_LAG for n, p in prepared.items()}
    for _ in range(ROUNDS):
        new = {}
        for name in prepared:
            pairs = [aligned(prepared[m], lags[m]) for m in prepared if speaker[m] != speaker[name]]
            new[name] = int(lag_scores(prepared[name], *cca(pairs, COMPONENTS), ALIGN_LAG).argmax()) - ALIGN_LAG
        if new == lags:
            break
        lags = new
    zero = [l for n, l in lags.items() if speaker[n].startswith(ZERO)] or list(lags.values())
    middle = int(np.floor(np.median(zero)))
    return {n: l - middle for n, l in lags.items()}


def correlations(prepared, speaker, lags) -> np.ndarray:
    """Mean correlation per component of speakers that the projections were not fitted on."""
    total, weight = np.zeros(COMPONENTS), 0.0
    for who in sorted({speaker[n] for n in prepared}):
        wv, wa = cca([aligned(prepared[m], lags[m]) for m in prepared if speaker[m] != who], COMPONENTS)
        for name in (n for n in prepared if speaker[n] == who):
            x, y = aligned(prepared[name], lags[name])
            x, y = x @ wv, y @ wa
            total += len(x) * np.array([np.corrcoef(x[:, k], y[:, k])[0, 1] for k in range(COMPONENTS)])
            weight += len(x)
    return np.clip(total / weight, 0.05, 0.9)


@dataclass
class Weights:
    """What a fit yields."""

    visual: np.ndarray  # [len(TAPS) * len(VISUAL), K]
    audio: np.ndarray  # [len(AUDIO), K]
    rho: np.ndarray  # [K]
    lags: dict[str, int]  # own offset of each training clip, grid steps; positive = audio late


def fit(prepared: dict[str, dsp.Prepared], speaker: dict[str, str]) -> Weights:
    """Alignment, projections and expected correlations from these clips alone."""
    lags = align(prepared, speaker)
    rho = RHO_SHARE * correlations(prepared, speaker, lags)
    return Weights(*cca([aligned(prepared[n], lags[n]) for n in prepared], COMPONENTS), rho, lags)
