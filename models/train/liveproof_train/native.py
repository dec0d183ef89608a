"""The artifact net's crop: the face with its surroundings at the frame's own pixels.

Resampling erases what the net looks for, so the crop copies pixels wherever the face fits:
a square of ART_PX frame pixels at whole-pixel offsets, upright. Only around a face that is too
large for that (ART_SCALE x its box does not fit) is the square larger, and shrunk. Written with
the shared crop of preprocess.py, so that Rust needs no sampling code of its own:
src/vision/geometry.rs, `native_crop`.
"""
from __future__ import annotations

import numpy as np

from .preprocess import Crop, bounding_box

ART_PX = 224
ART_SCALE = 1.5


def native_crop(points: np.ndarray, size: int = ART_PX, scale: float = ART_SCALE) -> Crop:
    """The crop of `size` pixels around landmarks in frame pixels.

    Its centre is rounded to whole pixels: with an even size and side, samples then fall on pixel
    centres and the crop is a copy.
    """
    x0, y0, x1, y1 = bounding_box(points)
    side = max(float(size), scale * max(x1 - x0, y1 - y0))
    return Crop(float(np.floor((x0 + x1) / 2 + 0.5)), float(np.floor((y0 + y1) / 2 + 0.5)), side, 0.0)


def face_in_crop(points: np.ndarray, crop: Crop) -> np.ndarray:
    """Centre and size of the landmarks' box in 0..1 of the crop: cx, cy, w, h. The net's second input."""
    x0, y0, x1, y1 = bounding_box(crop.to_crop(points))
    return np.array([(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0], np.float32)
