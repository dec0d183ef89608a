"""Whole sessions over real `val` clips, forged in every way that a signal looks for, and what the product makes of them.

    python -m liveproof_train.forged_sessions make                              # media and list into LIVEPROOF_CACHE/sessions
    python -m liveproof_train.forged_sessions figures --liveproof BIN --json F  # `liveproof evaluate` on the list

Families: untouched (through the same codec), the generator's swaps (the copies of forged_review.py, middle third), sound that is
shifted, drifting, dubbed by another speaker of the split or spliced, dialogues with and without a relay's delay before
each answer, or with the answers' sound forged alike, hand challenges performed before the own and before a swapped face (hand_passes.py). `val` has no interview:
the dialogues are the clips' own stretches of speech as answers to questions spoken by espeak-ng on a track of their own,
with the stretch before each answer played back and forth while the person listens. What is published is how much
the fused session score ranks better than face_swap alone, by a bootstrap that resamples identities for both at once, and
which signal each forgery was named by. Never committed, and not part of CI: it needs the media.
"""
from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Iterable

import numpy as np

from .card import table
from .forge_clip import even
from .forged_review import copy_of
from .pack_artifact import REAL_KINDS
from .paths import MODELS_DIR, REPO_DIR, cache_dir, data_dir, manifest_rows
from .session_audio import (RATE_HZ, Dialogue, answers, candidate_sound, dialogue, drifting, dubbed, interviewer_sound, picture_times,
                            question_events, shifted, spliced)
from .session_score import Session, figures
from .synth.forge import FAMILIES
from .synth.temporal import seed_of

CRF, WINDOW_S = 23, 30.0
SOUND = ("shifted", "drifting", "dubbed", "spliced")
TURNS = 7
QUESTIONS = (
    "Could you tell us about your last project?", "What was the hardest part of it?", "Who did you work with?",
    "How did you find out what was wrong?", "What would you do differently today?", "How long did it take?",
    "What are you proud of?",
)
HEAD = ("path", "label", "identity", "tool", "condition", "from_s", "to_s", "events")


def sound_of(path: Path, from_s: float = 0.0, most_s: float = 1e6) -> np.ndarray:
    """Mono sound of a recording at RATE_HZ."""
    done = subprocess.run(["ffmpeg", "-v", "error", "-ss", str(from_s), "-i", str(path), "-t", str(most_s), "-vn", "-ac", "1", "-ar",
                           str(RATE_HZ), "-f", "f32le", "-"], capture_output=True, check=True)
    return np.frombuffer(done.stdout, np.float32).copy()


def write_wav(path: Path, sound: np.ndarray) -> None:
    """16 bit, mono."""
    import wave

    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())


def mux(video: list[str], sounds: list[np.ndarray], out: Path, coded: bool) -> None:
    """Pictures (ffmpeg input arguments; encoded here unless `coded`) with tracks of sound, AAC."""
    with tempfile.TemporaryDirectory() as scratch:
        inputs, maps = [], ["-map", "0:v"]
        for k, sound in enumerate(sounds):
            wav = Path(scratch) / f"{k}.wav"
            write_wav(wav, sound)
            inputs += ["-i", str(wav)]
            maps += ["-map", f"{k + 1}:a"]
        picture = ["-c:v", "copy"] if coded else ["-c:v", "libx264", "-crf", str(CRF), "-preset", "veryfast", "-threads", "1", "-pix_fmt", "yuv420p"]
        subprocess.run(["ffmpeg", "-v", "error", "-y", *video, *inputs, *maps, *picture, "-c:a", "aac", "-b:a", "96k", str(out)], check=True)


