"""What a report marks of an interview that was forged in several stretches. Pure.

A segment's reasons are the signals for which the report tells its reader to look there.
"""
from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from .reviewed import SEGMENT_S
from .session_score import counted

REACH_S = 10.0                         # lip-sync reads this much: its finding of a segment speaks of what came before as well
MARKED_LLR = 0.405                     # from here on a report tells to look at a segment (src/fusion/mod.rs, WORTH_A_LOOK)
BESIDE = ("less than half in one", "outside")
SIGNALS = {"swap": "face_swap", "drift": "lip_sync", "hand": "hand_occlusion"}


def share_within(span: dict, of: list[float], reach_s: float = 0.0) -> float:
    """The share of a segment that lies in a stretch, which ends `reach_s` later."""
    start, end = span["start_us"] / 1e6, span["end_us"] / 1e6
    return max(0.0, min(end, of[1] + reach_s) - max(start, of[0])) / (end - start)


def reasons(segment: dict) -> list[str]:
    """The signals for which a report tells to look at the segment."""
    return [f["signal"] for f in segment["findings"] if f["contribution"] >= MARKED_LLR]


@dataclass
class Told:
    """What was said of one interview's stretches."""

    identity: str
    way: str
    found: dict[str, Counter]      # by stretch, at a stretch's edge, and outside: reasons of the segments
    hand: str                      # what became of the challenge

    def marks(self, stretch: str) -> bool:
        """Whether a segment of the stretch is marked by the signal that is meant to find it."""
        return any(SIGNALS[stretch] in names.split(" and ") for names in self.found[stretch])


def told(truth: dict, report: dict) -> Told:
    """Reasons of the segments in each stretch, each segment once. A segment belongs where at least half of it lies; the drift's own signal reads back, and
    the challenge counts in the segment in which its window closes."""
    found = {k: Counter() for k in (*SIGNALS, *BESIDE)}
    spans = truth["spans"]
    for s in report["segments"]:
        names = reasons(s)
        inside = [k for k in SIGNALS if share_within(s["span"], spans[k], SEGMENT_S if k == "hand" else 0.0) >= 0.5]
        after = names == [SIGNALS["drift"]] and share_within(s["span"], spans["drift"], REACH_S) >= 0.5
        edge, outside = BESIDE
        beside = edge if any(share_within(s["span"], spans[k]) > 0 for k in SIGNALS) else outside
        found["drift" if after else inside[0] if inside else beside][" and ".join(names) or "nothing"] += 1
    challenge = report["summary"]["participants"][0]["challenges"][0]
    status = challenge["status"]["kind"]
    return Told(truth["identity"], truth["way"], found, status if challenge.get("llr") is None else f"{challenge['llr']:+.2f}")


def tables(all_told: list[Told]) -> list[tuple[list[str], list[list[str]]]]:
    """By stretch, and by interview."""
    head = ["stretch", "signal", "interviews in which the report marks the stretch for it", "segments in the stretch by reason", "the same stretch of untouched interviews"]
    forged, kept = [t for t in all_told if t.way], [t for t in all_told if not t.way]
    rows = []
    for k in (*SIGNALS, *BESIDE):
        both = [sum((t.found[k] for t in of), Counter()) for of in (forged, kept)]
        hits = f"{sum(t.marks(k) for t in forged)} of {len(forged)}" if k in SIGNALS else "–"
        rows.append([k, f"`{SIGNALS[k]}`" if k in SIGNALS else "–", hits, *(counted(dict(b)) for b in both)])
    who = {p: f"speaker {i}" for i, p in enumerate(sorted({t.identity for t in all_told}), 1)}
    each = [[who[t.identity], t.way or "untouched", *("yes" if t.marks(k) else "no" for k in SIGNALS), t.hand] for t in all_told]
    return [(head, rows), (["person", "swap over the hand", "swap marked", "drift marked", "hand pass marked", "the challenge: LLR, or what it read as"], each)]
