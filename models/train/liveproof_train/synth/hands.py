"""Hands for composites: drawn ones, cut-outs of the cache, and their way onto a picture. numpy and OpenCV only.

    hand = draw_hand(rng, length_px=96)                     # a drawn hand with its forearm, any pose and skin tone
    hand = draw_hand(rng, 96, pose="open", tone=0.4, facing=1.0, sleeve=False)
    hands = load_cutouts()                                  # real hands of split train from the cache; [] where there are none
    layer = place(hand, (h, w), centre, length_px, angle)   # rgb float32 [h, w, 3], alpha and skin float32 [h, w]
    layer = recolour(layer, skin_lab_mean(rgb, face_mask))  # moves the hand's skin to the face's tone
    out = put(rgb, layer)                                   # uint8 picture with the hand on it

A `Hand` stands upright: fingers up, the forearm leaves through the bottom edge of its picture. `wrist` and `palm` are
(x, y) in its pixels, `length_px` is the length from wrist to middle fingertip of the stretched hand. `alpha` covers hand,
forearm and sleeve, `skin` is the part of it that is skin (the label "hand and forearm" of the seg net; a sleeve
is none). Everything is seeded by the generator that is passed in. Nothing here is drawn from anybody's picture
except what `load_cutouts` reads from the cache (written by cut_hands.py, never committed).
"""
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..paths import cache_dir

# sRGB skin tones from light to dark, a design choice; `tone` 0..1 runs along them
TONES = np.array([(246, 214, 196), (232, 190, 164), (212, 165, 136), (180, 131, 102), (140, 95, 71), (103, 68, 52),
                  (70, 46, 37)], np.float32)
# Joints of a hand of length 1 (wrist at the origin, fingers towards -y, back of a right hand): base, lengths of the
# three bones, resting angle from the middle finger in degrees, radii at base and tip
FINGERS = {
    "index": ((-0.155, -0.49), (0.20, 0.125, 0.095), -7.0, (0.056, 0.042)),
    "middle": ((-0.045, -0.52), (0.22, 0.145, 0.100), -1.0, (0.058, 0.043)),
    "ring": ((0.065, -0.495), (0.20, 0.135, 0.100), 5.0, (0.055, 0.041)),
    "little": ((0.160, -0.43), (0.155, 0.095, 0.085), 12.0, (0.048, 0.036)),
}
THUMB = ((-0.10, -0.13), (0.20, 0.165, 0.13), -42.0, (0.078, 0.050))
# Bend of each finger (thumb first) as share of a full fist
POSES = {
    "open": (0.0, 0.03, 0.02, 0.03, 0.05), "relaxed": (0.15, 0.25, 0.3, 0.33, 0.36), "fist": (0.6, 0.95, 1.0, 1.0, 0.95),
    "point": (0.6, 0.03, 0.95, 1.0, 0.95), "two": (0.7, 0.03, 0.03, 0.95, 1.0), "pinch": (0.45, 0.5, 0.15, 0.12, 0.1),
    "cup": (0.2, 0.45, 0.45, 0.45, 0.45),
}
FOREARM = ((0.0, 0.02, 0.125), (0.0, 0.5, 0.14), (0.0, 1.3, 0.185), (0.0, 3.2, 0.22))  # x, y, radius down the arm


@dataclass
class Hand:
    """A hand with its forearm, upright; see the head of the file."""

    rgb: np.ndarray  # uint8 [H, W, 3], defined beyond the edge of `alpha` as well
    alpha: np.ndarray  # uint8 [H, W]
    skin: np.ndarray  # uint8 [H, W]
    wrist: tuple[float, float]
    palm: tuple[float, float]
    length_px: float
    source: str = "drawn"

    def __post_init__(self) -> None:
        share = self.alpha.astype(np.float32)[..., None] / 255
        self.premultiplied = np.dstack((np.round(self.rgb * share).astype(np.uint8), self.alpha))
        self.bare = bool((self.skin == self.alpha).all())  # no sleeve: one plane fewer to resample


