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
MEANT = {**{f"{where}{kind}": "lip_sync" for where in ("", "talk_") for kind in ("shifted", "drifting", "dubbed", "spliced")},
         "latency": "response_latency"}
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


def _aucs(sessions: list[Session], take: np.ndarray) -> tuple[float, float] | None:
    """AUC of the fused score and of face_swap alone on a draw of sessions; None without both classes."""
    fake = np.array([sessions[i].fake for i in take], bool)
    if len(fake) == 0 or fake.all() or not fake.any():
        return None
    fused, alone = (np.array([value(sessions[i]) or 0.0 for i in take]) for value in (lambda s: s.fused, lambda s: s.signals[ALONE]))
    return auc_of(fake, fused), auc_of(fake, alone)


def even_gain(groups: list[list[Session]], rounds: int = 1000, seed: int = 1) -> dict | None:
    """AUC of the fused score, of face_swap alone, and of their difference, as means over the groups, each weighed alike, with
    95 % intervals of a bootstrap that resamples identities and scores both on the same draw; None where no group
    has both classes."""
    groups = [g for g in groups if _aucs(g, np.arange(len(g))) is not None]
    if not groups:
        return None
    people = sorted({s.identity for g in groups for s in g})
    members = [{p: np.array([i for i, s in enumerate(g) if s.identity == p], int) for p in people} for g in groups]
    rng, drawn = np.random.default_rng(seed), []
    for _ in range(rounds):
        drew = [people[i] for i in rng.integers(len(people), size=len(people))]
        found = [_aucs(g, np.concatenate([m[p] for p in drew])) for g, m in zip(groups, members)]
        if all(f is not None for f in found):
            drawn.append(np.mean(found, axis=0))
    both = np.array(drawn) if drawn else np.full((1, 2), np.nan)
    low, high = np.percentile(np.c_[both, both[:, 0] - both[:, 1]], [2.5, 97.5], axis=0)
    fused, alone = np.mean([_aucs(g, np.arange(len(g))) for g in groups], axis=0)
    every = {id(s): s for g in groups for s in g}.values()
    return {"fused": float(fused), "fused_ci": [float(low[0]), float(high[0])], "alone": float(alone), "alone_ci": [float(low[1]), float(high[1])],
            "gain": float(fused - alone), "gain_ci": [float(low[2]), float(high[2])], "real": sum(not s.fake for s in every),
            "fake": sum(s.fake for s in every), "identities": len(people)}


def gain(sessions: list[Session], rounds: int = 1000) -> dict | None:
    """The same of one group; None without both classes."""
    return even_gain([sessions], rounds)


def controls(sessions: list[Session], own: list[Session]) -> list[Session]:
    """Forged sessions with the untouched ones of their own making: sound against sound, dialogue against dialogue."""
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
    """Per family: which signals its forged segments were named by, what was named in the rest of it, and in how many of its
    sessions the signal that is meant to find it (of an untouched one: any) named a segment at least once. A hand covers
    a face for a segment or two and an answer begins now and then, so no session can be named throughout."""
    out: dict[str, dict] = {}
    for line, result in zip(lines, results):
        tool = line["tool"] or f"untouched, {line['condition']}"
        span = (float(line["from_s"]), float(line["to_s"])) if line.get("from_s") else None
        inside, outside = named(result, span if line["label"] == "fake" else (0.0, 0.0))
        meant = meant_signal(tool) if line["label"] == "fake" else ""
        entry = out.setdefault(tool, {"meant": meant, "inside": Counter(), "outside": Counter(), "sessions": 0, "named": 0})
        entry["inside"] += inside
        entry["outside"] += outside
        entry["sessions"] += 1
        entry["named"] += inside[meant] > 0 if meant else any(n != "nothing" for n in outside)
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
    families = {t: gain(controls(sessions, [s for s in sessions if s.fake and s.tool == t])) for t in tools}
    kinds = {signal: controls(sessions, [s for s in sessions if s.fake and meant_signal(s.tool) == signal]) for signal in SIGNALS
             if any(meant_signal(t) == signal for t in tools)}
    groups, even = {signal: gain(own) for signal, own in kinds.items()}, even_gain(list(kinds.values()))
    head = ["forged by", "real / forged", "identities", "AUC fused", f"AUC {ALONE} alone", "gain"]
    row = lambda name, g: [name, f"{g['real']} / {g['fake']}" if g else "–", str(g["identities"]) if g else "–",  # noqa: E731
                           *(shown(g, k) for k in ("fused", "alone", "gain"))]
    tables: list[list] = [["Fused session score against face_swap alone", head,
                           [row("**everything, as many as were made**", everything), row("**each kind weighed alike**", even), *(row(f"what `{s}` is meant to find", g) for s, g in groups.items())]],
                          ["By family, against the untouched sessions of the same making", head, [row(f"{t} (`{meant_signal(t)}`)", g) for t, g in families.items()]]]
    out = {"version": VERSION, "kind": KIND, "sessions": len(sessions), "identities": len({s.identity for s in sessions}), "everything": everything,
           "even": even, "groups": groups, "families": families, "floor": FLOOR, "goal": GOAL, "tables": tables}
    if results is not None:
        out["reasons"] = reasons(lines, results)
        tables.append([f"Segments by the signal that said most for manipulation (from {NAMED_LLR:.2f} on)",
                       ["session", "meant for", "sessions named so at least once (untouched: named at all)", "segments inside the forged stretch", "elsewhere"],
                       [[t, f"`{e['meant']}`" if e["meant"] else "–", f"{e['named']} of {e['sessions']}", counted(e["inside"]), counted(e["outside"])]
                        for t, e in sorted(out["reasons"].items())]])
    return out
