"""What honest people's software does to a picture: hard negatives for the net. A filter's picture stays real.

Same signature as a forgery family; the mask says where the picture may have changed.
"""
from __future__ import annotations

import cv2
import numpy as np

from .head import head_and_shoulders
from .layers import Forgery, blend, displace, smooth_field
from .masks import hull, soften


def beauty(rng: np.random.Generator, rgb: np.ndarray, points: np.ndarray) -> Forgery:
    """A beauty filter: skin smoothed (eyes and mouth spared) and brightened over the whole face and neck, faded out
    far beyond the face so that there is no seam at it."""
    shape, width = rgb.shape[:2], float(np.ptp(points[:, 0]))
    radius = max(3, int(0.02 * width))
    layer = cv2.bilateralFilter(rgb, 2 * radius + 1, rng.uniform(15, 50), radius)
    kept = rng.uniform(0, 0.5)     # part of the skin's own texture
    layer = np.clip(layer * (1 - kept) + rgb * kept + rng.uniform(0, 12), 0, 255)
    mask = cv2.dilate(hull(points, shape, "full"), np.ones((2 * int(0.15 * width) + 1,) * 2, np.uint8))
    mask = soften(mask, 0, 0.5 * width)
    for part in ("eyes", "mouth"):
        spared = hull(points, shape, part)
        mask = mask * (1 - rng.uniform(0.5, 1) * soften(spared, 0, 0.08 * width))
    return blend(rgb, layer, np.clip(mask, 0, 1) * rng.uniform(0.5, 1))


def virtual_background(rng: np.random.Generator, rgb: np.ndarray, points: np.ndarray) -> Forgery:
    """A blurred or replaced background with a matte that is off by a little, its edge outside the face."""
    shape, width = rgb.shape[:2], float(np.ptp(points[:, 0]))
    person = head_and_shoulders(points, shape)
    person = displace(person, smooth_field(rng, shape, 0.25 * width, rng.uniform(0.02, 0.08) * width))
    kind, blur = rng.random(), rng.uniform(0.05, 0.2) * width
    colours, tilt = rng.uniform(20, 235, (2, 3)), rng.uniform(-1, 1, 2)
    if kind < 0.5:
        layer = cv2.GaussianBlur(rgb, (0, 0), max(2.0, blur)).astype(np.float32)
    else:
        v, u = np.mgrid[0:shape[0], 0:shape[1]] / max(shape)
        ramp = np.clip(0.5 + tilt[0] * (u - 0.5) + tilt[1] * (v - 0.5), 0, 1)[..., None]
        layer = colours[0] * (1 - ramp) + colours[1] * ramp
        layer = layer + 12 * np.sin(40 * (u + 2 * v))[..., None] * (kind < 0.75)
    face = cv2.dilate(hull(points, shape, "full"), np.ones((2 * int(0.08 * width) + 1,) * 2, np.uint8))
    matte = soften(np.maximum(person, face), 0, rng.uniform(0.01, 0.06) * width)
    return blend(rgb, layer, np.clip(np.where(hull(points, shape, "full") > 0, 0, 1 - matte), 0, 1))


FILTERS = {"beauty": beauty, "virtual_background": virtual_background}
