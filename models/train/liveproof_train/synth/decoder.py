"""Decoder imitation: the aligned face repainted by a small autoencoder and pasted back, as live swappers do.

The autoencoders (net_decoder.py, fit_decoder.py) are fitted on split `train` and lie in the cache as
ONNX; without them the family is not there. A donor's face may go through the decoder in place of
the person's own, so that the pasted face is another's.
"""
from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Callable

import cv2
import numpy as np

from ..paths import cache_dir
from .donors import Donors, cached_donors
from .layers import Forgery, blend, like_colours, tint
from .masks import aligned_square, aligned_transform, hull, paste_square, soften

SIZE = 128
PAINT_SIZES = (96, 128, 160, 192, 224, 224)
Paint = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]  # uint8 [S, S, 3] to the same and its mask 0..1


def decoder_file(name: str) -> Path:
    """A decoder is called by its way up, and after an @ by the person it was fitted to."""
    return cache_dir("fits") / f"decoder-{name}.onnx"


@lru_cache(maxsize=None)
def cached_paint(name: str) -> Paint:
    """The autoencoder of the cache."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(str(decoder_file(name)), options, providers=["CPUExecutionProvider"])

    def paint(face: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x = (face.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None]
        out = session.run(None, {"image": np.ascontiguousarray(x)})[0][0].transpose(1, 2, 0)
        return np.clip(np.rint((out[..., :3] + 1) * 127.5), 0, 255).astype(np.uint8), 1 / (1 + np.exp(-out[..., 3]))

    return paint


def trained_longer(paint: Paint, share: float) -> Paint:
    """A decoder that errs by `share` of what `paint` errs: the swap tools' are trained for days, on one person."""
    def better(face: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        painted, mask = paint(face)
        return cv2.addWeighted(painted, share, face, 1 - share, 0), mask

    return better


def available() -> list[str]:
    """The decoders that lie in the cache."""
    return sorted(f.stem.removeprefix("decoder-") for f in cache_dir("fits").glob("decoder-*.onnx"))


def zoomed(transform: np.ndarray, size: int, zoom: float) -> np.ndarray:
    """The aligned square with its content `zoom` times as large: below 1 the square shows more of the head."""
    out = zoom * transform
    out[:, 2] += (1 - zoom) * size / 2
    return out


def repaint(rng: np.random.Generator, rgb: np.ndarray, points: np.ndarray, paint: Paint, source: np.ndarray | None = None) -> Forgery:
    """`source` (default: the picture itself, in the picture's own geometry) through the decoder and back."""
    shape, size = rgb.shape[:2], int(rng.choice(PAINT_SIZES))
    zoom = 1.0 if rng.random() < 0.4 else rng.uniform(0.65, 0.85)
    transform = zoomed(aligned_transform(points, size), size, zoom)
    face = cv2.warpAffine(rgb if source is None else source, transform, (size, size), flags=cv2.INTER_LINEAR,
                          borderMode=cv2.BORDER_REFLECT_101)
    painted, own = paint(face)
    if rng.random() < 0.25:    # an enhancer after the decoder
        painted = cv2.addWeighted(painted, 1.6, cv2.GaussianBlur(painted, (0, 0), 1.2), -0.6, 0)
    painted = tint(rng, painted, rng.choice([0.0, 0.0, 0.3])).astype(np.uint8)
    jitter = transform + np.concatenate((np.zeros((2, 2)), rng.normal(0, 0.003 * size, (2, 1))), 1)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    layer = cv2.warpAffine(painted, jitter, shape[::-1], flags=flags, borderMode=cv2.BORDER_REFLECT_101)
    inside, width = aligned_square(jitter, size, shape), np.ptp(points[:, 0])
    kind, erode, blur = rng.random(), rng.uniform(0.02, 0.1) * width, rng.uniform(0.05, 0.3) * width
    if kind < 0.35:            # inswapper's paste of the whole square
        mask = paste_square(inside)
    elif kind < 0.7:           # DeepFaceLive's merger: hull, eroded and blurred
        mask = soften(hull(points, shape, "full"), erode, blur)
    else:                      # the decoder's own mask, softened
        mask = soften(cv2.warpAffine(own.astype(np.float32), jitter, shape[::-1], flags=flags), erode, blur)
    # no layer outside the square, and none where the square's edge would show
    mask = np.clip(mask, 0, 1) * np.minimum(inside, soften(inside, 0, 0.08 * width))
    if rng.random() < 0.5:     # rct, DeepFaceLive's colour transfer; its default is none
        layer = like_colours(layer, rgb, mask * inside, rng.normal(0, 1, 3))
    return blend(rgb, layer, mask)


def decoder(rng: np.random.Generator, rgb: np.ndarray, points: np.ndarray, paint: Paint | None = None,
            donors: Donors | None = None, index: int | None = None) -> Forgery:
    """A face repainted by one of the decoders of the cache (or by `paint`), in half of the cases a donor's."""
    name = str(rng.choice(available())) if paint is None else ""
    share, another = rng.uniform(0.25, 1), rng.random() < 0.5 and "@" not in name
    # a person's own decoder brings the other face itself, and mixing would bring the first one back
    paint = paint or cached_paint(name)
    paint = paint if "@" in name else trained_longer(paint, share)
    donors = donors or (cached_donors() if Donors.file().exists() else None)
    source = None
    if another and donors:     # the donor's face alone: what surrounds it stays the picture's, whatever the mask
        inside = soften(hull(points, rgb.shape[:2], "full"), 0, 0.08 * np.ptp(points[:, 0]))
        source = blend(rgb, donors.in_place_of(rng, rgb, points, index), inside).rgb
    return repaint(rng, rgb, points, paint, source)
