"""The hand scene: the upright square around a face that `seg` and `occ` look at. Formulas: README.md.

The service cuts it with the same resampling as the landmark crop, roll 0 (src/vision); here `preprocess.crop_picture`
is the reference.
"""
from __future__ import annotations

import numpy as np

from .preprocess import Crop, bounding_box, crop_picture

SCENE_PX = 128
SCENE_SCALE = 1.8
CLASSES = ("background", "face", "hand")


def scene_crop(points: np.ndarray) -> Crop:
    """Centred on the landmarks' bounding box, side 1.8 times its longer side, upright."""
    x0, y0, x1, y1 = bounding_box(points)
    return Crop((x0 + x1) / 2, (y0 + y1) / 2, SCENE_SCALE * max(x1 - x0, y1 - y0), 0.0)


def scene_picture(rgb: np.ndarray, crop: Crop) -> np.ndarray:
    """The scene as 128 x 128 x 3 float32 in 0..255; black outside the frame."""
    return crop_picture(rgb, crop, SCENE_PX)
