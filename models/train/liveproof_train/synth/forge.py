"""The forgery families. Each returns a `Forgery`: the picture, the blend mask, and its original."""
from __future__ import annotations

import cv2
import numpy as np

from . import decoder as decoders
from .donors import Donors, cached_donors, cross_identity
from .head import head_warp
from .layers import Forgery, blend, displace, smooth_field, tint
from .masks import aligned_square, aligned_transform, hull, paste_square, soften

SWAP_SIZES = (96, 128, 160, 224, 256)   # pixels of the aligned face that real-time swappers paint


def self_blended(rng: np.random.Generator, rgb: np.ndarray, points: np.ndarray) -> Forgery:
    """A face blended with a slightly moved and re-coloured copy of itself, after the idea of
    Shiohara and Yamasaki (CVPR 2022); own code."""
    h, w = rgb.shape[:2]
    layer = tint(rng, rgb).astype(np.uint8)
    if rng.random() < 0.5:
        k = rng.choice([2, 4])
        layer = cv2.resize(cv2.resize(layer, (w // k, h // k), interpolation=cv2.INTER_AREA), (w, h), interpolation=cv2.INTER_LINEAR)
    else:
        layer = cv2.addWeighted(layer, 1.8, cv2.GaussianBlur(layer, (0, 0), 1.5), -0.8, 0)
    width = np.ptp(points[:, 0])
    scale = rng.uniform(0.95, 1 / 0.95)
    centre = points.mean(0)
    move = np.array([[scale, 0, centre[0] * (1 - scale) + rng.uniform(-0.03, 0.03) * width],
                     [0, scale, centre[1] * (1 - scale) + rng.uniform(-0.015, 0.015) * width]])
    layer = cv2.warpAffine(layer, move, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    part = rng.choice(["full", "inner", "lower", "eyes"], p=[0.5, 0.2, 0.2, 0.1])
    mask = displace(hull(points, (h, w), part), smooth_field(rng, (h, w), 0.2 * width, 0.06 * width))
    mask = soften(soften(mask, rng.uniform(0, 0.06) * width, rng.uniform(0.03, 0.12) * width), 0, rng.uniform(0.03, 0.1) * width)
    return blend(rgb, layer, np.clip(mask, 0, 1) * rng.choice([0.25, 0.5, 0.75, 1, 1, 1]))


def realtime_paste(rng: np.random.Generator, rgb: np.ndarray, points: np.ndarray) -> Forgery:
    """What a real-time swapper does to the pixels, without another identity: the face goes through an
    aligned square of few pixels, is re-painted, and comes back under one of the tools' masks."""
    shape = rgb.shape[:2]
    size = int(rng.choice(SWAP_SIZES))
    transform = aligned_transform(points, size)
    jitter = transform + np.concatenate((np.zeros((2, 2)), rng.normal(0, 0.004 * size, (2, 1))), 1)
    face = cv2.warpAffine(rgb, transform, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    face = displace(face, smooth_field(rng, (size, size), 0.25 * size, rng.uniform(0.004, 0.02) * size))
    texture = rng.random()
    if texture < 0.5:      # a decoder's faces are smoother than skin
        face = cv2.bilateralFilter(face, 5, rng.uniform(8, 30), rng.uniform(1, 3))
    elif texture < 0.75:   # an enhancer's are sharper
        face = cv2.addWeighted(face, 1.6, cv2.GaussianBlur(face, (0, 0), 1.2), -0.6, 0)
    face = tint(rng, face, rng.choice([0.0, 0.3, 0.6])).astype(np.uint8)
    back = cv2.warpAffine(face, jitter, shape[::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT_101)
    if rng.random() < 0.5:
        mask = paste_square(aligned_square(jitter, size, shape))
    else:                  # DeepFaceLive's face merger: erode 5, blur 25 of its scale by default
        width = np.ptp(points[:, 0])
        mask = soften(hull(points, shape, "full"), rng.uniform(0.02, 0.1) * width, rng.uniform(0.05, 0.3) * width)
    return blend(rgb, back, np.clip(mask, 0, 1))


def mouth_only(rng: np.random.Generator, rgb: np.ndarray, points: np.ndarray, donor: np.ndarray | None = None) -> Forgery:
    """The lower half of the face through 96 pixels, from `donor` (another frame in the same window) if given."""
    shape = rgb.shape[:2]
    source = rgb if donor is None else donor
    low, high = points.min(0), points.max(0)
    top = low[1] + 0.5 * (high[1] - low[1])
    x0, y0, x1, y1 = (int(round(v)) for v in (low[0], top, high[0], high[1]))
    x0, y0, x1, y1 = max(0, x0), max(0, y0), min(shape[1], x1), min(shape[0], y1)
    layer = rgb.copy()
    if x1 - x0 > 8 and y1 - y0 > 8:
        scale = 96 / max(1, np.ptp(points[:, 1]))
        small = (max(8, int((x1 - x0) * scale)), max(8, int((y1 - y0) * scale)))
        patch = cv2.resize(source[y0:y1, x0:x1], small, interpolation=cv2.INTER_AREA)
        layer[y0:y1, x0:x1] = cv2.resize(patch, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
    width = np.ptp(points[:, 0])
    mask = soften(hull(points, shape, "lower"), rng.uniform(0, 0.05) * width, rng.uniform(0.03, 0.12) * width)
    return blend(rgb, layer, np.clip(mask, 0, 1))


def self_paste(rng: np.random.Generator, rgb: np.ndarray, points: np.ndarray) -> Forgery:
    """The identity check: a paste of the picture's own pixels, which changes none of them."""
    mask = soften(hull(points, rgb.shape[:2], "full"), 0, rng.uniform(0.05, 0.3) * np.ptp(points[:, 0]))
    return blend(rgb, rgb, np.clip(mask, 0, 1))


def self_paste_chroma(rng: np.random.Generator, rgb: np.ndarray, points: np.ndarray) -> Forgery:
    """The identity check through 4:2:0: the picture's own pixels, after one conversion to subsampled chroma and back,
    pasted over themselves."""
    h, w = (n // 2 * 2 for n in rgb.shape[:2])
    layer = rgb.copy()
    layer[:h, :w] = cv2.cvtColor(cv2.cvtColor(np.ascontiguousarray(rgb[:h, :w]), cv2.COLOR_RGB2YUV_I420), cv2.COLOR_YUV2RGB_I420)
    mask = soften(hull(points, rgb.shape[:2], "full"), 0, rng.uniform(0.05, 0.3) * np.ptp(points[:, 0]))
    return blend(rgb, layer, np.clip(mask, 0, 1))


IDENTITIES = {"self_paste": self_paste, "self_paste_chroma": self_paste_chroma}
# Those that need a donor bank or a fitted decoder are there when the cache holds it (models/train/run forge)
FAMILIES = {"self_blended": self_blended, "realtime_paste": realtime_paste, "mouth_only": mouth_only, "head_warp": head_warp}
if Donors.file().exists():
    FAMILIES["cross_identity"] = cross_identity
if decoders.available():
    FAMILIES["decoder"] = decoders.decoder


def _donor(rng: np.random.Generator, rgb: np.ndarray, points: np.ndarray) -> dict:
    return {"index": cached_donors().nearest(rng, points)} if Donors.file().exists() else {}


# What a family keeps through a clip (temporal.ClipForger), chosen at the first face
PINS = {"cross_identity": _donor, "decoder": _donor, "head_warp": lambda rng, rgb, points: {"still": (rgb, points)}}
