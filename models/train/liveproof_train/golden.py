"""Golden tensors for the Rust side, from generated pictures only: testdata/golden/.

    python -m liveproof_train.golden

pre.json holds the cases; each names its .npy files (little endian, C order). `pattern` frames are
not stored but defined by integer formulas, so that large frames cost nothing:
with tri(v) = v mod 512 if that is < 256, else 511 - (v mod 512),
R = tri(3 x + 2 y), G = tri(x x / 64 + y) (integer division), B = tri(5 y + x / 2).
"""
from __future__ import annotations

import json

import cv2
import numpy as np

from .paths import REPO_DIR
from .preprocess import Crop, crop_from_detection, crop_from_points, crop_picture, letterbox, normalise
from .serving import Detector, Landmarks

PATTERNS = ((300, 220), (640, 480), (1280, 720), (720, 1280), (512, 512), (161, 97))
CROPS = ((300, 220, Crop(150.0, 100.0, 90.0, 0.2)), (1280, 720, Crop(700.5, 300.25, 420.0, -0.35)),
         (640, 480, Crop(30.0, 460.0, 240.0, 0.0)))
ROW_STEP = 6  # only every sixth row of a letterboxed input is stored


def tri(v: np.ndarray) -> np.ndarray:
    """Triangle wave 0..255 of period 512."""
    v = v % 512
    return np.where(v < 256, v, 511 - v)


def pattern(width: int, height: int) -> np.ndarray:
    """The formula-defined frame."""
    y, x = np.mgrid[:height, :width]
    return np.stack((tri(3 * x + 2 * y), tri(x * x // 64 + y), tri(5 * y + x // 2)), -1).astype(np.uint8)


def drawn_face(size: int = 288) -> np.ndarray:
    """A drawn head on a ramp: enough of a face for both nets to answer."""
    y, x = np.mgrid[:size, :size].astype(np.float32) / size
    out = np.stack((90 + 60 * x, 110 + 50 * y, 140 - 40 * x), -1)

    def oval(cx: float, cy: float, rx: float, ry: float, tone: tuple[float, float, float], soft: float = 0.01) -> None:
        d = np.sqrt(((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2)
        alpha = np.clip((1 - d) / (soft / min(rx, ry)) + 0.5, 0, 1)[..., None]
        light = (1 - 0.35 * np.clip(d, 0, 1) ** 2 - 0.25 * (x - cx))[..., None]
        out[:] = out * (1 - alpha) + np.array(tone) * light * alpha

    oval(0.5, 1.12, 0.42, 0.3, (60, 70, 110))  # shoulders
    oval(0.5, 0.80, 0.12, 0.17, (185, 140, 115))  # neck
    oval(0.5, 0.42, 0.27, 0.34, (70, 48, 36))  # hair
    oval(0.5, 0.49, 0.225, 0.295, (226, 178, 150))  # face
    for side in (-1, 1):
        cx = 0.5 + side * 0.095
        oval(cx, 0.365, 0.062, 0.014, (80, 52, 40))  # brow
        oval(cx, 0.425, 0.058, 0.034, (190, 140, 118), 0.03)  # socket
        oval(cx, 0.43, 0.044, 0.021, (245, 242, 240))  # eye
        oval(cx, 0.43, 0.019, 0.02, (60, 40, 30))  # iris
        oval(cx, 0.43, 0.008, 0.009, (15, 12, 12))  # pupil
        oval(0.5 + side * 0.028, 0.565, 0.013, 0.009, (120, 70, 60))  # nostril
    oval(0.505, 0.52, 0.03, 0.055, (238, 192, 165), 0.04)  # nose
    oval(0.5, 0.655, 0.085, 0.034, (175, 84, 84))  # lips
    oval(0.5, 0.655, 0.062, 0.010, (70, 26, 28))  # mouth
    return cv2.GaussianBlur(np.clip(out, 0, 255).astype(np.uint8), (0, 0), 0.8)


def main() -> None:
    folder = REPO_DIR / "testdata" / "golden"
    folder.mkdir(parents=True, exist_ok=True)
    index: dict[str, list] = {"letterbox": [], "crop": [], "crop_from_detection": [], "crop_from_points": [], "nets": []}

    def store(name: str, array: np.ndarray) -> str:
        np.save(folder / name, array)
        size = (folder / name).stat().st_size
        assert size < 300_000, f"{name} has {size} bytes"
        return name

    for width, height in PATTERNS:
        picture, scale = letterbox(pattern(width, height))
        index["letterbox"].append({
            "pattern": [width, height], "scale": scale, "row_step": ROW_STEP,
            "tensor": store(f"letterbox-{width}x{height}.npy", normalise(picture)[:, ::ROW_STEP].copy())})
    for number, (width, height, crop) in enumerate(CROPS):
        index["crop"].append({
            "pattern": [width, height], "cx": crop.cx, "cy": crop.cy, "side": crop.side, "roll_rad": crop.roll,
            "tensor": store(f"crop-{number}.npy", normalise(crop_picture(pattern(width, height), crop)))})
    face = drawn_face()
    detector, landmarks = Detector(), Landmarks()
    picture, _ = letterbox(face)
    raw = detector.session.run(None, {"image": normalise(picture)[None]})
    hits = detector(face, 0.0)
    best = hits[0]
    crop = crop_from_detection(best.box, best.five)
    index["crop_from_detection"].append({"box": best.box.tolist(), "five": best.five.tolist(), **as_json(crop)})
    marks = landmarks(face, crop)
    again = crop_from_points(marks.points)
    index["crop_from_points"].append({"points": store("face-points.npy", marks.points.astype(np.float32)), **as_json(again)})
    second = landmarks.session.run(None, {"image": normalise(crop_picture(face, again))[None]})
    index["nets"].append({
        "frame": store("face.npy", face), "best_score": best.score, "best_box": best.box.tolist(),
        "det": [store(f"face-det-{n}.npy", o[0]) for n, o in zip(("scores", "boxes", "points"), raw)],
        "lmk_crop": as_json(again),
        "lmk": [store(f"face-lmk-{n}.npy", o[0]) for n, o in zip(("points", "visibility", "pose", "face"), second)],
        "note": "det: outputs on the letterboxed frame; lmk: outputs on lmk_crop of the frame"})
    (folder / "pre.json").write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")
    print(f"golden: drawn face scored {best.score:.3f}, face probability {float(second[3][0, 0]):.3f}, "
          f"{sum(f.stat().st_size for f in folder.glob('*')) / 1e6:.1f} MB")


def as_json(crop: Crop) -> dict[str, float]:
    """A crop as the index names it."""
    return {"cx": crop.cx, "cy": crop.cy, "side": crop.side, "roll_rad": crop.roll}


if __name__ == "__main__":
    main()
