"""How a hand moves before a face when it is asked to: plans in time and space, without pictures.

Lengths are in sizes of the face: x in widths of the landmarks' box, y in its heights, both from its centre, x to the
picture's right, y down. A `Plan` says what was asked for and what is done; `Plan.at` gives the palm at a time.
Speeds, counts and holds follow the protocol of the hand challenge (issue's design, 03-models E): crossings at 0.3 to
4 widths a second, holds of 0.8 s and more, one to three passes.
"""
from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

AWAY = 1.18            # |x| of the palm's centre where the hand is clear of the face
BELOW = 2.3            # y at which the hand has left an interview's picture
ELBOW_Y = 2.9
PROMPT_S = 0.9         # end of the prompt, from the clip's first picture
ALLOWED_S = 6.0        # from prompt end to deadline, where the clip is long enough for it
# What is done where the challenge is not performed
REFUSALS = ("no_hand", "beside", "grazing", "late", "miscounted")


@dataclass(frozen=True)
class Place:
    """Palm centre, angle of the fingers against straight up (degrees, clockwise)."""

    x: float
    y: float
    lean: float


@dataclass
class Plan:
    """One challenge and what the hand does about it. Times in seconds from the clip's first picture."""

    kind: str                  # hand_pass | hand_hold
    count: int                 # crossings asked for; 1 for a hold
    deadline_s: float
    done: str                  # "performed", or one of REFUSALS
    keys: list[tuple[float, float, float]] = field(default_factory=list)   # time, x, y
    crossings: list[tuple[float, float]] = field(default_factory=list)     # from clear of the face to clear of it
    held: list[tuple[float, float]] = field(default_factory=list)          # arrived over the face, left it again
    elbow: float = 0.0         # x of the elbow where the palm is at x = 0
    wobble: tuple[float, float, float] = (0.02, 1.7, 0.0)                  # amplitude in widths, Hz, phase

    @property
    def performed(self) -> bool:
        return self.done == "performed"

    @property
    def onset_s(self) -> float | None:
        """When the hand starts to move, None where there is none."""
        return self.keys[0][0] if self.keys else None

    @property
    def end_s(self) -> float:
        return self.keys[-1][0] if self.keys else 0.0

    def at(self, t: float) -> Place | None:
        """The palm, or None while no hand is in the picture."""
        if not self.keys or not self.keys[0][0] <= t <= self.keys[-1][0]:
            return None
        x, y = reached(self.keys, t)
        size, hz, phase = self.wobble
        x += size * np.sin(2 * np.pi * hz * t + phase)
        y += 0.7 * size * np.sin(2 * np.pi * 0.83 * hz * t + 2 * phase + 1)
        from_elbow = x - (0.45 * x + self.elbow)
        return Place(float(x), float(y), float(np.degrees(np.arctan2(from_elbow, ELBOW_Y - min(y, ELBOW_Y - 1.2)))))


def reached(keys: list[tuple[float, float, float]], t: float) -> tuple[float, float]:
    """Between two keys by the path of least jerk (Flash & Hogan, J. Neuroscience 1985), which is how arms move."""
    for (t0, x0, y0), (t1, x1, y1) in zip(keys, keys[1:]):
        if t <= t1:
            s = 0.0 if t1 <= t0 else float(np.clip((t - t0) / (t1 - t0), 0, 1))
            s = s ** 3 * (10 - 15 * s + 6 * s * s)
            return x0 + (x1 - x0) * s, y0 + (y1 - y0) * s
    return keys[-1][1], keys[-1][2]


class _Path:
    """Keys one after the other."""

    def __init__(self, at_s: float, x: float, y: float):
        self.keys = [(at_s, x, y)]

    def to(self, x: float, y: float, takes_s: float) -> "_Path":
        self.keys.append((self.keys[-1][0] + takes_s, x, y))
        return self

    def stay(self, takes_s: float) -> "_Path":
        return self.to(*self.keys[-1][1:], takes_s)

    @property
    def now(self) -> float:
        return self.keys[-1][0]


def enter(rng: np.random.Generator, at_s: float, side: float, y: float) -> _Path:
    """The hand comes up from below or in from the side, to where it is clear of the face."""
    if rng.random() < 0.6:
        return _Path(at_s, side * rng.uniform(0.9, 1.4), BELOW).to(side * AWAY, y, rng.uniform(0.4, 0.8))
    return _Path(at_s, side * 2.6, y + rng.uniform(0.2, 0.9)).to(side * AWAY, y, rng.uniform(0.35, 0.7))


def leave(rng: np.random.Generator, path: _Path) -> _Path:
    """Down and out, or out to the side on which it is."""
    x = path.keys[-1][1]
    if rng.random() < 0.7:
        return path.to(x * rng.uniform(0.8, 1.2), BELOW, rng.uniform(0.4, 0.8))
    return path.to(np.sign(x) * 2.6, path.keys[-1][2] + rng.uniform(0.1, 0.6), rng.uniform(0.35, 0.7))


