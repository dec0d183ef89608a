"""Packs whole pictures and every face in them for the detector.

Stills as they are, one clip frame out of CLIP_STEP, at most MAX_HEIGHT pixels high. Faces whose label is
doubtful are kept as such: the fit neither learns nor punishes them.

    python -m liveproof_train.pack_det
"""
from __future__ import annotations

import cv2
import numpy as np

from .labels import Face, clips, frames_of, read_rgb, source_of, stills
from .paths import cache_dir

CLIP_STEP = {"train": 10, "val": 30}
MAX_HEIGHT = 400


class Packer:
    """Collects pictures of one split into one flat array of bytes."""

    def __init__(self) -> None:
        self.pixels: list[np.ndarray] = []
        self.shape: list[tuple[int, int]] = []
        self.source: list[str] = []
        self.owner: list[int] = []
        self.box: list[np.ndarray] = []
        self.five: list[np.ndarray] = []
        self.good: list[bool] = []

    def add(self, rgb: np.ndarray, faces: list[Face], source: str) -> None:
        """Adds a picture, shrunk when it is large."""
        scale = min(1.0, MAX_HEIGHT / rgb.shape[0])
        if scale < 1:
            rgb = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        for face in faces:
            self.owner.append(len(self.shape))
            self.box.append(face.box * scale)
            self.five.append(face.five * scale)
            # a turned head flips less consistently: for a box that is good enough
            self.good.append(face.flip_error < 6)
        self.pixels.append(rgb.reshape(-1))
        self.shape.append(rgb.shape[:2])
        self.source.append(source)

    def fill(self, split: str) -> None:
        for path, faces in stills(split):
            if faces:
                self.add(read_rgb(path), faces, source_of(path))
        for clip in clips(split):
            for number, rgb in enumerate(frames_of(clip.path)):
                face = clip.face(number) if number < len(clip.mesh) else None
                if number % CLIP_STEP[split] == 0 and face is not None:
                    self.add(rgb, [face], source_of(clip.path))

    def save(self, split: str) -> None:
        out = cache_dir("packs", "det")
        np.save(out / f"{split}-pixels.npy", np.concatenate(self.pixels))
        np.savez(out / f"{split}.npz", shape=np.array(self.shape), source=np.array(self.source),
                 owner=np.array(self.owner), box=np.array(self.box, np.float32),
                 five=np.array(self.five, np.float32), good=np.array(self.good))
        names, counts = np.unique(self.source, return_counts=True)
        print(split, len(self.shape), f"{np.mean(self.good):.1%} of {len(self.good)} faces good",
              dict(zip(names.tolist(), counts.tolist())), flush=True)


def main() -> None:
    for split in ("val", "train"):
        if (cache_dir("packs", "det") / f"{split}.npz").exists():
            print(split, "is packed already")
            continue
        packer = Packer()
        packer.fill(split)
        packer.save(split)


if __name__ == "__main__":
    main()
