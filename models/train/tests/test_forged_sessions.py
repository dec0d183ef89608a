"""Forged sound, dialogues, and what is published of whole sessions."""
from __future__ import annotations

import unittest

import numpy as np

from liveproof_train.accuracy_doc import section
from liveproof_train.session_audio import (ADDED_S, RATE_HZ, answers, as_loud, candidate_sound, dialogue, drifting, dubbed,
                                           interviewer_sound, loudness, pauses, picture_times, question_events, shifted, spliced)
from liveproof_train.session_score import Session, controls, even_gain, figures, gain, meant_signal, named, reasons


def speech(seconds: float, seed: int = 1, every_s: float = 1.5) -> np.ndarray:
    """Noise in bursts with a pause of 0.3 s before each."""
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    return (np.random.default_rng(seed).normal(0, 0.1, len(t)) * ((t % every_s) > 0.3)).astype(np.float32)


def click(at_s: float, seconds: float = 10.0) -> np.ndarray:
    out = np.zeros(int(seconds * RATE_HZ), np.float32)
    out[int(at_s * RATE_HZ)] = 1
    return out


class Sound(unittest.TestCase):
    def test_positive_is_late(self) -> None:
        self.assertEqual(int(shifted(click(2.0), 250).argmax()), int(2.25 * RATE_HZ))
        self.assertEqual(int(shifted(click(2.0), -250).argmax()), int(1.75 * RATE_HZ))
        np.testing.assert_array_equal(shifted(click(2.0), 0), click(2.0))

    def test_drift_grows_with_time(self) -> None:
        for at in (1.0, 8.0):
            late_ms = 1000 * (drifting(click(at), 20).argmax() / RATE_HZ - at)
            self.assertAlmostEqual(late_ms, 20 * at, delta=1)
        self.assertEqual(len(drifting(click(1.0))), len(click(1.0)))

    def test_a_dub_is_the_other_voice_as_loud_as_the_own(self) -> None:
        own, other = speech(4), 0.01 * speech(2, 2)
        out = dubbed(own, other)
        self.assertEqual(len(out), len(own))
        self.assertAlmostEqual(float(np.std(out)), float(np.std(own)), delta=0.01)
        self.assertGreater(np.corrcoef(out[:RATE_HZ], other[:RATE_HZ])[0, 1], 0.99)
        self.assertTrue(np.isfinite(as_loud(np.zeros(8, np.float32), own)).all())

    def test_a_splice_leaves_the_rest(self) -> None:
        own, other = speech(6), speech(6, 2)
        out = spliced(own, other, 2.0, 4.0)
        np.testing.assert_allclose(out[:int(1.9 * RATE_HZ)], own[:int(1.9 * RATE_HZ)], atol=1e-6)
        np.testing.assert_allclose(out[int(4.1 * RATE_HZ):], own[int(4.1 * RATE_HZ):], atol=1e-6)
        self.assertLess(abs(np.corrcoef(out[int(2.1 * RATE_HZ):int(3.9 * RATE_HZ)], own[int(2.1 * RATE_HZ):int(3.9 * RATE_HZ)])[0, 1]), 0.1)

    def test_pauses_and_answers(self) -> None:
        sound = speech(12)
        found = pauses(sound)
        self.assertEqual(len(found), 8)
        self.assertAlmostEqual(found[1][0], 1.5, delta=0.05)
        pieces = answers(sound)
        self.assertGreaterEqual(len(pieces), 1)
        for a, b in pieces:
            self.assertTrue(2.4 <= b - a <= 6.6)
            self.assertLess(loudness(sound)[int(a / 0.02)], 0.02, "an answer begins in a pause")
        self.assertEqual(answers(np.zeros(RATE_HZ, np.float32)), [])


