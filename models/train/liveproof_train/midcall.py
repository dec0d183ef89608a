"""The live_swap pairs as calls in which the swap begins in the middle, reviewed by the product.

    python -m liveproof_train.midcall --liveproof BIN --overlays DIR --json OUT.json

Of each pair two recordings are made: the camera's panel throughout, and the camera's panel until half of its time, then the
swapped one of the same moments. Both go through the same x264, from the first to the last picture, so that no cut and no codec
tells them apart; panels have no sound. Each is reviewed with the net whose fold did not see it, once as shipped and once without
the comparison with what came before. The recordings lie in the cache and are never committed.
"""
from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np

from .forge_clip import Writer, even
from .forged_review import review
from .intervals import auc_interval, percent
from .paths import MODELS_DIR, REPO_DIR, cache_dir, data_dir, manifest_rows
from .reviewed import Seen, segments, share_marked

CRF = 18   # near to what the panels are: they were coded once before
ONSET = "[model.calibration.onset]"


def pictures(path: Path) -> tuple[list[int], list[np.ndarray]]:
    """Time stamps in the stream's unit, and pictures."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        found = [(f.pts, even(f.to_ndarray(format="rgb24"))) for f in container.decode(stream)]
    return [p for p, _ in found], [rgb for _, rgb in found]


def joined(camera: Path, then: Path, out: Path) -> None:
    """Writes the camera's panel until half of its time, then `then`."""
    stamps, first = pictures(camera)
    others, second = pictures(then)
    middle = (stamps[0] + stamps[-1]) / 2
    out.parent.mkdir(parents=True, exist_ok=True)
    half = out.with_suffix(".part.mp4")
    with av.open(str(camera)) as source:
        writer = Writer(half, source, CRF)
        height, width = first[0].shape[:2]
        for pts, rgb in zip(stamps, first):
            if pts > middle:
                rgb = second[int(np.argmin(np.abs(np.array(others) - pts)))]
                if rgb.shape[:2] != (height, width):
                    rgb = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA)
            writer.frame(rgb, pts)
        writer.close()
    half.rename(out)


@dataclass
class Call:
    """One reviewed recording."""

    pair: str
    identity: str
    fake: bool
    seen: list[Seen]
    changed: bool          # all signals together say that something changed in mid-call

    @property
    def late(self) -> list[Seen]:
        return [s for s in self.seen if s.inside]

    @property
    def score(self) -> float:
        """Mean over the second half's segments; one without a number counts as 0."""
        return float(np.mean([s.llr or 0.0 for s in self.late])) if self.late else 0.0


def without_onset(overlay: Path) -> Path:
    """The overlay without the calibration that a change is read with, beside it."""
    text = overlay.read_text(encoding="utf-8")
    before, after = text.split(ONSET)
    out = overlay.with_name(f"{overlay.stem}.alone.toml")
    out.write_text(before + "[" + after.split("\n[", 1)[1], encoding="utf-8")
    return out


def calls(program: Path, overlays: Path, shipped: bool) -> list[Call]:
    rows, out = manifest_rows({"pairs"}), []
    cameras = {r["pair"]: r for r in rows if r["label"] == "real"}
    report = cache_dir("midcall") / "review.json"
    for fold in sorted({r["fold"] for r in rows}):
        own, paths, truths = [r for r in rows if r["fold"] == fold], [], []
        for row in own:
            camera, path = cameras[row["pair"]], cache_dir("midcall") / f"{Path(row['path']).stem}.mp4"
            if not path.exists():
                joined(data_dir() / camera["path"], data_dir() / row["path"], path)
            paths.append(path)
            truths.append({"from_s": float(camera["duration_s"]) / 2, "to_s": 1e9})
        overlay = overlays / f"fold{fold}.toml"
        overlay = overlay if shipped else without_onset(overlay)
        for row, truth, said in zip(own, truths, review(program, MODELS_DIR, paths, report, overlay)):
            changed = said["summary"]["participants"][0]["change"].get("since") is not None
            out.append(Call(row["pair"], row["identity"] or row["pair"], row["label"] == "fake",
                            segments(row, row["label"], truth, said), changed))
    return out


def row(name: str, found: list[Call]) -> list[str]:
    """AUC of the second halves, pairs ranked right, shares of marked segments, calls called changed."""
    swapped, real = ([c for c in found if c.fake == f] for f in (True, False))
    auc = auc_interval([c.fake for c in found], [c.score for c in found], [c.identity for c in found])
    own = {c.pair: c.score for c in real}
    right = sum(c.score > own[c.pair] for c in swapped)
    changed = [percent(sum(c.changed for c in of), len(of), len({c.identity for c in of})) for of in (swapped, real)]
    return [name, "{:.3f} [{:.3f}, {:.3f}]".format(*auc), f"{right} of {len(swapped)}",
            share_marked([s for c in swapped for s in c.late]), share_marked([s for c in real for s in c.late]),
            share_marked([s for c in found for s in c.seen if not s.inside]), *changed]


HEAD = ["`face_swap`", "AUC of the second halves", "swaps above their own camera", "segments marked: swapped second halves",
        "camera's second halves", "first halves", "called changed in mid-call, all signals: swapped", "camera throughout"]


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--liveproof", type=Path, default=REPO_DIR / "target" / "release" / "liveproof")
    parser.add_argument("--overlays", type=Path, required=True, help="folder with fold0.toml, fold1.toml, ...")
    parser.add_argument("--json", type=Path, required=True, help="figures, for accuracy_doc")
    args = parser.parse_args(argv)
    shipped = calls(args.liveproof, args.overlays, True)
    rows = [row("as shipped", shipped), row("without the comparison with what came before", calls(args.liveproof, args.overlays, False))]
    for line in rows:
        print(*line, sep=" | ")
    intro = (f"{len(shipped)} recordings of {len({c.identity for c in shipped})} streamers made of the live_swap pairs (`models/train/run accuracy`, stage `midcall`): the camera's panel "
             "throughout, or until half of its time and then the swapped panel of the same moments, through the same x264. Out of fold. The first half is what a segment of the "
             "second is compared with; the camera and its light stay the same, and the whole lasts seconds, not an hour.")
    args.json.write_text(json.dumps({"kind": "mid_call", "intro": intro, "tables": [(HEAD, rows)]}), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