def crossing_path(rng: np.random.Generator, onset_s: float, count: int, left_s: float) -> tuple[_Path, list[tuple[float, float]]]:
    """`count` crossings, no slower than lets them end within `left_s`; each with the seconds from side to side."""
    side, y = float(rng.choice([-1, 1])), rng.uniform(-0.05, 0.3)
    path, crossings = enter(rng, onset_s, side, y), []
    most = max(0.75, (left_s - 1.9) / count - 0.25)
    for _ in range(count):
        path.stay(rng.uniform(0.04, 0.2))
        takes = float(np.clip(2 * AWAY / np.exp(rng.uniform(np.log(0.9), np.log(3.0))), 0.75, most))
        start = path.now
        side = -side
        path.to(side * AWAY, y + rng.uniform(-0.08, 0.08), takes)
        crossings.append((start, path.now))
    path.stay(rng.uniform(0.04, 0.15))
    return leave(rng, path), crossings


def hold_path(rng: np.random.Generator, onset_s: float, hold_s: float) -> tuple[_Path, tuple[float, float]]:
    """The hand comes before the face from below or the side, stays, and leaves the way it came."""
    x, y = rng.uniform(-0.18, 0.18), rng.uniform(-0.05, 0.25)
    start = (rng.uniform(-0.5, 0.5), BELOW) if rng.random() < 0.5 else (float(rng.choice([-1, 1])) * 2.6, rng.uniform(0.3, 0.9))
    path = _Path(onset_s, *start).to(x, y, rng.uniform(0.5, 0.9))
    arrived = path.now
    path.to(x + rng.uniform(-0.05, 0.05), y + rng.uniform(-0.05, 0.05), hold_s)
    return path.to(*start, rng.uniform(0.5, 0.9)), (arrived, arrived + hold_s)


def grazing_path(rng: np.random.Generator, onset_s: float) -> _Path:
    """The hand touches the edge of the face and goes back."""
    side, y = float(rng.choice([-1, 1])), rng.uniform(0.0, 0.35)
    path = enter(rng, onset_s, side, y).to(side * rng.uniform(0.98, 1.06), y, rng.uniform(0.25, 0.45))
    return leave(rng, path.to(side * AWAY, y, rng.uniform(0.25, 0.45)))


def beside_path(rng: np.random.Generator, onset_s: float) -> _Path:
    """The hand waves beside the face and never comes before it."""
    side, y = float(rng.choice([-1, 1])), rng.uniform(-0.05, 0.3)
    path = enter(rng, onset_s, side, y).to(side * 1.45, y, 0.01)
    for _ in range(int(rng.integers(1, 4))):
        path.to(side * rng.uniform(1.6, 2.0), y + rng.uniform(-0.1, 0.1), rng.uniform(0.3, 0.6))
        path.to(side * rng.uniform(1.3, 1.45), y + rng.uniform(-0.1, 0.1), rng.uniform(0.3, 0.6))
    return leave(rng, path)


def draw_plan(rng: np.random.Generator, length_s: float, done: str = "performed", kind: str | None = None) -> Plan:
    """A challenge that fits into a clip of `length_s`, and what is done about it. ValueError where nothing fits."""
    if length_s < 5.0:
        raise ValueError(f"a challenge needs a clip of 5 s or more, got {length_s:.2f} s")
    kind = kind or ("hand_hold" if rng.random() < 0.3 else "hand_pass")
    if done in ("miscounted", "grazing", "late"):
        kind = "hand_pass" if done != "late" else kind
    room_s = length_s - PROMPT_S - 0.5
    count = 1 if kind == "hand_hold" else int(rng.choice([1, 2, 3] if room_s > 5.3 else [1, 2]))
    count = max(2, count) if done == "miscounted" else count
    deadline = PROMPT_S + min(ALLOWED_S, room_s + 0.3)
    onset = PROMPT_S + rng.uniform(0.35, 1.2)
    plan = Plan(kind, count, deadline, done, elbow=rng.uniform(-0.35, 0.35),
                wobble=(rng.uniform(0.008, 0.03), rng.uniform(1.2, 2.6), rng.uniform(0, 6)))
    if done == "late":          # what was asked for, after the deadline
        plan.deadline_s = PROMPT_S + 0.3 * room_s
        onset = plan.deadline_s + rng.uniform(0.3, 0.5)
    left = length_s - 0.3 - onset
    if done in ("performed", "late", "miscounted"):
        if kind == "hand_hold":
            path, span = hold_path(rng, onset, float(np.clip(rng.uniform(0.9, 2.2), 0.85, max(0.85, left - 1.9))))
            plan.held = [span]
        else:
            made = count - 1 if done == "miscounted" else (1 if done == "late" else count)
            plan.count = 1 if done == "late" else count
            path, plan.crossings = crossing_path(rng, onset, made, left)
        plan.keys = path.keys
    elif done == "beside":
        plan.keys = beside_path(rng, onset).keys
    elif done == "grazing":
        plan.keys = grazing_path(rng, onset).keys
    elif done != "no_hand":
        raise ValueError(f"done: expected performed or one of {', '.join(REFUSALS)}, got {done!r}")
    return plan


def spans_above(times: np.ndarray, values: np.ndarray, least: float) -> list[tuple[float, float]]:
    """Stretches in which `values` is at least `least`, as first and last time."""
    on = np.flatnonzero(np.diff(np.r_[0, (np.asarray(values) >= least).astype(int), 0]))
    return [(float(times[a]), float(times[b - 1])) for a, b in zip(on[::2], on[1::2])]
