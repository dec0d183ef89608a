"""Writes one model's entry in models/manifest.toml and leaves the rest of the file alone.

An entry is the text between the marker lines of its id, so that hand-written parts of the
manifest survive a retraining. `write_entry` fills in the sha256 of the exported file.
"""
from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

from .paths import MODELS_DIR

MANIFEST = MODELS_DIR / "manifest.toml"
HEAD = "version = 1\n"


def sha256_of(path: Path) -> str:
    """Hex digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(round(value, 6))
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    raise TypeError(f"no TOML form for {type(value).__name__}")


def _table(entry: dict[str, Any], name: str, head: str) -> list[str]:
    """A table with its sub-tables (dicts) and arrays of tables (lists of dicts) after it."""
    lines, later = [head], []
    for key, value in entry.items():
        if isinstance(value, dict):
            later += ["", *_table(value, f"{name}.{key}", f"[{name}.{key}]")]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for item in value:
                later += ["", *_table(item, f"{name}.{key}", f"[[{name}.{key}]]")]
        else:
            lines.append(f"{key} = {_value(value)}")
    return lines + later


def write_entry(entry: dict[str, Any]) -> None:
    """Replaces or appends the `[[model]]` block of `entry["id"]`; sets its sha256."""
    entry = dict(entry)
    entry["sha256"] = sha256_of(MODELS_DIR / entry["file"])
    begin, end = f"# >>> model {entry['id']}", f"# <<< model {entry['id']}"
    block = "\n".join([begin, *_table(entry, "model", "[[model]]"), end]) + "\n"
    text = MANIFEST.read_text(encoding="utf-8") if MANIFEST.exists() else HEAD
    if begin in text:
        # in place, so that hand-written parts and other blocks stay as they are
        before, rest = text.split(begin + "\n", 1)
        text = before + block + rest.split(end + "\n", 1)[1]
    else:
        text = text.rstrip("\n") + "\n\n" + block
    tomllib.loads(text)  # refuse to write what cannot be read back
    MANIFEST.write_text(text, encoding="utf-8")
    print(f"{MANIFEST.name}: {entry['id']} {entry['sha256'][:12]}")


def read_entry(model_id: str) -> dict[str, Any]:
    """The entry of one model; raises KeyError when it is missing."""
    for entry in tomllib.loads(MANIFEST.read_text(encoding="utf-8")).get("model", []):
        if entry["id"] == model_id:
            return entry
    raise KeyError(f"models/manifest.toml has no model {model_id!r}")


def update_metrics(model_id: str, metrics: dict[str, float]) -> None:
    """Writes figures of an evaluation into a model's entry."""
    entry = read_entry(model_id)
    entry["metrics"] = metrics
    write_entry(entry)
