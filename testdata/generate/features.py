"""Eyes and mouth: the parts that move, painted on the relief for every frame."""

import numpy as np

from head import CX, CY, MOUTH_Y, X, Y, step

MOUTH_HALF = 39.0  # half the distance between the mouth corners at rest
APERTURE_PX = 42.0  # inner-lip distance at opening 1


def _window(x0, x1, y0, y1):
    return slice(CY + y0, CY + y1), slice(CX + x0, CX + x1)


MOUTH_BOX = _window(-72, 72, 70, 186)
EYE_BOX = {side: _window(side * 50 - 40, side * 50 + 40, -34, 32) for side in (-1, 1)}


def _mix(target, colour, cover):
    target *= 1 - cover[..., None]
    target += np.asarray(colour, np.float32) * cover[..., None]


def paint_mouth(albedo, z, gloss, opening, spread, rounding, smile, look):
    """Lips, teeth, tongue and the dark between them, in place.

    `opening` 0..1 is the inner-lip distance over APERTURE_PX; `spread` -1..1 and
    `rounding` 0..1 change the width. Returns the inner-lip distance in px.
    """
    box = MOUTH_BOX
    x, y = X[box], Y[box]
    gap = APERTURE_PX * opening
    half = MOUTH_HALF * (1 + 0.13 * spread - 0.20 * rounding) + 2.5 * smile
    t = np.clip(np.abs(x) / half, 0, 1.3)
    corner = MOUTH_Y + 1.5 - 5.5 * smile + 0.26 * gap
    arc = np.clip(1 - t**2, 0, 1)
    seam = corner + (MOUTH_Y - corner) * arc**0.8 + 1.1 * np.exp(-0.5 * (x / 7) ** 2)
    inner = np.clip(1 - (t / 0.93) ** 2.2, 0, 1) ** 0.5
    top = seam - 0.13 * gap * inner
    bottom = seam + 0.87 * gap * inner
    full = 1 + 0.22 * rounding - 0.10 * spread
    bow = 1 - 0.20 * np.exp(-0.5 * (x / 6.5) ** 2) + 0.10 * np.exp(-0.5 * ((np.abs(x) - 12) / 7) ** 2)
    upper = top - 12.5 * full * arc**0.85 * bow * (1 - 0.16 * opening)
    lower = bottom + 15.5 * full * arc**0.62 * (1 - 0.18 * opening)
    inside = step(y - top, -0.7, 0.7) * step(y - bottom, 0.7, -0.7) * step(t, 0.98, 0.90)
    inside = inside * min(1.0, gap / 2.0)
    lip_up = step(y - upper, -1.6, 1.0) * step(y - top, 0.8, -0.8) * step(t, 1.02, 0.96)
    lip_lo = step(lower - y, -1.8, 1.2) * step(y - bottom, -0.8, 0.8) * step(t, 1.02, 0.96)
    colour, height, shine = albedo[box], z[box], gloss[box]
    lips = np.array(look.lips)
    crease = 1 - 0.07 * np.sin(x * 1.15 + 2.2 * np.sin(x * 0.31)) * np.clip(arc, 0, 1)
    _mix(colour, lips * 0.88, lip_up * 0.86)
    _mix(colour, lips * 1.04, lip_lo * 0.86)
    colour *= (1 - (lip_up + lip_lo) * (1 - crease) * 0.6)[..., None]
    mid_up = np.clip((y - upper) / np.maximum(top - upper, 1), 0, 1)
    mid_lo = np.clip((y - bottom) / np.maximum(lower - bottom, 1), 0, 1)
    height += lip_up * 5.5 * np.sin(np.pi * mid_up**0.9) * arc**0.5
    height += lip_lo * 8.0 * np.sin(np.pi * mid_lo**0.8) * arc**0.5
    height -= 1.8 * np.exp(-0.5 * ((np.abs(x) - half) / 4.5) ** 2 - 0.5 * ((y - corner) / 5) ** 2)
    shine += 0.22 * lip_lo * arc
    line = np.exp(-0.5 * ((y - seam) / 1.15) ** 2) * step(t, 1.05, 0.9) * max(0.0, 1 - gap / 3)
    _mix(colour, (0.24, 0.09, 0.08), line * 0.85)
    nook = np.exp(-0.5 * (((np.abs(x) - half + 1) / 3.2) ** 2 + ((y - corner) / 2.4) ** 2))
    _mix(colour, (0.30, 0.14, 0.12), nook * 0.55)
    if gap > 0.4:
        _paint_inside(colour, height, shine, x, y, inside, top, bottom, gap, half)
    return gap


