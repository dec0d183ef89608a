"""Forges a span of every real `val` clip with every family and lets the product review the copies and the originals.

    python -m liveproof_train.forged_review --liveproof target/release/liveproof      # table into docs/forged-review.md
    python -m liveproof_train.forged_review --liveproof ... --families decoder,none   # some of them, into the terminal
    python -m liveproof_train.forged_review --reference-list LIST.csv                 # for `liveproof evaluate`

The copies lie in the cache and are never committed. Originals go through the same codec (family `none`). The middle
third of each clip is forged, from segment border to segment border. The list holds the copies that were made, each
span against its own clip's beginning as the verified reference. Not part of CI: it needs the media.
"""
from __future__ import annotations

import argparse
import json
import os
import subprocess
from pathlib import Path

from .card import table
from .forge_clip import forge_clip
from .manifest import read_entry
from .pack_artifact import REAL_KINDS
from .paths import MODELS_DIR, REPO_DIR, cache_dir, data_dir, manifest_rows
from .reviewed import HEAD, MARK_LLR, MOST_S, NONE, Seen, lines, segments, share_marked, span_of
from .serving import Detector, Landmarks
from .synth.filters import FILTERS
from .synth.forge import FAMILIES
from .synth.temporal import seed_of

EVERY = (NONE, *FAMILIES, *FILTERS)


def copy_of(row: dict, family: str, crf: int) -> Path:
    """Where the copy of a clip lies or will lie; its truth beside it is written last."""
    return cache_dir("forged", f"crf{crf}", family) / f"{Path(row['path']).stem}.mp4"


def copies(row: dict, family: str, crf: int, nets: tuple[Detector, Landmarks]) -> tuple[Path, dict]:
    """The forged or untouched copy of a clip, made once, and its truth."""
    out = copy_of(row, family, crf)
    name, truth = out.stem, out.with_suffix(".json")
    if not truth.exists():
        forge_clip(data_dir() / row["path"], out, family, span_of(float(row["duration_s"])), seed_of(name, family), crf, nets,
                   most_s=MOST_S)
    return out, json.loads(truth.read_text())


def reference_list(rows: list[dict], crf: int, out: Path) -> int:
    """Writes a list for `liveproof evaluate`: the span of each copy that lies in the cache, with what comes before it in
    the same file as reference. Spans that begin the clip have none and are left out. The number of lines."""
    lines_out = ["path,label,identity,tool,reference,reference_to_s,only_from_s,only_to_s"]
    for family in EVERY:
        for row in rows:
            path = copy_of(row, family, crf)
            if not path.with_suffix(".json").exists():
                continue
            truth = json.loads(path.with_suffix(".json").read_text())
            if truth["from_s"] > 0:
                fake = truth["label"] == "fake"
                lines_out.append(",".join(map(str, (path, truth["label"], row["identity"] or path.stem, family if fake else "", path,
                                                    truth["from_s"], truth["from_s"], truth["to_s"]))))
    out.write_text("\n".join(lines_out) + "\n", encoding="utf-8")
    return len(lines_out) - 1


def review(program: Path, models: Path, paths: list[Path], report: Path, overlay: Path | None = None) -> list[dict]:
    """The product's report of each path, in order, by way of the file `report`. RuntimeError with what the product
    said when it fails."""
    report.unlink(missing_ok=True)
    laid_over = ["--models", str(overlay)] if overlay else []
    done = subprocess.run([str(program), "review", *map(str, paths), "--models-dir", str(models), *laid_over, "--json", str(report)],
                          capture_output=True, text=True, env=os.environ)
    if not report.exists():
        raise RuntimeError(f"{program} review failed: {done.stderr[-2000:]}")
    files = {f["path"]: f for f in json.loads(report.read_text())["files"]}
    report.unlink()
    return [files[str(p)] for p in paths]


def write_page(found: list[Seen], families: list[str], crf: int, model: dict) -> None:
    forged = [f for f in families if f not in FILTERS]
    kept = [f for f in families if f in FILTERS]
    originals = [s for s in found if s.family == NONE]
    published = model["metrics"]["val_segments_llr_above_ln2"]
    text = [
        "# Forged copies of real clips, reviewed", "",
        "Written by `python -m liveproof_train.forged_review`; not edited by hand. Weak figures stand as they are.", "",
        f"The middle third of each real clip of split `val` (at most {MOST_S:.0f} s of it) was forged by each family of the generator, "
        "with its behaviour in time (lag, jitter, drop-outs, lower frame rate, flicker), and reviewed by `liveproof review` with "
        f"{model['id']} (sha256 {model['sha256'][:12]}). Copies and untouched originals went through the same x264 at CRF {crf}. "
        f"A segment is marked from an LLR of ln 2 = {MARK_LLR:.2f} on. Intervals are 95 %: shares by Wilson with the number of "
        "identities as cases, AUC by resampling identities. These are the generator's forgeries, not other people's tools: "
        "what counts is [accuracy.md](accuracy.md).", "",
        table(HEAD, lines(found, forged)), "",
        f"Untouched originals through the same codec: marked {share_marked(originals)} of the segments with a number; "
        f"{sum(s.llr is None for s in originals)} of {len(originals)} segments without. Published with the net: "
        f"{100 * published:.1f} % of `val` segments.", ""]
    missing = [f for f in EVERY if f != NONE and not any(s.family == f for s in found)]
    if missing:
        text += [f"Not run yet: {', '.join(missing)}.", ""]
    if kept:
        text += ["Filters leave a clip real; a mark here is a false alarm:", "", table(HEAD, lines(found, kept)), ""]
    (REPO_DIR / "docs" / "forged-review.md").write_text("\n".join(text), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--liveproof", type=Path, default=REPO_DIR / "target" / "release" / "liveproof")
    parser.add_argument("--models-dir", type=Path, default=MODELS_DIR)
    parser.add_argument("--families", default=",".join(EVERY))
    parser.add_argument("--crf", type=int, default=23)
    parser.add_argument("--made-only", action="store_true", help="forge nothing: review the copies that were made before")
    parser.add_argument("--reference-list", type=Path, help="write the list of the copies made before, and nothing else")
    args = parser.parse_args()
    families, found = args.families.split(","), []
    every = manifest_rows({"val"}, REAL_KINDS)
    if args.reference_list:
        print(f"{args.reference_list}: {reference_list(every, args.crf, args.reference_list)} spans")
        return
    nets = Detector(), Landmarks()
    for family in families:
        rows = [r for r in every if not args.made_only or copy_of(r, family, args.crf).with_suffix(".json").exists()]
        if not rows:
            continue
        made = [copies(row, family, args.crf, nets) for row in rows]
        reports = review(args.liveproof, args.models_dir, [path for path, _ in made], cache_dir("evaluation", "forged") / "review.json")
        for row, (_, truth), report in zip(rows, made, reports):
            found += segments(row, family, truth, report)
        print(*lines(found, [family])[0], sep=" | ", flush=True)
    listed = [f for f in families if f != NONE and any(s.family == f for s in found)]
    model = read_entry("artifact-1")
    (cache_dir("evaluation", "forged") / "segments.json").write_text(json.dumps([vars(s) for s in found]))
    print(table(HEAD, lines(found, listed)))
    if NONE in families:
        write_page(found, listed, args.crf, model)


if __name__ == "__main__":
    main()
