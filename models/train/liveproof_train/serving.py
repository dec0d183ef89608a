"""Runs the exported nets as the service does: letterbox, detect, suppress; crop, landmarks, track."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnxruntime as ort

from .manifest import read_entry
from .paths import MODELS_DIR
from .preprocess import Crop, crop_from_detection, crop_from_points, crop_picture, letterbox, normalise


CLEAR = 0.65  # score at which the service starts a track (src/track/tracker.rs), if lmk-1 confirms the face


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


class Tracker:
    """One face through a clip: the crop comes from the last frame's points, else from a detection."""

    def __init__(self, detector: Detector, landmarks: Landmarks):
        self.detector, self.landmarks = detector, landmarks
        self.crop: Crop | None = None
        self.detections = 0

    def __call__(self, rgb: np.ndarray) -> Marks | None:
        """The face of the next frame, or None."""
        if self.crop is not None:
            marks = self.landmarks(rgb, self.crop)
            if marks.face >= self.landmarks.threshold:
                self.crop = crop_from_points(marks.points)
                return marks
        self.crop = None
        self.detections += 1
        hits = self.detector(rgb, CLEAR)
        if not hits:
            return None
        best = hits[0]
        marks = self.landmarks(rgb, crop_from_detection(best.box, best.five))
        if marks.face < self.landmarks.threshold:
            return None
        self.crop = crop_from_points(marks.points)
        return marks
