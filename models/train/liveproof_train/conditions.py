"""Conditions under which the nets are evaluated: what light, lens, codec or a hand do to a picture."""
from __future__ import annotations

import cv2
import numpy as np

from .labels import Face

FRAME = (1280, 720)  # frame that "small" puts a face into
SMALL_HEIGHT = 0.10  # face height there, in frame heights


def dark(rgb: np.ndarray, face: Face, rng: np.random.Generator) -> np.ndarray:
    """A fifth of the light, with sensor noise of 4 grey levels."""
    return np.clip(rgb * 0.2 + rng.normal(0, 4, rgb.shape), 0, 255).astype(np.uint8)


def blur(rgb: np.ndarray, face: Face, rng: np.random.Generator) -> np.ndarray:
    """Defocus with a sigma of 2.5 % of the face's height."""
    return cv2.GaussianBlur(rgb, (0, 0), 0.025 * float(face.box[3] - face.box[1]))


def jpeg(rgb: np.ndarray, face: Face, rng: np.random.Generator) -> np.ndarray:
    """JPEG of quality 20."""
    data = cv2.imencode(".jpg", rgb[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 20])[1]
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[:, :, ::-1])


def occluded(rgb: np.ndarray, face: Face, rng: np.random.Generator) -> np.ndarray:
    """A skin-coloured, slightly striped slab over a quarter of the face, from the left, right or below."""
    out = rgb.copy()
    x0, y0, x1, y1 = face.box
    w, h = x1 - x0, y1 - y0
    side = int(rng.integers(3))
    if side == 2:
        area = (x0 - 0.1 * w, y1 - 0.25 * h, x1 + 0.1 * w, y1 + 0.2 * h)
    else:
        area = (x0 - 0.2 * w, y0, x0 + 0.25 * w, y1) if side == 0 else (x1 - 0.25 * w, y0, x1 + 0.2 * w, y1)
    a, b, c, d = (int(round(v)) for v in area)
    a, b = max(a, 0), max(b, 0)
    part = out[b:d, a:c]
    if part.size:
        nose = face.points[[70, 71, 72]].mean(0).astype(int)
        skin = rgb[max(0, nose[1] - 3):nose[1] + 4, max(0, nose[0] - 3):nose[0] + 4].reshape(-1, 3)
        tone = skin.mean(0) if len(skin) else np.array([180.0, 140.0, 120.0])
        stripes = 1 + 0.12 * np.sin(np.arange(part.shape[0])[:, None, None] * 2 * np.pi / max(4.0, 0.12 * h))
        part[:] = np.clip(tone * stripes, 0, 255)
    return out


PHOTOMETRIC = {"clean": lambda rgb, face, rng: rgb, "dark": dark, "blur": blur, "jpeg": jpeg, "occluded": occluded}


def small(rgb: np.ndarray, faces: list[Face], rng: np.random.Generator) -> tuple[np.ndarray, list[Face]]:
    """The picture placed into a 1280 x 720 frame so that its first face is a tenth of the frame high."""
    width, height = FRAME
    scale = SMALL_HEIGHT * height / float(faces[0].box[3] - faces[0].box[1])
    part = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    part = part[:height, :width]
    out = np.empty((height, width, 3), np.uint8)
    ramp = np.linspace(0.6, 1.3, width)[None, :, None]
    out[:] = np.clip(ramp * rng.uniform(30, 160, 3), 0, 255)
    y, x = int(rng.integers(height - part.shape[0] + 1)), int(rng.integers(width - part.shape[1] + 1))
    out[y:y + part.shape[0], x:x + part.shape[1]] = part
    return out, [Face(face.mesh * scale + np.array([x, y, 0]), face.flip_error) for face in faces]
