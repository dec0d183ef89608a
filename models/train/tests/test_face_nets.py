"""Face nets: point order, preprocessing, golden tensors, scenes, scoring. Needs no torch and no media."""
from __future__ import annotations

import json
import unittest
from unittest import mock

import numpy as np

from liveproof_train import evaluate_det, evaluate_lmk, golden, manifest, mesh, scenes
from liveproof_train.labels import Face
from liveproof_train.paths import MODELS_DIR, REPO_DIR
from liveproof_train.preprocess import Crop, box_shrink, crop_from_points, crop_picture, letterbox, normalise
from liveproof_train.serving import Detector, Hit, Landmarks, Marks, iou_with, twice

GOLDEN = REPO_DIR / "testdata" / "golden"


def index() -> dict:
    return json.loads((GOLDEN / "pre.json").read_text(encoding="utf-8"))


def crop_of(case: dict) -> Crop:
    return Crop(case["cx"], case["cy"], case["side"], case["roll_rad"])


class PointOrder(unittest.TestCase):
    def test_mirroring_twice_changes_nothing(self):
        self.assertTrue((mesh.MIRROR[mesh.MIRROR] == np.arange(96)).all())

    def test_mirror_swaps_sides_and_keeps_the_middle(self):
        self.assertEqual(mesh.MIRROR[mesh.OUTER_EYE_LEFT], mesh.OUTER_EYE_RIGHT)
        self.assertEqual(mesh.MIRROR[mesh.MOUTH_LEFT], mesh.MOUTH_RIGHT)
        self.assertEqual(mesh.MIRROR[mesh.NOSE_TIP], mesh.NOSE_TIP)

    def test_regions_cover_each_point_once(self):
        rows = np.concatenate(list(mesh.REGIONS.values()))
        self.assertEqual(sorted(rows.tolist()), list(range(96)))


class Preprocessing(unittest.TestCase):
    def test_box_shrink_is_the_mean_of_blocks(self):
        picture = np.arange(5 * 7 * 3).reshape(5, 7, 3)
        small = box_shrink(picture, 2)
        self.assertEqual(small.shape, (2, 3, 3))
        self.assertAlmostEqual(float(small[1, 2, 0]), float(picture[2:4, 4:6, 0].mean()))

    def test_letterbox_of_a_square_fills_the_left_and_is_black_beside(self):
        picture, scale = letterbox(np.full((512, 512, 3), 200, np.uint8))
        self.assertAlmostEqual(scale, 512 / 192)
        self.assertTrue((picture[:, :192] == 200).all())
        self.assertTrue((picture[:, 192:] == 0).all())

    def test_crop_maps_points_there_and_back(self):
        crop = Crop(120.0, 80.0, 90.0, 0.4)
        points = np.random.default_rng(1).uniform(0, 200, (10, 2))
        np.testing.assert_allclose(crop.to_frame(crop.to_crop(points)), points, atol=1e-9)

    def test_crop_of_turned_points_turns_with_them(self):
        points = np.random.default_rng(2).uniform(50, 150, (96, 2))
        first = crop_from_points(points)
        turn = np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
        second = crop_from_points(points @ turn.T)
        self.assertAlmostEqual(second.roll - first.roll, 0.3)
        self.assertAlmostEqual(second.side, first.side)
        np.testing.assert_allclose((second.cx, second.cy), turn @ (first.cx, first.cy))

    def test_crop_outside_the_frame_is_black(self):
        self.assertEqual(float(crop_picture(np.full((50, 50, 3), 9, np.uint8), Crop(500.0, 500.0, 60.0, 0.1)).max()), 0.0)


class GoldenTensors(unittest.TestCase):
    def test_letterbox(self):
        for case in index()["letterbox"]:
            picture, scale = letterbox(golden.pattern(*case["pattern"]))
            self.assertAlmostEqual(scale, case["scale"])
            np.testing.assert_allclose(normalise(picture)[:, ::case["row_step"]], np.load(GOLDEN / case["tensor"]), atol=1e-3)

    def test_crops(self):
        for case in index()["crop"]:
            picture = crop_picture(golden.pattern(*case["pattern"]), crop_of(case))
            np.testing.assert_allclose(normalise(picture), np.load(GOLDEN / case["tensor"]), atol=1e-3)

    def test_nets_answer_as_when_they_were_exported(self):
        case = index()["nets"][0]
        frame = np.load(GOLDEN / case["frame"])
        picture, _ = letterbox(frame)
        for net, image, names in ((Detector(), normalise(picture), case["det"]),
                                  (Landmarks(), normalise(crop_picture(frame, crop_of(case["lmk_crop"]))), case["lmk"])):
            for name, got in zip(names, net.session.run(None, {"image": image[None]})):
                np.testing.assert_allclose(got[0], np.load(GOLDEN / name), atol=2e-3, rtol=1e-3, err_msg=name)

    def test_the_drawn_face_is_found(self):
        frame = np.load(GOLDEN / "face.npy")
        hits = Detector()(frame)
        self.assertEqual(len(hits), 1)
        self.assertGreater(iou_with(hits[0].box, np.array([[79.0, 57.0, 209.0, 226.0]]))[0], 0.5)


