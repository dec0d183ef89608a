"""What is done to the sound of a session, and where the turns of a dialogue lie. numpy only, no media.

Offsets are positive when the audio is late. Sounds are mono float32 in -1..1 at RATE_HZ.
"""
from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

RATE_HZ = 48_000
SHIFT_MS = -250.0          # constant: sound before the picture, as a swap's pipeline leaves it where the sound goes round it
DRIFT_MS_PER_S = 20.0      # within the range that an audible drift has (03-models C: negatives of 20 to 60 ms/s)
STEP_MS = 240.0
FADE_S = 0.01
GAP_MEDIAN_S, GAP_SPREAD = 1.0, 0.4          # natural gaps: log-normal, after 03-models D
ADDED_S = (1.8, 2.4)                         # what a relay adds to each gap
LEAST_ANSWER_S, MOST_ANSWER_S = 2.5, 6.5


def shifted(sound: np.ndarray, ms: float = SHIFT_MS) -> np.ndarray:
    """The sound `ms` later (earlier where negative), as long as before."""
    n = int(round(abs(ms) / 1000 * RATE_HZ))
    if n == 0:
        return sound.copy()
    quiet = np.zeros(min(n, len(sound)), np.float32)
    return np.concatenate((quiet, sound[:-n])) if ms > 0 else np.concatenate((sound[n:], quiet))


def drifting(sound: np.ndarray, ms_per_s: float = DRIFT_MS_PER_S) -> np.ndarray:
    """Sound that falls behind by `ms_per_s`: played slower, cut to the length it had."""
    at = np.arange(len(sound)) / (1 + ms_per_s / 1000)
    return np.interp(at, np.arange(len(sound)), sound).astype(np.float32)


def looped(sound: np.ndarray, length: int) -> np.ndarray:
    """Repeated or cut to `length` samples."""
    return np.tile(sound, int(np.ceil(length / max(len(sound), 1))))[:length].astype(np.float32)


def as_loud(sound: np.ndarray, like: np.ndarray) -> np.ndarray:
    """At the other's root mean square, without clipping."""
    own, other = (float(np.sqrt(np.mean(np.square(s)) + 1e-12)) for s in (sound, like))
    return np.clip(sound * other / own, -1, 1).astype(np.float32)


