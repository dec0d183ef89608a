"""Leak checks on a small drawn set: what must tell nothing tells nothing, and a planted leak is found."""
from __future__ import annotations

import unittest
from dataclasses import replace

import cv2
import numpy as np
from sklearn.metrics import roc_auc_score

from liveproof_train import leaks
from liveproof_train.intervals import auc_interval, auc_of, percent, wilson

from .test_synth import FAMILIES, drawn_face

FORGERIES = {name: FAMILIES[name] for name in ("self_blended", "realtime_paste", "mouth_only", "cross_identity", "decoder")}
PEOPLE = 60


def drawn_people(count: int) -> list[leaks.Picture]:
    """Drawn faces under lights, contrasts and colours of their own, of several sizes."""
    out = []
    for i in range(count):
        rng = np.random.default_rng(100 + i)
        rgb, points = drawn_face(256, seed=i)
        factor = rng.uniform(0.6, 0.8)   # a smaller face leaves more background to look at
        shrink = np.array([[factor, 0, 128 * (1 - factor)], [0, factor, 128 * (1 - factor)]])
        rgb = cv2.warpAffine(rgb, shrink, (256, 256), borderMode=cv2.BORDER_REFLECT_101)
        rgb = np.clip((rgb - 128.0) * rng.uniform(0.5, 1.2) + 128 + rng.uniform(-40, 40, 3), 0, 255).astype(np.uint8)
        out.append(leaks.Picture(rgb, points * factor + 128 * (1 - factor), f"person{i}"))
    return out


class Leaks(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.examples = leaks.generate(drawn_people(PEOPLE), FORGERIES, seed=4)
        cls.must, cls.control = leaks.generator_checks(cls.examples)

    def test_metadata_background_and_shuffled_labels_tell_nothing(self) -> None:
        self.assertEqual(len(self.must), 3)
        for found in self.must:
            with self.subTest(check=found.name):
                self.assertTrue(found.holds, f"{found.auc:.3f} [{found.low:.3f}, {found.high:.3f}]")
                self.assertEqual((found.real, found.fake), (PEOPLE, PEOPLE))

    def test_the_forged_region_itself_tells(self) -> None:
        self.assertGreater(self.control.low, 0.5, "the control finds the forgeries")

    def test_enough_background_is_left_to_look_at(self) -> None:
        left = [float((e.blanked != 127.5).any(-1).mean()) for e in self.examples]
        self.assertGreater(np.median(left), 0.15)

    def test_a_planted_leak_of_brightness_is_found(self) -> None:
        leaked = [replace(e, rgb=e.rgb + 6 * e.fake, blanked=np.where(e.blanked == 127.5, e.blanked, e.blanked + 25 * e.fake))
                  for e in self.examples]
        must, _ = leaks.generator_checks(leaked)
        self.assertGreater(next(c for c in must if c.name == "forged region blanked").low, 0.5)

    def test_a_planted_leak_of_quality_is_found(self) -> None:
        def save(e: leaks.Example) -> leaks.Example:
            quality = 70 if e.fake else 90
            return replace(e, file=cv2.imencode(".jpg", e.rgb.astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes())

        must, _ = leaks.generator_checks([save(e) for e in self.examples])
        self.assertGreater(must[0].low, 0.95)

    def test_a_jpeg_tells_its_size_and_tables(self) -> None:
        picture = np.zeros((40, 64, 3), np.uint8)
        fine, coarse = (leaks.tables(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, q])[1].tobytes()) for q in (95, 50))
        self.assertEqual(fine[1:], (40, 64))
        self.assertLess(fine[0][0], coarse[0][0])
        self.assertEqual(leaks.tables(b"\xff\xd8\xff"), ([0, 0], 0, 0))


class Intervals(unittest.TestCase):
    def test_wilson_agrees_with_known_values(self) -> None:
        low, high = wilson(4 / 32, 32)
        self.assertAlmostEqual(low, 0.0497, places=3)
        self.assertAlmostEqual(high, 0.2807, places=3)
        self.assertEqual(wilson(0.0, 0), (0.0, 1.0))

    def test_an_auc_interval_holds_its_auc_and_groups_widen_it(self) -> None:
        rng = np.random.default_rng(1)
        fake = np.arange(200) % 2 == 1
        score = fake + rng.normal(0, 1.5, 200)
        auc, low, high = auc_interval(fake, score, np.arange(200))
        self.assertTrue(low < auc < high)
        for values in (score, np.round(score)):   # with ties too
            self.assertAlmostEqual(auc_of(fake, values), roc_auc_score(fake, values), places=12)
        _, wide_low, wide_high = auc_interval(fake, score, np.arange(200) // 40)
        self.assertNotEqual((low, high), (wide_low, wide_high))
        self.assertTrue(np.isnan(auc_interval(np.ones(4, bool), np.zeros(4), np.arange(4))[0]))

    def test_a_share_says_its_counts(self) -> None:
        self.assertEqual(percent(0, 0, 0), "–")
        self.assertTrue(percent(4, 32, 29).endswith("(4 of 32)"))


if __name__ == "__main__":
    unittest.main()
