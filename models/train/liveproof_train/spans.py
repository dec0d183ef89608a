"""Spans of clips around a face, and stills as a hand-held camera shows them: what is forged and coded. No nets, no media."""
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .reviewed import SEGMENT_S

LEAD_S = 0.3            # coded before the segment and not looked at: an encoder's first frames are its worst
WINDOW = 3.0            # side of the coded window in sizes of the face
STILL_FRAMES = 4


@dataclass
class Span:
    """Frames of a segment with the lead before it, cut to a window around the face."""

    at_s: list[float]
    rgb: list[np.ndarray]
    points: list[np.ndarray | None]

    @property
    def rate(self) -> float:
        return (len(self.at_s) - 1) / max(1e-3, self.at_s[-1] - self.at_s[0])

    @property
    def face_px(self) -> float:
        return float(np.median([np.ptp(p, axis=0).max() for p in self.points if p is not None]))


def starts(duration_s: float) -> list[float]:
    """Where segments begin: one of a short clip, two of a long one."""
    count = 1 if duration_s < 20 else 2
    free = max(0.0, duration_s - SEGMENT_S - LEAD_S)
    return [free * (i + 0.5) / count for i in range(count)] if free > 1.0 else [0.0]


def windowed(at_s: list[float], rgb: list[np.ndarray], points: list[np.ndarray | None]) -> Span | None:
    """The span around the face, of an even size; None where the face is not in most of its frames."""
    seen = [p for p in points if p is not None]
    if len(seen) < 0.7 * len(points) or len(seen) < 2:
        return None
    low = np.min([p.min(0) for p in seen], 0)
    high = np.max([p.max(0) for p in seen], 0)
    side = WINDOW * float(np.median([np.ptp(p, axis=0).max() for p in seen]))
    size = np.array(rgb[0].shape[1::-1])
    length = np.minimum(np.maximum(side, high - low + 32), size).astype(int) // 2 * 2
    corner = np.clip(np.round((low + high) / 2 - length / 2), 0, size - length).astype(int) // 2 * 2
    cut = (slice(corner[1], corner[1] + length[1]), slice(corner[0], corner[0] + length[0]))
    return Span(at_s, [np.ascontiguousarray(f[cut]) for f in rgb], [None if p is None else p - corner for p in points])


def held_still(rng: np.random.Generator, rgb: np.ndarray, noise: float) -> list[np.ndarray]:
    """A still as the frames of a camera that is held by hand: moved by less than two pixels, with a sensor's noise."""
    out, size = [], rgb.shape[0]
    place = rng.uniform(-1, 1, 2)
    for _ in range(STILL_FRAMES):
        place = place + rng.normal(0, 0.4, 2)
        move = np.array([[1, 0, np.round(place[0])], [0, 1, np.round(place[1])]])   # whole pixels: nothing is smoothed
        moved = cv2.warpAffine(rgb, move, (size, size), flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT_101)
        grain = noise * rng.standard_normal(moved.shape[:2] + (1,), dtype=np.float32)
        out.append(np.clip(np.rint(moved + grain), 0, 255).astype(np.uint8))
    return out
