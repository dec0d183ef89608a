"""Leave-one-speaker-out figures of the lip-sync fit: shifted and dubbed windows."""
from __future__ import annotations

from collections import defaultdict

import numpy as np

from . import lip_sync_dsp as dsp
from .lip_sync_fit import KAPPA, Clip, Weights, context

SHIFTS_MS = (-400, -240, -120, 120, 240, 400)
WINDOW_S, STEP_S = 10.0, 5.0
LONG_S = 19.9  # clips of 20 s, less a picture
CHAIN = dsp.Chain()


def ends(clip: Clip) -> list[float]:
    """Ends of the clip's windows; a recording's last picture may fall just short of its length."""
    return [WINDOW_S + STEP_S * i for i in range(int((clip.seconds + 0.1 - WINDOW_S) // STEP_S) + 1)]


def readings(clip: Clip, w: Weights, other: Clip | None = None, shift_ms: float = 0.0) -> list[dsp.Reading | None]:
    """One reading per window, each with up to CONTEXT_S of the past."""
    out = []
    for end in ends(clip):
        p = context(clip, end, other, shift_ms)
        out.append(p and dsp.read(p, w.visual, w.audio, w.rho, KAPPA, CHAIN))
    return out


def measure(clip: Clip, w: Weights, others: list[Clip]) -> dict[str, list]:
    """Windows of one clip: offsets that moved with the sound or not, and dubbed states."""
    true = readings(clip, w)
    out: dict[str, list] = {"windows": [len(true)], "locked": [], "moved": [], "spoken": [], "dubbed": [],
                            "false_lock": [], "offset_ms": [r.offset_ms for r in true if r and r.state == "locked"]}
    for r in true:
        if r and r.speech_s >= 6:
            out["spoken"].append(r.state == "locked")
    for shift in SHIFTS_MS:
        for was, now in zip(true, readings(clip, w, shift_ms=shift)):
            if was and now and was.state == "locked" and now.state == "locked":
                out["moved"].append(abs(now.offset_ms - was.offset_ms - shift) <= 40)
            if now and now.speech_s >= 6:
                out["locked"].append(now.state == "locked")
    for other in others:
        for r in readings(clip, w, other):
            out["dubbed"].append(r is None or r.state != "locked")
            out["false_lock"].append(bool(r and r.state == "locked" and r.lock_probability > 0.9))
    return out


def interval(values: dict[str, list], rng: np.random.Generator) -> tuple[float, float, float, int]:
    """Share of true entries, 95 % bootstrap interval over speakers, and n."""
    people = [np.array(v, float) for v in values.values() if len(v)]
    if not people:
        return float("nan"), float("nan"), float("nan"), 0
    all_of = np.concatenate(people)
    if len(people) == 1:
        return float(all_of.mean()), float("nan"), float("nan"), len(all_of)
    draws = [np.concatenate([people[i] for i in rng.integers(len(people), size=len(people))]).mean()
             for _ in range(2000)]
    return float(all_of.mean()), *map(float, np.quantile(draws, (0.025, 0.975))), len(all_of)


def by_speaker(results: list[tuple[Clip, dict[str, list]]], key: str) -> dict[str, list]:
    out: dict[str, list] = defaultdict(list)
    for clip, figures in results:
        out[clip.speaker] += figures[key]
    return out
