"""Writes docs/accuracy.md from evaluations made with `liveproof evaluate --json`.

    python -m liveproof_train.accuracy_doc "pairs (out of fold)=pairs.json" "val=val.json" ...

Each argument is TITLE=FILE; the sections come in the order given. A FILE may also be the figures of
hand_challenge_figures or forged_sessions (never the first), or the word "kept": the page's section stays as it stands,
and the notes say with which nets it was measured. Every figure is the evaluation's own, with n and its 95 %
interval; nothing is left out for being bad. `--notes FILE` (default docs/accuracy-notes.md, if it is there) is quoted
below the head: what the figures do not say.
"""
from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from .accuracy_sections import KINDS
from .accuracy_text import area, interval, pairs, pct, rate, table
from .paths import REPO_DIR

VERSION = 1
LOOKS = REPO_DIR / "docs" / "eval-looks.md"
TARGET = REPO_DIR / "docs" / "accuracy.md"
FEW = 3  # recordings below which a tool has no row of its own
LEAST_COVERAGE = 0.1  # of recordings or time, below which a signal's own tables would say nothing
NOT_EVALUATED = [
    "a real hand pass before a swapped face: **never measured on a real hand pass**",
    "live swap tools other than those named in the tables",
    "cloned or converted voices: liveproof does not measure them",
    "virtual backgrounds, beauty filters and face filters of call programs",
    "whole interviews with questions and answers by real people",
    "people by skin tone, age or gender beyond the tables by group",
]


