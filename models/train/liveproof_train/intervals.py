"""95 % intervals of the tables: Wilson for shares, bootstrap by identity for AUCs."""
from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

Z = 1.959964


def auc_of(fake: np.ndarray, score: np.ndarray) -> float:
    """Share of (forged, real) couples ranked right, ties half: the rank sum, faster than scikit-learn's curve."""
    ones = int(fake.sum())
    return float((rankdata(score)[fake].sum() - ones * (ones + 1) / 2) / (ones * (len(fake) - ones)))


def wilson(share: float, n: float) -> tuple[float, float]:
    """Interval of a share seen in n independent cases (Wilson, JASA 1927); identities are the cases, not segments."""
    if n <= 0:
        return 0.0, 1.0
    centre = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * np.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return float(max(0.0, centre - half)), float(min(1.0, centre + half))


def supported(score: np.ndarray, fake: np.ndarray, weight: np.ndarray, people: int) -> float:
    """Largest log-likelihood ratio that the counts support: over all thresholds, the lower 95 % bound of the share of
    forgeries above it against the upper bound of that of originals (Wilson, as many cases as people)."""
    best = 0.0
    for at in np.unique(score[fake]):
        found = float(weight[fake & (score >= at)].sum() / weight[fake].sum())
        false = float(weight[~fake & (score >= at)].sum() / weight[~fake].sum())
        low, high = wilson(found, people)[0], wilson(false, people)[1]
        if low > 0:
            best = max(best, float(np.log(low / high)))
    return best


def earned_cap(auc_low: float) -> float:
    """Largest |LLR|: that of a test which is right as often as the AUC's lower bound, or nineteen times in twenty where
    that is more (32 pairs cannot show more); none below 0.60."""
    low = min(auc_low, 0.95)
    return float(np.log(low / (1 - low))) if low >= 0.60 else 0.0


def auc_interval(fake: np.ndarray, score: np.ndarray, group: np.ndarray, rounds: int = 1000, seed: int = 1) -> tuple[float, float, float]:
    """AUC and its interval by resampling groups; NaN where one class is missing."""
    fake, score, group = np.asarray(fake, bool), np.asarray(score, float), np.asarray(group)
    if fake.all() or not fake.any():
        return (float("nan"),) * 3
    members = [np.flatnonzero(group == g) for g in np.unique(group)]
    rng, drawn = np.random.default_rng(seed), []
    for _ in range(rounds):
        take = np.concatenate([members[i] for i in rng.integers(len(members), size=len(members))])
        if fake[take].any() and not fake[take].all():
            drawn.append(auc_of(fake[take], score[take]))
    low, high = np.percentile(drawn, [2.5, 97.5])
    return auc_of(fake, score), float(low), float(high)


def percent(count: int, of: int, identities: int) -> str:
    """"12 % [4 %, 29 %] (4 of 32)", the interval with identities as cases."""
    if not of:
        return "–"
    low, high = (round(v, 6) for v in wilson(count / of, min(identities, of)))
    two = lambda v: "100" if v >= 0.995 else f"{100 * v:.2g}"  # two digits, and never 1e+02
    return f"{100 * count / of:.3g} % [{two(low)} %, {two(high)} %] ({count} of {of})"
