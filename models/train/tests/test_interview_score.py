"""What a report marks of an interview forged in several stretches."""
from __future__ import annotations

import re
import unittest

from liveproof_train.accuracy_doc import section
from liveproof_train.interview_score import BESIDE, MARKED_LLR, reasons, share_within, tables, told
from liveproof_train.paths import REPO_DIR

SPANS = {"swap": [6.0, 12.0], "drift": [15.0, 24.0], "hand": [26.0, 30.0]}


def report(marks: dict[int, tuple[str, ...]], llr: float | None = 1.2, status: str = "performed", count: int = 14) -> dict:
    """Segments of 3 s; those of `marks` are marked by these signals."""
    segments = [{"span": {"start_us": 3_000_000 * i, "end_us": 3_000_000 * (i + 1)},
                 "findings": [{"signal": s, "contribution": 0.5 if s in marks.get(i, ()) else 0.3} for s in ("face_swap", "lip_sync", "hand_occlusion")]}
                for i in range(count)]
    challenge = {"status": {"kind": status}, **({} if llr is None else {"llr": llr})}
    return {"segments": segments, "summary": {"participants": [{"challenges": [challenge]}]}}


def forged(way: str, *args, **more):
    return told({"identity": "somebody", "way": way, "spans": SPANS}, report(*args, **more))


class Marks(unittest.TestCase):
    def test_the_threshold_is_that_of_the_report(self) -> None:
        source = (REPO_DIR / "src" / "fusion" / "mod.rs").read_text()
        self.assertEqual(float(re.search(r"WORTH_A_LOOK: f64 = ([0-9.]+)", source)[1]), MARKED_LLR)

    def test_a_stretch_counts_with_the_signal_that_is_meant(self) -> None:
        found = forged("covered", {2: ("face_swap",), 5: ("lip_sync",), 9: ("face_swap", "hand_occlusion")})
        self.assertTrue(found.marks("swap") and found.marks("drift") and found.marks("hand"))
        wrong = forged("covered", {2: ("lip_sync",), 5: ("face_swap",), 9: ("face_swap",)})
        self.assertFalse(wrong.marks("swap") or wrong.marks("drift") or wrong.marks("hand"))

    def test_every_segment_is_counted_once(self) -> None:
        found = forged("covered", {2: ("face_swap",), 9: ("face_swap", "hand_occlusion"), 13: ("lip_sync",)})
        self.assertEqual(sum(sum(c.values()) for c in found.found.values()), 14)
        self.assertEqual(found.found["hand"]["face_swap and hand_occlusion"], 1)
        self.assertEqual(found.found["outside"]["lip_sync"], 1)

    def test_lip_sync_speaks_of_what_came_before(self) -> None:
        edge, outside = BESIDE
        after = forged("covered", {10: ("lip_sync",)}).found
        self.assertEqual((after["drift"]["lip_sync"], after["hand"]["lip_sync"]), (1, 0))
        late = forged("covered", {12: ("lip_sync",)}).found
        self.assertEqual((late["drift"]["lip_sync"], late[outside]["lip_sync"]), (0, 1))
        self.assertEqual(late[edge]["lip_sync"], 0)

    def test_an_edge_is_told_from_outside(self) -> None:
        spans = {**SPANS, "swap": [7.0, 10.0]}
        found = told({"identity": "somebody", "way": "covered", "spans": spans}, report({2: ("face_swap",), 3: ("face_swap",), 4: ("face_swap",)})).found
        self.assertEqual([found[k]["face_swap"] for k in ("swap", *BESIDE)], [1, 1, 1])

    def test_shares_and_reasons(self) -> None:
        span = {"start_us": 0, "end_us": 3_000_000}
        self.assertAlmostEqual(share_within(span, [2.0, 9.0]), 1 / 3)
        self.assertEqual(share_within(span, [4.0, 9.0]), 0.0)
        self.assertEqual(reasons({"findings": [{"signal": "a", "contribution": 0.41}, {"signal": "b", "contribution": 0.4}]}), ["a"])

    def test_tables_and_page(self) -> None:
        both = [forged("covered", {2: ("face_swap",)}), forged("", {}, llr=-0.9), forged("smeared", {}, llr=None, status="not_performed")]
        (_, rows), (_, each) = tables(both)
        self.assertEqual([r[2] for r in rows], ["1 of 2", "0 of 2", "0 of 2", "–", "–"])
        self.assertEqual([e[-1] for e in each], ["+1.20", "-0.90", "not_performed"])
        page = "\n".join(section("forged", {"kind": "forged_interviews", "intro": "Some.", "tables": tables(both)}))
        self.assertIn("| speaker 1 | untouched | no | no | no | -0.90 |", page)


if __name__ == "__main__":
    unittest.main()
