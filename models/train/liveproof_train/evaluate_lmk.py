"""Evaluates models/lmk-1.onnx on `val` as the service uses it, and writes its card and metrics.

    python -m liveproof_train.evaluate_lmk [--quick]

Error: mean distance of the 96 points to the teacher's, in % of the inter-ocular distance (between the outer eye
corners, the usual definition). Stills: crop from the detector's hit, then one more pass from the points so found;
where the detector found nothing, the whole face counts as missed and is shown as such. Clips: tracked frame
after frame, the crop coming from the last frame's points.
"""
from __future__ import annotations

import argparse
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .card import table, write_card
from .conditions import PHOTOMETRIC, small
from .labels import Face, Clip, clips, frames_of, read_rgb, source_of, stills
from .manifest import read_entry, update_metrics
from .mesh import SLICES, inter_ocular
from .paths import MODELS_DIR
from .preprocess import Crop, crop_from_detection, crop_from_points
from .serving import Detector, Landmarks, Tracker, iou_with, parameter_count
from .terms import DATA_TERMS

LIPS = np.r_[SLICES["lips_outer"], SLICES["lips_inner"]]
# inner-lip rows above each other: upper lip left to right, lower lip left to right
UPPER = SLICES["lips_inner"].start + np.arange(3, 8)
LOWER = SLICES["lips_inner"].start + 20 - np.arange(3, 8)


def aperture(points: np.ndarray) -> np.ndarray:
    """Inner-lip opening of [..., 96, 2] in inter-ocular distances."""
    return np.linalg.norm(points[..., LOWER, :] - points[..., UPPER, :], axis=-1).mean(-1) / inter_ocular(points)


@dataclass
class Errors:
    """Errors of one source and condition."""

    all: list[float] = field(default_factory=list)
    lips: list[float] = field(default_factory=list)
    visible: list[float] = field(default_factory=list)
    missed: int = 0

    def add(self, points: np.ndarray, face: Face) -> None:
        gap = 100 * np.linalg.norm(points - face.points, axis=1) / inter_ocular(face.points)
        self.all.append(float(gap.mean()))
        self.lips.append(float(gap[LIPS].mean()))

    def row(self, *names: str) -> list[object]:
        if not self.all:
            return [*names, 0, self.missed, "-", "-", "-", "-"]
        return [*names, len(self.all), self.missed, f"{np.mean(self.all):.2f}", f"{np.median(self.all):.2f}",
                f"{np.percentile(self.all, 95):.2f}", f"{np.mean(self.lips):.2f}"]

    def take(self, other: "Errors") -> None:
        self.all += other.all
        self.lips += other.lips
        self.missed += other.missed


HEAD = ("source", "condition", "n", "missed", "mean error %", "median %", "95th percentile %", "lips, mean %")


class Stills:
    """The val stills under every condition."""

    def __init__(self, detector: Detector, landmarks: Landmarks):
        self.detector, self.landmarks = detector, landmarks
        self.errors: dict[tuple[str, str], Errors] = defaultdict(Errors)
        self.teacher_crop = Errors()
        self.codes: dict[str, Errors] = defaultdict(Errors)
        self.scores: dict[str, list[float]] = {"face": [], "far_off": []}
        self.mouth_seen: dict[str, list[float]] = {"clean": [], "covered": []}

    def served(self, rgb: np.ndarray, face: Face) -> np.ndarray | None:
        """Points as the service finds them in a frame that it sees for the first time."""
        hits = self.detector(rgb)
        if not hits:
            return None
        overlap = iou_with(face.box, np.array([h.box for h in hits]))
        if overlap.max() < 0.3:
            return None
        hit = hits[int(overlap.argmax())]
        first = self.landmarks(rgb, crop_from_detection(hit.box, hit.five))
        return self.landmarks(rgb, crop_from_points(first.points)).points

    def one(self, path: str, rgb: np.ndarray, face: Face, rng: np.random.Generator) -> None:
        source = source_of(path)
        for name, change in (*PHOTOMETRIC.items(), ("small", None)):
            if change is None:
                picture, moved = small(rgb, [face], rng)
                target = moved[0]
            else:
                picture, target = change(rgb, face, rng), face
            points = self.served(picture, target)
            slot = self.errors[source, name]
            if points is None:
                slot.missed += 1
                continue
            slot.add(points, target)
            if name == "clean" and source == "utkface":
                self.by_code(path, points, target)
        own = crop_from_points(face.points)
        marks = self.landmarks(rgb, own)
        self.teacher_crop.add(marks.points, face)
        self.scores["face"].append(marks.face)
        turn = rng.random() * 2 * np.pi
        off = Crop(own.cx + own.side * np.cos(turn), own.cy + own.side * np.sin(turn), own.side, own.roll)
        self.scores["far_off"].append(self.landmarks(rgb, off).face)
        self.mouth_seen["clean"].append(float(marks.visibility[0]))
        self.mouth_seen["covered"].append(float(self.landmarks(cover_mouth(rgb, face), own).visibility[0]))

    def by_code(self, path: str, points: np.ndarray, face: Face) -> None:
        """UTKFace file names carry age, gender (0 male, 1 female) and ethnicity (0-4)."""
        parts = Path(path).stem.split("_")
        if len(parts) < 3 or not all(p.isdigit() for p in parts[:3]):
            return
        age = int(parts[0])
        band = "age 0-17" if age < 18 else "age 18-39" if age < 40 else "age 40-64" if age < 65 else "age 65+"
        for key in (band, f"gender code {parts[1]}", f"ethnicity code {parts[2]}"):
            self.codes[key].add(points, face)


