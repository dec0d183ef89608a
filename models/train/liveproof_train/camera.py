"""What a camera, its light and a codec do to a scene: on uint8 pictures, for the detector's fit."""
from __future__ import annotations

import cv2
import numpy as np


class Camera:
    """Random light, colour, loss of resolution, motion blur, sensor noise and JPEG."""

    def __init__(self, rng: np.random.Generator):
        self.rng = rng
        # one bank of noise, cut at random places: drawing it anew costs more than the net
        self.bank = rng.standard_normal((512, 640, 3)).astype(np.float32)

    def light(self, rgb: np.ndarray) -> np.ndarray:
        """Gain, cast, contrast, gamma, low light in one table per channel; saturation, greyscale."""
        rng = self.rng
        level = np.linspace(0, 1, 256)[:, None] * rng.uniform(0.7, 1.35) * (1 + 0.25 * (rng.random(3) - 0.5))
        level = (level - 0.45) * rng.uniform(0.6, 1.35) + 0.45 + rng.uniform(-0.12, 0.12)
        if rng.random() < 0.15:
            level = level * rng.uniform(0.1, 0.5)
        level = np.clip(level, 0, 1) ** np.exp(rng.uniform(-0.45, 0.45))
        out = cv2.LUT(rgb, (level * 255).astype(np.uint8)[:, None, :])
        kind = rng.random()
        if kind < 0.6:
            grey = cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
            keep = 0.0 if kind < 0.12 else rng.uniform(0.3, 1.5)
            out = cv2.addWeighted(out, keep, grey, 1 - keep, 0)
        if rng.random() < 0.2:
            h, w = out.shape[:2]
            side = rng.uniform(0.4, 1.2, (2, 2, 1)).astype(np.float32)
            out = np.clip(out * cv2.resize(side, (w, h))[..., None], 0, 255).astype(np.uint8)
        return out

    def optics(self, rgb: np.ndarray) -> np.ndarray:
        """Lower resolution, defocus, motion blur."""
        rng, (h, w) = self.rng, rgb.shape[:2]
        if rng.random() < 0.2:
            scale = rng.uniform(0.35, 0.9)
            small = cv2.resize(rgb, (max(8, int(w * scale)), max(8, int(h * scale))), interpolation=cv2.INTER_AREA)
            rgb = cv2.resize(small, (w, h), interpolation=cv2.INTER_LINEAR)
        if rng.random() < 0.1:
            rgb = cv2.GaussianBlur(rgb, (0, 0), rng.uniform(0.5, 2.2))
        if rng.random() < 0.07:
            kernel = np.zeros((9, 9), np.float32)
            turn, length = rng.uniform(0, np.pi), rng.uniform(1, 4)
            arm = (length * np.cos(turn), length * np.sin(turn))
            cv2.line(kernel, (round(4 - arm[0]), round(4 - arm[1])), (round(4 + arm[0]), round(4 + arm[1])), 1.0)
            rgb = cv2.filter2D(rgb, -1, kernel / kernel.sum())
        return rgb

    def sensor(self, rgb: np.ndarray) -> np.ndarray:
        """Noise, then JPEG."""
        rng, (h, w) = self.rng, rgb.shape[:2]
        if rng.random() < 0.5:
            amount = rng.random() ** 2 * 22
            y, x = int(rng.integers(512 - h)), int(rng.integers(640 - w))
            noisy = rgb + amount * self.bank[y:y + h, x:x + w]
            rgb = np.clip(noisy, 0, 255).astype(np.uint8)
        if rng.random() < 0.15:
            data = cv2.imencode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 90))])[1]
            rgb = cv2.imdecode(data, cv2.IMREAD_COLOR)
        return rgb

    def shoot(self, rgb: np.ndarray) -> np.ndarray:
        """All of it."""
        return self.sensor(self.optics(self.light(rgb)))
