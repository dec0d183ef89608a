"""One interview forged in three ways, over real `val` clips: a swap, a drift of the sound, a failed hand pass; and what `review` marks.

    python -m liveproof_train.forged_interview make                              # media into LIVEPROOF_CACHE/interviews
    python -m liveproof_train.forged_interview figures --liveproof BIN --json F

Each is a dialogue of forged_sessions.py (the clip's own speech as answers to spoken questions) with a hand challenge at its end.
Forged: the answers to questions 3 and 4 behind a swap, the sound falling behind from the answer to question 5 on, and the hand
passed or held before a face that is swapped as well, the swap painted over it in one of the ways that know nothing of hands. Untouched:
the same dialogue and a hand before the own face. Everything goes through one encoder. A segment's reason is the signal that
raised the evidence most. Never committed, and not part of CI: it needs the media.
"""
from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Iterator

import numpy as np

from .forged_review import review
from .forged_sessions import QUESTIONS, TURNS, events_file, mux_pictures, said, sound_of
from .hand_passes import Window, challenge_event, plan_for, played_back, swap_over, tracked
from .hand_sprites import hand_of
from .interview_score import MARKED_LLR, tables, told
from .paths import MODELS_DIR, REPO_DIR, cache_dir, data_dir, manifest_rows
from .session_audio import DRIFT_MS_PER_S, RATE_HZ, answers, candidate_sound, dialogue, drifting, interviewer_sound, picture_times, question_events
from .synth.forge import FAMILIES, PINS
from .synth.hand_motion import PROMPT_S
from .synth.over_hand import UNAWARE
from .synth.temporal import ClipForger, seed_of

SPLIT = "val"
SWAPS = ("cross_identity", "decoder")
SWAPPED, DRIFT_FROM = (2, 3), 4        # turns
UNTOUCHED = 3                          # interviews of each person, each with another hand


@dataclass(frozen=True)
class Clip:
    """A whole clip: its pictures with landmarks, when they are shown (seconds), and its sound."""

    window: Window
    times: np.ndarray
    sound: np.ndarray

    @staticmethod
    def of(row: dict[str, str]) -> "Clip":
        seen = tracked(row)
        window = Window(Path(row["path"]).stem, row["identity"] or row["path"], seen.pictures, seen.points, float(row["fps"]))
        return Clip(window, np.array(seen.times), sound_of(data_dir() / row["path"]))


def swapped_stretch(clip: Clip, shown: list[int], from_s: float, to_s: float, family: str, seed: int) -> Iterator[np.ndarray]:
    """The dialogue's pictures, those of a stretch behind a swap."""
    forger = ClipForger(FAMILIES[family], seed, None, PINS.get(family))
    for i, k in enumerate(shown):
        at_s, rgb = i / clip.window.fps, clip.window.pictures[k]
        yield forger(at_s - from_s, rgb, clip.window.points[k])[0] if from_s <= at_s < to_s else rgb


def falling_behind(voice: np.ndarray, from_s: float) -> np.ndarray:
    """The sound drifts from one moment on."""
    a = int(from_s * RATE_HZ)
    return np.concatenate((voice[:a], drifting(voice[a:])))