def scores(e: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [*e["signals"].items(), ("fused", e["fused"])]


def main_table(e: dict[str, Any]) -> list[str]:
    head = ["score", "coverage (recordings)", "coverage (time)", "AUC", "equal error", "pairs ranked right",
            "false alarms: recordings", "found: recordings", "false alarms: segments of 3 s", "stills", "ECE", "Cllr"]
    rows, silent = [], []
    for name, f in scores(e):
        if f["coverage"] == 0:
            silent.append(f"`{name}`")
            continue
        label = f"`{name}`" + (" (experimental, no vote)" if f["experimental"] else "")
        c = f["calibration"]
        rows.append([label, pct(f["coverage"]), pct(f["coverage_segments"]), area(f), pct(f["eer"]), pairs(f["pairs"]),
                     rate(f["false_alarm_clips"]), rate(f["detected_clips"]), rate(f["false_alarm_segments"]),
                     rate(f["false_alarm_stills"]), f"{c['ece']:.3f}" if c else "–",
                     f"{c['cllr']:.2f}" if c else "–"])
    out = table(head, rows) if rows else []
    return out + ([f"No number from {', '.join(silent)}.", ""] if silent else [])


def group_table(title: str, groups: list[dict[str, Any]]) -> list[str]:
    """Nothing where there is one group only: the main table says it."""
    rows = [[g["name"] or "not stated", f"{g['n_real']} / {g['n_fake']}", str(g["identities"]),
             pct(g["face_found"]), pct(g["coverage"]), area(g), pairs(g["pairs"]), rate(g["false_alarms"]),
             rate(g["false_alarm_segments"])] for g in groups]
    head = [title, "n real / manipulated", "identities", "face found", "coverage", "AUC", "pairs ranked right",
            "false alarms: recordings and stills", "segments"]
    return table(head, rows) if len(rows) > 1 else []


def few(groups: list[dict[str, Any]]) -> tuple[str, str]:
    """AUC and pairs of several tools taken together. All are ranked against the same real recordings, so the AUC
    of their union is the mean of theirs, weighted by their manipulated recordings."""
    known = [g for g in groups if g["auc"] is not None]
    n = sum(g["n_fake"] for g in known)
    compared = [g["pairs"] for g in groups if g["pairs"]]
    together = {k: sum(p[k] for p in compared) for k in ("n", "right", "tied")}
    return (f"{sum(g['auc'] * g['n_fake'] for g in known) / n:.3f}" if n else "–"), pairs(together if compared else None)


def tool_table(f: dict[str, Any]) -> list[str]:
    """One row per tool, worst AUC first; tools with fewer than FEW recordings share a row, and a line names them."""
    bounds = [(o["bpcer_bound"], o["apcer"], {t["tool"]: t["apcer"] for t in o["per_tool"]}) for o in f["operating"]]
    large = [g for g in f["by_tool"] if g["n_fake"] >= FEW]
    small = [g for g in f["by_tool"] if g["n_fake"] < FEW]
    if len(small) == 1:
        large, small = f["by_tool"], []
    head = ["tool, against all real", "manipulated", "AUC", "pairs ranked right",
            *(f"missed (APCER) at BPCER <= {pct(b)}" for b, _, _ in bounds)]
    rows = [["all tools", str(f["n_fake"]), area(f), pairs(f["pairs"]), *(rate(r) for _, r, _ in bounds)]]
    for g in large:
        rows.append([g["name"] or "not stated", str(g["n_fake"]), area(g), pairs(g["pairs"]),
                     *(rate(tools[g["name"]]) if g["name"] in tools else "–" for _, _, tools in bounds)])
    if small:
        def missed(tools: dict[str, dict[str, Any]]) -> str:
            found = [tools[g["name"]] for g in small if g["name"] in tools]
            hits, n = sum(r["hits"] for r in found), sum(r["n"] for r in found)
            return f"{pct(hits / n)} ({hits} of {n})" if n else "–"
        rows.append([f"{len(small)} tools with fewer than {FEW} each", str(sum(g["n_fake"] for g in small)), *few(small),
                     *(missed(tools) for _, _, tools in bounds)])
    if len(rows) == 1 and not f["n_fake"]:
        return []
    names = "; ".join(f"{g['name'] or 'not stated'} {area({**g, 'auc_ci': None})} ({g['n_fake']})" for g in small)
    return table(head, rows) + ([f"Tools with fewer than {FEW} recordings, their AUC (and number): {names}.", ""] if small else [])


def degraded_table(e: dict[str, Any], name: str) -> list[str]:
    def pick(of: dict[str, Any]) -> dict[str, Any]:
        return of["fused"] if name == "fused" else of["signals"][name]
    passes = [("as they are", pick(e)), *((d["meaning"], pick(d)) for d in e["degraded"])]
    rows = [[meaning, pct(f["coverage_segments"]), area(f), pairs(f["pairs"]), rate(f["false_alarm_clips"]), rate(f["false_alarm_segments"]),
             rate(f["false_alarm_stills"])] for meaning, f in passes]
    return table(["media", "coverage (time)", "AUC", "pairs ranked right", "false alarms: recordings", "segments", "stills"], rows)


def standing_section(page: str, title: str) -> list[str]:
    """The section of a page as it stands. SystemExit where there is none."""
    head = f"\n## {title}\n"
    if head not in page:
        raise SystemExit(f"{title}: no such section to keep")
    return [*(head.lstrip() + page.split(head)[1].split("\n## ")[0]).rstrip().splitlines(), ""]


def section(title: str, e: dict[str, Any]) -> list[str]:
    if "kept" in e:
        return e["kept"]
    if e.get("kind") in KINDS:
        return KINDS[e["kind"]](title, e)
    if e["version"] != VERSION:
        raise SystemExit(f"{title}: evaluation version {e['version']}, expected {VERSION}")
    one = e["list"]
    out = [f"## {title}", "",
           f"{one['clips']} recordings ({one['real']} real, {one['fake']} manipulated; {one['stills']} stills), "
           f"{one['identities']} identities, {one['hours']:.2f} h; list `{one['sha256'][:12]}`.", ""]
    if one["failed"]:
        out += [f"{len(one['failed'])} could not be read; they count as abstentions.", ""]
    out += main_table(e)
    told = [(n, f) for n, f in scores(e) if max(f["coverage"], f["coverage_segments"]) >= LEAST_COVERAGE]
    signals = [n for n, _ in told if n != "fused"]
    for name, f in told:
        # With one signal the fused score ranks nearly as that signal does; the main table has its figures.
        if name == "fused" and len(signals) == 1:
            continue
        out += [f"### {title}: `{name}`", ""]
        if f["n_real"]:
            out += tool_table(f)
        out += group_table("condition", f["by_condition"])
        if name in ("fused", signals[0] if len(signals) == 1 else ""):
            out += group_table("group", f["by_group"])
        out += group_table("height of the face", f["by_face_px"])
        if e["degraded"]:
            out += degraded_table(e, name)
        if f["delay"] and f["delay"]["seconds"]:
            d = f["delay"]
            out += [f"Found in {d['detected']} of {d['n']} manipulated recordings, after "
                    f"{d['seconds']['median']:.1f} s at the median.", ""]
    if e["sync"] and e["sync"]["error_ms"]:
        s = e["sync"]
        out += [f"Audio-video offset: median error {s['error_ms']['median']:.0f} ms, within 40 ms "
                f"{rate(s['within_40_ms'])}; measured in {pct(s['coverage'])} of {s['segments']} segments.", ""]
    return out


def models(evaluations: list[dict[str, Any]]) -> list[str]:
    seen: dict[tuple[str, str], dict[str, Any]] = {}
    for e in evaluations:
        for m in e["models"]:
            seen.setdefault((m["id"], m["sha256"]), m)
    rows = [[f"`{m['id']}`" + (f" (over {m['overlay']})" if m["overlay"] else ""),
             f"`{m['sha256'][:12]}`" if m["available"] else "missing", m["data_terms"]] for m in seen.values()]
    return ["## Models and the terms of their data", "", *table(["model", "sha256", "data terms"], rows)]


def looks(path: Path) -> list[str]:
    rows = [r for r in path.read_text(encoding="utf-8").splitlines() if r.startswith("| ")][1:] if path.exists() else []
    out = ["## Looks at `eval`", "",
           "Nothing is fitted, chosen or calibrated on split `eval`; every list made of it is logged.", ""]
    if not rows:
        return [*out, "None yet.", ""]
    return [*out, "| when (UTC) | commit | kinds | recordings | why |", "|---|---|---|---|---|", *rows, ""]


def document(parts: list[tuple[str, dict[str, Any]]], notes: str, log: Path) -> str:
    first = parts[0][1]["settings"]
    out = ["# Accuracy", "",
           "Written by `models/train/run accuracy` from evaluations of the product's own pipeline "
           "([evaluate.md](evaluate.md)); not edited by hand. Weak figures stand as they are.", "",
           f"Intervals are 95 %: AUC by {first['resamples']} resamples of identities, shares by Wilson with the number of "
           f"identities as n. A false alarm is a score of {first['threshold']:.2f} or more. A recording without a number "
           "stays in every AUC with a score of 0. BPCER: share of real recordings called manipulated; APCER: share of "
           "manipulated ones that are not.", ""]
    if notes:
        out += [notes.strip(), ""]
    out += ["## Not evaluated on", "", *(f"- {line}" for line in NOT_EVALUATED), ""]
    for title, e in parts:
        out += section(title, e)
    out += models([e for _, e in parts if "models" in e])
    out += looks(log)
    return "\n".join(out).rstrip() + "\n"


# Signals that compare a recording with its own beginning: ranking recordings says nothing of them (their cards do).
WITHIN_A_RECORDING = {"identity"}


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("evaluations", nargs="+", metavar="TITLE=FILE")
    parser.add_argument("--notes", type=Path, default=REPO_DIR / "docs" / "accuracy-notes.md")
    parser.add_argument("-o", "--out", type=Path, default=TARGET)
    args = parser.parse_args(argv)
    parts = []
    for given in args.evaluations:
        title, _, path = given.partition("=")
        if not path:
            parser.error(f"{given}: expected TITLE=FILE")
        if path == "kept":
            parts.append((title, {"kept": standing_section(args.out.read_text(encoding="utf-8"), title)}))
            continue
        evaluation = json.loads(Path(path).read_text(encoding="utf-8"))
        for name in WITHIN_A_RECORDING & evaluation.get("signals", {}).keys():
            del evaluation["signals"][name]
        parts.append((title, evaluation))
    if "settings" not in parts[0][1]:
        parser.error(f"{args.evaluations[0]}: the first must be an evaluation of `liveproof evaluate`")
    notes = args.notes.read_text(encoding="utf-8") if args.notes.exists() else ""
    args.out.write_text(document(parts, notes, LOOKS), encoding="utf-8")
    print(f"wrote {args.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