def cover_mouth(rgb: np.ndarray, face: Face) -> np.ndarray:
    """A flat slab of the cheek's mean colour over the mouth."""
    out = rgb.copy()
    lips = face.points[LIPS]
    (x0, y0), (x1, y1) = lips.min(0), lips.max(0)
    w, h = x1 - x0, max(y1 - y0, 0.4 * (x1 - x0))
    a, b, c, d = int(x0 - 0.25 * w), int(y0 - 0.25 * h), int(x1 + 0.25 * w), int(y1 + 0.3 * h)
    out[max(b, 0):d, max(a, 0):c] = rgb[max(b - 4, 0):max(b, 1), max(a, 0):c].reshape(-1, 3).mean(0)
    return out


@dataclass
class ClipResult:
    """Tracking of one clip."""

    path: str
    fps: float
    frames: int
    tracked: int
    detections: int
    errors: Errors
    opening: float  # correlation of the inner-lip opening with the teacher's
    motion: float  # the same for its change from frame to frame
    jitter: float  # rms of frame-to-frame change of the error of the opening, % of IOD


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson correlation; NaN for constant or too short series."""
    return float(np.corrcoef(a, b)[0, 1]) if len(a) > 10 and a.std() > 0 and b.std() > 0 else float("nan")


def track(clip: Clip, detector: Detector, landmarks: Landmarks, limit: int | None = None) -> ClipResult:
    """Follows the face through a clip."""
    tracker, errors, tracked, count = Tracker(detector, landmarks), Errors(), 0, 0
    ours, theirs, when = [], [], []
    for number, rgb in enumerate(frames_of(clip.path)):
        if limit and number >= limit:
            break
        count += 1
        marks = tracker(rgb)
        tracked += marks is not None
        face = clip.face(number) if number < len(clip.mesh) else None
        if face is None or not face.good:
            continue
        if marks is None:
            errors.missed += 1
            continue
        errors.add(marks.points, face)
        ours.append(aperture(marks.points))
        theirs.append(aperture(face.points))
        when.append(number)
    a, b, t = np.array(ours), np.array(theirs), np.array(when)
    close = np.flatnonzero(np.diff(t) == 1) if len(t) else np.zeros(0, int)
    da, db = (np.diff(a)[close], np.diff(b)[close]) if len(t) else (a, b)
    span = clip.time_s[-1] - clip.time_s[0] if len(clip.time_s) > 1 else 0
    return ClipResult(clip.path, (len(clip.time_s) - 1) / span if span else 0.0, count, tracked, tracker.detections, errors,
                      correlation(a, b), correlation(da, db), 100 * float(np.sqrt(np.mean((da - db) ** 2))) if len(da) else float("nan"))


def latency_ms(landmarks: Landmarks) -> float:
    """Median time of the net alone, one thread."""
    image = np.zeros((1, 3, 112, 112), np.float32)
    times = []
    for _ in range(200):
        start = time.perf_counter()
        landmarks.session.run(None, {"image": image})
        times.append(time.perf_counter() - start)
    return 1000 * float(np.median(times))


def total(errors) -> Errors:
    """All errors together."""
    out = Errors()
    for e in errors:
        out.take(e)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a sixth of the stills, 60 frames per clip; writes no card")
    args = parser.parse_args()
    detector, landmarks = Detector(), Landmarks()
    on_stills = Stills(detector, landmarks)
    for number, (path, faces) in enumerate(stills("val")):
        good = [f for f in faces if f.good]
        if good and not (args.quick and number % 6):
            best = max(good, key=lambda f: (f.box[2:] - f.box[:2]).prod())
            on_stills.one(path, read_rgb(path), best, np.random.default_rng(number))
    order = [*PHOTOMETRIC, "small"]
    rows = [e.row(*k) for k, e in sorted(on_stills.errors.items(), key=lambda kv: order.index(kv[0][1]))]
    rows += [total(e for k, e in on_stills.errors.items() if k[1] == c).row("all stills", c) for c in order]
    rows.append(on_stills.teacher_crop.row("all stills", "clean, teacher's crop"))
    print(table(HEAD, rows), flush=True)
    code_rows = [e.row("utkface", k) for k, e in sorted(on_stills.codes.items())]
    print(table(HEAD, code_rows), flush=True)
    limit = 60 if args.quick else None
    val = [track(c, detector, landmarks, limit) for c in clips("val")]
    talk = [track(c, detector, landmarks, limit) for c in clips("train") if c.kind == "talk_av"]
    head = ("clip", "split", "fps", "frames", "tracked %", "detections", "mean error %", "lips %",
            "opening r", "opening change r", "opening jitter, % IOD")

    def clip_row(split: str, r: ClipResult) -> list[object]:
        return [Path(r.path).name, split, f"{r.fps:.1f}", r.frames, f"{100 * r.tracked / r.frames:.1f}", r.detections,
                f"{np.mean(r.errors.all):.2f}" if r.errors.all else "-", f"{np.mean(r.errors.lips):.2f}" if r.errors.lips else "-",
                f"{r.opening:.3f}", f"{r.motion:.3f}", f"{r.jitter:.2f}"]

    clip_rows = [clip_row("val", r) for r in val] + [clip_row("train", r) for r in talk]
    print(table(head, clip_rows), flush=True)
    clean = total(e for k, e in on_stills.errors.items() if k[1] == "clean")
    moving = total(r.errors for r in val)
    av = {c.path for c in clips("val") if c.kind == "talk_av"}
    fast = [r for r in (*talk, *(r for r in val if r.path in av)) if r.fps > 24.5]
    share = 100 * sum(r.tracked for r in fast) / sum(r.frames for r in fast)
    least = min(fast, key=lambda r: r.tracked / r.frames)
    scores = {k: np.array(v) for k, v in on_stills.scores.items()}
    facts = {
        "val_error_stills_percent": float(np.mean(clean.all)), "val_error_clips_percent": float(np.mean(moving.all)),
        "val_lips_error_stills_percent": float(np.mean(clean.lips)), "val_lips_error_clips_percent": float(np.mean(moving.lips)),
        "tracked_percent_talk_av_25fps": share, "face_recall": float((scores["face"] >= landmarks.threshold).mean()),
        "face_false_on_far_off_crops": float((scores["far_off"] >= landmarks.threshold).mean()),
        "mouth_visibility_clean": float(np.mean(on_stills.mouth_seen["clean"])),
        "mouth_visibility_covered": float(np.mean(on_stills.mouth_seen["covered"]))}
    print(facts, f"least tracked: {least.path} {100 * least.tracked / least.frames:.1f} %", flush=True)
    if not args.quick:
        update_metrics("lmk-1", facts)
        card(table(HEAD, rows), table(HEAD, code_rows), table(head, clip_rows), facts,
             f"{Path(least.path).name}, {100 * least.tracked / least.frames:.1f} %", latency_ms(landmarks))


def card(still_table: str, code_table: str, clip_table: str, facts: dict[str, float], least: str, ms: float) -> None:
    """Writes models/lmk-1.card.md."""
    entry = read_entry("lmk-1")
    parameters = parameter_count(entry["file"])
    write_card(MODELS_DIR / "lmk-1.card.md", "lmk-1: face landmarks", [
        ("Terms of the weights", DATA_TERMS + " The code that made them is MIT OR Apache-2.0."),
        ("What it is", f"A convolutional net of {parameters:,} parameters (plain ReLU; each point is the mean position under a softmax map) "
         "that marks 96 points on a roll-corrected 112 x 112 crop of a face, and says how much of each region is visible, where the head is "
         f"turned, and whether the crop holds a face at all. sha256 `{entry['sha256']}`. One thread of the machine that evaluated it "
         f"(2 shared cores, busy): {ms:.2f} ms median per crop, net alone. Input, outputs, point order and crop geometry: "
         "`manifest.toml` and `train/README.md`."),
        ("How it was made", "Distilled from mediapipe 0.10.21 (Apache-2.0) outputs: its face mesh with refined lips and eyes, averaged over each "
         "picture and its mirror image; faces where the two differ by 2 % of the inter-ocular distance or more were left out. Split `train`: about "
         "6,000 stills and pairs of neighbouring frames of 35 clips. Lip points count twice; inner-lip opening and its change between "
         "neighbouring frames have terms of their own. A quarter of each batch are no faces: far-off "
         "windows, blanked faces, pictures of nothing, and places of `train` pictures that det-1 took for faces (the teacher's detectors had to deny "
         "them). The shipped fit ran in two legs of 64 crops a step, on part of a shared core: 3,541 steps from a rate of 2e-3 (the outline counted "
         "half until step 2,300), then 3,636 from 1e-3, with the mined places from the 400th of them on. Splits `dev`, `eval` and `pairs` were not read. Recipe: `train/run lmk`."),
        ("Figures on `val`, against the teacher", "Mean distance in % of the inter-ocular distance (outer eye corners). Clean stills: "
         f"**{facts['val_error_stills_percent']:.2f} %** (lips {facts['val_lips_error_stills_percent']:.2f} %); clips, tracked: "
         f"**{facts['val_error_clips_percent']:.2f} %** (lips {facts['val_lips_error_clips_percent']:.2f} %). Stills as the service sees a first "
         f"frame (crop from the detector, one more pass); missed = the detector found nothing there:\n\n{still_table}\n\n"
         "Conditions as in the detector's card. The teacher itself differs from its own answer on the mirror image by 1.2 % at the median, "
         "and faces on which it is unsure are not in these figures.\n\nUTKFace by the codes in its file names (gender 0 male, 1 female; ethnicity "
         f"0 White, 1 Black, 2 Asian, 3 Indian, 4 other, as that collection assigns them):\n\n{code_table}"),
        ("Tracking and lip opening in clips", f"{clip_table}\n\n`opening r` is the correlation of the inner-lip opening with the teacher's over a clip, "
         "`opening change r` that of its frame-to-frame change. Tracked, all `talk_av` clips of 25 fps and more (train and val): "
         f"**{facts['tracked_percent_talk_av_25fps']:.1f} %** of the frames; least: {least}. The rows of split train were fitted on."),
        ("Face probability and visibility", f"On clean val faces the face output passes its threshold in {100 * facts['face_recall']:.1f} %; on crops one full "
         f"side off in {100 * facts['face_false_on_far_off_crops']:.1f} % (some of those hold another face). Mean mouth visibility "
         f"{facts['mouth_visibility_clean']:.2f} on bare faces, {facts['mouth_visibility_covered']:.2f} with the mouth covered by a flat slab. Occluders in "
         "training were drawn slabs, not real hands: behind a real hand expect worse."),
        ("What it is bad at", "The visibility output: it hardly falls when a flat slab covers the mouth (figures above), so nothing should lean on it. "
         "Points behind an occluder are guesses; heads turned beyond about 45 degrees (few labels pass the consistency check); "
         "heads lying on their side (a CIPLAB portrait rolled by about 60 degrees is off by 65 % of the eye distance, which alone adds 0.9 to that "
         "collection's mean); faces under about 40 px between the eyes lose lip detail; few webcams among the clips. The outline (oval) is the least certain part. "
         "It inherits the teacher's biases."),
    ])


if __name__ == "__main__":
    main()
