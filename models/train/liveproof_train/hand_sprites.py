"""Hands for composed passes: whose hands may be used in which split.

`train`: drawn by synth/hands.py, and the cut-outs of people of split train. `val`: drawn hands of other seeds, and hands of
the demo's drawer (testdata/generate/hand.py, another way of drawing, which no fit sees). Every cut-out is a `train` person's and
enters the seg net's fit, so none is used in `val`.
"""
from __future__ import annotations

import sys
from functools import lru_cache

import numpy as np

from .paths import REPO_DIR
from .synth.hands import Hand, draw_hand, load_cutouts

POSES = ("open", "open", "relaxed", "cup")   # of a hand that is shown on request
DEMO_HANDS = 8


@lru_cache(maxsize=None)
def demo_hand(seed: int) -> Hand:
    """A hand of the demo's drawer, back of the hand, lit as the demo's person is."""
    folder = str(REPO_DIR / "testdata" / "generate")
    if folder not in sys.path:
        sys.path.append(folder)
    import hand as drawer
    from scene import Person

    rng = np.random.default_rng(seed)
    made = drawer.Hand(drawer.HandLook(spread=rng.uniform(0.1, 1.7), thumb=rng.uniform(0.2, 1.2), curl=rng.uniform(0, 0.3), seed=seed,
                                       sleeve_from=rng.uniform(60, 420), sleeve=tuple(rng.uniform(0.05, 0.6, 3))))
    lit = Person._light(made.albedo, made.z, made.gloss, np.eye(3))
    rgb = 255 * np.clip((1 - np.exp(-1.9 * lit)) / (1 - np.exp(-1.9)), 0, 1)
    skin = made.alpha * (np.arange(len(lit))[:, None] < drawer.TOP + made.look.sleeve_from - 6)
    level = lambda a: np.rint(255 * a).astype(np.uint8)  # noqa: E731
    return Hand(np.rint(rgb).astype(np.uint8), level(made.alpha), level(skin), (drawer.LEFT, drawer.TOP),
                (drawer.LEFT, drawer.TOP - 60), 200.0, f"demo:{seed}")


@lru_cache(maxsize=1)
def cutouts() -> list[Hand]:
    """The cut-outs of the cache, all of split train."""
    return load_cutouts()


def hand_of(split: str, rng: np.random.Generator) -> Hand:
    """A hand for a clip of the split. ValueError for a split without hands."""
    if split not in ("train", "val"):
        raise ValueError(f"split: expected train or val, got {split!r}")
    kind = rng.random()
    if split == "train" and kind < 0.5 and cutouts():
        return cutouts()[int(rng.integers(len(cutouts())))]
    if split == "val" and kind < 0.5:
        return demo_hand(100 + int(rng.integers(DEMO_HANDS)))
    own = np.random.default_rng([split == "val", int(rng.integers(2 ** 31))])
    return draw_hand(own, 180.0, pose=str(own.choice(POSES)), facing=float(own.choice([-1.0, 1.0])))
