"""Composes detector scenes: pictures placed at every size, several faces, faces blanked out.

All in RGB uint8 arrays; boxes are x0, y0, x1, y1 and five points in pixels of the scene.
"""
from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from .paths import cache_dir


@dataclass
class Picture:
    """A picture and its faces."""

    rgb: np.ndarray
    box: np.ndarray  # [faces, 4]
    five: np.ndarray  # [faces, 5, 2]
    good: np.ndarray  # [faces] label may be learned


@dataclass
class Scene:
    """A letterboxed scene: the picture fills `content` (w, h) from the top left corner."""

    rgb: np.ndarray
    content: tuple[int, int]
    box: list[np.ndarray] = field(default_factory=list)
    five: list[np.ndarray] = field(default_factory=list)
    good: list[bool] = field(default_factory=list)


class Pictures:
    """The packed pictures of a split, memory-mapped."""

    def __init__(self, split: str):
        folder = cache_dir("packs", "det")
        self.pixels = np.load(folder / f"{split}-pixels.npy", mmap_mode="r")
        with np.load(folder / f"{split}.npz") as got:
            self.shape, self.source, owner = got["shape"], got["source"], got["owner"]
            self.box, self.five, self.good = got["box"], got["five"], got["good"]
        self.offset = np.r_[0, np.cumsum(self.shape.prod(1) * 3)]
        self.faces = [np.flatnonzero(owner == i) for i in range(len(self.shape))]

    def __len__(self) -> int:
        return len(self.shape)

    def __getitem__(self, i: int) -> Picture:
        flat = np.asarray(self.pixels[self.offset[i]:self.offset[i + 1]])
        k = self.faces[i]
        return Picture(flat.reshape(*self.shape[i], 3), self.box[k], self.five[k].reshape(-1, 5, 2), self.good[k])


