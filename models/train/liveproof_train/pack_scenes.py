"""Packs scenes for the hand nets: faces without hands, and faces under real hands with proposed labels.

    python -m liveproof_train.pack_scenes

Bare faces: a window BARE_SCALE times the scene's side at PACK_PX, as JPEG, with the outline of the face (convex hull
of the teacher's mesh) and the 96 landmarks; from stills and clip frames in which the teacher sees no hand. Real
hands: stills of train that real-hands.json in the cache lists (hands on faces) or that gave a kept cut-out (hands beside
faces; both were looked at), and ASL frames, labelled with capsules along the teacher's hand landmarks; a ring
around their edge is left unlabelled (255), and so are hands of which the teacher is less sure. Pictures
that the evaluation withholds are left out, with all stills of the same people. Parts stay below 50 MB.
"""
from __future__ import annotations

import json
from dataclasses import dataclass

import cv2
import numpy as np

from .cut_hands import capsule_mask
from .hand_outlines import withheld_identities
from .labels import Face, clips, frames_of, read_rgb, stills
from .paths import cache_dir, manifest_rows
from .scene import SCENE_SCALE
from .synth.hands import load_cutouts

PACK_PX = 184
PACK_SCALE = 1.3 * SCENE_SCALE  # side of the window in longer sides of the face
STILLS = {"train": 5200, "val": 400}
FRAME_STEP = {"train": 20, "val": 40}
QUALITY = 92
SURE = 0.75


def window(face: Face) -> np.ndarray:
    """2 x 3 matrix from picture pixels to the packed window."""
    low, high = face.points.min(0), face.points.max(0)
    scale = PACK_PX / (PACK_SCALE * float((high - low).max()))
    centre = (low + high) / 2
    return np.array([[scale, 0, PACK_PX / 2 - scale * centre[0]], [0, scale, PACK_PX / 2 - scale * centre[1]]])


