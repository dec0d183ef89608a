"""What the product says of composed hand challenges (hand_passes.py), against what was really done.

    python -m liveproof_train.hand_challenge_figures --liveproof target/release/liveproof          # figures of `val`
    python -m liveproof_train.hand_challenge_figures --liveproof ... --fit                         # fit on `train`, write
    python -m liveproof_train.hand_challenge_figures --from-reviews --json FILE                    # from the last reviews

Every clip goes through `liveproof review`. Event AUC: passes that were performed, genuine against swapped, by the event's
log-likelihood ratio, 0 where there is none; by way of painting, kind, hand. Compliance: what was really performed
against status "performed"; what was not measurable counts as not seen. `--fit` fits the non-negative terms of the
event on the `train` passes only (event_fit.py) and writes them into the calibration of the seg net in
models/manifest.toml; `val` is only reported. Intervals are 95 %, by identity.
"""
from __future__ import annotations

import argparse
import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Iterator

import numpy as np

from . import event_fit
from .card import table
from .intervals import auc_interval, wilson
from .manifest import read_entry, write_entry
from .paths import MODELS_DIR, REPO_DIR, cache_dir

SET_VERSION, KIND = 1, "hand_challenge"
SEG = "seg-1"
FLOORS = {"auc": 0.80, "precision": 0.90, "recall": 0.90}
GOALS = {"auc": 0.95, "precision": 0.97, "recall": 0.97}
HARD_WAY = "occluder_aware"    # reported beside the pooled figure of the unaware swaps, and within that of all


@dataclass
class Event:
    """One challenge: what was done, and what the product said of it."""

    name: str
    identity: str
    truth: str                 # genuine | genuine_reencoded | swapped | not_performed
    way: str                   # how the swap lies over the hand, or what was done instead
    kind: str                  # hand_pass | hand_hold
    hand: str                  # drawn | demo | cutout
    performed: bool
    status: str                # performed | not_performed | not_measurable
    reason: str
    llr: float | None
    passes: int
    measures: dict[str, float] = field(default_factory=dict)

    @property
    def fake(self) -> bool:
        return self.truth == "swapped"


def challenges(report: Any) -> Iterator[dict]:
    """Every challenge result in a file's report, wherever it stands."""
    if isinstance(report, dict):
        yield from report.get("challenges", [])
        for value in report.values():
            yield from challenges(value)
    elif isinstance(report, list):
        for value in report:
            yield from challenges(value)


def hand_kind(source: str) -> str:
    """drawn, demo or cutout."""
    head = source.split(":")[0]
    return head if head in ("drawn", "demo") else "cutout"


def event_of(name: str, truth: dict, report: dict) -> Event:
    """What became of the clip's one challenge. ValueError where the report does not hold exactly one."""
    found = list(challenges(report))
    if len(found) != 1:
        raise ValueError(f"{name}: expected one challenge in the report, found {len(found)}")
    one = found[0]
    status = one["status"]
    measures = {e["name"]: float(e["value"]) for e in one.get("evidence", []) if e.get("value") is not None}
    return Event(name, truth["identity"], truth["class"], truth.get("way", truth["done"] if not truth["performed"] else ""),
                 truth["kind"], hand_kind(truth["hand"]), truth["performed"], status["kind"], status.get("reason", ""), one.get("llr"),
                 int(one.get("passes", 0)), measures)


def auc_of(events: list[Event], rounds: int = 1000) -> dict | None:
    """Genuine against swapped among what was truly performed; None without both."""
    chosen = [e for e in events if e.performed]
    fake = [e.fake for e in chosen]
    if not any(fake) or all(fake):
        return None
    value, low, high = auc_interval(fake, [e.llr or 0.0 for e in chosen], [e.identity for e in chosen], rounds)
    return {"auc": value, "ci": [low, high], "genuine": fake.count(False), "swapped": fake.count(True),
            "with_llr": sum(e.llr is not None for e in chosen), "identities": len({e.identity for e in chosen})}