@dataclass
class Layer:
    """A hand placed on a picture of the same size."""

    rgb: np.ndarray  # float32 [h, w, 3] in 0..255
    alpha: np.ndarray  # float32 [h, w] in 0..1
    skin: np.ndarray  # float32 [h, w] in 0..1, at most alpha


# === drawing ===


def _turn(points: np.ndarray, about_y: float, about_x: float) -> np.ndarray:
    """Rotates [n, 3] about the arm's axis, then about the picture's horizontal (fingers to the viewer)."""
    c, s = np.cos(about_y), np.sin(about_y)
    points = points @ np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]]).T
    c, s = np.cos(about_x), np.sin(about_x)
    return points @ np.array([[1, 0, 0], [0, c, -s], [0, s, c]]).T


def _finger(base: tuple[float, float], bones: tuple[float, ...], angle_deg: float, bend: float, thumb: bool) -> np.ndarray:
    """[4, 3] joints; a bent finger leaves the plane towards +z (the palm's side)."""
    joints, turned = [np.array([*base, 0.0])], 0.0
    side = np.radians(angle_deg)
    for length, share in zip(bones, (0.25, 0.4, 0.35) if thumb else (0.33, 0.42, 0.25)):
        turned += bend * share * np.radians(110 if thumb else 235)
        flat, deep = np.cos(turned), np.sin(turned)
        along = side + (np.radians(45) * bend if thumb else 0.0)
        joints.append(joints[-1] + length * np.array([np.sin(along) * flat, -np.cos(along) * flat, deep]))
    return np.array(joints)


class _Canvas:
    """Height and signed distance of tapered capsules under orthographic view."""

    def __init__(self, width: int, height: int, origin: tuple[float, float], unit: float):
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        self.x, self.y = (x + 0.5 - origin[0]) / unit, (y + 0.5 - origin[1]) / unit
        self.far = np.full((height, width), 9.0, np.float32)
        self.low = np.full((height, width), -9.0, np.float32)

    def capsule(self, a: np.ndarray, b: np.ndarray, ra: float, rb: float) -> tuple[np.ndarray, np.ndarray]:
        """Distance to the edge in the picture (negative inside) and height towards the viewer."""
        step = b[:2] - a[:2]
        t = np.clip(((self.x - a[0]) * step[0] + (self.y - a[1]) * step[1]) / max(float(step @ step), 1e-6), 0, 1)
        d2 = (self.x - a[0] - t * step[0]) ** 2 + (self.y - a[1] - t * step[1]) ** 2
        r = ra + t * (rb - ra)
        z = a[2] + t * (b[2] - a[2])
        return np.sqrt(d2) - r, z + np.sqrt(np.maximum(r * r - d2, 0)) - 9.0 * (d2 > r * r)

    @staticmethod
    def union(one: tuple[np.ndarray, np.ndarray], two: tuple[np.ndarray, np.ndarray], soft: float) -> tuple[np.ndarray, np.ndarray]:
        """Of two shapes; `soft` > 0 fills the notch between them (polynomial smooth minimum)."""
        d1, d2 = one[0], two[0]
        if soft <= 0:
            return np.minimum(d1, d2), np.maximum(one[1], two[1])
        mix = np.clip(0.5 + 0.5 * (d2 - d1) / soft, 0, 1)
        distance = d2 + (d1 - d2) * mix - soft * mix * (1 - mix)
        gap = np.clip(0.5 + 0.5 * (one[1] - two[1]) / soft, 0, 1)
        return distance, two[1] + (one[1] - two[1]) * gap + soft * gap * (1 - gap)


