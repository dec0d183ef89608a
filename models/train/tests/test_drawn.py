"""Drawn faces against filmed ones: artifact_drawn.py on made-up statistics, and what its drawer draws."""
from __future__ import annotations

import unittest

import numpy as np

from liveproof_train.artifact_discriminant import NAMES, WITHOUT_BOX, Discriminant
from liveproof_train.artifact_drawn import JudgedDrawn, draw_frames, draw_look, fit_drawn, judge_drawn
from liveproof_train.artifact_made import Group

SIZE = len(NAMES)


def plain_fit() -> Discriminant:
    return Discriminant(np.zeros(SIZE), np.ones(SIZE), np.zeros(SIZE), np.zeros((2, SIZE)))


def people(count: int, kind: str, seed: int, shift: float, each: int = 2) -> list[Group]:
    """Groups of twelve pictures: every feature varies by person, the first two differ by the kind."""
    rng, out = np.random.default_rng(seed), []
    for n in range(count):
        own = rng.normal(0, 1, SIZE)
        own[np.flatnonzero(WITHOUT_BOX)[:2]] += shift
        out += [Group(f"{kind}{n}", str(i), f"{kind}{n}", kind, own + rng.normal(0, 0.3, (12, SIZE))) for i in range(each)]
    return out


class DrawnFaces(unittest.TestCase):
    def test_zero_is_the_filmed_people_s_mean_and_one_that_of_the_drawn(self) -> None:
        filmed, drawn = people(80, "filmed", 1, 0.0), people(40, "drawn", 2, 8.0)
        found, d = fit_drawn(filmed, drawn, plain_fit()), plain_fit()
        for groups, middle in ((filmed, 0.0), (drawn, 1.0)):
            self.assertTrue(abs(np.mean([found.score(d, g.rows) for g in groups]) - middle) < 1e-6)
        self.assertTrue(not found.weight[~WITHOUT_BOX].any())

    def test_somebody_with_many_pictures_counts_once(self) -> None:
        few, many = people(40, "filmed", 3, 0.0), people(1, "loud", 4, 3.0, each=200)
        drawn = people(40, "drawn", 5, 8.0)
        with_loud = fit_drawn([*few, *many], drawn, plain_fit())
        without = fit_drawn(few, drawn, plain_fit())
        self.assertTrue(abs(with_loud.bias - without.bias) < 0.15)

    def test_unseen_people_are_told_apart_where_they_differ_and_not_where_they_do_not(self) -> None:
        apart = judge_drawn(people(80, "filmed", 6, 0.0), people(40, "drawn", 7, 8.0), plain_fit())
        self.assertTrue((apart.drawn > apart.limit).mean() > 0.9 and (apart.filmed > apart.limit).mean() < 0.02)
        alike = judge_drawn(people(80, "filmed", 8, 0.0), people(40, "drawn", 9, 0.0), plain_fit())
        self.assertTrue(abs(alike.drawn.mean() - alike.filmed.mean()) < 0.3)

    def test_the_limit_lies_between_the_two(self) -> None:
        judged = JudgedDrawn(np.linspace(0, 0.2, 11), np.array(["none"] * 11), np.array([0.8, 1.2]))
        self.assertEqual(judged.limit, 0.5)
        self.assertTrue("2 of 2 drawn faces beyond it" in judged.line() and "0 of 11 filmed ones" in judged.line())

    def test_every_number_draws_its_own_person_the_same_each_time(self) -> None:
        first, again = draw_look(np.random.default_rng(1), 1), draw_look(np.random.default_rng(1), 1)
        self.assertTrue(first == again and first != draw_look(np.random.default_rng(2), 2))
        frames = draw_frames(1)
        self.assertTrue(len(frames) == 33 and frames[0].shape == (360, 640, 3) and frames[0].dtype == np.uint8)
        self.assertTrue(np.abs(frames[0].astype(int) - frames[20]).mean() > 0.5, "they move")


if __name__ == "__main__":
    unittest.main()