def rate(hits: int, n: int, people: int) -> dict:
    """A share with its interval, identities as cases."""
    if n == 0:
        return {"share": None, "ci": None, "hits": 0, "n": 0}
    return {"share": hits / n, "ci": list(wilson(hits / n, min(n, people))), "hits": int(hits), "n": int(n)}


def compliance(events: list[Event]) -> dict:
    """Precision and recall of "performed"."""
    said = [e for e in events if e.status == "performed"]
    done = [e for e in events if e.performed]
    people = lambda es: len({e.identity for e in es})  # noqa: E731
    right = sum(e.performed for e in said)
    return {"precision": rate(right, len(said), people(said)), "recall": rate(right, len(done), people(done)),
            "not_measurable": rate(sum(e.status == "not_measurable" for e in events), len(events), people(events))}


def split_by(events: list[Event], key: str) -> dict[str, dict]:
    """Event AUC within each value of a field of the genuine and the swapped alike."""
    out = {}
    for value in sorted({getattr(e, key) for e in events if e.performed}):
        found = auc_of([e for e in events if getattr(e, key) == value])
        if found:
            out[value] = found
    return out


def figures(events: list[Event]) -> dict:
    """Everything that is published of one set."""
    genuine = [e for e in events if e.performed and not e.fake]
    ways = sorted({e.way for e in events if e.fake})
    unaware = [e for e in events if not (e.fake and e.way == HARD_WAY)]
    return {
        "version": SET_VERSION, "kind": KIND, "events": len(events), "identities": len({e.identity for e in events}),
        "auc_unaware": auc_of(unaware), "auc_all": auc_of(events),
        "by_way": {w: auc_of(genuine + [e for e in events if e.fake and e.way == w]) for w in ways},
        "by_kind": split_by(unaware, "kind"), "by_hand": split_by(unaware, "hand"),
        "compliance": compliance([e for e in events if not e.fake]), "compliance_all": compliance(events),
        "false_alarms": rate(sum((e.llr or 0.0) >= np.log(2) for e in genuine), len(genuine), len({e.identity for e in genuine})),
        "found": rate(sum((e.llr or 0.0) >= np.log(2) for e in unaware if e.fake), sum(e.fake for e in unaware),
                      len({e.identity for e in unaware if e.fake})),
        "refusals": {w: {s: sum(e.way == w and e.status == s for e in events if not e.performed)
                         for s in ("performed", "not_performed", "not_measurable")} for w in sorted({e.way for e in events if not e.performed})},
        "floors": FLOORS, "goals": GOALS, "each": [asdict(e) for e in events],
    }


def review_set(split: str, program: Path, models: Path, overlay: Path | None = None) -> list[Event]:
    """The product's results on a set of passes."""
    from .forged_review import review

    folder = cache_dir("passes", split)
    clips = sorted(p for p in folder.glob("*.mp4") if p.with_suffix(".truth.json").exists())
    if not clips:
        raise SystemExit(f"{folder} holds no passes: python -m liveproof_train.hand_passes --split {split}")
    reports = review(program, models, clips, cache_dir("evaluation", KIND) / f"{split}.review.json")
    events = [event_of(p.stem, json.loads(p.with_suffix(".truth.json").read_text()), r) for p, r in zip(clips, reports)]
    if all(e.reason == "model_missing" for e in events):
        raise SystemExit("no net could be used: check --models-dir and ORT_DYLIB_PATH")
    return events


def rounds_of(events: list[Event]) -> float:
    """How often each clip was drawn: an event is named after its window, CLIP@SECOND, with .ROUND after the first round."""
    found = [re.match(r"(.*@\d+)(\.\d+)?-", e.name) for e in events]
    return max(1.0, len({m[0] for m in found if m}) / max(1, len({m[1] for m in found if m})))


