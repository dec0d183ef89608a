"""Where a forgery is pasted: hulls of landmarks and the squares of aligned faces."""
from __future__ import annotations

import cv2
import numpy as np

from ..mesh import GROUPS, SLICES, five_points

# Aligned five-point pattern of a unit square (eye centres, nose tip, mouth corners): the layout that
# face swappers share, after the similarity alignment of ArcFace (Deng et al., CVPR 2019)
ALIGNED = np.array([[0.342, 0.462], [0.657, 0.460], [0.500, 0.640], [0.371, 0.825], [0.631, 0.823]], np.float32)
PARTS = {
    "full": tuple(GROUPS),
    "inner": ("lips_outer", "eye_left", "eye_right", "brow_left", "brow_right", "nose"),
    "eyes": ("eye_left", "eye_right", "brow_left", "brow_right"),
    "mouth": ("lips_outer",),
}


def hull(points: np.ndarray, shape: tuple[int, int], part: str) -> np.ndarray:
    """Convex hull of a part's landmarks (or of the "lower" half of the oval with nose and mouth), 0 or 1, float32."""
    if part == "lower":
        oval = points[SLICES["oval"]]
        nose = points[SLICES["nose"]]
        chosen = np.concatenate((oval[oval[:, 1] > nose[3:, 1].mean()], nose[3:], points[SLICES["lips_outer"]]))
    else:
        chosen = np.concatenate([points[SLICES[name]] for name in PARTS[part]])
    out = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(out, cv2.convexHull(np.rint(chosen).astype(np.int32)), 1)
    return out.astype(np.float32)


def soften(mask: np.ndarray, erode_px: float, blur_px: float) -> np.ndarray:
    """Erosion by a square kernel, then Gaussian blur with that kernel size (odd, rounded up)."""
    k = int(round(erode_px))
    if k > 0:
        mask = cv2.erode(mask, np.ones((k, k), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    size = 2 * int(blur_px / 2) + 1
    return cv2.GaussianBlur(mask, (size, size), 0) if size > 1 else mask


def aligned_transform(points: np.ndarray, size: int) -> np.ndarray:
    """2 x 3 similarity from picture pixels to the aligned square of `size` pixels (least squares)."""
    source, target = five_points(points).astype(np.float64), ALIGNED.astype(np.float64) * size
    ms, mt = source.mean(0), target.mean(0)
    s, t = source - ms, target - mt
    power = (s ** 2).sum()
    a = (s * t).sum() / power
    b = (s[:, 0] * t[:, 1] - s[:, 1] * t[:, 0]).sum() / power
    turn = np.array([[a, -b], [b, a]])
    return np.concatenate((turn, (mt - turn @ ms)[:, None]), 1)


def aligned_square(transform: np.ndarray, size: int, shape: tuple[int, int]) -> np.ndarray:
    """The aligned square, warped back into the picture: 0 to 1, float32."""
    return cv2.warpAffine(np.ones((size, size), np.float32), transform, shape[::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)


def paste_square(mask: np.ndarray) -> np.ndarray:
    """The soft edge that inswapper's paste-back gives the whole square: eroded by a tenth of its side
    (at least 10 px), blurred by a twentieth (at least 5 px)."""
    side = float(np.sqrt(max(mask.sum(), 1.0)))
    return soften(mask, max(side / 10, 10), 2 * max(side / 20, 5) + 1)
