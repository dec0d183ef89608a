"""The 96 points that liveproof uses, as indices into the teacher's 468-point face mesh.

Order and meaning are a contract with the Rust side. "Image-left" is the left side of an
unmirrored picture, that is, the subject's right.
"""
from __future__ import annotations

import numpy as np

LIPS_OUTER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
LIPS_INNER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)
EYE_LEFT = (33, 161, 159, 157, 133, 154, 145, 163)
EYE_RIGHT = (362, 384, 386, 388, 263, 390, 374, 381)
BROW_LEFT = (70, 63, 105, 66, 107)
BROW_RIGHT = (336, 296, 334, 293, 300)
NOSE = (168, 6, 197, 195, 4, 64, 98, 2, 327, 294)
OVAL = (10, 338, 332, 251, 356, 323, 288, 365, 378, 377, 152, 148, 149, 136, 58, 93, 127, 21, 103, 109)

GROUPS: dict[str, tuple[int, ...]] = {
    "lips_outer": LIPS_OUTER,
    "lips_inner": LIPS_INNER,
    "eye_left": EYE_LEFT,
    "eye_right": EYE_RIGHT,
    "brow_left": BROW_LEFT,
    "brow_right": BROW_RIGHT,
    "nose": NOSE,
    "oval": OVAL,
}
POINTS_96 = np.array([i for group in GROUPS.values() for i in group])
assert len(POINTS_96) == 96 and len(set(POINTS_96.tolist())) == 96


def _slices() -> dict[str, slice]:
    out, start = {}, 0
    for name, group in GROUPS.items():
        out[name] = slice(start, start + len(group))
        start += len(group)
    return out


SLICES = _slices()
# Rows of a 96-point array that make up each visibility region, in the order of the output.
REGIONS: dict[str, np.ndarray] = {
    "mouth": np.r_[SLICES["lips_outer"], SLICES["lips_inner"]],
    "eye_left": np.r_[SLICES["eye_left"]],
    "eye_right": np.r_[SLICES["eye_right"]],
    "brows": np.r_[SLICES["brow_left"], SLICES["brow_right"]],
    "nose": np.r_[SLICES["nose"]],
    "oval": np.r_[SLICES["oval"]],
}
NOSE_TIP = SLICES["nose"].start + 4
MOUTH_LEFT = SLICES["lips_outer"].start
MOUTH_RIGHT = SLICES["lips_outer"].start + 10
OUTER_EYE_LEFT = SLICES["eye_left"].start
OUTER_EYE_RIGHT = SLICES["eye_right"].start + 4


def _mirror() -> np.ndarray:
    """Row i of a mirrored picture's points is row MIRROR[i] of the original's."""
    order = np.arange(96)
    for name in ("lips_outer", "lips_inner"):
        s = SLICES[name].start
        order[s:s + 20] = s + np.r_[10 - np.arange(11), 30 - np.arange(11, 20)]
    left, right = SLICES["eye_left"].start, SLICES["eye_right"].start
    across = np.array([4, 3, 2, 1, 0, 7, 6, 5])
    order[left:left + 8], order[right:right + 8] = right + across, left + across
    left, right = SLICES["brow_left"].start, SLICES["brow_right"].start
    order[left:left + 5], order[right:right + 5] = right + np.arange(5)[::-1], left + np.arange(5)[::-1]
    s = SLICES["nose"].start
    order[s + 5:s + 10] = s + 9 - np.arange(5)
    s = SLICES["oval"].start
    order[s + 1:s + 20] = s + 20 - np.arange(1, 20)
    return order


MIRROR = _mirror()


def eye_centres(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Image-left and image-right eye centre (mean of the 8 contour points) of [..., 96, 2]."""
    return points[..., SLICES["eye_left"], :].mean(-2), points[..., SLICES["eye_right"], :].mean(-2)


def inter_ocular(points: np.ndarray) -> np.ndarray:
    """Inter-ocular distance: between the outer eye corners, the field's usual definition."""
    gap = points[..., OUTER_EYE_LEFT, :] - points[..., OUTER_EYE_RIGHT, :]
    return np.linalg.norm(gap, axis=-1)


def five_points(points: np.ndarray) -> np.ndarray:
    """[..., 5, 2]: eye centres, nose tip, mouth corners, each image-left before image-right."""
    left, right = eye_centres(points)
    rest = (points[..., NOSE_TIP, :], points[..., MOUTH_LEFT, :], points[..., MOUTH_RIGHT, :])
    return np.stack((left, right, *rest), axis=-2)
