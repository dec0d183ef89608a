"""The loop that one would write in Python for the same measurements: OpenCV and ONNX Runtime, this project's own nets.

    python benches/peers/loop.py CLIP [--every-frame] [--models models]

Detector at 1 Hz, landmarks on every picture up to 25 a second and on every second one at 30, face-swap net four times a
second, voice activity on the sound: the service's rates; pictures that nothing looks at are not converted. With --every-frame
the three picture nets on every picture. One thread for each net and for the decoder. Prints one line of JSON: seconds of media, of processor time and of wall time, pictures, and the landmarks of a few pictures, so that
`compare.py` can check that both sides looked at the same face.
"""
from __future__ import annotations

import os

os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "threads;1")
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import argparse
import json
import pathlib
import resource
import time

import av
import cv2
import numpy as np
import onnxruntime as ort

# Of lmk-1's 96 points: the two eyes' contours.
EYES = (slice(40, 48), slice(48, 56))
STRIDED = 25  # of every so many looks the landmarks are printed
LEAST_LOOKS_PER_S = 15


def session(models: pathlib.Path, name: str) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(str(models / f"{name}.onnx"), options, providers=["CPUExecutionProvider"])


def blob(rgb: np.ndarray) -> np.ndarray:
    """Packed RGB [H, W, 3] as [1, 3, H, W], -1 to 1."""
    return np.ascontiguousarray(rgb.transpose(2, 0, 1)[None], np.float32) / 127.5 - 1.0


