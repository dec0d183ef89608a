"""Mines hard negatives: what the exported detector takes for a face in `train` pictures and is none.

    python -m liveproof_train.mine_negatives propose      # candidates, from det-1.onnx (training environment)
    python -m liveproof_train.mine_negatives doubt        # teacher's environment: drops possible faces

`propose` blanks the faces of every packed picture, shows the detector the rest, whole and through a random window, and
keeps its best hits down to a low score. `doubt` lets the teacher's own
detectors look at each candidate, enlarged, and drops those that may be faces after all: a bystander without a label
must not be learned as background. What remains serves both nets: the detector composes its faceless backgrounds around
such places (scenes.py), the landmark net learns to refuse their crops (batches_lmk.py).
"""
from __future__ import annotations

import argparse
import heapq
import sys

import cv2
import numpy as np

from .paths import cache_dir

FLOOR = 0.10  # detector score of a candidate
PER_VIEW = 3  # candidates of one view, best first
TEACHER_FLOOR = 0.2  # confidence at which the teacher's detectors hold a face possible
CAP = 12_000  # candidates, hardest first


def views(rgb: np.ndarray, faces: np.ndarray, rng: np.random.Generator):
    """(picture, origin): the picture with its faces blanked, and a window of that."""
    from .scenes import BLANKS, blank

    bare = rgb.copy()
    for box in faces:
        blank(bare, box, rng, BLANKS[rng.integers(len(BLANKS))], rgb[:max(8, rgb.shape[0] // 3)])
    yield bare, np.zeros(2)
    h, w = rgb.shape[:2]
    part = rng.uniform(0.45, 0.8)
    wh, ww = int(h * part), int(w * part)
    y, x = int(rng.integers(h - wh + 1)), int(rng.integers(w - ww + 1))
    yield bare[y:y + wh, x:x + ww], np.array([x, y])


def wide_crop(rgb: np.ndarray, crop) -> np.ndarray:
    """The packed crop (pack_lmk.PACK_PX) around a crop of the net's own scale; outside the picture is black."""
    from .pack_lmk import PACK_PX, PACK_SCALE
    from .preprocess import CROP_SCALE, Crop, crop_picture

    wide = Crop(crop.cx, crop.cy, crop.side * PACK_SCALE / CROP_SCALE, crop.roll)
    return np.clip(crop_picture(rgb, wide, PACK_PX) + 0.5, 0, 255).astype(np.uint8)


def propose(seed: int) -> None:
    """Writes packs/negatives, if it is not there: crops for the landmark net; picture, box, score for the detector."""
    from .preprocess import crop_from_detection
    from .scenes import Pictures
    from .serving import Detector

    out = cache_dir("packs", "negatives")
    if (out / "candidates.npz").exists():
        print("mined already")
        return
    cv2.setNumThreads(1)
    pictures, detector, rng = Pictures("train"), Detector(), np.random.default_rng(seed)
    found: list[tuple[float, int, int, np.ndarray, np.ndarray]] = []  # a heap, the lowest score first
    total = 0
    for i in range(len(pictures)):
        picture = pictures[i]
        for rgb, origin in views(picture.rgb, picture.box, rng):
            for hit in detector(rgb, FLOOR)[:PER_VIEW]:
                total += 1
                if len(found) == CAP and hit.score <= found[0][0]:
                    continue
                crop = wide_crop(rgb, crop_from_detection(hit.box, hit.five))
                entry = (hit.score, total, i, np.r_[hit.box + np.r_[origin, origin]], crop)
                (heapq.heappush if len(found) < CAP else heapq.heapreplace)(found, entry)
        if i % 1000 == 999:
            print(f"{i + 1} of {len(pictures)} pictures, {total} candidates", flush=True)
    found.sort(key=lambda f: -f[0])
    np.save(out / "crops.npy", np.stack([f[4] for f in found]))
    np.savez(out / "candidates.npz", score=np.array([f[0] for f in found], np.float32),
             picture=np.array([f[2] for f in found]), box=np.array([f[3] for f in found], np.float32))
    print(f"{len(found)} candidates, scores down to {found[-1][0]:.2f}")


def doubt() -> None:
    """Keeps the candidates in which no detector of the teacher sees a face; the upright crop, enlarged twice."""
    import mediapipe as mp

    out = cache_dir("packs", "negatives")
    if (out / "kept.npy").exists():
        return
    crops = np.load(out / "crops.npy", mmap_mode="r")
    detection = mp.solutions.face_detection.FaceDetection
    finders = [detection(model_selection=kind, min_detection_confidence=TEACHER_FLOOR) for kind in (0, 1)]

    def possible(crop: np.ndarray) -> bool:
        view = np.ascontiguousarray(cv2.resize(crop, None, fx=2, fy=2))
        for finder in finders:
            for found in finder.process(view).detections or []:
                box = found.location_data.relative_bounding_box
                x, y = box.xmin + box.width / 2, box.ymin + box.height / 2
                if abs(x - 0.5) < 0.35 and abs(y - 0.5) < 0.35:
                    return True
        return False

    kept = np.array([not possible(crop) for crop in crops])
    np.save(out / "kept.npy", kept)
    print(f"{kept.sum()} of {len(kept)} candidates kept")


def kept_rows() -> np.ndarray:
    """Rows of the candidates that are no possible faces; empty when nothing was mined."""
    file = cache_dir("packs", "negatives") / "kept.npy"
    return np.flatnonzero(np.load(file)) if file.exists() else np.zeros(0, int)


def mined_places() -> tuple[np.ndarray, np.ndarray] | None:
    """Packed picture and box of every kept candidate, hardest first; None when nothing was mined."""
    rows = kept_rows()
    if not len(rows):
        return None
    with np.load(cache_dir("packs", "negatives") / "candidates.npz") as got:
        return got["picture"][rows], got["box"][rows]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("propose", "doubt"))
    parser.add_argument("--seed", type=int, default=3)
    args = parser.parse_args()
    if args.what == "propose":
        propose(args.seed)
    else:
        doubt()
    return 0


if __name__ == "__main__":
    sys.exit(main())
