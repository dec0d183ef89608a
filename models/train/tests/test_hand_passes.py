"""Composed hand challenges: the plans do what they say, a hand keeps its look, a swap lies over it as its way says."""
from __future__ import annotations

import unittest

import numpy as np

from liveproof_train.hand_passes import Chain, events_of, members, set_before, there_and_back
from liveproof_train.hand_sprites import hand_of
from liveproof_train.synth.hand_layer import Look, grain_of, in_colours, in_frame, lay, near_size
from liveproof_train.synth.hand_motion import AWAY, PROMPT_S, REFUSALS, Place, draw_plan, reached, spans_above
from liveproof_train.synth.hands import draw_hand
from liveproof_train.synth.over_hand import WAYS, Covered, LostUnderHand, Moment, OccluderAware, Translucent

BOX = np.array([120.0, 60.0, 200.0, 160.0])


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


class Plans(unittest.TestCase):
    def test_a_pass_crosses_as_often_as_asked_in_time_and_at_a_speed_of_people(self) -> None:
        for seed in range(60):
            plan = draw_plan(rng(seed), 7.4, kind="hand_pass")
            self.assertEqual(len(plan.crossings), plan.count)
            for start, end in plan.crossings:
                x0, x1 = plan.at(start).x, plan.at(end).x
                self.assertLess(x0 * x1, 0, "a crossing goes from one side to the other")
                self.assertTrue(min(abs(x0), abs(x1)) > AWAY - 0.1)
                self.assertTrue(0.3 <= abs(x1 - x0) / (end - start) <= 4, seed)
            self.assertLessEqual(plan.crossings[-1][1], plan.deadline_s + 0.5)
            self.assertLess(plan.end_s, 7.4 + 1.0)

    def test_a_hold_lasts_and_stays_before_the_face(self) -> None:
        for seed in range(40):
            plan = draw_plan(rng(seed), 7.4, kind="hand_hold")
            (start, end), = plan.held
            self.assertGreaterEqual(end - start, 0.8)
            self.assertTrue(all(abs(plan.at(t).x) < 0.4 and abs(plan.at(t).y) < 0.5 for t in np.linspace(start, end, 9)))

    def test_nobody_moves_before_the_prompt_ends(self) -> None:
        for seed in range(40):
            plan = draw_plan(rng(seed), 7.4)
            self.assertGreater(plan.onset_s, PROMPT_S + 0.25)
            self.assertIsNone(plan.at(PROMPT_S))

    def test_refusals_do_not_perform(self) -> None:
        for seed in range(30):
            for done in REFUSALS:
                plan = draw_plan(rng(seed), 7.4, done)
                self.assertFalse(plan.performed)
                before = [plan.at(t) for t in np.linspace(0, 7.4, 300)]
                if done == "no_hand":
                    self.assertTrue(all(p is None for p in before))
                if done == "beside":
                    self.assertGreater(min(abs(p.x) for p in before if p is not None and p.y < 1), 1.0)
                if done == "late":
                    self.assertGreater(plan.onset_s, plan.deadline_s)
                if done == "miscounted":
                    self.assertEqual(len(plan.crossings), plan.count - 1)

    def test_what_fits_nowhere_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "5 s"):
            draw_plan(rng(), 3.0)
        with self.assertRaisesRegex(ValueError, "done"):
            draw_plan(rng(), 7.0, "nonsense")

    def test_the_way_starts_and_ends_at_rest(self) -> None:
        keys = [(0.0, 0.0, 0.0), (1.0, 1.0, 2.0)]
        self.assertEqual(reached(keys, 0.0), (0.0, 0.0))
        self.assertEqual(reached(keys, 1.0), (1.0, 2.0))
        self.assertAlmostEqual(reached(keys, 0.5)[0], 0.5)
        self.assertLess(reached(keys, 0.05)[0], 0.01)

    def test_spans(self) -> None:
        times = np.arange(6) / 10
        self.assertEqual(spans_above(times, np.array([0, 1, 1, 0, 0, 1]), 0.5), [(0.1, 0.2), (0.5, 0.5)])
        self.assertEqual(spans_above(times, np.zeros(6), 0.5), [])


