"""Whole-head warps, as reenactment does: head and shoulders of one still follow another motion, everything else
stands still. The generators behind it paint few pixels (First Order Motion Model 256, Siarohin et al., NeurIPS 2019;
LivePortrait 512), so the moved region is low-passed."""
from __future__ import annotations

import cv2
import numpy as np

from .donors import spline, warped
from .layers import Forgery, blend, smooth_field, through_pixels
from .masks import soften

PAINTED_PX = (256, 256, 512)   # pixels that the generator paints for head and shoulders
HEIGHT = 2.2                   # of that region, in heights of the landmarks' box


def head_and_shoulders(points: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """An ellipse over head and hair, and a trapezoid below it, 0 or 1, float32."""
    low, high = points.min(0), points.max(0)
    (cx, cy), (w, h) = (low + high) / 2, high - low
    out = np.zeros(shape, np.uint8)
    cv2.ellipse(out, (int(cx), int(cy - 0.12 * h)), (int(0.68 * w), int(0.78 * h)), 0, 0, 360, 1, -1)
    below = np.array([[cx - 0.35 * w, cy + 0.3 * h], [cx + 0.35 * w, cy + 0.3 * h], [cx + 1.1 * w, cy + 1.1 * h],
                      [cx + 1.1 * w, cy + 2.5 * h], [cx - 1.1 * w, cy + 2.5 * h], [cx - 1.1 * w, cy + 1.1 * h]])
    cv2.fillConvexPoly(out, np.rint(below).astype(np.int32), 1)
    return out.astype(np.float32)


def head_warp(rng: np.random.Generator, rgb: np.ndarray, points: np.ndarray,
              still: tuple[np.ndarray, np.ndarray] | None = None) -> Forgery:
    """Head and shoulders moved by a smooth field through the generator's pixels. With `still` (a picture of the same
    size and its landmarks) they are the still's, drawn to this face's landmarks."""
    shape, width = rgb.shape[:2], float(np.ptp(points[:, 0]))
    centre = np.array([points[:, 0].mean(), points[:, 1].max()])
    # a small turn and change of size about the neck, and a field on top
    turn, scale = np.deg2rad(rng.normal(0, 1.5)), 1 + rng.normal(0, 0.015)
    spin = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    field = smooth_field(rng, shape, 0.5 * width, rng.uniform(0.01, 0.04) * width)
    # 256 pixels over a region of HEIGHT faces; drawn after the field so that each parameter keeps its place
    factor = rng.choice(PAINTED_PX) / (HEIGHT * max(float(np.ptp(points[:, 1])), 1.0))
    sharpen, blur = rng.random() < 0.3, rng.uniform(0.05, 0.25) * width
    if still is None:
        y, x = np.mgrid[0:shape[0], 0:shape[1]].astype(np.float32)
        source, where = rgb, (np.stack((x, y), -1) - centre) @ spin.T + centre + field
    else:
        source, where = still[0], spline(points, still[1], shape, stiffness=0.05) + field
    layer = through_pixels(warped(source, where), float(factor))
    if sharpen:
        layer = cv2.addWeighted(layer, 1.5, cv2.GaussianBlur(layer, (0, 0), 1.2), -0.5, 0)
    mask = soften(head_and_shoulders(points, shape), 0, blur)
    return blend(rgb, layer, np.clip(mask, 0, 1))
