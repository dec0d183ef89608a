"""Which segments count as forged, and what the tables say of the product's findings on them."""
from __future__ import annotations

import math
import unittest

from liveproof_train.reviewed import MARK_LLR, NONE, Seen, lines, segments, share_marked, span_of
from liveproof_train.synth.temporal import Span

ROW = {"path": "talk/a.mp4", "identity": "a"}


def report(findings: list[float | None]) -> dict:
    """A review with one finding of face_swap per 3 s segment; None: abstained."""
    out = []
    for i, llr in enumerate(findings):
        outcome = {"kind": "abstained", "reason": "no_face"} if llr is None else {
            "kind": "scored", "llr": llr, "evidence": [{"name": "swap_score", "value": 2 * llr}]}
        out.append({"index": i, "span": {"start_us": i * 3_000_000, "end_us": (i + 1) * 3_000_000},
                    "findings": [{"signal": "lip_sync", "outcome": {"kind": "scored", "llr": 9.0}}, {"signal": "face_swap", "outcome": outcome}]})
    return {"segments": out}


class Segments(unittest.TestCase):
    def test_the_middle_third_is_forged_from_border_to_border(self) -> None:
        for duration_s, span in ((3.0, (0, 3)), (5.0, (0, 3)), (9.0, (3, 6)), (18.0, (6, 12)), (60.0, (6, 12)), (7.0, (3, 6))):
            self.assertEqual(span_of(duration_s), Span(*map(float, span)), duration_s)

    def test_a_segment_is_inside_when_half_of_it_was_forged(self) -> None:
        truth = {"from_s": 2.0, "to_s": 7.4}
        found = segments(ROW, "decoder", truth, report([0.1, 0.2, 0.3]))
        self.assertEqual([s.inside for s in found], [False, True, False])
        self.assertEqual([s.llr for s in found], [0.1, 0.2, 0.3])
        self.assertEqual([s.score for s in found], [0.2, 0.4, 0.6])
        self.assertFalse(any(s.inside for s in segments(ROW, NONE, truth, report([1.0, 1.0, 1.0]))))

    def test_an_abstention_is_no_number_and_no_mark(self) -> None:
        found = segments(ROW, "decoder", {"from_s": 0, "to_s": 9}, report([None, 1.0, 0.0]))
        self.assertIsNone(found[0].llr)
        self.assertIsNone(found[0].score)
        self.assertTrue(share_marked(found).endswith("(1 of 2)"))
        self.assertEqual(share_marked([found[0]]), "–")

    def test_the_mark_starts_where_the_odds_double(self) -> None:
        self.assertAlmostEqual(MARK_LLR, math.log(2))
        found = [Seen("c", "c", "decoder", i, True, llr) for i, llr in enumerate((MARK_LLR, MARK_LLR - 1e-6))]
        self.assertTrue(share_marked(found).endswith("(1 of 2)"))

    def test_a_row_compares_with_the_same_segments_of_the_original(self) -> None:
        found = []
        for person in range(8):
            row = {"path": f"{person}.mp4", "identity": f"p{person}"}
            found += segments(row, NONE, {"from_s": 0, "to_s": 0}, report([0.0, 0.1, 0.0]))
            found += segments(row, "decoder", {"from_s": 3, "to_s": 6}, report([0.0, 1.0 if person < 6 else 0.05, 0.0]))
        name, clips, numbered, inside, outside, auc, above, change = lines(found, ["decoder"])[0]
        self.assertEqual((name, clips, numbered, above), ("decoder", 8, "8 of 8", "6 of 8"))
        self.assertTrue(inside.endswith("(6 of 8)"))
        self.assertTrue(outside.endswith("(0 of 16)"))
        self.assertTrue(auc.startswith("0.750"))
        self.assertAlmostEqual(float(change), (6 * 0.9 - 2 * 0.05) / 8, delta=1e-3)


if __name__ == "__main__":
    unittest.main()
