"""Real video codecs, in memory: frames in, frames out as a service decodes them. Both classes go through the same one.

Rates are in bits per pixel and frame, because what is coded is often a window of the picture: a call of 640 x 360 at
30 a second and 300 to 1,000 kb/s has 0.04 to 0.15.
"""
from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction

import cv2
import numpy as np

from ..frames import rgb as rgb_of

CRF, BITS_PER_PIXEL = (20, 31), (0.04, 0.15)
SCALES, SCALED = (0.6, 1.0), 0.4      # a call may send less than the camera has; how often it does
LEAST_FACE_PX = 80.0                  # no call is made so small that the service would not look


@dataclass(frozen=True)
class Codec:
    """One encoder with its setting, and the size at which it is fed."""

    name: str            # file (x264 by quality), call (x264 for live calls, by rate), vp8 (by rate)
    scale: float = 1.0
    crf: int = 23
    bits: float = 0.1    # per pixel and frame, where the rate rules

    @staticmethod
    def draw(rng: np.random.Generator, face_px: float) -> "Codec":
        scale = rng.uniform(*SCALES) if rng.random() < SCALED else 1.0
        name = str(rng.choice(["file", "call", "vp8"], p=[0.5, 0.25, 0.25]))
        return Codec(name, min(1.0, max(scale, LEAST_FACE_PX / max(1.0, face_px))), int(rng.integers(*CRF)), float(np.exp(rng.uniform(*np.log(BITS_PER_PIXEL)))))

    def about(self) -> dict:
        return asdict(self)

    def options(self, size: tuple[int, int], rate: float) -> tuple[str, dict[str, str], int]:
        """libav's name of the encoder, its options, and the rate in bits a second (0: by quality)."""
        bits = int(self.bits * size[0] * size[1] * rate)
        one = {"threads": "1"}
        if self.name == "file":
            return "libx264", {**one, "preset": "faster", "crf": str(self.crf), "x264-params": "mbtree=0"}, 0
        if self.name == "call":
            return "libx264", {**one, "preset": "veryfast", "tune": "zerolatency", "maxrate": str(bits), "bufsize": str(bits)}, bits
        if self.name == "vp8":
            return "libvpx", {**one, "deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "error-resilient": "1"}, bits
        raise ValueError(f"codec {self.name!r}: expected file, call or vp8")

    def shown(self, frames: list[np.ndarray], rate: float) -> list[np.ndarray]:
        """The frames after this codec, RGB as the service converts it; as many as went in."""
        import av

        height, width = (max(16, round(n * self.scale / 2) * 2) for n in frames[0].shape[:2])
        encoder, options, bits = self.options((width, height), rate)
        out = av.CodecContext.create(encoder, "w")
        out.width, out.height, out.pix_fmt = width, height, "yuv420p"
        out.framerate = Fraction(rate).limit_denominator(1001)
        out.time_base = 1 / out.framerate
        out.options = options
        if bits:
            out.bit_rate = bits
        back = av.CodecContext.create("vp8" if encoder == "libvpx" else "h264", "r")
        back.thread_count = 1
        packets, decoded = [], []
        for i, picture in enumerate(frames):
            if picture.shape[:2] != (height, width):
                picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts = i
            packets += out.encode(frame)
        packets += out.encode(None)
        for packet in packets:
            decoded += back.decode(packet)
        decoded += back.decode(None)
        if len(decoded) != len(frames):
            raise RuntimeError(f"{encoder}: {len(frames)} frames went in, {len(decoded)} came out")
        return [rgb_of(f) for f in decoded]
