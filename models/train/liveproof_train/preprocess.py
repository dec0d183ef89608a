"""Letterbox, crop and crop geometry, exactly as README.md defines them.

The functions here are the reference for the Rust implementation (golden tensors are made
with them). Training moves windows within packed crops instead (batches_lmk.py).
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .mesh import eye_centres

DET_W, DET_H = 320, 192
LMK_PX = 112
CROP_SCALE = 1.4
MEAN, STD = 0.5, 0.5


def normalise(rgb: np.ndarray) -> np.ndarray:
    """[H, W, 3] in 0..255 to [3, H, W] float32, (x / 255 - mean) / std."""
    return ((rgb.astype(np.float32) / 255 - MEAN) / STD).transpose(2, 0, 1)


def box_shrink(rgb: np.ndarray, k: int) -> np.ndarray:
    """Mean of k x k blocks as float32; what does not fill a block is dropped."""
    if k <= 1:
        return rgb.astype(np.float32)
    h, w = rgb.shape[0] // k, rgb.shape[1] // k
    blocks = rgb[:h * k, :w * k].reshape(h, k, w, k, 3)
    return blocks.astype(np.float32).mean(axis=(1, 3), dtype=np.float32)


def bilinear(rgb: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Samples at pixel indices (u, v); every pixel outside counts as 0."""
    h, w = rgb.shape[:2]
    u, v = np.clip(u, -1, w), np.clip(v, -1, h)
    u0, v0 = np.floor(u).astype(np.intp), np.floor(v).astype(np.intp)
    fu, fv = (u - u0)[..., None], (v - v0)[..., None]
    framed = np.zeros((h + 3, w + 3, 3), np.float32)
    framed[1:h + 1, 1:w + 1] = rgb
    flat = framed.reshape(-1, 3)
    first = (v0 + 1) * (w + 3) + u0 + 1
    top = flat[first] * (1 - fu) + flat[first + 1] * fu
    low = flat[first + w + 3] * (1 - fu) + flat[first + w + 4] * fu
    return (top * (1 - fv) + low * fv).astype(np.float32)


def _axis_samples(count: int, step: float, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lower index, upper index and fraction of `count` samples at (i + 0.5) step - 0.5, clamped."""
    at = np.clip((np.arange(count) + 0.5) * step - 0.5, 0, size - 1)
    low = np.floor(at).astype(np.intp)
    return low, np.minimum(low + 1, size - 1), (at - low).astype(np.float32)


def letterbox(rgb: np.ndarray) -> tuple[np.ndarray, float]:
    """The detector's 192 x 320 x 3 input in 0..255 and the scale s (output * s = frame)."""
    height, width = rgb.shape[:2]
    s = max(width / DET_W, height / DET_H)
    k = max(1, int(np.floor(s)))
    small = box_shrink(rgb, k)
    w = min(DET_W, int(np.floor(width / s + 0.5)))
    h = min(DET_H, int(np.floor(height / s + 0.5)))
    low, high, part = _axis_samples(h, s / k, small.shape[0])
    rows = small[low] * (1 - part[:, None, None]) + small[high] * part[:, None, None]
    low, high, part = _axis_samples(w, s / k, small.shape[1])
    out = np.zeros((DET_H, DET_W, 3), np.float32)
    out[:h, :w] = rows[:, low] * (1 - part[:, None]) + rows[:, high] * part[:, None]
    return out, s


@dataclass(frozen=True)
class Crop:
    """A roll-corrected square: centre and side in frame pixels, roll in radians."""

    cx: float
    cy: float
    side: float
    roll: float

    def to_frame(self, points: np.ndarray) -> np.ndarray:
        """Points in 0..1 of the crop to frame pixels."""
        d = (np.asarray(points) - 0.5) * self.side
        c, s = np.cos(self.roll), np.sin(self.roll)
        return np.stack((self.cx + c * d[..., 0] - s * d[..., 1],
                         self.cy + s * d[..., 0] + c * d[..., 1]), axis=-1)

    def to_crop(self, points: np.ndarray) -> np.ndarray:
        """Frame pixels to 0..1 of the crop."""
        d = np.asarray(points) - np.array([self.cx, self.cy])
        c, s = np.cos(self.roll), np.sin(self.roll)
        return np.stack((c * d[..., 0] + s * d[..., 1],
                         -s * d[..., 0] + c * d[..., 1]), axis=-1) / self.side + 0.5


def crop_picture(rgb: np.ndarray, crop: Crop, size: int = LMK_PX) -> np.ndarray:
    """The crop as size x size x 3 float32 in 0..255; outside the frame is 0."""
    k = max(1, int(np.floor(crop.side / size)))
    grid = (np.arange(size) + 0.5) / size
    where = crop.to_frame(np.stack(np.meshgrid(grid, grid), axis=-1))
    u, v = where[..., 0] / k - 0.5, where[..., 1] / k - 0.5
    # only the blocks that are looked at are shrunk; the whole grid of blocks starts at (0, 0)
    h, w = rgb.shape[0] // k, rgb.shape[1] // k
    x0, y0 = max(0, int(np.floor(u.min()))), max(0, int(np.floor(v.min())))
    x1, y1 = min(w, int(np.floor(u.max())) + 2), min(h, int(np.floor(v.max())) + 2)
    if x1 <= x0 or y1 <= y0:
        return np.zeros((size, size, 3), np.float32)
    small = box_shrink(rgb[y0 * k:y1 * k, x0 * k:x1 * k], k)
    return bilinear(small, u - x0, v - y0)


def _turned_box(points: np.ndarray, roll: float) -> Crop:
    c, s = np.cos(roll), np.sin(roll)
    turned = np.stack((c * points[:, 0] + s * points[:, 1], -s * points[:, 0] + c * points[:, 1]), -1)
    low, high = turned.min(0), turned.max(0)
    mx, my = (low + high) / 2
    return Crop(float(c * mx - s * my), float(s * mx + c * my),
                float(CROP_SCALE * (high - low).max()), roll)


def bounding_box(points: np.ndarray) -> tuple[float, float, float, float]:
    """x0, y0, x1, y1 around points."""
    (x0, y0), (x1, y1) = points.min(0), points.max(0)
    return float(x0), float(y0), float(x1), float(y1)


def crop_from_points(points: np.ndarray) -> Crop:
    """Crop geometry from 96 landmarks in frame pixels."""
    left, right = eye_centres(points)
    return _turned_box(points, float(np.arctan2(right[1] - left[1], right[0] - left[0])))


def crop_from_detection(box: np.ndarray, five: np.ndarray) -> Crop:
    """Crop geometry from a detector hit: x0, y0, x1, y1 and the five points, frame pixels."""
    left, right = five[0], five[1]
    roll = float(np.arctan2(right[1] - left[1], right[0] - left[0]))
    side = CROP_SCALE * max(box[2] - box[0], box[3] - box[1])
    return Crop(float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2, float(side), roll)
