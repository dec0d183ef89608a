"""How the head and eyes move: slow sway, nods while speaking, blinks, glances."""

import numpy as np

from mouth import STEP_HZ
from scene import Expression, Pose


def _sway(count, rng, period_s, amount):
    """Smooth aimless motion: a few incommensurate sines with random phases."""
    t = np.arange(count) / STEP_HZ
    out = np.zeros(count)
    for part in range(5):
        period = period_s * (0.5 + 0.47 * part) * rng.uniform(0.85, 1.15)
        out += np.sin(2 * np.pi * t / period + rng.uniform(0, 2 * np.pi)) / (1 + 0.4 * part)
    return amount * out / 2.2


def _smooth(values, width):
    kernel = np.hanning(width)
    return np.convolve(values, kernel / kernel.sum(), "same")


class Motion:
    """Pose and expression of one person at any moment.

    `mouth` is mouth.track's array, `listening` a list of spans in seconds in which
    the other person speaks (the candidate then nods less and looks at the screen).
    """

    def __init__(self, mouth, listening, rng, lively=1.0):
        count = len(mouth)
        self.mouth = mouth
        talk = np.clip(_smooth(mouth[:, 0], 161) * 3.5, 0, 1)
        beat = _sway(count, rng, 0.9, 1.0) * talk
        k = lively
        self.yaw = (_sway(count, rng, 7.0, 3.2) + 1.5 * _sway(count, rng, 2.1, 0.8) * talk) * k
        self.pitch = (_sway(count, rng, 6.0, 1.5) + 1.3 * beat) * k
        self.roll = (_sway(count, rng, 9.0, 1.5) + 0.7 * _sway(count, rng, 1.7, 1.0) * talk) * k
        self.x = _sway(count, rng, 8.0, 4.5) * k
        self.y = (_sway(count, rng, 11.0, 2.0) + 0.6 * _sway(count, rng, 3.8, 1.0) + 0.9 * beat) * k
        self.scale = 1 + _sway(count, rng, 13.0, 0.012) * k
        self.smile = np.clip(0.45 + _sway(count, rng, 10.0, 0.25), 0.1, 0.9)
        self.brow = np.clip(_sway(count, rng, 2.6, 0.7) * (0.3 + talk), -0.6, 1.0)
        self.closed = self._blinks(count, rng)
        self.gaze_x, self.gaze_y = self._glances(count, rng, listening)

    @staticmethod
    def _blinks(count, rng):
        """A blink every 2 to 6 s: about 90 ms down, 160 ms up."""
        closed = np.zeros(count)
        at = rng.uniform(0.8, 2.0)
        down, up = int(0.09 * STEP_HZ), int(0.16 * STEP_HZ)
        shape = np.concatenate([np.linspace(0, 1, down) ** 1.3, np.ones(6), np.linspace(1, 0, up) ** 1.6])
        while at * STEP_HZ + len(shape) < count:
            begin = int(at * STEP_HZ)
            closed[begin : begin + len(shape)] = np.maximum(closed[begin : begin + len(shape)], shape)
            at += rng.uniform(2.0, 5.5) if rng.random() > 0.12 else 0.45
        return closed

    @staticmethod
    def _glances(count, rng, listening):
        x, y = np.zeros(count), np.zeros(count)
        at, gx, gy = 0, 0.0, 0.0
        while at < count:
            hold = int(rng.uniform(0.5, 2.6) * STEP_HZ)
            x[at : at + hold], y[at : at + hold] = gx, gy
            at += hold
            attentive = any(a <= at / STEP_HZ <= b for a, b in listening)
            spread = 0.7 if attentive else 2.4
            gx, gy = float(np.clip(rng.normal(0, spread), -5, 5)), float(np.clip(rng.normal(0, spread * 0.4), -1.5, 2))
        return _smooth(x, 9), _smooth(y, 9)

    def at(self, time_s):
        """Pose and Expression at a time, interpolated between the series' steps."""
        place = min(max(time_s * STEP_HZ, 0), len(self.yaw) - 1.001)
        low = int(place)
        part = place - low

        def pick(series):
            return float(series[low] * (1 - part) + series[low + 1] * part)

        pose = Pose(*(pick(s) for s in (self.yaw, self.pitch, self.roll, self.x, self.y, self.scale)))
        opening, spread, rounding = (pick(self.mouth[:, k]) for k in range(3))
        closed = pick(self.closed)
        face = Expression(opening, spread, rounding, pick(self.smile) * (1 - 0.5 * opening),
                          closed, pick(self.gaze_x), pick(self.gaze_y), pick(self.brow))  # fmt: skip
        return pose, face
