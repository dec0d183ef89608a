"""Batches for the landmark net: moved windows of the packed crops, occluders, non-faces."""
from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from . import augment as aug
from .mesh import MIRROR, REGIONS
from .mine_negatives import kept_rows
from .pack_lmk import PACK_PX, PACK_SCALE
from .paths import cache_dir
from .preprocess import CROP_SCALE, LMK_PX
from .scenes import BLANKS, blank

WIDE = PACK_SCALE / CROP_SCALE  # side of a packed crop in sides of the net's crop
SHIFT, SCALE, ROLL_DEG = 0.08, (0.85, 1.2), 12.0  # what region tracking from the last frame may be off by


@dataclass
class Batch:
    """Inputs and targets; the first `pairs` rows and the `pairs` after them are frames t and t + 1."""

    image: torch.Tensor  # [N, 3, 112, 112], normalised
    points: torch.Tensor  # [N, 96, 2] in 0..1 of the crop
    visible: torch.Tensor  # [N, 6]
    pose: torch.Tensor  # [N, 3] degrees
    face: torch.Tensor  # [N] 1 or 0
    pairs: int


class Pack:
    """A packed split, memory-mapped."""

    def __init__(self, split: str):
        folder = cache_dir("packs", "lmk")
        self.images = np.load(folder / f"{split}-images.npy", mmap_mode="r")
        with np.load(folder / f"{split}.npz") as got:
            self.points = torch.from_numpy(got["points"])
            self.axes = torch.from_numpy(got["axes"])
            self.source, self.next = got["source"], got["next"]
        self.starts = np.flatnonzero(self.next >= 0)
        clip = set(self.starts.tolist()) | set(self.next[self.starts].tolist())
        self.stills = np.array([i for i in range(len(self.points)) if i not in clip])


def pose_of(axes: torch.Tensor, turn: torch.Tensor, flip: torch.Tensor) -> torch.Tensor:
    """Yaw, pitch, roll in degrees after turning the window by `turn` and mirroring."""
    c, s = torch.cos(turn)[:, None], torch.sin(turn)[:, None]
    x, y, z = axes[..., 0], axes[..., 1], axes[..., 2]
    x, y = c * x + s * y, -s * x + c * y
    look = torch.stack((torch.where(flip, -x[:, 0], x[:, 0]), y[:, 0], z[:, 0]), -1)
    side_y = torch.where(flip, -y[:, 1], y[:, 1])
    yaw = torch.atan2(look[:, 0], -look[:, 2])
    pitch = torch.asin((-look[:, 1]).clamp(-1, 1))
    return torch.rad2deg(torch.stack((yaw, pitch, torch.atan2(side_y, x[:, 1])), -1))


