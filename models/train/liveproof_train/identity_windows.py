"""Does a stretch of a call show the same face as an earlier one? Windows of clips, and what is measured of them.

Looks are the samples of the artifact packs (the product's own track, RATE_HZ a second). A window is WINDOW looks in a
row. Couples of windows: `same` (one clip, later), `swapped` (camera panel, then the swapped panel of the same streamer
later: only the face is another), `other` (another person's clip). Conditions make the later window worse, as a call
does; the earlier one stays.
"""
from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Callable

import cv2
import numpy as np

from .batches_artifact import Clip, load_clips
from .identity_course import cosine
from .identity_views import glasses
from .mesh import SLICES, inter_ocular
from .native import ART_PX, face_in_crop
from .pack_identity import ID_PX, ID_SCALE, scaled
from .preprocess import Crop, crop_picture, normalise
from .serving import session_of

WINDOW = 15
STABLE = np.r_[SLICES["eye_left"], SLICES["eye_right"], SLICES["brow_left"], SLICES["brow_right"], SLICES["nose"], SLICES["oval"]]


def _jpeg(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", rgb[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 25])[1], cv2.IMREAD_COLOR)[:, :, ::-1]


def _half(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    n = rgb.shape[0]
    return cv2.resize(cv2.resize(rgb, (n // 2, n // 2), interpolation=cv2.INTER_AREA), (n, n), interpolation=cv2.INTER_LINEAR)


def _dark(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.clip(rgb * 0.3 + rng.normal(0, 4, rgb.shape), 0, 255).astype(np.uint8)


def _side(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.clip(rgb * np.linspace(0.45, 1.3, rgb.shape[1])[None, :, None], 0, 255).astype(np.uint8)


def _warm(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.clip(255 * (rgb / 255.0) ** 0.75 * np.array([1.1, 0.97, 0.8]), 0, 255).astype(np.uint8)


CONDITIONS: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "as it is": lambda rgb, rng: rgb, "JPEG 25": _jpeg, "half resolution": _half, "light 0.3 with noise": _dark,
    "light from the side": _side, "warm, gamma 0.75": _warm}


@dataclass
class Feature:
    """What is read of a look, and how far two windows of it lie apart (larger = more unlike)."""

    read: Callable[[np.ndarray, np.ndarray], np.ndarray]
    apart: Callable[[np.ndarray, np.ndarray], float]


def energy(first: np.ndarray, second: np.ndarray) -> float:
    """Energy distance (Szekely and Rizzo): what lies between, less what lies within."""
    def mean(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1)).mean())
    return 2 * mean(first, second) - mean(first, first) - mean(second, second)


def rms(first: np.ndarray, second: np.ndarray) -> float:
    """Root mean square of the means' difference."""
    return float(np.sqrt(((first.mean(0) - second.mean(0)) ** 2).mean()))


def deviation(first: np.ndarray, second: np.ndarray) -> float:
    """As src/analyze/face_swap/flicker.rs compares appearances, on the windows' means: logarithms of colours."""
    ratio = (first.mean(0) - second.mean(0)).reshape(-1, 3)
    return float(np.median(np.abs(ratio - np.median(ratio, 0)), 0).mean())


class Net:
    """An identity net, as a feature; `run` maps [n, 3, ID_PX, ID_PX] to [n, d]."""

    def __init__(self, run: Callable[[np.ndarray], np.ndarray]):
        self.run = run

    def __call__(self, rgb: np.ndarray, points: np.ndarray) -> np.ndarray:
        return self.run(normalise(crop_picture(rgb, scaled(points, ID_SCALE), ID_PX))[None])[0]


class Artifact:
    """One output of artifact-1."""

    def __init__(self, output: str):
        self.session, self.output = session_of("artifact-1.onnx"), output

    def __call__(self, rgb: np.ndarray, points: np.ndarray) -> np.ndarray:
        edge = (rgb.shape[0] - ART_PX) // 2
        inner = rgb[edge:edge + ART_PX, edge:edge + ART_PX].astype(np.float32)
        face = face_in_crop(points - edge, Crop(ART_PX / 2, ART_PX / 2, ART_PX, 0.0))
        return self.session.run([self.output], {"image": normalise(inner)[None], "face": face[None]})[0][0]


def shape(rgb: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Landmarks without the mouth, roll and size taken out, in eye distances."""
    level = scaled(points, 1.0).to_crop(points)[STABLE]
    return ((level - level.mean(0)) / inter_ocular(scaled(points, 1.0).to_crop(points))).reshape(-1)


def appearance(rgb: np.ndarray, points: np.ndarray) -> np.ndarray:
    """24 x 24 logarithms of colours inside the face, as flicker.rs takes them."""
    small = crop_picture(rgb, scaled(points, 1.4), 24)
    at = ((np.arange(24) + 0.5) / 24 - 0.5) * 2.8
    inside = np.hypot(at[None] / 0.85, at[:, None]) < 0.85
    return np.log(small[inside] + 8).reshape(-1)


def colours(rgb: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Mean and spread of log chromaticity inside the face."""
    log = appearance(rgb, points).reshape(-1, 3)
    chroma = log[:, :2] - log[:, 2:]
    return np.r_[chroma.mean(0), chroma.std(0), log.std(0)]


def baselines() -> dict[str, Feature]:
    """Features that need no new net."""
    return {"artifact-1 embedding": Feature(Artifact("embedding"), rms), "artifact-1 change": Feature(Artifact("change"), rms),
            "landmark shape": Feature(shape, rms), "appearance 24 px": Feature(appearance, deviation), "colour": Feature(colours, rms)}


def usable(clip: Clip, rgb: np.ndarray, points: np.ndarray, i: int) -> bool:
    """The gates of the product that depend on the picture: size of the face and light."""
    x0, y0 = np.maximum(points.min(0), 0).astype(int)
    x1, y1 = points.max(0).astype(int)
    return (y1 - y0) * clip.scale[i] >= 60 and 30 <= rgb[y0:y1, x0:x1].mean() <= 235


def looks(clip: Clip, feature: Feature, condition: str, seed: int = 1) -> np.ndarray:
    """[n, d], a row for each look of the clip."""
    rng = np.random.default_rng(seed)
    out = []
    for i in range(len(clip.points)):
        rgb = np.asarray(clip.picture(i))
        points = clip.points[i] * rgb.shape[0]
        if condition == "glasses":  # the same ones through the clip
            rgb = glasses(rgb, points, np.random.default_rng(zlib.crc32(clip.about["name"].encode())))
        else:
            rgb = CONDITIONS[condition](rgb, rng)
        out.append(feature.read(rgb, points))
    return np.stack(out)


def windows(n: int) -> list[slice]:
    """Windows of WINDOW looks in a row; two halves where there is not room for two of them."""
    if n >= 2 * WINDOW:
        return [slice(i, i + WINDOW) for i in range(0, n - WINDOW + 1, WINDOW)]
    return [slice(0, n // 2), slice(n // 2, n)] if n >= 12 else []


@dataclass
class Couples:
    """Distances of couples of windows, and of whom."""

    kind: list[str]
    apart: list[float]
    person: list[str]
    fold: list[str]

    def take(self, kind: str) -> tuple[np.ndarray, np.ndarray]:
        rows = [i for i, k in enumerate(self.kind) if k == kind]
        return np.array(self.apart)[rows], np.array(self.person)[rows]


def couples(clips: list[Clip], clean: dict[str, np.ndarray], worse: dict[str, np.ndarray], apart: Callable, seed: int = 3) -> Couples:
    """All couples; `clean` and `worse` hold a clip's looks by its name."""
    out = Couples([], [], [], [])
    rng = np.random.default_rng(seed)
    real = [c for c in clips if c.about["label"] == "real"]
    swapped = {c.about["pair"]: c for c in clips if c.about["label"] == "fake"}

    def put(kind: str, a: np.ndarray, b: np.ndarray, clip: Clip) -> None:
        out.kind.append(kind)
        out.apart.append(apart(a, b))
        out.person.append(clip.about["identity"])
        out.fold.append(clip.about["fold"] or "val")

    for clip in real:
        name = clip.about["name"]
        cut = windows(len(clip.points))
        for i, early in enumerate(cut[:-1]):
            a = clean[name][early]
            for late in cut[i + 1:]:
                put("same", a, worse[name][late], clip)
            twin = swapped.get(clip.about["pair"]) if clip.about["pair"] else None
            if twin is not None:
                for late in windows(len(twin.points))[i + 1:]:
                    put("swapped", a, worse[twin.about["name"]][late], clip)
            others = [c for c in real if c.about["identity"] != clip.about["identity"] and windows(len(c.points))]
            for k in rng.choice(len(others), 4, replace=False):
                other = others[k]
                choice = windows(len(other.points))
                put("other", a, worse[other.about["name"]][choice[rng.integers(len(choice))]], clip)
    return out


def material(splits: tuple[str, ...] = ("val", "pairs")) -> list[Clip]:
    """Clips of people that no identity net was fitted on."""
    return [c for c in load_clips() if c.about["split"] in splits]
