"""The pack of the identity net, and its pictures seen otherwise: through a camera, and in other people's pictures.

Most people of `train` have one still only. What the net may not go by is therefore varied by hand: light, colour,
camera, codec, mirror (the other side of a face stands in for a turn of the head), a little stretch. What it shall go
by is made plain by composites: the inner face of one person, warped and tinted into the picture of another, counts
as the first. Room, hair and light of the second say nothing then, as in a call where only the face changes.
"""
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch.nn import functional as F

from . import augment as aug
from .mesh import SLICES
from .pack_identity import ID_PX, ID_SCALE, PACK_PX, PACK_SCALE
from .paths import cache_dir
from .synth.masks import hull, soften

WIDE = PACK_SCALE / ID_SCALE
SHIFT, SCALE, ROLL_DEG, STRETCH, SHEAR = 0.04, (0.93, 1.09), 5.0, 0.12, 0.06


@dataclass
class Rows:
    """The pack, memory-mapped."""

    images: np.ndarray
    about: dict[str, np.ndarray]

    @staticmethod
    def load() -> "Rows":
        folder = cache_dir("packs", "identity")
        with np.load(folder / "rows.npz") as got:
            about = {k: got[k] for k in got.files}
        return Rows(np.load(folder / "images.npy", mmap_mode="r"), about)

    def where(self, **want: object) -> np.ndarray:
        """Rows with these values."""
        keep = np.ones(len(self.images), bool)
        for key, value in want.items():
            keep &= self.about[key] == value
        return np.flatnonzero(keep)


