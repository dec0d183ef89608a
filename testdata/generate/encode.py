"""Encoding through the ffmpeg command line, with settings that give the same bytes every time."""

import subprocess

import numpy as np

EXACT = ["-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"]


def ffmpeg(*arguments):
    """Runs ffmpeg quietly; raises with its message when it fails."""
    command = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-y", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")


class VideoPipe:
    """Feeds RGB frames at a constant rate to one ffmpeg process.

    `inputs` are further input arguments, `outputs` all output arguments with the path.
    """

    def __init__(self, width, height, rate, inputs, outputs):
        command = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-y"]
        command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(rate), "-i", "-"]
        command += [*map(str, inputs), *EXACT, *map(str, outputs)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE)

    def write(self, frame):
        self._process.stdin.write(np.ascontiguousarray(frame, np.uint8).tobytes())

    def close(self):
        self._process.stdin.close()
        if self._process.wait():
            raise RuntimeError("ffmpeg failed; its message is above")


X264 = ["-c:v", "libx264", "-preset", "slow", "-threads", "2", "-pix_fmt", "yuv420p",
        "-profile:v", "high", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709",
        "-vf", "scale=out_color_matrix=bt709:out_range=tv"]  # fmt: skip
