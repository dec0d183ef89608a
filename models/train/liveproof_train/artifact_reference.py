"""Reference mode of the artifact net: the same face before the same camera, now and at a verified moment.

Camera, light and person move the statistics further than a swap does, and they move them the same way at both
moments; a difference cancels them. Two things are read from it: a direction, fitted as in artifact_discriminant.py
but against the covariance of what time alone changes (second halves of clips minus first halves), and how large the
whole change is in units of that covariance, which knows nothing of any swap tool. The ring outside the face has no
part in either; its own change tells whether camera, codec and light are comparable at all.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from .artifact_discriminant import NAMES, Data, Discriminant, Settings, figures, fit, keep_where, shrunk

FACE = keep_where(lambda n: ":" in n and not n.startswith("ring:"))
RING = keep_where(lambda n: n.startswith("ring:"))
SHRINKAGE, REALS = 0.3, 4.0
CROSSED = 0.1      # weight of a change of chain in what the size of a change is measured by
SURROUND = 12      # leading components of the ring
SAME_CAMERA = 0.95  # share of the known same-camera spans that are compared
SEGMENT_S, MIN_PICTURES = 3.0, 4
MARGIN = 1.5       # scores are judged up to this many times what was seen in known material


@dataclass
class ReferenceNet:
    """Read-outs of standardised statistics z: `direction` [F], `change` [K, F], `surround` [SURROUND, F]."""

    mean: np.ndarray
    scale: np.ndarray
    direction: np.ndarray
    change: np.ndarray
    surround: np.ndarray

    def compare(self, before: np.ndarray, after: np.ndarray) -> tuple[float, float, float]:
        """d, ln c and s of the mean statistics at two moments."""
        z = (after - before) / self.scale
        return (float(self.direction @ z), float(np.log(np.square(self.change @ z).mean())),
                float(np.square(self.surround @ z).mean()))


def halves(data: Data, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a clip's pictures before and after the middle of its time."""
    x, at = data.features[name]["plain"], data.features[name]["time_s"]
    early = at <= (at.min() + at.max()) / 2
    return x[early], x[~early]


