"""Puts the product's own lip-sync figures into the model card.

    cargo bench --profile dev --bench accuracy_lip_sync | python -m liveproof_train.lip_sync_figures

Reads the JSON that the bench prints as its last line and rewrites the card's section of that name; a new fit writes the
card without it, so figures of other weights cannot stay.
"""
from __future__ import annotations

import json
import sys

from .card import table
from .manifest import read_entry
from .paths import MODELS_DIR

HEADING = "## Figures of the product"
BEFORE = "## What it is bad at"


def section(groups: list[dict], landmarks: str) -> str:
    """The section as Markdown: shares with n and interval by rate, then the clips."""
    rows, clips = [], []
    for group in groups:
        rate = f"{group['fps']} fps"
        for words, f in group["figures"].items():
            span = f"{f['ci95'][0]:.3f} to {f['ci95'][1]:.3f}" if f["ci95"] else "one speaker"
            rows.append((rate, words, f"{f['share']:.3f}", span, f["windows"], f["speakers"]))
        for c in group["clips"]:
            own = "none" if c["own_offset_ms"] is None else f"{c['own_offset_ms']:+.0f} / {c['offset_range_ms']:.0f}"
            clips.append((c["clip"], rate, c["windows"], c["locked"], own))
    return "\n\n".join([
        HEADING, "What `cargo bench --bench accuracy_lip_sync` prints: the service's own decoding, tracking (landmark net "
        f"`{landmarks}`), sound series and signal, on the same clips, windows, shifts and dubs; weights fitted without the speaker "
        "(`benches/lip_sync_folds.json`). The nets for landmarks and for speech were fitted on the `train` clips; of the long ones only "
        "edtalk_pose_source2 is `val`, so its speaker is the one whom no part has seen.",
        table(("clips", "measure", "share", "95 % CI by speaker", "n (windows)", "speakers"), rows),
        table(("clip", "rate", "windows", "locked", "own offset ms: median / range"), clips),
        "An interval over three speakers who all agree has no width and promises nothing for a fourth."])


def main() -> int:
    last = [line for line in sys.stdin if line.strip()][-1]
    found = json.loads(last)
    if found.get("bench") != "accuracy_lip_sync" or not found["groups"]:
        print("no figures of the accuracy_lip_sync bench on standard input", file=sys.stderr)
        return 1
    path = MODELS_DIR / read_entry("lip_sync-l0-1")["card"]
    text = path.read_text(encoding="utf-8")
    head, _, tail = text.partition(BEFORE)
    head = head.partition(HEADING)[0]
    path.write_text(f"{head}{section(found['groups'], read_entry('lmk-1')['sha256'][:12])}\n\n{BEFORE}{tail}", encoding="utf-8")
    print(f"{path.name}: figures of the product written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