def put_in(donor: np.ndarray, donor_points: np.ndarray, host: np.ndarray, host_points: np.ndarray,
           rng: np.random.Generator) -> np.ndarray:
    """The inner face of `donor` in the picture of `host`: an affine fit of the 96 points, the host's mean colour inside
    the outline, a soft edge. Pictures [P, P, 3] uint8, points in pixels."""
    ones = np.concatenate((donor_points, np.ones((len(donor_points), 1))), 1)
    fit = np.linalg.lstsq(ones, host_points, rcond=None)[0].T
    layer = cv2.warpAffine(donor, fit, host.shape[1::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101).astype(np.float32)
    mask = hull(host_points, host.shape[:2], "full")
    inside = mask > 0
    if inside.sum() < 50:
        return host
    mine, theirs = layer[inside], host[inside].astype(np.float32)
    gain = np.clip(theirs.std(0) / np.maximum(mine.std(0), 1), 0.5, 2) if rng.random() < 0.7 else 1.0
    layer = (layer - mine.mean(0)) * gain + theirs.mean(0)
    width = np.ptp(host_points[:, 0])
    mask = soften(mask, rng.uniform(0, 0.1) * width, rng.uniform(0.05, 0.25) * width)[..., None]
    return np.clip(layer * mask + host * (1 - mask), 0, 255).astype(np.uint8)


def glasses(rgb: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rims of some make drawn around the eyes; points in pixels."""
    out = np.array(rgb)
    eye = np.stack([points[SLICES[name]].mean(0) for name in ("eye_left", "eye_right")])
    iod = float(np.linalg.norm(eye[1] - eye[0]))
    turn = float(np.degrees(np.arctan2(eye[1, 1] - eye[0, 1], eye[1, 0] - eye[0, 0])))
    axes = (int(rng.uniform(0.3, 0.44) * iod), int(rng.uniform(0.2, 0.34) * iod))
    thick = max(1, int(rng.uniform(0.02, 0.09) * iod))
    colour = tuple(int(v) for v in rng.uniform(10, 80) + rng.uniform(0, 60, 3) * (rng.random() < 0.4))
    dark = float(rng.choice([0.0, 0.0, 0.15]))
    middles = [tuple(int(v) for v in e + [0, 0.04 * iod]) for e in eye]
    tint = out.copy()
    for middle in middles:
        cv2.ellipse(tint, middle, axes, turn, 0, 360, colour, -1, cv2.LINE_AA)
    out = cv2.addWeighted(out, 1 - dark, tint, dark, 0)
    for middle in middles:
        cv2.ellipse(out, middle, axes, turn, 0, 360, colour, thick, cv2.LINE_AA)
    half = (eye[1] - eye[0]) * max(0.0, 0.5 - axes[0] / iod)
    centre = eye.mean(0) + [0, 0.04 * iod]
    first, second = (tuple(int(v) for v in centre + s * half) for s in (-1, 1))
    cv2.line(out, first, second, colour, thick, cv2.LINE_AA)
    return out


def views(raw: torch.Tensor, gen: torch.Generator) -> torch.Tensor:
    """The net's crop of packed pictures [N, 3, P, P] in 0..1: moved, turned, stretched, mirrored; reflected outside."""
    n = len(raw)
    part = (torch.rand(n, generator=gen) * (SCALE[1] - SCALE[0]) + SCALE[0]) / WIDE
    turn = torch.deg2rad((torch.rand(n, generator=gen) * 2 - 1) * ROLL_DEG)
    wide = torch.exp((torch.rand(n, generator=gen) * 2 - 1) * STRETCH)
    shear = (torch.rand(n, generator=gen) * 2 - 1) * SHEAR
    flip = torch.where(aug.chance(n, 0.5, gen), -1.0, 1.0)
    c, s = torch.cos(turn), torch.sin(turn)
    move = (torch.rand(n, 2, generator=gen) * 2 - 1) * SHIFT * 2 / WIDE
    theta = torch.stack((torch.stack((c * part * wide * flip, (shear - s) * part, move[:, 0]), 1),
                         torch.stack((s * part * wide * flip, c * part, move[:, 1]), 1)), 1)
    grid = F.affine_grid(theta, [n, 3, ID_PX, ID_PX], align_corners=False)
    return F.grid_sample(raw, grid, mode="bilinear", padding_mode="reflection", align_corners=False)


def cover(x: torch.Tensor, gen: torch.Generator, p: float = 0.25) -> torch.Tensor:
    """A patch of one colour or of another picture over part of some faces."""
    n, _, h, w = x.shape
    for i in torch.nonzero(aug.chance(n, p, gen)).flatten().tolist():
        r = torch.rand(6, generator=gen).tolist()
        ph, pw = int(h * (0.12 + 0.3 * r[0])), int(w * (0.12 + 0.3 * r[1]))
        top, left = int(r[2] * (h - ph)), int(r[3] * (w - pw))
        other = x[int(r[4] * n)].flip(1)[:, top:top + ph, left:left + pw]
        x[i, :, top:top + ph, left:left + pw] = other if r[5] < 0.5 else torch.rand(3, 1, 1, generator=gen)
    return x


def camera(x: torch.Tensor, gen: torch.Generator) -> torch.Tensor:
    """Light, camera and codec, picture by picture; normalised as the net wants it."""
    x = cover(aug.shade(aug.colour(x, gen, 0.8), gen, 0.5), gen)
    x = aug.motion_blur(aug.soften(x, gen, 0.4, 0.3), gen, 0.08, 5)
    # Darker than the product's gate there is nothing to tell people by.
    mean = x.mean((1, 2, 3), keepdim=True)
    x = (x * (0.12 / mean.clamp_min(1e-3)).clamp_min(1)).clamp(0, 1)
    return (aug.jpeg(aug.noise(x, gen), gen, 0.3) - 0.5) / 0.5


def plain(images: np.ndarray) -> torch.Tensor:
    """Packed pictures as the service shows them to the net, up to the resampling: [N, 3, 112, 112] normalised."""
    raw = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float() / 255
    theta = torch.tensor([[1 / WIDE, 0, 0], [0, 1 / WIDE, 0]]).expand(len(raw), 2, 3)
    grid = F.affine_grid(theta, [len(raw), 3, ID_PX, ID_PX], align_corners=False)
    return (F.grid_sample(raw, grid, mode="bilinear", align_corners=False) - 0.5) / 0.5