def crossed(data: Data, name: str) -> list[np.ndarray]:
    """Second half under one chain minus first half under another."""
    kept, out = data.features[name], []
    parts = data.parts(name, "chain")
    for part, other in zip(parts, parts[1:] + parts[:1]):
        early, late = kept[part], kept[other]
        half = max(1, len(early) // 2)
        out.append(late[min(half, len(late) - 1):].mean(0) - early[:half].mean(0))
    return out


def whitened(cov: np.ndarray, keep: np.ndarray, most: int | None = None) -> np.ndarray:
    """[K, F] principal axes of the kept features, each divided by its standard deviation."""
    values, vectors = np.linalg.eigh(cov)
    top = np.argsort(values)[::-1][:most]
    out = np.zeros((len(top), len(NAMES)))
    out[:, keep] = vectors[:, top].T / np.sqrt(values[top])[:, None]
    return out


def fit_reference(data: Data, pairs: list[str], base: Discriminant) -> ReferenceNet:
    """From these pairs and the real clips of split train; mean and scale are those of `base`."""
    both = data.pairs()
    clips = [(n, 1.0) for p in pairs for n in both[p].values()]
    clips += [(n, REALS) for n, r in data.rows.items() if r["split"] == "train"]
    time, time_count, mixed, mixed_count = [], [], [], []
    for name, count in clips:
        early, late = halves(data, name)
        time.append(late.mean(0) - early.mean(0))
        time_count.append(count)
        other = crossed(data, name)
        mixed += other
        mixed_count += [count * CROSSED / len(other)] * len(other)
    apart = []
    for pair in pairs:
        real, fake = both[pair]["real"], both[pair]["fake"]
        apart += [data.mean(fake, part) - data.mean(real, part) for part in ("plain", *data.parts(real, "chain"))]

    def covariance(rows: list[np.ndarray], count: list[float], keep: np.ndarray) -> np.ndarray:
        z, share = (np.array(rows) / base.scale)[:, keep], np.array(count) / np.sum(count)
        return shrunk((z * share[:, None]).T @ z, SHRINKAGE)

    by_time = covariance(time, time_count, FACE)
    direction = np.linalg.solve(by_time, (np.mean(apart, 0) / base.scale)[FACE])
    spread = np.sqrt(np.average(np.square((np.array(time) / base.scale)[:, FACE] @ direction), weights=time_count))
    weight = np.zeros(len(NAMES))
    weight[FACE] = direction / spread
    return ReferenceNet(base.mean, base.scale, weight,
                        whitened(covariance(time + mixed, time_count + mixed_count, FACE), FACE),
                        whitened(covariance(time, time_count, RING), RING, SURROUND))


@dataclass
class Span:
    """A stretch of a clip against the first half of the camera's clip."""

    clip: str
    fake: bool
    d: float
    log_c: float
    s: float


def spans(data: Data, net: ReferenceNet, probe: str, reference: str, whole: bool) -> list[Span]:
    """The second half of `probe` (in segments, or whole) against the first half of `reference`."""
    before = halves(data, reference)[0].mean(0)
    x, at = data.features[probe]["plain"], data.features[probe]["time_s"]
    late = at > (at.min() + at.max()) / 2
    x, at = x[late], at[late]
    index = np.zeros(len(at), int) if whole else ((at - at.min()) // SEGMENT_S).astype(int)
    out = []
    for i in range(index.max(initial=-1) + 1):
        rows = x[index == i]
        if len(rows) >= (1 if whole else MIN_PICTURES):
            out.append(Span(probe, data.rows[probe]["label"] == "fake", *net.compare(before, rows.mean(0))))
    return out


@dataclass
class Judged:
    """Calibration of reference mode, and what it reached out of fold."""

    calibration: dict[str, float]
    result: dict[str, float]
    gated: dict[str, float]
    crossed_auc: float
    crossed_compared: float
    compared: float


def logistic(found: list[Span]) -> LogisticRegression:
    """Log odds from d and ln c; clips and classes count the same."""
    clips = {s.clip for s in found}
    per_clip = {c: sum(s.clip == c for s in found) for c in clips}
    per_class = {f: len({s.clip for s in found if s.fake == f}) for f in (False, True)}
    weight = np.array([1 / per_clip[s.clip] / per_class[s.fake] for s in found])
    return LogisticRegression(C=1.0).fit([[s.d / 5, s.log_c] for s in found], [s.fake for s in found],
                                         sample_weight=weight * len(clips) / 2)


def score(model: LogisticRegression, span: Span) -> float:
    return float(model.decision_function([[span.d / 5, span.log_c]])[0])


def judge(data: Data, fits: dict[str, Discriminant], shipped: ReferenceNet) -> Judged:
    """Out-of-fold figures of whole second halves, each fold calibrated on the others; calibration from segments.
    Knows no pair but those of the folds of `fits`; `shipped` scores the val clips."""
    both, nets = data.pairs(), {}
    whole, segments, mixed = {}, {}, {}
    for fold in fits:
        nets[fold] = fit_reference(data, [p for p in both if data.fold(p) in fits and data.fold(p) != fold], fits[fold])
        here = [p for p in both if data.fold(p) == fold]
        whole[fold] = [s for p in here for n in both[p].values() for s in spans(data, nets[fold], n, both[p]["real"], True)]
        segments[fold] = [s for p in here for n in both[p].values() for s in spans(data, nets[fold], n, both[p]["real"], False)]
        mixed[fold] = crossed_spans(data, nets[fold], here)
    val = [s for n, r in data.rows.items() if r["split"] == "val" for s in spans(data, shipped, n, n, False)]
    reals = [s.s for rows in whole.values() for s in rows if not s.fake] + [s.s for s in val]
    limit = float(np.quantile(reals, SAME_CAMERA))
    scores, gated, other = {}, {}, []
    for fold in fits:
        model = logistic([s for f in fits if f != fold for s in whole[f]])
        for s in whole[fold]:
            scores[s.clip] = score(model, s)
            gated[s.clip] = scores[s.clip] if s.s <= limit else 0.0
        other += [(s.fake, score(model, s), s.s <= limit) for s in mixed[fold]]
    every = [s for rows in segments.values() for s in rows] + val
    model = logistic([s for s in every if s.s <= limit])
    known = [s.d for s in every if s.s <= limit]
    result = figures(scores, data.rows)
    fake, value, near = (np.array(v) for v in zip(*other))
    return Judged({"slope": float(model.coef_[0, 0]) / 5, "change_slope": float(model.coef_[0, 1]), "offset": float(model.intercept_[0]),
                   "max_surround": round(limit, 2), "min_score": round(MARGIN * min(0.0, float(np.min(known))), 2),
                   "max_score": round(MARGIN * max(0.0, float(np.max(known))), 2), "auc": result["auc"], "auc_low": result["auc_low"],
                   "min_pictures": 8.0}, result, figures(gated, data.rows), float(roc_auc_score(fake, value)), float(near.mean()),
                  float(np.mean([s.s <= limit for rows in whole.values() for s in rows])))


def crossed_spans(data: Data, net: ReferenceNet, pairs: list[str]) -> list[Span]:
    """Either panel's second half under one chain against the camera's first half under another: not the same
    camera and codec, which a reference should be."""
    out, both = [], data.pairs()
    for pair in pairs:
        real = both[pair]["real"]
        parts = data.parts(real, "chain")
        for name in both[pair].values():
            for part, other in zip(parts, parts[1:] + parts[:1]):
                early, late = data.features[real][part], data.features[name][other]
                half = max(1, len(early) // 2)
                out.append(Span(name, data.rows[name]["label"] == "fake",
                                *net.compare(early[:half].mean(0), late[min(half, len(late) - 1):].mean(0))))
    return out