def warp(rgb: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """The window, with an area filter where it shrinks much; black outside the picture."""
    k = max(1, int(1 / matrix[0, 0]))
    small = cv2.resize(rgb, (rgb.shape[1] // k, rgb.shape[0] // k), interpolation=cv2.INTER_AREA) if k > 1 else rgb
    scaled = np.hstack((matrix[:, :2] * k, matrix[:, 2:]))
    scaled[:, 2] += 0.5 * scaled[0, 0] - 0.5  # from pixel corners to pixel centres
    return cv2.warpAffine(small, scaled, (PACK_PX, PACK_PX), flags=cv2.INTER_LINEAR)


def move(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Points of the picture in the window."""
    return (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)


class Packer:
    """Collects one split."""

    def __init__(self, split: str):
        self.split = split
        self.jpegs: list[np.ndarray] = []
        self.points: list[np.ndarray] = []
        self.hulls: list[np.ndarray] = []
        self.labels: list[np.ndarray] = []
        self.identity: list[str] = []
        with np.load(cache_dir("labels", "hands") / "stills.npz") as got:
            self.hands = {str(p): got["hand"][got["owner"] == i] for i, p in enumerate(got["path"])}
            self.scores = {str(p): got["score"][got["owner"] == i] for i, p in enumerate(got["path"])}
        self.people = {r["path"]: r["identity"] for r in manifest_rows({split})}
        self.barred = withheld_identities()

    def add(self, rgb: np.ndarray, face: Face, identity: str, hands: list[np.ndarray], unsure: list[np.ndarray] = ()) -> None:
        """One window. `hands` are landmark sets of hands in it, `unsure` of what may be some; the label plane is kept as
        PNG only where there are some."""
        matrix = window(face)
        picture = warp(rgb, matrix)
        self.jpegs.append(cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].ravel())
        self.points.append(move(face.points, matrix))
        hull = cv2.convexHull(move(face.mesh[:, :2], matrix))[:, 0]
        step = np.linspace(0, len(hull), 40, endpoint=False)
        nxt = hull[(step.astype(int) + 1) % len(hull)]
        self.hulls.append(hull[step.astype(int)] + (step % 1)[:, None] * (nxt - hull[step.astype(int)]))
        self.identity.append(identity)
        label = np.zeros(0, np.uint8)
        if hands:
            inner, outer = np.zeros((2, PACK_PX, PACK_PX), np.uint8)
            for hand in hands:
                inner |= capsule_mask(move(hand, matrix), inner.shape, 0.85)
                outer |= capsule_mask(move(hand, matrix), outer.shape, 1.25)
                outer |= arm_mask(move(hand, matrix), outer.shape)
            for hand in unsure:
                outer |= capsule_mask(move(hand, matrix), outer.shape, 1.5)
            label = cv2.imencode(".png", np.where(inner > 0, 2, np.where(outer > 0, 255, 0)).astype(np.uint8))[1].ravel()
        self.labels.append(label)

    def add_stills(self) -> None:
        rng = np.random.default_rng(11)
        listed = [(p, f) for p, f in stills(self.split) if self.people[p] not in self.barred and p not in self.hands]
        for i in rng.permutation(len(listed))[:STILLS[self.split]]:
            path, faces = listed[i]
            faces = [f for f in faces if f.good and f.box[3] - f.box[1] >= 48]
            if len(faces) == 1:
                self.add(read_rgb(path), faces[0], self.people[path], [])

    def add_frames(self) -> None:
        for clip in clips(self.split):
            file = cache_dir("labels", "hands", "clips") / (clip.path.replace("/", "__") + ".npz")
            with np.load(file) as got:
                frames, owner, hands = got["frame"], got["owner"], got["hand"]
            busy = frames[np.unique(owner)] if len(owner) else np.zeros(0, int)
            at = {int(f): i for i, f in enumerate(frames)}
            signing = clip.kind == "clip_hand"
            for number, rgb in enumerate(frames_of(clip.path)):
                face = clip.face(number) if number < len(clip.mesh) else None
                if face is None or not face.good:
                    continue
                if signing:
                    if number in at and self.split == "train":
                        mine = [hands[k] for k in np.flatnonzero(owner == at[number])]
                        if len(mine) == 2:  # with one hand seen the other may be there unlabelled
                            self.add(rgb, face, self.people[clip.path], mine)
                elif number % FRAME_STEP[self.split] == 0 and (not len(busy) or np.abs(busy - number).min() > 15):
                    self.add(rgb, face, self.people[clip.path], [])

    def add_real_hands(self) -> None:
        if self.split != "train":
            return
        file = cache_dir("packs", "hands") / "real-hands.json"
        on_faces = json.loads(file.read_text()) if file.exists() else []
        beside = {h.source for h in load_cutouts() if "#" not in h.source}
        faces = dict(stills("train"))
        for path in sorted({*on_faces, *beside}):
            if self.people[path] in self.barred or not faces.get(path):
                continue
            face = max(faces[path], key=lambda f: np.ptp(f.mesh[:, 0]))
            sure = self.scores[path] >= SURE
            self.add(read_rgb(path), face, self.people[path], list(self.hands[path][sure]), list(self.hands[path][~sure]))

    def save(self) -> None:
        size = np.cumsum([0] + [len(j) for j in self.jpegs])
        sizes = np.cumsum([0] + [len(j) for j in self.labels])
        folder = cache_dir("packs", "scenes")
        np.savez(folder / f"{self.split}.npz", jpegs=np.concatenate(self.jpegs), at=size, labels=np.concatenate(self.labels),
                 label_at=sizes, points=np.stack(self.points), hulls=np.stack(self.hulls), identity=np.array(self.identity))
        mb = (folder / f"{self.split}.npz").stat().st_size / 1e6
        print(f"{self.split}: {len(self.jpegs)} scenes, {sum(len(x) > 0 for x in self.labels)} with real hands, {mb:.0f} MB", flush=True)


def arm_mask(hand: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Where the forearm may be: not judged in training, since the teacher does not say where it ends."""
    out = np.zeros(shape, np.uint8)
    down = hand[0] - hand[9]
    unit = float(np.linalg.norm(down)) + 1e-6
    far = hand[0] + down / unit * 4 * unit
    cv2.line(out, np.round(hand[0]).astype(int).tolist(), np.round(far).astype(int).tolist(), 255, max(2, int(1.1 * unit)))
    return out


@dataclass
class Scenes:
    """A packed split in memory."""

    jpegs: np.ndarray
    at: np.ndarray
    labels: np.ndarray
    label_at: np.ndarray
    points: np.ndarray
    hulls: np.ndarray
    identity: np.ndarray

    @staticmethod
    def load(split: str) -> "Scenes":
        with np.load(cache_dir("packs", "scenes") / f"{split}.npz") as got:
            return Scenes(**{k: got[k] for k in got.files})

    def __len__(self) -> int:
        return len(self.points)

    def picture(self, i: int) -> np.ndarray:
        """uint8 [PACK_PX, PACK_PX, 3] RGB."""
        return cv2.imdecode(self.jpegs[self.at[i]:self.at[i + 1]], cv2.IMREAD_COLOR)[:, :, ::-1]

    def label(self, i: int) -> np.ndarray | None:
        """Hand labels (0, 2, 255 unknown) of a scene with real hands, else None."""
        part = self.labels[self.label_at[i]:self.label_at[i + 1]]
        return cv2.imdecode(part, cv2.IMREAD_GRAYSCALE) if len(part) else None

    @property
    def bare(self) -> np.ndarray:
        """Rows without hands."""
        return np.flatnonzero(np.diff(self.label_at) == 0)

    @property
    def handed(self) -> np.ndarray:
        """Rows with real hands."""
        return np.flatnonzero(np.diff(self.label_at) > 0)


def main() -> None:
    for split in ("val", "train"):
        packer = Packer(split)
        packer.add_stills()
        packer.add_frames()
        packer.add_real_hands()
        packer.save()


if __name__ == "__main__":
    main()
