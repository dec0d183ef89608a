"""Writes the demo's two hand challenges: the person passes a hand before the face, and the same before a swapped face.

In the second clip another drawn person's face is painted over every finished picture, the hand in it or not, as a
face swapper does that knows nothing of hands: 128 pixels wide, under a soft oval. Everything else is the same.
"""

import json
from pathlib import Path

import cv2
import numpy as np

from encode import X264, VideoPipe
from hand import LEFT, TOP, Hand, HandLook
from head import Look
from motion import Motion
from mouth import STEP_HZ
from scene import Person, camera, caption, room

WIDTH, HEIGHT, FPS, LENGTH_S, CRF = 640, 360, 25, 9.0, 26
EYES_AT, EYES_APART = (322, 152), 67
PROMPT_END_S, DEADLINE_S, COUNT = 1.5, 8.0, 2
PALM_PX = 96.0  # width of the palm in the picture: an adult's hand, a little nearer than the face
# Time, palm's centre: up from below, across, back, down again
WAY = [(2.40, 170.0, 520.0), (3.05, 180.0, 210.0), (3.20, 180.0, 208.0), (4.25, 470.0, 202.0), (4.50, 472.0, 206.0),
       (5.55, 176.0, 206.0), (5.70, 176.0, 212.0), (6.30, 160.0, 520.0)]  # fmt: skip
CROSSINGS = [(3.20, 4.25), (4.50, 5.55)]
ELBOW_Y = 640.0  # below the picture: the forearm turns about it
SUBFRAMES, SHUTTER = 5, 0.5
SWAP_PX = 128
OTHER = Look(skin=(0.80, 0.575, 0.455), lips=(0.66, 0.30, 0.29), hair=(0.16, 0.11, 0.07), iris=(0.16, 0.21, 0.24),
             jaw=0.94, nose=0.90, seed=41)  # fmt: skip


def palm_at(time_s, way=WAY):
    """Palm's centre and lean (degrees clockwise) at a time, None while the hand is out of the picture."""
    if not way[0][0] <= time_s <= way[-1][0]:
        return None
    times, xs, ys = np.array(way).T
    k = int(np.clip(np.searchsorted(times, time_s, "right") - 1, 0, len(way) - 2))
    part = (time_s - times[k]) / (times[k + 1] - times[k])
    eased = 0.5 - 0.5 * np.cos(np.pi * part)
    x, y = xs[k] + (xs[k + 1] - xs[k]) * eased, ys[k] + (ys[k + 1] - ys[k]) * eased
    x += 2.5 * np.sin(2 * np.pi * 1.9 * time_s)
    y += 2.0 * np.sin(2 * np.pi * 1.4 * time_s + 1)
    elbow_x = 322 + 0.55 * (x - 322) - 20
    return x, y, float(np.degrees(np.arctan2(x - elbow_x, ELBOW_Y - min(y, 330.0))))


class Arm:
    """The person's hand and forearm, lit once, ready to be laid over a picture."""

    def __init__(self, look, seed):
        hand = Hand(HandLook(skin=look.skin, sleeve=look.shirt, sleeve_from=190.0, spread=0.7, thumb=0.7, seed=seed))
        self.alpha = hand.alpha
        lit = Person._light(hand.albedo, hand.z, hand.gloss, np.eye(3))
        self.four = np.dstack([lit * hand.alpha[..., None], hand.alpha]).astype(np.float32)

    def over(self, canvas, time_s, way=WAY):
        """Blends the hand into `canvas` (RGB float) with the blur of its way and its shadow; its opacity or None."""
        layer, seen = np.zeros((*canvas.shape[:2], 4), np.float32), 0
        for shift in np.linspace(-0.5, 0.5, SUBFRAMES) * SHUTTER / FPS:
            place = palm_at(time_s + shift, way)
            if place is None:
                continue
            x, y, lean = place
            scale, turn = PALM_PX / 100.0, np.radians(lean)
            a = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
            move = np.concatenate([a, (np.array([x, y]) - a @ np.array([LEFT, TOP - 60.0]))[:, None]], 1)
            layer += cv2.warpAffine(self.four, move.astype(np.float32), canvas.shape[1::-1], flags=cv2.INTER_LINEAR)
            seen += 1
        if not seen:
            return None
        layer = cv2.GaussianBlur(layer / SUBFRAMES, (0, 0), 0.6)
        alpha = layer[..., 3]
        fallen = cv2.warpAffine(alpha, np.float32([[1, 0, 9], [0, 1, 11]]), canvas.shape[1::-1])
        canvas *= (1 - 0.22 * cv2.GaussianBlur(fallen, (0, 0), 8))[..., None]
        canvas *= 1 - alpha[..., None]
        canvas += layer[..., :3]
        return alpha


def face_oval(pose, shape):
    """The swapper's mask: an oval within the face, soft at its edge. Also (hard) what the truth calls the face."""
    scale = EYES_APART / 100 * pose.scale
    centre = (EYES_AT[0] + pose.x + 0.6 * pose.yaw, EYES_AT[1] + pose.y + 44 * scale)
    hard = np.zeros(shape, np.uint8)
    cv2.ellipse(hard, (int(centre[0]), int(centre[1])), (int(100 * scale), int(150 * scale)), pose.roll, 0, 360, 1, -1)
    soft = np.zeros(shape, np.float32)
    cv2.ellipse(soft, (int(centre[0]), int(centre[1])), (int(92 * scale), int(138 * scale)), pose.roll, 0, 360, 1.0, -1)
    return cv2.GaussianBlur(soft, (0, 0), 9 * scale), hard


