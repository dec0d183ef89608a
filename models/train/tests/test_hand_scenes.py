"""Composed hand scenes, their clutter, the outlines' file and the scene's geometry. No torch, no media."""
from __future__ import annotations

import json
import tempfile
import unittest
from pathlib import Path

import cv2
import numpy as np

from liveproof_train import hand_outlines, hand_scenes
from liveproof_train.hand_scenes import NOT_HAND, UNKNOWN, HandScenes, Settings, within_picture
from liveproof_train.pack_scenes import PACK_PX, Scenes
from liveproof_train.preprocess import Crop
from liveproof_train.scene import SCENE_PX, SCENE_SCALE, scene_crop, scene_picture
from liveproof_train.synth import clutter
from tests.test_synth import drawn_face


def drawn_scenes(with_hand: bool = False) -> Scenes:
    """Two packed scenes with a drawn face, the second with a labelled hand if asked for."""
    rgb, points = drawn_face(PACK_PX)
    jpeg = cv2.imencode(".jpg", rgb[:, :, ::-1])[1].ravel()
    centre = points.mean(0)
    hull = np.stack([centre + [45 * np.sin(a), -60 * np.cos(a)] for a in np.linspace(0, 2 * np.pi, 40, endpoint=False)])
    label = np.zeros((PACK_PX, PACK_PX), np.uint8)
    label[100:140, 60:110], label[95:100, 60:110] = 2, UNKNOWN
    plane = cv2.imencode(".png", label)[1].ravel() if with_hand else np.zeros(0, np.uint8)
    return Scenes(np.concatenate((jpeg, jpeg)), np.array([0, len(jpeg), 2 * len(jpeg)]), plane, np.array([0, 0, len(plane)]),
                  np.stack((points, points)).astype(np.float32), np.stack((hull, hull)).astype(np.float32), np.array(["one", "two"]))


def source(settings: Settings, with_hand: bool = False) -> HandScenes:
    """HandScenes over the drawn pack, without the cache."""
    load = Scenes.load
    Scenes.load = staticmethod(lambda split: drawn_scenes(with_hand))
    try:
        return HandScenes("train", 3, settings, cutouts=[])
    finally:
        Scenes.load = load


class SceneGeometry(unittest.TestCase):
    def test_the_scene_is_upright_centred_and_1_8_times_the_longer_side(self):
        crop = scene_crop(np.array([[100.0, 40.0], [160.0, 140.0], [120.0, 90.0]]))
        self.assertEqual((crop.cx, crop.cy, crop.roll), (130.0, 90.0, 0.0))
        self.assertAlmostEqual(crop.side, SCENE_SCALE * 100)

    def test_beyond_the_frame_the_scene_is_black(self):
        picture = scene_picture(np.full((80, 80, 3), 200, np.uint8), Crop(10.0, 40.0, 64.0, 0.0))
        self.assertEqual(picture.shape, (SCENE_PX, SCENE_PX, 3))
        self.assertEqual(float(picture[:, :30].max()), 0.0)
        self.assertEqual(float(picture[:, 60:].min()), 200.0)