def _paint_inside(colour, height, shine, x, y, inside, top, bottom, gap, half):
    depth = np.clip((y - top) / np.maximum(bottom - top, 1), 0, 1)
    dark = np.stack([0.055 + 0.10 * depth, 0.014 + 0.03 * depth, 0.014 + 0.03 * depth], -1)
    _mix(colour, dark, inside)
    tongue = step(depth, 0.66, 0.95) * step(np.abs(x), half * 0.72, half * 0.35) * inside
    _mix(colour, (0.44, 0.19, 0.18), tongue * min(1.0, gap / 12) * 0.8)
    edge = top + min(6.0, 0.26 * gap) * (1 - 0.25 * (x / 30) ** 2)
    teeth = step(edge - y, -0.9, 0.9) * step(np.abs(x), half * 0.80, half * 0.55) * inside
    gaps = np.exp(-0.5 * (((np.abs(x) + 4.2) % 8.4 - 4.2) / 0.55) ** 2)
    ivory = np.stack([0.74 - 0.16 * gaps, 0.69 - 0.17 * gaps, 0.60 - 0.17 * gaps], -1)
    shadow = 0.45 + 0.55 * np.clip((y - top) / 5, 0, 1)
    _mix(colour, ivory * shadow[..., None] * 1.05, teeth * min(1.0, gap / 9))
    height -= 5 * inside
    shine *= 1 - 0.8 * inside


def paint_eyes(albedo, z, gloss, closed, gaze_x, gaze_y, look):
    """Both eyes in place. `closed` 0..1 moves the lids; gaze in px of iris travel."""
    for side in (-1, 1):
        box = EYE_BOX[side]
        _paint_eye(albedo[box], z[box], gloss[box], X[box] - side * 50, Y[box], side,
                   closed, gaze_x, gaze_y, look)  # fmt: skip


def _paint_eye(colour, height, shine, x, y, side, closed, gaze_x, gaze_y, look):
    u = x * side / 26.5  # -1 at the inner corner, 1 at the outer
    arc = np.clip(1 - u**2, 0, 1)
    tilt = 1.6 * -u
    top_open = tilt - 11.6 * arc**0.72 * (1 + 0.08 * u) + 0.30 * gaze_y
    floor = tilt + 6.9 * arc**0.85
    top = top_open + (floor - 1.0 - top_open) * closed
    ball = step(y - top, -0.6, 0.7) * step(floor - y, -0.6, 0.7) * (np.abs(u) < 1.0)
    white = 0.74 - 0.16 * u**2 - 0.20 * np.clip(1 - (y - top) / 6, 0, 1)
    _mix(colour, np.stack([white * 1.0, white * 0.955, white * 0.93], -1), ball)
    _mix(colour, (0.62, 0.33, 0.30), ball * step(u, -0.78, -0.97) * 0.8)
    r = np.hypot(x - gaze_x, y + 1.5 - gaze_y)
    angle = np.arctan2(y + 1.5 - gaze_y, x - gaze_x)
    fibre = 1 + 0.22 * np.sin(angle * 19 + 2 * np.sin(angle * 5)) * step(r, 2, 7)
    ring = np.array(look.iris) * (fibre * (1.25 - 0.85 * step(r, 6.2, 9.4)))[..., None]
    _mix(colour, ring * 1.05, step(r, 9.9, 8.9) * ball)
    _mix(colour, (0.012, 0.012, 0.014), step(r, 4.4, 3.5) * ball)
    colour *= (1 - 0.45 * ball * np.clip(1 - (y - top) / 4.5, 0, 1))[..., None]
    glint = np.exp(-0.5 * (((x - gaze_x + 3.0) / 1.5) ** 2 + ((y - gaze_y + 4.2) / 1.5) ** 2))
    _mix(colour, (1.25, 1.25, 1.25), glint * ball)
    shine *= 1 - ball * 0.9
    lash = np.exp(-0.5 * ((y - top + 0.7) / (1.15 + 0.5 * arc)) ** 2) * step(np.abs(u), 1.12, 0.95)
    _mix(colour, (0.07, 0.045, 0.035), lash * 0.88)
    under = np.exp(-0.5 * ((y - floor) / 0.9) ** 2) * step(np.abs(u), 1.05, 0.9)
    _mix(colour, (0.36, 0.21, 0.17), under * 0.55)
    fold = np.exp(-0.5 * ((y - top_open + 6.4 - 4.0 * closed) / 1.2) ** 2) * step(np.abs(u), 1.15, 0.8)
    _mix(colour, (0.42, 0.27, 0.21), fold * 0.40 * (1 - 0.5 * closed))
    lid = step(top - y, -0.5, 1.0) * step(y - top_open, -1.0, 1.0) * (np.abs(u) < 1)
    height += 2.4 * lid * arc + 1.2 * ball * arc
