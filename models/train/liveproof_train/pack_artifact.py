"""Packs native-resolution face crops for the artifact net, one file per clip and piece.

Every clip runs through the product's own detector and landmark net (serving.py). At RATE_HZ the
crop of native.py is kept, PACK_PX wide so that the fit can move its ART_PX window, together with
the next frame in the same window (for differences in time). Pieces stay below 50 MB, and a clip
that is packed already is left alone.

    python -m liveproof_train.pack_artifact
"""
from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from .frames import frames
from .native import ART_PX, ART_SCALE, native_crop
from .paths import cache_dir, data_dir, manifest_rows
from .preprocess import crop_picture
from .serving import Detector, Landmarks, Tracker

PACK_PX = 256
RATE_HZ = 5.0
PIECE = 120  # samples of 2 x 256 x 256 x 3 bytes: 47 MB
MOST = 160   # samples of one clip
REAL_KINDS = {"talk_av", "talk_av_loose", "talk_silent", "portrait_silent", "clip_hand"}


def pack_clip(path: Path, nets: tuple[Detector, Landmarks], rate_hz: float) -> dict[str, np.ndarray]:
    """Samples of a clip: `rgb` [n, 2, PACK_PX, PACK_PX, 3], `points` [n, 96, 2] in 0..1 of the crop,
    `scale` (frame pixels per crop pixel), `time_s`, `pose`."""
    tracker = Tracker(*nets)
    kept: dict[str, list] = {"rgb": [], "points": [], "scale": [], "time_s": [], "pose": []}
    due, open_crop = -1.0, None
    for at, rgb in frames(path):
        if open_crop is not None:
            kept["rgb"][-1].append(np.rint(crop_picture(rgb, open_crop, PACK_PX)).astype(np.uint8))
            open_crop = None
        marks = tracker(rgb)
        if marks is None or at < due or len(kept["rgb"]) >= MOST:
            continue
        due = max(due, at - 0.5 / rate_hz) + 1 / rate_hz
        inner = native_crop(marks.points, ART_PX, ART_SCALE)
        # the same pixels, with a margin: the window of ART_PX inside is exactly `inner`
        open_crop = type(inner)(inner.cx, inner.cy, inner.side * PACK_PX / ART_PX, 0.0)
        kept["rgb"].append([np.rint(crop_picture(rgb, open_crop, PACK_PX)).astype(np.uint8)])
        kept["points"].append(open_crop.to_crop(marks.points).astype(np.float32))
        kept["scale"].append(inner.side / ART_PX)
        kept["time_s"].append(at)
        kept["pose"].append(marks.pose)
    whole = [i for i, pair in enumerate(kept["rgb"]) if len(pair) == 2]
    shape = (0, 2, PACK_PX, PACK_PX, 3)
    return {"rgb": np.array([kept["rgb"][i] for i in whole], np.uint8).reshape(-1, *shape[1:]),
            **{k: np.array([kept[k][i] for i in whole], np.float32) for k in kept if k != "rgb"}}


def main() -> None:
    folder = cache_dir("packs", "artifact")
    rows = manifest_rows({"pairs"}) + manifest_rows({"train", "val"}, REAL_KINDS)
    nets = (Detector(), Landmarks())
    index = []
    for row in rows:
        name = row["path"].replace("/", "__").rsplit(".", 1)[0]
        about = folder / f"{name}.json"
        if not about.exists():
            pack = pack_clip(data_dir() / row["path"], nets, RATE_HZ)
            n = len(pack["time_s"])
            pieces = range(0, n, PIECE)
            for i in pieces:
                part = {k: v[i:i + PIECE] for k, v in pack.items()}
                np.save(folder / f"{name}.{i // PIECE}.rgb.npy", part.pop("rgb"))
                np.savez(folder / f"{name}.{i // PIECE}.npz", **part)
            face_px = np.ptp(pack["points"], axis=1).max(-1) * PACK_PX * pack["scale"] if n else np.zeros(0)
            about.write_text(json.dumps({
                "name": name, "samples": n, "pieces": len(pieces),
                "face_px": round(float(np.median(face_px)), 1) if n else 0.0,
                **{k: row[k] for k in ("path", "split", "kind", "label", "identity", "pair", "fold", "sha256")}}))
            print(f"{name}: {n} samples, face {np.median(face_px) if n else 0:.0f} px", flush=True)
        index.append(json.loads(about.read_text()))
    (folder / "index.json").write_text(json.dumps(index, indent=0))
    print(f"{len(index)} clips, {sum(r['samples'] for r in index)} samples")


if __name__ == "__main__":
    main()
