"""Class-conditional (Mondrian) split-conformal table of a signal's log-likelihood ratios.

export_artifact writes it into the entry of artifact-1 in models/manifest.toml, and its card. For each class the table holds quantiles of the LLRs which the class's own recordings were given by fits that had not
seen the person. A new LLR x is then unlike a class where p <= epsilon:

    p(real)        = (n * share of the real LLRs >= x        + 1) / (n + 1)
    p(manipulated) = (n * share of the manipulated LLRs <= x + 1) / (n + 1)

n counts recordings, each weighing the same however many segments it has: segments of one recording are not
exchangeable with those of another, recordings are (two-layer sampling, R. Dunn, L. Wasserman, A. Ramdas, Distribution-free
prediction sets for two-layer hierarchical models, JASA 2023; V. Vovk, Conditional validity of inductive conformal
predictors, 2012). The guarantee is for recordings exchangeable with those of the table: the same cameras and the same swap
tool. Of another tool it promises nothing.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

EPSILON = 0.1
LEVELS = 40


@dataclass(frozen=True)
class Scored:
    """One segment: its LLR as the service gives it, and where it comes from."""

    llr: float
    fake: bool
    clip: str
    person: str


def _weights(rows: Sequence[Scored]) -> np.ndarray:
    count: dict[str, int] = {}
    for r in rows:
        count[r.clip] = count.get(r.clip, 0) + 1
    return np.array([1 / count[r.clip] for r in rows])


def quantiles(rows: Sequence[Scored], levels: int = LEVELS) -> list[float]:
    """Values at the middles of `levels` equal shares of the weight, rising."""
    order = np.argsort([r.llr for r in rows], kind="stable")
    values, weight = np.array([r.llr for r in rows])[order], _weights(rows)[order]
    reached = np.cumsum(weight) / weight.sum()
    middles = (np.arange(levels) + 0.5) / levels
    return [float(values[min(np.searchsorted(reached, m), len(values) - 1)]) for m in middles]


def table(rows: Sequence[Scored], epsilon: float = EPSILON) -> dict[str, object]:
    """`conformal` as src/fusion/conformal.rs reads it."""
    out: dict[str, object] = {"epsilon": epsilon}
    for name, fake in (("real", False), ("manipulated", True)):
        mine = [r for r in rows if r.fake == fake]
        out[name] = quantiles(mine)
        out[f"{name}_recordings"] = len({r.clip for r in mine})
    return out


def prediction_set(t: dict[str, object], llr: float) -> str:
    """real, manipulated, both or neither."""
    real, fake = np.array(t["real"]), np.array(t["manipulated"])
    n, m = t["real_recordings"], t["manipulated_recordings"]
    like_real = (n * float((real >= llr).mean()) + 1) / (n + 1) > t["epsilon"]
    like_fake = (m * float((fake <= llr).mean()) + 1) / (m + 1) > t["epsilon"]
    return {(True, True): "both", (True, False): "real", (False, True): "manipulated", (False, False): "neither"}[like_real, like_fake]


def held_out(rows: Sequence[Scored], epsilon: float = EPSILON) -> dict[str, float]:
    """How often the sets hold the truth and are of one class: each person against a table of the others, recordings
    weighing the same."""
    sums = {"real": np.zeros(3), "manipulated": np.zeros(3)}
    for person in sorted({r.person for r in rows}):
        mine = [r for r in rows if r.person == person]
        t = table([r for r in rows if r.person != person], epsilon)
        for r, w in zip(mine, _weights(mine)):
            truth = "manipulated" if r.fake else "real"
            found = prediction_set(t, r.llr)
            sums[truth] += w * np.array([1.0, found in (truth, "both"), found in ("real", "manipulated")])
    return {f"{what}_{truth}": float(s[i] / s[0]) for truth, s in sums.items() for i, what in ((1, "covered"), (2, "single"))}


def words(f: dict[str, float]) -> str:
    """The figures in a sentence of the card."""
    return (f"Class-conditional conformal sets at {EPSILON}: each person against a table of the others, the set holds the truth for "
            f"{100 * f['covered_real']:.0f} % of real and {100 * f['covered_manipulated']:.0f} % of swapped segments, and it is a single "
            f"class for {100 * f['single_real']:.0f} % and {100 * f['single_manipulated']:.0f} %: on the others the measurement "
            "cannot tell the two apart, and the finding says so. The guarantee is for recordings like these alone: of another "
            "swap tool or camera it promises nothing.")


def scored(found, data, llr) -> list[Scored]:
    """Segments of export_artifact as rows of a table; `llr` maps a segment as the service does."""
    return [Scored(float(llr(s)), s.fake, s.clip, data.rows[s.clip]["identity"]) for s in found]


def add_to_card(card, text: str) -> None:
    """Puts the sentence under the heading on calibration, in place of an earlier one."""
    head = "## Calibration and vote\n\n"
    before, rest = card.read_text(encoding="utf-8").split(head, 1)
    body, sep, after = rest.partition("\n\n## ")
    body = body.split("\n\nClass-conditional conformal")[0]
    card.write_text(before + head + body + "\n\n" + text + sep + after, encoding="utf-8")

