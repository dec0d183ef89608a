"""What is published of hand challenges, and the fit of an event's terms."""
from __future__ import annotations

import json
import unittest

import numpy as np

from liveproof_train.accuracy_doc import section
from liveproof_train.event_fit import LARGEST_CAP, EventFit, Term, centre_of, fit, out_of_fold, select, supported_cap
from liveproof_train.hand_challenge_figures import Event, challenges, compliance, event_of, figures, rounds_of, told


def event(identity: str, truth: str, status: str = "performed", llr: float | None = 0.0, way: str = "", performed: bool | None = None) -> Event:
    done = truth != "not_performed" if performed is None else performed
    return Event(f"{identity}-{truth}-{way}", identity, truth, way, "hand_pass", "drawn", done, status, "", llr, 1)


def measured(rng: np.random.Generator, n: int) -> tuple[list[dict[str, float]], list[bool], list[str]]:
    """Events whose `good` tells the classes apart, whose `noise` does not, whose `wrong` points the other way."""
    events, fake, people = [], [], []
    for i in range(n):
        f = bool(i % 2)
        events.append({"good": rng.normal(1.0 if f else 0.0, 0.5), "noise": rng.normal(), "wrong": rng.normal(-1.0 if f else 1.0)})
        fake.append(f)
        people.append(f"p{i // 4}")
    return events, fake, people


class Rounds(unittest.TestCase):
    def test_rounds_are_told_by_the_names(self) -> None:
        named = lambda *names: [event(n, "genuine") for n in names]  # noqa: E731
        self.assertEqual(rounds_of(named("a-b_1@0", "a-b_1@0.1", "c.2@3", "c.2@3.1")), 2.0)
        self.assertEqual(rounds_of(named("a@0", "b@0")), 1.0)
        self.assertEqual(rounds_of(named("without a window")), 1.0)


class Fit(unittest.TestCase):
    def setUp(self) -> None:
        self.events, self.fake, self.people = measured(np.random.default_rng(1), 120)

    def test_weights_are_not_negative_and_follow_what_tells(self) -> None:
        found = fit(self.events, self.fake, ["good", "noise", "wrong"])
        self.assertNotIn("wrong", found.terms)
        self.assertTrue(all(t.weight > 0 for t in found.terms.values()))
        self.assertGreater(found.terms["good"].weight * 0.7, found.terms.get("noise", Term(0, 0)).weight)
        self.assertAlmostEqual(found.terms["good"].centre, 0.5, delta=0.2)

    def test_a_missing_measure_takes_its_term_and_nothing_else(self) -> None:
        found = EventFit({"a": Term(2.0, 0.5), "b": Term(1.0, 0.0)}, 3.0)
        self.assertAlmostEqual(found.llr({"a": 1.0, "b": 0.3}), 1.3)
        self.assertAlmostEqual(found.llr({"a": 1.0}), 1.0)
        self.assertIsNone(found.llr({"c": 5.0}))

    def test_term_and_event_are_capped(self) -> None:
        found = EventFit({"a": Term(100.0, 0.0), "b": Term(100.0, 0.0)}, 3.0, 2.5)
        self.assertEqual(found.llr({"a": 1.0}), 2.5)
        self.assertEqual(found.llr({"a": 1.0, "b": 1.0}), 3.0)
        self.assertEqual(found.llr({"a": -1.0, "b": -1.0}), -3.0)

    def test_losing_landmarks_never_speaks_for_a_real_face(self) -> None:
        found = EventFit({"landmarks_through_share": Term(4.0, 0.5)}, 3.0)
        self.assertEqual(found.llr({"landmarks_through_share": 0.0}), 0.0)
        self.assertAlmostEqual(found.llr({"landmarks_through_share": 0.9}), 1.6)

    def test_too_few_events_give_no_weight(self) -> None:
        rare = [{**e, **({"rare": float(f)} if i < 10 else {})} for i, (e, f) in enumerate(zip(self.events, self.fake))]
        self.assertNotIn("rare", fit(rare, self.fake, ["good", "rare"]).terms)
        self.assertEqual(fit(self.events[:4], self.fake[:4], ["good"]).terms, {})

    def test_scores_out_of_fold_rank_and_chance_does_not(self) -> None:
        truth = np.array(self.fake)
        held = out_of_fold(self.events, self.fake, self.people, ["good", "noise"])
        self.assertGreater(np.mean(held[truth]), np.mean(held[~truth]) + 1)
        blind = out_of_fold(self.events, self.fake, self.people, ["noise"])
        self.assertLess(abs(np.mean(blind[truth]) - np.mean(blind[~truth])), 0.5)

    def test_the_cap_grows_with_events_and_stays_below_the_largest(self) -> None:
        truth = np.array(self.fake)
        few, many = supported_cap(truth[:12] * 2.0 - 1, truth[:12]), supported_cap(truth * 2.0 - 1, truth)
        self.assertLess(few, many)
        self.assertLessEqual(many, LARGEST_CAP)
        again = supported_cap(np.tile(truth * 2.0 - 1, 4), np.tile(truth, 4), rounds=4)
        self.assertAlmostEqual(again, many, msg="the same clips drawn four times support no more")
        self.assertEqual(supported_cap(np.zeros(len(truth)), truth), 0.5)

    def test_only_measures_that_help_people_left_out_are_taken_up(self) -> None:
        renamed = [{"hidden_hand_share": e["good"], "recover_ms": e["noise"], "edge_blur_ratio": e["wrong"]} for e in self.events]
        self.assertEqual(select(renamed, self.fake, self.people), ["hidden_hand_share"])
        self.assertEqual(select([{"recover_ms": e["noise"]} for e in self.events], self.fake, self.people), [])

    def test_a_centre_lies_between_the_classes(self) -> None:
        value, truth = np.array([0.0, 0.1, 0.2, 5.0, 5.1, 5.2]), np.array([False] * 3 + [True] * 3)
        centre, slope = centre_of(value, truth)
        self.assertTrue(0.1 <= centre <= 5.1)
        self.assertGreater(slope, 0)
        self.assertLess(centre_of(-value, truth)[1], 0)


