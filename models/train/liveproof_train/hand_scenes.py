"""Composed hand scenes: packed faces under real or drawn hands, with labels for free.

After the idea of Voo et al. (Delving into High-Quality Synthetic Face Occlusion Segmentation Datasets, CVPRW 2022): what
is composited well enough teaches a net about occluders that it never saw; own code. numpy and OpenCV only.
"""
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .camera import Camera
from .pack_scenes import PACK_PX, PACK_SCALE, Scenes
from .scene import SCENE_PX, SCENE_SCALE
from .synth import clutter, hands
from .synth.hands import Hand, Layer

IN_PACK = PACK_PX * SCENE_SCALE / PACK_SCALE  # side of the unmoved scene in the packed window
UNKNOWN, NOT_HAND = 255, 254  # labels: not judged; background or face, either is right
FOREHEAD = 0.3  # of the hull's height: skin above the mesh may or may not count as face, but is no hand
DRAWN_LENGTH_PX = 84.0


@dataclass
class Settings:
    """Shares of the generator; the defaults are what the shipped net was fitted with."""

    real_share: float = 0.3  # scenes with real hands and proposed labels
    cutout_share: float = 0.5  # of composited hands, where there are cut-outs
    counts: tuple[float, ...] = (0.2, 0.55, 0.25)  # of 0, 1, 2 composited hands
    match_share: float = 0.7  # hands recoloured to the face
    clutter_share: float = 0.4
    behind_share: float = 0.06  # faces over hands
    rest_share: float = 0.2  # hands on which the head rests
    pair_share: float = 0.12  # scenes whose two hands are one and its mirror image at both cheeks
    portrait_weight: float = 2.5  # of the sharp studio portraits (CIPLAB), few among the press pictures
    stranger_share: float = 0.12  # scenes with another person's face beside the first: no hand, and not the face
    cut_share: float = 0.6  # hands that end with the picture where the scene reaches beyond it
    tight_weight: float = 0.25  # of stills cut so tightly that most of their scene is black
    signing_weight: float = 0.25  # of ASL frames among the real hands: three people only
    camera_share: float = 0.75
    drawn_hands: int = 400
    roll_rad: float = 0.22


@dataclass
class Base:
    """A face in its scene before any hand."""

    rgb: np.ndarray  # uint8 [128, 128, 3]
    label: np.ndarray  # uint8 [128, 128]
    points: np.ndarray  # [96, 2] in pixels of the scene
    hull: np.ndarray  # float32 [128, 128], 1 inside the face's outline


def within_picture(rgb: np.ndarray) -> np.ndarray:
    """float32 [128, 128]: 0 in the black that the scene shows beyond its picture, else 1."""
    dark = (cv2.max(cv2.max(rgb[..., 0], rgb[..., 1]), rgb[..., 2]) < 4).astype(np.uint8)
    dark = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))  # dark cloth is speckled, what lies beyond is not
    parts, labels = cv2.connectedComponents(dark)
    rim = np.unique(np.concatenate((labels[0], labels[-1], labels[:, 0], labels[:, -1])))
    outside = np.isin(labels, rim[rim > 0]) if parts > 1 else np.zeros_like(dark, bool)
    return 1 - outside.astype(np.float32)


