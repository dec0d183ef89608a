"""Log-mel front end of the voice-activity net, and nothing else.

This file is the definition that `src/audio/mel.rs` follows; the golden tensors in
`testdata/golden/` hold the two together (tolerance 1e-3 on the normalised values).

Definition, for mono audio `x` in [-1, 1] at 16 kHz:

* Frame `i` belongs to the 10 ms hop `[160 i, 160 i + 160)` and is centred on it: it covers the
  400 samples `[160 i - 120, 160 i + 280)`; samples outside the recording are zero. `N` samples
  give `floor(N / 160)` frames.
* Window: periodic Hann, `w[n] = 0.5 - 0.5 cos(2 pi n / 400)`.
* Power: `P[k] = |FFT_512(w x)[k]|^2 / sum(w^2)`, `k = 0..256`, so white noise of variance s^2 has
  an expected power of s^2 in every bin whatever the window.
* Mel: 40 triangles whose 42 corners are equally spaced between 60 Hz and 7,600 Hz on the scale
  `mel(f) = 2595 log10(1 + f / 700)` (O'Shaughnessy's formula), evaluated at the bin centres
  (31.25 Hz apart) and each divided by its sum: a band is a weighted mean of bin powers, so its
  level does not depend on its width.
* Floor and scale: `feature = (ln(E + 1e-9) + 12) / 4`. The floor is -90 dB re full scale: just
  above the quantisation noise of 16-bit audio (-101 dB), and 40 dB below quiet speech.

Level: nothing is normalised over time, so a block gives the same features wherever a stream is
cut; robustness to level (real calls differ by 40 dB) comes from training with random gain.
"""
from __future__ import annotations

import numpy as np

RATE_HZ = 16_000
HOP = 160
WINDOW = 400
FFT = 512
BANDS = 40
LOW_HZ = 60.0
HIGH_HZ = 7_600.0
FLOOR = 1e-9
SHIFT = 12.0
SCALE = 4.0
LEFT = (WINDOW - HOP) // 2  # 120 samples of a frame lie before its hop, and as many after


def hann() -> np.ndarray:
    """Periodic Hann window, [400] float64."""
    return 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(WINDOW) / WINDOW)


def mel_matrix() -> np.ndarray:
    """Triangles as weights, [40, 257] float64; each row sums to 1."""
    to_mel = lambda hz: 2595.0 * np.log10(1.0 + hz / 700.0)
    corners_mel = np.linspace(to_mel(LOW_HZ), to_mel(HIGH_HZ), BANDS + 2)
    corners = 700.0 * (10.0 ** (corners_mel / 2595.0) - 1.0)
    bins = np.arange(FFT // 2 + 1) * RATE_HZ / FFT
    rise = (bins[None, :] - corners[:-2, None]) / (corners[1:-1] - corners[:-2])[:, None]
    fall = (corners[2:, None] - bins[None, :]) / (corners[2:] - corners[1:-1])[:, None]
    weights = np.maximum(0.0, np.minimum(rise, fall))
    return weights / weights.sum(axis=1, keepdims=True)


_WINDOW = hann()
_MEL = mel_matrix()


def logmel(samples: np.ndarray) -> np.ndarray:
    """Features [T, 40] float32 of mono 16 kHz audio [N]; T = N // 160."""
    frames = len(samples) // HOP
    if frames == 0:
        return np.zeros((0, BANDS), np.float32)
    padded = np.zeros(LEFT + len(samples) + WINDOW, np.float64)
    padded[LEFT : LEFT + len(samples)] = samples
    view = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:frames]
    out = np.empty((frames, BANDS), np.float32)
    norm = float(np.sum(_WINDOW**2))
    for start in range(0, frames, 4096):  # bounded memory on long recordings
        part = view[start : start + 4096] * _WINDOW
        power = np.abs(np.fft.rfft(part, FFT, axis=1)) ** 2 / norm
        out[start : start + 4096] = (np.log(power @ _MEL.T + FLOOR) + SHIFT) / SCALE
    return out
