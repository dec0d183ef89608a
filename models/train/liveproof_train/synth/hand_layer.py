"""A planned hand laid over the pictures of a clip, on top of synth/hands.py: one look through the clip, motion blur along
its way, the grain of the camera, the shadow that it throws.
"""
from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from .hand_motion import Place, Plan
from .hands import Hand, feather, place, put, smear

SHADOW_TOWARD = (0.6, 0.8)


@dataclass(frozen=True)
class Look:
    """How the hand appears in one clip: length from wrist to fingertip in pixels, softness of its edge (pixels, standard
    deviation), shutter (share of the time between two pictures that it is open), shadow (share of light that it takes)."""

    length_px: float
    feather_px: float
    shutter: float
    shadow: float


def in_colours(hand: Hand, lab: np.ndarray) -> Hand:
    """The hand with its skin's mean moved to `lab` (float CIE Lab); its shading and its sleeve stay."""
    seen = hand.skin > 127
    if not seen.any():
        return hand
    own = cv2.cvtColor(hand.rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    moved = 255 * cv2.cvtColor((own + (np.asarray(lab) - own[seen].mean(0))).astype(np.float32), cv2.COLOR_LAB2RGB)
    mix = (hand.skin / 255.0)[..., None]
    return replace(hand, rgb=np.clip(np.rint(hand.rgb * (1 - mix) + moved * mix), 0, 255).astype(np.uint8))


def near_size(hand: Hand, length_px: float) -> Hand:
    """The hand near the size at which it will be shown, so that placing it in every picture is cheap."""
    scale = 1.3 * length_px / hand.length_px
    if scale >= 1:
        return hand
    weight = hand.alpha.astype(np.float32)[..., None] + 1
    h, w = (max(2, round(n * scale)) for n in hand.alpha.shape)
    small = lambda a: cv2.resize(a, (w, h), interpolation=cv2.INTER_AREA)  # noqa: E731
    rgb = small(hand.rgb * weight) / small(weight)[..., None]
    by = w / hand.alpha.shape[1]
    return Hand(np.clip(np.rint(rgb), 0, 255).astype(np.uint8), small(hand.alpha), small(hand.skin),
                (hand.wrist[0] * by, hand.wrist[1] * by), (hand.palm[0] * by, hand.palm[1] * by), hand.length_px * by, hand.source)


def grain_of(rgb: np.ndarray) -> float:
    """Standard deviation of a picture's noise, grey levels: from second differences, robust against edges."""
    grey = rgb.astype(np.float32).mean(-1)
    second = grey[:, 1:-1] - 0.5 * (grey[:, :-2] + grey[:, 2:])
    return float(np.median(np.abs(second)) / 0.6745 / np.sqrt(1.5))


def in_frame(at: Place, box: np.ndarray) -> tuple[float, float]:
    """A plan's place in pixels; `box` x0, y0, x1, y1 of the face."""
    return (float((box[0] + box[2]) / 2 + at.x * (box[2] - box[0])), float((box[1] + box[3]) / 2 + at.y * (box[3] - box[1])))


def lay(rgb: np.ndarray, plan: Plan, t: float, frame_s: float, hand: Hand, look: Look, box: np.ndarray, grain: float,
        rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray | None]:
    """The picture at `t` with the hand, uint8, and the hand's opacity, or the picture itself and None."""
    at = plan.at(t)
    if at is None:
        return rgb, None
    here = in_frame(at, box)
    before, after = plan.at(t - 0.25 * frame_s) or at, plan.at(t + 0.25 * frame_s) or at
    (x0, y0), (x1, y1) = in_frame(before, box), in_frame(after, box)
    travel = (2 * look.shutter * (x1 - x0), 2 * look.shutter * (y1 - y0))
    layer = feather(place(hand, rgb.shape[:2], here, look.length_px, np.radians(at.lean)), look.feather_px)
    if not layer.alpha.any():
        return rgb, None
    layer = smear(layer, travel)
    layer.rgb = layer.rgb + rng.normal(0, grain, (*layer.alpha.shape, 1)).astype(np.float32)
    out = put(rgb, layer, look.shadow, 0.09 * look.length_px, SHADOW_TOWARD)
    return out, layer.alpha
