"""Runs the exported nets as the service does: letterbox, detect, suppress; crop, landmarks, track."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnxruntime as ort

from .manifest import read_entry
from .paths import MODELS_DIR
from .preprocess import Crop, crop_from_detection, crop_from_points, crop_picture, letterbox, normalise


# A track starts (src/track/tracker.rs) at this detector score, where lmk-1 gives this face probability twice:
# on the detector's crop and again on the crop of its own points.
CLEAR, CLEAR_FACE = 0.65, 0.9
SAME_FACE_IOU = 0.3  # overlap at which a face that was lost is taken up again at the net's own threshold


def session_of(file: str) -> ort.InferenceSession:
    """One-thread session of a model file."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(str(MODELS_DIR / file), options, providers=["CPUExecutionProvider"])


def parameter_count(file: str) -> int:
    """Numbers in the initialisers of a model file (batch normalisation is folded in)."""
    import onnx

    graph = onnx.load(str(MODELS_DIR / file)).graph
    return int(sum(np.prod(tensor.dims) for tensor in graph.initializer))


@dataclass
class Hit:
    """A detected face in frame pixels."""

    score: float
    box: np.ndarray
    five: np.ndarray


def iou_with(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """IoU of one box with many."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    both = np.clip(high - low, 0, None).prod(1)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    return both / ((box[2:] - box[:2]).prod() + area - both + 1e-9)


class Detector:
    """det-1.onnx with greedy non-maximum suppression."""

    def __init__(self) -> None:
        entry = read_entry("det-1")
        self.threshold, self.nms_iou = entry["params"]["score_threshold"], entry["params"]["nms_iou"]
        self.session = session_of(entry["file"])

    def __call__(self, rgb: np.ndarray, threshold: float | None = None) -> list[Hit]:
        """Faces of a frame, best first, down to `threshold` (default: the served one)."""
        picture, scale = letterbox(rgb)
        scores, boxes, points = (o[0] for o in self.session.run(None, {"image": normalise(picture)[None]}))
        rows = np.flatnonzero(scores >= (self.threshold if threshold is None else threshold))
        rows = rows[np.argsort(-scores[rows], kind="stable")]
        out: list[Hit] = []
        while len(rows):
            best = rows[0]
            out.append(Hit(float(scores[best]), boxes[best] * scale, points[best].reshape(5, 2) * scale))
            rows = rows[iou_with(boxes[best], boxes[rows]) <= self.nms_iou]
        return out


@dataclass
class Marks:
    """Landmarks of one crop; points in frame pixels."""

    points: np.ndarray
    visibility: np.ndarray
    pose: np.ndarray
    face: float


class Landmarks:
    """lmk-1.onnx."""

    def __init__(self) -> None:
        entry = read_entry("lmk-1")
        self.threshold = entry["params"]["face_threshold"]
        self.session = session_of(entry["file"])

    def __call__(self, rgb: np.ndarray, crop: Crop) -> Marks:
        points, visibility, pose, face = (o[0] for o in self.session.run(
            None, {"image": normalise(crop_picture(rgb, crop))[None]}))
        return Marks(crop.to_frame(points.reshape(96, 2)), visibility, pose, float(face[0]))


def twice(landmarks: Landmarks, rgb: np.ndarray, hit: Hit, least: float) -> Marks | None:
    """What the service measures of a face that it takes up, or None where it does not take the hit for one."""
    first = landmarks(rgb, crop_from_detection(hit.box, hit.five))
    if first.face < least:
        return None
    second = landmarks(rgb, crop_from_points(first.points))
    return second if second.face >= least else None


class Tracker:
    """One face through a clip: the crop comes from the last frame's points, else from a detection."""

    def __init__(self, detector: Detector, landmarks: Landmarks):
        self.detector, self.landmarks = detector, landmarks
        self.crop: Crop | None = None
        self.last: np.ndarray | None = None  # box of the face when it was last seen
        self.detections = 0

    def __call__(self, rgb: np.ndarray) -> Marks | None:
        """The face of the next frame, or None."""
        marks = None
        if self.crop is not None:
            marks = self.landmarks(rgb, self.crop)
        if marks is None or marks.face < self.landmarks.threshold:
            marks = self.take_up(rgb)
        self.crop = crop_from_points(marks.points) if marks else None
        if marks:
            self.last = np.r_[marks.points.min(0), marks.points.max(0)]
        return marks

    def take_up(self, rgb: np.ndarray) -> Marks | None:
        """A face among the detector's: the known one first, then by score."""
        self.detections += 1

        def overlap(hit: Hit) -> float:
            return 0.0 if self.last is None else float(iou_with(hit.box, self.last[None])[0])

        hits = [(h, overlap(h) >= SAME_FACE_IOU) for h in self.detector(rgb)]
        hits = [(h, known) for h, known in hits if known or h.score >= CLEAR]
        for hit, known in sorted(hits, key=lambda e: (-overlap(e[0]), -e[0].score))[:3]:
            marks = twice(self.landmarks, rgb, hit, self.landmarks.threshold if known else CLEAR_FACE)
            if marks:
                return marks
        return None
