"""What the families share: a layer under a mask, smooth displacements, changes of colour."""
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass
class Forgery:
    """`rgb` uint8 like `original`; `mask` float32 [H, W], the share of the pasted `layer` (float32 [H, W, 3])."""

    rgb: np.ndarray
    mask: np.ndarray
    original: np.ndarray
    layer: np.ndarray


def blend(original: np.ndarray, layer: np.ndarray, mask: np.ndarray) -> Forgery:
    """layer * mask + original * (1 - mask); where the layer equals the original, so does the result."""
    base, layer, mask = original.astype(np.float32), layer.astype(np.float32), mask.astype(np.float32)
    out = base + (layer - base) * mask[..., None]
    return Forgery(np.clip(np.rint(out), 0, 255).astype(np.uint8), mask, original, layer)


def seam_target(mask: np.ndarray) -> np.ndarray:
    """Blend map 4 m (1 - m): 1 where both layers mix half and half (Li et al., Face X-ray, CVPR 2020)."""
    return 4 * mask * (1 - mask)


def smooth_field(rng: np.random.Generator, shape: tuple[int, int], sigma: float, amplitude_px: float) -> np.ndarray:
    """Random displacement [H, W, 2] whose largest component is `amplitude_px`. It takes one draw of `rng`
    whatever its size, so that what is drawn after it stays the same through a clip."""
    rng = np.random.default_rng(rng.integers(2 ** 63))
    cells = max(4, 2 ** round(np.log2(max(shape) / max(sigma, 1))))  # coarse, so that a moving face keeps its field
    out = np.stack([cv2.resize(rng.standard_normal((cells, cells)).astype(np.float32), shape[::-1], interpolation=cv2.INTER_CUBIC)
                    for _ in range(2)], -1)
    return out * np.float32(amplitude_px / max(float(np.abs(out).max()), 1e-6))


def displace(picture: np.ndarray, field: np.ndarray) -> np.ndarray:
    """The picture sampled at each pixel's place plus `field`."""
    h, w = picture.shape[:2]
    x, y = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
    return cv2.remap(picture, x + field[..., 0], y + field[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def tint(rng: np.random.Generator, rgb: np.ndarray, strength: float = 1.0) -> np.ndarray:
    """Small change of colour, saturation, brightness and contrast."""
    out = rgb.astype(np.float32) + strength * rng.uniform(-20, 20, 3)
    grey = out.mean(-1, keepdims=True)
    out = grey + (out - grey) * (1 + strength * rng.uniform(-0.3, 0.3))
    centre = out.mean((0, 1), keepdims=True)
    return np.clip(centre + (out - centre) * (1 + strength * rng.uniform(-0.1, 0.1)) + strength * rng.uniform(-10, 10), 0, 255)


def through_pixels(picture: np.ndarray, factor: float) -> np.ndarray:
    """The picture through `factor` times its size and back: what a generator of few pixels leaves."""
    h, w = picture.shape[:2]
    if factor >= 1:
        return picture
    small = cv2.resize(picture, (max(8, round(w * factor)), max(8, round(h * factor))), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (w, h), interpolation=cv2.INTER_LINEAR)


def like_colours(layer: np.ndarray, target: np.ndarray, weight: np.ndarray, error: np.ndarray | float = 0.0) -> np.ndarray:
    """The layer with mean and spread of the target's colours where `weight` > 0, in Lab (Reinhard et al., Color
    Transfer between Images, 2001), off by `error` Lab units. uint8."""
    a, b = (cv2.cvtColor(p.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) for p in (layer, target))
    share = weight[..., None] / max(float(weight.sum()), 1e-6)
    mean_a, mean_b = (share * a).sum((0, 1)), (share * b).sum((0, 1))
    spread_a, spread_b = (np.sqrt((share * np.square(p - m)).sum((0, 1))) for p, m in ((a, mean_a), (b, mean_b)))
    out = (a - mean_a) * np.clip(spread_b / (spread_a + 1e-3), 0.5, 2) + mean_b + error
    rgb = cv2.cvtColor(out.astype(np.float32), cv2.COLOR_LAB2RGB)
    return np.clip(np.rint(255 * rgb), 0, 255).astype(np.uint8)
