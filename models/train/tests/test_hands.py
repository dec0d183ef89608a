"""Drawn hands and their way onto a picture. No torch, no media."""
from __future__ import annotations

import unittest

import numpy as np

from liveproof_train.synth import hands


def picture(size: int = 128) -> np.ndarray:
    """A ramp with noise."""
    rng = np.random.default_rng(2)
    y, x = np.mgrid[0:size, 0:size]
    return np.clip(np.stack((x + 60, y + 40, x * 0 + 120), -1) + rng.normal(0, 4, (size, size, 3)), 0, 255).astype(np.uint8)


class DrawnHands(unittest.TestCase):
    def test_the_same_seed_draws_the_same_hand_and_another_seed_does_not(self):
        one, two, other = (hands.draw_hand(np.random.default_rng(s), 48) for s in (4, 4, 5))
        np.testing.assert_array_equal(one.rgb, two.rgb)
        np.testing.assert_array_equal(one.alpha, two.alpha)
        self.assertGreater(np.abs(one.alpha.astype(int) - other.alpha).sum(), 0)

    def test_every_pose_fills_a_hand_and_an_arm_that_leaves_through_the_bottom(self):
        for pose in hands.POSES:
            hand = hands.draw_hand(np.random.default_rng(1), 48, pose=pose, sleeve=False)
            above = hand.alpha[:int(hand.wrist[1])]
            self.assertGreater((above > 128).mean(), 0.05, pose)
            self.assertGreater(hand.alpha[-1].max(), 200, pose)
            self.assertEqual(hand.alpha[0].max(), 0, pose)
            np.testing.assert_array_equal(hand.skin, hand.alpha)

    def test_a_sleeve_is_covered_but_is_no_skin(self):
        hand = hands.draw_hand(np.random.default_rng(3), 48, sleeve=True)
        self.assertTrue((hand.skin <= hand.alpha).all())
        self.assertLess(int(hand.skin[-3].max()), 30)
        self.assertGreater(int(hand.alpha[-3].max()), 200)

    def test_tone_goes_from_light_to_dark(self):
        levels = [hands.draw_hand(np.random.default_rng(6), 48, tone=t, sleeve=False) for t in (0.0, 0.5, 1.0)]
        means = [h.rgb[h.alpha > 200].mean() for h in levels]
        self.assertTrue(means[0] > means[1] > means[2], means)


class Placing(unittest.TestCase):
    def setUp(self):
        self.hand = hands.draw_hand(np.random.default_rng(7), 60, pose="open", sleeve=False)

    def test_the_palm_lies_where_it_was_asked_for_at_the_asked_size(self):
        for angle, mirror in ((0.0, False), (1.2, True), (-2.5, False)):
            layer = hands.place(self.hand, (128, 128), (70.0, 52.0), 40.0, angle, mirror)
            self.assertGreater(layer.alpha[52, 70], 0.95)
        small = hands.place(self.hand, (200, 200), (100, 60), 24.0, 0.0).alpha[:66].sum()
        large = hands.place(self.hand, (200, 200), (100, 60), 48.0, 0.0).alpha[:72].sum()
        self.assertAlmostEqual(large / small, 4.0, delta=0.6)

    def test_nothing_changes_outside_the_hand_and_the_hand_is_what_is_seen_inside(self):
        base = picture()
        layer = hands.place(self.hand, base.shape[:2], (64, 64), 50.0, 0.4)
        out = hands.put(base, layer)
        np.testing.assert_array_equal(out[layer.alpha == 0], base[layer.alpha == 0])
        inside = layer.alpha > 0.999
        self.assertLess(np.abs(out[inside].astype(float) - layer.rgb[inside]).max(), 1.0)

    def test_recolour_moves_the_skin_to_the_asked_tone(self):
        base = picture()
        layer = hands.place(self.hand, base.shape[:2], (64, 64), 50.0, 0.0)
        want = np.array([150.0, 140.0, 150.0])
        moved = hands.recolour(layer, want)
        got = hands.skin_lab_mean(np.round(moved.rgb).astype(np.uint8), moved.skin)
        np.testing.assert_allclose(got, want, atol=4)
        same = hands.recolour(layer, np.full(3, np.nan))
        np.testing.assert_array_equal(same.rgb, layer.rgb)

    def test_smear_and_feather_keep_the_area_and_soften_the_edge(self):
        layer = hands.place(self.hand, (128, 128), (64, 50), 40.0, 0.0)
        for soft in (hands.smear(layer, (8.0, 3.0)), hands.feather(layer, 1.5)):
            self.assertAlmostEqual(float(soft.alpha.sum() / layer.alpha.sum()), 1.0, delta=0.03)
            partial = lambda a: int(((a > 0.1) & (a < 0.9)).sum())  # noqa: E731
            self.assertGreater(partial(soft.alpha), partial(layer.alpha))


if __name__ == "__main__":
    unittest.main()