def make_one(clip: Clip, spoken: list[np.ndarray], number: int, way: str, folder: Path) -> None:
    """One interview with its events and truth; `way` is how the swap lies over the hand, empty for an untouched interview."""
    name = f"{clip.window.name}-{way or f'untouched{number}'}"
    out = folder / f"{name}.mp4"
    if out.with_suffix(".truth.json").exists():
        return
    seed, fps = seed_of("forged_interview", name), clip.window.fps
    rng = np.random.default_rng(seed)
    plan = dialogue(answers(clip.sound), [len(s) / RATE_HZ for s in spoken], np.random.default_rng(seed_of("dialogue", clip.window.name)), False)
    shown = [int(np.abs(clip.times - t).argmin()) for t in picture_times(plan, fps)]
    voice, at_s = candidate_sound(plan, clip.sound, rng), len(shown) / fps
    window = played_back(clip.window)
    challenge, scene = plan_for("swapped" if way else "genuine", way, rng, window, hand_of(SPLIT, rng))
    swap_s = (plan.turns[SWAPPED[0]].answer[0], plan.turns[SWAPPED[1]].answer[1])
    drift_s = (plan.turns[DRIFT_FROM].answer[0], at_s)
    family, last = SWAPS[number % len(SWAPS)], scene.pictures
    pictures: Iterator[np.ndarray] = (clip.window.pictures[k] for k in shown)
    if way:
        pictures, voice = swapped_stretch(clip, shown, *swap_s, family, seed), falling_behind(voice, drift_s[0])
        last, _ = swap_over(window, scene, family, way, seed)
    length = at_s + len(last) / fps
    padded = lambda s: np.concatenate((s, np.zeros(int(length * RATE_HZ) - len(s), np.float32)))  # noqa: E731
    levels = (np.clip(np.rint(picture), 0, 255).astype(np.uint8) for picture in chain(pictures, last))
    mux_pictures(levels, fps, [padded(voice), padded(interviewer_sound(plan, spoken))], out)
    events_file(out, [*question_events(plan), challenge_event(challenge, at_s)], two=True)
    spans = {"swap": swap_s, "drift": drift_s, "hand": (at_s + PROMPT_S, at_s + challenge.deadline_s)}
    out.with_suffix(".truth.json").write_text(json.dumps({"identity": clip.window.identity, "way": way, "family": family if way else "", "spans": spans}) + "\n")


def make() -> int:
    """All of them; how many are there."""
    spoken, folder = [said(q) for q in QUESTIONS[:TURNS]], cache_dir("interviews")
    for row in manifest_rows({SPLIT}, {"talk_av"}):
        clip = Clip.of(row)
        if not answers(clip.sound):
            print(f"{clip.window.name}: no stretch of speech between pauses, no dialogue")
            continue
        for number, way in enumerate((*UNAWARE, *("",) * UNTOUCHED)):
            make_one(clip, spoken, number, way, folder)
            print(f"{clip.window.name} {way or 'untouched'}", flush=True)
    return len(list(folder.glob("*.truth.json")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["make", "figures"])
    parser.add_argument("--liveproof", type=Path, default=REPO_DIR / "target" / "release" / "liveproof")
    parser.add_argument("--models-dir", type=Path, default=MODELS_DIR)
    parser.add_argument("--json", type=Path, help="figures, for accuracy_doc; default in LIVEPROOF_CACHE/interviews")
    args = parser.parse_args()
    folder = cache_dir("interviews")
    if args.what == "make":
        print(f"{folder}: {make()} interviews")
        return
    paths = sorted(p for p in folder.glob("*.mp4") if p.with_suffix(".truth.json").exists())
    reports = review(args.liveproof, args.models_dir, paths, folder / "review.json")
    found = [told(json.loads(p.with_suffix(".truth.json").read_text()), r) for p, r in zip(paths, reports)]
    made = tables(found)
    for head, rows in made:
        print(*(" | ".join(r) for r in (head, *rows)), "", sep="\n")
    forged = sum(bool(t.way) for t in found)
    intro = (f"{forged} interviews of {len({t.identity for t in found})} people, each forged in three stretches, and {len(found) - forged} untouched ones of the same making "
             f"(`models/train/run challenge --only interviews`): the answers to two of seven questions behind a swap, the sound falling behind by {DRIFT_MS_PER_S:.0f} ms a second from the fifth "
             "answer on, a hand passed or held before a face that is swapped again. A segment's reasons are the signals for which a report tells to look at it (from "
             f"{MARKED_LLR} on). **Never measured on a real interview or a real hand pass.**")
    (args.json or folder / "figures.json").write_text(json.dumps({"kind": "forged_interviews", "intro": intro, "tables": made}, indent=1) + "\n")


if __name__ == "__main__":
    main()