def mux_pictures(pictures: Iterable[np.ndarray], fps: float, sounds: list[np.ndarray], out: Path) -> None:
    """Pictures (RGB uint8, all of one even size) with tracks of sound; a picture at a time is in memory."""
    with tempfile.NamedTemporaryFile(suffix=".rgb") as raw:
        height = width = 0
        for picture in pictures:
            height, width = picture.shape[:2]
            raw.write(np.ascontiguousarray(picture).tobytes())
        raw.flush()
        mux(["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(fps), "-i", raw.name], sounds, out, coded=False)


def said(text: str) -> np.ndarray:
    """A question, spoken by espeak-ng."""
    with tempfile.TemporaryDirectory() as scratch:
        wav = Path(scratch) / "q.wav"
        subprocess.run(["espeak-ng", "-v", "en-gb", "-s", "165", "-w", str(wav), text], check=True)
        return 0.6 * sound_of(wav)


def events_file(out: Path, marks: list[dict], two: bool) -> None:
    """Beside a session: one clock for sound and pictures, and the interviewer's track where there is one."""
    people, tracks = [{"id": "candidate", "role": "candidate"}], [{"stream": 0, "id": "camera", "participant": "candidate"},
                                                                 {"stream": 1, "id": "voice", "participant": "candidate"}]
    if two:
        people.append({"id": "interviewer", "role": "interviewer"})
        tracks.append({"stream": 2, "id": "questions", "participant": "interviewer"})
    out.with_suffix(".events.json").write_text(json.dumps({"version": 1, "participants": people, "tracks": tracks,
                                                          "clock_mapping": "platform", "events": marks}, indent=1) + "\n")


def line(path: Path, row: dict[str, str], family: str, fake: bool, condition: str, span: tuple[float, float] | None = None) -> dict[str, str]:
    """One row of the list."""
    events = path.with_suffix(".events.json")
    return {"path": str(path), "label": "fake" if fake else "real", "identity": row["identity"] or row["path"], "tool": family if fake else "",
            "condition": condition, "from_s": f"{span[0]:.2f}" if span else "", "to_s": f"{span[1]:.2f}" if span else "",
            "events": str(events) if events.exists() else ""}


def windows(row: dict[str, str]) -> list[float]:
    """Where windows of at most WINDOW_S begin in a clip; a rest below 8 s is left out."""
    length = float(row["duration_s"])
    count = max(1, int((length + WINDOW_S - 8.0) // WINDOW_S))
    return [k * WINDOW_S for k in range(count)]


def other_speech(row: dict[str, str], rows: list[dict[str, str]]) -> np.ndarray:
    """Speech of the split's other speakers, longest clip first."""
    others = sorted((r for r in rows if r["identity"] != row["identity"]), key=lambda r: -float(r["duration_s"]))
    return np.concatenate([sound_of(data_dir() / r["path"]) for r in others])


def make_sound(rows: list[dict[str, str]], folder: Path) -> list[dict[str, str]]:
    """Every window of the clips whose sound is their own, as it is and with its sound forged."""
    out = []
    for row in rows:
        for from_s in windows(row):
            clip, name = data_dir() / row["path"], f"{Path(row['path']).stem}@{from_s:.0f}"
            sound = sound_of(clip, from_s, WINDOW_S)
            length = len(sound) / RATE_HZ
            span = middle_third(length)
            for family in ("original", *SOUND):
                path = folder / f"{name}-{family}.mp4"
                if not path.exists():
                    done = {"original": lambda: sound, "shifted": lambda: shifted(sound), "drifting": lambda: drifting(sound),
                            "dubbed": lambda: dubbed(sound, other_speech(row, rows)),
                            "spliced": lambda: spliced(sound, other_speech(row, rows), *span)}[family]()
                    mux(["-ss", str(from_s), "-t", str(WINDOW_S), "-i", str(clip)], [done], path, coded=False)
                    events_file(path, [], two=False)
                out.append(line(path, row, family, family != "original", "sound", span if family == "spliced" else None))
    return out


def make_dialogues(rows: list[dict[str, str]], folder: Path) -> list[dict[str, str]]:
    """A dialogue of every speaker with natural gaps, the same with a relay's delay in each, and with its sound forged: clips are
    too short for lip-sync, interviews are not."""
    from .frames import frames

    spoken, out = [said(q) for q in QUESTIONS[:TURNS]], []
    for row in rows:
        clip, stem = data_dir() / row["path"], Path(row["path"]).stem
        sound = sound_of(clip)
        pieces = answers(sound)
        if not pieces:
            print(f"{stem}: no stretch of speech between pauses, no dialogue")
            continue
        pictures = None
        for family in ("natural_gaps", "latency", *(f"talk_{f}" for f in SOUND)):
            path = folder / f"{stem}-{family}.mp4"
            rng = np.random.default_rng(seed_of("dialogue", stem))
            plan = dialogue(pieces, [len(s) / RATE_HZ for s in spoken], rng, family == "latency")
            if not path.exists():
                pictures = pictures or list(frames(clip))
                times, fps = np.array([t for t, _ in pictures]), float(row["fps"])
                shown = [int(np.abs(times - t).argmin()) for t in picture_times(plan, fps)]
                voice = candidate_sound(plan, sound, rng)
                if family.startswith("talk_"):
                    voice = forged_voice(family.removeprefix("talk_"), plan, voice, dubbed(sound, other_speech(row, rows)), rng)
                mux_pictures((even(pictures[i][1]) for i in shown), fps, [voice, interviewer_sound(plan, spoken)], path)
                events_file(path, question_events(plan), two=True)
                path.with_suffix(".truth.json").write_text(json.dumps({"gaps_s": [t.gap_s for t in plan.turns]}) + "\n")
            span = middle_third(plan.length_s) if family == "talk_spliced" else None
            out.append(line(path, row, family, family != "natural_gaps", "dialogue", span))
    return out


def middle_third(length_s: float) -> tuple[float, float]:
    return length_s / 3, 2 * length_s / 3


def forged_voice(kind: str, plan: Dialogue, voice: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The answers late, falling behind, in another speaker's words, or those in the middle third of the session. `other`: that
    speaker's words as long as the clip, so that turns begin and end where they did."""
    if kind == "shifted":
        return shifted(voice)
    if kind == "drifting":
        return drifting(voice)
    dub = candidate_sound(plan, other, rng)
    return dub if kind == "dubbed" else spliced(voice, dub, *middle_third(plan.length_s))


def swaps(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The copies that forged_review.py made: untouched and by every family of the generator."""
    out = []
    for family in ("none", *FAMILIES):
        for row in rows:
            path = copy_of(row, family, CRF)
            if path.with_suffix(".json").exists():
                truth = json.loads(path.with_suffix(".json").read_text())
                span = (truth["from_s"], truth["to_s"])
                out.append(line(path, row, family, family != "none", "swap", span if family != "none" else None))
    return out


def hand_passes() -> list[dict[str, str]]:
    """The composed hand challenges of `val` that were performed."""
    folder = cache_dir("passes", "val")
    out = []
    for path in sorted(folder.glob("*.mp4")):
        truth = json.loads(path.with_suffix(".truth.json").read_text())
        if truth["performed"]:
            fake = truth["class"] == "swapped"
            out.append(line(path, {"identity": truth["identity"], "path": path.stem}, f"hand_{truth['way']}" if fake else "", fake, "hand"))
    return out


def make(list_file: Path) -> int:
    """Media and list; the number of sessions."""
    rows = manifest_rows({"val"}, REAL_KINDS)
    speaking = [r for r in rows if r["kind"] == "talk_av"]
    folder = cache_dir("sessions", "val")
    lines = swaps(rows) + make_sound(speaking, folder) + make_dialogues(speaking, folder) + hand_passes()
    with open(list_file, "w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, HEAD)
        writer.writeheader()
        writer.writerows(lines)
    return len(lines)


def evaluate(program: Path, models: Path, list_file: Path, out: Path) -> None:
    """`liveproof evaluate` on the list: its JSON, each session's scores, and what it keeps of each session, beside `out`."""
    scores, kept = out.with_suffix(".scores.csv"), out.with_suffix(".results.jsonl")
    kept.unlink(missing_ok=True)   # a fresh one lies in the order of the list, one session at a time
    subprocess.run([str(program), "evaluate", str(list_file), "--models-dir", str(models), "--jobs", "1", "--json",
                    str(out.with_suffix(".evaluation.json")), "--csv", str(scores), "--cache", str(kept)],
                   check=True, env=os.environ, stdout=subprocess.DEVNULL)


def evaluated(out: Path) -> tuple[list[Session], list[dict] | None]:
    """Scores of the last evaluation, and what was said of each session's segments, both in the order of the list (None where
    that cannot be told)."""
    scores, kept = out.with_suffix(".scores.csv"), out.with_suffix(".results.jsonl")
    with open(scores, newline="", encoding="utf-8") as handle:
        sessions = [Session.of(r) for r in csv.DictReader(handle)]
    results = [json.loads(row)["result"] for row in kept.read_text().splitlines()]
    return sessions, results if len(results) == len(sessions) else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["make", "figures"])
    parser.add_argument("--liveproof", type=Path, default=REPO_DIR / "target" / "release" / "liveproof")
    parser.add_argument("--models-dir", type=Path, default=MODELS_DIR)
    parser.add_argument("--json", type=Path, help="where the figures go, default in LIVEPROOF_CACHE/sessions")
    parser.add_argument("--kept", action="store_true", help="figures of the last evaluation")
    args = parser.parse_args()
    list_file = cache_dir("sessions") / "val.csv"
    if args.what == "make":
        print(f"{list_file}: {make(list_file)} sessions")
        return
    out = args.json or cache_dir("sessions") / "figures.json"
    if not args.kept:
        evaluate(args.liveproof, args.models_dir, list_file, out)
    sessions, results = evaluated(out)
    with open(list_file, newline="", encoding="utf-8") as handle:
        lines = list(csv.DictReader(handle))
    found = figures(sessions, lines, results)
    out.write_text(json.dumps(found, indent=1) + "\n")
    for title, head, rows in found["tables"]:
        print(f"{title}\n{table(head, rows)}\n")


if __name__ == "__main__":
    main()
