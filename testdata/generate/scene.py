"""One webcam picture: room, shoulders, posed and lit head, camera noise, caption."""

from dataclasses import dataclass

import cv2
import numpy as np

from features import paint_eyes, paint_mouth
from head import CX, CY, GRID_X, GRID_Y, HEIGHT, WIDTH, Head, Look, noise, step

KEY = np.array([-0.46, -0.48, 0.75])  # a window up and to the left
FILL = np.array([0.75, -0.05, 0.60])  # a screen and the other wall
PIVOT_Z = 40.0  # the head turns about a point behind the face
CAPTION = "synthetic demo"


@dataclass
class Pose:
    """Angles in degrees (yaw to the picture's right, pitch down, roll clockwise), shift in px."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0


@dataclass
class Expression:
    opening: float = 0.0
    spread: float = 0.0
    rounding: float = 0.0
    smile: float = 0.2
    closed: float = 0.0
    gaze_x: float = 0.0
    gaze_y: float = 0.0
    brow: float = 0.0


def rotation(pose):
    """Face to camera axes."""
    yaw, pitch, roll = np.radians([pose.yaw, pose.pitch, pose.roll])
    cy, sy, cp, sp = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    cr, sr = np.cos(roll), np.sin(roll)
    turn = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    nod = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    tilt = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return tilt @ nod @ turn


class Person:
    """A head with its neck and shoulders, ready to be drawn in any pose."""

    def __init__(self, look=Look()):
        self.look = look
        self.head = Head(look)
        packed = [self.head.albedo, self.head.z[..., None], self.head.gloss[..., None]]
        self._neutral = np.ascontiguousarray(np.concatenate(packed, 2))
        self._alpha = cv2.GaussianBlur(self.head.alpha, (0, 0), 0.7)
        self._brow = np.exp(-0.5 * ((GRID_Y - CY + 38) / 17) ** 2) * step(
            np.abs(GRID_X - CX), 96, 60
        )
        self._body = _body(look)
        self.aperture_px = 0.0

    def _relief(self, face, rot):
        """Lit colours and heights in face coordinates, after jaw, brows, mouth and eyes."""
        drop = self.head.jaw_weight * (face.opening * 31 + 1.5 * face.rounding)
        drop = drop - self._brow * 3.5 * face.brow
        layers = cv2.remap(self._neutral, GRID_X, GRID_Y - drop.astype(np.float32),
                           cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
        albedo, z, gloss = layers[..., :3].copy(), layers[..., 3].copy(), layers[..., 4].copy()
        self.aperture_px = paint_mouth(albedo, z, gloss, face.opening, face.spread,
                                       face.rounding, face.smile, self.look)  # fmt: skip
        paint_eyes(albedo, z, gloss, face.closed, face.gaze_x, face.gaze_y, self.look)
        return self._light(albedo, z, gloss, rot), z

    @staticmethod
    def _light(albedo, z, gloss, rot):
        smooth = cv2.GaussianBlur(z, (0, 0), 1.1)
        dx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3) / 8
        dy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3) / 8
        normal = np.stack([-dx, -dy, np.ones_like(dx)], -1)
        normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
        normal = normal @ rot.T.astype(np.float32)
        occlusion = cv2.GaussianBlur(z, (0, 0), 9) - z
        occlusion = np.clip(1 - 0.020 * np.maximum(occlusion, 0), 0.60, 1)
        key = normal @ (KEY / np.linalg.norm(KEY)).astype(np.float32)
        fill = normal @ (FILL / np.linalg.norm(FILL)).astype(np.float32)
        # Light scattered in skin softens the edge of shadow, red most.
        wrap = np.array([0.42, 0.30, 0.25], np.float32)
        lit = np.maximum(0, (key[..., None] + wrap) / (1 + wrap))
        colour = lit * np.array([0.80, 0.77, 0.73], np.float32)
        colour += np.maximum(0, fill + 0.25)[..., None] * np.array([0.24, 0.235, 0.235], np.float32)
        colour += (0.20 + 0.07 * -normal[..., 1])[..., None] * np.array([1.02, 1, 0.99], np.float32)
        half = KEY / np.linalg.norm(KEY) + np.array([0, 0, 1.0])
        half = (half / np.linalg.norm(half)).astype(np.float32)
        shine = np.clip(normal @ half, 0, 1)
        spark = gloss * (0.55 * shine**14 + 0.75 * shine**48)
        return albedo * colour * occlusion[..., None] + spark[..., None] * 0.42

    def draw(self, canvas, pose, face, at, size):
        """Blends the person into `canvas` (RGB float 0..1).

        `at` is the picture position of the point between the eyes, `size` the
        distance between the eyes, both in px.
        """
        rot = rotation(pose)
        scale = size / 100 * pose.scale
        lit, z = self._relief(face, rot)
        where = (at[0] + pose.x, at[1] + pose.y)
        self._draw_body(canvas, pose, at, size / 100)
        height, width = canvas.shape[:2]
        px, py = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        reach_x, reach_y = int(215 * scale), int(285 * scale)
        x0, x1 = max(0, int(where[0]) - reach_x), min(width, int(where[0]) + reach_x)
        y0, y1 = max(0, int(where[1]) - reach_y), min(height, int(where[1]) + reach_y)
        px = (px[y0:y1, x0:x1] - where[0]) / scale
        py = (py[y0:y1, x0:x1] - where[1]) / scale
        flat, lean = np.linalg.inv(rot[:2, :2]), rot[:2, 2]
        u, v = px, py
        # Each picture point is met by the surface point whose own height carries it there.
        depth = cv2.GaussianBlur(z, (0, 0), 2.0) - PIVOT_Z
        for _ in range(4):
            high = cv2.remap(depth, u + CX, v + CY, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            qx, qy = px - lean[0] * high, py - lean[1] * high
            u = (flat[0, 0] * qx + flat[0, 1] * qy).astype(np.float32)
            v = (flat[1, 0] * qx + flat[1, 1] * qy).astype(np.float32)
        lit = np.ascontiguousarray(lit, np.float32)
        if scale < 0.6:  # against aliasing in small faces
            lit = cv2.GaussianBlur(lit, (0, 0), 0.42 / scale)
        pixels = cv2.remap(lit, u + CX, v + CY, cv2.INTER_LINEAR)
        cover = cv2.remap(self._alpha, u + CX, v + CY, cv2.INTER_LINEAR)[..., None]
        part = canvas[y0:y1, x0:x1]
        part *= 1 - cover
        part += pixels * cover

    def _draw_body(self, canvas, pose, at, scale):
        colour, alpha = self._body
        height, width = canvas.shape[:2]
        matrix = np.array([
            [scale, 0, at[0] + 0.45 * pose.x - 400 * scale],
            [0, scale, at[1] + 0.35 * pose.y - 60 * scale],
        ])  # fmt: skip
        warped = cv2.warpAffine(colour, matrix, (width, height), flags=cv2.INTER_AREA)
        cover = cv2.warpAffine(alpha, matrix, (width, height), flags=cv2.INTER_AREA)[..., None]
        canvas *= 1 - cover
        canvas += warped * cover


def _body(look):
    """Neck, collar and shoulders on an 800x560 sheet whose (400, 60) is the point between the eyes."""
    rng = np.random.default_rng(look.seed + 100)
    y, x = np.mgrid[0:560, 0:800].astype(np.float32)
    x, y = x - 400, y - 60
    neck_half = 66 + 14 * step(y, 190, 235) + 2
    neck = step(np.abs(x) - neck_half, 1.5, -1.5) * step(y, 60, 70) * step(y, 330, 320)
    round_ = np.sqrt(np.clip(1 - (x / (neck_half + 6)) ** 2, 0, 1))
    light = 0.30 + 0.52 * round_ - 0.16 * x / 80
    light = light * (0.52 + 0.48 * step(y, 178, 240))
    skin = np.array(look.skin) * light[..., None] * np.array([1.0, 0.95, 0.93])
    slope = 240 + 34 * np.clip((np.abs(x) - 60) / 100, 0, 1) + 120 * np.clip((np.abs(x) - 150) / 190, 0, 2) ** 1.9
    neckline = 268 - 28 * (x / 84) ** 2
    edge = np.maximum(slope, np.where(np.abs(x) < 84, neckline, 0))
    shirt = step(y - edge, -1.5, 1.5)
    weave = noise(rng, 1.0, 1.0, (560, 800)) * 0.02 + noise(rng, 30, 60, (560, 800)) * 0.05
    shade = 0.62 - 0.0011 * x - 0.0006 * (y - 250) + weave
    shade = shade * (1 - 0.35 * np.exp(-0.5 * ((y - edge) / 7) ** 2))
    cloth = np.array(look.shirt) * shade[..., None] * 1.5
    colour = skin * (1 - shirt[..., None]) + cloth * shirt[..., None]
    return colour.astype(np.float32), np.maximum(neck, shirt).astype(np.float32)


def room(width, height, seed):
    """A plain room out of focus: wall, shelf, books, a plant's shadow and a lamp's glow."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x / width, y / height
    glow = np.exp(-(((x + 0.05) / 0.55) ** 2) - ((y - 0.15) / 0.8) ** 2)
    wall = np.stack([0.60 + 0.26 * glow, 0.59 + 0.25 * glow, 0.565 + 0.23 * glow], -1)
    wall *= (1 - 0.16 * x - 0.10 * y)[..., None]
    picture = (wall * 255).astype(np.uint8)
    u, v = width / 640, height / 360
    box = lambda a, b, c, d, rgb: cv2.rectangle(  # noqa: E731
        picture, (int(a * u), int(b * v)), (int(c * u), int(d * v)), rgb, -1
    )
    box(478, 128, 640, 135, (106, 82, 62))
    left = 488
    while left < 632:
        wide, tall = int(rng.integers(8, 17)), int(rng.integers(46, 78))
        tint = rng.integers(60, 165, 3)
        box(left, 128 - tall, left + wide - 2, 128, tuple(int(c) for c in tint))
        left += wide
    box(28, 44, 128, 170, (88, 74, 62))
    box(34, 50, 122, 164, (171, 180, 186))
    box(34, 112, 122, 164, (128, 146, 132))
    picture = picture.astype(np.float32) / 255
    picture += noise(rng, 3, 3, (height, width))[..., None] * 0.006
    return cv2.GaussianBlur(picture, (0, 0), 2.6 * u)


