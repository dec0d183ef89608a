"""The list maker, and the figures that src/evaluate is held against."""
import csv
import importlib.util
import json
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from liveproof_train import accuracy_doc
from liveproof_train import evaluate_manifest as maker

ROOT = Path(__file__).resolve().parents[3]
COLUMNS = "path,source_path,label,kind,method,identity,split,hand_over_face,pair,tool,fold,duration_s\n"
ROWS = (
    "stills/utk/a.jpg,x/26_1_2_2017.jpg,real,still_face,camera,p1,val,,,,,\n"
    "swap/r.mp4,,real,live_swap_pair,camera,s1,pairs,,c1,,2,8.0\n"
    "swap/f.mp4,,fake,live_swap_pair,tool x,s1,pairs,,c1,tool x,2,7.0\n"
    "audio/m.wav,,real,speech_audio,camera,p3,pairs,,,,,5\n"
    "swap/e.mp4,,fake,face_swap,method y,p4,eval,y,,,,3\n"
)


class ListMaker(unittest.TestCase):
    def setUp(self):
        self.dir = Path(tempfile.mkdtemp())
        (self.dir / "MANIFEST.csv").write_text(COLUMNS + ROWS)
        patch = mock.patch.dict(os.environ, {"LIVEPROOF_DATA": str(self.dir)})
        patch.start()
        self.addCleanup(patch.stop)

    def make(self, *options):
        out = self.dir / "lists" / "list.csv"
        out.parent.mkdir(exist_ok=True)
        self.assertEqual(maker.main([*options, "-o", str(out)]), 0)
        with open(out, newline="", encoding="utf-8") as handle:
            return list(csv.DictReader(handle))

    def test_folds_get_their_overlays_and_sound_is_left_out(self):
        rows = self.make("--split", "pairs", "--overlays", str(self.dir / "o"))
        self.assertEqual([r["label"] for r in rows], ["real", "fake"])
        self.assertTrue(all(r["models"].endswith("o/fold2.toml") for r in rows))
        self.assertEqual([r["tool"] for r in rows], ["", "tool x"])
        self.assertTrue((self.dir / "lists" / rows[0]["path"]).resolve().match("swap/r.mp4"))

    def test_the_first_half_of_the_camera_is_the_reference_of_both_panels(self):
        rows = self.make("--split", "pairs", "--reference-halves")
        self.assertEqual([(r["reference_to_s"], r["only_from_s"]) for r in rows], [("4.00", "4.00"), ("4.00", "3.50")])
        for row in rows:
            self.assertTrue((self.dir / "lists" / row["reference"]).resolve().match("swap/r.mp4"))
        out = str(self.dir / "none.csv")
        self.assertEqual(maker.main(["--split", "val", "--reference-halves", "-o", out]), 1)  # a still has no halves

    def test_groups_come_from_utkface_names(self):
        (row,) = self.make("--split", "val")
        self.assertEqual(row["group"], "age=20-39;gender=female;ethnicity=asian")
        self.assertEqual(row["condition"], "still_face/utk")

    def test_a_look_at_eval_needs_a_reason_and_is_logged(self):
        log = self.dir / "looks.md"
        log.write_text("head\n")
        with mock.patch.object(maker, "LOOKS", log):
            with self.assertRaises(SystemExit):
                self.make("--split", "eval")
            self.assertEqual(log.read_text(), "head\n")
            (row,) = self.make("--split", "eval", "--reason", "a | b")
        self.assertIn("| 1 | a / b |", log.read_text())
        self.assertEqual((row["tool"], row["group"]), ("method y", "hand_over_face"))


class AccuracyPage(unittest.TestCase):
    def test_bad_figures_looks_and_terms_stand_in_it(self):
        golden = ROOT / "testdata" / "golden" / "evaluation.json"
        evaluation = json.loads(golden.read_text())
        evaluation["signals"]["face_swap"]["auc"] = 0.123
        evaluation["models"] = [{"overlay": "", "id": "m-1", "task": "m", "sha256": "ab" * 32,
                                 "available": True, "data_terms": "research only"}]
        out = Path(tempfile.mkdtemp())
        log = out / "looks.md"
        log.write_text("| when (UTC) | commit |\n|---|---|\n| 2026-01-01 10:00 | abc | all | 9 | release |\n")
        page = accuracy_doc.document([("pairs", evaluation)], "A note.", log)
        for held in ("0.123", "never measured on a real hand pass", "research only", "| 2026-01-01 10:00 |",
                     "A note.", "swapper", "could not be read", "pictures through JPEG"):
            self.assertIn(held, page)
        self.assertNotIn("None", page.replace("None yet.", ""))
        self.assertNotIn("nan", page.lower())

    def test_a_section_that_is_kept_stays_as_it_stands(self):
        page = "# Accuracy\n\n## one\n\n| a |\n|---|\n\n### one: `x`\n\nWords.\n\n## two\n\nOthers.\n"
        self.assertEqual(accuracy_doc.standing_section(page, "one"), ["## one", "", "| a |", "|---|", "", "### one: `x`", "", "Words.", ""])
        self.assertEqual(accuracy_doc.standing_section(page, "two"), ["## two", "", "Others.", ""])
        with self.assertRaises(SystemExit):
            accuracy_doc.standing_section(page, "three")

    def test_another_version_is_refused(self):
        golden = json.loads((ROOT / "testdata" / "golden" / "evaluation.json").read_text())
        golden["version"] = 99
        with self.assertRaises(SystemExit):
            accuracy_doc.section("x", golden)


class GoldenMetrics(unittest.TestCase):
    def test_the_committed_figures_are_those_of_scikit_learn(self):
        path = ROOT / "testdata" / "generate" / "metrics_golden.py"
        spec = importlib.util.spec_from_file_location("metrics_golden", path)
        golden = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(golden)
        with mock.patch("sys.argv", ["metrics_golden.py", "--check"]):
            self.assertEqual(golden.main(), 0)


if __name__ == "__main__":
    unittest.main()
