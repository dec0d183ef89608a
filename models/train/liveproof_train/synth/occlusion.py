"""Swaps painted over a hand: what a real-time swapper without an occlusion mask does when a hand passes before the face.

    painted = FAMILIES[name](rng, bare, composed, points, hand)     # uint8 [H, W, 3]

`bare` is the face without the hand, `composed` the same picture with it, `points` the 96 landmarks, `hand` float32 [H, W]
the hand's share of each pixel. The painted picture starts from `composed`, so that the traces of compositing the hand
are in it as they are in the genuine one. What each family imitates:

covered      the swapped face at full opacity: the hand vanishes within the mask and is cut along its smooth edge
other_face   the same with another person's face (donor bank of the cache)
decoder      an autoencoder of faces repaints what it sees, hand included (decoders of the cache)
translucent  the face shines through the fingers (opacity 0.3 to 0.9 where the hand is)
smeared      the hand goes through the swapper's few pixels: soft, bent, edges lost
recoloured   the hand keeps its shape and takes the face's colours (colour transfer over the whole mask)
"""
from __future__ import annotations

import cv2
import numpy as np

from . import decoder as decoders
from .donors import Donors, cached_donors
from .forge import realtime_paste
from .layers import displace, like_colours, smooth_field, through_pixels, tint
from .masks import hull, soften


def swap_mask(rng: np.random.Generator, points: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A swapper's soft mask; its landmarks are a little off, since it tracks a covered face."""
    width = np.ptp(points[:, 0])
    middle = points.mean(0)
    moved = middle + (points - middle) * rng.uniform(0.95, 1.08) + rng.normal(0, 0.02, 2) * width
    part = str(rng.choice(["full", "full", "full", "inner", "lower"]))
    mask = hull(moved, shape, part)
    if rng.random() < 0.3:
        mask = displace(mask, smooth_field(rng, shape, 0.2 * width, 0.04 * width))
    return np.clip(soften(mask, rng.uniform(0, 0.1) * width, rng.uniform(0.04, 0.25) * width), 0, 1)


def mix(base: np.ndarray, layer: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The layer under its mask, uint8."""
    out = base.astype(np.float32)
    out += (layer.astype(np.float32) - out) * mask[..., None]
    return np.clip(np.rint(out), 0, 255).astype(np.uint8)


def swapped_layer(rng: np.random.Generator, bare: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The bare face repainted, over the whole picture: few pixels, another tint, slightly bent."""
    width = np.ptp(points[:, 0])
    layer = through_pixels(bare, rng.uniform(0.45, 1.0))
    layer = displace(layer, smooth_field(rng, bare.shape[:2], 0.25 * width, rng.uniform(0.005, 0.03) * width))
    return tint(rng, layer, rng.choice([0.0, 0.3, 0.6])).astype(np.uint8)


def covered(rng, bare, composed, points, hand):
    """See the head of the file."""
    mask = swap_mask(rng, points, hand.shape)
    return mix(composed, swapped_layer(rng, bare, points), mask)


def other_face(rng, bare, composed, points, hand, donors: Donors | None = None):
    """See the head of the file."""
    layer = (donors or cached_donors()).in_place_of(rng, bare, points)
    return mix(composed, through_pixels(layer, rng.uniform(0.5, 1.0)), swap_mask(rng, points, hand.shape))


def decoder(rng, bare, composed, points, hand, paint: decoders.Paint | None = None):
    """See the head of the file."""
    names = [n for n in decoders.available() if "@" not in n] if paint is None else []
    paint = paint or decoders.cached_paint(str(rng.choice(names)))
    return decoders.repaint(rng, composed, points, decoders.trained_longer(paint, rng.uniform(0.7, 1.0))).rgb


def translucent(rng, bare, composed, points, hand):
    """See the head of the file."""
    mask = swap_mask(rng, points, hand.shape)
    patches = 0.5 + 0.5 * np.tanh(2 * smooth_field(rng, hand.shape, 0.15 * np.ptp(points[:, 0]), 1.0)[..., 0])
    opacity = np.clip(rng.uniform(0.3, 0.9) + rng.uniform(0, 0.5) * (patches - 0.5), 0.2, 0.95)
    return mix(composed, swapped_layer(rng, bare, points), mask * (1 - hand * (1 - opacity)))


def smeared(rng, bare, composed, points, hand):
    """See the head of the file."""
    width = np.ptp(points[:, 0])
    layer = through_pixels(composed, rng.uniform(0.14, 0.4))
    layer = displace(layer, smooth_field(rng, hand.shape, 0.12 * width, rng.uniform(0.02, 0.09) * width))
    if rng.random() < 0.5:
        layer = cv2.medianBlur(layer, 5)
    return mix(composed, layer, swap_mask(rng, points, hand.shape))


def recoloured(rng, bare, composed, points, hand):
    """See the head of the file."""
    mask = swap_mask(rng, points, hand.shape)
    inside = (mask * hand).astype(np.float32)
    if inside.sum() < 4:
        return composed
    layer = like_colours(composed, bare, np.ones_like(inside), 0.0) if rng.random() < 0.2 else _face_tone(composed, bare, mask, inside)
    layer = through_pixels(layer, rng.uniform(0.3, 0.8))
    return mix(composed, layer, mask * rng.uniform(0.6, 1.0))


def _face_tone(composed: np.ndarray, bare: np.ndarray, mask: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """The picture with the hand's pixels brought to mean and spread of the face's."""
    a, b = (cv2.cvtColor(p, cv2.COLOR_RGB2LAB).astype(np.float32) for p in (composed, bare))
    own, face = inside / inside.sum(), mask / max(float(mask.sum()), 1e-6)
    mean_a, mean_b = ((w[..., None] * p).sum((0, 1)) for w, p in ((own, a), (face, b)))
    spread_a, spread_b = (np.sqrt((w[..., None] * np.square(p - m)).sum((0, 1))) for w, p, m in ((own, a, mean_a), (face, b, mean_b)))
    out = (a - mean_a) * np.clip(spread_b / (spread_a + 1e-3), 0.5, 1.5) + mean_b
    tone = cv2.cvtColor(np.clip(np.rint(out), 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB)
    return mix(composed, tone, inside)


def swapped_below(rng: np.random.Generator, bare: np.ndarray, points: np.ndarray) -> np.ndarray:
    """A swapped face without any hand: what lies under a genuine hand may be swapped as well, so that the net does not
    learn to see the swap itself."""
    return realtime_paste(rng, bare, points).rgb


FAMILIES = {"covered": covered, "translucent": translucent, "smeared": smeared, "recoloured": recoloured}
if Donors.file().exists():
    FAMILIES["other_face"] = other_face
if decoders.available():
    FAMILIES["decoder"] = decoder
