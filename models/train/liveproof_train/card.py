"""Model cards: plain Markdown beside the weights, written from an evaluation's figures."""
from __future__ import annotations

from pathlib import Path
from typing import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; floats get three significant digits unless formatted already."""
    def cell(value: object) -> str:
        return f"{value:.3g}" if isinstance(value, float) else str(value)

    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(cell(v) for v in row) + " |" for row in rows]
    return "\n".join(lines)


def write_card(path: Path, title: str, sections: Sequence[tuple[str, str]]) -> None:
    """Writes `# title` and one `## heading` per section."""
    parts = [f"# {title}", *(f"## {head}\n\n{body.strip()}" for head, body in sections)]
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    print(f"wrote {path.name}")


def section_of(path: Path, heading: str) -> str:
    """The body of one section of a card as it stands; KeyError where it has none."""
    for part in path.read_text(encoding="utf-8").split("\n## ")[1:]:
        head, _, body = part.partition("\n")
        if head.strip() == heading:
            return body.strip()
    raise KeyError(f"{path}: no section {heading!r}")