def window_grid(shift: torch.Tensor, scale: torch.Tensor, turn: torch.Tensor, flip: torch.Tensor,
                points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Sampling grid of the net's crop within the packed crop, and the points seen in it."""
    n = len(shift)
    step = (torch.arange(LMK_PX).float() + 0.5) / LMK_PX - 0.5
    y, x = torch.meshgrid(step, step, indexing="ij")
    d = torch.stack((x, y), -1)[None].repeat(n, 1, 1, 1) * (scale / WIDE)[:, None, None, None]
    d[..., 0] *= torch.where(flip, -1.0, 1.0)[:, None, None]
    c, s = torch.cos(turn)[:, None, None], torch.sin(turn)[:, None, None]
    where = torch.stack((c * d[..., 0] - s * d[..., 1], s * d[..., 0] + c * d[..., 1]), -1)
    where = where + (0.5 + shift / WIDE)[:, None, None, :]
    c, s = torch.cos(turn)[:, None], torch.sin(turn)[:, None]
    e = points - 0.5 - (shift / WIDE)[:, None, :]
    local = torch.stack((c * e[..., 0] + s * e[..., 1], -s * e[..., 0] + c * e[..., 1]), -1)
    local = local / (scale / WIDE)[:, None, None]
    local[..., 0] *= torch.where(flip, -1.0, 1.0)[:, None]
    local = torch.where(flip[:, None, None], local[:, MIRROR], local)
    return where * 2 - 1, local + 0.5


def occlude(image: torch.Tensor, points: torch.Tensor, gen: torch.Generator, p: float) -> torch.Tensor:
    """Covers parts of some faces with rounded slabs (skin, flat or another picture's texture);
    returns the visible share of each region's points. Coordinates stay those of the bare face."""
    n, _, h, w = image.shape
    visible = torch.ones(n, 96)
    yy, xx = torch.meshgrid((torch.arange(h) + 0.5) / h, (torch.arange(w) + 0.5) / w, indexing="ij")
    for i in torch.nonzero(aug.chance(n, p, gen)).flatten().tolist():
        for _ in range(1 + int(torch.rand(1, generator=gen) < 0.35)):
            r = torch.rand(8, generator=gen).tolist()
            turn, length, width = r[0] * math.pi, 0.15 + 0.35 * r[1], 0.06 + 0.16 * r[2]
            cx, cy = 0.1 + 0.8 * r[3], 0.15 + 0.8 * r[4]

            def depth(px: torch.Tensor, py: torch.Tensor) -> torch.Tensor:
                a = (px - cx) * math.cos(turn) + (py - cy) * math.sin(turn)
                b = -(px - cx) * math.sin(turn) + (py - cy) * math.cos(turn)
                return 1 - ((a / length).abs() ** 4 + (b / width).abs() ** 4)

            mask = (depth(xx, yy) * 12).clamp(0, 1)
            other = image[int(r[5] * n)].flip(1).roll(int(r[6] * h), 1)
            skin = image[i, :, h // 2 - 4:h // 2 + 4, w // 3:2 * w // 3].mean((1, 2))[:, None, None]
            ripple = 1 + 0.12 * torch.sin(xx * 40 * r[7] + yy * 25)
            flat = torch.rand(3, 1, 1, generator=gen).expand(3, h, w)
            fill = other if r[7] < 0.4 else (skin * ripple).expand(3, h, w) if r[7] < 0.8 else flat
            image[i] = image[i] * (1 - mask) + fill.clamp(0, 1) * mask
            visible[i] *= (depth(points[i, :, 0], points[i, :, 1]) <= 0).float()
    return torch.stack([visible[:, rows].mean(1) for rows in REGIONS.values()], 1)


def not_faces(image: torch.Tensor, gen: torch.Generator) -> torch.Tensor:
    """Turns crops into pictures without a face: blurred away, flat, noise, ramps, scrambled."""
    n, _, h, w = image.shape
    kinds = torch.randint(0, 5, (n,), generator=gen)
    for i in range(n):
        kind = int(kinds[i])
        if kind == 0:  # so blurred that no feature is left
            cells = int(torch.randint(1, 4, (1,), generator=gen))
            small = F.adaptive_avg_pool2d(image[i:i + 1], cells)
            image[i] = F.interpolate(small, size=(h, w), mode="bilinear", align_corners=False)[0]
        elif kind == 1:
            image[i] = torch.rand(3, 1, 1, generator=gen)
        elif kind == 2:
            cells = int(torch.randint(2, h, (1,), generator=gen))
            image[i] = F.interpolate(torch.rand(1, 3, cells, cells, generator=gen), size=(h, w), mode="bilinear")[0]
        elif kind == 3:  # tiles of the picture in another order
            k = int(torch.randint(3, 8, (1,), generator=gen))
            t = h // k
            order = torch.randperm(k * k, generator=gen).tolist()
            tiles = [image[i, :, (o // k) * t:(o // k + 1) * t, (o % k) * t:(o % k + 1) * t].clone() for o in order]
            for j, tile in enumerate(tiles):
                image[i, :, (j // k) * t:(j // k + 1) * t, (j % k) * t:(j % k + 1) * t] = tile
        else:  # the face part replaced by its surroundings
            image[i] = F.interpolate(image[i:i + 1, :, :h // 7, :], size=(h, w), mode="bilinear")[0]
    return image


class Negatives:
    """Mined crops of places that the detector takes for faces (mine_negatives.py), hardest first."""

    def __init__(self) -> None:
        self.rows = kept_rows()
        self.images = np.load(cache_dir("packs", "negatives") / "crops.npy", mmap_mode="r") if len(self.rows) else None

    def draw(self, n: int, gen: torch.Generator) -> list[np.ndarray]:
        """`n` packed crops, the harder ones more often; none when nothing was mined."""
        if self.images is None:
            return []
        at = (torch.rand(n, generator=gen).square() * len(self.rows)).long()
        return [self.images[self.rows[int(i)]] for i in at]


def without_face(image: np.ndarray, points: torch.Tensor, gen: torch.Generator) -> np.ndarray:
    """A packed crop with its face blanked, hair and neck left."""
    box = (torch.cat((points.amin(0), points.amax(0))) * PACK_PX).numpy()
    rng = np.random.default_rng(int(torch.randint(1 << 30, (1,), generator=gen)))
    out = image.copy()
    blank(out, box, rng, BLANKS[rng.integers(len(BLANKS))], image[:PACK_PX // 5])
    return out


class Sampler:
    """Draws augmented batches from a pack."""

    def __init__(self, pack: Pack, batch: int, seed: int):
        self.pack, self.batch = pack, batch
        self.gen = torch.Generator().manual_seed(seed)
        self.negatives = Negatives()
        # sources count by the square root of their size, so that no collection rules
        names, inverse, counts = np.unique(pack.source[pack.stills], return_inverse=True, return_counts=True)
        weight = (1 / np.sqrt(counts))[inverse]
        self.still_weight = torch.from_numpy(weight / weight.sum())
        names, inverse, counts = np.unique(pack.source[pack.starts], return_inverse=True, return_counts=True)
        weight = (1 / np.sqrt(counts))[inverse]
        self.start_weight = torch.from_numpy(weight / weight.sum())

    def draw(self) -> Batch:
        """One batch: an eighth pairs of clip frames, the last quarter no faces (far-off windows, blanked faces,
        pictures of nothing, mined places), faces otherwise."""
        gen, n = self.gen, self.batch
        pairs = n // 8
        pick = torch.multinomial(self.start_weight, pairs, True, generator=gen).numpy()
        first = self.pack.starts[pick]
        still = self.pack.stills[torch.multinomial(self.still_weight, n - 2 * pairs, True, generator=gen).numpy()]
        rows = np.concatenate((first, self.pack.next[first], still))
        # rows from the end: pictures of nothing, far-off windows, blanked faces, mined places
        sixteenth = n // 16
        none, far = slice(n - sixteenth, n), slice(n - 2 * sixteenth, n - sixteenth)
        blanked = range(n - 3 * sixteenth, n - 2 * sixteenth)
        pictures = [self.pack.images[r] for r in rows]
        for i in blanked:
            pictures[i] = without_face(pictures[i], self.pack.points[rows[i]], gen)
        mined = self.negatives.draw(sixteenth, gen)
        first_no = n - 3 * sixteenth - len(mined)
        pictures[first_no:first_no + len(mined)] = mined
        raw = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255

        def shared(t: torch.Tensor) -> torch.Tensor:  # both frames of a pair move alike
            t[pairs:2 * pairs] = t[:pairs]
            return t

        shift = shared((torch.rand(n, 2, generator=gen) * 2 - 1) * SHIFT)
        scale = shared(torch.exp(torch.rand(n, generator=gen) * math.log(SCALE[1] / SCALE[0])) * SCALE[0])
        turn = shared((torch.rand(n, generator=gen) * 2 - 1) * math.radians(ROLL_DEG))
        flip = shared(aug.chance(n, 0.5, gen))
        face = torch.ones(n)
        side = torch.sign(torch.rand(sixteenth, 2, generator=gen) - 0.5)
        reach = torch.rand(sixteenth, 2, generator=gen)
        reach[torch.arange(len(reach)), torch.randint(0, 2, (len(reach),), generator=gen)] += 1.0
        shift[far] = side * reach * 0.5  # 0.5 to 1 crop sides away along one axis at least
        face[first_no:] = 0
        grid, points = window_grid(shift, scale, turn, flip, self.pack.points[rows])
        image = F.grid_sample(raw, grid, mode="bilinear", align_corners=False,
                              padding_mode="reflection" if torch.rand(1, generator=gen) < 0.5 else "zeros")
        visible = occlude(image, points, gen, 0.3)
        image[none] = not_faces(image[none], gen)
        image = aug.shade(aug.colour(image, gen), gen)
        image = aug.soften(image, gen, 0.3, 0.25)
        image = aug.motion_blur(image, gen, 0.08, 7)
        image = aug.jpeg(aug.noise(image, gen), gen, 0.2)
        return Batch((image - 0.5) / 0.5, points, visible, pose_of(self.pack.axes[rows], turn, flip), face, pairs)
