"""What lies on faces and is no hand: hard negatives of the hand net, drawn. numpy and OpenCV only.

`add(rng, rgb, label, points)` puts one to three of them on a scene; what they cover becomes background in the label
(0), since it is neither visible face skin nor hand.
"""
from __future__ import annotations

import cv2
import numpy as np

from ..mesh import SLICES
from .hands import skin_tone


def _cover(rgb: np.ndarray, label: np.ndarray, mask: np.ndarray, colour: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    alpha = np.clip(cv2.GaussianBlur(mask, (0, 0), 0.7), 0, 1)
    out = rgb * (1 - alpha[..., None]) + np.clip(colour, 0, 255) * alpha[..., None]
    return np.clip(np.round(out), 0, 255).astype(np.uint8), np.where(alpha > 0.5, 0, label).astype(np.uint8)


def _shaded(rng: np.random.Generator, shape: tuple[int, int], colour: np.ndarray) -> np.ndarray:
    """A flat colour under a ramp of light and a little grain."""
    h, w = shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32) / max(h, w) - 0.5
    turn = rng.uniform(0, 2 * np.pi)
    light = 1 + rng.uniform(0, 0.7) * (np.cos(turn) * x + np.sin(turn) * y) + rng.uniform(0, 0.05) * rng.standard_normal((h, w))
    return colour * light[..., None].astype(np.float32)


def _blank(rgb: np.ndarray) -> np.ndarray:
    return np.zeros(rgb.shape[:2], np.float32)


def _ints(*points: np.ndarray) -> np.ndarray:
    return np.round(np.array(points) * 8).astype(np.int32)


def microphone(rng, rgb, label, points):
    """A stick with a round head, before the mouth or below the chin."""
    mask, face = _blank(rgb), np.ptp(points[:, 1])
    head = points[SLICES["lips_outer"]].mean(0) + rng.normal(0, 0.18, 2) * face + [0, 0.2 * face]
    turn = rng.normal(0, 0.6)
    foot = head + 2 * face * np.array([np.sin(turn), np.cos(turn)])
    a, b = _ints(head, foot)
    cv2.line(mask, a.tolist(), b.tolist(), 1.0, max(2, int(face * rng.uniform(0.08, 0.2))), cv2.LINE_8, 3)
    cv2.circle(mask, a.tolist(), int(8 * face * rng.uniform(0.08, 0.2)), 1.0, -1, cv2.LINE_8, 3)
    return _cover(rgb, label, mask, _shaded(rng, mask.shape, np.full(3, rng.uniform(5, 110))))


def cup(rng, rgb, label, points):
    """A slab with round corners: cup, telephone, card, tissue."""
    mask, face = _blank(rgb), np.ptp(points[:, 1])
    at = points.mean(0) + rng.normal(0, 0.35, 2) * face
    size = face * rng.uniform(0.15, 0.55, 2)
    box = cv2.boxPoints(((float(at[0]), float(at[1])), (float(size[0]), float(size[1])), float(rng.normal(0, 35))))
    cv2.fillConvexPoly(mask, np.round(box).astype(np.int32), 1.0)
    return _cover(rgb, label, mask, _shaded(rng, mask.shape, rng.uniform(5, 250, 3)))


def sleeve(rng, rgb, label, points):
    """Cloth from the edge of the picture across a part of it."""
    mask, face = _blank(rgb), np.ptp(points[:, 1])
    start = points.mean(0) + rng.normal(0, 0.6, 2) * face
    turn = rng.uniform(-1.3, 1.3)
    a, b = _ints(start, start + 3 * face * np.array([np.sin(turn), np.cos(turn)]))
    cv2.line(mask, a.tolist(), b.tolist(), 1.0, max(3, int(face * rng.uniform(0.25, 0.6))), cv2.LINE_8, 3)
    y, x = np.mgrid[0:mask.shape[0], 0:mask.shape[1]]
    folds = 1 + 0.2 * np.sin(x * rng.uniform(-0.5, 0.5) + y * rng.uniform(-0.5, 0.5))
    return _cover(rgb, label, mask, _shaded(rng, mask.shape, rng.uniform(10, 245, 3)) * folds[..., None])


