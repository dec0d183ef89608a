"""The drawn head: a relief (height and colour per pixel) in face coordinates.

Face coordinates are pixels with the eyes 100 px apart: the point between the
eyes is (0, 0), x to the picture's right, y down, z towards the viewer. Sizes are
rounded averages of adult heads (eyes about 63 mm apart, so 1 px is 0.63 mm). The
face is invented: every form is a formula below, no photograph or scan went in.
"""

from dataclasses import dataclass

import cv2
import numpy as np

WIDTH, HEIGHT = 380, 500
CX, CY = 190, 245  # where (0, 0) lies on the canvas
GRID_Y, GRID_X = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
X, Y = GRID_X - CX, GRID_Y - CY

MOUTH_Y = 114.0


@dataclass(frozen=True)
class Look:
    """What tells one drawn person from another. Colours are linear-ish RGB in 0..1."""

    skin: tuple = (0.77, 0.535, 0.415)
    lips: tuple = (0.60, 0.265, 0.245)
    hair: tuple = (0.125, 0.085, 0.062)
    iris: tuple = (0.21, 0.135, 0.08)
    shirt: tuple = (0.20, 0.29, 0.40)
    jaw: float = 1.0  # width of the lower face, 0.9..1.1
    nose: float = 1.0
    seed: int = 5


def blob(x0, y0, sx, sy, angle=0.0):
    """A Gaussian bump of height 1."""
    c, s = np.cos(angle), np.sin(angle)
    u = (X - x0) * c + (Y - y0) * s
    v = -(X - x0) * s + (Y - y0) * c
    return np.exp(-0.5 * ((u / sx) ** 2 + (v / sy) ** 2))


def step(value, lo, hi):
    """Smooth 0..1 ramp of an array (or 1..0 when lo > hi)."""
    t = np.clip((value - lo) / (hi - lo), 0, 1)
    return t * t * (3 - 2 * t)


def noise(rng, scale_x, scale_y, shape=(HEIGHT, WIDTH)):
    """Smooth noise of unit standard deviation, blurred by the given sigmas in px."""
    field = rng.standard_normal(shape).astype(np.float32)
    field = cv2.GaussianBlur(field, (0, 0), scale_x, sigmaY=scale_y)
    return field / field.std()


def _curve(points):
    """Smooth function of y through (y, value) points, sampled per canvas row."""
    ys, values = np.array(points, np.float32).T
    rows = np.interp(np.arange(HEIGHT) - CY, ys, values).astype(np.float32)
    return cv2.GaussianBlur(rows[:, None], (1, 0), 1, sigmaY=9)[:, 0]


def _strokes(rng, mask, angle_of, length, count, width=1):
    """Short hairs drawn inside a mask: values 0..1, brighter where strokes overlap."""
    out = np.zeros((HEIGHT, WIDTH), np.float32)
    ys, xs = np.nonzero(mask > 0.5)
    for pick in rng.integers(0, len(ys), count):
        x, y = float(xs[pick]), float(ys[pick])
        angle = angle_of(x - CX, y - CY) + rng.normal(0, 0.16)
        reach = length * rng.uniform(0.6, 1.2)
        layer = rng.uniform(0.35, 1.0)
        end = (x + reach * np.cos(angle), y + reach * np.sin(angle))
        cv2.line(out, _fixed(x, y), _fixed(*end), float(layer), width, cv2.LINE_AA, 4)
    return out


def _fixed(x, y):
    return int(round(x * 16)), int(round(y * 16))