def dubbed(sound: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Another speaker's speech instead."""
    return as_loud(looped(other, len(sound)), sound)


def spliced(sound: np.ndarray, other: np.ndarray, from_s: float, to_s: float) -> np.ndarray:
    """Another speaker's speech between two times, faded in and out."""
    a, b = (int(round(t * RATE_HZ)) for t in (from_s, to_s))
    ramp = np.zeros(len(sound), np.float32)
    ramp[a:b] = 1
    n = max(1, int(FADE_S * RATE_HZ))
    ramp = np.convolve(ramp, np.ones(n, np.float32) / n, "same")
    return (sound * (1 - ramp) + dubbed(sound, other) * ramp).astype(np.float32)


def loudness(sound: np.ndarray, hop_s: float = 0.02) -> np.ndarray:
    """Root mean square of each hop."""
    n = int(hop_s * RATE_HZ)
    return np.sqrt(np.square(sound[:len(sound) // n * n].reshape(-1, n)).mean(1) + 1e-12)


def pauses(sound: np.ndarray, least_s: float = 0.16, hop_s: float = 0.02) -> list[tuple[float, float]]:
    """Stretches of at least `least_s` below an eighth of the loud hops' level, seconds."""
    level = loudness(sound, hop_s)
    quiet = level < np.percentile(level, 90) / 8
    edges = np.flatnonzero(np.diff(np.r_[0, quiet.astype(int), 0]))
    return [(a * hop_s, b * hop_s) for a, b in zip(edges[::2], edges[1::2]) if (b - a) * hop_s >= least_s]


def answers(sound: np.ndarray) -> list[tuple[float, float]]:
    """Stretches of speech from the end of a pause to the beginning of a later one, LEAST_ANSWER_S to MOST_ANSWER_S long."""
    length = len(sound) / RATE_HZ
    rests = pauses(sound)
    starts = [b - 0.04 for _, b in rests if b < length - LEAST_ANSWER_S]
    ends = [a + 0.06 for a, _ in rests] + [length]
    out, free = [], 0.0
    for start in starts:
        if start < free:
            continue
        fitting = [e for e in ends if LEAST_ANSWER_S <= e - start <= MOST_ANSWER_S]
        if fitting:
            out.append((start, fitting[-1] if len(fitting) == 1 else fitting[len(fitting) // 2]))
            free = out[-1][1]
    return out


@dataclass
class Turn:
    """One question and its answer on the session's clock, seconds; `piece` is where the answer lies in the clip."""

    question: tuple[float, float]
    answer: tuple[float, float]
    piece: tuple[float, float]
    gap_s: float


@dataclass
class Dialogue:
    """Turns, and the session's length."""

    turns: list[Turn] = field(default_factory=list)
    length_s: float = 0.0


def dialogue(pieces: list[tuple[float, float]], questions_s: list[float], rng: np.random.Generator, added: bool) -> Dialogue:
    """As many turns as questions, the clip's pieces in turn. Gaps are natural; `added` puts a relay's delay on each."""
    out, at = Dialogue(), 0.6
    for k, asked_s in enumerate(questions_s):
        piece = pieces[k % len(pieces)]
        natural = float(np.clip(GAP_MEDIAN_S * np.exp(GAP_SPREAD * rng.standard_normal()), 0.25, 2.6))
        relay = float(rng.uniform(*ADDED_S))   # drawn in either case: both sessions share their natural gaps
        gap = natural + (relay if added else 0.0)
        start = at + asked_s + gap
        length = piece[1] - piece[0]
        out.turns.append(Turn((at, at + asked_s), (start, start + length), piece, gap))
        at = start + length + 0.5
    out.length_s = at
    return out


def picture_times(plan: Dialogue, fps: float, rest_s: float = 0.24) -> list[float]:
    """Which moment of the clip each picture shows: the answer where there is one, else the moments before the next answer
    (its first `rest_s` after the last) back and forth, as a listener who hardly moves."""
    out = []
    for i in range(int(plan.length_s * fps)):
        t = i / fps
        now = next((turn for turn in plan.turns if turn.answer[0] <= t < turn.answer[1]), None)
        if now is not None:
            out.append(now.piece[0] + t - now.answer[0])
            continue
        coming = next((turn for turn in plan.turns if turn.answer[0] > t), plan.turns[-1])
        away = coming.answer[0] - t
        phase = away % (2 * rest_s)
        out.append(max(0.0, coming.piece[0] - (phase if phase < rest_s else 2 * rest_s - phase)))
    return out


def candidate_sound(plan: Dialogue, clip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The answers in their places, and between them the noise of a quiet room."""
    out = (1e-4 * rng.standard_normal(int(plan.length_s * RATE_HZ))).astype(np.float32)
    fade = int(FADE_S * RATE_HZ)
    for turn in plan.turns:
        a, b = (int(t * RATE_HZ) for t in turn.piece)
        part = clip[a:b].copy()
        ramp = np.minimum(1, np.minimum(np.arange(len(part)), np.arange(len(part))[::-1]) / fade).astype(np.float32)
        start = int(turn.answer[0] * RATE_HZ)
        part = (part * ramp)[:max(0, len(out) - start)]
        out[start:start + len(part)] += part
    return out


def interviewer_sound(plan: Dialogue, spoken: list[np.ndarray]) -> np.ndarray:
    """The questions in their places, silence between them."""
    out = np.zeros(int(plan.length_s * RATE_HZ), np.float32)
    for turn, sound in zip(plan.turns, spoken):
        start = int(turn.question[0] * RATE_HZ)
        part = sound[:max(0, len(out) - start)]
        out[start:start + len(part)] += part
    return out


def question_events(plan: Dialogue) -> list[dict]:
    """Question marks as a platform gives them."""
    marks = []
    for k, turn in enumerate(plan.turns, 1):
        for edge, at in zip(("start", "end"), turn.question):
            marks.append({"time_ms": round(1000 * at, 1), "type": f"question_{edge}", "question_id": f"q{k}"})
    return marks