class Figures(unittest.TestCase):
    def setUp(self) -> None:
        self.events = []
        for i in range(10):
            who = f"p{i}"
            self.events += [event(who, "genuine", llr=-1.0), event(who, "genuine_reencoded", "not_measurable", None),
                            event(who, "swapped", llr=1.5, way="covered"), event(who, "swapped", llr=-0.8, way="occluder_aware"),
                            event(who, "not_performed", "not_performed" if i else "performed", None, "beside")]

    def test_an_event_without_a_number_stays_in_with_zero(self) -> None:
        found = figures(self.events)
        self.assertEqual(found["auc_unaware"]["auc"], 1.0)      # 1.5 against -1 and 0
        self.assertEqual(found["auc_unaware"]["with_llr"], 20)
        self.assertEqual(found["by_way"]["occluder_aware"]["auc"], 0.5)   # -0.8 above -1, below 0
        self.assertEqual(found["auc_all"]["swapped"], 20)
        self.assertEqual(json.loads(json.dumps(found))["events"], 50)

    def test_compliance_counts_what_cannot_be_measured_as_not_seen(self) -> None:
        found = compliance([e for e in self.events if not e.fake])
        self.assertEqual((found["precision"]["hits"], found["precision"]["n"]), (10, 11))
        self.assertEqual((found["recall"]["hits"], found["recall"]["n"]), (10, 20))
        self.assertEqual(found["not_measurable"]["hits"], 10)
        self.assertIsNone(compliance([])["precision"]["share"])

    def test_the_table_names_every_way(self) -> None:
        text = told(figures(self.events))
        self.assertIn("covered", text)
        self.assertIn("occluder_aware", text)
        self.assertIn("10 of 11", text)

    def test_the_page_says_what_was_missed_and_that_no_real_pass_was_seen(self) -> None:
        page = "\n".join(section("hand challenge", figures(self.events)))
        self.assertIn("Never measured on a real hand pass", page)
        self.assertIn("| compliance, genuine and refused: recall | 50 %", page)
        self.assertRegex(page, r"recall \| 50 %[^|]*\| missed \|")
        self.assertRegex(page, r"know nothing of the hand \| 1\.000[^|]*\| goal met \|")
        self.assertIn("| beside | 9 | 0 | 1 |", page)

    def test_results_are_found_wherever_they_stand(self) -> None:
        one = {"id": "h1", "status": {"kind": "not_measurable", "reason": "no_face"}, "passes": 0, "llr": None,
               "evidence": [{"name": "hidden_hand_share", "value": 0.4}]}
        report = {"sessions": [{"summary": {"participants": [{"challenges": [one]}]}}]}
        self.assertEqual(list(challenges(report)), [one])
        truth = {"identity": "a", "class": "swapped", "way": "covered", "kind": "hand_pass", "hand": "asl:x", "performed": True, "done": "performed"}
        got = event_of("n", truth, report)
        self.assertEqual((got.status, got.reason, got.hand, got.measures), ("not_measurable", "no_face", "cutout", {"hidden_hand_share": 0.4}))
        with self.assertRaisesRegex(ValueError, "one challenge"):
            event_of("n", truth, {})


if __name__ == "__main__":
    unittest.main()
