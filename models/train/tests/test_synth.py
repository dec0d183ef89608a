"""The forgery generator: seeded, confined to its mask, and the identity where it should be. No torch, no media."""
from __future__ import annotations

import unittest

import cv2
import numpy as np

from liveproof_train.batches_artifact import Chain, face_box
from liveproof_train.mesh import GROUPS, SLICES, five_points
from liveproof_train.native import ART_PX, face_in_crop, native_crop
from liveproof_train.preprocess import crop_picture
from liveproof_train.synth import decoder, donors, filters, forge, head, layers, masks
from liveproof_train.synth.poor import POOR


def drawn_face(size: int = 224, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """A noisy picture with texture, and 96 landmarks laid out like a face in its middle."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:size, 0:size]
    base = 120 + 40 * np.sin(x / 9.0)[..., None] + 30 * np.cos(y / 7.0)[..., None] + rng.normal(0, 6, (size, size, 3))
    centres = {"lips_outer": (0, 0.55, 0.3, 0.1), "lips_inner": (0, 0.55, 0.2, 0.05), "eye_left": (-0.4, -0.2, 0.14, 0.06),
               "eye_right": (0.4, -0.2, 0.14, 0.06), "brow_left": (-0.4, -0.4, 0.2, 0.04), "brow_right": (0.4, -0.4, 0.2, 0.04),
               "nose": (0, 0.1, 0.15, 0.3), "oval": (0, 0, 1, 1)}
    points = np.zeros((96, 2))
    for name in GROUPS:
        cu, cv, ru, rv = centres[name]
        n = len(GROUPS[name])
        angle = np.pi + np.arange(n) * 2 * np.pi / n
        if name == "oval":
            angle = -np.pi / 2 + np.arange(n) * 2 * np.pi / n
        points[SLICES[name]] = np.stack((cu + ru * np.cos(angle), cv + rv * np.sin(angle)), 1)
    points = size / 2 + points * [0.24 * size, 0.32 * size]
    return np.clip(base, 0, 255).astype(np.uint8), points


def drawn_bank(people: int = 4) -> donors.Donors:
    """Drawn faces of a few shapes, in place of the bank that lies in the cache."""
    faces = [drawn_face(donors.BANK_PX, seed) for seed in range(people)]
    moved = [p + np.random.default_rng(i).normal(0, 1.5, p.shape) for i, (_, p) in enumerate(faces)]
    return donors.Donors(np.stack([f[0] for f in faces]), np.stack(moved), np.array([f"drawn:{i}" for i in range(people)]))


def smoothing_painter(face: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """In place of a fitted autoencoder: a smoother face, and an ellipse as its mask."""
    mask = cv2.ellipse(np.zeros(face.shape[:2], np.float32), (face.shape[1] // 2, face.shape[0] // 2),
                       (face.shape[1] // 3, face.shape[0] // 3), 0, 0, 360, 1.0, -1)
    return cv2.GaussianBlur(face, (0, 0), 2.0), mask


BANK = drawn_bank()
FAMILIES = {
    **{name: forge.FAMILIES[name] for name in ("self_blended", "realtime_paste", "mouth_only", "head_warp")},
    "cross_identity": lambda rng, rgb, points: donors.cross_identity(rng, rgb, points, BANK),
    "decoder": lambda rng, rgb, points: decoder.decoder(rng, rgb, points, smoothing_painter, BANK),
    **filters.FILTERS,
}


class Forgeries(unittest.TestCase):
    def setUp(self) -> None:
        self.rgb, self.points = drawn_face()

    def test_each_family_changes_its_mask_and_nothing_else(self) -> None:
        for name, family in FAMILIES.items():
            for seed in range(6):
                with self.subTest(family=name, seed=seed):
                    made = family(np.random.default_rng(seed), self.rgb, self.points)
                    changed = np.abs(made.rgb.astype(int) - self.rgb).max(-1)
                    self.assertEqual(made.rgb.dtype, np.uint8)
                    self.assertEqual(changed[made.mask == 0].max(initial=0), 0)
                    self.assertGreater(changed[made.mask > 0.2].mean(), 0.2)
                    self.assertTrue(0 <= made.mask.min() and made.mask.max() <= 1)
                    self.assertGreater((made.mask > 0.2).sum(), 200)

    def test_the_same_seed_gives_the_same_forgery(self) -> None:
        for name, family in FAMILIES.items():
            one, two = (family(np.random.default_rng(3), self.rgb, self.points) for _ in range(2))
            other = family(np.random.default_rng(4), self.rgb, self.points)
            np.testing.assert_array_equal(one.rgb, two.rgb, err_msg=name)
            self.assertTrue((one.rgb != other.rgb).any(), name)

    def test_a_paste_of_identical_pixels_changes_none(self) -> None:
        for seed in range(5):
            made = forge.self_paste(np.random.default_rng(seed), self.rgb, self.points)
            np.testing.assert_array_equal(made.rgb, self.rgb)
            self.assertGreater(made.mask.max(), 0.9)

    def test_a_paste_through_subsampled_chroma_changes_pixels_by_a_little(self) -> None:
        made = forge.self_paste_chroma(np.random.default_rng(1), self.rgb, self.points)
        changed = np.abs(made.rgb.astype(int) - self.rgb).max(-1)
        self.assertEqual(changed[made.mask == 0].max(), 0)
        grey = np.abs(cv2.cvtColor(made.rgb, cv2.COLOR_RGB2GRAY).astype(int) - cv2.cvtColor(self.rgb, cv2.COLOR_RGB2GRAY))
        self.assertTrue(0 < changed.max() and grey.mean() < 2)

    def test_the_aligned_square_holds_the_five_points_where_swappers_put_them(self) -> None:
        t = masks.aligned_transform(self.points, 128)
        placed = five_points(self.points) @ t[:, :2].T + t[:, 2]
        # five drawn points are no exact pattern; the fit is the best similarity
        self.assertLess(np.abs(placed - masks.ALIGNED * 128).max(), 0.12 * 128)
        square = masks.aligned_square(t, 128, self.rgb.shape[:2])
        soft = masks.paste_square(square)
        self.assertLess(soft.sum(), square.sum())
        self.assertEqual(soft[square == 0].max(initial=0) < 0.5, True)

    def test_the_seam_target_is_highest_where_layers_mix(self) -> None:
        np.testing.assert_allclose(layers.seam_target(np.array([0, 0.5, 1.0])), [0, 1, 0])

    def test_filters_leave_no_seam_at_the_face(self) -> None:
        inner = masks.hull(self.points, self.rgb.shape[:2], "full")
        outer = cv2.dilate(inner, np.ones((9, 9), np.uint8))
        inner = cv2.erode(inner, np.ones((9, 9), np.uint8))
        border = (outer - inner) > 0
        for seed in range(6):
            beauty = filters.beauty(np.random.default_rng(seed), self.rgb, self.points)
            step = np.abs(np.diff(beauty.mask, axis=1))
            self.assertLess(step[border[:, 1:]].max(), 0.06, "a filter's mask is flat where a swap's would end")
            background = filters.virtual_background(np.random.default_rng(seed), self.rgb, self.points)
            np.testing.assert_array_equal(background.rgb[inner > 0], self.rgb[inner > 0])

    def test_a_head_drawn_from_a_still_follows_the_landmarks(self) -> None:
        # a still with a bright spot on the nose; driven to a face 9 px further right, the spot goes along
        still = np.full_like(self.rgb, 90)
        nose = self.points[SLICES["nose"]][4]
        cv2.circle(still, tuple(int(v) for v in nose), 8, (250, 250, 250), -1)
        moved = self.points + [9.0, 0.0]
        found = []
        for seed in range(4):
            made = head.head_warp(np.random.default_rng(seed), np.full_like(self.rgb, 90), moved, (still, self.points))
            y, x = np.nonzero(made.rgb[..., 0] > 160)
            found.append((x.mean(), y.mean()))
        np.testing.assert_allclose(np.mean(found, 0), nose + [9.0, 0.0], atol=4)


class Donors(unittest.TestCase):
    def test_the_spline_takes_points_to_points(self) -> None:
        rng = np.random.default_rng(2)
        _, target = drawn_face()
        source = target * [1.1, 0.9] + [5, -3] + rng.normal(0, 0.3, target.shape)
        where = donors.spline(target, source, (224, 224), stiffness=1e-4)
        at = np.rint(target).astype(int)
        self.assertLess(np.abs(where[at[:, 1], at[:, 0]] - source).max(), 1.6)
        same = donors.spline(target, target, (224, 224))
        y, x = np.mgrid[0:224, 0:224]
        np.testing.assert_allclose(same, np.stack((x, y), -1), atol=0.01)

    def test_a_donor_brings_its_pixels_and_takes_the_colours(self) -> None:
        rgb, points = drawn_face(224, 9)
        dark = (rgb // 3).astype(np.uint8)
        layer = BANK.in_place_of(np.random.default_rng(1), dark, points, index=0)
        inside = masks.hull(points, (224, 224), "inner") > 0
        self.assertLess(abs(float(layer[inside].mean()) - float(dark[inside].mean())), 12)
        apart = np.abs(layer[inside].astype(int) - dark[inside])
        self.assertGreater(apart.mean(), 5, "another picture's texture")

    def test_the_very_nearest_person_is_passed_over(self) -> None:
        picked = {BANK.nearest(np.random.default_rng(seed), BANK.points[2]) for seed in range(40)}
        self.assertEqual(picked, {0, 1, 3})


class Decoders(unittest.TestCase):
    def test_what_is_pasted_is_what_the_painter_made(self) -> None:
        rgb, points = drawn_face()
        seen = []

        def flat(face: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            seen.append(face.shape)
            return np.full_like(face, 40), np.ones(face.shape[:2], np.float32)

        for seed in range(12):
            made = decoder.repaint(np.random.default_rng(seed), rgb, points, flat)
            core = made.mask > 0.98
            if core.any():
                spread = made.rgb[core].std(0).max()
                self.assertLess(spread, 12, "a flat layer shows no texture of the picture below")
        self.assertTrue({s[0] for s in seen} <= set(decoder.PAINT_SIZES))
        self.assertGreater(len({s[0] for s in seen}), 1)

    def test_smooth_fields_take_one_draw_at_any_size(self) -> None:
        one, two = np.random.default_rng(1), np.random.default_rng(1)
        layers.smooth_field(one, (64, 64), 10, 3)
        layers.smooth_field(two, (200, 220), 50, 3)
        self.assertEqual(one.random(), two.random())


class TheChain(unittest.TestCase):
    def test_the_same_parameters_for_both_classes(self) -> None:
        rgb, points = drawn_face(256)
        for seed in range(8):
            chain = Chain.draw(np.random.default_rng(seed), 32)
            # equal pictures under equal draws stay equal: nothing in the chain knows the class
            a, box_a = chain.apply(np.random.default_rng(9), rgb, points / 256, 224)
            b, box_b = chain.apply(np.random.default_rng(9), rgb.copy(), points / 256, 224)
            np.testing.assert_array_equal(a, b)
            np.testing.assert_array_equal(box_a, box_b)
            self.assertEqual(a.shape, (224, 224, 3))
            self.assertTrue(0 <= a.min() and a.max() <= 255)
            width, height = np.ptp(points, axis=0) / 224
            np.testing.assert_allclose(box_a[2:], [width, height], rtol=1e-5)


class NativeCrop(unittest.TestCase):
    def test_small_faces_are_copied_pixel_by_pixel(self) -> None:
        rng = np.random.default_rng(1)
        frame = rng.integers(0, 256, (300, 400, 3), dtype=np.uint8)
        _, points = drawn_face(200)
        points = points + [83.3, 41.7]
        crop = native_crop(points)
        got = crop_picture(frame, crop, ART_PX)
        x0, y0 = int(crop.cx) - ART_PX // 2, int(crop.cy) - ART_PX // 2
        self.assertEqual(crop.side, ART_PX)
        np.testing.assert_array_equal(got[max(0, -y0):], frame[max(0, y0):y0 + ART_PX, x0:x0 + ART_PX])

    def test_large_faces_are_shrunk_to_fit(self) -> None:
        points = drawn_face(900)[1]
        crop = native_crop(points)
        box = face_in_crop(points, crop)
        self.assertGreater(crop.side, ART_PX)
        self.assertAlmostEqual(float(max(box[2:])), 1 / 1.5, places=5)
        np.testing.assert_allclose(face_box(crop.to_crop(points)), box, rtol=1e-5)


class PoorPictures(unittest.TestCase):
    """synth/poor.py: what a camera out of focus and too little light do to a real face."""

    def test_focus_takes_detail_and_leaves_the_light(self) -> None:
        rgb = np.random.default_rng(1).integers(0, 256, (96, 96, 3), np.uint8)
        out = POOR["defocus"](np.random.default_rng(2))(rgb)
        self.assertLess(out.std(), 0.6 * rgb.std())
        self.assertAlmostEqual(out.mean(), rgb.mean(), delta=1)

    def test_little_light_is_darker_and_noisier_by_one_amount_throughout(self) -> None:
        rgb = np.full((96, 96, 3), 120, np.uint8)
        darker = POOR["low_light"](np.random.default_rng(2))
        first, second = darker(rgb), darker(rgb)
        self.assertLess(first.mean(), 0.75 * rgb.mean())
        self.assertAlmostEqual(first.mean(), second.mean(), delta=0.5)
        self.assertGreater(first.std(), 1.5)
        self.assertFalse(np.array_equal(first, second))


if __name__ == "__main__":
    cv2.setNumThreads(1)
    unittest.main()