def detect(net: ort.InferenceSession, rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Box and eyes of the best face, picture pixels."""
    height, width = rgb.shape[:2]
    scale = max(width / 320, height / 192)
    canvas = np.zeros((192, 320, 3), np.uint8)
    small = cv2.resize(rgb, (round(width / scale), round(height / scale)), interpolation=cv2.INTER_AREA)
    canvas[: small.shape[0], : small.shape[1]] = small
    scores, boxes, points = net.run(["scores", "boxes", "points"], {"image": blob(canvas)})
    best = int(np.argmax(scores[0]))
    if scores[0, best] < 0.65:
        return None
    return boxes[0, best] * scale, points[0, best, :4].reshape(2, 2) * scale


def landmarks(net: ort.InferenceSession, rgb: np.ndarray, crop: tuple) -> tuple[np.ndarray, float]:
    """96 points in picture pixels, and the probability of a face; crop is centre x, y, side, roll."""
    cx, cy, side, roll = crop
    k, s, c = side / 112, np.sin(roll), np.cos(roll)
    half = 55.5
    matrix = np.array(
        [[k * c, -k * s, cx - 0.5 - k * (c - s) * half], [k * s, k * c, cy - 0.5 - k * (s + c) * half]]
    )
    patch = cv2.warpAffine(rgb, matrix, (112, 112), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    points, face = net.run(["points", "face"], {"image": blob(patch)})
    local = (points.reshape(96, 2) - 0.5) * side
    turned = local @ np.array([[c, s], [-s, c]])
    return turned + (cx, cy), float(face.ravel()[0])


def crop_of(points: np.ndarray) -> tuple:
    """The crop that the next picture's landmarks are looked for in."""
    left, right = (points[eye].mean(axis=0) for eye in EYES)
    roll = np.arctan2(*(right - left)[::-1])
    s, c = np.sin(roll), np.cos(roll)
    level = points @ np.array([[c, -s], [s, c]])
    low, high = level.min(axis=0), level.max(axis=0)
    middle = (low + high) / 2 @ np.array([[c, s], [-s, c]])
    return (*middle, 1.4 * (high - low).max(), roll)


def face_swap(net: ort.InferenceSession, rgb: np.ndarray, points: np.ndarray) -> float:
    """The face-swap net's score of one picture."""
    low, high = points.min(axis=0), points.max(axis=0)
    cx, cy = np.floor((low + high) / 2 + 0.5)
    side = max(224.0, 1.5 * (high - low).max())
    k = side / 224
    matrix = np.array([[k, 0, cx - side / 2 + 0.5 * k - 0.5], [0, k, cy - side / 2 + 0.5 * k - 0.5]])
    patch = cv2.warpAffine(rgb, matrix, (224, 224), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    place = np.array([[*(((low + high) / 2 - (cx, cy)) / side + 0.5), *((high - low) / side)]], np.float32)
    return float(net.run(["logit"], {"image": blob(patch), "face": place})[0].ravel()[0])


def mel_rows(samples: np.ndarray) -> np.ndarray:
    """Log-mel rows of 10 ms of 16 kHz sound, as models/train/README.md defines them."""
    to_mel = lambda hz: 2595.0 * np.log10(1.0 + hz / 700.0)
    corners = 700.0 * (10.0 ** (np.linspace(to_mel(60.0), to_mel(7_600.0), 42) / 2595.0) - 1.0)
    bins = np.arange(257) * 31.25
    rise = (bins - corners[:-2, None]) / np.diff(corners)[:-1, None]
    fall = (corners[2:, None] - bins) / np.diff(corners)[1:, None]
    bank = np.maximum(0.0, np.minimum(rise, fall))
    bank /= bank.sum(axis=1, keepdims=True)
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(400) / 400)
    count = len(samples) // 160
    padded = np.concatenate([np.zeros(120), samples, np.zeros(400)])
    frames = np.lib.stride_tricks.sliding_window_view(padded, 400)[::160][:count] * window
    power = np.abs(np.fft.rfft(frames, 512, axis=1)) ** 2 / np.sum(window**2)
    return ((np.log(power @ bank.T + 1e-9) + 12.0) / 4.0).astype(np.float32)


def speech_share(net: ort.InferenceSession, clip: str) -> float | None:
    """Share of the sound in which somebody speaks."""
    with av.open(clip) as container:
        if not container.streams.audio:
            return None
        resampler = av.AudioResampler("flt", "mono", 16_000)
        parts = [f.to_ndarray()[0] for p in container.decode(audio=0) for f in resampler.resample(p)]
    rows = mel_rows(np.concatenate(parts))
    spoken = [
        net.run(["speech"], {"logmel": rows[max(0, at - 121) : at + 83][None, None]})[0][0][min(121, at) :][:50]
        for at in range(0, len(rows), 50)
    ]
    return float(np.mean(np.concatenate(spoken) > 0.5))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip")
    parser.add_argument("--every-frame", action="store_true")
    parser.add_argument("--models", type=pathlib.Path, default=pathlib.Path("models"))
    args = parser.parse_args()
    cv2.setNumThreads(1)
    det, lmk, swap, vad = (session(args.models, n) for n in ("det-1", "lmk-1", "artifact-1", "vad-1"))
    began, used = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
    video = cv2.VideoCapture(args.clip, cv2.CAP_FFMPEG)
    crop, came, taken, looked, swapped, count, seen, shown, scores, last = None, None, -1e9, -1e9, -1e9, 0, 0, {}, [], 0.0
    while True:
        if not video.grab():
            break
        now = video.get(cv2.CAP_PROP_POS_MSEC) / 1e3
        count += 1
        before, came = came, now
        if not args.every_frame and before is not None and 2 * now - before - taken <= 1.03 / LEAST_LOOKS_PER_S:
            continue
        taken = now
        ok, bgr = video.retrieve()
        if not ok:
            break
        rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        if args.every_frame or crop is None or now - looked >= 1.0:
            looked = now
            found = detect(det, rgb)
            if crop is None and found is not None:
                box, ((lx, ly), (rx, ry)) = found
                side = 1.4 * max(box[2] - box[0], box[3] - box[1])
                crop = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, side, np.arctan2(ry - ly, rx - lx))
        if crop is not None:
            points, face = landmarks(lmk, rgb, crop)
            crop = crop_of(points) if face >= 0.5 else None
            if crop is not None and (args.every_frame or now - swapped >= 0.25):
                swapped = now
                scores.append(face_swap(swap, rgb, points))
            if crop is not None and seen % STRIDED == 0:
                shown[f"{now:.3f}"] = np.round(points, 2).tolist()
        seen, last = seen + 1, now
    fps = video.get(cv2.CAP_PROP_FPS) or 25.0
    share = speech_share(vad, args.clip)
    end = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "media_s": last + 1.0 / fps,
                "cpu_s": end.ru_utime + end.ru_stime - used.ru_utime - used.ru_stime,
                "wall_s": time.monotonic() - began,
                "pictures": count,
                "looked_at": seen,
                "looked_at_by_face_swap": len(scores),
                "speech_share": share,
                "landmarks": shown,
            }
        )
    )


if __name__ == "__main__":
    main()
