"""The made read-out on made-up statistics: people far apart, kinds of forgery that each change a face their own way."""
from __future__ import annotations

import unittest
from types import SimpleNamespace

import numpy as np

from liveproof_train.artifact_made import KINDS, MIXED, Group, fit_made, judge_made, mixed, person_of, weights
from liveproof_train.intervals import supported
from liveproof_train.pooling import trimmed_mean
from liveproof_train.reviewed import NONE
from liveproof_train.synth.filters import FILTERS
from liveproof_train.synth.poor import POOR

F = 12
PLAIN = SimpleNamespace(mean=np.full(F, 2.0), scale=np.full(F, 0.5))


def material(people: int, change: float, seed: int = 1) -> list[Group]:
    """Segments and stills of people who differ in the first features; kind k changes feature 6 + k, filters none; a poor camera
    changes what people differ in."""
    rng, out = np.random.default_rng(seed), []
    for p in range(people):
        still = p % 3 == 0
        own = np.r_[rng.normal(0, 3, 6), rng.normal(0, 0.3, 6)]
        for kind in (NONE, *KINDS, *FILTERS, *(() if still else POOR)):
            rows = own + rng.normal(0, 0.5, (1 if still else 9, F))
            if kind in KINDS:
                rows[:, 6 + KINDS.index(kind)] += change
            elif kind in POOR:
                rows[:, :6] += rng.normal(0, 3, 6)
            out.append(Group(f"clip {p}", "" if still else "0:0", f"person {p}", kind, 2 + 0.5 * rows, still))
    return out


class MadeReadOut(unittest.TestCase):
    def test_each_kind_is_found_on_unseen_people_and_filters_are_not(self) -> None:
        cov = np.diag(np.r_[np.full(6, 9.0), np.full(6, 0.1)])
        judged = judge_made(material(60, 2.0), PLAIN, cov)
        self.assertTrue(all(judged.families[k] > 0.9 for k in MIXED), judged.families)
        self.assertAlmostEqual(judged.calibration["floor"], -0.6931, places=4)
        self.assertTrue(all(abs(a - 0.5) < 0.15 for a in judged.filters.values()), judged.filters)
        self.assertEqual((judged.people, judged.clip_people), (60, 40))
        self.assertGreater(judged.calibration["cap"], 1.0)
        self.assertGreater(judged.calibration["slope"], 0)
        made = fit_made(material(60, 2.0), PLAIN, cov, judged)
        fresh = [(g.kind in MIXED, trimmed_mean(made.score(PLAIN, g.rows))) for g in material(30, 2.0, seed=2)
                 if not g.still and (g.kind in MIXED or not g.fake)]
        forged, real = (np.array([s for fake, s in fresh if fake == f]) for f in (True, False))
        self.assertGreater((forged[:, None] > real).mean(), 0.9)

    def test_where_nothing_is_to_be_found_nothing_is_supported(self) -> None:
        judged = judge_made(material(60, 0.0), PLAIN, np.eye(F))
        self.assertLess(judged.calibration["auc_low"], 0.55)
        self.assertLess(judged.calibration["cap"], 0.7)

    def test_one_kind_alone_speaks_with_its_share_and_no_number_is_infinite(self) -> None:
        one = np.full((1, 6), -30.0)
        one[0, 2] = 5.0
        self.assertAlmostEqual(float(mixed(one)[0]), 5.0 - np.log(6), places=6)
        self.assertTrue(np.isfinite(mixed(np.array([[1e9] * 6, [-1e9] * 6]))).all())
        self.assertAlmostEqual(float(mixed(np.zeros((1, 6)))[0]), 0.0)

    def test_a_person_counts_alike_whatever_the_number_of_segments(self) -> None:
        fake = np.array([True, True, True, False])
        w = weights(fake, np.array(["a", "a", "b", "a"]))
        self.assertTrue(np.allclose(w, [0.25, 0.25, 0.5, 1.0]))

    def test_more_people_support_more(self) -> None:
        rng = np.random.default_rng(3)
        caps = []
        for n in (20, 400):
            fake = np.repeat([True, False], n)
            score = np.where(fake, 3.0, 0.0) + rng.normal(0, 1, 2 * n)
            caps.append(supported(score, fake, weights(fake, np.tile(np.arange(n), 2).astype(str)), n))
        self.assertGreater(caps[1], caps[0] + 0.5)

    def test_stills_of_one_person_are_one_person(self) -> None:
        self.assertEqual(person_of("stills/lfw/AJ_Cook_0012.jpg"), "AJ_Cook")


if __name__ == "__main__":
    unittest.main()
