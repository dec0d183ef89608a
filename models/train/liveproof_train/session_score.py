"""How much better the fused session score ranks than one signal alone, and which signal names which forgery. Pure.

A recording without a number keeps a score of 0, as in `liveproof evaluate`.
"""
from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Iterator

import numpy as np

from .intervals import auc_of

VERSION, KIND = 1, "forged_sessions"
ALONE = "face_swap"
FLOOR, GOAL = 0.05, 0.15       # by how much the fused AUC shall lie above that of face_swap alone
SIGNALS = ("face_swap", "lip_sync", "response_latency", "hand_occlusion")
# Which signal is meant to find a family; the swaps of the generator are face_swap's
MEANT = {"shifted": "lip_sync", "drifting": "lip_sync", "dubbed": "lip_sync", "spliced": "lip_sync", "latency": "response_latency"}
NAMED_LLR = 0.1     # LLR times quality from which a segment names a signal; the caps of most signals keep a segment below ln 2


@dataclass(frozen=True)
class Session:
    """One line of `liveproof evaluate --csv`: scores, None where the product gave none."""

    identity: str
    tool: str
    condition: str
    fake: bool
    fused: float | None
    signals: dict[str, float | None]

    @staticmethod
    def of(row: dict[str, str]) -> "Session":
        """From the line's cells."""
        number = lambda name: float(row[name]) if row.get(name) else None  # noqa: E731
        return Session(row["identity"], row["tool"], row["condition"], row["label"] == "fake", number("fused"), {s: number(s) for s in SIGNALS})


def meant_signal(tool: str) -> str:
    """The signal that is meant to find a family."""
    return "hand_occlusion" if tool.startswith("hand_") else MEANT.get(tool, ALONE)


def gain(sessions: list[Session], rounds: int = 2000, seed: int = 1) -> dict | None:
    """AUC of the fused score, of face_swap alone, and of their difference, with 95 % intervals of a bootstrap that
    resamples identities and scores both on the same draw; None without both classes."""
    fake = np.array([s.fake for s in sessions])
    if len(fake) == 0 or fake.all() or not fake.any():
        return None
    scores = [np.array([s.fused or 0.0 for s in sessions]), np.array([s.signals[ALONE] or 0.0 for s in sessions])]
    people = np.array([s.identity for s in sessions])
    members = [np.flatnonzero(people == p) for p in np.unique(people)]
    rng, drawn = np.random.default_rng(seed), []
    for _ in range(rounds):
        take = np.concatenate([members[i] for i in rng.integers(len(members), size=len(members))])
        if fake[take].any() and not fake[take].all():
            drawn.append([auc_of(fake[take], s[take]) for s in scores])
    both = np.array(drawn)
    low, high = np.percentile(np.c_[both, both[:, 0] - both[:, 1]], [2.5, 97.5], axis=0)
    fused, alone = (auc_of(fake, s) for s in scores)
    return {"fused": fused, "fused_ci": [low[0], high[0]], "alone": alone, "alone_ci": [low[1], high[1]], "gain": fused - alone,
            "gain_ci": [low[2], high[2]], "real": int((~fake).sum()), "fake": int(fake.sum()), "identities": len(members)}


def controls(sessions: list[Session], tool: str) -> list[Session]:
    """A family with the untouched sessions of its own condition: sound against sound, dialogue against dialogue."""
    own = [s for s in sessions if s.fake and s.tool == tool]
    kinds = {s.condition for s in own}
    return own + [s for s in sessions if not s.fake and s.condition in kinds]


def segments_of(result: dict) -> Iterator[tuple[float, float, dict[str, float]]]:
    """Start, end (seconds) and what each signal said (LLR times quality) of each segment that `liveproof evaluate` kept."""
    for s in result.get("segments", []):
        given = {f["signal"]: f["llr"] * f["weight"] for f in s["findings"] if f.get("llr") is not None}
        yield s["span"]["start_us"] / 1e6, s["span"]["end_us"] / 1e6, given


