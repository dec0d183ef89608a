"""Do two builds say the same of real clips? For a change that should move no number.

    python3 benches/agree.py OLD NEW [--old-models DIR] [--new-models DIR] [--data ../shared/data]

Reviews every clip of the live_swap pairs and every talking clip of `val` with both, and prints for each signal how many
segments have a number with both, by how much their log-likelihood ratios differ, and how many have one with one build
alone. Standard library only; ends with 1 where a segment lost or gained a number.
"""
from __future__ import annotations

import argparse
import collections
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile


def findings(program: str, models: str | None, clip: pathlib.Path) -> list[tuple[str, float | None]]:
    """Signal and log-likelihood ratio, `None` without one, of each segment in turn."""
    with tempfile.TemporaryDirectory() as folder:
        out = f"{folder}/review.json"
        command = [program, "review", str(clip), "--json", out, "--quiet", "--engine-workers", "1"]
        subprocess.run(command + (["--engine-models-dir", models] if models else []), stdout=subprocess.DEVNULL, check=True)
        segments = json.loads(pathlib.Path(out).read_text())["files"][0]["segments"]
    return [(f["signal"], number(f["outcome"])) for s in segments for f in s["findings"]]


def number(outcome: object) -> float | None:
    """The ratio, wherever the document's version keeps it."""
    if not isinstance(outcome, dict):
        return None
    return outcome["llr"] if "llr" in outcome else next((n for v in outcome.values() if (n := number(v)) is not None), None)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--old-models")
    parser.add_argument("--new-models")
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path("../shared/data"))
    args = parser.parse_args()
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    with (args.data / "MANIFEST.csv").open() as file:
        rows = [r for r in csv.DictReader(file) if (r["split"] == "pairs" and r["path"].endswith(".mp4"))
                or (r["split"] == "val" and r["kind"].startswith("talk"))]
    both, alone = collections.defaultdict(list), collections.Counter()
    for row in rows:
        old = findings(args.old, args.old_models, args.data / row["path"])
        new = findings(args.new, args.new_models, args.data / row["path"])
        if [s for s, _ in old] != [s for s, _ in new]:
            print(f"{row['path']}: {len(old)} findings and {len(new)}")
            return 1
        for (signal, a), (_, b) in zip(old, new):
            if a is not None and b is not None:
                both[signal].append(abs(a - b))
            elif a is not b:
                alone[signal] += 1
    print(f"{len(rows)} clips")
    for signal in sorted({*both, *alone}):
        moved = both[signal] or [0.0]
        print(f"{signal}: {len(both[signal])} segments with a number, largest change {max(moved):.1e}; with one build alone: {alone[signal]}")
    return 1 if alone or not both else 0


if __name__ == "__main__":
    sys.exit(main())