def procedural(rng: np.random.Generator, w: int, h: int) -> np.ndarray:
    """A faceless background: ramps, cloudy noise, stripes, blocks, discs."""
    kind = rng.integers(5)
    if kind == 0:
        corners = rng.integers(0, 256, (2, 2, 3)).astype(np.float32)
        out = cv2.resize(corners, (w, h), interpolation=cv2.INTER_LINEAR)
    elif kind == 1:
        out = np.zeros((h, w, 3), np.float32)
        for cells in (3, 8, 24):
            out += cv2.resize(rng.random((cells, cells, 3)).astype(np.float32) * 255, (w, h)) / 3
    elif kind == 2:
        turn, step = rng.random() * np.pi, rng.uniform(4, 40)
        yy, xx = np.mgrid[:h, :w]
        wave = np.sin((xx * np.cos(turn) + yy * np.sin(turn)) * 2 * np.pi / step)[..., None]
        out = rng.integers(0, 256, 3) * (0.5 + 0.5 * wave) + rng.integers(0, 256, 3) * (0.5 - 0.5 * wave)
    else:
        out = np.full((h, w, 3), rng.integers(0, 256, 3), np.float32)
        for _ in range(rng.integers(2, 14)):
            colour = rng.integers(0, 256, 3).tolist()
            x, y = int(rng.integers(w)), int(rng.integers(h))
            if kind == 3:
                cv2.rectangle(out, (x, y), (x + int(rng.integers(5, w)), y + int(rng.integers(5, h))), colour, -1)
            else:
                axes = (int(rng.integers(3, w // 3)), int(rng.integers(3, h // 2)))
                cv2.ellipse(out, (x, y), axes, float(rng.integers(180)), 0, 360, colour, -1)
    return np.clip(out, 0, 255).astype(np.uint8)


MINED_SHARE = 0.45  # of the backgrounds, when places were mined
BLANKS = ("blur", "flat", "noise", "texture", "tiles", "smear", "ellipse")


def blank(rgb: np.ndarray, box: np.ndarray, rng: np.random.Generator, kind: str, texture: np.ndarray | None = None) -> None:
    """Removes the face in `box` (in place), eyes to chin and a margin, leaving hair and body."""
    h, w = rgb.shape[:2]
    grow = rng.uniform(0.06, 0.3)
    bw, bh = box[2] - box[0], box[3] - box[1]
    x0, x1 = int(max(0, box[0] - grow * bw)), int(min(w, box[2] + grow * bw + 1))
    y0, y1 = int(max(0, box[1] - grow * bh)), int(min(h, box[3] + grow * bh + 1))
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    part = rgb[y0:y1, x0:x1]
    ph, pw = part.shape[:2]
    if kind in ("blur", "ellipse"):
        sigma = rng.uniform(0.22, 0.5) * max(pw, ph)
        tiny = cv2.resize(part, (max(2, pw // 8), max(2, ph // 8)), interpolation=cv2.INTER_AREA)
        tiny = cv2.GaussianBlur(tiny, (0, 0), max(sigma / 8, 0.8), borderType=cv2.BORDER_REPLICATE)
        fill = cv2.resize(tiny, (pw, ph), interpolation=cv2.INTER_LINEAR)
    elif kind == "flat":
        fill = np.empty_like(part)
        fill[:] = part.reshape(-1, 3).mean(0) if rng.random() < 0.5 else rng.integers(0, 256, 3)
    elif kind == "noise":
        fill = (rng.random(part.shape) * 255).astype(np.uint8)
    elif kind == "texture" and texture is not None:
        th, tw = texture.shape[:2]
        ty, tx = int(rng.integers(max(1, th // 2))), int(rng.integers(max(1, tw // 2)))
        fill = cv2.resize(texture[ty:ty + max(4, th // 2), tx:tx + max(4, tw // 2)], (pw, ph))
    elif kind == "tiles":
        cells = int(rng.integers(1, 4))
        fill = cv2.resize(cv2.resize(part, (cells, cells), interpolation=cv2.INTER_AREA), (pw, ph), interpolation=cv2.INTER_NEAREST)
    else:  # smear: the column beside the face, drawn across it
        column = rgb[y0:y1, max(0, x0 - 1):max(1, x0)]
        fill = np.repeat(column[:, :1], pw, axis=1)
    if kind != "noise" and rng.random() < 0.25:  # grain: neither texture nor tone makes a face
        grain = rng.standard_normal((ph, pw, 1 if rng.random() < 0.6 else 3)) * rng.uniform(8, 60)
        fill = np.clip(fill + grain, 0, 255).astype(np.uint8)
    if kind == "ellipse" or rng.random() < 0.4:
        mask = np.zeros((ph, pw), np.float32)
        cv2.ellipse(mask, (pw // 2, ph // 2), (pw // 2, ph // 2), 0, 0, 360, 1.0, -1)
        mask = cv2.GaussianBlur(mask, (0, 0), 0.02 * max(pw, ph) + 0.3)[..., None]
        fill = fill * mask + part * (1 - mask)
    rgb[y0:y1, x0:x1] = np.clip(fill, 0, 255)


ASPECTS = np.array([16 / 9, 4 / 3, 1.0, 9 / 16, 3 / 4, 1.6, 1.25, 2.1])
ASPECT_SHARE = np.array([0.28, 0.22, 0.24, 0.08, 0.04, 0.06, 0.05, 0.03])


class Composer:
    """Draws random scenes from packed pictures."""

    def __init__(self, pictures: Pictures, seed: int, mined: tuple[np.ndarray, np.ndarray] | None = None):
        self.pictures, self.rng = pictures, np.random.default_rng(seed)
        names, inverse, counts = np.unique(pictures.source, return_inverse=True, return_counts=True)
        weight = (1 / np.sqrt(counts))[inverse]
        self.weight = np.cumsum(weight / weight.sum())
        self.mined = mined  # picture, box of places that a detector took for faces, hardest first

    def pick(self) -> Picture:
        """A picture; collections count by the square root of their size."""
        return self.pictures[int(np.searchsorted(self.weight, self.rng.random() * 0.999999))]

    def faceless(self, w: int, h: int) -> np.ndarray:
        """A background without faces: procedural, or a picture with every face blanked."""
        rng = self.rng
        if self.mined is not None and rng.random() < MINED_SHARE:
            return self.around_mined(w, h)
        if rng.random() < 0.25:
            return procedural(rng, w, h)
        rgb = self.bare(self.pick())
        scale = max(w / rgb.shape[1], h / rgb.shape[0]) * float(np.exp(rng.uniform(0, 1.3)))
        rgb = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        y, x = int(rng.integers(rgb.shape[0] - h + 1)), int(rng.integers(rgb.shape[1] - w + 1))
        out = rgb[y:y + h, x:x + w].copy()
        return out[:, ::-1].copy() if rng.random() < 0.5 else out

    def bare(self, picture: Picture) -> np.ndarray:
        """A picture with every face blanked."""
        rng, rgb = self.rng, picture.rgb.copy()
        for box in picture.box:
            blank(rgb, box, rng, BLANKS[rng.integers(len(BLANKS))], rgb[:rgb.shape[0] // 3])
        return rgb

    def around_mined(self, w: int, h: int) -> np.ndarray:
        """A window of a picture without its faces, around a place that was taken for one, 8-45 % of the height."""
        rng, (where, boxes) = self.rng, self.mined
        k = int(rng.random() ** 2 * len(where))
        rgb, box = self.bare(self.pictures[int(where[k])]), boxes[k]
        scale = float(np.exp(rng.uniform(np.log(0.08), np.log(0.45)))) * h / max(box[3] - box[1], 1)
        # not so small that the picture's border shows on all sides
        scale = max(scale, 0.7 * min(w / rgb.shape[1], h / rgb.shape[0]))
        middle = (box[:2] + box[2:]) / 2
        at = np.array([rng.uniform(0.15, 0.85) * w, rng.uniform(0.15, 0.85) * h])
        if scale < 1:
            rgb = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            middle, scale = middle * scale, 1.0
        matrix = np.array([[scale, 0, at[0] - scale * middle[0]], [0, scale, at[1] - scale * middle[1]]])
        border = cv2.BORDER_REFLECT_101 if rng.random() < 0.3 else cv2.BORDER_REPLICATE if rng.random() < 0.5 else cv2.BORDER_CONSTANT
        out = cv2.warpAffine(rgb, matrix, (w, h), flags=cv2.INTER_LINEAR, borderMode=border)
        return out[:, ::-1].copy() if rng.random() < 0.5 else out

    def place(self, scene: Scene, tall: float | None = None) -> None:
        """Puts one picture with its faces into the scene."""
        rng, (w, h) = self.rng, scene.content
        picture = self.pick()
        main = int(np.argmax((picture.box[:, 2] - picture.box[:, 0]) * picture.good))
        box = picture.box[main]
        bw, bh = box[2] - box[0], box[3] - box[1]
        size = tall or float(np.exp(rng.uniform(np.log(0.08), np.log(0.95))))
        scale = min(size * h / bh, 1.05 * w / bw)
        turn = rng.normal(0, 7) if rng.random() < 0.85 else rng.uniform(-40, 40)
        flip = rng.random() < 0.5
        rgb = picture.rgb
        shrink = 1.0
        if scale < 0.7:
            shrink = scale / 0.9
            rgb = cv2.resize(rgb, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        c, s = np.cos(np.radians(turn)) * scale, np.sin(np.radians(turn)) * scale
        stretch = np.exp(rng.normal(0, 0.04))
        mirror = -1.0 if flip else 1.0
        linear = np.array([[c * stretch * mirror, -s], [s * stretch * mirror, c]])
        fw, fh = bw * scale, bh * scale
        slack = 0.12 if rng.random() < 0.2 else 0.0
        cx = rng.uniform(min(fw * (0.5 - slack), w / 2), max(w - fw * (0.5 - slack), w / 2))
        cy = rng.uniform(min(fh * (0.5 - slack), h / 2), max(h - fh * (0.5 - slack), h / 2))
        shift = np.array([cx, cy]) - linear @ ((box[:2] + box[2:]) / 2)
        corners = np.array([[box[0], box[1]], [box[2], box[1]], [box[0], box[3]], [box[2], box[3]]]) @ linear.T + shift
        room = 0.5 * max(fw, fh)  # a head is larger than its face
        for other in scene.box:
            if (min(corners[:, 0].max() + room, other[2]) > max(corners[:, 0].min() - room, other[0])
                    and min(corners[:, 1].max() + room, other[3]) > max(corners[:, 1].min() - room, other[1])):
                return
        alone = self._paste(scene, rgb, linear, shift, shrink, box)
        self._label(scene, picture, linear, shift, flip, main if alone else None)

    def _paste(self, scene, rgb, linear, shift, shrink, box) -> bool:
        """Draws the picture; true when only the main head of it was cut out."""
        rng, (w, h) = self.rng, scene.content
        matrix = np.c_[linear / shrink, shift]
        # pixel centres lie at + 0.5 in label coordinates
        matrix[:, 2] += (linear / shrink) @ np.array([0.5, 0.5]) - 0.5
        canvas = scene.rgb[:h, :w]
        style, alone = rng.random(), False
        if scene.box or style < 0.45:
            mask = np.zeros(rgb.shape[:2], np.float32)
            if scene.box or style < 0.2:  # the head alone, cut out softly
                centre = ((box[:2] + box[2:]) / 2 * shrink).astype(int)
                axes = ((box[2:] - box[:2]) * shrink * rng.uniform(0.62, 0.95)).astype(int) + 1
                cv2.ellipse(mask, centre.tolist(), axes.tolist(), 0, 0, 360, 1.0, -1)
                mask = cv2.GaussianBlur(mask, (0, 0), 0.03 * float(axes.max()) + 0.5)
                alone = True
            else:
                mask[:] = 1
            inside = cv2.warpAffine(mask, matrix, (w, h), flags=cv2.INTER_LINEAR)[..., None]
            seen = cv2.warpAffine(rgb, matrix, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            canvas[:] = seen * inside + canvas * (1 - inside)
        else:
            border = cv2.BORDER_REPLICATE if style < 0.75 else cv2.BORDER_CONSTANT
            value = tuple(int(v) for v in rng.integers(0, 256, 3)) if style < 0.85 else (0, 0, 0)
            cv2.warpAffine(rgb, matrix, (w, h), dst=canvas, flags=cv2.INTER_LINEAR, borderMode=border, borderValue=value)
        return alone

    def _label(self, scene, picture, linear, shift, flip, only) -> None:
        w, h = scene.content
        for k, (box, five, good) in enumerate(zip(picture.box, picture.five, picture.good)):
            if only is not None and k != only:
                good = False  # cut off with the rest of its picture, or half of it left
            middle, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2
            # the box of a turned face: that of the ellipse in the old box, halfway to its corners
            ellipse = np.sqrt((linear ** 2) @ (half ** 2))
            corner = np.abs(linear) @ half
            reach = 0.85 * ellipse + 0.15 * corner
            centre = linear @ middle + shift
            points = five @ linear.T + shift
            if flip:
                points = points[[1, 0, 2, 4, 3]]
            new = np.r_[centre - reach, centre + reach]
            cut = np.r_[np.clip(new[0::2], 0, w), np.clip(new[1::2], 0, h)][[0, 2, 1, 3]]
            area = np.prod(cut[2:] - cut[:2]) / max(np.prod(new[2:] - new[:2]), 1e-6)
            if area <= 0:
                continue
            tall = new[3] - new[1]
            scene.box.append(new.astype(np.float32))
            scene.five.append(points.astype(np.float32))
            scene.good.append(bool(good and area > 0.7 and tall > 9))

    def scene(self, width: int, height: int) -> Scene:
        """One random scene on a width x height canvas."""
        rng = self.rng
        aspect = float(rng.choice(ASPECTS, p=ASPECT_SHARE))
        if width == height and rng.random() < 0.5:
            aspect = 1.0
        content = (width, max(24, round(width / aspect))) if aspect > width / height else (max(24, round(height * aspect)), height)
        scene = Scene(np.zeros((height, width, 3), np.uint8), content)
        w, h = content
        scene.rgb[:h, :w] = self.faceless(w, h)
        if rng.random() < 0.25:
            return scene
        self.place(scene)
        while rng.random() < 0.25:
            self.place(scene, tall=float(rng.uniform(0.1, 0.45)))
        if rng.random() < 0.28:
            kind = BLANKS[rng.integers(len(BLANKS))]
            texture = scene.rgb[:h // 4, :w]
            for box in scene.box:
                blank(scene.rgb[:h, :w], box, rng, kind, texture)
            scene.box, scene.five, scene.good = [], [], []
        return scene