class Dialogues(unittest.TestCase):
    def setUp(self) -> None:
        self.clip = speech(12)
        self.pieces = answers(self.clip)
        self.plans = [dialogue(self.pieces, [2.0] * 7, np.random.default_rng(3), added) for added in (False, True)]

    def test_a_relay_adds_its_delay_to_the_same_natural_gaps(self) -> None:
        for natural, relayed in zip(self.plans[0].turns, self.plans[1].turns):
            self.assertTrue(ADDED_S[0] <= relayed.gap_s - natural.gap_s <= ADDED_S[1])
            self.assertAlmostEqual(relayed.answer[0] - relayed.question[1], relayed.gap_s)

    def test_turns_follow_one_another(self) -> None:
        for plan in self.plans:
            edges = [t for turn in plan.turns for t in (*turn.question, *turn.answer)]
            self.assertEqual(edges, sorted(edges))
            self.assertGreaterEqual(plan.length_s, edges[-1])

    def test_pictures_follow_the_answers_and_rest_before_them(self) -> None:
        plan, fps = self.plans[0], 25.0
        shown = picture_times(plan, fps)
        self.assertEqual(len(shown), int(plan.length_s * fps))
        turn = plan.turns[1]
        i = int(np.ceil(turn.answer[0] * fps)) + 5
        self.assertAlmostEqual(shown[i], turn.piece[0] + i / fps - turn.answer[0], delta=1e-6)
        before = shown[int(turn.question[0] * fps) + 2]
        self.assertTrue(turn.piece[0] - 0.25 <= before <= turn.piece[0])
        rest = shown[int(turn.question[0] * fps) + 1:int(turn.answer[0] * fps)]
        self.assertLess(max(abs(a - b) for a, b in zip(rest, rest[1:])), 1.01 / fps)

    def test_each_voice_is_on_its_own_track(self) -> None:
        plan = self.plans[0]
        mine = candidate_sound(plan, self.clip, np.random.default_rng(1))
        asked = interviewer_sound(plan, [np.full(2 * RATE_HZ, 0.3, np.float32)] * 7)
        turn = plan.turns[2]
        q, a = (slice(int(s[0] * RATE_HZ), int(s[1] * RATE_HZ)) for s in (turn.question, turn.answer))
        self.assertGreater(np.abs(mine[a]).mean(), 0.02)
        self.assertLess(np.abs(mine[q]).mean(), 1e-3)
        self.assertGreater(asked[q].mean(), 0.29)
        self.assertEqual(float(np.abs(asked[a]).max()), 0.0)

    def test_question_marks(self) -> None:
        marks = question_events(self.plans[0])
        self.assertEqual([m["type"] for m in marks[:2]], ["question_start", "question_end"])
        self.assertEqual(len(marks), 14)
        self.assertEqual([m["time_ms"] for m in marks], sorted(m["time_ms"] for m in marks))


def session(who: str, fake: bool, fused: float | None, alone: float | None, tool: str = "", condition: str = "sound") -> Session:
    return Session(who, tool, condition, fake, fused, {"face_swap": alone, "lip_sync": None, "response_latency": None, "hand_occlusion": None})