class Scenes(unittest.TestCase):
    def test_every_way_of_blanking_changes_the_face_and_spares_the_rest(self):
        box = np.array([60.0, 50.0, 110.0, 120.0])
        for kind in scenes.BLANKS:
            rng = np.random.default_rng(3)
            before = rng.integers(0, 256, (200, 200, 3)).astype(np.uint8)
            after = before.copy()
            scenes.blank(after, box, rng, kind, before[:40])
            self.assertGreater(np.mean(after[70:100, 75:95] != before[70:100, 75:95]), 0.5, kind)
            self.assertTrue((after[:20] == before[:20]).all() and (after[:, 150:] == before[:, 150:]).all(), kind)

    def test_generated_scenes_have_the_size_asked_for(self):
        rng = np.random.default_rng(4)
        for _ in range(20):
            self.assertEqual(scenes.procedural(rng, 64, 48).shape, (48, 64, 3))


class OnePicture:
    """Stands for the packed pictures: one picture, gray but for a white face, a red mark beside it."""

    def __init__(self):
        rgb = np.full((100, 120, 3), 90, np.uint8)
        rgb[20:50, 20:45] = 255
        rgb[60:70, 90:98] = (255, 0, 0)
        self.source = np.array(["made"])
        self.picture = scenes.Picture(rgb, np.array([[20.0, 20, 45, 50]]), np.zeros((1, 5, 2)), np.array([True]))

    def __getitem__(self, i: int) -> scenes.Picture:
        return self.picture


class MinedPlaces(unittest.TestCase):
    def composer(self, mined):
        return scenes.Composer(OnePicture(), 3, mined)

    def test_the_mined_place_is_shown_and_the_picture_stays_as_it_was(self):
        place = (np.array([0]), np.array([[86.0, 55, 102, 75]], np.float32))
        composer, shown = self.composer(place), 0
        before = composer.pictures[0].rgb.copy()
        for _ in range(20):
            out = composer.around_mined(160, 96)
            self.assertEqual(out.shape, (96, 160, 3))
            shown += bool(((out[..., 0] > 180) & (out[..., 1] < 60)).any())
        self.assertEqual(shown, 20)
        self.assertTrue((composer.pictures[0].rgb == before).all())

    def test_nothing_mined_changes_nothing(self):
        with mock.patch.object(scenes.Composer, "around_mined", side_effect=AssertionError):
            self.composer(None).faceless(64, 48)


class TakingUp(unittest.TestCase):
    """A face starts a track when the net says so twice (src/track/tracker.rs)."""

    def taken(self, *said: float):
        points = np.random.default_rng(1).uniform(50, 90, (96, 2))
        answers = iter([Marks(points, np.ones(6), np.zeros(3), p) for p in said])
        return twice(lambda rgb, crop: next(answers), np.zeros((120, 120, 3), np.uint8), hit_on(face_at(40, 40), 0.9), 0.9)

    def test_both_answers_must_reach_the_threshold(self):
        self.assertIsNone(self.taken(0.89))
        self.assertIsNone(self.taken(0.95, 0.89))
        self.assertEqual(self.taken(0.91, 0.95).face, 0.95)


def face_at(x: float, y: float, flip_error: float = 0.5) -> Face:
    corners = np.random.default_rng(5).uniform(0, 1, (468, 3)) * np.array([40, 60, 10])
    corners[0], corners[1] = (0, 0, 0), (40, 60, 0)
    return Face(corners + np.array([x, y, 0]), flip_error)


def hit_on(face: Face, score: float, shift: float = 0.0) -> Hit:
    return Hit(score, face.box + shift, face.five)


class Scoring(unittest.TestCase):
    def test_perfect_hits_score_one(self):
        curve, face = evaluate_det.Curve(), face_at(10, 10)
        curve.add([hit_on(face, 0.9)], [face])
        self.assertEqual(curve.ap(), 1.0)

    def test_a_false_hit_above_the_true_one_halves_precision(self):
        curve, face = evaluate_det.Curve(), face_at(10, 10)
        curve.add([hit_on(face, 0.9, 200.0), hit_on(face, 0.8)], [face])
        self.assertAlmostEqual(curve.ap(), 0.5)

    def test_a_doubtful_face_counts_neither_way(self):
        curve, face = evaluate_det.Curve(), face_at(10, 10, float("inf"))
        curve.add([hit_on(face, 0.9, 0.0)], [face])
        self.assertEqual((curve.faces, curve.recall(0.5)), (0, 0.0))

    def test_missed_faces_lower_recall(self):
        curve, face = evaluate_det.Curve(), face_at(10, 10)
        curve.add([hit_on(face, 0.9)], [face, face_at(200, 200)])
        self.assertAlmostEqual(curve.recall(0.5), 0.5)
        self.assertAlmostEqual(curve.ap(), 0.5)

    def test_opening_is_measured_in_eye_distances(self):
        points = np.zeros((96, 2))
        points[mesh.OUTER_EYE_RIGHT] = (50, 0)
        points[evaluate_lmk.LOWER] = (0, 10)
        self.assertAlmostEqual(float(evaluate_lmk.aperture(points)), 0.2)


class Manifest(unittest.TestCase):
    def test_digests_are_those_of_the_files(self):
        for model in ("det-1", "lmk-1"):
            entry = manifest.read_entry(model)
            self.assertEqual(entry["sha256"], manifest.sha256_of(MODELS_DIR / entry["file"]))

    def test_rewriting_a_block_keeps_everything_else(self):
        before = manifest.MANIFEST.read_text(encoding="utf-8")
        written: list[str] = []
        with mock.patch.object(type(manifest.MANIFEST), "write_text", lambda self, text, **_: written.append(text)):
            manifest.write_entry(manifest.read_entry("det-1"))
        self.assertEqual(written[0], before)


if __name__ == "__main__":
    unittest.main()
