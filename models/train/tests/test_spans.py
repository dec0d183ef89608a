"""Spans that are forged and coded: cut around the face, on even pixels; codecs by their settings; stills in a hand."""
from __future__ import annotations

import unittest

import numpy as np

from liveproof_train.spans import LEAD_S, STILL_FRAMES, held_still, starts, windowed
from liveproof_train.synth.codecs import LEAST_FACE_PX, Codec

POINTS = np.stack(np.meshgrid(np.linspace(300, 400, 12), np.linspace(201, 321, 8)), -1).reshape(-1, 2)


class Spans(unittest.TestCase):
    def test_segments_lie_within_the_clip_and_a_short_clip_is_one(self) -> None:
        self.assertEqual(starts(2.0), [0.0])
        for duration_s, count in ((5.0, 1), (40.0, 2)):
            begins = starts(duration_s)
            self.assertEqual(len(begins), count)
            self.assertTrue(all(0 <= b and b + LEAD_S + 3.0 <= duration_s for b in begins))

    def test_the_window_is_even_lies_in_the_picture_and_points_move_with_it(self) -> None:
        rng = np.random.default_rng(1)
        frames = [rng.integers(0, 256, (481, 641, 3)).astype(np.uint8) for _ in range(4)]
        span = windowed([0.0, 0.1, 0.2, 0.3], frames, [POINTS, POINTS + 3, None, POINTS])
        height, width = span.rgb[0].shape[:2]
        self.assertTrue(height % 2 == width % 2 == 0 and height <= 481 and width <= 641)
        corner = (POINTS - span.points[0])[0].astype(int)
        self.assertTrue(np.array_equal(span.rgb[0], frames[0][corner[1]:corner[1] + height, corner[0]:corner[0] + width]))
        self.assertIsNone(span.points[2])
        self.assertTrue(all((p > 0).all() and (p < [width, height]).all() for p in span.points if p is not None))

    def test_a_span_without_a_face_in_most_frames_is_none(self) -> None:
        frames = [np.zeros((480, 640, 3), np.uint8)] * 4
        self.assertIsNone(windowed([0.0, 0.1, 0.2, 0.3], frames, [POINTS, None, None, POINTS]))

    def test_a_held_still_moves_by_whole_pixels_so_that_nothing_is_smoothed(self) -> None:
        rgb = np.random.default_rng(2).integers(0, 256, (64, 64, 3)).astype(np.uint8)
        frames = held_still(np.random.default_rng(3), rgb, 0.0)
        self.assertEqual(len(frames), STILL_FRAMES)
        for frame in frames:
            self.assertTrue(any(np.array_equal(frame[8:-8, 8:-8], np.roll(rgb, (dy, dx), (0, 1))[8:-8, 8:-8])
                                for dy in range(-5, 6) for dx in range(-5, 6)))


class Codecs(unittest.TestCase):
    def test_no_draw_makes_a_face_smaller_than_is_looked_at(self) -> None:
        rng = np.random.default_rng(4)
        for face_px in (60.0, 100.0, 300.0):
            for codec in (Codec.draw(rng, face_px) for _ in range(50)):
                self.assertGreaterEqual(codec.scale * face_px, min(face_px, LEAST_FACE_PX) - 1e-6)
                self.assertLessEqual(codec.scale, 1.0)

    def test_the_rate_follows_the_size_and_quality_has_none(self) -> None:
        name, options, bits = Codec("call", bits=0.1).options((640, 360), 30.0)
        self.assertEqual((name, options["tune"], bits), ("libx264", "zerolatency", 691_200))
        name, options, bits = Codec("file", crf=27).options((640, 360), 30.0)
        self.assertEqual((name, options["crf"], bits), ("libx264", "27", 0))
        with self.assertRaisesRegex(ValueError, "found|expected"):
            Codec("hevc").options((2, 2), 25.0)


if __name__ == "__main__":
    unittest.main()