class Figures(unittest.TestCase):
    def setUp(self) -> None:
        self.sessions = []
        for i in range(8):
            self.sessions += [session(f"p{i}", False, -0.5, -0.1), session(f"p{i}", True, 1.0, -0.1, "dubbed"),
                              session(f"p{i}", True, None, None, "decoder", "swap"), session(f"p{i}", False, -0.2, -0.3, condition="swap")]

    def of(self, tool: str) -> list[Session]:
        return controls(self.sessions, [s for s in self.sessions if s.tool == tool])

    def test_kinds_weigh_alike_whatever_their_number(self) -> None:
        many = [self.of("dubbed"), self.of("decoder") * 5]
        got = even_gain(many)
        self.assertAlmostEqual(got["gain"], 0.25)       # 0.5 and 0
        self.assertIsNone(even_gain([[s for s in self.sessions if s.fake]]))

    def test_gain_is_the_difference_of_both_on_the_same_people(self) -> None:
        got = gain(self.of("dubbed"))
        self.assertEqual((got["fused"], got["alone"], got["gain"]), (1.0, 0.5, 0.5))
        self.assertEqual((got["real"], got["fake"], got["identities"]), (8, 8, 8))
        self.assertLessEqual(got["gain_ci"][0], 0.5)
        self.assertIsNone(gain([s for s in self.sessions if s.fake]))
        self.assertIsNone(gain([]))

    def test_a_session_without_a_number_stays_in_with_zero(self) -> None:
        got = gain(self.of("decoder"))
        self.assertEqual((got["fused"], got["alone"]), (1.0, 1.0))      # 0 above -0.2 and -0.3

    def test_each_family_has_its_signal(self) -> None:
        self.assertEqual([meant_signal(t) for t in ("dubbed", "latency", "hand_covered", "decoder")],
                         ["lip_sync", "response_latency", "hand_occlusion", "face_swap"])

    def test_a_line_of_the_evaluation(self) -> None:
        got = Session.of({"identity": "a", "tool": "", "condition": "swap", "label": "real", "fused": "-0.5", "face_swap": ""})
        self.assertEqual((got.fake, got.fused, got.signals["face_swap"]), (False, -0.5, None))

    def test_segments_are_named_by_the_signal_that_said_most(self) -> None:
        def segment(start: float, given: dict[str, float | None]) -> dict:
            return {"span": {"start_us": start * 1e6, "end_us": (start + 3) * 1e6},
                    "findings": [{"signal": k, "llr": v, "weight": 0.5} for k, v in given.items()]}
        report = {"segments": [segment(0, {"face_swap": 0.9, "lip_sync": 0.3}), segment(3, {"face_swap": 0.1, "lip_sync": 1.5}),
                               segment(6, {"face_swap": None, "lip_sync": None}), segment(9, {"face_swap": -0.4})]}
        inside, outside = named(report, (2.0, 6.0))
        self.assertEqual(dict(inside), {"lip_sync": 1})
        self.assertEqual(dict(outside), {"face_swap": 1, "nothing": 2})
        self.assertEqual(sum(named(report, None)[0].values()), 4)

    def test_sessions_count_as_named_when_their_own_signal_named_a_segment_once(self) -> None:
        def result(*llrs: dict[str, float]) -> dict:
            return {"segments": [{"span": {"start_us": 3e6 * i, "end_us": 3e6 * (i + 1)},
                                  "findings": [{"signal": k, "llr": v, "weight": 1.0} for k, v in given.items()]} for i, given in enumerate(llrs)]}
        def line(tool: str) -> dict[str, str]:
            return {"tool": tool, "condition": "sound", "label": "fake" if tool else "real", "from_s": "", "to_s": ""}
        got = reasons([line("dubbed"), line("dubbed"), line("dubbed"), line(""), line("")],
                      [result({"lip_sync": 0.5}, {"lip_sync": -1.0}), result({"face_swap": 0.5}), result({}), result({}), result({"face_swap": 0.2}, {})])
        self.assertEqual((got["dubbed"]["named"], got["dubbed"]["sessions"]), (1, 3))
        self.assertEqual((got["untouched, sound"]["named"], got["untouched, sound"]["sessions"]), (1, 2))

    def test_the_tables_hold_every_family(self) -> None:
        found = figures(self.sessions, [])
        self.assertEqual([t[0] for t in found["tables"]], ["Fused session score against face_swap alone",
                                                           "By family, against the untouched sessions of the same making"])
        self.assertEqual(len(found["tables"][1][2]), 2)
        self.assertAlmostEqual(found["everything"]["gain"], found["everything"]["fused"] - found["everything"]["alone"])
        page = "\n".join(section("sessions", found))
        self.assertIn("32 sessions of 8 people", page)
        self.assertIn("| dubbed (`lip_sync`) | 8 / 8 | 8 | 1.000", page)


if __name__ == "__main__":
    unittest.main()