def _shape(canvas: _Canvas, rng: np.random.Generator, pose: str, facing: float, spread: float) -> tuple:
    """Distance and height of the whole arm, plus what the painter needs: joints, and nails' places."""
    about_y = np.pi * (facing < 0) + rng.normal(0, 0.28) + (rng.uniform(-1.5, 1.5) if rng.random() < 0.3 else 0)
    about_x = rng.normal(0, 0.22)
    bends = np.clip(np.array(POSES[pose]) + rng.normal(0, 0.05, 5), 0, 1.05)
    stout = rng.uniform(0.95, 1.3)
    joints = {"thumb": _finger(THUMB[0], THUMB[1], THUMB[2] * rng.uniform(0.5, 1.25), bends[0], True)}
    for bend, (name, (base, bones, angle, _)) in zip(bends[1:], FINGERS.items()):
        joints[name] = _finger(base, bones, angle * spread + rng.normal(0, 1.5), bend, False)
    turned = {name: _turn(j * np.array([1, 1, -1]), about_y, about_x) for name, j in joints.items()}
    wrist = _turn(np.array([[-0.085, -0.02, 0], [-0.03, 0, 0], [0.03, 0, 0], [0.085, -0.02, 0]]), about_y, about_x)
    body = canvas.far, canvas.low
    for i, name in enumerate(FINGERS):  # metacarpals make the palm
        body = canvas.union(body, canvas.capsule(wrist[i], turned[name][0], 0.085 * stout, 0.078 * stout), 0.06)
    thumb = turned["thumb"]
    body = canvas.union(body, canvas.capsule(thumb[0], thumb[1], 0.105 * stout, 0.07 * stout), 0.05)
    swing = np.radians(rng.normal(0, 14))
    arm = [np.array([np.sin(swing) * y, np.cos(swing) * y, 0.0]) for _, y, _ in FOREARM]
    for (p, q), (a, b) in zip(zip(arm, arm[1:]), zip(FOREARM, FOREARM[1:])):
        body = canvas.union(body, canvas.capsule(p, q, a[2] * stout, b[2] * stout), 0.05)
    for name, j in turned.items():
        r0, r1 = (THUMB if name == "thumb" else FINGERS[name])[3]
        radii = np.linspace(r0, r1, 4) * stout
        digit = canvas.far, canvas.low
        for k in range(1 if name == "thumb" else 0, 3):
            digit = canvas.union(digit, canvas.capsule(j[k], j[k + 1], radii[k], radii[k + 1]), 0.012)
        body = canvas.union(body, digit, 0.014)
    return body, turned, stout, swing, about_y


