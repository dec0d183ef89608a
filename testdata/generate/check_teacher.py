"""Checks the demo picture against the labelling teacher and the sound against the picture.

Runs in the teacher's environment (models/train/requirements-teacher.txt), needs
espeak-ng and the finished testdata/demo:  python check_teacher.py
Prints the share of frames with a face, the correlation of the teacher's inner-lip
aperture with the drawn one, and the offset of sound against lips by stretch; exits 1
when a limit below is broken.
"""

import json
import sys
from pathlib import Path

import av
import mediapipe
import numpy as np
from scipy.signal import butter, sosfiltfilt

import dialogue
import features
import interview
from generate import SEED
from speech import Espeak

DEMO = Path(__file__).resolve().parent.parent / "demo"
GRID_HZ = 100
MIN_FACES, MIN_CORRELATION, MAX_OFFSET_ERROR_MS = 0.99, 0.90, 20


def lips(path, motion):
    """Time, the teacher's aperture and the drawn aperture, both over the eye distance."""
    mesh = mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=False, min_detection_confidence=0.5)
    rows, total = [], 0
    with av.open(str(path)) as media:
        for frame in media.decode(video=0):
            total += 1
            found = mesh.process(frame.to_ndarray(format="rgb24")).multi_face_landmarks
            if not found:
                continue
            time = float(frame.pts * frame.time_base)
            points = np.array([(p.x * frame.width, p.y * frame.height) for p in found[0].landmark])
            eyes = np.linalg.norm(points[[33, 133]].mean(0) - points[[263, 362]].mean(0))
            opening = motion.at(time)[1].opening * features.APERTURE_PX / 100
            rows.append((time, np.linalg.norm(points[14] - points[13]) / eyes, opening))
    return np.array(rows), len(rows) / total


def level(path):
    """Root of the 10 ms RMS of the first audio stream: a plain loudness."""
    with av.open(str(path)) as media:
        sound = np.concatenate([block.to_ndarray().mean(0) for block in media.decode(audio=0)])
    hop = 48_000 // GRID_HZ
    power = (sound[: len(sound) // hop * hop].reshape(-1, hop) ** 2).mean(1)
    return np.sqrt(np.sqrt(power) + 1e-3)


def offset_ms(aperture, loudness, from_s, to_s):
    """Lag of loudness behind aperture with the highest correlation, and that correlation."""
    lo, hi, reach = int(from_s * GRID_HZ) + 60, int(to_s * GRID_HZ) - 60, 50
    hi = min(hi, len(loudness) - reach, len(aperture))
    shifts = range(-reach, reach + 1)
    scores = [np.corrcoef(aperture[lo:hi], loudness[lo + k : hi + k])[0, 1] for k in shifts]
    best = int(np.argmax(scores))
    return (best - reach) * 1000 // GRID_HZ, scores[best]


def main():
    truth = json.loads((DEMO / "interview.truth.json").read_text())
    timeline = dialogue.build(Espeak(), SEED)
    motion = interview.perform(timeline, np.random.default_rng(SEED + 1))
    rows, share = lips(DEMO / "interview.mp4", motion)
    correlation = np.corrcoef(rows[:, 1], rows[:, 2])[0, 1]
    print(f"faces in {share:.2%} of frames; aperture correlation {correlation:.3f}")
    print(f"teacher aperture / eye distance: sd {rows[:, 1].std():.3f}, p95 {np.percentile(rows[:, 1], 95):.3f}")
    band = butter(2, [1, 8], "band", fs=GRID_HZ, output="sos")
    loudness = level(DEMO / "interview.mp4")
    grid = np.arange(len(loudness)) / GRID_HZ
    aperture = sosfiltfilt(band, np.interp(grid, rows[:, 0], rows[:, 1]))
    loudness = sosfiltfilt(band, loudness)
    late = truth["late_stretch"]
    begin, end, whole = late["from_us"] / 1e6, late["to_us"] / 1e6, truth["duration_us"] / 1e6
    good = share >= MIN_FACES and correlation >= MIN_CORRELATION
    for name, lo, hi, want in (("before", 0, begin, 0), ("late", begin, end, late["offset_ms"]), ("after", end, whole, 0)):
        got, peak = offset_ms(aperture, loudness, lo, hi)
        print(f"{name}: offset {got} ms (made: {want}), correlation {peak:.2f}")
        good &= abs(got - want) <= MAX_OFFSET_ERROR_MS
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
