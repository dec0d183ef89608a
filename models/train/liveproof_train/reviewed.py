"""Tables of reviewed copies: which segments were forged, which the product marked. No media, no nets."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .intervals import auc_interval, percent
from .synth.temporal import Span

NONE = "none"                  # the family of untouched copies
SEGMENT_S, MOST_S = 3.0, 18.0
MARK_LLR = float(np.log(2))    # a segment is marked from here on: the evidence doubles the odds (docs/accuracy.md)
SIGNAL = "face_swap"


@dataclass(frozen=True)
class Seen:
    """One reviewed segment."""

    clip: str
    identity: str
    family: str
    index: int
    inside: bool           # at least half of it was forged
    llr: float | None      # None: abstained
    score: float | None = None  # of the tool's direction, which the LLR begins with


def span_of(duration_s: float) -> Span:
    """The middle third of the clip's segments, at least one."""
    count = max(1, int(np.ceil(min(duration_s, MOST_S) / SEGMENT_S - 0.2)))
    first = count // 3
    return Span(first * SEGMENT_S, (first + max(1, count // 3)) * SEGMENT_S)


def segments(row: dict, family: str, truth: dict, report: dict) -> list[Seen]:
    """The signal's finding on each segment."""
    out = []
    for segment in report["segments"]:
        start, end = segment["span"]["start_us"] / 1e6, segment["span"]["end_us"] / 1e6
        forged = max(0.0, min(end, truth["to_s"]) - max(start, truth["from_s"])) if family != NONE else 0.0
        finding = next(f for f in segment["findings"] if f["signal"] == SIGNAL)["outcome"]
        scored = finding["kind"] == "scored"
        score = next((e["value"] for e in finding.get("evidence", []) if e["name"] == "swap_score"), None)
        out.append(Seen(row["path"], row["identity"], family, segment["index"], forged >= 0.5 * (end - start),
                        finding["llr"] if scored else None, score if scored else None))
    return out


def share_marked(found: list[Seen]) -> str:
    scored = [s for s in found if s.llr is not None]
    return percent(sum(s.llr >= MARK_LLR for s in scored), len(scored), len({s.identity for s in scored}))


def lines(found: list[Seen], families: list[str]) -> list[tuple]:
    """A row per family: marked inside, outside; the forged segments' LLRs against the originals' same segments."""
    original = {(s.clip, s.index): s for s in found if s.family == NONE}
    out = []
    for family in families:
        own = [s for s in found if s.family == family]
        inside = [s for s in own if s.inside]
        both = [(s, original[s.clip, s.index]) for s in inside if s.llr is not None and (s.clip, s.index) in original
                and original[s.clip, s.index].llr is not None]
        auc = auc_interval([True] * len(both) + [False] * len(both), [a.llr for a, _ in both] + [b.llr for _, b in both],
                           [a.identity for a, _ in both] * 2) if both else None
        out.append((family, len({s.clip for s in own}), f"{sum(s.llr is not None for s in inside)} of {len(inside)}",
                    share_marked(inside), share_marked([s for s in own if not s.inside]),
                    "{:.3f} [{:.3f}, {:.3f}]".format(*auc) if auc else "–",
                    f"{sum(a.llr > b.llr for a, b in both)} of {len(both)}",
                    f"{np.mean([a.llr - b.llr for a, b in both]):+.3f}" if both else "–"))
    return out


HEAD = ("forged by", "clips", "forged segments with a number", "marked inside the span", "marked outside it",
        "LLR, AUC against the same segments of the originals", "forged above its original", "mean change of the LLR")
