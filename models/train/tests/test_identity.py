"""The rule for a changed face, on made-up vectors: the sequences of src/analyze/identity/tests.rs."""
from __future__ import annotations

import unittest

import numpy as np

from liveproof_train.identity_course import NEVER, cosine, run, session, there_and_back

THRESHOLD = 0.5


def segment(who: int, looks: int = 12, change: int | None = None) -> np.ndarray:
    """Looks about the direction `who` of eight; the next one from look `change` on."""
    rows = np.stack([np.full(8, 0.05 * (i % 3 - 1)) for i in range(looks)])
    for i in range(looks):
        rows[i, who + (change is not None and i >= change)] = 1.0
    return rows


class Rule(unittest.TestCase):
    def test_another_face_is_told_in_its_second_segment(self):
        told, distances = run([segment(0), segment(0), segment(0), segment(0, change=4), segment(1), segment(1)], THRESHOLD)
        # two thirds of the fourth segment are the other face already
        self.assertEqual(told, [False] * 4 + [True, True])
        self.assertLess(distances[0], 0.1)
        self.assertGreater(distances[-1], THRESHOLD)

    def test_one_segment_alone_is_none_and_who_comes_back_is_the_same(self):
        self.assertFalse(any(run([segment(w) for w in (0, 0, 1, 0, 0)], THRESHOLD)[0]))
        told, _ = run([segment(w) for w in (0, 0, 1, 1, 0, 1, 1)], THRESHOLD)
        self.assertEqual(told, [False, False, False, True, False, False, True])

    def test_few_looks_gather_first(self):
        told, distances = run([segment(0, 4), segment(0, 4), segment(0, 4), segment(1), segment(1)], THRESHOLD)
        self.assertEqual((told, len(distances)), ([False] * 4 + [True], 2))

    def test_nothing_is_told_beyond_every_distance(self):
        told, distances = run([segment(w) for w in (0, 1, 2, 3)], NEVER)
        self.assertEqual((any(told), len(distances)), (False, 3))

    def test_sessions_go_there_and_back(self):
        rows = np.arange(6.0).reshape(3, 2)
        self.assertEqual(there_and_back(rows, 7)[:, 0].tolist(), [0, 2, 4, 4, 2, 0, 0])
        parts = session(rows, rows + 10, 2, 1, 3)
        self.assertEqual([p[0, 0] for p in parts], [0, 4, 10])
        self.assertAlmostEqual(cosine(np.eye(2)[:1], np.eye(2)[1:]), 1.0)


if __name__ == "__main__":
    unittest.main()
