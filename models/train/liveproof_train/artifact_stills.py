"""Region statistics of real stills: thousands of people, where the clips show a few dozen.

Each still is seen as it is and through random chains (batches_artifact.Chain), which stand for the camera and the
codec that it never went through. Only what differs between people of one source is used of them
(artifact_discriminant.py): the sources' own sizes and codecs are not.

    python -m liveproof_train.artifact_stills
"""
from __future__ import annotations

import argparse
import zlib

import cv2
import numpy as np

from .artifact_features import Extractor
from .batches_artifact import Chain, Clip, centred
from .native import ART_PX, ART_SCALE, native_crop
from .pack_artifact import PACK_PX
from .paths import cache_dir, data_dir, manifest_rows
from .preprocess import crop_picture
from .serving import Detector, Landmarks, Tracker

PER_SOURCE = 700   # train stills of a source (folder)
CHAINS = 2


def still_clip(path, nets: tuple[Detector, Landmarks], about: dict) -> Clip | None:
    """A still as a clip of one sample, or None where no face is taken up."""
    bgr = cv2.imread(str(path))
    if bgr is None:
        return None
    rgb = np.ascontiguousarray(bgr[..., ::-1])
    marks = Tracker(*nets)(rgb)
    if marks is None:
        return None
    inner = native_crop(marks.points, ART_PX, ART_SCALE)
    outer = type(inner)(inner.cx, inner.cy, inner.side * PACK_PX / ART_PX, 0.0)
    picture = np.rint(crop_picture(rgb, outer, PACK_PX)).astype(np.uint8)
    face_px = float(np.ptp(marks.points, axis=0).max())
    return Clip({**about, "face_px": face_px}, [picture[None, None]], outer.to_crop(marks.points).astype(np.float32)[None],
                np.array([inner.side / ART_PX]), np.zeros(1), np.zeros(1, int))


def train_rows(most: int) -> list[dict]:
    """Train stills, at most so many of a source, drawn by the names' checksums."""
    out: list[dict] = []
    by_source: dict[str, list[dict]] = {}
    for row in manifest_rows({"train"}, {"still_face"}):
        by_source.setdefault(row["path"].split("/")[1], []).append(row)
    for rows in by_source.values():
        rows.sort(key=lambda r: zlib.crc32(r["path"].encode()))
        out += rows[:most]
    return out


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    nets, extract = (Detector(), Landmarks()), Extractor()
    kept: dict[str, list] = {k: [] for k in ("plain", "chain", "path", "split", "label", "method", "source", "face_px")}
    for row in manifest_rows({"dev"}, {"still_face", "still_frame"}) + train_rows(PER_SOURCE):  # none of eval
        clip = still_clip(data_dir() / row["path"], nets, row)
        if clip is None:
            continue
        seen = []
        for v in range(CHAINS):
            rng = np.random.default_rng(zlib.crc32(row["path"].encode()) + v)
            seen.append(Chain.draw(rng, PACK_PX - ART_PX).apply(rng, clip.picture(0), clip.points[0], ART_PX))
        features = extract([centred(clip, 0), *seen])
        kept["plain"].append(features[0])
        kept["chain"].append(features[1:])
        kept["face_px"].append(clip.about["face_px"])
        for key in ("path", "split", "label", "method"):
            kept[key].append(row[key])
        kept["source"].append(row["path"].split("/")[1])
        if len(kept["path"]) % 200 == 0:
            print(len(kept["path"]), flush=True)
    np.savez(cache_dir("packs", "artifact_features") / "_stills.npz", **{k: np.array(v) for k, v in kept.items()})
    print(f"{len(kept['path'])} stills")


if __name__ == "__main__":
    main()