def camera(picture, rng, strength=1.0):
    """Tone curve, vignette, sensor noise; RGB float in, uint8 BGR-free RGB out."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    edge = ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2)
    out = np.clip(picture, 0, 1.4) * (1 - 0.28 * edge[..., None])
    out = 1 - np.exp(-1.9 * out * (1 + 0.12 * out))
    out = out / (1 - np.exp(-1.9 * 1.12))
    grain = rng.standard_normal((height, width, 1), np.float32) * 0.0050
    grain = grain + rng.standard_normal((height, width, 3), np.float32) * 0.0022
    out = cv2.GaussianBlur(out, (0, 0), 0.45) + grain * strength
    return np.clip(out * 255 + 0.5, 0, 255).astype(np.uint8)


def caption(picture):
    """Burns the caption into the lower left corner of an RGB uint8 picture, in place."""
    height = picture.shape[0]
    size = height / 360 * 0.45
    (wide, tall), _ = cv2.getTextSize(CAPTION, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
    at = (8, height - 9)
    cv2.rectangle(picture, (4, height - tall - 15), (wide + 12, height - 4), (24, 24, 24), -1)
    cv2.putText(picture, CAPTION, at, cv2.FONT_HERSHEY_SIMPLEX, size, (235, 235, 235), 1, cv2.LINE_AA)
    return picture
