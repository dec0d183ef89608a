"""A forged clip: confined to the mask in every frame, the same for the same seed, with lag, holds and drop-outs."""
from __future__ import annotations

import unittest
from dataclasses import replace

import numpy as np

from liveproof_train.synth import forge, layers
from liveproof_train.synth.temporal import Behaviour, ClipForger, window_of

from .test_synth import drawn_face

FPS = 30.0


def flat(rng: np.random.Generator, rgb: np.ndarray, points: np.ndarray) -> layers.Forgery:
    """A grey disc over the face, so that its place can be read off."""
    y, x = np.mgrid[0:rgb.shape[0], 0:rgb.shape[1]]
    centre = points.mean(0)
    disc = (np.square(x - centre[0]) + np.square(y - centre[1]) < 30 ** 2).astype(np.float32)
    return layers.blend(rgb, np.full_like(rgb, 200), disc)


def moving_clip(frames: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """A drawn face that goes 2 px to the right per frame."""
    rgb, points = drawn_face(224)
    wide = np.pad(rgb, ((40, 60), (60, 200), (0, 0)), mode="reflect")
    return [(np.roll(wide, 2 * i, 1), points + [60 + 2 * i, 40]) for i in range(frames)]


class Clips(unittest.TestCase):
    def test_outside_its_mask_no_pixel_changes(self) -> None:
        for name in ("self_blended", "realtime_paste", "mouth_only", "head_warp"):
            forger, changed = ClipForger(forge.FAMILIES[name], 3, pin=forge.PINS.get(name)), 0
            for i, (rgb, points) in enumerate(moving_clip(8)):
                out, mask = forger(i / FPS, rgb, points)
                apart = np.abs(out.astype(int) - rgb).max(-1)
                self.assertEqual(apart[mask == 0].max(initial=0), 0, name)
                changed += apart.max() > 0
            self.assertGreater(changed, 3, name)

    def test_the_same_seed_gives_the_same_clip(self) -> None:
        def run(seed: int) -> np.ndarray:
            forger = ClipForger(forge.FAMILIES["realtime_paste"], seed)
            return np.stack([forger(i / FPS, *frame)[0] for i, frame in enumerate(moving_clip(5))])

        np.testing.assert_array_equal(run(1), run(1))
        self.assertTrue((run(1) != run(2)).any())

    def test_lagging_landmarks_paste_where_the_face_was(self) -> None:
        for lag in (0, 3):
            forger, away = ClipForger(flat, 1, replace(Behaviour.still(), lag=lag)), []
            for i, (rgb, points) in enumerate(moving_clip(8)):
                _, mask = forger(i / FPS, rgb, points)
                away.append(points.mean(0)[0] - np.nonzero(mask)[1].mean())
            self.assertAlmostEqual(float(np.mean(away[4:])), 2.0 * lag, delta=0.6)

    def test_a_slow_swap_keeps_its_face_between_paints(self) -> None:
        forger, places = ClipForger(flat, 1, replace(Behaviour.still(), swap_fps=10.0)), []
        for i, (rgb, points) in enumerate(moving_clip(12)):
            _, mask = forger(i / FPS, rgb, points)
            places.append(round(float(np.nonzero(mask)[1].mean()), 1))
        self.assertEqual(forger.counts["painted"], 4)
        self.assertEqual(len(set(places)), 4)

    def test_drop_outs_show_the_own_face_in_short_bursts(self) -> None:
        forger, gone = ClipForger(flat, 5, replace(Behaviour.still(), drop_p=0.1)), []
        rgb, points = moving_clip(1)[0]
        for i in range(300):
            out, mask = forger(i / FPS, rgb, points)
            gone.append(mask.max() == 0)
            if gone[-1]:
                np.testing.assert_array_equal(out, rgb)
        self.assertTrue(0.1 < np.mean(gone) < 0.45, np.mean(gone))
        self.assertEqual(forger.counts["dropped"], int(np.sum(gone)))

    def test_without_a_face_nothing_is_pasted(self) -> None:
        forger = ClipForger(flat, 1, Behaviour.still())
        rgb, points = moving_clip(1)[0]
        forger(0.0, rgb, points)
        out, mask = forger(1 / FPS, rgb, None)
        np.testing.assert_array_equal(out, rgb)
        self.assertEqual(mask.max(), 0)

    def test_flicker_moves_the_colours_of_the_layer_alone(self) -> None:
        forger, levels = ClipForger(flat, 2, replace(Behaviour.still(), flicker=3.0)), []
        rgb, points = moving_clip(1)[0]
        for i in range(60):
            out, mask = forger(i / FPS, rgb, points)
            levels.append(float(out[mask > 0].mean()))
        self.assertTrue(1.0 < np.std(levels) < 4.0, np.std(levels))

    def test_windows_stay_inside_the_picture(self) -> None:
        rows, columns = window_of(np.array([[-20.0, 5.0], [10.0, 60.0]]), 100, (120, 80))
        self.assertEqual((rows, columns), (slice(0, 100), slice(0, 80)))


if __name__ == "__main__":
    unittest.main()
