"""Where data, caches and results live. Every recipe takes its paths from here.

`LIVEPROOF_DATA`  real media with its MANIFEST.csv (default `../shared/data` beside the repository)
`LIVEPROOF_CACHE` labels, packs, checkpoints, environments (default `~/.cache/liveproof`)
"""
from __future__ import annotations

import csv
import os
from pathlib import Path

TRAIN_DIR = Path(__file__).resolve().parents[1]
MODELS_DIR = TRAIN_DIR.parent
REPO_DIR = MODELS_DIR.parent


def data_dir() -> Path:
    """Root of the media, holding MANIFEST.csv."""
    given = os.environ.get("LIVEPROOF_DATA")
    return Path(given) if given else REPO_DIR.parent / "shared" / "data"


def cache_dir(*parts: str) -> Path:
    """A folder under the cache, made if it is missing."""
    root = Path(os.environ.get("LIVEPROOF_CACHE", Path.home() / ".cache" / "liveproof"))
    path = root.joinpath(*parts)
    path.mkdir(parents=True, exist_ok=True)
    return path


def manifest_rows(splits: set[str], kinds: set[str] | None = None) -> list[dict[str, str]]:
    """Rows of MANIFEST.csv of the given splits (and kinds), in the order of the file."""
    with open(data_dir() / "MANIFEST.csv", newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    return [r for r in rows if r["split"] in splits and (kinds is None or r["kind"] in kinds)]
