"""Faces of other people, and how one of them is laid over a face: nearest in shape, warped, colours adapted.

The bank is cut from the packs of split `train` (`python -m liveproof_train.synth.donors`) and lies in
the cache; the family cross_identity is there when the bank is.
"""
from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from ..paths import cache_dir
from .layers import Forgery, blend, displace, like_colours, smooth_field
from .masks import aligned_transform, hull, soften

BANK_PX = 256
NEAREST = 12       # people among whom a donor is drawn
PER_CLIP, STILLS, STILL_SOURCES = 10, 500, ("lfw", "ciplab", "utkface")


def aligned_shape(points: np.ndarray) -> np.ndarray:
    """[192] the landmarks in the unit aligned square."""
    t = aligned_transform(points, 1)
    return (points @ t[:, :2].T + t[:, 2]).ravel()


def spline(target: np.ndarray, source: np.ndarray, shape: tuple[int, int], stiffness: float = 0.02) -> np.ndarray:
    """Where each pixel of a picture of `shape` lies in the source: [H, W, 2]. Thin-plate spline through pairs of
    points (Bookstein, IEEE TPAMI 1989), smoothed, evaluated on a coarse grid."""
    centre, unit = target.mean(0), max(float(np.ptp(target[:, 0])), 1.0)
    p = (target - centre) / unit

    def kernel(a: np.ndarray) -> np.ndarray:
        r2 = np.square(a[:, None] - p[None]).sum(-1)
        return r2 * np.log(r2 + 1e-9)

    def plane(a: np.ndarray) -> np.ndarray:
        return np.concatenate((np.ones((len(a), 1)), a), 1)

    n = len(p)
    system = np.zeros((n + 3, n + 3))
    system[:n, :n] = kernel(p) + stiffness * np.eye(n)
    system[:n, n:], system[n:, :n] = plane(p), plane(p).T
    solved = np.linalg.solve(system, np.concatenate((source, np.zeros((3, 2)))))
    # the grid's corners are the picture's corner pixels, so that resizing needs no shift
    h, w = shape
    y, x = np.meshgrid(np.linspace(0, h - 1, 33), np.linspace(0, w - 1, 33), indexing="ij")
    grid = (np.stack((x.ravel(), y.ravel()), 1) - centre) / unit
    coarse = (kernel(grid) @ solved[:n] + plane(grid) @ solved[n:]).reshape(33, 33, 2).astype(np.float32)
    # cv2.remap rounds its weights to 1/32, a tenth of a pixel here
    return np.einsum("yi,ijk,xj->yxk", tents(h), coarse, tents(w), optimize=True)


def tents(count: int, knots: int = 33) -> np.ndarray:
    """[count, knots] weights of linear interpolation between evenly spread knots, the first and last included."""
    at = np.linspace(0, knots - 1, count, dtype=np.float32)
    return np.clip(1 - np.abs(at[:, None] - np.arange(knots, dtype=np.float32)), 0, 1)


def warped(picture: np.ndarray, where: np.ndarray) -> np.ndarray:
    """The picture sampled at `where` [H, W, 2]."""
    return cv2.remap(picture, where[..., 0].astype(np.float32), where[..., 1].astype(np.float32), cv2.INTER_LINEAR,
                     borderMode=cv2.BORDER_REFLECT_101)


@dataclass
class Donors:
    """`rgb` [n, BANK_PX, BANK_PX, 3], `points` [n, 96, 2] in its pixels, `person` [n]."""

    rgb: np.ndarray
    points: np.ndarray
    person: np.ndarray

    def __post_init__(self) -> None:
        self.shapes = np.stack([aligned_shape(p) for p in self.points])

    @staticmethod
    def file() -> Path:
        return cache_dir("packs", "donors") / "bank.npz"

    def nearest(self, rng: np.random.Generator, points: np.ndarray) -> int:
        """One of the NEAREST people's best donors; the very nearest is passed over, for it may be the person."""
        away = np.square(self.shapes - aligned_shape(points)).sum(1)
        order, first = np.argsort(away), {}
        for i in order:
            first.setdefault(self.person[i], int(i))
        chosen = list(first.values())[1:1 + NEAREST] or list(first.values())
        return chosen[int(rng.random() * len(chosen))]

    def in_place_of(self, rng: np.random.Generator, rgb: np.ndarray, points: np.ndarray, index: int | None = None) -> np.ndarray:
        """A donor's face in the geometry and about the colours of this one; meaningful within the landmarks' hull."""
        i = self.nearest(rng, points) if index is None else index
        layer = warped(self.rgb[i], spline(points, self.points[i], rgb.shape[:2]))
        return like_colours(layer, rgb, hull(points, rgb.shape[:2], "inner"), rng.normal(0, 1.5, 3))


@lru_cache(maxsize=1)
def cached_donors() -> Donors:
    """The bank of the cache."""
    with np.load(Donors.file()) as kept:
        return Donors(kept["rgb"], kept["points"], kept["person"])


def cross_identity(rng: np.random.Generator, rgb: np.ndarray, points: np.ndarray, donors: Donors | None = None,
                   index: int | None = None) -> Forgery:
    """Another person's face blended in, without a decoder, after the idea of Face X-ray's blended images (Li et al.,
    CVPR 2020): donor near in shape, warped into the hull, colours transferred; own code."""
    layer = (donors or cached_donors()).in_place_of(rng, rgb, points, index)
    shape, width = rgb.shape[:2], np.ptp(points[:, 0])
    part = "full" if rng.random() < 0.7 else "inner"
    mask = displace(hull(points, shape, part), smooth_field(rng, shape, 0.2 * width, 0.04 * width))
    mask = soften(mask, rng.uniform(0.02, 0.08) * width, rng.uniform(0.04, 0.2) * width)
    return blend(rgb, layer, np.clip(mask, 0, 1))


def build() -> None:
    """Cuts the bank from the packs: clips at native pixels, and stills of many more people."""
    from ..batches_artifact import load_clips

    rng = np.random.default_rng(11)
    rgb, points, person = [], [], []
    for clip in (c for c in load_clips() if c.about["split"] == "train"):
        for i in rng.choice(len(clip.points), min(PER_CLIP, len(clip.points)), replace=False):
            rgb.append(clip.picture(int(i)))
            points.append(clip.points[i] * BANK_PX)
            person.append(clip.about["identity"])
    folder = cache_dir("packs", "lmk")
    stills = np.load(folder / "train-images.npy", mmap_mode="r")
    with np.load(folder / "train.npz") as kept:
        still_points, source = kept["points"], kept["source"]
    edge = (BANK_PX - stills.shape[1]) // 2
    only = np.array([i for i, s in enumerate(source) if s in STILL_SOURCES])
    for i in rng.choice(only, min(STILLS, len(only)), replace=False):
        rgb.append(cv2.copyMakeBorder(np.asarray(stills[i]), *[edge] * 4, cv2.BORDER_REFLECT_101))
        points.append(still_points[i] * stills.shape[1] + edge)
        person.append(f"still:{i}")
    np.savez(Donors.file(), rgb=np.stack(rgb), points=np.stack(points).astype(np.float32), person=np.array(person))
    print(f"{Donors.file()}: {len(rgb)} faces of {len(set(person))} people")


if __name__ == "__main__":
    build()