class Hands(unittest.TestCase):
    def setUp(self) -> None:
        self.picture = np.full((240, 320, 3), 150, np.uint8)
        self.plan = draw_plan(rng(3), 7.4, kind="hand_hold")
        self.hand = near_size(draw_hand(rng(4), 160.0, pose="open", facing=1.0), 120.0)

    def test_a_held_hand_covers_the_face_and_nothing_is_there_before(self) -> None:
        look, middle = Look(120.0, 0.7, 0.5, 0.2), float(np.mean(self.plan.held[0]))
        same, nothing = lay(self.picture, self.plan, 0.0, 0.04, self.hand, look, BOX, 0.0, rng())
        self.assertIs(same, self.picture)
        self.assertIsNone(nothing)
        out, alpha = lay(self.picture, self.plan, middle, 0.04, self.hand, look, BOX, 0.0, rng())
        self.assertGreater(float((alpha[60:160, 120:200] > 0.5).mean()), 0.3)
        self.assertGreater(np.abs(out.astype(int) - 150)[alpha > 0.9].mean(), 3)

    def test_the_skin_takes_the_asked_colour_and_keeps_its_shading(self) -> None:
        import cv2

        for lab in ((40.0, 12.0, 18.0), (75.0, 10.0, 15.0)):
            out = in_colours(self.hand, np.array(lab))
            got = cv2.cvtColor(out.rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[self.hand.skin > 200]
            np.testing.assert_allclose(got.mean(0), lab, atol=3)
            self.assertGreater(got[:, 0].std(), 2)

    def test_a_place_is_in_sizes_of_the_face(self) -> None:
        self.assertEqual(in_frame(Place(0.5, 1.0, 0.0), BOX), (200.0, 210.0))

    def test_grain(self) -> None:
        noisy = 128 + rng().normal(0, 4, (200, 200, 3))
        self.assertAlmostEqual(grain_of(noisy), 4 / np.sqrt(3), delta=0.3)  # the mean of three channels

    def test_splits_share_no_hand_and_unknown_splits_are_refused(self) -> None:
        train = {hand_of("train", rng(s)).rgb.tobytes() for s in range(6)}
        val = {hand_of("val", rng(s)).rgb.tobytes() for s in range(6)}
        self.assertFalse(train & val)
        with self.assertRaisesRegex(ValueError, "split"):
            hand_of("eval", rng())


class OverTheHand(unittest.TestCase):
    def setUp(self) -> None:
        shape = (64, 64)
        self.mask = np.zeros(shape, np.float32)
        self.mask[8:56, 8:56] = 1
        self.alpha = np.zeros(shape, np.float32)
        self.alpha[:, 20:44] = 1
        self.bare, self.layer = np.full((*shape, 3), 100, np.float32), np.full((*shape, 3), 60, np.float32)
        self.hand = self.bare + self.alpha[..., None] * 100
        swapped = self.bare * (1 - self.mask[..., None]) + self.layer * self.mask[..., None]
        turn = np.linspace(0, 2 * np.pi, 96, endpoint=False)
        points = 32 + 22 * np.stack((np.cos(turn), np.sin(turn)), 1)
        self.moment = Moment(self.bare, self.hand, swapped, self.mask, self.alpha, points, 0.5)

    def test_covered_shows_the_swap_inside_its_mask_and_the_hand_outside(self) -> None:
        out = Covered(rng())(self.moment)
        np.testing.assert_allclose(out[32, 32], 60)
        np.testing.assert_allclose(out[2, 32], 200)

    def test_translucent_lies_between_hand_and_swap(self) -> None:
        for seed in range(5):
            value = Translucent(rng(seed))(self.moment)[32, 32, 0]
            self.assertTrue(60 < value < 200, value)

    def test_an_occluder_aware_swap_leaves_the_hand(self) -> None:
        np.testing.assert_allclose(OccluderAware(rng())(self.moment)[32, 32], 200, atol=2)

    def test_a_lost_face_shows_the_hand_and_comes_back(self) -> None:
        way = LostUnderHand(rng())
        for covered, expected in ((0.1, 60), (0.9, 200), (0.0, 60)):
            self.moment.covered = covered
            np.testing.assert_allclose(way(self.moment)[32, 32], expected)

    def test_without_a_hand_every_way_shows_the_swap_as_painted(self) -> None:
        clear = Moment(self.bare, self.bare, self.moment.swapped, self.mask, np.zeros_like(self.alpha), self.moment.points, 0.0)
        for name, way in WAYS.items():
            out = way(rng(2))(clear)
            np.testing.assert_allclose(out[32, 32], 60, err_msg=name)
            np.testing.assert_allclose(out[2, 2], 100, err_msg=name)


class Clips(unittest.TestCase):
    def test_every_way_and_refusal_has_its_turn(self) -> None:
        made = [m for turn in range(6) for m in members((2, 2, 1), turn)]
        self.assertEqual({w for k, w, _ in made if k == "swapped"}, set(WAYS))
        self.assertEqual({w for k, w, _ in made if k == "not_performed"}, set(REFUSALS))
        self.assertIn(("genuine_reencoded", "", ""), made)
        self.assertEqual(len({m for m in members((1, 6, 1), 0)}), 8)

    def test_a_square_clip_stands_before_its_own_edges(self) -> None:
        square = rng().integers(0, 255, (512, 512, 3)).astype(np.uint8)
        out = set_before(square)
        self.assertEqual(out.shape, (360, 640, 3))
        wide = np.zeros((720, 1280, 3), np.uint8)
        self.assertEqual(set_before(wide).shape, (360, 640, 3))
        small = np.zeros((256, 256, 3), np.uint8)
        self.assertEqual(set_before(small).shape[0], 256)

    def test_there_and_back(self) -> None:
        self.assertEqual(there_and_back([1, 2, 3], 8), [1, 2, 3, 2, 1, 2, 3, 2])

    def test_the_events_file_says_what_was_asked_and_not_what_was_done(self) -> None:
        said = events_of(draw_plan(rng(2), 7.4, "beside"))
        event, = said["events"]
        self.assertEqual(event["type"], "challenge")
        self.assertGreater(event["deadline_ms"], event["time_ms"])
        self.assertNotIn("beside", str(said))

    def test_the_chain_is_the_same_for_both_classes(self) -> None:
        chain = Chain(1.0, 1.0, 0.0, 23)
        picture = rng().integers(0, 256, (8, 8, 3)).astype(np.uint8)
        np.testing.assert_array_equal(chain(picture, rng()), picture)
        np.testing.assert_array_equal(chain(picture.astype(np.float32), rng()), picture)
        worse = Chain(0.9, 1.1, 0.0, 23)
        np.testing.assert_array_equal(worse(picture, rng()), worse(picture.astype(np.float32), rng()))


if __name__ == "__main__":
    unittest.main()