def hair(rng, rgb, label, points):
    """A bundle of strands from above over forehead or cheek."""
    mask, face = _blank(rgb), np.ptp(points[:, 1])
    root = points[SLICES["oval"]][rng.choice([0, 2, 18])] + rng.normal(0, 0.08, 2) * face
    way = rng.normal(0, 0.25)
    for _ in range(int(rng.integers(8, 40))):
        at, bend = root + rng.normal(0, 0.12, 2) * face, way + rng.normal(0, 0.15)
        line = [at]
        for _ in range(6):
            at = at + face * 0.12 * np.array([np.sin(bend), np.cos(bend)])
            bend += rng.normal(0, 0.12)
            line.append(at)
        cv2.polylines(mask, [_ints(*line)], False, 1.0, int(rng.integers(1, 4)), cv2.LINE_8, 3)
    tone = np.array([70, 50, 38]) * rng.uniform(0.2, 2.6) * (1 + rng.normal(0, 0.1, 3))
    return _cover(rgb, label, mask, _shaded(rng, mask.shape, tone))


def headset(rng, rgb, label, points):
    """An ear cup with a boom to the mouth."""
    mask, face = _blank(rgb), np.ptp(points[:, 1])
    side = points[SLICES["oval"]][rng.choice([5, 15])]
    mouth = points[SLICES["lips_outer"]].mean(0)
    cv2.ellipse(mask, np.round(side).astype(int).tolist(), (max(2, int(0.1 * face)), max(2, int(0.17 * face))), 0, 0, 360, 1.0, -1)
    bend = (side + mouth) / 2 + [0, 0.22 * face]
    cv2.polylines(mask, [_ints(side, bend, mouth + (side - mouth) * 0.25 + [0, 0.1 * face])], False, 1.0, max(1, int(0.03 * face)), cv2.LINE_8, 3)
    return _cover(rgb, label, mask, _shaded(rng, mask.shape, np.full(3, rng.uniform(10, 90))))


def spectacles(rng, rgb, label, points):
    """Dark lenses; rims alone are thinner than the label's grain."""
    mask, face = _blank(rgb), np.ptp(points[:, 1])
    for name in ("eye_left", "eye_right"):
        at = points[SLICES[name]].mean(0)
        cv2.ellipse(mask, np.round(at).astype(int).tolist(), (max(2, int(0.15 * face)), max(2, int(0.11 * face))), 0, 0, 360, 1.0, -1)
    return _cover(rgb, label, mask, _shaded(rng, mask.shape, rng.uniform(5, 90) * np.array([1, 0.9, 0.9])))


def face_mask(rng, rgb, label, points):
    """A cloth over mouth and chin."""
    mask = _blank(rgb)
    oval, nose = points[SLICES["oval"]], points[SLICES["nose"]][3]
    low = oval[oval[:, 1] > nose[1] - 2]
    if len(low) < 4:
        return rgb, label
    hull = cv2.convexHull(np.round(np.vstack((low, nose[None]))).astype(np.int32))
    cv2.fillConvexPoly(mask, hull, 1.0)
    tone = rng.choice([np.array([225, 232, 235]), np.array([150, 190, 215]), rng.uniform(20, 120, 3)])
    return _cover(rgb, label, mask, _shaded(rng, mask.shape, np.asarray(tone, float)))


def skin_patch(rng, rgb, label, points):
    """Something plain in a skin's colour behind the person: a wall, wood, a shoulder. It stays off face and hands."""
    mask = _blank(rgb)
    at = rng.uniform(0, rgb.shape[0], 2)
    axes = rng.uniform(10, 50, 2).astype(int)
    cv2.ellipse(mask, np.round(at).astype(int).tolist(), axes.tolist(), float(rng.uniform(0, 180)), 0, 360, 1.0, -1)
    grown = cv2.dilate((label > 0).astype(np.uint8), np.ones((9, 9), np.uint8))
    mask *= grown == 0
    covered, _ = _cover(rgb, label, mask, _shaded(rng, mask.shape, skin_tone(rng.random(), rng)))
    return covered, label


KINDS = (microphone, cup, sleeve, hair, headset, spectacles, face_mask, skin_patch)


def add(rng: np.random.Generator, rgb: np.ndarray, label: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One to three of KINDS on a scene; `points` are its 96 landmarks in pixels."""
    for _ in range(1 + int(rng.integers(3)) // 2 + int(rng.random() < 0.2)):
        rgb, label = KINDS[int(rng.integers(len(KINDS)))](rng, rgb, label, points)
    return rgb, label
