"""AUCs of same against swapped-in and other faces, by feature and condition, and the product's rule on whole sessions.

    python -m liveproof_train.identity_figures [--onnx identity-1.onnx] [--baselines]
"""
from __future__ import annotations

import argparse
import json
from typing import Callable

import numpy as np

from .batches_artifact import Clip
from .identity_course import cosine
from .identity_sessions import measure
from .identity_windows import CONDITIONS, Couples, Feature, Net, baselines, couples, energy, looks, material
from .intervals import auc_interval
from .paths import cache_dir
from .serving import session_of


def from_onnx(file: str) -> Net:
    """The shipped net."""
    session = session_of(file)
    return Net(lambda x: session.run(None, {"image": x})[0])


def against(found: Couples, kind: str) -> tuple[float, float, float]:
    """AUC of `kind` against `same`, people resampled."""
    same, whose = found.take("same")
    other, theirs = found.take(kind)
    return auc_interval(np.r_[np.zeros(len(same)), np.ones(len(other))], np.r_[same, other], np.r_[whose, theirs])


def read_all(feature: Feature, conditions: list[str], clips: list[Clip]) -> dict[str, dict[str, np.ndarray]]:
    """Looks of every clip by condition and name of the clip."""
    return {c: {clip.about["name"]: looks(clip, feature, c) for clip in clips} for c in conditions}


def compare(name: str, measure: Callable, kept: dict[str, dict[str, np.ndarray]], clips: list[Clip]) -> list[dict]:
    """Rows of figures; the earlier window is as it is."""
    out = []
    for condition, worse in kept.items():
        found = couples(clips, kept["as it is"], worse, measure)
        row = {"feature": name, "condition": condition, "swapped": against(found, "swapped"), "other": against(found, "other"),
               "couples": {k: len(found.take(k)[0]) for k in ("same", "swapped", "other")}, "people": len(set(found.person))}
        out.append(row)
        print(name, condition, *(f"{k} {row[k][0]:.3f} [{row[k][1]:.3f}, {row[k][2]:.3f}]" for k in ("swapped", "other")),
              row["couples"], flush=True)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--onnx")
    parser.add_argument("--baselines", action="store_true")
    parser.add_argument("--conditions", nargs="*", help="only these, after the pictures as they are")
    args = parser.parse_args()
    clips, folder = material(), cache_dir("evaluation", "identity")
    if args.baselines:
        rows = []
        for name, feature in baselines().items():
            rows += compare(name, feature.apart, read_all(feature, ["as it is", "light from the side"], clips), clips)
        (folder / "baselines.json").write_text(json.dumps(rows))
    if args.onnx:
        wanted = [*CONDITIONS, "glasses"] if args.conditions is None else ["as it is", *args.conditions]
        kept = read_all(Feature(from_onnx(args.onnx), cosine), wanted, clips)
        rows = compare("cosine of the means", cosine, kept, clips) + compare("energy distance", energy, kept, clips)
        (folder / "windows.json").write_text(json.dumps(rows))
        (folder / "sessions.json").write_text(json.dumps(measure(clips, kept)))


if __name__ == "__main__":
    main()
