"""Packs face crops for the identity net: stills of people from the packs of `lmk`, clips from those of `artifact`.

Nothing is decoded anew: the recipes `lmk` and `artifact` have found and cut the faces already. A packed crop is wider
than the net's own, so that the fit can move its window.

    python -m liveproof_train.pack_identity
"""
from __future__ import annotations

import numpy as np

from .batches_artifact import load_clips
from .batches_lmk import Pack
from .labels import source_of, stills
from .paths import cache_dir, manifest_rows
from .preprocess import CROP_SCALE, Crop, crop_from_points, crop_picture

ID_PX = 112          # the net's input
ID_SCALE = 1.25      # side of its crop in units of the longer side of the box around the 96 points
PACK_PX = 160
PACK_SCALE = ID_SCALE * PACK_PX / ID_PX
SPLITS = ("train", "val", "pairs")


def scaled(points: np.ndarray, scale: float) -> Crop:
    """The roll-corrected square of `scale` around 96 landmarks."""
    own = crop_from_points(points)
    return Crop(own.cx, own.cy, own.side * scale / CROP_SCALE, own.roll)


class Packer:
    """Collects crops with who they show."""

    def __init__(self) -> None:
        self.images: list[np.ndarray] = []
        self.rows: dict[str, list] = {k: [] for k in ("points", "person", "clip", "time_s", "split", "label", "pair", "yaw")}

    def add(self, rgb: np.ndarray, points: np.ndarray, **about: object) -> None:
        """One face; `points` in pixels of `rgb`."""
        crop = scaled(points, PACK_SCALE)
        self.images.append(np.rint(crop_picture(rgb, crop, PACK_PX)).astype(np.uint8))
        self.rows["points"].append(crop.to_crop(points).astype(np.float32))
        for key in self.rows:
            if key != "points":
                self.rows[key].append(about[key])

    def add_stills(self, split: str) -> None:
        """The largest face of each still; LFW names its people, every other still is a person of its own."""
        pack = Pack(split)
        person = {r["path"]: r["identity"] if r["path"].startswith("stills/lfw/") else r["path"]
                  for r in manifest_rows({split})}
        at = 0
        for path, faces in stills(split):
            faces = [f for f in faces if f.good and f.box[3] - f.box[1] >= 40]  # as pack_lmk.add_stills keeps them
            if not faces:
                continue
            assert pack.source[at] == source_of(path), "the packs of lmk are of other labels: pack lmk anew"
            largest = at + int(np.argmax([f.box[3] - f.box[1] for f in faces]))
            at += len(faces)
            points = pack.points[largest].numpy() * pack.images.shape[1]
            self.add(pack.images[largest], points, person=person.get(path, path), clip="", time_s=0.0, split=split,
                     label="real", pair="", yaw=0.0)

    def add_clips(self) -> None:
        """Every sample of every packed clip."""
        for clip in load_clips():
            about = clip.about
            folder = cache_dir("packs", "artifact")
            pose = np.concatenate([np.load(folder / f"{about['name']}.{i}.npz")["pose"] for i in range(about["pieces"])])
            for i in range(len(clip.points)):
                rgb = clip.picture(i)
                swapped = about["label"] == "fake"
                self.add(rgb, clip.points[i] * rgb.shape[0], clip=about["path"], time_s=float(clip.time_s[i]), split=about["split"],
                         label=about["label"], pair=about["pair"], yaw=float(pose[i, 0]),
                         person=f"swap:{about['pair']}" if swapped else about["identity"])

    def save(self) -> None:
        out = cache_dir("packs", "identity")
        np.save(out / "images.npy", np.stack(self.images))
        np.savez(out / "rows.npz", **{k: np.stack(v) if k == "points" else np.array(v) for k, v in self.rows.items()})


def main() -> None:
    packer = Packer()
    for split in ("train", "val"):
        packer.add_stills(split)
    packer.add_clips()
    packer.save()
    split, person = (np.array(packer.rows[k]) for k in ("split", "person"))
    for name in SPLITS:
        print(f"{name}: {int((split == name).sum())} crops of {len(np.unique(person[split == name]))} people")


if __name__ == "__main__":
    main()