class Head:
    """Height `z`, colour `albedo`, gloss and opacity of a head with a closed mouth and no eyes."""

    def __init__(self, look=Look()):
        self.look = look
        rng = np.random.default_rng(look.seed)
        self.z = self._relief()
        self.alpha, self.hair = self._outline(rng)
        self.albedo, self.gloss = self._colour(rng)
        bumps = noise(rng, 0.8, 0.8) * 0.05 + noise(rng, 1.8, 1.8) * 0.08
        self.z += bumps * (1 - self.hair)
        self.z += cv2.GaussianBlur(self.hair, (0, 0), 7) * 11 + self.hair * self.locks * 1.6
        self.jaw_weight = self._jaw_weight()

    def _relief(self):
        jaw, nose = self.look.jaw, self.look.nose
        half = _curve([
            (-215, 40), (-190, 80), (-150, 108), (-100, 118), (-50, 119), (0, 116), (50, 110),
            (85, 104 * jaw), (112, 97 * jaw), (135, 87 * jaw), (155, 74 * jaw), (172, 59 * jaw),
            (186, 42 * jaw), (197, 22), (204, 4),
        ])  # fmt: skip
        middle = _curve([
            (-215, 20), (-190, 52), (-150, 88), (-110, 107), (-60, 115), (-25, 116), (0, 109),
            (40, 111), (80, 114), (114, 115), (138, 109), (160, 112), (178, 106), (192, 90),
            (204, 62),
        ])  # fmt: skip
        self.half = half[:, None]
        across = np.clip(np.abs(X) / self.half, 0, 1.0)
        z = middle[:, None] * (1 - across**2.5) ** 0.62
        for side in (-1, 1):
            z -= 13 * blob(side * 50, -1, 25, 15)
            z += 6.0 * blob(side * 50, 0, 19, 11)  # the eyeball behind the lids
            z += 5.0 * blob(side * 46, -29, 32, 8, side * 0.08)  # brow ridge
            z += 7.0 * blob(side * 70, 46, 24, 20)  # cheekbone
            z -= 3.0 * blob(side * 60, 96, 17, 24)  # hollow of the cheek
            z += 13.0 * nose * blob(side * 19, 70, 8.5, 8)  # wing of the nose
            z -= 2.0 * blob(side * 39, 92, 4.6, 24, side * -0.50)  # fold beside the mouth
            z += 1.4 * blob(side * 6, 94, 3.0, 8)  # ridges of the philtrum
            z -= 2.0 * blob(side * 30, 20, 13, 4, side * 0.35)  # lower lid furrow
        z += self._nose_ridge(nose)
        z += 13 * nose * blob(0, 64, 11, 10)
        z -= 3.0 * blob(0, 139, 27, 6)  # furrow under the lip
        z += 5.0 * blob(0, 166, 22, 13)  # chin
        z += 3.5 * blob(0, 113, 34, 12)
        return z.astype(np.float32)

    @staticmethod
    def _nose_ridge(nose):
        along = np.clip((Y + 8) / 74, 0, 1)
        height = 27 * nose * along**1.3 + 7 * np.exp(-0.5 * ((Y + 4) / 16) ** 2)
        width = 7.5 + 5.5 * along
        end = step(Y, 84, 70) * step(Y, -45, 0)
        return height * end * np.exp(-0.5 * (X / width) ** 2)

    def _outline(self, rng):
        """Opacity of the head with hair, and the hair's share of each pixel."""
        face = step(np.abs(X) - self.half, 0.5, -1.5) * step(Y, 203, 197) * step(Y, -150, -120)
        crown = ((X / 130) ** 2 + ((Y + 72) / (127 + 1.5 * noise(rng, 9, 9)[0][None, :])) ** 2) ** 0.5
        cap = step(crown + 0.006 * noise(rng, 1.2, 1.2), 1.015, 0.980) * step(Y, 12, -12)
        for side in (-1, 1):
            ear = ((X - side * 121) / 13) ** 2 + ((Y - 22 + side * X * 0.04) / 33) ** 2
            lobe = step(ear, 1.08, 0.92)
            rim = 34 + 9 * np.sin(np.pi * np.clip(ear, 0, 1) ** 0.8 * 1.5) * step(Y, 52, 30)
            self.z = np.maximum(self.z, lobe * rim)
            face = np.maximum(face, lobe)
        wave = noise(rng, 14, 3)[60][None, :] * 2.5 + noise(rng, 2.6, 8) * 1.7
        line = -108 + 0.0030 * (X + 14) ** 2 - 7 * np.exp(-0.5 * ((X - 40) / 15) ** 2) + wave
        temple = step(np.abs(X) + noise(rng, 3, 5) * 1.6, 100, 112) * step(Y, 14, -6)
        hair = np.maximum(step(Y - line, 8, -9) * cap, temple * cap)
        return np.maximum(face, cap * (hair > 0.02)).astype(np.float32), hair.astype(np.float32)

    def _colour(self, rng):
        look = self.look
        blotch = noise(rng, 9, 9) * 0.010 + noise(rng, 2.2, 2.2) * 0.010 + noise(rng, 0.7, 0.7) * 0.012
        tone = 1 + blotch[..., None] * np.array([0.8, 1.1, 1.1])
        albedo = np.array(look.skin) * tone
        red = 0.0
        for side in (-1, 1):
            red = red + 0.8 * blob(side * 66, 56, 25, 22) + 0.5 * blob(side * 120, 25, 14, 30)
            red = red + 0.5 * blob(side * 19, 74, 9, 8)
        red = red + 0.7 * blob(0, 66, 14, 12) + 0.3 * blob(0, 166, 20, 12)
        albedo *= 1 - red[..., None] * np.array([0.015, 0.105, 0.10])
        shade = 0.0
        for side in (-1, 1):
            shade = shade + 0.20 * blob(side * 48, 12, 20, 8) + 0.10 * blob(side * 50, -14, 22, 7)
            albedo *= 1 - 0.80 * blob(side * 9.5, 79.5, 4.8, 2.6, side * -0.25)[..., None]
            albedo *= 1 - 0.22 * blob(side * 28, 74, 2.4, 8, side * 0.3)[..., None]
        beard = step(Y, 78, 120) * step(np.abs(X), 104, 70) * (1 - 0.7 * blob(0, 114, 34, 13))
        beard = np.clip(beard, 0, 1) * (0.055 + 0.03 * np.clip(noise(rng, 0.8, 0.8), -1, 2))
        albedo *= 1 - shade[..., None] * np.array([0.7, 1.0, 0.9])
        albedo *= 1 - beard[..., None] * np.array([1.15, 1.0, 0.8])
        albedo = self._brows(albedo, rng)
        self.locks = self._hair_locks(rng)
        strand = np.array(look.hair) * (0.80 + 0.50 * np.clip(self.locks, 0, 1.6)[..., None])
        mix = self.hair[..., None]
        albedo = albedo * (1 - mix) + strand * mix
        gloss = 0.16 + 0.18 * (blob(0, 50, 12, 26) + blob(0, -70, 60, 26) + blob(0, 166, 16, 9))
        return albedo.astype(np.float32), (gloss * (1 - 0.6 * self.hair)).astype(np.float32)

    def _brows(self, albedo, rng):
        for side in (-1, 1):
            u = (side * X - 20) / 58  # 0 at the inner end, 1 at the outer
            arch = -31 - 8.5 * np.sin(np.pi * np.clip(u, 0, 1) ** 1.25 * 0.86)
            thick = 5.2 * np.clip(1.05 - 0.72 * u, 0.05, 1)
            body = step(np.abs(Y - arch), thick + 1.5, thick - 1.5) * step(u, -0.06, 0.05)
            body = body * step(u, 1.03, 0.92)
            lean = lambda x, y, s=side: -0.30 * s + (np.pi if s < 0 else 0)  # noqa: E731
            hairs = _strokes(rng, body, lean, 9, 420)
            cover = np.clip(0.42 * body + 0.62 * hairs, 0, 0.92)[..., None]
            albedo = albedo * (1 - cover) + np.array(self.look.hair) * 1.05 * cover
        return albedo

    @staticmethod
    def _hair_locks(rng):
        """Combed strands: noise stretched along circles round the parting."""
        angle = np.arctan2(X - 30, -(Y + 170) + 260)
        radius = np.hypot(X - 30, Y + 60)
        fine = noise(rng, 1.3, 26, (256, 1024))
        broad = noise(rng, 5, 40, (256, 1024))
        u = ((angle / np.pi * 3.1 + 0.5) * 1024) % 1023
        v = (radius * 0.9) % 255
        pick = lambda f: cv2.remap(f, u.astype(np.float32), v.astype(np.float32), cv2.INTER_LINEAR)  # noqa: E731
        return (0.5 + 0.34 * pick(fine) + 0.30 * pick(broad)).astype(np.float32)

    @staticmethod
    def _jaw_weight():
        """How far each point follows the jaw: 0 above the mouth, 1 at the chin."""
        down = step(Y, MOUTH_Y - 4, MOUTH_Y + 34)
        side = step(np.abs(X), 112, 62) * (0.35 + 0.65 * step(np.abs(X), 84, 20))
        return (down * side).astype(np.float32)
