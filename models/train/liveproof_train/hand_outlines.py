"""Outlines of hands that really lie on a face, drawn by eye: hand-outlines.json, and how they are read.

The file holds coordinates only, keyed by the manifest's path (and `time_s` for a clip), all in pixels of the picture:
`hands`, polygons of what is seen of hands and forearms (skin, not sleeves), `ignore`, polygons whose inside is not judged,
and `scene`, centre x, centre y and side of the hand scene (scene.py) after the teacher's landmarks. Every outline was
drawn over its picture at three times its size (hands too large for the sheet at less) and looked at again in its scene.
Pictures of split train in this list are withheld from training, and with them every still of the same person.
"""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from .paths import TRAIN_DIR, manifest_rows
from .preprocess import Crop

FILE = TRAIN_DIR / "hand-outlines.json"


@dataclass(frozen=True)
class Outline:
    """The hands of one picture."""

    path: str
    split: str
    scene: Crop
    hands: list[np.ndarray]
    ignore: list[np.ndarray] = field(default_factory=list)
    time_s: float | None = None

    def mask(self, size: int) -> np.ndarray:
        """uint8 [size, size] of the scene: 1 hand, 255 not judged, else 0."""
        out = np.zeros((size, size), np.uint8)
        for polygons, value in ((self.hands, 1), (self.ignore, 255)):
            for polygon in polygons:
                at = self.scene.to_crop(polygon) * size - 0.5
                cv2.fillPoly(out, [np.round(at * 16).astype(np.int32)], value, cv2.LINE_8, 4)
        return out


def read_outlines(file: Path = FILE) -> list[Outline]:
    """Every outline of the file; raises ValueError naming the entry and what was expected."""
    out = []
    for number, entry in enumerate(json.loads(file.read_text(encoding="utf-8"))["outlines"]):
        where = f"{file.name}, entry {number} ({entry.get('path', '?')})"
        if entry.get("split") not in ("train", "val"):
            raise ValueError(f"{where}: split is {entry.get('split')!r}, expected train or val")
        polygons = {}
        for name in ("hands", "ignore"):
            polygons[name] = [np.array(p, np.float64) for p in entry.get(name, [])]
            if any(p.ndim != 2 or p.shape[1] != 2 or len(p) < 3 for p in polygons[name]):
                raise ValueError(f"{where}: {name} holds a polygon that is no list of at least three (x, y)")
        if not polygons["hands"]:
            raise ValueError(f"{where}: no hand")
        scene = entry.get("scene", [])
        if len(scene) != 3 or not scene[2] > 0:
            raise ValueError(f"{where}: scene is {scene}, expected centre x, centre y and a side above 0")
        out.append(Outline(entry["path"], entry["split"], Crop(*scene, 0.0), polygons["hands"], polygons["ignore"], entry.get("time_s")))
    return out


def withheld_identities() -> set[str]:
    """People of split train whose pictures no fit of the hand nets may see."""
    if not FILE.exists():
        return set()
    listed = {o.path for o in read_outlines() if o.split == "train"}
    return {r["identity"] for r in manifest_rows({"train"}) if r["path"] in listed}
