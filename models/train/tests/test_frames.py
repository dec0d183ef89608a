"""YUV to RGB as the service converts it."""
from __future__ import annotations

import unittest

import numpy as np

from liveproof_train.frames import LUMA_WEIGHTS, yuv_to_rgb

BT601, BT709 = LUMA_WEIGHTS[5], LUMA_WEIGHTS[1]


def flat(y: int, u: int, v: int, weights=BT601, full=False) -> list[int]:
    """The one colour of a 3 x 3 picture of these code values."""
    out = yuv_to_rgb(np.full((3, 3), y, np.uint8), np.full((2, 2), u, np.uint8), np.full((2, 2), v, np.uint8), weights, full)
    assert out.shape == (3, 3, 3) and (out == out[0, 0]).all()
    return out[0, 0].tolist()


class Conversion(unittest.TestCase):
    def test_black_white_and_what_lies_beyond_them(self):
        self.assertEqual(flat(16, 128, 128), [0, 0, 0])
        self.assertEqual(flat(235, 128, 128), [255, 255, 255])
        self.assertEqual(flat(0, 128, 128), [0, 0, 0])
        self.assertEqual(flat(100, 128, 128, full=True), [100, 100, 100])

    def test_primaries_of_both_matrices(self):
        # code values of full red: ITU-R BT.601 and BT.709, studio range
        for weights, code in ((BT601, (81, 90, 240)), (BT709, (63, 102, 240))):
            r, g, b = flat(*code, weights)
            self.assertTrue(r >= 253 and g <= 2 and b <= 2, (code, r, g, b))

    def test_nothing_is_cut_off_downwards(self):
        # every gray of the studio range, against the formula rounded to the nearest
        for y in range(16, 236):
            self.assertEqual(flat(y, 128, 128), [round((y - 16) * 255 / 219)] * 3)

    def test_chroma_is_repeated(self):
        u = np.array([[100, 200]], np.uint8)
        out = yuv_to_rgb(np.full((2, 4), 120, np.uint8), u, np.full((1, 2), 128, np.uint8), BT601, False)
        self.assertTrue((out[:, :2] == out[0, 0]).all() and (out[:, 2:] == out[0, 3]).all() and (out[0, 0] != out[0, 3]).any())


if __name__ == "__main__":
    unittest.main()