def _paint(canvas: _Canvas, rng: np.random.Generator, body: tuple, turned: dict, unit: float, tone: np.ndarray,
           back: bool) -> np.ndarray:
    """Colour of the skin: light from one side, creases, redder knuckles and tips, nails on the back, grain."""
    height = cv2.GaussianBlur(np.where(body[0] < 0, body[1], np.minimum(body[1], -0.05)).astype(np.float32), (0, 0), 0.014 * unit)
    gx, gy = cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=unit / 8), cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=unit / 8)
    steep = np.sqrt(gx * gx + gy * gy + 1)
    side = rng.uniform(0, 2 * np.pi)
    lift = rng.uniform(0.7, 1.6)
    light = np.array([np.cos(side), np.sin(side), lift]) / np.sqrt(1 + lift * lift)
    lambert = np.clip((-gx * light[0] - gy * light[1] + light[2]) / steep, 0, 1)
    shade = rng.uniform(0.45, 0.88)
    value = shade + (1 - shade) * lambert / max(0.3, light[2])
    hollow = np.clip(cv2.GaussianBlur(height, (0, 0), 0.05 * unit) - height, -0.1, 0.1)
    value *= 1 - rng.uniform(1.0, 2.5) * np.clip(hollow, 0, 0.1)
    red = np.zeros_like(value)
    for name, j in turned.items():
        r = (THUMB if name == "thumb" else FINGERS[name])[3]
        for k in (1, 2, 3):
            d2 = (canvas.x - j[k, 0]) ** 2 + (canvas.y - j[k, 1]) ** 2
            red += (0.5 if k < 3 else 0.8) * np.exp(-d2 / (1.4 * r[0] ** 2))
            if k < 3:  # folds of skin across the joint
                step = j[k, :2] - j[k - 1, :2]
                step = step / (np.linalg.norm(step) + 1e-6)
                along = (canvas.x - j[k, 0]) * step[0] + (canvas.y - j[k, 1]) * step[1]
                for shift in (-0.012, 0.010):
                    value *= 1 - 0.10 * np.exp(-((along - shift) / 0.006) ** 2) * (d2 < (1.1 * r[0]) ** 2)
    h, w = value.shape
    coarse = cv2.resize(rng.normal(0, 1, (h // 12 + 2, w // 12 + 2)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
    fine = cv2.GaussianBlur(rng.normal(0, 1, (h, w)).astype(np.float32), (0, 0), 0.7)
    value = value * (1 + 0.02 * coarse + rng.uniform(0.0, 0.03) * fine)
    rgb = tone * np.clip(value, 0.08, 1.35)[..., None]
    rgb += red[..., None] * np.array([6.0, -5.0, -4.0]) * rng.uniform(0.3, 1.2)
    shine = np.clip(lambert, 0, 1) ** 24 * rng.uniform(0, 28)
    rgb += shine[..., None]
    if back:
        nail = tone * 0.75 + np.array([60, 42, 42])
        for name, j in turned.items():
            r1 = (THUMB if name == "thumb" else FINGERS[name])[3][1]
            step = j[3, :2] - j[2, :2]
            if np.linalg.norm(step) > 0.05:
                step = step / np.linalg.norm(step)
                along = (canvas.x - j[3, 0]) * step[0] + (canvas.y - j[3, 1]) * step[1] - 0.3 * r1
                across = -(canvas.x - j[3, 0]) * step[1] + (canvas.y - j[3, 1]) * step[0]
                edge = np.sqrt((along / (0.62 * r1)) ** 2 + (across / (0.55 * r1)) ** 2)
                cover = (0.7 * np.clip((1 - edge) * 4, 0, 1))[..., None]
                rgb = rgb * (1 - cover) + np.clip(nail, 0, 255) * np.clip(value, 0.4, 1.1)[..., None] * cover
    return np.clip(rgb, 0, 255)


def skin_tone(tone: float, rng: np.random.Generator | None = None) -> np.ndarray:
    """sRGB of a tone 0 (light) .. 1 (dark), with a little cast where a generator is given."""
    at = float(np.clip(tone, 0, 1)) * (len(TONES) - 1)
    low = min(int(at), len(TONES) - 2)
    rgb = TONES[low] + (at - low) * (TONES[low + 1] - TONES[low])
    return rgb if rng is None else np.clip(rgb * (1 + rng.normal(0, 0.03, 3)), 0, 255).astype(np.float32)


def draw_hand(rng: np.random.Generator, length_px: float = 96.0, pose: str | None = None, tone: float | None = None,
              facing: float | None = None, sleeve: bool | None = None) -> Hand:
    """A drawn hand. `pose` is one of POSES, `tone` 0..1, `facing` > 0 shows the back of the hand and < 0 the palm."""
    pose = pose or str(rng.choice(list(POSES), p=[0.34, 0.22, 0.1, 0.08, 0.08, 0.08, 0.1]))
    facing = float(rng.choice([-1.0, 1.0])) if facing is None else facing
    colour = skin_tone(rng.random() if tone is None else tone, rng)
    width, height = int(round(1.7 * length_px)), int(round(4.3 * length_px))
    origin = (width / 2, 1.22 * length_px)
    canvas = _Canvas(width, height, origin, length_px)
    body, turned, stout, swing, _ = _shape(canvas, rng, pose, facing, rng.uniform(0.3, 2.2))
    rgb = _paint(canvas, rng, body, turned, length_px, colour, facing > 0)
    alpha = np.clip(0.5 - body[0] * length_px, 0, 1)
    skin = alpha.copy()
    if rng.random() < 0.45 if sleeve is None else sleeve:
        rgb, alpha, skin = _sleeve(canvas, rng, rgb, alpha, swing, stout, length_px)
    if rng.random() < 0.5:
        rgb, alpha, skin = rgb[:, ::-1], alpha[:, ::-1], skin[:, ::-1]
    level = lambda a: np.ascontiguousarray(np.round(a * 255).astype(np.uint8))  # noqa: E731
    return Hand(np.ascontiguousarray(np.round(rgb).astype(np.uint8)), level(alpha), level(np.minimum(skin, alpha)),
                origin, (origin[0], origin[1] - 0.3 * length_px), float(length_px))


def _sleeve(canvas: _Canvas, rng: np.random.Generator, rgb: np.ndarray, alpha: np.ndarray, swing: float, stout: float,
            unit: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cloth over the forearm from somewhere above the wrist downwards; wider than the arm, with folds."""
    down = canvas.x * np.sin(swing) + canvas.y * np.cos(swing)
    across = canvas.x * np.cos(swing) - canvas.y * np.sin(swing)
    start = rng.uniform(0.05, 1.1)
    half = stout * (0.17 + 0.05 * np.clip(down, 0, 3)) * rng.uniform(1.05, 1.5)
    edge = np.minimum(half - np.abs(across), down - start)
    cloth_alpha = np.clip(0.5 + edge * unit, 0, 1)
    cloth = rng.uniform(10, 245, 3)
    folds = 1 + 0.15 * np.sin(down * rng.uniform(6, 25) + across * rng.uniform(-20, 20) + rng.uniform(0, 6))
    round_off = 0.55 + 0.45 * np.sqrt(np.clip(1 - (across / half) ** 2, 0, 1))
    shade = (folds * round_off * (0.8 + 0.2 * (down > start + 0.06)))[..., None]
    mixed = rgb * (1 - cloth_alpha[..., None]) + np.clip(cloth * shade, 0, 255) * cloth_alpha[..., None]
    return mixed, np.maximum(alpha, cloth_alpha), alpha * (1 - cloth_alpha)


# === cut-outs ===


def load_cutouts() -> list[Hand]:
    """Real hands of split train that cut_hands.py has cut out and that were kept after a look; [] without a cache."""
    file = cache_dir("packs", "hands") / "cutouts.npz"
    if not file.exists():
        return []
    hands = []
    with np.load(file, allow_pickle=False) as got:
        for i in range(len(got["source"])):
            rgba = cv2.imdecode(got[f"png{i}"], cv2.IMREAD_UNCHANGED)
            wrist_x, wrist_y, palm_x, palm_y, length = (float(v) for v in got["place"][i])
            alpha = np.ascontiguousarray(rgba[:, :, 3])
            hands.append(Hand(np.ascontiguousarray(rgba[:, :, 2::-1]), alpha, alpha.copy(), (wrist_x, wrist_y), (palm_x, palm_y),
                              length, str(got["source"][i])))
    return hands


# === composing ===


def place(hand: Hand, shape: tuple[int, int], centre: tuple[float, float], length_px: float, angle: float,
          mirror: bool = False) -> Layer:
    """The hand with its palm at `centre` (x, y), `length_px` from wrist to fingertip; `angle` in radians turns it
    clockwise from fingers up. Premultiplied while it is resampled, so that no fringe of its background shows."""
    scale = length_px / hand.length_px
    planes = [hand.premultiplied] if hand.bare else [hand.premultiplied, hand.skin]
    size = hand.alpha.shape[1], hand.alpha.shape[0]
    shrunk = np.ones(2)
    if scale < 0.75:  # area first: bilinear samples alone would alias
        small = max(2, round(size[0] * scale)), max(2, round(size[1] * scale))
        shrunk = np.array(small) / size
        planes = [cv2.resize(p, small, interpolation=cv2.INTER_AREA) for p in planes]
    c, s = np.cos(angle), np.sin(angle)
    flip = -1.0 if mirror else 1.0
    move = np.array([[c * flip, -s], [s * flip, c]]) @ np.diag(scale / shrunk)
    palm = np.array(hand.palm) * shrunk
    matrix = np.hstack((move, (np.array(centre) - move @ (palm - 0.5) - 0.5)[:, None]))
    planes = [cv2.warpAffine(p, matrix, shape[::-1], flags=cv2.INTER_LINEAR) for p in planes]
    alpha = planes[0][..., 3].astype(np.float32) / 255
    rgb = planes[0][..., :3] / np.maximum(alpha, 1e-2)[..., None]
    skin = alpha if hand.bare else np.minimum(planes[1].astype(np.float32) / 255, alpha)
    return Layer(np.clip(rgb, 0, 255).astype(np.float32), alpha, skin)


def skin_lab_mean(rgb: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """[3] mean Lab (OpenCV's 8-bit scale) where `weight` says face; NaN where it says nowhere."""
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(np.float32)
    total = float(weight.sum())
    return (weight.reshape(-1).astype(np.float32) @ lab) / total if total > 1 else np.full(3, np.nan, np.float32)


def recolour(layer: Layer, lab_mean: np.ndarray, strength: float = 1.0) -> Layer:
    """The layer with its skin's mean Lab moved towards `lab_mean` by `strength` 0..1."""
    if not np.isfinite(lab_mean).all():
        return layer
    picture = np.round(layer.rgb).astype(np.uint8)
    own = skin_lab_mean(picture, layer.skin)
    if not np.isfinite(own).all():
        return layer
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.float32)
    part = (layer.skin / np.maximum(layer.alpha, 1e-3))[..., None]
    lab += strength * part * (lab_mean - own)
    moved = cv2.cvtColor(np.clip(lab, 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB).astype(np.float32)
    return Layer(moved, layer.alpha, layer.skin)


def feather(layer: Layer, sigma_px: float) -> Layer:
    """Softer edges; the shape keeps its place."""
    if sigma_px <= 0:
        return layer
    return Layer(layer.rgb, cv2.GaussianBlur(layer.alpha, (0, 0), sigma_px), cv2.GaussianBlur(layer.skin, (0, 0), sigma_px))


def smear(layer: Layer, travel_px: tuple[float, float]) -> Layer:
    """Motion blur along `travel_px` (x, y), the way that the hand goes while the shutter is open."""
    length = float(np.hypot(*travel_px))
    if length < 1:
        return layer
    size = int(np.ceil(length)) * 2 + 1
    kernel = np.zeros((size, size), np.float32)
    for t in np.linspace(-0.5, 0.5, 4 * size):
        kernel[int(round(size // 2 + t * travel_px[1])), int(round(size // 2 + t * travel_px[0]))] += 1
    kernel /= kernel.sum()
    alpha = cv2.filter2D(layer.alpha, -1, kernel, borderType=cv2.BORDER_REPLICATE)
    skin = cv2.filter2D(layer.skin, -1, kernel, borderType=cv2.BORDER_REPLICATE)
    rgb = cv2.filter2D(layer.rgb * layer.alpha[..., None], -1, kernel, borderType=cv2.BORDER_REPLICATE)
    return Layer(rgb / np.maximum(alpha, 1e-3)[..., None], alpha, skin)


def put(rgb: np.ndarray, layer: Layer, shadow: float = 0.0, shadow_px: float = 4.0, toward: tuple[float, float] = (0.0, 1.0)) -> np.ndarray:
    """The picture with the layer on it; `shadow` 0..1 darkens what lies beside the hand on the side `toward`."""
    base = rgb.astype(np.float32)
    if shadow > 0:
        move = np.array([[1, 0, toward[0] * shadow_px], [0, 1, toward[1] * shadow_px]], np.float32)
        cast = cv2.GaussianBlur(cv2.warpAffine(layer.alpha, move, layer.alpha.shape[::-1]), (0, 0), max(0.5, shadow_px))
        base = base * (1 - shadow * np.clip(cast, 0, 1))[..., None]
    a = layer.alpha[..., None]
    return np.clip(np.round(base * (1 - a) + layer.rgb * a), 0, 255).astype(np.uint8)