class HandScenes:
    """Draws scenes; everything follows from the generator that is passed to `draw`."""

    def __init__(self, split: str, seed: int = 1, settings: Settings | None = None, cutouts: list[Hand] | None = None):
        self.set = settings or Settings()
        self.scenes = Scenes.load(split)
        self.bare, self.handed = self.scenes.bare, self.scenes.handed
        tight = np.array([name.startswith("utk") for name in self.scenes.identity])
        signing = np.array([name.startswith("asl") for name in self.scenes.identity])
        portrait = np.array([name.startswith("ciplab") for name in self.scenes.identity])
        weight = np.where(tight, self.set.tight_weight, np.where(portrait, self.set.portrait_weight, 1.0))
        self.bare_share = weight[self.bare]
        self.handed_share = np.where(signing[self.handed], self.set.signing_weight, 1.0)
        self.bare_share, self.handed_share = (w / max(1e-9, w.sum()) for w in (self.bare_share, self.handed_share))
        self.cutouts = hands.load_cutouts() if cutouts is None else cutouts
        rng = np.random.default_rng(seed)
        self.drawn = [hands.draw_hand(rng, DRAWN_LENGTH_PX) for _ in range(self.set.drawn_hands)]
        self.camera = Camera(np.random.default_rng(seed + 1))

    def base(self, rng: np.random.Generator, row: int) -> Base:
        """A packed face seen through a moved, turned, scaled and perhaps mirrored scene window."""
        zoom = SCENE_PX / (IN_PACK * rng.uniform(0.84, 1.2))
        turn = rng.normal(0, self.set.roll_rad)
        reach = 0.05 if rng.random() < 0.8 else 0.16  # the last crop known may be two seconds old
        shift = rng.normal(0, reach, 2) * SCENE_PX
        c, s = zoom * np.cos(turn), zoom * np.sin(turn)
        flip = -1.0 if rng.random() < 0.5 else 1.0
        move = np.array([[c * flip, -s], [s * flip, c]])
        offset = SCENE_PX / 2 + shift - move @ np.full(2, PACK_PX / 2)
        to_index = offset + move @ np.full(2, 0.5) - 0.5
        picture = self.scenes.picture(row)
        rgb = cv2.warpAffine(picture, np.hstack((move, to_index[:, None])), (SCENE_PX, SCENE_PX), flags=cv2.INTER_LINEAR)
        hull_points = self.scenes.hulls[row] @ move.T + offset
        hull = np.zeros((SCENE_PX, SCENE_PX), np.uint8)
        cv2.fillPoly(hull, [np.round(hull_points * 16 - 8).astype(np.int32)], 1, cv2.LINE_8, 4)
        label = np.where(self.forehead(hull_points, turn) > hull, NOT_HAND, hull).astype(np.uint8)
        known = self.scenes.label(row)
        if known is not None:
            seen = cv2.warpAffine(known, np.hstack((move, to_index[:, None])), (SCENE_PX, SCENE_PX), flags=cv2.INTER_NEAREST)
            label = np.where(seen > 0, seen, label)
        return Base(rgb, label, self.scenes.points[row] @ move.T + offset, hull.astype(np.float32))

    def cheeks(self, rng: np.random.Generator, base: Base) -> list[Layer]:
        """Both hands at the cheeks, fingers up: the same hand and its mirror image, about alike in size and turn."""
        pool = self.cutouts if self.cutouts and rng.random() < self.set.cutout_share else self.drawn
        hand = pool[int(rng.integers(len(pool)))]
        low, high = base.points.min(0), base.points.max(0)
        length, lean = float((high - low).max()) * rng.uniform(0.65, 1.1), rng.normal(0.1, 0.25)
        out, height, shade = [], rng.uniform(-0.2, 0.45), rng.normal(0, [10, 3, 4])
        own = rng.random() < 0.5
        for side in (-1, 1):
            centre = (low + high) / 2 + np.array([side * rng.uniform(0.42, 0.68), height + rng.normal(0, 0.04)]) * (high - low)
            layer = hands.place(hand, base.rgb.shape[:2], tuple(centre), length * rng.uniform(0.93, 1.07),
                                -side * (lean + rng.normal(0, 0.06)), (side > 0) == own)
            layer = hands.recolour(layer, hands.skin_lab_mean(base.rgb, base.hull) + shade, rng.uniform(0.6, 1.0))
            out.append(hands.feather(layer, rng.uniform(0.2, 0.9)))
        return out

    @staticmethod
    def forehead(hull_points: np.ndarray, turn: float) -> np.ndarray:
        """uint8 [128, 128]: the hull and what lies above it within FOREHEAD of its height, along the face's own axis."""
        up = np.array([np.sin(turn), -np.cos(turn)])
        raised = hull_points + up * FOREHEAD * np.ptp(hull_points @ up)
        out = np.zeros((SCENE_PX, SCENE_PX), np.uint8)
        cv2.fillConvexPoly(out, cv2.convexHull(np.round(np.vstack((hull_points, raised))).astype(np.int32)), 1)
        return out

    def hand(self, rng: np.random.Generator, base: Base) -> Layer:
        """A hand somewhere on or beside the face of `base`, in its colours most of the time."""
        real = self.cutouts and rng.random() < self.set.cutout_share
        pool = self.cutouts if real else self.drawn
        hand = pool[int(rng.integers(len(pool)))]
        low, high = base.points.min(0), base.points.max(0)
        face = float((high - low).max())
        where = rng.random()
        middle = (low + high) / 2
        angle = rng.normal(0, 0.75) if rng.random() < 0.85 else rng.uniform(-np.pi, np.pi)
        if where < self.set.rest_share:  # a head that rests on its hand: palm at cheek, jaw or chin, forearm from below
            side = rng.uniform(-1, 1)
            centre = middle + np.array([0.55 * side, rng.uniform(0.1, 0.6) + 0.15 * (1 - abs(side))]) * (high - low)
            angle = rng.normal(-0.25 * side, 0.3)
        elif where < 0.7:   # on the face
            centre = middle + rng.uniform(-0.45, 0.45, 2) * (high - low)
        elif where < 0.9:  # about its edge
            side = rng.uniform(0, 2 * np.pi)
            centre = middle + np.array([np.cos(side), np.sin(side)]) * (high - low) * rng.uniform(0.45, 0.8)
        else:
            centre = rng.uniform(0, SCENE_PX, 2)
        layer = hands.place(hand, base.rgb.shape[:2], tuple(centre), face * rng.uniform(0.7, 1.3), angle, rng.random() < 0.5)
        if rng.random() < self.set.match_share:
            target = hands.skin_lab_mean(base.rgb, base.hull)
            layer = hands.recolour(layer, target + rng.normal(0, [10, 3, 4]), rng.uniform(0.6, 1.0))
        layer = hands.feather(layer, rng.uniform(0.2, 1.2) if rng.random() < 0.7 else 0.0)
        if rng.random() < 0.25:
            way, length = rng.uniform(0, 2 * np.pi), rng.uniform(2, 14)
            layer = hands.smear(layer, (length * np.cos(way), length * np.sin(way)))
        return layer

    def stranger(self, rng: np.random.Generator, base: Base) -> Base:
        """Another packed face, smaller or as large, beside the first; its skin is background."""
        other = self.base(rng, int(rng.choice(self.bare, p=self.bare_share)))
        scale = rng.uniform(0.5, 1.1)
        side = rng.choice([-1.0, 1.0])
        shift = np.array([side * rng.uniform(0.35, 0.7), rng.uniform(-0.3, 0.3)]) * SCENE_PX
        matrix = np.hstack((np.eye(2) * scale, ((1 - scale) * SCENE_PX / 2 + shift)[:, None]))
        head = cv2.dilate(other.hull, np.ones((3, 3)), iterations=int(rng.integers(3, 9)))
        head = cv2.warpAffine(cv2.GaussianBlur(head, (0, 0), 1.0), matrix, (SCENE_PX, SCENE_PX))
        grown = cv2.dilate((base.label > 0).astype(np.float32), np.ones((3, 3)), iterations=5)
        head = np.clip(head - cv2.GaussianBlur(grown, (0, 0), 1.0), 0, 1)
        moved = cv2.warpAffine(other.rgb, matrix, (SCENE_PX, SCENE_PX))
        rgb = base.rgb * (1 - head[..., None]) + moved * head[..., None]
        return Base(np.round(rgb).astype(np.uint8), base.label, base.points, base.hull)

    def compose(self, rng: np.random.Generator, base: Base, count: int) -> tuple[np.ndarray, np.ndarray, list[Layer]]:
        """The scene with clutter and hands before the camera: picture, label, and the hands from back to front."""
        if rng.random() < self.set.stranger_share:
            base = self.stranger(rng, base)
        rgb, label = base.rgb, base.label.copy()
        clutter_on = rng.random() < self.set.clutter_share
        late = rng.random() < 0.3
        if clutter_on and not late:
            rgb, label = clutter.add(rng, rgb, label, base.points)
        layers = []
        inside = within_picture(base.rgb) if rng.random() < self.set.cut_share else None
        coming = self.cheeks(rng, base) if count == 2 and rng.random() < self.set.pair_share / self.set.counts[2] else None
        for number in range(count):
            layer = coming[number] if coming else self.hand(rng, base)
            if inside is not None:
                layer = Layer(layer.rgb, layer.alpha * inside, layer.skin * inside)
            if rng.random() < self.set.behind_share:
                in_front = 1 - cv2.GaussianBlur(base.hull, (0, 0), 1.0)
                layer = Layer(layer.rgb, layer.alpha * in_front, layer.skin * in_front)
            way = rng.uniform(0, 2 * np.pi)
            rgb = hands.put(rgb, layer, rng.uniform(0.1, 0.5) if rng.random() < 0.55 else 0.0, rng.uniform(1.0, 5.0),
                            (float(np.cos(way)), float(np.sin(way))))
            label = np.where(layer.alpha > 0.5, np.where(layer.skin > 0.5, 2, 0), label).astype(np.uint8)
            layers.append(layer)
        if clutter_on and late:
            rgb, label = clutter.add(rng, rgb, label, base.points)
        return rgb, label, layers

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """uint8 picture [128, 128, 3] and label [128, 128]: 0, 1, 2 of scene.CLASSES, 255 not judged."""
        real = len(self.handed) and rng.random() < self.set.real_share
        rows, share = (self.handed, self.handed_share) if real else (self.bare, self.bare_share)
        base = self.base(rng, int(rng.choice(rows, p=share)))
        count = int(rng.choice(len(self.set.counts), p=self.set.counts))
        if real:
            count = int(rng.random() < 0.25)
        rgb, label, _ = self.compose(rng, base, count)
        if rng.random() < self.set.camera_share:
            self.camera.rng = rng
            rgb = self.camera.shoot(np.ascontiguousarray(rgb))
        return rgb, label
