"""Series of the talking clips for the lip-sync fit: landmarks, mouth patches and sound.

    python -m liveproof_train.lip_sync_pack                         # landmarks of our own net
    python -m liveproof_train.lip_sync_pack --landmarks teacher  # of the teacher

Writes one npz per `talk_av` clip of the splits train and val under the cache. A recording that
the media hold twice is taken once. Times are the pictures' and the sound's own timestamps.
"""
from __future__ import annotations

import argparse
from pathlib import Path

import av
import numpy as np

from .manifest import sha256_of
from .mesh import POINTS_96, SLICES, eye_centres
from .paths import MODELS_DIR, cache_dir, data_dir, manifest_rows
from .preprocess import LMK_PX, Crop, crop_from_points, crop_picture, normalise

TWICE = {"talk/edtalk_obama.mp4"}  # the first 20 s of talk/lia_obama.mov
PATCH_W, PATCH_H, PATCH_IOD = 64, 48, 1.6
RATE_HZ = 16_000


def mouth_patch(rgb: np.ndarray, points: np.ndarray) -> np.ndarray:
    """[48, 64] gray, 1.6 eye distances wide, upright, centred on the outer lip contour."""
    left, right = eye_centres(points)
    axis = right - left
    centre = points[SLICES["lips_outer"]].mean(0)
    crop = Crop(float(centre[0]), float(centre[1]), float(PATCH_IOD * np.hypot(*axis)),
                float(np.arctan2(axis[1], axis[0])))
    square = crop_picture(rgb, crop, PATCH_W)
    top = (PATCH_W - PATCH_H) // 2
    gray = square[top:top + PATCH_H] @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.clip(np.round(gray), 0, 255).astype(np.uint8)


def sound(path) -> tuple[np.ndarray, float]:
    """Mono samples at 16 kHz and the time of the first one in seconds."""
    parts, start = [], 0.0
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
        for number, frame in enumerate(container.decode(audio=0)):
            if number == 0:
                start = float(frame.time or 0.0)
            parts += [f.to_ndarray()[0] for f in resampler.resample(frame)]
        parts += [f.to_ndarray()[0] for f in resampler.resample(None)]
    return np.concatenate(parts).astype(np.float32), start


class Net:
    """Landmarks of our own net on the crop around the teacher's points of the same picture."""

    def __init__(self, model_id: str):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(MODELS_DIR / f"{model_id}.onnx"), options)
        self.input = self.session.get_inputs()[0].name

    def points(self, rgb: np.ndarray, around: np.ndarray) -> np.ndarray:
        """[96, 2] in frame pixels."""
        crop = crop_from_points(around)
        found = self.session.run(None, {self.input: normalise(crop_picture(rgb, crop, LMK_PX))[None]})
        return crop.to_frame(np.asarray(found[0]).reshape(96, 2))


def pack(row: dict[str, str], model_id: str | None) -> dict[str, np.ndarray]:
    """Arrays of one clip; pictures without a face are left out."""
    path = data_dir() / row["path"]
    with np.load(cache_dir("labels", "clips") / (row["path"].replace("/", "__") + ".npz")) as labels:
        mesh, times = labels["mesh"][:, POINTS_96, :2], labels["time_s"]
    net = Net(model_id) if model_id else None
    kept, points, patches = [], [], []
    previous = None
    with av.open(str(path)) as container:
        container.streams.video[0].thread_count = 1
        for number, frame in enumerate(container.decode(video=0)):
            if not np.isfinite(mesh[number]).all():
                previous = None
                continue
            rgb, found = frame.to_ndarray(format="rgb24"), mesh[number]
            if net:
                found = net.points(rgb, previous if previous is not None else found)
                previous = found
            kept.append(number)
            points.append(found)
            patches.append(mouth_patch(rgb, found))
    samples, start = sound(path)
    return {"time_s": times[kept], "points": np.array(points, np.float32), "patches": np.array(patches),
            "samples": samples, "sound_start_s": np.array(start), "identity": np.array(row["identity"]),
            "path": np.array(row["path"])}


def folder(landmarks: str) -> Path:
    """Where the series of one source of landmarks lie; a retrained net has a folder of its own."""
    mark = "" if landmarks == "teacher" else "-" + sha256_of(MODELS_DIR / f"{landmarks}.onnx")[:8]
    return cache_dir("lip_sync", landmarks + mark)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--landmarks", default="lmk-1", help="teacher, or the id of a net in models/")
    landmarks = parser.parse_args().landmarks
    for row in manifest_rows({"train", "val"}, {"talk_av"}):
        out = folder(landmarks) / (row["path"].replace("/", "__") + ".npz")
        if row["path"] in TWICE or out.exists():
            continue
        arrays = pack(row, None if landmarks == "teacher" else landmarks)
        part = out.with_suffix(".part.npz")
        np.savez_compressed(part, **arrays)
        part.rename(out)
        print(f"{row['path']}: {len(arrays['time_s'])} pictures, {len(arrays['samples']) / RATE_HZ:.1f} s of sound")


if __name__ == "__main__":
    main()
