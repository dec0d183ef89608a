"""Makes a list for `liveproof evaluate` from the media's MANIFEST.csv.

    python -m liveproof_train.evaluate_manifest --split val -o val.csv
    python -m liveproof_train.evaluate_manifest --split pairs --overlays DIR -o pairs.csv
    python -m liveproof_train.evaluate_manifest --split pairs --overlays DIR --reference-halves -o reference.csv
    python -m liveproof_train.evaluate_manifest --split eval --reason "release 0.2" -o eval.csv

Needs nothing beyond Python. `--overlays DIR` fills the column `models` with DIR/fold<fold>.toml, so
that each fold is scored by the net that was fitted on the other folds. `--reference-halves` makes
the first half of a pair's camera panel (elsewhere of the recording itself) the reference and has the
second half judged. Each list of split `eval` is
a look at it: the reason is demanded and a line is appended to docs/eval-looks.md.

The list must lie where its relative paths hold, or give --absolute; no media are copied.
"""
from __future__ import annotations

import argparse
import csv
import datetime
import os
import subprocess
import sys
from pathlib import Path

from .paths import REPO_DIR, data_dir, manifest_rows

LOOKS = REPO_DIR / "docs" / "eval-looks.md"
HEAD = ["path", "label", "identity", "tool", "condition", "pair", "models", "group"]
HALVES = ["reference", "reference_to_s", "only_from_s"]
MEDIA = {".mp4", ".mov", ".m4v", ".webm", ".mkv", ".gif", ".avi", ".jpg", ".jpeg", ".png", ".webp"}
# UTKFace names are [age]_[gender]_[ethnicity]_[date]; the meaning of the codes is the data set's.
GENDER = {"0": "male", "1": "female"}
ETHNICITY = {"0": "white", "1": "black", "2": "asian", "3": "indian", "4": "other"}


def utk_groups(row: dict[str, str]) -> list[str]:
    """Group labels from the name of a UTKFace file; none where the name does not hold them."""
    if "utk" not in row["path"].lower():
        return []
    parts = Path(row["source_path"] or row["path"]).name.split("_")
    if len(parts) < 4 or not parts[0].isdigit() or int(parts[0]) > 120:
        return []
    low = int(parts[0]) // 20 * 20
    groups = [f"age={low}-{low + 19}"]
    if parts[1] in GENDER:
        groups.append(f"gender={GENDER[parts[1]]}")
    if parts[2] in ETHNICITY:
        groups.append(f"ethnicity={ETHNICITY[parts[2]]}")
    return groups


def condition(row: dict[str, str]) -> str:
    """Kind of recording, with the collection for stills: sets differ more than people do."""
    if row["kind"].startswith("still"):
        return f"{row['kind']}/{Path(row['path']).parent.name}"
    return row["kind"]


def clip(row: dict[str, str], overlays: Path | None) -> dict[str, str]:
    """One line of the list."""
    fake = row["label"] == "fake"
    groups = utk_groups(row)
    if row["hand_over_face"]:
        groups.append("hand_over_face")
    return {
        "path": row["path"],
        "label": row["label"],
        "identity": row["identity"] or row["path"],
        "tool": (row["tool"] or row["method"]) if fake else "",
        "condition": condition(row),
        "pair": row["pair"],
        "models": str(overlays / f"fold{row['fold']}.toml") if overlays and row["fold"] else "",
        "group": ";".join(groups),
    }


def halves(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """What --reference-halves adds to each line: the verified first half, and where the judged half begins."""
    cameras = {r["pair"]: r for r in rows if r["pair"] and r["label"] == "real"}
    out = []
    for row in rows:
        camera = cameras.get(row["pair"], row)
        out.append({"reference": camera["path"], "reference_to_s": f"{float(camera['duration_s']) / 2:.2f}",
                    "only_from_s": f"{float(row['duration_s']) / 2:.2f}"})
    return out


def note_look(args: argparse.Namespace, n: int) -> None:
    """Appends a look at split eval to the log."""
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=REPO_DIR,
                            capture_output=True, text=True, check=False).stdout.strip() or "unknown"
    when = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M")
    kinds = ", ".join(args.kind) if args.kind else "all"
    reason = " ".join(args.reason.split()).replace("|", "/")
    with open(LOOKS, "a", encoding="utf-8") as log:
        log.write(f"| {when} | {commit} | {kinds} | {n} | {reason} |\n")


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--split", required=True, choices=["train", "val", "pairs", "dev", "eval"])
    parser.add_argument("--kind", action="append", help="only this kind; may be given several times")
    parser.add_argument("--every", type=int, default=1, help="only each N-th row, for a quick look")
    parser.add_argument("--overlays", type=Path, help="folder with fold0.toml, fold1.toml, ...")
    parser.add_argument("--reference-halves", action="store_true", help="judge second halves against first halves of the camera")
    parser.add_argument("--absolute", action="store_true", help="write absolute paths")
    parser.add_argument("--reason", default="", help="why eval is looked at; goes to docs/eval-looks.md")
    parser.add_argument("-o", "--out", type=Path, required=True, help="the list to write")
    args = parser.parse_args(argv)
    if args.split == "eval" and not args.reason.strip():
        parser.error("split eval: --reason is needed, every look at it is logged")
    if args.every < 1:
        parser.error("--every: must be at least 1")
    overlays = args.overlays.resolve() if args.overlays else None
    rows = manifest_rows({args.split}, set(args.kind) if args.kind else None)
    rows = [r for r in rows if Path(r["path"]).suffix.lower() in MEDIA][:: args.every]
    if args.reference_halves:
        rows = [r for r in rows if r["duration_s"]]  # a still has no halves
    if not rows:
        print("no rows match", file=sys.stderr)
        return 1
    clips = [clip(r, overlays) for r in rows]
    if args.reference_halves:
        clips = [c | h for c, h in zip(clips, halves(rows))]
    root, home = data_dir().resolve(), args.out.resolve().parent
    for c in clips:
        for key in ("path", "reference"):
            if c.get(key):
                c[key] = str(root / c[key]) if args.absolute else os.path.relpath(root / c[key], home)
    with open(args.out, "w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, HEAD + (HALVES if args.reference_halves else []))
        writer.writeheader()
        writer.writerows(clips)
    if args.split == "eval":
        note_look(args, len(clips))
    fakes = sum(c["label"] == "fake" for c in clips)
    print(f"{args.out}: {len(clips)} recordings of {args.split}, {fakes} manipulated")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
