"""Hand IoU of the segmentation net on real hands over faces, outlined by eye (hand_outlines.py).

    python -m liveproof_train.evaluate_seg [--write]     # --write: figures into the manifest and the card
"""
from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Callable

import cv2
import numpy as np

from .hand_outlines import Outline, read_outlines
from .labels import clips, frames_of, read_rgb
from .paths import manifest_rows
from .preprocess import normalise
from .scene import SCENE_PX, scene_crop, scene_picture


@dataclass
class Case:
    """One outlined picture in its scene."""

    outline: Outline
    identity: str
    source: str
    picture: np.ndarray  # float32 [128, 128, 3] in 0..255
    truth: np.ndarray  # uint8 [128, 128]: 0, 1 hand, 255 not judged


@dataclass
class Score:
    """Pixels of the hand: both, either, truth, answer."""

    case: Case
    both: int
    either: int
    answer: np.ndarray  # uint8 class of every pixel

    @property
    def iou(self) -> float:
        return self.both / max(1, self.either)


class Judge:
    """The outlined pictures, read once."""

    def __init__(self) -> None:
        self.cases: list[Case] = []
        outlines = read_outlines()
        rows = {r["path"]: r for r in manifest_rows({"train", "val"})}
        for outline in outlines:
            if outline.time_s is None:
                self.add(outline, rows[outline.path], read_rgb(outline.path))
        for path in sorted({o.path for o in outlines if o.time_s is not None}):
            wanted = [o for o in outlines if o.path == path]
            rate = float(rows[path]["fps"])
            for number, rgb in enumerate(frames_of(path)):
                for outline in wanted:
                    if number == round(outline.time_s * rate):
                        self.add(outline, rows[path], rgb)

    def add(self, outline: Outline, row: dict[str, str], rgb: np.ndarray) -> None:
        self.cases.append(Case(outline, row["identity"], row["kind"], scene_picture(rgb, outline.scene), outline.mask(SCENE_PX)))

    def run(self, infer: Callable[[np.ndarray], np.ndarray], splits: set[str] | None = None) -> list[Score]:
        """`infer` maps [N, 3, 128, 128] to probabilities of the same shape."""
        cases = [c for c in self.cases if splits is None or c.outline.split in splits]
        out = []
        for case in cases:
            answer = infer(normalise(case.picture)[None])[0].argmax(0).astype(np.uint8)
            judged = case.truth != 255
            said, true = (answer == 2) & judged, (case.truth == 1) & judged
            out.append(Score(case, int((said & true).sum()), int((said | true).sum()), answer))
        return out


def mean_iou(scores: list[Score]) -> float:
    """Mean over pictures."""
    return float(np.mean([s.iou for s in scores]))


def pooled_iou(scores: list[Score]) -> float:
    """All pixels together."""
    return sum(s.both for s in scores) / max(1, sum(s.either for s in scores))


def interval(scores: list[Score], figure: Callable[[list[Score]], float], rounds: int = 1000) -> tuple[float, float]:
    """95 % by bootstrap over identities."""
    groups: dict[str, list[Score]] = {}
    for score in scores:
        groups.setdefault(score.case.identity, []).append(score)
    members, rng = list(groups.values()), np.random.default_rng(1)
    drawn = [figure([s for i in rng.integers(len(members), size=len(members)) for s in members[i]]) for _ in range(rounds)]
    return tuple(float(v) for v in np.percentile(drawn, [2.5, 97.5]))


@dataclass
class FalseHands:
    """What the net says of val clips in which no hand is."""

    clips: int
    frames: int
    share: float  # of the face's outline, taken for hand: mean
    over: float  # share of frames where that is more than a twentieth
    face_found: float  # of the outline, taken for face: mean


def false_hands(session, every: int = 30) -> FalseHands:
    """Over one frame a second of val clips and what the face's outline holds there."""
    names, shares, found = set(), [], []
    for clip in clips("val"):
        for number, rgb in enumerate(frames_of(clip.path)):
            face = clip.face(number) if number < len(clip.mesh) and number % every == 0 else None
            if face is None:
                continue
            crop = scene_crop(face.points)
            answer = session.run(None, {"image": normalise(scene_picture(rgb, crop))[None]})[0][0].argmax(0)
            hull = np.zeros((SCENE_PX, SCENE_PX), np.uint8)
            cv2.fillConvexPoly(hull, cv2.convexHull(np.round(crop.to_crop(face.mesh[:, :2]) * SCENE_PX).astype(np.int32)), 1)
            names.add(clip.path)
            shares.append(float((answer[hull > 0] == 2).mean()))
            found.append(float((answer[hull > 0] == 1).mean()))
    return FalseHands(len(names), len(shares), float(np.mean(shares)), float(np.mean(np.array(shares) > 0.05)), float(np.mean(found)))


def main() -> None:
    from .serving import session_of

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    session = session_of("seg-1.onnx")
    scores = Judge().run(lambda x: session.run(None, {"image": x})[0])
    for name, part in (("all", scores), ("val", [s for s in scores if s.case.outline.split == "val"]),
                       ("train, withheld", [s for s in scores if s.case.outline.split == "train"])):
        if part:
            people = len({s.case.identity for s in part})
            print(f"{name}: {len(part)} pictures of {people} people, mean IoU {mean_iou(part):.3f} {interval(part, mean_iou)}, "
                  f"pooled {pooled_iou(part):.3f} {interval(part, pooled_iou)}")
    for s in sorted(scores, key=lambda s: s.iou)[:12]:
        print(f"  {s.iou:.2f} {s.case.outline.path}")
    if args.write:
        from .seg_card import write
        write(scores)


if __name__ == "__main__":
    main()
