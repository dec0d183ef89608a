"""Reads the teacher's cached labels back as plain records."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import cv2
import numpy as np

from .mesh import POINTS_96, five_points
from .paths import cache_dir, data_dir

MAX_FLIP_ERROR = 2.0  # % of inter-ocular distance between a picture's label and its mirror image's


@dataclass
class Face:
    """A labelled face in pixels of its picture. `flip_error` is infinite for doubtful faces."""

    mesh: np.ndarray
    flip_error: float

    @property
    def good(self) -> bool:
        return self.flip_error < MAX_FLIP_ERROR

    @property
    def box(self) -> np.ndarray:
        """x0, y0, x1, y1 around all 468 mesh points."""
        return np.r_[self.mesh[:, :2].min(0), self.mesh[:, :2].max(0)]

    @property
    def points(self) -> np.ndarray:
        """[96, 2] in the order of mesh.py."""
        return self.mesh[POINTS_96, :2]

    @property
    def five(self) -> np.ndarray:
        return five_points(self.points)


def source_of(path: str) -> str:
    """Short name of the collection that a file belongs to."""
    parts = Path(path).parts
    return parts[1] if parts[0] == "stills" else Path(path).stem.split("_")[0]


def stills(split: str) -> Iterator[tuple[str, list[Face]]]:
    """(path, faces) of every labelled still of a split, faceless ones included."""
    for file in sorted(cache_dir("labels", "stills").glob("[0-9]*[0-9].npz")):
        with np.load(file) as got:
            paths, splits, owner = got["path"], got["split"], got["owner"]
            mesh, flip = got["mesh"], got["flip_error"]
        for i, path in enumerate(paths):
            if splits[i] == split:
                mine = np.flatnonzero(owner == i)
                yield str(path), [Face(mesh[k], float(flip[k])) for k in mine]


@dataclass
class Clip:
    """A labelled clip: one mesh per frame (NaN where the teacher found nothing)."""

    path: str
    kind: str
    time_s: np.ndarray
    mesh: np.ndarray
    flip_error: np.ndarray

    def face(self, frame: int) -> Face | None:
        """The face of a frame, or None where the teacher found nothing."""
        if not np.isfinite(self.mesh[frame]).all():
            return None
        return Face(self.mesh[frame], float(self.flip_error[frame]))


def clips(split: str) -> Iterator[Clip]:
    """Every labelled clip of a split."""
    for file in sorted(cache_dir("labels", "clips").glob("*.npz")):
        if file.name.endswith(".part.npz"):
            continue
        with np.load(file) as got:
            if str(got["split"]) == split:
                yield Clip(str(got["path"]), str(got["kind"]), got["time_s"], got["mesh"], got["flip_error"])


def read_rgb(path: str) -> np.ndarray:
    """A still as RGB."""
    bgr = cv2.imread(str(data_dir() / path))
    if bgr is None:
        raise FileNotFoundError(f"cannot read the picture {path}")
    return np.ascontiguousarray(bgr[:, :, ::-1])


def frames_of(path: str) -> Iterator[np.ndarray]:
    """Every frame of a clip as RGB, in decoding order (the order of its labels)."""
    import av

    with av.open(str(data_dir() / path)) as container:
        stream = container.streams.video[0]
        stream.thread_count = 1
        for frame in container.decode(stream):
            yield frame.to_ndarray(format="rgb24")


def possible_faces() -> dict[str, np.ndarray]:
    """Boxes [n, 4] of faces that may be there, by val still; see label_teacher.label_possible."""
    with np.load(cache_dir("labels") / "possible-val.npz") as got:
        return {str(path): got["box"][got["owner"] == i] for i, path in enumerate(got["path"])}
