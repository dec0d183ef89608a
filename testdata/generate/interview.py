"""Writes testdata/demo: the demo interview, its events file and its ground truth."""

import json
import tempfile
from pathlib import Path

import numpy as np

import dialogue
import mouth
from encode import X264, VideoPipe
from motion import Motion
from scene import Person, camera, caption, room

WIDTH, HEIGHT, FPS = 640, 360, 25
EYES_AT, EYES_APART = (322, 152), 67
CRF = 23


def us(seconds):
    return int(round(seconds * 1_000_000))


def events(timeline):
    """What a platform would know: who is on which track and when questions were asked."""
    marks = []
    for turn in timeline.turns:
        for edge in ("start", "end"):
            marks.append({"time_ms": round(turn[f"question_{edge}_s"] * 1000, 1),
                          "type": f"question_{edge}", "question_id": turn["id"]})  # fmt: skip
    return {
        "version": 1,
        "source_platform": "synthetic demo",
        "consent_id": "synthetic-nobody-filmed",
        "participants": [
            {"id": "candidate", "role": "candidate"},
            {"id": "interviewer", "role": "interviewer"},
        ],
        "tracks": [
            {"stream": 0, "id": "candidate-video", "participant": "candidate"},
            {"stream": 1, "id": "candidate-audio", "participant": "candidate"},
            {"stream": 2, "id": "interviewer-audio", "participant": "interviewer"},
        ],
        "clock_mapping": "platform",
        "events": marks,
    }


def truth(timeline, seed, tools):
    """What the generator knows. Times are on the recording's clock, in µs; gaps as recorded."""
    turns = []
    for turn in timeline.turns:
        entry = {"id": turn["id"], "gap_ms": turn["gap_ms"], "audio_shift_ms": turn["audio_shift_ms"]}
        for key in ("question_start", "question_end", "mouth_onset", "answer_onset", "content_onset", "answer_end"):
            entry[f"{key}_us"] = us(turn[f"{key}_s"])
        entry["filler"] = turn["filler"]
        turns.append(entry)
    late = timeline.late
    return {
        "version": 1,
        "synthetic": True,
        "seed": seed,
        "tools": tools,
        "duration_us": us(timeline.duration_s),
        "fps": FPS,
        "lip_lead_ms": round(mouth.LEAD_S * 1000),
        "offset_sign": "positive: audio late against the picture",
        "late_stretch": {
            "from_us": us(late["from_s"]),
            "to_us": us(late["to_s"]),
            "first_speech_us": us(late["first_speech_s"]),
            "last_speech_us": us(late["last_speech_s"]),
            "offset_ms": late["audio_shift_ms"],
        },
        "turns": turns,
    }


def perform(timeline, rng):
    """The candidate's motion over the whole recording."""
    lips = mouth.track(timeline.phones, timeline.speech_env, dialogue.RATE_HZ, timeline.duration_s, rng)
    listening = [(t["question_start_s"], t["question_end_s"]) for t in timeline.turns]
    return Motion(lips, listening, rng)


def frames(timeline, seed, from_s=0.0, to_s=None):
    """Yields (time in s, RGB frame, drawn inner-lip aperture over eye distance) of a span."""
    rng = np.random.default_rng(seed + 1)
    motion, person = perform(timeline, rng), Person()
    backdrop = room(WIDTH, HEIGHT, seed + 2)
    end_s = timeline.duration_s if to_s is None else to_s
    for index in range(int(from_s * FPS), int(end_s * FPS)):
        time = index / FPS
        pose, face = motion.at(time)
        canvas = backdrop.copy()
        person.draw(canvas, pose, face, EYES_AT, EYES_APART)
        yield time, caption(camera(canvas, rng)), person.aperture_px / 100


def write(folder, timeline, seed, tools):
    """Renders, encodes and writes all three files into `folder`."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        tracks = []
        for role in ("candidate", "interviewer"):
            tracks.append(Path(scratch) / f"{role}.wav")
            dialogue.write_wav(tracks[-1], getattr(timeline, role))
        inputs = ["-i", tracks[0], "-i", tracks[1]]
        outputs = ["-map", "0:v", "-map", "1:a", "-map", "2:a", *X264, "-crf", CRF, "-g", "125",
                   "-c:a", "aac", "-b:a", "48k", "-ar", "48000",
                   "-metadata:s:a:0", "title=candidate", "-metadata:s:a:1", "title=interviewer",
                   "-metadata", "comment=synthetic demo: drawn face, espeak-ng voices",
                   "-movflags", "+faststart", folder / "interview.mp4"]  # fmt: skip
        pipe = VideoPipe(WIDTH, HEIGHT, FPS, inputs, outputs)
        for _, frame, _ in frames(timeline, seed):
            pipe.write(frame)
        pipe.close()
    for suffix, content in (("events", events(timeline)), ("truth", truth(timeline, seed, tools))):
        (folder / f"interview.{suffix}.json").write_text(json.dumps(content, indent=2) + "\n")
