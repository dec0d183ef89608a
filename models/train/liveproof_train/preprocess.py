"""Letterbox, crop and crop geometry, exactly as README.md defines them.

The functions here are the reference for the Rust implementation (golden tensors are made
with them), so they favour plain formulas over speed. Training uses `fast_*` where noted.
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


def bilinear(rgb: np.ndarray, u: np.ndarray, v: np.ndarray, clamp: bool) -> np.ndarray:
    """Samples at pixel indices (u, v); outside is the edge (`clamp`) or 0."""
    h, w = rgb.shape[:2]
    if clamp:
        u, v = np.clip(u, 0, w - 1), np.clip(v, 0, h - 1)
    u0, v0 = np.floor(u).astype(int), np.floor(v).astype(int)
    fu, fv = (u - u0)[..., None], (v - v0)[..., None]

    def at(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        inside = (x >= 0) & (x < w) & (y >= 0) & (y < h)
        return rgb[np.clip(y, 0, h - 1), np.clip(x, 0, w - 1)] * inside[..., None]

    top = at(u0, v0) * (1 - fu) + at(u0 + 1, v0) * fu
    low = at(u0, v0 + 1) * (1 - fu) + at(u0 + 1, v0 + 1) * fu
    return (top * (1 - fv) + low * fv).astype(np.float32)


def letterbox(rgb: np.ndarray) -> tuple[np.ndarray, float]:
    """The detector's 192 x 320 x 3 input in 0..255 and the scale s (output * s = frame)."""
    height, width = rgb.shape[:2]
    s = max(width / DET_W, height / DET_H)
    k = max(1, int(np.floor(s)))
    small = box_shrink(rgb, k)
    w = min(DET_W, int(np.floor(width / s + 0.5)))
    h = min(DET_H, int(np.floor(height / s + 0.5)))
    u, v = np.meshgrid((np.arange(w) + 0.5) * s / k - 0.5, (np.arange(h) + 0.5) * s / k - 0.5)
    out = np.zeros((DET_H, DET_W, 3), np.float32)
    out[:h, :w] = bilinear(small, u, v, clamp=True)
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
    small = box_shrink(rgb, k)
    grid = (np.arange(size) + 0.5) / size
    where = crop.to_frame(np.stack(np.meshgrid(grid, grid), axis=-1))
    return bilinear(small, where[..., 0] / k - 0.5, where[..., 1] / k - 0.5, clamp=False)


def _turned_box(points: np.ndarray, roll: float) -> Crop:
    c, s = np.cos(roll), np.sin(roll)
    turned = np.stack((c * points[:, 0] + s * points[:, 1], -s * points[:, 0] + c * points[:, 1]), -1)
    low, high = turned.min(0), turned.max(0)
    mx, my = (low + high) / 2
    return Crop(float(c * mx - s * my), float(s * mx + c * my),
                float(CROP_SCALE * (high - low).max()), roll)


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
