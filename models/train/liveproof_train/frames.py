"""Decoded frames as the service sees them: YUV to RGB by the exact matrix, chroma repeated.

libswscale's fast conversion, which PyAV gives for "rgb24", truncates: every channel is 1 to 1.5 levels too dark and up
to 3 off, which is as large as the residuals that the face-swap net reads. The service converts by the `yuv` crate
(src/decode/file/video.rs); this is the same arithmetic.
"""
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Iterator

import numpy as np

if TYPE_CHECKING:
    import av

# Weights of red and blue in luma by FFmpeg's number of the colour space; others as players guess
LUMA_WEIGHTS = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087),
                9: (0.2627, 0.0593), 10: (0.2627, 0.0593)}
FULL = 2           # FFmpeg's number of the full range
HD_LINES = 720     # from which BT.709 is assumed where nothing is said


def yuv_to_rgb(y: np.ndarray, u: np.ndarray, v: np.ndarray, weights: tuple[float, float], full: bool) -> np.ndarray:
    """[H, W, 3] uint8 from 8-bit planes, chroma at half the size (4:2:0)."""
    height, width = y.shape
    up = [np.repeat(np.repeat(c.astype(np.float32) - 128, 2, 0), 2, 1)[:height, :width] for c in (u, v)]
    scale_y, scale_c = (1.0, 1.0) if full else (255 / 219, 255 / 224)
    luma = (y.astype(np.float32) - (0 if full else 16)) * np.float32(scale_y)
    red, blue = weights
    r = luma + up[1] * np.float32(2 * (1 - red) * scale_c)
    b = luma + up[0] * np.float32(2 * (1 - blue) * scale_c)
    g = (luma - red * r - blue * b) / (1 - red - blue)
    return np.clip(np.rint(np.stack((r, g, b), -1)), 0, 255).astype(np.uint8)


def rgb(frame: av.VideoFrame) -> np.ndarray:
    """[H, W, 3] uint8; formats other than 4:2:0 in 8 bits by libswscale."""
    if frame.format.name not in ("yuv420p", "yuvj420p"):
        return frame.to_ndarray(format="rgb24")
    planes = [np.frombuffer(p, np.uint8).reshape(p.height, p.line_size)[:, :p.width] for p in frame.planes]
    default = LUMA_WEIGHTS[1] if frame.height >= HD_LINES else LUMA_WEIGHTS[5]
    full = int(frame.color_range) == FULL or (frame.format.name == "yuvj420p" and int(frame.color_range) == 0)
    return yuv_to_rgb(*planes, LUMA_WEIGHTS.get(int(frame.colorspace), default), full)


def frames(path: Path) -> Iterator[tuple[float, np.ndarray]]:
    """Seconds and RGB of each frame of a recording."""
    import av

    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield float(frame.time or 0.0), rgb(frame)
