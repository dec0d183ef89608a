"""A drawn hand with forearm: a relief like the head's, from tapered rods for bones.

Hand coordinates are pixels with the palm 100 px wide: the wrist's middle is (0, 0), x to the
picture's right, fingers towards -y, z towards the viewer, who sees the back of a left hand (the
mirror of it for a right one). Lengths are rounded averages of adult hands (palm about 85 mm wide).
No photograph or scan of a hand went in.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from head import noise, step

LEFT, TOP = 190, 250  # where (0, 0) lies on the sheet
SHEET_W, SHEET_H = 380, 900
GRID_Y, GRID_X = np.mgrid[0:SHEET_H, 0:SHEET_W].astype(np.float32)
X, Y = GRID_X - LEFT, GRID_Y - TOP

# Base of each finger, its length, the radii of its root and tip, and how far it fans out (degrees)
FINGERS = {
    "index": ((-33.0, -98.0), 86.0, 13.8, 10.4, -9.0),
    "middle": ((-10.5, -105.0), 95.0, 14.0, 10.6, -2.5),
    "ring": ((13.0, -100.0), 88.0, 13.4, 10.0, 4.5),
    "little": ((35.0, -87.0), 68.0, 11.8, 8.8, 13.0),
}
PHALANGES = (0.46, 0.30, 0.24)


@dataclass(frozen=True)
class HandLook:
    """What tells one drawn hand from another. Colours as in head.Look."""

    skin: tuple = (0.77, 0.535, 0.415)
    sleeve: tuple = (0.20, 0.29, 0.40)
    sleeve_from: float = 235.0  # px below the wrist where the cloth begins
    spread: float = 1.0  # fingers: 0 closed, 1 relaxed, 1.8 spread out
    thumb: float = 1.0  # thumb: 0 beside the palm, 1 away from it
    curl: float = 0.10  # 0 straight; shortens the fingers as seen from the front
    seed: int = 9


def rod(a, b, ra, rb, rise=0.0, drop=0.0, flat=1.0):
    """Height of a tapered rod from a to b, -inf where it is not; `rise`, `drop`: height of its axis at its ends."""
    a, b = np.asarray(a, np.float32), np.asarray(b, np.float32)
    along = b - a
    length2 = float(along @ along) + 1e-6
    t = np.clip(((X - a[0]) * along[0] + (Y - a[1]) * along[1]) / length2, 0, 1)
    d2 = (X - a[0] - t * along[0]) ** 2 + (Y - a[1] - t * along[1]) ** 2
    r = ra + (rb - ra) * t
    inside = r * r - d2
    return np.where(inside > 0, flat * np.sqrt(np.maximum(inside, 0)) + rise + (drop - rise) * t, -1e3)


def union(heights, soft):
    """Highest of the heights, rounded where two meet within about `soft` px."""
    out = heights[0]
    for h in heights[1:]:
        gap = np.clip(0.5 + 0.5 * (h - out) / soft, 0, 1)
        both = (h > -500) & (out > -500)
        out = np.where(both, out + (h - out) * gap + soft * gap * (1 - gap), np.maximum(h, out))
    return out


def turn(vector, degrees):
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([c * vector[0] - s * vector[1], s * vector[0] + c * vector[1]])


class Hand:
    """Lit-ready layers of one hand: `albedo`, height `z`, `gloss`, opacity `alpha` on the sheet."""

    def __init__(self, look=HandLook()):
        self.look = look
        rng = np.random.default_rng(look.seed)
        self.nails, self.joints = [], []
        fingers = [self._finger(*FINGERS[name]) for name in FINGERS]
        thumb = self._thumb()
        z = self._palm(fingers, thumb)
        arm = union([rod((0, 14), (0, 90), 35, 36, 4, 8, 0.72), rod((0, 90), (4, 330), 36, 48, 8, 14, 0.72),
                     rod((4, 330), (4, 700), 48, 54, 14, 16, 0.72)], 6.0)  # fmt: skip
        z = union([z, arm], 9.0)
        self.alpha = cv2.GaussianBlur((z > -500).astype(np.float32), (0, 0), 0.9)
        self.z = np.where(z > -500, z, 0).astype(np.float32)
        self._wrinkles(rng)
        self._colour(rng)
        self._sleeve(rng)

    def _finger(self, base, length, root, tip, fan):
        look = self.look
        at, heading = np.array(base), turn((0, -1), fan * look.spread)
        parts, z = [], 3.0
        for k, share in enumerate(PHALANGES):
            bent = np.cos(np.radians(look.curl * 60 * k))
            end = at + heading * length * share * bent
            ra, rb = root + (tip - root) * k / 3, root + (tip - root) * (k + 1) / 3
            parts.append(rod(at, end, ra, rb, z, z - 14 * look.curl * k))
            z -= 14 * look.curl * k
            if k:
                self.joints.append((at, heading, ra))
                parts.append(rod(at, at + 0.1, ra * 1.07, ra * 1.07, z - 0.6, z - 0.6))  # the joint is thicker
            at = end
        self.nails.append((at - heading * tip * 0.30, heading, tip))
        return union(parts, 2.5)

    def _thumb(self):
        away = self.look.thumb
        root, first = np.array([-27.0, -20.0]), turn((0, -1), -22 - 20 * away)
        knuckle = root + 52 * first
        second = turn((0, -1), -8 - 26 * away)
        middle = knuckle + 36 * second
        third = turn((0, -1), -4 - 20 * away)
        end = middle + 26 * third
        self.joints.append((middle, third, 13.0))
        self.nails.append((end - third * 4.0, third, 11.5))
        return union([rod(root, knuckle, 21, 16, -2, 0), rod(knuckle, middle, 14.6, 13.2, 0, -1),
                      rod(middle, end, 13.4, 11.4, -1, -2)], 4.0)  # fmt: skip

    @staticmethod
    def _palm(fingers, thumb):
        """The back of the hand: metacarpals under a sheet of skin, then fingers and thumb on it."""
        bones = []
        for k, (base, _, root, _, _) in enumerate(FINGERS.values()):
            wrist = np.array([-21.0 + 14 * k, -6.0])
            bones.append(rod(wrist, base, 20, root * 1.42, 2, 4, 0.62))
        bones.append(rod((-8, -30), (6, -70), 34, 36, -4, -4, 0.55))
        palm = union(bones, 9.0)
        palm = np.where(palm > -500, cv2.GaussianBlur(np.where(palm > -500, palm, 0).astype(np.float32), (0, 0), 1.6), palm)
        out = union([palm, thumb], 7.0)
        for one in fingers:
            out = union([out, one], 5.0)
        return out

    def _wrinkles(self, rng):
        """Folds of the joints, tendons, knuckles, fine grain."""
        self.folds = np.zeros((SHEET_H, SHEET_W), np.float32)
        for at, heading, radius in self.joints:
            across = np.array([-heading[1], heading[0]])
            for shift in (-0.28, 0.0, 0.26):
                middle = at + heading * shift * radius * 0.9
                span = radius * rng.uniform(0.50, 0.72)
                curve = [middle + across * s * span + heading * 1.6 * (1 - s * s) * np.sign(shift + 0.01) for s in np.linspace(-1, 1, 9)]
                points = np.round((np.array(curve) + [LEFT, TOP]) * 16).astype(np.int32)
                cv2.polylines(self.folds, [points], False, float(rng.uniform(0.5, 1.0)), 1, cv2.LINE_AA, 4)
        self.folds = cv2.GaussianBlur(self.folds, (0, 0), 0.8)
        self.z -= 1.1 * self.folds
        for k, (base, *_) in enumerate(FINGERS.values()):
            base = np.array(base)
            self.z += 3.4 * np.exp(-0.5 * (((X - base[0]) / 8.5) ** 2 + ((Y - base[1] + 1) / 8) ** 2))  # knuckle
            away = np.array([-14.0 + 9.5 * k, -8.0])
            along = base - away
            t = np.clip(((X - away[0]) * along[0] + (Y - away[1]) * along[1]) / (along @ along), 0, 1)
            d2 = (X - away[0] - t * along[0]) ** 2 + (Y - away[1] - t * along[1]) ** 2
            self.z += 1.5 * np.exp(-0.5 * d2 / 3.2**2) * np.sin(np.pi * np.clip(t, 0.02, 0.98))  # tendon
        self.z += noise(rng, 0.8, 0.8, self.z.shape) * 0.05 + noise(rng, 2.0, 2.0, self.z.shape) * 0.09

    def _colour(self, rng):
        shape = self.z.shape
        blotch = noise(rng, 9, 9, shape) * 0.014 + noise(rng, 2.2, 2.2, shape) * 0.012 + noise(rng, 0.7, 0.7, shape) * 0.012
        albedo = np.array(self.look.skin) * (1 + blotch[..., None] * np.array([0.8, 1.1, 1.1]))
        red = np.zeros(shape, np.float32)
        for base, *_ in FINGERS.values():
            red += 0.7 * np.exp(-0.5 * (((X - base[0]) / 10) ** 2 + ((Y - base[1]) / 10) ** 2))
        for at, _, radius in self.joints:
            red += 0.6 * np.exp(-0.5 * ((X - at[0]) ** 2 + (Y - at[1]) ** 2) / (0.6 * radius) ** 2)
        albedo *= 1 - np.clip(red, 0, 1)[..., None] * np.array([0.03, 0.13, 0.12])
        albedo *= 1 - 0.30 * self.folds[..., None] * np.array([0.8, 1.0, 1.0])
        self.gloss = np.full(shape, 0.13, np.float32)
        for at, heading, radius in self.nails:
            u = (X - at[0]) * heading[0] + (Y - at[1]) * heading[1]
            v = -(X - at[0]) * heading[1] + (Y - at[1]) * heading[0]
            plate = (np.abs(v / (0.60 * radius)) ** 2.6 + np.abs(u / (0.78 * radius)) ** 2.6) ** (1 / 2.6)
            nail = step(plate, 1.05, 0.88)
            rim = np.exp(-0.5 * ((plate - 1.0) / 0.10) ** 2)
            edge = nail * step(u, 0.52 * radius, 0.70 * radius)
            tint = np.array(self.look.skin) * np.array([1.06, 1.00, 1.02])
            albedo = albedo * (1 - 0.6 * nail[..., None]) + tint * 0.6 * nail[..., None]
            albedo = albedo * (1 - 0.35 * edge[..., None]) + np.array([0.86, 0.80, 0.74]) * 0.35 * edge[..., None]
            albedo *= 1 - 0.16 * rim[..., None] * np.array([0.7, 1, 1])
            self.gloss += 0.35 * nail
            self.z -= 0.5 * rim
        self.albedo = albedo.astype(np.float32)

    def _sleeve(self, rng):
        """Cloth from `sleeve_from` px below the wrist on: a little wider than the arm, with folds."""
        start = self.look.sleeve_from + 5 * np.sin(X / 17)
        half = 43 + 0.04 * (Y - 90) + noise(rng, 9, 30, self.z.shape) * 1.4
        cloth = step(Y - start, -1.0, 1.0) * step(np.abs(X - 3) - half - 8, 1.5, -1.5)
        folds = noise(rng, 26, 7, self.z.shape) * 2.6 + noise(rng, 1.0, 1.0, self.z.shape) * 0.25
        rise = 0.74 * np.sqrt(np.maximum((half + 9) ** 2 - (X - 3) ** 2, 0)) + 16 + folds - 5 * np.exp(-((Y - start) / 7) ** 2)
        mix = cloth[..., None]
        self.z = (self.z * (1 - cloth) + rise * cloth).astype(np.float32)
        weave = 1 + noise(rng, 1.0, 1.0, self.z.shape)[..., None] * 0.03
        self.albedo = (self.albedo * (1 - mix) + np.array(self.look.sleeve) * 1.15 * weave * mix).astype(np.float32)
        self.gloss = (self.gloss * (1 - cloth)).astype(np.float32)
        self.alpha = np.maximum(self.alpha, cloth).astype(np.float32)
