"""The read-out of what begins in mid-call, on made-up statistics: light moves face and surroundings together, a forgery the face
alone."""
from __future__ import annotations

import unittest
from types import SimpleNamespace

import numpy as np

from liveproof_train import artifact_onset as onset
from liveproof_train.artifact_discriminant import WITHOUT_BOX
from liveproof_train.artifact_made import KINDS, Group
from liveproof_train.artifact_onset import (BACK, CODEC, ONSETS, RING, TIME, TOOL, Moment, coded_moments, directions, fit_onset,
                                            judge_onset, marked)
from liveproof_train.reviewed import NONE
from liveproof_train.synth.filters import FILTERS
from liveproof_train.synth.poor import POOR

F = len(WITHOUT_BOX)
PLAIN = SimpleNamespace(mean=np.zeros(F), scale=np.ones(F))
FACE = np.flatnonzero(WITHOUT_BOX & ~RING)
AROUND = np.flatnonzero(RING)
FAR = SimpleNamespace(surround=np.eye(F)[AROUND])   # the surroundings' change is that of the ring


def material(people: int, change: float, light: float, seed: int = 1) -> list[Moment]:
    """Kind k changes the face's feature k. Light moves each of these and a feature of the ring by the same amount."""
    rng, out = np.random.default_rng(seed), []
    for p in range(people):
        before = rng.normal(0, 3, F)
        for kind in (NONE, BACK, TIME, *ONSETS, *FILTERS, *POOR, CODEC):
            rows = before + rng.normal(0, 0.3, (8, F))
            shift = rng.normal(0, light, len(ONSETS))
            rows[:, FACE[:len(ONSETS)]] += shift
            rows[:, AROUND[:len(ONSETS)]] += shift
            if kind in ONSETS:
                rows[:, FACE[ONSETS.index(kind)]] += change
            out.append(Moment(kind, f"person {p}", before, rows))
    return out


class OnsetReadOut(unittest.TestCase):
    def test_what_begins_is_found_and_light_is_not(self) -> None:
        found = material(40, 1.5, 2.0)
        judged = judge_onset(found, PLAIN, FAR, 1e9)
        self.assertTrue(all(judged.families[k][0] > 0.9 for k in ONSETS), judged.families)
        self.assertTrue(all(abs(a - 0.5) < 0.15 for a in judged.nothing.values()), judged.nothing)
        self.assertLess(judged.marked[NONE], 0.1)
        self.assertGreater(judged.marked[TOOL], 0.5)
        fitted = fit_onset(found, PLAIN, judged)
        fresh = material(40, 1.5, 2.0, seed=2)
        over, near, every = marked([m for m in fresh if m.kind == TOOL], PLAIN, FAR, fitted, judged.calibration)
        self.assertEqual((near, every), (40, 40))
        self.assertGreater(over, 20)
        over, _, _ = marked([m for m in fresh if m.kind == NONE], PLAIN, FAR, fitted, judged.calibration)
        self.assertLess(over, 4)

    def test_without_the_ring_light_would_hide_it(self) -> None:
        found = material(40, 1.5, 2.0)
        for m in found:     # nothing around the face tells the light
            m.rows[:, AROUND] = m.before[AROUND]
        blind = judge_onset(found, PLAIN, FAR, 1e9)
        seeing = judge_onset(material(40, 1.5, 2.0), PLAIN, FAR, 1e9)
        self.assertGreater(seeing.calibration["auc"], blind.calibration["auc"] + 0.05)

    def test_the_ring_has_no_direction_of_its_own(self) -> None:
        found = material(40, 1.5, 0.0)
        for m in found:     # forgeries that change the surroundings as well
            if m.kind in ONSETS:
                m.rows[:, AROUND] += 2.0
        weight = np.abs(directions(found, PLAIN))
        self.assertLess(weight[AROUND].max(), 0.3 * weight[FACE].max())

    def test_a_change_around_the_face_is_not_judged(self) -> None:
        found = material(30, 1.5, 2.0)
        judged = judge_onset(found, PLAIN, FAR, 0.5)
        self.assertTrue(all(share < 0.6 for share in judged.compared.values()), judged.compared)

    def test_where_nothing_begins_there_is_no_vote(self) -> None:
        judged = judge_onset(material(40, 0.0, 1.0), PLAIN, FAR, 1e9)
        self.assertEqual(judged.calibration["cap"], 0.0)
        self.assertEqual(max(judged.marked.values()), 0.0)

    def test_halves_and_codecs_of_coded_spans(self) -> None:
        rows = np.arange(10.0)[:, None] * np.ones(F)
        groups = [Group("clip", m, "who", k, rows + (100 if k == KINDS[0] else 0)) for m in ("0:0", "1:0") for k in (NONE, KINDS[0])]
        groups.append(Group("still", "", "other", NONE, rows, still=True))
        found = coded_moments(groups)
        self.assertEqual([m.kind for m in found].count(CODEC), 2)
        first = next(m for m in found if m.kind == KINDS[0])
        self.assertEqual((first.before[0], first.rows[0, 0], len(first.rows)), (2.0, 105.0, 5))
        back = next(m for m in found if m.kind == BACK)
        self.assertEqual((back.before[0], back.rows[0, 0]), (7.0, 0.0))
        self.assertTrue(all(m.identity == "who" for m in found))
        self.assertEqual(onset.SHARE, 0.5)


if __name__ == "__main__":
    unittest.main()
