"""What a swap does in time: the landmarks lag and jitter, the swap runs slower than the camera, the face drops
out to the person's own for a few frames, colours flicker. A family forges one frame; `ClipForger` runs it through
a clip. Each clip draws one `Behaviour`; families get the same generator state for every frame, so that their own
parameters (decoder, mask, colours) stay what they were.
"""
from __future__ import annotations

import zlib
from collections import deque
from dataclasses import asdict, dataclass
from typing import Callable

import numpy as np

from .layers import Forgery, blend

Family = Callable[..., Forgery]
Pin = Callable[[np.random.Generator, np.ndarray, np.ndarray], dict]  # arguments of a family that stay through a clip
MEMORY = 0.8          # of the first-order autoregressive jitter, per frame
WINDOW = 3.0          # side of the window that is forged, in sizes of the face: head, hair, shoulders
SWAP_FPS = (10.0, 15.0, 20.0, 30.0)


def seed_of(*parts: str) -> int:
    """A seed that follows from names, the same on every machine."""
    return zlib.crc32("/".join(parts).encode())


@dataclass(frozen=True)
class Span:
    """Seconds from the clip's first frame; the end is not in it."""

    from_s: float = 0.0
    to_s: float = float("inf")

    def holds(self, at_s: float) -> bool:
        return self.from_s <= at_s < self.to_s


@dataclass(frozen=True)
class Behaviour:
    """Of one clip. Ranges: design estimates for live swap tools (03-models, A.1.3's temporal model)."""

    jitter_px: float       # standard deviation of the paste's place, AR(1), 0.3 to 1.5
    lag: int               # frames by which the landmarks are old, 0 to 4
    swap_fps: float        # rate at which a new face is painted; between, the last one stays
    drop_p: float          # chance per frame that the swap drops out, 0 or 0.005 to 0.03
    flicker: float         # standard deviation of the layer's colour, grey levels, 0 to 4
    pump: float            # standard deviation of the paste's size, 0 to 0.015

    @staticmethod
    def draw(rng: np.random.Generator) -> "Behaviour":
        lag = int(rng.choice([0, 0, 1, 1, 2, 3, 4]))
        return Behaviour(rng.uniform(0.3, 1.5), lag, float(rng.choice(SWAP_FPS)),
                         rng.uniform(0.005, 0.03) if rng.random() < 0.6 else 0.0, rng.uniform(0, 4), rng.uniform(0, 0.015))

    @staticmethod
    def still() -> "Behaviour":
        """No behaviour in time: each frame on its own."""
        return Behaviour(0.0, 0, 1e9, 0.0, 0.0, 0.0)


class Wander:
    """First-order autoregressive noise of a given standard deviation."""

    def __init__(self, rng: np.random.Generator, size: int, sd: float):
        self.rng, self.sd = rng, sd
        self.at = sd * rng.standard_normal(size)

    def __call__(self) -> np.ndarray:
        step = self.rng.standard_normal(len(self.at)) * self.sd * np.sqrt(1 - MEMORY ** 2)
        self.at = MEMORY * self.at + step
        return self.at


def window_of(points: np.ndarray, side: int, shape: tuple[int, int]) -> tuple[slice, slice]:
    """Rows and columns of a square of at most `side` pixels around the face, inside the picture."""
    centre = (points.min(0) + points.max(0)) / 2
    out = []
    for middle, whole in ((centre[1], shape[0]), (centre[0], shape[1])):
        length = min(side, whole)
        start = int(np.clip(round(middle - length / 2), 0, whole - length))
        out.append(slice(start, start + length))
    return out[0], out[1]


class ClipForger:
    """Forges a clip frame by frame; memory of a few frames whatever its length."""

    def __init__(self, family: Family, seed: int, behaviour: Behaviour | None = None, pin: Pin | None = None):
        """`pin` sees the first face's window and landmarks and chooses what stays: the donor, the still."""
        rng = np.random.default_rng(seed)
        self.family, self.pin, self.pinned = family, pin, None
        self.behaviour = behaviour or Behaviour.draw(rng)
        self.family_seed = int(rng.integers(2 ** 63))
        self.rng = np.random.default_rng(rng.integers(2 ** 63))
        b = self.behaviour
        self.place, self.size = Wander(self.rng, 2, b.jitter_px), Wander(self.rng, 1, b.pump)
        self.tone = Wander(self.rng, 3, b.flicker)
        self.points: deque[np.ndarray] = deque(maxlen=b.lag + 1)
        self.side, self.dropped, self.due_s = 0, 0, -1e9
        self.held: tuple[tuple[slice, slice], Forgery] | None = None
        self.counts = {"painted": 0, "held": 0, "dropped": 0, "no_face": 0}

    def about(self) -> dict:
        """What was drawn and what came of it, for the truth file."""
        return {"behaviour": asdict(self.behaviour), "frames": self.counts}

    def __call__(self, at_s: float, rgb: np.ndarray, points: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """The frame as it leaves the swapper, and its mask: 0 all over where the person's own face shows."""
        bare = np.zeros(rgb.shape[:2], np.float32)
        place, size, tone = self.place(), self.size(), self.tone()
        if points is None:
            self.counts["no_face"] += 1
            self.held = None
            self.points.clear()
            return rgb, bare
        self.points.append(points)
        if self.dropped == 0 and self.rng.random() < self.behaviour.drop_p:
            self.dropped = int(self.rng.integers(1, 6))
        if self.dropped:
            self.dropped -= 1
            self.counts["dropped"] += 1
            return rgb, bare
        if self.held is None or at_s >= self.due_s - 1e-3:
            self.paint(at_s, rgb, place, size)
        else:
            self.counts["held"] += 1
        (rows, columns), made = self.held
        out = rgb.copy()
        out[rows, columns] = blend(rgb[rows, columns], np.clip(made.layer + tone, 0, 255), made.mask).rgb
        bare[rows, columns] = made.mask
        return out, bare

    def paint(self, at_s: float, rgb: np.ndarray, place: np.ndarray, size: np.ndarray) -> None:
        """A new face where the landmarks were `lag` frames ago, give or take the jitter."""
        old = self.points[0]
        centre = old.mean(0)
        used = centre + (old - centre) * (1 + size) + place
        wanted = int(WINDOW * max(np.ptp(old, axis=0)))
        if wanted > 1.25 * self.side or wanted < 0.6 * self.side:  # a window of constant size keeps the family's fields
            self.side = wanted
        window = window_of(old, self.side, rgb.shape[:2])
        corner = np.array([window[1].start, window[0].start])
        view = rgb[window]
        if self.pinned is None:
            self.pinned = self.pin(np.random.default_rng(self.family_seed), view.copy(), used - corner) if self.pin else {}
        self.held = window, self.family(np.random.default_rng(self.family_seed), view, used - corner, **self.pinned)
        period = 1 / self.behaviour.swap_fps
        self.due_s = self.due_s + period if self.due_s + period > at_s else at_s + period
        self.counts["painted"] += 1
