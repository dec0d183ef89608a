"""Mouth motion from phones.

Each phone has a target (opening, spreading, rounding). Neighbouring targets are
blended by dominance: every phone pulls with a weight that fades with distance in
time, so that a vowel next to a closure is reached only partly (the idea of Cohen
and Massaro's co-articulation model, 1993, with Gaussian weights). Lips lead the
sound by LEAD_S, as running speech shows (Schwartz and Savariaux, 2014, report
-20 to +70 ms); bilabials keep a hard pull so that the lips really meet.
"""

import numpy as np

LEAD_S = 0.030
STEP_HZ = 200

# name -> (opening 0..1, spreading -1..1, rounding 0..1, weight, reach in seconds)
_VOWEL = {
    "aI": (0.78, 0.10, 0.0), "aU": (0.80, -0.05, 0.3), "aa": (0.90, 0.0, 0.0),
    "a": (0.82, 0.15, 0.0), "a#": (0.45, 0.0, 0.0), "A@": (0.90, -0.05, 0.1),
    "V": (0.62, 0.0, 0.0), "E": (0.60, 0.30, 0.0), "e@": (0.62, 0.25, 0.0),
    "eI": (0.52, 0.45, 0.0), "I": (0.36, 0.30, 0.0), "I#": (0.30, 0.25, 0.0),
    "I2": (0.30, 0.25, 0.0), "i": (0.28, 0.50, 0.0), "i:": (0.30, 0.65, 0.0),
    "i@3": (0.38, 0.35, 0.0), "@": (0.34, 0.0, 0.1), "@2": (0.30, 0.0, 0.1),
    "@-": (0.20, 0.0, 0.0), "@L": (0.32, 0.0, 0.1), "3": (0.36, -0.15, 0.3),
    "3:": (0.40, -0.2, 0.4), "0": (0.70, -0.2, 0.4), "O2": (0.62, -0.25, 0.5),
    "O:": (0.62, -0.35, 0.6), "O@": (0.58, -0.35, 0.6), "o@": (0.55, -0.35, 0.6),
    "oU": (0.46, -0.5, 0.8), "OI": (0.58, -0.3, 0.6), "U": (0.30, -0.5, 0.8),
    "u:": (0.24, -0.65, 1.0),
}  # fmt: skip
_CONSONANT = {
    "p": (-0.10, 0.0, 0.0), "b": (-0.10, 0.0, 0.0), "m": (-0.08, 0.0, 0.0),
    "f": (0.06, 0.1, 0.0), "v": (0.07, 0.1, 0.0), "w": (0.12, -0.7, 1.0),
    "S": (0.18, -0.4, 0.6), "tS": (0.16, -0.4, 0.6), "dZ": (0.16, -0.4, 0.6),
    "Z": (0.18, -0.4, 0.6), "r": (0.22, -0.3, 0.5), "r-": (0.22, -0.3, 0.5),
    "s": (0.12, 0.25, 0.0), "z": (0.12, 0.25, 0.0), "t": (0.16, 0.1, 0.0),
    "t#": (0.20, 0.1, 0.0), "t2": (0.18, 0.1, 0.0), "d": (0.16, 0.1, 0.0),
    "n": (0.18, 0.1, 0.0), "l": (0.26, 0.1, 0.0), "T": (0.16, 0.1, 0.0),
    "D": (0.16, 0.1, 0.0), "k": (0.24, 0.0, 0.0), "g": (0.24, 0.0, 0.0),
    "N": (0.24, 0.0, 0.0), "j": (0.22, 0.4, 0.0), "h": (0.40, 0.0, 0.0),
}  # fmt: skip
_LIPS_MEET = {"p", "b", "m"}
_REST = (0.0, 0.0, 0.0)


def target(name):
    """(opening, spreading, rounding), pull, reach_s of a phone."""
    if name in _LIPS_MEET:
        return _CONSONANT[name], 5.0, 0.034
    if name in ("f", "v", "w"):
        return _CONSONANT[name], 2.5, 0.040
    if name in _CONSONANT:
        return _CONSONANT[name], 0.8, 0.036
    if name.startswith("_") or not name:
        return _REST, 1.2, 0.060
    if name in _VOWEL:
        return _VOWEL[name], 1.0, 0.045
    raise KeyError(f"phone {name!r} has no mouth shape: add it to mouth.py")


def loudness(speech, rate_hz, duration_s):
    """20 ms RMS of the candidate's own speech on the STEP_HZ grid, relative to its 95th percentile."""
    hop = rate_hz // STEP_HZ
    count = int(duration_s * STEP_HZ)
    power = np.pad(speech.astype(np.float64) ** 2, (0, max(0, count * hop - len(speech))))
    steps = power[: count * hop].reshape(count, hop).mean(1)
    smooth = np.convolve(steps, np.hanning(13) / np.hanning(13).sum(), "same")
    level = np.sqrt(smooth)
    return np.clip(level / np.percentile(level[level > 1e-4], 95), 0, 1.2)


def track(phones, speech, rate_hz, duration_s, rng):
    """Mouth state at STEP_HZ: array (steps, 3) of opening, spreading, rounding.

    `phones` are (name, start_s, end_s) as the mouth makes them, in order.
    """
    count = int(duration_s * STEP_HZ)
    time = np.arange(count) / STEP_HZ + LEAD_S
    total = np.full(count, 0.02)
    blend = np.zeros((count, 3))
    for name, start, end in _with_rest(phones, duration_s):
        shape, pull, reach = target(name)
        lo = max(0, int((start - 0.35) * STEP_HZ))
        hi = min(count, int((end + 0.35) * STEP_HZ))
        away = np.maximum(0, np.maximum(start + 0.01 - time[lo:hi], time[lo:hi] - end + 0.01))
        weight = pull * np.exp(-0.5 * (away / reach) ** 2)
        total[lo:hi] += weight
        blend[lo:hi] += weight[:, None] * np.array(shape)
    mouth = blend / total[:, None]
    loud = loudness(speech, rate_hz, duration_s + LEAD_S)
    lead = int(LEAD_S * STEP_HZ)
    mouth[:, 0] *= 0.95 + 0.65 * loud[lead : lead + count]
    mouth += _wander(count, rng) * np.clip(mouth[:, :1] * 2, 0, 1)
    kernel = np.hanning(13)  # muscles: nothing moves faster than about 10 Hz
    for axis in range(3):
        mouth[:, axis] = np.convolve(mouth[:, axis], kernel / kernel.sum(), "same")
    mouth[:, 0] = np.tanh(np.maximum(mouth[:, 0], 0))  # a jaw has an end
    mouth[:, 2] = np.clip(mouth[:, 2], 0, 1)
    return mouth


def _wander(count, rng):
    """Slow person-like variation, so that lips and sound agree well but not perfectly."""
    noise = rng.standard_normal((count + 200, 3))
    kernel = np.hanning(60)
    smooth = np.stack([np.convolve(noise[:, k], kernel, "same") for k in range(3)], 1)
    smooth = smooth[100 : 100 + count]
    return smooth / smooth.std(0) * np.array([0.07, 0.08, 0.05])


def _with_rest(phones, duration_s):
    """The phones with silent stretches named as rest."""
    last = 0.0
    for name, start, end in phones:
        if start - last > 0.08:
            yield "_", last, start - 0.04
        yield name, start, end
        last = end
    yield "_", last, duration_s
