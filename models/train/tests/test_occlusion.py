"""Swaps painted over a hand, and the pairs made of them. No torch, no media."""
from __future__ import annotations

import unittest

import numpy as np

from liveproof_train.camera import Camera
from liveproof_train.occ_scenes import same_camera
from liveproof_train.synth import hands, occlusion
from liveproof_train.synth.masks import hull
from tests.test_synth import drawn_bank, drawn_face, smoothing_painter

BANK = drawn_bank()
FAMILIES = {
    **{name: occlusion.FAMILIES[name] for name in ("covered", "translucent", "smeared", "recoloured")},
    "other_face": lambda *a: occlusion.other_face(*a, donors=BANK),
    "decoder": lambda *a: occlusion.decoder(*a, paint=smoothing_painter),
}


class PaintedOver(unittest.TestCase):
    def setUp(self):
        self.bare, self.points = drawn_face(128)
        hand = hands.draw_hand(np.random.default_rng(4), 60, pose="open", tone=0.6, sleeve=False)
        self.layer = hands.place(hand, (128, 128), (70, 70), 60.0, 0.2)
        self.composed = hands.put(self.bare, self.layer)

    def paint(self, name: str, seed: int = 3) -> np.ndarray:
        return FAMILIES[name](np.random.default_rng(seed), self.bare, self.composed, self.points, self.layer.alpha)

    def test_each_family_is_seeded_and_changes_the_hand_within_the_face(self):
        inside = (hull(self.points, (128, 128), "full") > 0) & (self.layer.alpha > 0.9)
        for name in FAMILIES:
            one, two = self.paint(name), self.paint(name)
            np.testing.assert_array_equal(one, two, name)
            change = np.abs(one.astype(int) - self.composed)[inside].mean()
            self.assertGreater(change, 1.0, name)

    def test_the_hand_far_from_the_face_stays_as_it_was(self):
        far = np.zeros((128, 128), bool)
        far[:, :6] = far[:, -6:] = True
        for name in FAMILIES:
            change = np.abs(self.paint(name).astype(int) - self.composed)[far]
            self.assertLess(change.mean(), 0.5, name)

    def test_a_covered_hand_comes_nearer_to_the_face_than_a_translucent_one(self):
        inside = (hull(self.points, (128, 128), "inner") > 0) & (self.layer.alpha > 0.9)

        def away(name: str) -> float:
            return float(np.mean([np.abs(self.paint(name, s).astype(int) - self.bare)[inside].mean() for s in range(6)]))

        plain = float(np.abs(self.composed.astype(int) - self.bare)[inside].mean())
        self.assertLess(away("covered"), away("translucent"))
        self.assertLess(away("translucent"), plain)

    def test_both_members_see_the_same_camera(self):
        camera = Camera(np.random.default_rng(1))
        rng = np.random.default_rng(2)
        for _ in range(5):
            one, two = same_camera(rng, camera, (self.composed, self.composed))
            np.testing.assert_array_equal(one, two)


if __name__ == "__main__":
    unittest.main()