def named(result: dict, span: tuple[float, float] | None) -> tuple[Counter, Counter]:
    """Of segments inside and outside the forged stretch (None: all of it is forged): the signal that said most for manipulation,
    where that is at least NAMED_LLR, else "nothing"."""
    inside, outside = Counter(), Counter()
    for start, end, given in segments_of(result):
        strongest = max(given, key=given.get, default="")
        name = strongest if strongest and given[strongest] >= NAMED_LLR else "nothing"
        forged = span is None or min(end, span[1]) - max(start, span[0]) > 0.5 * (end - start)
        (inside if forged else outside)[name] += 1
    return inside, outside


def reasons(lines: list[dict[str, str]], results: list[dict]) -> dict[str, dict]:
    """Per family: which signals its forged segments were named by, and what was named in the rest of it."""
    out: dict[str, dict] = {}
    for line, result in zip(lines, results):
        tool = line["tool"] or f"untouched, {line['condition']}"
        span = (float(line["from_s"]), float(line["to_s"])) if line.get("from_s") else None
        inside, outside = named(result, span if line["label"] == "fake" else (0.0, 0.0))
        entry = out.setdefault(tool, {"meant": meant_signal(tool) if line["label"] == "fake" else "", "inside": Counter(), "outside": Counter()})
        entry["inside"] += inside
        entry["outside"] += outside
    return {t: {**e, "inside": dict(e["inside"]), "outside": dict(e["outside"])} for t, e in out.items()}


def shown(g: dict | None, key: str) -> str:
    """A figure with its interval."""
    if g is None:
        return "–"
    sign = "+" if key == "gain" else ""
    low, high = g[f"{key}_ci"]
    return f"{g[key]:{sign}.3f} [{low:{sign}.3f}, {high:{sign}.3f}]"


def counted(counts: dict[str, int]) -> str:
    """Named signals, most often first."""
    return ", ".join(f"{n} {k}" for k, n in sorted(counts.items(), key=lambda e: -e[1])) or "–"


def figures(sessions: list[Session], lines: list[dict[str, str]], results: list[dict] | None = None) -> dict[str, Any]:
    """Everything that is published; `tables` holds it as title, head and rows."""
    tools = sorted({s.tool for s in sessions if s.fake}, key=lambda t: (meant_signal(t), t))
    everything = gain(sessions)
    families = {t: gain(controls(sessions, t)) for t in tools}
    groups = {signal: gain([s for s in sessions if not s.fake or meant_signal(s.tool) == signal]) for signal in SIGNALS
              if any(meant_signal(t) == signal for t in tools)}
    head = ["forged by", "real / forged", "identities", "AUC fused", f"AUC {ALONE} alone", "gain"]
    row = lambda name, g: [name, f"{g['real']} / {g['fake']}" if g else "–", str(g["identities"]) if g else "–",  # noqa: E731
                           *(shown(g, k) for k in ("fused", "alone", "gain"))]
    tables: list[list] = [["Fused session score against face_swap alone", head,
                           [row("**everything**", everything), *(row(f"what `{s}` is meant to find", g) for s, g in groups.items())]],
                          ["By family, against the untouched sessions of the same making", head, [row(f"{t} (`{meant_signal(t)}`)", g) for t, g in families.items()]]]
    out = {"version": VERSION, "kind": KIND, "sessions": len(sessions), "identities": len({s.identity for s in sessions}), "everything": everything,
           "groups": groups, "families": families, "floor": FLOOR, "goal": GOAL, "tables": tables}
    if results is not None:
        out["reasons"] = reasons(lines, results)
        tables.append([f"Segments by the signal that said most for manipulation (from {NAMED_LLR:.2f} on)",
                       ["session", "meant for", "inside the forged stretch", "elsewhere"],
                       [[t, f"`{e['meant']}`" if e["meant"] else "–", counted(e["inside"]), counted(e["outside"])] for t, e in sorted(out["reasons"].items())]])
    return out
