"""Writes two clips of the challenges of which only compliance is verified: done, and not done.

In the first the drawn person leans in, is lit by the colours that a screen shows, and holds a hand against the cheek,
each when it was asked for. In the second the same was asked for, the person sits still, and the screen shows other
colours. Turns are left out: the drawn head is a relief and falls apart from the side.
"""

import json
from pathlib import Path

import numpy as np

from encode import X264, VideoPipe
from hand_pass import EYES_APART, EYES_AT, Arm
from motion import Motion
from mouth import STEP_HZ
from scene import Person, camera, caption, room

WIDTH, HEIGHT, FPS, LENGTH_S, CRF = 640, 360, 15, 28.0, 27
LEAN, FLASH, CHEEK = 1.0, 9.5, 19.0  # ends of the prompts
LENGTHS = {"lean_in": 6.0, "flash": 7.0, "cheek_press": 6.5}
COLOUR_MS = 600
CODE = ["blue", "amber", "green", "magenta", "amber", "blue", "magenta", "green", "amber", "green"]
OTHER_CODE = ["green", "blue", "blue", "amber", "magenta", "green", "amber", "amber", "blue", "magenta"]
RGB = {"amber": (255, 176, 64), "green": (64, 224, 112), "blue": (64, 128, 255), "magenta": (224, 96, 208)}
SCREEN_SHARE, SCREEN_LAG_S = 0.16, 0.12  # of the light on the face; from the screen to the picture
# Time, palm's centre: up beside the cheek on the picture's right, there for 2 s, down again
CHEEK_WAY = [(20.4, 520.0, 520.0), (21.1, 446.0, 262.0), (21.3, 436.0, 256.0), (23.3, 436.0, 257.0), (24.0, 520.0, 520.0)]


def ramp(time_s, a, b):
    """0 before a, 1 after b, smooth between."""
    part = np.clip((time_s - a) / (b - a), 0, 1)
    return float(part * part * (3 - 2 * part))


def moved(pose, time_s):
    """The pose with the movements that were asked for."""
    near = ramp(time_s, 2.2, 3.0) - ramp(time_s, 4.4, 5.4)
    pose.scale *= 1 + 0.42 * near
    pose.y += 16 * near
    return pose


def screen_light(time_s, code):
    """Factor by which the screen's light changes what is before it, RGB."""
    at = (time_s - SCREEN_LAG_S - FLASH) * 1000 / COLOUR_MS
    if not 0 <= at < len(code):
        return np.ones(3, np.float32)
    light = np.array(RGB[code[int(at)]], np.float32) / 220
    return 1 - SCREEN_SHARE + SCREEN_SHARE * light


def frames(seed, done):
    """Yields RGB frames."""
    rng = np.random.default_rng(seed + 57)
    lips = np.zeros((int((LENGTH_S + 1) * STEP_HZ), 3), np.float32)
    motion, person = Motion(lips, [(0.0, LENGTH_S)], rng), Person()
    arm, backdrop = Arm(person.look, 9), room(WIDTH, HEIGHT, seed + 2)
    for index in range(int(LENGTH_S * FPS)):
        time_s = index / FPS
        pose, face = motion.at(time_s)
        lit = np.zeros_like(backdrop)
        canvas = backdrop.copy()
        person.draw(canvas, moved(pose, time_s) if done else pose, face, EYES_AT, EYES_APART)
        # The screen's light falls on who sits before it, and hardly on the wall behind.
        lit[:] = screen_light(time_s, CODE if done else OTHER_CODE)
        change = np.abs(canvas - backdrop).sum(-1, keepdims=True) > 1e-6
        canvas = np.where(change, canvas * lit, canvas).astype(np.float32)
        if done:
            arm.over(canvas, time_s, CHEEK_WAY)
        yield caption(camera(canvas, rng))


def events():
    """What a platform would know: what was asked, when, and until when."""
    at = {"lean_in": LEAN, "flash": FLASH, "cheek_press": CHEEK}
    more = {"cheek_press": {"direction": "left"},
            "flash": {"colours": CODE, "colour_ms": COLOUR_MS}}  # fmt: skip
    return {
        "version": 1,
        "source_platform": "synthetic demo",
        "consent_id": "synthetic-nobody-filmed",
        "participants": [{"id": "candidate", "role": "candidate"}],
        "tracks": [{"stream": 0, "id": "candidate-video", "participant": "candidate"}],
        "clock_mapping": "platform",
        "events": [{"time_ms": t * 1000, "type": "challenge", "id": kind, "kind": kind,
                    "deadline_ms": (t + LENGTHS[kind]) * 1000, **more.get(kind, {})} for kind, t in at.items()],
    }  # fmt: skip


def write(folder, seed, tools):
    """Renders and writes both clips with their events into `folder`."""
    folder = Path(folder)
    for name, done in (("challenges_done", True), ("challenges_ignored", False)):
        outputs = ["-map", "0:v", *X264, "-crf", CRF, "-g", "75",
                   "-metadata", f"comment=synthetic: drawn face and hand; ffmpeg {tools['ffmpeg']}",
                   "-movflags", "+faststart", folder / f"{name}.mp4"]  # fmt: skip
        pipe = VideoPipe(WIDTH, HEIGHT, FPS, [], outputs)
        for frame in frames(seed, done):
            pipe.write(frame)
        pipe.close()
        (folder / f"{name}.events.json").write_text(json.dumps(events(), indent=2) + "\n")