class Composed(unittest.TestCase):
    def test_the_same_seed_gives_the_same_scene(self):
        scenes = source(Settings(drawn_hands=2))
        one, two = (scenes.draw(np.random.default_rng(9)) for _ in range(2))
        np.testing.assert_array_equal(one[0], two[0])
        np.testing.assert_array_equal(one[1], two[1])

    def test_every_label_is_known_and_hands_appear_only_when_asked_for(self):
        none = source(Settings(drawn_hands=2, counts=(1.0, 0.0, 0.0)))
        some = source(Settings(drawn_hands=2, counts=(0.0, 1.0, 0.0)))
        rng, seen = np.random.default_rng(4), 0
        for _ in range(12):
            label = none.draw(rng)[1]
            self.assertTrue(set(np.unique(label)) <= {0, 1, NOT_HAND})
            self.assertTrue((label == 1).any())
            label = some.draw(rng)[1]
            self.assertTrue(set(np.unique(label)) <= {0, 1, 2, NOT_HAND})
            seen += bool((label == 2).any())
        self.assertGreaterEqual(seen, 9)

    def test_labels_of_real_hands_follow_the_window(self):
        scenes = source(Settings(drawn_hands=1, real_share=1.0, counts=(1.0, 0.0, 0.0), clutter_share=0.0), with_hand=True)
        base = scenes.base(np.random.default_rng(1), 1)
        self.assertTrue({2, UNKNOWN} <= set(np.unique(base.label).tolist()))
        centre = np.argwhere(base.label == 2).mean(0)[::-1]
        # the label lies below the face's middle by a quarter of the packed face, whatever the window's turn
        self.assertLess(np.linalg.norm(centre - base.points.mean(0)), 60)

    def test_a_hand_changes_the_picture_where_the_label_says_so(self):
        scenes = source(Settings(drawn_hands=2, clutter_share=0.0, camera_share=0.0, cut_share=0.0, behind_share=0.0, stranger_share=0.0))
        rng = np.random.default_rng(6)
        base = scenes.base(rng, 0)
        rgb, label, layers = scenes.compose(rng, base, 1)
        changed = np.abs(rgb.astype(int) - base.rgb).sum(2) > 0
        solid = (label == 2) & (layers[0].alpha > 0.9)
        self.assertGreater(changed[solid].mean(), 0.9)

    def test_a_stranger_stays_off_the_face_and_gets_no_label(self):
        scenes = source(Settings(drawn_hands=1))
        rng = np.random.default_rng(8)
        base = scenes.base(rng, 0)
        with_one = scenes.stranger(rng, base)
        np.testing.assert_array_equal(with_one.label, base.label)
        np.testing.assert_array_equal(with_one.rgb[base.label == 1], base.rgb[base.label == 1])

    def test_beyond_the_picture_is_found_and_dark_hair_is_not(self):
        rgb = np.full((SCENE_PX, SCENE_PX, 3), 90, np.uint8)
        rgb[:, 100:] = 0
        rgb[40:60, 40:60] = 0
        inside = within_picture(rgb)
        self.assertEqual(float(inside[:, 100:].max()), 0.0)
        self.assertEqual(float(inside[:, :100].min()), 1.0)

    def test_clutter_becomes_background_and_never_hand(self):
        rgb, points = drawn_face(SCENE_PX)
        label = np.ones((SCENE_PX, SCENE_PX), np.uint8)
        for kind in clutter.KINDS:
            out, after = kind(np.random.default_rng(2), rgb, label, points)
            self.assertEqual(out.shape, rgb.shape)
            self.assertTrue((after[after != label] == 0).all(), kind.__name__)


class Outlines(unittest.TestCase):
    def write(self, entry: dict) -> Path:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        file = Path(folder.name) / "outlines.json"
        file.write_text(json.dumps({"outlines": [entry]}))
        return file

    GOOD = {"path": "stills/a.jpg", "split": "val", "scene": [50, 60, 128], "hands": [[[0, 0], [20, 0], [20, 20], [0, 20]]]}

    def test_an_outline_is_filled_in_the_scenes_pixels_and_ignored_parts_are_marked(self):
        entry = {**self.GOOD, "ignore": [[[40, 40], [60, 40], [60, 60], [40, 60]]]}
        mask = hand_outlines.read_outlines(self.write(entry))[0].mask(128)
        self.assertAlmostEqual(int((mask == 1).sum()), 400, delta=45)
        self.assertEqual(mask[10 + 4, 10 + 14], 1)  # (10, 10) of the picture
        self.assertEqual(mask[50 + 4, 50 + 14], 255)
        self.assertEqual(mask[100, 100], 0)

    def test_what_is_wrong_is_named(self):
        for change, word in (({"split": "eval"}, "split"), ({"hands": []}, "no hand"), ({"hands": [[[1, 2], [3, 4]]]}, "polygon"),
                             ({"scene": [1, 2, 0]}, "scene")):
            with self.assertRaisesRegex(ValueError, word):
                hand_outlines.read_outlines(self.write({**self.GOOD, **change}))

    def test_the_committed_outlines_are_enough_and_hold_no_pixels(self):
        outlines = hand_outlines.read_outlines()
        self.assertGreaterEqual(len(outlines), 60)
        self.assertEqual(len({(o.path, o.time_s) for o in outlines}), len(outlines))
        for outline in outlines:
            hand = (outline.mask(SCENE_PX) == 1).sum()
            self.assertGreater(int(hand), 150, outline.path)
        self.assertLess(hand_outlines.FILE.stat().st_size, 100_000)


if __name__ == "__main__":
    unittest.main()
