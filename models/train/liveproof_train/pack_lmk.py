"""Packs labelled faces for the landmark net: wide roll-corrected crops and their labels.

A crop spans PACK_SCALE / CROP_SCALE times the net's own crop, so that the fit can move, turn and
scale its window. Clip frames come in pairs (t, t + 1) for the temporal term.

    python -m liveproof_train.pack_lmk
"""
from __future__ import annotations

import cv2
import numpy as np

from .labels import Face, clips, frames_of, read_rgb, source_of, stills
from .paths import cache_dir
from .pose import face_axes, mean_mesh
from .preprocess import CROP_SCALE, Crop, box_shrink, crop_from_points

PACK_PX = 208
PACK_SCALE = 2.2
BORDERS = (cv2.BORDER_CONSTANT, cv2.BORDER_REPLICATE, cv2.BORDER_REFLECT_101)
PAIR_STEP = {"train": 6, "val": 24}  # one pair of frames out of so many frames


class Packer:
    """Collects crops and labels of one split."""

    def __init__(self, split: str, reference: np.ndarray):
        self.split, self.reference = split, reference
        self.rng = np.random.default_rng(7)
        self.images: list[np.ndarray] = []
        self.points: list[np.ndarray] = []
        self.axes: list[np.ndarray] = []
        self.source: list[str] = []
        self.next: list[int] = []

    def add(self, rgb: np.ndarray, face: Face, source: str, crop: Crop | None = None, border: int | None = None) -> None:
        """Adds one face; `crop` and `border` are given for the second frame of a pair."""
        crop = crop or self.window(face)
        border = BORDERS[self.rng.integers(3)] if border is None else border
        k = max(1, int(crop.side / PACK_PX))
        small = np.round(box_shrink(rgb, k)).astype(np.uint8) if k > 1 else rgb
        scale = crop.side / PACK_PX / k
        c, s = np.cos(crop.roll) * scale, np.sin(crop.roll) * scale
        half = PACK_PX / 2
        # destination pixel centre (i + 0.5) -> source index, as preprocess.crop_picture does
        to_source = np.array([[c, -s, crop.cx / k - c * (half - 0.5) + s * (half - 0.5) - 0.5],
                              [s, c, crop.cy / k - s * (half - 0.5) - c * (half - 0.5) - 0.5]])
        picture = cv2.warpAffine(small, to_source, (PACK_PX, PACK_PX), borderMode=border,
                                 flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        turn = np.array([[np.cos(crop.roll), np.sin(crop.roll), 0], [-np.sin(crop.roll), np.cos(crop.roll), 0], [0, 0, 1]])
        self.images.append(picture)
        self.points.append(crop.to_crop(face.points).astype(np.float32))
        self.axes.append((face_axes(self.reference, face.mesh) @ turn.T).astype(np.float32))
        self.source.append(source)
        self.next.append(-1)

    @staticmethod
    def window(face: Face) -> Crop:
        own = crop_from_points(face.points)
        return Crop(own.cx, own.cy, own.side * PACK_SCALE / CROP_SCALE, own.roll)

    def add_stills(self) -> None:
        for path, faces in stills(self.split):
            faces = [f for f in faces if f.good and f.box[3] - f.box[1] >= 40]
            if faces:
                rgb = read_rgb(path)
                for face in faces:
                    self.add(rgb, face, source_of(path))

    def add_clips(self) -> None:
        for clip in clips(self.split):
            step, previous = PAIR_STEP[self.split], None
            for number, rgb in enumerate(frames_of(clip.path)):
                face = clip.face(number) if number < len(clip.mesh) else None
                if face is None or not face.good:
                    previous = None
                elif number % step == 0:
                    window, border = self.window(face), BORDERS[self.rng.integers(3)]
                    self.add(rgb, face, source_of(clip.path), window, border)
                    previous = (len(self.images) - 1, window, border)
                elif number % step == 1 and previous is not None:
                    self.add(rgb, face, source_of(clip.path), *previous[1:])
                    self.next[previous[0]] = len(self.images) - 1

    def save(self) -> None:
        out = cache_dir("packs", "lmk")
        np.save(out / f"{self.split}-images.npy", np.stack(self.images))
        np.savez(out / f"{self.split}.npz", points=np.stack(self.points), axes=np.stack(self.axes),
                 source=np.array(self.source), next=np.array(self.next))
        names, counts = np.unique(self.source, return_counts=True)
        print(self.split, len(self.images), dict(zip(names.tolist(), counts.tolist())), flush=True)


def main() -> None:
    reference = mean_mesh()
    for split in ("val", "train"):
        if (cache_dir("packs", "lmk") / f"{split}.npz").exists():
            print(split, "is packed already")
            continue
        packer = Packer(split, reference)
        packer.add_stills()
        packer.add_clips()
        packer.save()


if __name__ == "__main__":
    main()
