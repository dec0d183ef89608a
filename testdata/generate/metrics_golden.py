"""Writes testdata/golden/metrics.json: the figures of src/evaluate/metrics by scikit-learn and numpy.

    $LIVEPROOF_CACHE/env-test/bin/python testdata/generate/metrics_golden.py [--check]

The vectors are drawn from seeds; --check compares with the committed file instead of writing it.
"""
from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score, roc_curve

TARGET = Path(__file__).resolve().parents[1] / "golden" / "metrics.json"
MASK = (1 << 64) - 1
RESAMPLES = 200
BINS = 15


class SplitMix64:
    """The generator of src/evaluate/metrics/bootstrap.rs (Steele, Lea and Flood 2014)."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def next(self) -> int:
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, n: int) -> int:
        return min(int((self.next() >> 11) / 2**53 * n), n - 1)


def bootstrap_auc(y, s, groups, seed):
    """Percentile interval of the AUC with whole groups resampled."""
    rng, count, values = SplitMix64(seed), groups.max() + 1, []
    for _ in range(RESAMPLES):
        drawn = np.zeros(count)
        for _ in range(count):
            drawn[rng.below(count)] += 1
        w = drawn[groups]
        if w[y == 1].sum() > 0 and w[y == 0].sum() > 0:
            values.append(roc_auc_score(y, s, sample_weight=w))
    return [float(v) for v in np.quantile(values, [0.025, 0.975])]


def eer(y, s):
    """Crossing of the ROC curve with its anti-diagonal, straight lines between its points."""
    fpr, tpr, _ = roc_curve(y, s, drop_intermediate=False)
    gap = fpr - (1 - tpr)
    i = int(np.argmax(gap >= 0))
    share = -gap[i - 1] / (gap[i] - gap[i - 1])
    return float(fpr[i - 1] + share * (fpr[i] - fpr[i - 1]))


def apcer_at(y, s, bpcer):
    """Lowest APCER among the ROC points with BPCER within the bound."""
    fpr, tpr, _ = roc_curve(y, s, drop_intermediate=False)
    return float((1 - tpr[fpr <= bpcer + 1e-12]).min())


def ece_of(y, p):
    """Adaptive bins: equal numbers of samples in rising order of probability, ties kept together."""
    values, tie, sizes = np.unique(p, return_inverse=True, return_counts=True)
    twice_middle = 2 * (np.cumsum(sizes) - sizes) + sizes
    part = (twice_middle * BINS // (2 * len(p)))[tie]
    parts = [np.flatnonzero(part == k) for k in np.unique(part)]
    return float(sum(abs(p[i].mean() - y[i].mean()) * len(i) for i in parts) / len(y))


def risk_of(y, s):
    """(coverage, risk) of each distinct |score|, falling."""
    out = []
    for c in sorted(set(np.abs(s)), reverse=True):
        on = np.abs(s) >= c
        wrong = np.where(s[on] == 0, 0.5, ((s[on] > 0) != (y[on] == 1)).astype(float))
        out.append([float(on.mean()), float(wrong.mean())])
    return out


def case(name, seed, n, shift, decimals, people):
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < 0.45).astype(int)
    s = rng.normal(size=n) * 1.3 + shift * (y - 0.5)
    s[rng.random(n) < 0.15] = 0.0  # abstained
    s = np.round(s, decimals)
    groups = np.unique(rng.integers(0, people, n), return_inverse=True)[1]
    # numbered in order of appearance, as the program does
    seen: dict[int, int] = {}
    groups = np.array([seen.setdefault(int(g), len(seen)) for g in groups])
    base = y.mean()
    p = 1 / (1 + np.exp(-(s + np.log(base / (1 - base)))))
    rows = {
        "name": name, "scores": s.tolist(), "fake": [bool(v) for v in y], "group": groups.tolist(),
        "auc": float(roc_auc_score(y, s)), "auc_interval": bootstrap_auc(y, s, groups, seed),
        "seed": seed, "resamples": RESAMPLES, "eer": eer(y, s),
        "apcer_at_bpcer": [[b, apcer_at(y, s, b)] for b in (0.01, 0.05, 0.2)],
        "base_rate": float(base), "ece": ece_of(y, p),
        "brier": float(brier_score_loss(y, p)), "log_loss": float(log_loss(y, p)),
        "cllr": float((np.log2(1 + np.exp(-s[y == 1])).mean() + np.log2(1 + np.exp(s[y == 0])).mean()) / 2),
        "coverage_risk": risk_of(y, s),
    }
    if decimals > 6:  # without ties scikit-learn's quantile bins are the same bins
        keep = s != 0.0
        keep[np.flatnonzero(keep)[len(np.flatnonzero(keep)) // BINS * BINS:]] = False
        base = y[keep].mean()
        q = 1 / (1 + np.exp(-(s[keep] + np.log(base / (1 - base)))))
        observed, stated = calibration_curve(y[keep], q, n_bins=BINS, strategy="quantile")
        rows["kept"] = np.flatnonzero(keep).tolist()
        rows["reliability"] = [[float(a), float(b)] for a, b in zip(stated, observed)]
    return rows


def logistic_case(seed, n):
    """Platt scaling with one covariate, by scikit-learn with the ridge of src/evaluate/fit."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < 0.5).astype(int)
    size = rng.normal(size=n)
    z = rng.normal(size=n) + (y - 0.5) * 1.6 + 0.5 * size
    x = np.round(np.column_stack([z, size]), 6)
    ridge = 1.0
    fit = LogisticRegression(C=1 / ridge, tol=1e-12, max_iter=10000).fit(x, y)
    return {"x": x.tolist(), "fake": [bool(v) for v in y], "ridge": ridge,
            "weights": fit.coef_[0].tolist(), "offset": float(fit.intercept_[0])}


def document():
    return {
        "about": "written by testdata/generate/metrics_golden.py; scikit-learn and numpy",
        "bins": BINS,
        "cases": [
            case("separable, no ties", 11, 240, 2.0, 9, 40),
            case("weak, many ties", 12, 180, 0.4, 1, 25),
            case("backwards", 13, 60, -1.0, 2, 12),
            case("few people", 14, 40, 1.0, 9, 4),
        ],
        "logistic": logistic_case(21, 200),
    }


def close(a, b) -> bool:
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(close(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(close(x, y) for x, y in zip(a, b))
    if isinstance(a, float):
        return abs(a - b) < 1e-6
    return a == b


def main() -> int:
    made = document()
    if "--check" in sys.argv[1:]:
        same = close(made, json.loads(TARGET.read_text()))
        print("the same" if same else f"{TARGET.name} differs from what scikit-learn says")
        return 0 if same else 1
    TARGET.write_text(json.dumps(made, separators=(",", ":")) + "\n")
    print(f"wrote {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
