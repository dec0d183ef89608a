"""Fits what the measures of a hand challenge count: a sum of non-negative terms, one per measure. Pure.

The form is that of `[model.calibration]` of the seg net (src/analyze/hand_occlusion/settings.rs): the log-likelihood ratio
of an event is the sum of weight x (value - centre) over the measures that were made, each term within +-term_cap, the sum
within +-cap. A measure's centre is where a balanced logistic regression on it alone points neither way, held between the
two classes' means, so that the mere fact that a measure was made counts for nothing. Weights then come from a joint
ridge logistic regression with weights of 0 and more, both classes weighted alike, so that logit and LLR agree.
`select` takes up measures only while they lower the log loss on people left out.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from .intervals import wilson

RIDGE = 0.02          # penalty on the squared weight of a measure of unit spread, relative to the mean log loss; chosen out of fold (docs/training-log.md)
LEAST_GAIN = 0.005    # of the log loss out of fold, for a further measure to be taken up
TERM_CAP = 2.5        # a single measure's say, as in settings.rs
LARGEST_CAP = 3.0     # an event's say, whatever the data
LEAST_EVENTS = 8      # of either class that made a measure, below which it gets no weight
# What an event may count (src/analyze/hand_occlusion/physics.rs); other evidence of a result says what was done
MEASURES = ("hidden_hand_share", "cut_hand_share", "hidden_hand_spread", "face_through_share", "recoloured_share", "edge_blur_ratio",
            "landmarks_through_share", "recover_ms", "painted_over_jump")
ONE_SIDED = frozenset({"landmarks_through_share"})   # never speaks for a real face: losing landmarks says nothing


@dataclass(frozen=True)
class Term:
    """What one measure counts: log odds per unit, and the value that points neither way."""

    weight: float
    centre: float


@dataclass(frozen=True)
class EventFit:
    """The calibration block."""

    terms: dict[str, Term]
    cap: float
    term_cap: float = TERM_CAP

    def llr(self, measured: dict[str, float]) -> float | None:
        """Of one event; None where no measure that counts was made."""
        made = [float(np.clip(t.weight * (measured[n] - t.centre), lowest(n, self.term_cap), self.term_cap))
                for n, t in self.terms.items() if n in measured]
        return float(np.clip(sum(made), -self.cap, self.cap)) if made else None

    def block(self) -> dict:
        """As the manifest holds it."""
        return {"cap": round(self.cap, 3), "term_cap": self.term_cap,
                "measures": {n: {"weight": float(f"{t.weight:.4g}"), "centre": float(f"{t.centre:.4g}")} for n, t in self.terms.items()}}


def lowest(name: str, term_cap: float = TERM_CAP) -> float:
    """Least value of a measure's term."""
    return 0.0 if name in ONE_SIDED else -term_cap


def _loss(logit: np.ndarray, fake: np.ndarray, share: np.ndarray) -> float:
    return float((share * np.logaddexp(0, np.where(fake, -logit, logit))).sum())


def _balanced(fake: np.ndarray) -> np.ndarray:
    return np.where(fake, 0.5 / max(fake.sum(), 1), 0.5 / max((~fake).sum(), 1))


def centre_of(value: np.ndarray, fake: np.ndarray) -> tuple[float, float]:
    """Where the measure alone points neither way, and its slope there (0 or less: it tells nothing, or the wrong way)."""
    spread = float(value.std()) or 1.0
    x, share = (value - value.mean()) / spread, _balanced(fake)
    found = minimize(lambda p: _loss(p[0] * x + p[1], fake, share) + RIDGE * p[0] ** 2, np.zeros(2), method="L-BFGS-B")
    slope, shift = found.x
    low, high = sorted((float(value[fake].mean()), float(value[~fake].mean())))
    at = value.mean() - spread * shift / slope if abs(slope) > 1e-6 else value.mean()
    return float(np.clip(at, low, high)), float(slope / spread)


def fit(events: list[dict[str, float]], fake: list[bool], names: list[str], cap: float = LARGEST_CAP) -> EventFit:
    """Fits the terms of those `names` that enough events of both classes made."""
    truth = np.array(fake, bool)
    columns, centres, kept = [], [], []
    for name in names:
        made = np.array([name in e for e in events])
        if min((made & truth).sum(), (made & ~truth).sum()) < LEAST_EVENTS:
            continue
        value = np.array([e.get(name, np.nan) for e in events], float)
        centre, slope = centre_of(value[made], truth[made])
        if slope <= 0:
            continue
        columns.append(np.where(made, value - centre, 0.0))
        centres.append(centre)
        kept.append(name)
    if not kept:
        return EventFit({}, cap)
    x = np.stack(columns, 1)
    spread = np.sqrt((x ** 2).mean(0)) + 1e-9
    share, least = _balanced(truth), np.array([lowest(n) for n in kept])

    def cost(w: np.ndarray) -> float:
        terms = np.clip(w / spread * x, least, TERM_CAP)
        return _loss(terms.sum(1), truth, share) + RIDGE * float((w ** 2).sum())

    found = minimize(cost, np.full(len(kept), 0.3), method="L-BFGS-B", bounds=[(0, None)] * len(kept))
    weights = found.x / spread
    return EventFit({n: Term(float(w), c) for n, w, c in zip(kept, weights, centres) if w > 1e-6}, cap)


def supported_cap(llr: np.ndarray, fake: np.ndarray, rounds: float = 1.0) -> float:
    """Largest log-likelihood ratio that scores out of fold support: over all thresholds and on both sides, the lower Wilson
    bound of one class's share over the upper bound of the other's. Events are the cases, since each has its own hand,
    movement and swap; people repeat among them, which makes the bound a little too wide. Further `rounds` over the same clips
    are not further cases. 0.5 to LARGEST_CAP."""
    best = 0.0
    for at in np.unique(llr):
        for side in (llr >= at, llr <= at):
            for one, other in ((fake, ~fake), (~fake, fake)):
                low = wilson(float(side[one].mean()), float(one.sum()) / rounds)[0]
                high = wilson(float(side[other].mean()), float(other.sum()) / rounds)[1]
                if low > 0:
                    best = max(best, float(np.log(low / high)))
    return float(np.clip(best, 0.5, LARGEST_CAP))


def log_loss(llr: np.ndarray, fake: np.ndarray) -> float:
    """Mean over both classes alike, in nats."""
    return _loss(llr, fake, _balanced(fake))


def select(events: list[dict[str, float]], fake: list[bool], people: list[str]) -> list[str]:
    """The measures that lower the log loss out of fold, taken up one after the other, the best first."""
    truth, chosen, best = np.array(fake, bool), [], float(np.log(2))
    while True:
        tried = {n: log_loss(out_of_fold(events, fake, people, [*chosen, n]), truth) for n in MEASURES if n not in chosen}
        name = min(tried, key=tried.get, default=None)
        if name is None or tried[name] > best - LEAST_GAIN:
            return chosen
        chosen, best = [*chosen, name], tried[name]


def out_of_fold(events: list[dict[str, float]], fake: list[bool], people: list[str], names: list[str], folds: int = 5) -> np.ndarray:
    """LLR of each event by a fit without its person; 0 where nothing was measured."""
    who = sorted(set(people))
    fold = {p: i % folds for i, p in enumerate(who)}
    out = np.zeros(len(events))
    for k in range(folds):
        rest = [i for i, p in enumerate(people) if fold[p] != k]
        own = [i for i, p in enumerate(people) if fold[p] == k]
        fitted = fit([events[i] for i in rest], [fake[i] for i in rest], names)
        for i in own:
            out[i] = fitted.llr(events[i]) or 0.0
    return out
