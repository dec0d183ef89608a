"""How figures are written in docs/accuracy.md: shares, intervals, tables."""
from __future__ import annotations

from typing import Any


def pct(share: float | None) -> str:
    if share is None:
        return "–"
    value = share * 100
    return f"{value:.0f} %" if value >= 10 or value == 0 else f"{value:.1f} %"


def interval(ci: list[float] | None, text=lambda v: f"{v:.3f}") -> str:
    return f" [{text(ci[0])}, {text(ci[1])}]" if ci else ""


def area(f: dict[str, Any]) -> str:
    return "–" if f["auc"] is None else f"{f['auc']:.3f}{interval(f['auc_ci'])}"


def rate(r: dict[str, Any]) -> str:
    if r["share"] is None:
        return "–"
    return f"{pct(r['share'])}{interval(r['ci'], pct)} ({r['hits']} of {r['n']})"


def pairs(p: dict[str, Any] | None) -> str:
    return "–" if not p else f"{p['right']} of {p['n']}" + (f", {p['tied']} tied" if p["tied"] else "")


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """A Markdown table without the columns that hold nothing."""
    def line(cells: list[str]) -> str:
        return "| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |"
    kept = [i for i in range(len(head)) if i == 0 or any(r[i] != "–" for r in rows)]
    head, rows = [head[i] for i in kept], [[r[i] for i in kept] for r in rows]
    return [line(head), "|" + "---|" * len(head), *map(line, rows), ""]
