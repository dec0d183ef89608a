"""Batches for the artifact net: matched pairs, shown through one camera-and-codec chain.

A pair is the same moment of one camera, real and forged. Both members get the same window, mirror,
codec, blur and noise; each member on its own gets gain, colour, gamma and a little blur, because
the forged panels differ from the camera panels in brightness (about 0.9 grey levels), which says
nothing about swaps.
"""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from .native import ART_PX
from .paths import cache_dir


# Panels whose faces were taken up a frame apart are sampled out of step
SAME_MOMENT_S = 0.07


@dataclass
class Clip:
    """Packed samples of a clip (pack_artifact.py); pictures stay on disk until they are drawn."""

    about: dict
    rgb: list[np.ndarray]
    points: np.ndarray
    scale: np.ndarray
    time_s: np.ndarray
    starts: np.ndarray = field(repr=False)

    def picture(self, i: int, following: bool = False) -> np.ndarray:
        """[PACK_PX, PACK_PX, 3] uint8; the next frame in the same window when `following`."""
        piece = int(np.searchsorted(self.starts, i, side="right")) - 1
        return np.asarray(self.rgb[piece][i - self.starts[piece], int(following)])


def load_clips(folder: Path | None = None) -> list[Clip]:
    """All packed clips that hold samples."""
    folder = folder or cache_dir("packs", "artifact")
    out = []
    for about in json.loads((folder / "index.json").read_text()):
        if not about["samples"]:
            continue
        parts = [np.load(folder / f"{about['name']}.{i}.npz") for i in range(about["pieces"])]
        joined = {k: np.concatenate([p[k] for p in parts]) for k in ("points", "scale", "time_s")}
        rgb = [np.load(folder / f"{about['name']}.{i}.rgb.npy", mmap_mode="r") for i in range(about["pieces"])]
        out.append(Clip(about, rgb, starts=np.cumsum([0, *(len(r) for r in rgb)])[:-1], **joined))
    return out


def matched(clips: list[Clip]) -> list[tuple[Clip, Clip, np.ndarray]]:
    """(real, fake, [m, 2] sample indices of equal moments) of each pair with both panels."""
    pairs: dict[str, dict[str, Clip]] = {}
    for clip in clips:
        if clip.about["pair"]:
            pairs.setdefault(clip.about["pair"], {})[clip.about["label"]] = clip
    out = []
    for both in pairs.values():
        if len(both) < 2:
            continue
        real, fake = both["real"], both["fake"]
        nearest = np.abs(real.time_s[:, None] - fake.time_s[None]).argmin(1)
        same = np.abs(fake.time_s[nearest] - real.time_s) < SAME_MOMENT_S
        out.append((real, fake, np.stack((np.flatnonzero(same), nearest[same]), 1)))
    return out


def face_box(points: np.ndarray) -> np.ndarray:
    """cx, cy, w, h of [96, 2] points."""
    low, high = points.min(0), points.max(0)
    return np.concatenate(((low + high) / 2, high - low))


def colour(rng: np.random.Generator, rgb: np.ndarray) -> np.ndarray:
    """Gain, cast, gamma, offset and saturation of one panel."""
    gain = rng.uniform(0.85, 1.15) * (1 + rng.uniform(-0.05, 0.05, 3))
    gamma, lift = np.exp(rng.uniform(-0.2, 0.2)), rng.uniform(-8, 8)
    level = np.arange(256)[:, None] / 255.0
    table = np.clip(255 * np.clip(level * gain, 0, 1) ** gamma + lift, 0, 255)
    out = np.take_along_axis(table, rgb.reshape(-1, 3).astype(np.intp), 0).reshape(rgb.shape).astype(np.float32)
    grey = out.mean(-1, keepdims=True)
    return grey + (out - grey) * rng.uniform(0.75, 1.25)


@dataclass
class Chain:
    """Camera and codec of a pair: the same for both members (noise is drawn anew)."""

    flip: bool
    dx: int
    dy: int
    blur: float
    noise: float
    jpeg: int
    rescale: float

    @staticmethod
    def draw(rng: np.random.Generator, margin: int) -> "Chain":
        return Chain(bool(rng.random() < 0.5), int(rng.integers(margin + 1)), int(rng.integers(margin + 1)),
                     rng.uniform(0.3, 0.9) if rng.random() < 0.25 else 0.0,
                     rng.uniform(0.5, 4) if rng.random() < 0.25 else 0.0,
                     int(rng.integers(50, 96)) if rng.random() < 0.25 else 0,
                     rng.uniform(0.75, 0.97) if rng.random() < 0.15 else 1.0)

    def apply(self, rng: np.random.Generator, rgb: np.ndarray, points: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Float32 [size, size, 3] in 0..255 and the face's box in 0..1 of it."""
        whole = rgb.shape[0]
        out = colour(rng, rgb[self.dy:self.dy + size, self.dx:self.dx + size])
        box = face_box((points * whole - [self.dx, self.dy]) / size)
        if self.rescale < 1:
            small = max(32, round(size * self.rescale))
            out = cv2.resize(cv2.resize(out, (small, small), interpolation=cv2.INTER_AREA), (size, size), interpolation=cv2.INTER_LINEAR)
        own = rng.uniform(0.2, 0.6) if rng.random() < 0.25 else 0.0
        blur = float(np.hypot(self.blur, own))
        if blur > 0:
            out = cv2.GaussianBlur(out, (5, 5), blur)
        if self.noise:
            out = out + self.noise * rng.standard_normal(out.shape, dtype=np.float32)
        out = np.clip(np.rint(out), 0, 255).astype(np.uint8)
        if self.jpeg:
            out = cv2.imdecode(cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, self.jpeg])[1], cv2.IMREAD_COLOR)
        if self.flip:
            out, box = out[:, ::-1], np.array([1 - box[0], *box[1:]])
        return out.astype(np.float32), box.astype(np.float32)


def centred(clip: Clip, i: int) -> tuple[np.ndarray, np.ndarray]:
    """Sample i as the service shows it to the net: the inner ART_PX window, no chain."""
    rgb = clip.picture(i)
    edge = (rgb.shape[0] - ART_PX) // 2
    points = (clip.points[i] * rgb.shape[0] - edge) / ART_PX
    return rgb[edge:edge + ART_PX, edge:edge + ART_PX].astype(np.float32), face_box(points).astype(np.float32)


def greyed(rgb: np.ndarray, face: np.ndarray, grow: float = 1.25) -> np.ndarray:
    """The picture with a mid-grey ellipse over the face (and a margin), for the leak check."""
    size = rgb.shape[0]
    u = ((np.arange(size) + 0.5) / size)
    r2 = ((u[None] - face[0]) / (0.5 * grow * face[2])) ** 2 + ((u[:, None] - face[1]) / (0.5 * grow * face[3])) ** 2
    return np.where((r2 < 1)[..., None], np.float32(127.5), rgb)