def through_swapper(picture, centre, reach):
    """The picture around the face through the swapper's few pixels."""
    x0, y0 = (int(max(0, c - reach)) for c in centre)
    x1, y1 = int(min(picture.shape[1], centre[0] + reach)), int(min(picture.shape[0], centre[1] + reach))
    out = picture.copy()
    part = cv2.resize(picture[y0:y1, x0:x1], (SWAP_PX, SWAP_PX), interpolation=cv2.INTER_AREA)
    out[y0:y1, x0:x1] = cv2.resize(part, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
    return out


def paint_over(canvas, backdrop, other, pose, face, soft):
    """Another person's face over whatever is in `canvas` (RGB float), within the swapper's soft mask."""
    painted = backdrop.copy()
    other.draw(painted, pose, face, EYES_AT, EYES_APART)
    painted = through_swapper(painted, (EYES_AT[0] + pose.x, EYES_AT[1] + pose.y + 30), 130)
    canvas += (painted - canvas) * soft[..., None]


def frames(seed, swapped):
    """Yields (time in s, RGB frame, hand's share of the face's oval before any swap, hand's opacity or None, oval)."""
    rng = np.random.default_rng(seed + 31)
    lips = np.zeros((int((LENGTH_S + 1) * STEP_HZ), 3), np.float32)
    motion, person = Motion(lips, [(0.0, LENGTH_S)], rng), Person()
    other = Person(OTHER) if swapped else None
    arm, backdrop = Arm(person.look, 9), room(WIDTH, HEIGHT, seed + 2)
    for index in range(int(LENGTH_S * FPS)):
        time_s = index / FPS
        pose, face = motion.at(time_s)
        canvas = backdrop.copy()
        person.draw(canvas, pose, face, EYES_AT, EYES_APART)
        alpha = arm.over(canvas, time_s)
        soft, hard = face_oval(pose, canvas.shape[:2])
        if other:
            paint_over(canvas, backdrop, other, pose, face, soft)
        share = 0.0 if alpha is None else float((alpha * hard).sum() / hard.sum())
        yield time_s, caption(camera(canvas, rng)), share, alpha, hard


def events():
    """What a platform would know: what was asked, when, and until when."""
    return {
        "version": 1,
        "source_platform": "synthetic demo",
        "consent_id": "synthetic-nobody-filmed",
        "participants": [{"id": "candidate", "role": "candidate"}],
        "tracks": [{"stream": 0, "id": "candidate-video", "participant": "candidate"}],
        "clock_mapping": "platform",
        "events": [{"time_ms": PROMPT_END_S * 1000, "type": "challenge", "id": "h1", "kind": "hand_pass",
                    "deadline_ms": DEADLINE_S * 1000, "count": COUNT}],
    }  # fmt: skip


def truth(seed, swapped, shares, tools):
    """What the generator knows, times in µs; never read by the program."""
    us = lambda s: int(round(s * 1_000_000))  # noqa: E731
    covered = [i for i, s in enumerate(shares) if s >= 0.25]
    spans = [[a, b] for a, b in zip([c for c in covered if c - 1 not in covered], [c for c in covered if c + 1 not in covered])]
    return {
        "version": 1, "synthetic": True, "seed": seed, "tools": tools, "duration_us": us(LENGTH_S), "fps": FPS,
        "challenge": {"id": "h1", "kind": "hand_pass", "count": COUNT, "prompt_end_us": us(PROMPT_END_S),
                      "deadline_us": us(DEADLINE_S), "performed": True, "onset_us": us(WAY[0][0]),
                      "crossings_us": [[us(a), us(b)] for a, b in CROSSINGS],
                      "covered_us": [[us(a / FPS), us(b / FPS)] for a, b in spans]},
        "swapped": swapped,
        "swap": {"painted_over_the_hand": True, "width_px": SWAP_PX, "from_us": 0, "to_us": us(LENGTH_S)} if swapped else None,
    }  # fmt: skip


def write(folder, seed, tools):
    """Renders and writes both clips with their events and truth into `folder`."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, swapped in (("hand_pass", False), ("hand_pass_swapped", True)):
        outputs = ["-map", "0:v", *X264, "-crf", CRF, "-g", "125",
                   "-metadata", "comment=synthetic demo: drawn face and hand", "-movflags", "+faststart",
                   folder / f"{name}.mp4"]  # fmt: skip
        pipe = VideoPipe(WIDTH, HEIGHT, FPS, [], outputs)
        shares = []
        for _, frame, share, _, _ in frames(seed, swapped):
            pipe.write(frame)
            shares.append(share)
        pipe.close()
        for suffix, content in (("events", events()), ("truth", truth(seed, swapped, shares, tools))):
            (folder / f"{name}.{suffix}.json").write_text(json.dumps(content, indent=2) + "\n")
