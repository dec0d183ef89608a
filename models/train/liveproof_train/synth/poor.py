"""Poor pictures of real faces: out of focus, and in too little light. A picture stays real, whatever it lost.

A camera out of focus and noise in the dark change the same fine structure as a face that was repainted. What a read-out is
to leave alone it has to be shown.
"""
from __future__ import annotations

from typing import Callable

import cv2
import numpy as np

Change = Callable[[np.ndarray], np.ndarray]
READ_NOISE, SHOT_NOISE = 1.5, 0.06     # grey levels; variance per grey level of full light: a webcam's, about


def defocus(rng: np.random.Generator) -> Change:
    """Out of focus by one amount throughout."""
    sigma = rng.uniform(0.6, 2.2)
    return lambda rgb: cv2.GaussianBlur(rgb, (0, 0), sigma)


def low_light(rng: np.random.Generator) -> Change:
    """A share of the light, with the noise that a sensor adds; the camera does not lift it again."""
    gain = rng.uniform(0.22, 0.7)

    def darker(rgb: np.ndarray) -> np.ndarray:
        signal = gain * rgb.astype(np.float32)
        noise = np.sqrt(READ_NOISE ** 2 + SHOT_NOISE * signal) * rng.standard_normal(rgb.shape, np.float32)
        return np.clip(np.rint(signal + noise), 0, 255).astype(np.uint8)

    return darker


POOR = {"defocus": defocus, "low_light": low_light}
