"""Where face_swap should not judge: the live_swap pairs through every limit, by distance and by brightness.

    python -m liveproof_train.artifact_limits --liveproof BIN --folds DIR      # DIR: nets of the folds, uncapped (`ranking`)

The limits of what is judged (distance from the known material, range of scores, darkness) are opened in each fold's overlay; size and
sharpness stay gated. `liveproof evaluate` then scores the fold's held-out pairs as they are and degraded, and the tables say how
swaps would rank, and how many real segments would be marked, if only segments within a limit were judged. The limit of each fold
is the quantile of the segments that the other four folds and `val` give (docs/training-log.md, "Where it does not judge").
"""
from __future__ import annotations

import argparse
import csv
import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .artifact_discriminant import FOLDS, Data, nested
from .card import table
from .evaluate_manifest import HEAD, clip
from .export_artifact import GATES, known_without
from .intervals import auc_of
from .paths import MODELS_DIR, REPO_DIR, cache_dir, data_dir, manifest_rows
from .reviewed import MARK_LLR

PASSES = ("as they are", "crf=34", "height=240", "blur=2", "light=0.5", "light=0.25")
SHARES = (0.95, 0.96, 0.97, 0.975, 0.98, 0.99, 1.0)
LUMA = (0, 30, 35, 40, 45, 60, 80, 235)
OPENED = {"max_distance": "1000000.0", "min_score": "-1000.0", "max_score": "1000.0", "min_luma": "0.0"}


@dataclass
class Judged:
    """One segment with a number."""

    fake: bool
    pair: str
    fold: str
    of: str          # pass
    llr: float
    seconds: float   # times quality
    distance: float
    luma: float


def opened(folds: Path, fold: str) -> Path:
    """The fold's overlay with its limits out of the way, beside it."""
    text = (folds / f"fold{fold}.toml").read_text(encoding="utf-8")
    for name, value in OPENED.items():
        text = re.sub(rf"^{name} = .*$", f"{name} = {value}", text, flags=re.M)
    out = folds / f"fold{fold}.open.toml"
    out.write_text(text, encoding="utf-8")
    return out


def judged(program: Path, folds: Path, fold: str) -> list[Judged]:
    """The fold's pairs in every pass: kept results lie pass by pass in the order of the list."""
    overlay, folder = opened(folds, fold), cache_dir("limits")
    rows = [r for r in manifest_rows({"pairs"}) if r["fold"] == fold]
    lines, kept = folder / f"fold{fold}.csv", folder / f"fold{fold}.jsonl"
    with open(lines, "w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, HEAD)
        writer.writeheader()
        writer.writerows(clip(r, None) | {"path": str(data_dir() / r["path"]), "models": str(overlay)} for r in rows)
    kept.unlink(missing_ok=True)
    subprocess.run([str(program), "--models-dir", str(MODELS_DIR), "evaluate", str(lines), "--jobs", "1", "--cache", str(kept),
                    *(f"--degrade={p}" for p in PASSES[1:])], check=True, env=os.environ, stdout=subprocess.DEVNULL)
    results, out = [json.loads(line)["result"] for line in kept.read_text().splitlines()], []
    if len(results) != len(rows) * len(PASSES):
        raise RuntimeError(f"{kept}: {len(results)} results of {len(rows)} recordings in {len(PASSES)} passes")
    for i, result in enumerate(results):
        row = rows[i % len(rows)]
        for s in result["segments"]:
            found = next(f for f in s["findings"] if f["signal"] == "face_swap")
            if found["llr"] is None:
                continue
            distance = next(e["value"] for e in found["evidence"] if e["name"] == "distance")
            seconds = (s["span"]["end_us"] - s["span"]["start_us"]) / 1e6 * found["weight"]
            out.append(Judged(row["label"] == "fake", row["pair"], fold, PASSES[i // len(rows)], found["llr"], seconds, distance,
                              s["quality"]["luma"]))
    return out


def by_clip(found: list[Judged], pairs: list[str]) -> tuple[float, int]:
    """AUC of the pairs' panels by the mean of their segments (0 without one), and pairs ranked right."""
    score = {(p, f): 0.0 for p in pairs for f in (False, True)}
    for key in score:
        own = [s for s in found if (s.pair, s.fake) == key]
        if sum(s.seconds for s in own) > 0:
            score[key] = float(np.average([s.llr for s in own], weights=[s.seconds for s in own]))
    fake = np.array([f for _, f in score])
    return auc_of(fake, np.array(list(score.values()))), sum(score[p, True] > score[p, False] for p in pairs)


def marked(found: list[Judged]) -> str:
    real = [s for s in found if not s.fake]
    return f"{sum(s.llr >= MARK_LLR for s in real)} of {len(real)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--liveproof", type=Path, default=REPO_DIR / "target" / "release" / "liveproof")
    parser.add_argument("--folds", type=Path, required=True)
    args = parser.parse_args()
    data = Data.load()
    _, chosen, fits = nested(data)
    distances = {f: [s.distance for s in known_without(data, f, chosen[f], fits[f])[0]] for f in FOLDS}
    found = [s for fold in FOLDS for s in judged(args.liveproof, args.folds.resolve(), fold)]
    pairs = sorted({r["pair"] for r in manifest_rows({"pairs"})})
    cell = lambda rows: "{:.3f}, {}; {}".format(*by_clip(rows, pairs), marked(rows))  # noqa: E731
    limits = {q: {f: round(float(np.quantile(distances[f], q)), 2) for f in FOLDS} for q in SHARES}
    light = [s for s in found if s.luma >= GATES["min_luma"]]
    rows = [(f"{100 * q:g} in 100", *(cell([s for s in light if s.of == p and s.distance <= limits[q][s.fold]]) for p in PASSES)) for q in SHARES]
    rows.append(("no limit", *(cell([s for s in light if s.of == p]) for p in PASSES)))
    print(table(("known segments within: AUC, pairs right; real segments marked", *PASSES), rows))
    lights = [s for s in found if s.of in ("as they are", "light=0.5", "light=0.25")]
    rows = []
    for low, high in zip(LUMA, LUMA[1:]):
        own = [s for s in lights if low <= s.luma < high]
        fake = np.array([s.fake for s in own], bool)
        auc = f"{auc_of(fake, np.array([s.llr for s in own])):.3f}" if fake.any() and not fake.all() else "–"
        rows.append((f"{low} to {high}", len(own), auc, marked(own)))
    print(table(("brightness of the face, all three lights", "segments", "AUC of the segments", "real ones marked"), rows))


if __name__ == "__main__":
    main()
