"""The conformal table: weights by recording, coverage, and the form that the service reads."""
import tomllib
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from liveproof_train.conformal import Scored, add_to_card, held_out, prediction_set, quantiles, table, words
from liveproof_train.manifest import MANIFEST


def rows(people: int, apart: float, seed: int = 1) -> list[Scored]:
    rng = np.random.default_rng(seed)
    out = []
    for p in range(people):
        for fake in (False, True):
            own = rng.normal(apart if fake else -apart)
            out += [Scored(own + rng.normal(0, 0.3), fake, f"{p}-{fake}", str(p)) for _ in range(rng.integers(1, 6))]
    return out


class Conformal(unittest.TestCase):
    def test_recordings_weigh_the_same(self) -> None:
        one = [Scored(5.0, False, "a", "a")] + [Scored(0.0, False, "b", "b")] * 4
        assert quantiles(one).count(0.0) == 20

    def test_sets_hold_the_truth_as_often_as_promised_and_say_less_where_classes_overlap(self) -> None:
        near, far = (held_out(rows(80, apart)) for apart in (0.2, 2.0))
        for figures in (near, far):
            assert figures["covered_real"] > 0.83 and figures["covered_manipulated"] > 0.83
        assert far["single_real"] > near["single_real"] + 0.3

    def test_sets_follow_the_llr(self) -> None:
        t = table(rows(60, 0.7))
        order = [prediction_set(t, llr) for llr in (-4.0, 0.0, 4.0)]
        assert order == ["real", "both", "manipulated"]

    def test_the_shipped_table_is_one_that_the_service_takes(self) -> None:
        models = {m["id"]: m for m in tomllib.loads(MANIFEST.read_text(encoding="utf-8"))["model"]}
        t = models["artifact-1"]["calibration"]["conformal"]
        for name in ("real", "manipulated"):
            assert t[name] == sorted(t[name]) and t[f"{name}_recordings"] + 1 >= 1 / t["epsilon"]

    def test_the_card_keeps_one_sentence(self) -> None:
        card = Path(self.enterContext(TemporaryDirectory())) / "card.md"
        card.write_text("# x\n\n## Calibration and vote\n\nbody\n\n## Next\n\nrest\n", encoding="utf-8")
        text = words(held_out(rows(20, 1.0)))
        add_to_card(card, text)
        once = card.read_text(encoding="utf-8")
        add_to_card(card, text)
        assert card.read_text(encoding="utf-8") == once and once.endswith("## Next\n\nrest\n")


if __name__ == "__main__":
    unittest.main()
