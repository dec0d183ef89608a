"""What the product's rule makes of whole sessions: false alarms, changes found, and how long it takes.

The rule is that of src/analyze/identity/course.rs. A session is a clip of a person whom the net was not fitted on, shown there and
back until it is BEFORE segments long, then AFTER segments of the same clip, of its swapped panel (the same room, light and
hair) or of another person; the later part is made worse by a condition, the same for all three. The threshold of a session is
chosen without its fold: the QUANTILE of distances of segments of the same person, over all conditions, of the others.
"""
from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .batches_artifact import Clip
from .identity_course import NEVER, run, session
from .identity_windows import WINDOW, windows
from .intervals import percent

BEFORE, AFTER = 4, 4
QUANTILE = 0.99
SEGMENT_S = 3.0


def shown(first: np.ndarray, second: np.ndarray) -> list[np.ndarray]:
    """A session's segments."""
    return session(first, second, BEFORE, AFTER, WINDOW)


def quantile(clips: list[Clip], kept: dict[str, dict[str, np.ndarray]], without: str | None) -> float:
    """The threshold from the same person's segments in sessions of the other folds, over all conditions."""
    found: list[float] = []
    for clip in clips:
        if clip.about["label"] != "real" or (without is not None and fold_of(clip) == without) or not windows(len(clip.points)):
            continue
        name = clip.about["name"]
        half = len(clip.points) // 2
        for condition in kept:
            found += run(shown(kept["as it is"][name][:half], kept[condition][name][half:]), NEVER)[1][BEFORE - 1:]
    return float(np.quantile(found, QUANTILE))


def fold_of(clip: Clip) -> str:
    return clip.about["fold"] or "val"


@dataclass
class Tally:
    """Sessions by their outcome."""

    sessions: int = 0
    told: int = 0
    people: set = field(default_factory=set)
    delays_s: list[float] = field(default_factory=list)

    def add(self, who: str, told: list[bool], tells: range) -> None:
        self.sessions += 1
        self.people.add(who)
        at = next((i for i in tells if told[i]), None)
        if at is not None:
            self.told += 1
            self.delays_s.append((at + 1 - BEFORE) * SEGMENT_S)

    def words(self) -> str:
        return percent(self.told, self.sessions, len(self.people))


def measure(clips: list[Clip], kept: dict[str, dict[str, np.ndarray]]) -> dict:
    """Figures of sessions; `kept` holds the looks of every clip by condition and name."""
    clean = kept["as it is"]
    thresholds = {f: quantile(clips, kept, f) for f in {fold_of(c) for c in clips}}
    final = quantile(clips, kept, None)
    print("threshold", round(final, 4), "without each fold", {k: round(v, 4) for k, v in sorted(thresholds.items())})
    real = [c for c in clips if c.about["label"] == "real" and windows(len(c.points))]
    twins = {c.about["pair"]: c for c in clips if c.about["label"] == "fake"}
    rng = np.random.default_rng(5)
    out: dict = {"threshold": final, "conditions": {}}
    # clips as they are, from their first look to their last: no cut, nothing repeated
    hours, alarms, told_in = 0.0, 0, []
    for clip in real:
        rows = clean[clip.about["name"]]
        segments = [rows[i:i + WINDOW] for i in range(0, len(rows) - WINDOW + 1, WINDOW)]
        told, _ = run(segments, thresholds[fold_of(clip)])
        rises = sum(b and not a for a, b in zip([False, *told], told))
        hours += len(segments) * SEGMENT_S / 3600
        alarms += rises
        told_in += [clip.about["path"]] * rises
    out["plain"] = {"hours": hours, "alarms": alarms, "clips": told_in}
    print(f"real clips as they are: {alarms} changes told in {hours:.3f} h of {len(real)} clips {told_in}")
    for condition, worse in kept.items():
        tallies = {k: Tally() for k in ("same", "swapped", "other")}
        for clip in real:
            about, own = clip.about, clean[clip.about["name"]]
            half = len(own) // 2
            threshold = thresholds[fold_of(clip)]
            later = {"same": worse[about["name"]][half:]}
            if about["pair"] in twins:
                twin = worse[twins[about["pair"]].about["name"]]
                later["swapped"] = twin[len(twin) // 2:]
            others = [c for c in real if c.about["identity"] != about["identity"]]
            later["other"] = worse[others[rng.integers(len(others))].about["name"]]
            for kind, rows in later.items():
                told, _ = run(shown(own[:half], rows), threshold)
                tallies[kind].add(about["identity"], told, range(len(told)) if kind == "same" else range(BEFORE, len(told)))
        row = {k: t.words() for k, t in tallies.items()}
        delays = [d for k in ("swapped", "other") for d in tallies[k].delays_s]
        row["delay_s"] = float(np.median(delays)) if delays else float("nan")
        out["conditions"][condition] = row
        print(condition, row, flush=True)
    return out