def fit_on(events: list[Event]) -> tuple[event_fit.EventFit, dict]:
    """The terms fitted on what was performed and measured, with the cap that out-of-fold scores support."""
    used = [e for e in events if e.performed and any(n in e.measures for n in event_fit.MEASURES)]
    measures, fake, people = [e.measures for e in used], [e.fake for e in used], [e.identity for e in used]
    names = event_fit.select(measures, fake, people)
    held = event_fit.out_of_fold(measures, fake, people, names)
    cap = event_fit.supported_cap(held, np.array(fake), rounds_of(used))
    fitted = event_fit.fit(measures, fake, names, cap)
    value, low, high = auc_interval(fake, held, people)
    return fitted, {"events": len(used), "identities": len(set(people)), "chosen": names, "auc_out_of_fold": value, "ci": [low, high], "cap": cap}


def write_calibration(fitted: event_fit.EventFit) -> None:
    """Into the seg net's block of the manifest; other keys of its calibration stay."""
    entry = read_entry(SEG)
    entry["calibration"] = {**entry.get("calibration", {}), **fitted.block()}
    write_entry(entry)


def told(found: dict) -> str:
    """The figures for a terminal."""
    def auc(a: dict | None) -> str:
        return "–" if a is None else f"{a['auc']:.3f} [{a['ci'][0]:.3f}, {a['ci'][1]:.3f}] ({a['genuine']} genuine, {a['swapped']} swapped)"

    def share(r: dict) -> str:
        return "–" if r["share"] is None else f"{r['share']:.3f} [{r['ci'][0]:.2f}, {r['ci'][1]:.2f}] ({r['hits']} of {r['n']})"

    rows = [("event AUC, swaps unaware of the hand", auc(found["auc_unaware"])), ("event AUC, all swaps", auc(found["auc_all"]))]
    rows += [(f"  {w}", auc(a)) for w, a in found["by_way"].items()]
    rows += [(f"  {k}", auc(a)) for part in ("by_kind", "by_hand") for k, a in found[part].items()]
    for title, key in (("genuine and refused", "compliance"), ("with the swapped", "compliance_all")):
        rows += [(f"compliance, {title}: {k.replace('_', ' ')}", share(found[key][k])) for k in ("precision", "recall", "not_measurable")]
    rows += [("false alarms (LLR from ln 2)", share(found["false_alarms"])), ("swaps found (the same)", share(found["found"]))]
    return table(("figure", "value"), rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--liveproof", type=Path, default=REPO_DIR / "target" / "release" / "liveproof")
    parser.add_argument("--models-dir", type=Path, default=MODELS_DIR)
    parser.add_argument("--split", default="val", choices=["train", "val"])
    parser.add_argument("--fit", action="store_true", help="fit the event's terms on the train passes and write them into the manifest")
    parser.add_argument("--dry", action="store_true", help="with --fit: print, write nothing")
    parser.add_argument("--from-reviews", action="store_true", help="take the results kept from the last run")
    parser.add_argument("--json", type=Path, help="where the figures go, default in LIVEPROOF_CACHE/evaluation")
    args = parser.parse_args()
    split = "train" if args.fit else args.split
    kept = cache_dir("evaluation", KIND) / f"{split}.events.json"
    if args.from_reviews:
        events = [Event(**e) for e in json.loads(kept.read_text())]
    else:
        events = review_set(split, args.liveproof, args.models_dir)
        kept.write_text(json.dumps([asdict(e) for e in events]))
    if args.fit:
        fitted, about = fit_on(events)
        print(json.dumps({**about, **fitted.block()}, indent=1))
        if not args.dry:
            write_calibration(fitted)
        return
    found = figures(events)
    (args.json or cache_dir("evaluation", KIND) / f"{split}.json").write_text(json.dumps(found, indent=1) + "\n")
    print(told(found))


if __name__ == "__main__":
    main()
