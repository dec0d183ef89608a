"""Generated noises and rooms for the voice-activity net: no recording of anyone is used.

Every generator takes `(rng, samples)` and returns float32 audio of about unit RMS at 16 kHz.
"""
from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.signal import butter, fftconvolve, lfilter, sosfilt

from .audio_features import RATE_HZ


def unit_rms(audio: np.ndarray) -> np.ndarray:
    return (audio / (np.sqrt(np.mean(audio**2)) + 1e-9)).astype(np.float32)


def coloured(rng: np.random.Generator, n: int, slope: float) -> np.ndarray:
    """Gaussian noise whose power falls as 1 / f^slope above 20 Hz."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    freq = np.maximum(np.fft.rfftfreq(n, 1 / RATE_HZ), 20.0)
    return unit_rms(np.fft.irfft(spectrum * freq ** (-slope / 2), n))


def white(rng, n):
    return coloured(rng, n, 0.0)


def pink(rng, n):
    return coloured(rng, n, 1.0)


def brown(rng, n):
    return coloured(rng, n, 2.0)


def hum(rng, n):
    """Mains hum with its harmonics over a little pink noise."""
    t = np.arange(n) / RATE_HZ
    base = rng.choice([50.0, 60.0]) * rng.uniform(0.998, 1.002)
    out = 0.05 * coloured(rng, n, 1.0).astype(np.float64)
    for k in range(1, rng.integers(4, 20)):
        out += rng.uniform(0.1, 1.0) / k * np.sin(2 * np.pi * base * k * t + rng.uniform(0, 6.28))
    return unit_rms(out)


def fan(rng, n):
    """Ventilator or laptop fan: coloured noise through a resonance, slowly modulated."""
    f = rng.uniform(150, 1500)
    sos = butter(1, [f / 1.5, f * 1.5], "band", fs=RATE_HZ, output="sos")
    t = np.arange(n) / RATE_HZ
    swing = 1 + rng.uniform(0, 0.5) * np.sin(2 * np.pi * rng.uniform(0.1, 3) * t + rng.uniform(0, 6))
    noise = coloured(rng, n, rng.uniform(0.5, 1.8))
    return unit_rms((noise + rng.uniform(0, 2) * unit_rms(sosfilt(sos, noise))) * swing)


def _burst(rng, ms: float, low: float, high: float) -> np.ndarray:
    """A struck object: noise through two decaying resonances."""
    n = max(16, int(RATE_HZ * ms / 1000))
    t = np.arange(n) / RATE_HZ
    out = rng.standard_normal(n) * 0.4
    for _ in range(2):
        out += np.sin(2 * np.pi * rng.uniform(low, high) * t + rng.uniform(0, 6.28))
    return out * np.exp(-t * 1000 / (ms * rng.uniform(0.1, 0.3)))


def _scatter(rng, n: int, rate: float, make: Callable[[], np.ndarray]) -> np.ndarray:
    """Sum of events at random times, `rate` per second."""
    out = np.zeros(n + RATE_HZ)
    at = rng.exponential(1 / rate)
    while at * RATE_HZ < n:
        event = make()[: RATE_HZ]
        start = int(at * RATE_HZ)
        out[start : start + len(event)] += event * rng.uniform(0.2, 1.0)
        at += rng.exponential(1 / rate)
    return out[:n]


def keyboard(rng, n):
    """Typing: a press and a softer release per key, in bursts, over faint room noise."""
    low = rng.uniform(600, 2500)

    def key():
        press = _burst(rng, rng.uniform(8, 25), low, low * 3)
        out = np.zeros(int(RATE_HZ * 0.2))
        out[: len(press)] += press
        later = int(RATE_HZ * rng.uniform(0.05, 0.13))
        release = _burst(rng, rng.uniform(5, 15), low, low * 3) * rng.uniform(0.2, 0.6)
        out[later : later + len(release)] += release
        return out

    return unit_rms(_scatter(rng, n, rng.uniform(3, 9), key) + 1e-3 * rng.standard_normal(n))


def knocks(rng, n):
    """Desk bumps, mouse clicks, a chair: sparse and of any pitch."""
    def bump():
        low = rng.uniform(60, 1500)
        return _burst(rng, rng.uniform(10, 300), low, low * 2.5)
    return unit_rms(_scatter(rng, n, rng.uniform(0.5, 3), bump) + 1e-3 * rng.standard_normal(n))


def breaths(rng, n):
    """Breathing and blowing: band-limited noise swells of 0.2-0.8 s without voicing."""
    def breath():
        length = int(RATE_HZ * rng.uniform(0.2, 0.8))
        low = rng.uniform(200, 1200)
        sos = butter(1, [low, min(low * rng.uniform(2, 8), 7500)], "band", fs=RATE_HZ, output="sos")
        return unit_rms(sosfilt(sos, rng.standard_normal(length))) * np.hanning(length)
    return unit_rms(_scatter(rng, n, rng.uniform(0.3, 1.2), breath) + 1e-3 * rng.standard_normal(n))


def crackle(rng, n):
    """A bad contact or dense typing far away: many faint impulses over coloured room noise."""
    rate = 10 ** rng.uniform(1.0, 2.3)  # 10 to 200 per second
    hits = (rng.random(n) < rate / RATE_HZ) * rng.exponential(1.0, n) * rng.choice([-1.0, 1.0], n)
    pole = rng.uniform(0.3, 0.97)  # a dull to a bright click
    clicks = unit_rms(lfilter([1.0, 0.0, -1.0], [1.0, -2 * pole * np.cos(rng.uniform(0.05, 1.5)), pole**2], hits))
    return unit_rms(clicks * rng.uniform(0.3, 1.5) + coloured(rng, n, rng.uniform(0.8, 2.0)))


def _wander(rng, n: int, per_second: float, spread_db: float) -> np.ndarray:
    """A gain that wanders irregularly."""
    points = max(2, int(n / RATE_HZ * per_second))
    level_db = np.interp(np.linspace(0, points - 1, n), np.arange(points), rng.normal(0, spread_db, points))
    return 10 ** (np.minimum(level_db, 20) / 20)


def rustle(rng, n):
    """Paper, cloth, a hand on the microphone: noise whose level wanders at 1-30 Hz."""
    noise = coloured(rng, n, rng.uniform(0.0, 2.0))
    return unit_rms(noise * _wander(rng, n, rng.uniform(2, 60), rng.uniform(4, 14)))


def handling(rng, n):
    """A microphone that is touched, or a desk that is leant on: steep rumble of wandering level,
    thuds of any strength, puffs of breath, over a quiet floor."""
    sos = butter(1, rng.uniform(40, 90), "high", fs=RATE_HZ, output="sos")
    rumble = unit_rms(sosfilt(sos, coloured(rng, n, rng.uniform(2.0, 5.0))))
    out = rumble * _wander(rng, n, rng.uniform(0.5, 12), rng.uniform(3, 14))

    def thud():
        low = rng.uniform(50, 220)
        hit = _burst(rng, rng.uniform(30, 250), low, low * rng.uniform(1.2, 4))
        cut = butter(1, rng.uniform(200, 3000), "low", fs=RATE_HZ, output="sos")
        return unit_rms(sosfilt(cut, hit)) * 10 ** (rng.uniform(-15, 25) / 20)

    out = out + _scatter(rng, n, rng.uniform(0.5, 6), thud)
    if rng.random() < 0.5:
        out = unit_rms(out) + rng.uniform(0.1, 1.0) * breaths(rng, n)
    return unit_rms(unit_rms(out) + 10 ** rng.uniform(-3, -1.5) * rng.standard_normal(n))


def _note(rng, hz: float, seconds: float) -> np.ndarray:
    t = np.arange(int(RATE_HZ * seconds)) / RATE_HZ
    vibrato = rng.choice([0.0, 0.003, 0.01]) * np.sin(2 * np.pi * rng.uniform(4, 7) * t)
    phase = 2 * np.pi * hz * np.cumsum(1 + vibrato) / RATE_HZ
    decay = rng.uniform(0.5, 2.0)
    out = sum(np.sin(k * phase) / k**decay for k in range(1, rng.integers(2, 14)) if k * hz < 7_500)
    attack = np.minimum(1, t / rng.uniform(0.003, 0.08))
    release = np.minimum(1, (t[-1] - t) / 0.03)
    return out * attack * release * np.exp(-t * rng.choice([0.0, 1.0, 4.0]))


def music(rng, n):
    """Music-like: a bass, chords and a melody on a scale, sometimes with drums."""
    out = np.zeros(n + 4 * RATE_HZ)
    scale = np.cumsum([0, 2, 2, 1, 2, 2, 2, 1, 2, 2, 1, 2])
    root = rng.uniform(80, 220)
    beat = rng.uniform(0.25, 0.7)
    for voice in range(rng.integers(1, 4)):
        at, octave = 0.0, 2.0 ** rng.integers(0, 3)
        while at * RATE_HZ < n:
            length = beat * rng.choice([0.5, 1, 2])
            for _ in range(1 if voice else rng.integers(1, 4)):
                note = _note(rng, root * octave * 2 ** (rng.choice(scale) / 12), length * 1.05)
                start = int(at * RATE_HZ)
                out[start : start + len(note)] += note / (voice + 1)
            at += length if rng.random() > 0.15 else 2 * length
    if rng.random() < 0.5:
        step = max(1, int(beat * RATE_HZ / 2))
        for start in range(0, n, step):
            hit = _burst(rng, rng.uniform(20, 120), *((60, 120) if (start // step) % 2 else (2000, 6000)))
            out[start : start + len(hit)] += hit * rng.uniform(0.3, 1.0)
    return unit_rms(out[:n])


def tones(rng, n):
    """Ring tones, alerts and sweeps: the sounds that a call itself makes."""
    def alert():
        t = np.arange(int(RATE_HZ * rng.uniform(0.08, 0.9))) / RATE_HZ
        f0, f1 = rng.uniform(250, 2500, 2)
        sweep = f0 if rng.random() < 0.6 else f0 + (f1 - f0) * t / t[-1]
        out = np.sin(2 * np.pi * np.cumsum(sweep * np.ones_like(t)) / RATE_HZ)
        if rng.random() < 0.5:
            out = out + np.sin(2 * np.pi * f1 * t)
        return out * np.minimum(1, np.minimum(t, t[-1] - t) / 0.01)
    return unit_rms(_scatter(rng, n, rng.uniform(0.5, 3), alert) + 1e-3 * rng.standard_normal(n))


GENERATED: dict[str, Callable] = {
    "white": white, "pink": pink, "brown": brown, "hum": hum, "fan": fan, "keyboard": keyboard,
    "knocks": knocks, "breaths": breaths, "crackle": crackle, "rustle": rustle,
    "handling": handling, "music": music, "tones": tones,
}


def babble(rng, n: int, voices: list[np.ndarray], count: int) -> np.ndarray:
    """`count` talkers at once, taken from the given recordings at random places."""
    out = np.zeros(n)
    for _ in range(count):
        row, filled = np.zeros(n), 0
        while filled < n:
            voice = voices[rng.integers(len(voices))]
            start = rng.integers(max(1, len(voice) - RATE_HZ))
            part = voice[start : start + n - filled]
            row[filled : filled + len(part)] = part
            filled += max(len(part), 1)
        out += unit_rms(row)
    return unit_rms(out)


def room(rng, audio: np.ndarray) -> np.ndarray:
    """The same audio in a room: direct sound first (nothing is delayed), then a decaying tail."""
    rt60 = rng.uniform(0.12, 0.7)
    n = int(RATE_HZ * rt60)
    tail = rng.standard_normal(n) * 10 ** (-3 * np.arange(n) / n)
    tail[: int(RATE_HZ * rng.uniform(0.001, 0.01))] = 0
    tail = lfilter([1], [1, -rng.uniform(0, 0.7)], tail)
    direct_to_reverb_db = rng.uniform(-2, 14)
    tail *= 10 ** (-direct_to_reverb_db / 20) / (np.sqrt(np.sum(tail**2)) + 1e-9)
    tail[0] = 1.0
    return fftconvolve(audio, tail)[: len(audio)].astype(np.float32)
