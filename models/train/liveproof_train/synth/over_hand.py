"""What becomes of a hand before a face that is being swapped: the swap is painted after the hand, by tools that know
nothing of it or little. Each way takes the swap as painted on the picture without the hand and says where of the
hand's pixels the swap lies.

With f the picture without the hand, g with it, s the swap painted on f under the mask m: s = f (1 - m) + layer m, so
that the swap over the hand is  g (1 - m r) + (s - f (1 - m)) r  for a share r in 0..1 per pixel that the way chooses.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

import cv2
import numpy as np

from .layers import through_pixels
from .masks import hull


@dataclass
class Moment:
    """One picture: `bare` without, `hand` with the hand, `swapped` the swap on `bare` (all float32 [H, W, 3]), its
    `mask`, the hand's opacity `alpha`, `points` (landmarks before the hand), `covered` share of the face's hull."""

    bare: np.ndarray
    hand: np.ndarray
    swapped: np.ndarray
    mask: np.ndarray
    alpha: np.ndarray
    points: np.ndarray
    covered: float


def painted(m: Moment, share: np.ndarray | float, under: np.ndarray | None = None) -> np.ndarray:
    """The swap over the hand with `share` of its opacity; `under`: what lies below instead of the hand's picture."""
    share = share[..., None] if isinstance(share, np.ndarray) else share
    mask = m.mask[..., None]
    return (m.hand if under is None else under) * (1 - mask * share) + (m.swapped - m.bare * (1 - mask)) * share


class Covered:
    """The face lies over the hand, wholly: no occlusion mask (the default of the tools in 03-models A.1.3)."""

    def __init__(self, rng: np.random.Generator):
        pass

    def __call__(self, m: Moment) -> np.ndarray:
        return painted(m, 1.0)


class Translucent:
    """Fingers shine through: an occlusion mask of low confidence."""

    def __init__(self, rng: np.random.Generator):
        self.left, self.soft = rng.uniform(0.3, 0.8), rng.uniform(0.03, 0.12)

    def __call__(self, m: Moment) -> np.ndarray:
        blurred = cv2.GaussianBlur(m.alpha, (0, 0), self.soft * float(np.ptp(m.points[:, 0])))
        return painted(m, 1 - (1 - self.left) * blurred)


class HullClipped:
    """The swap ends at the landmarks' hull, so that the hand is cut along a smooth arc."""

    def __init__(self, rng: np.random.Generator):
        self.soft = rng.uniform(0.01, 0.04)

    def __call__(self, m: Moment) -> np.ndarray:
        inside = hull(m.points, m.alpha.shape, "full")
        inside = cv2.GaussianBlur(inside, (0, 0), max(0.6, self.soft * float(np.ptp(m.points[:, 0]))))
        return painted(m, np.clip(inside, 0, 1))


class Smeared:
    """The generator takes the hand for part of the face: few pixels, recoloured towards the face, under the mask."""

    def __init__(self, rng: np.random.Generator):
        self.left, self.px = rng.uniform(0.35, 0.7), float(rng.choice([64, 96, 128]))

    def __call__(self, m: Moment) -> np.ndarray:
        width = float(np.ptp(m.points[:, 0]))
        coarse = through_pixels(m.hand, min(1.0, self.px / (1.6 * width)))
        coarse = cv2.GaussianBlur(coarse, (0, 0), 0.03 * width)
        seen = (m.alpha * self.left * m.mask)[..., None]
        return painted(m, 1.0) * (1 - seen) + coarse * seen


class LostUnderHand:
    """Where the hand covers much of the face, the tool loses it and the camera's own picture shows; before and after, the
    face lies over the hand."""

    def __init__(self, rng: np.random.Generator):
        self.most, self.gone = rng.uniform(0.45, 0.75), False

    def __call__(self, m: Moment) -> np.ndarray:
        self.gone = m.covered > (self.most - 0.1 if self.gone else self.most)
        return m.hand if self.gone else painted(m, 1.0)


class OccluderAware:
    """The swap leaves the hand out, with a soft edge that is off by a little: what an occlusion model does that works
    (as XSeg is meant to). The hardest case; reported on its own."""

    def __init__(self, rng: np.random.Generator):
        self.off, self.soft = rng.normal(0, 0.02, 2), rng.uniform(0.01, 0.03)

    def __call__(self, m: Moment) -> np.ndarray:
        width = float(np.ptp(m.points[:, 0]))
        way = np.float32([[1, 0, self.off[0] * width], [0, 1, self.off[1] * width]])
        kept = cv2.GaussianBlur(cv2.warpAffine(m.alpha, way, m.alpha.shape[::-1]), (0, 0), max(0.6, self.soft * width))
        return painted(m, 1 - np.clip(kept, 0, 1))


WAYS: dict[str, Callable[[np.random.Generator], Callable[[Moment], np.ndarray]]] = {
    "covered": Covered, "translucent": Translucent, "hull_clipped": HullClipped, "smeared": Smeared,
    "lost_under_hand": LostUnderHand, "occluder_aware": OccluderAware}
UNAWARE = tuple(w for w in WAYS if w != "occluder_aware")
