"""Pairs of hand scenes for the occlusion net: a hand before a face, and the same with a swap painted over it.

Both members hold the same composite and go through the same camera with the same parameters; what differs is the painting.
The masks that the net is given come from seg-1 on each member, as in the service.
"""
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .camera import Camera
from .hand_scenes import Base, HandScenes, Settings
from .preprocess import normalise
from .serving import session_of
from .synth import hands, occlusion

LEAST_COVER, MOST_COVER = 0.06, 0.75  # share of the face's outline that the hand covers
LEAST_CHANGE = 10  # grey levels that the painting changes at least where it counts
BELOW_SHARE = 0.35  # pairs whose face is swapped under the hand in both members
BEHIND_SHARE = 0.15  # genuine members whose hand is behind the face: a cut that is no painting


@dataclass
class Pair:
    """`genuine` and `painted` uint8 [128, 128, 3] after the camera; `where` float32 [128, 128], 1 where the hand is painted
    over."""

    genuine: np.ndarray
    painted: np.ndarray
    where: np.ndarray
    family: str
    identity: str
    cover: float


class OccScenes:
    """Draws pairs; seeded by the generator that is passed in."""

    def __init__(self, split: str, seed: int = 1, settings: Settings | None = None, cutouts=None):
        self.source = HandScenes(split, seed, settings or Settings(match_share=0.8), cutouts)
        self.families = list(occlusion.FAMILIES)

    def covering(self, rng: np.random.Generator, base: Base) -> tuple[hands.Layer, float]:
        """A hand that covers a part of the face."""
        best = None
        for _ in range(6):
            layer = self.source.hand(rng, base)
            cover = float((layer.alpha * base.hull).sum() / max(1.0, base.hull.sum()))
            best = (layer, cover) if best is None or cover > best[1] else best
            if LEAST_COVER <= cover <= MOST_COVER:
                return layer, cover
        return best

    def draw(self, rng: np.random.Generator, family: str | None = None) -> Pair:
        """One pair."""
        source = self.source
        row = int(rng.choice(source.bare, p=source.bare_share))
        base = source.base(rng, row)
        layer, cover = self.covering(rng, base)
        family = family or str(rng.choice(self.families))
        bare = occlusion.swapped_below(rng, base.rgb, base.points) if rng.random() < BELOW_SHARE else base.rgb
        way = rng.uniform(0, 2 * np.pi)
        shadow = rng.uniform(0.1, 0.5) if rng.random() < 0.6 else 0.0, rng.uniform(1, 5), (float(np.cos(way)), float(np.sin(way)))
        composed = hands.put(bare, layer, *shadow)
        painted = occlusion.FAMILIES[family](rng, bare, composed, base.points, layer.alpha)
        changed = np.abs(painted.astype(np.int16) - composed).max(2)
        where = ((changed > LEAST_CHANGE) & (layer.alpha > 0.3)).astype(np.float32)
        genuine = composed
        if rng.random() < BEHIND_SHARE:
            front = 1 - cv2.GaussianBlur(base.hull, (0, 0), rng.uniform(0.5, 1.5))
            genuine = hands.put(bare, hands.Layer(layer.rgb, layer.alpha * front, layer.skin * front))
        if rng.random() < source.set.camera_share:
            genuine, painted = same_camera(rng, source.camera, (genuine, painted))
        return Pair(genuine, painted, where, family, str(source.scenes.identity[row]), cover)


def same_camera(rng: np.random.Generator, camera: Camera, pictures: tuple[np.ndarray, ...]) -> list[np.ndarray]:
    """Each picture through the camera with the same parameters and the same noise."""
    seed, out = int(rng.integers(2 ** 63)), []
    for picture in pictures:
        camera.rng = np.random.default_rng(seed)
        out.append(camera.shoot(np.ascontiguousarray(picture)))
    return out


class Masks:
    """seg-1's probabilities of face and hand."""

    def __init__(self) -> None:
        self.session = session_of("seg-1.onnx")

    def __call__(self, pictures: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """The net's two inputs: images [N, 3, 128, 128] and masks [N, 2, 128, 128]."""
        x = np.stack([normalise(p) for p in pictures])
        return x, self.session.run(None, {"image": x})[0][:, 1:]
