"""The artifact net's third read-out: a face that is repainted from some moment of an interview on.

    python -m liveproof_train.artifact_onset      # figures on people not fitted on, and with parts of it left out

Camera, light and person move the statistics further than a repainted face does, and they move them the same way in one
and the next minute of a call. So a segment is set against the segments before it of the same interview: the change of
its statistics, in the direction of each kind of forgery, against the covariance of what changes in a call all the same:
time, focus, light, a filter or a background that is switched on, another codec or bit rate. The ring outside the face has
no part in a direction; it is there as what tells a change of the whole picture from one of the face alone (a covariate:
its mean change counts as none, its covariance with the face's is known).

Seven kinds: the recipe's six (artifact_segments.py: second halves of forged spans against the untouched first half, through one
codec) and the swap tool of the pairs (second half of the swapped panel against the first half of the camera's). Their
likelihood ratios are mixed by equal shares. That nothing changed says nothing: whoever is swapped from the first moment
on shows no change either.

Judged by cross-validation over people, as artifact_made.py.
"""
from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from .artifact_discriminant import WITHOUT_BOX, Data, Discriminant, keep_where
from .artifact_made import KINDS, Group, fold_of, logistic, mixed, second_moment, weights
from .artifact_reference import SEGMENT_S, ReferenceNet, crossed, halves
from .card import table
from .intervals import auc_interval, auc_of, earned_cap, supported
from .pooling import shrunk, trimmed_mean
from .reviewed import MARK_LLR, NONE
from .synth.filters import FILTERS
from .synth.poor import POOR

TOOL = "live_swap"
ONSETS = (*KINDS, TOOL)
RING = keep_where(lambda n: n.startswith("ring:"))
BACK, CODEC, CHAIN, TIME = "backwards", "codec", "chain", "time"
NOTHING = (NONE, BACK, TIME, *FILTERS, *POOR)     # what the calibration knows as no onset
SPLITS = 8
MIN_PICTURES = 6.0        # of the interview before the segment: as many as before the coded halves
# Assumed share of manipulated interviews in which the face is not repainted from the first moment on
SHARE = 0.5


@dataclass(frozen=True)
class Design:
    """What the fit knows: features that are read, and the weights of the covariance (coded spans and plain clips in time, poor
    pictures, filters, codecs, random chains)."""

    kept: np.ndarray = field(default_factory=lambda: WITHOUT_BOX, compare=False)
    kinds: tuple[str, ...] = ONSETS
    poor: float = 1.0
    filters: float = 1.0
    codecs: float = 1.0
    chains: float = 0.25
    shrinkage: float = 0.3

    def covariance(self) -> tuple[tuple[tuple[str, ...], float], ...]:
        return (((NONE,), 1.0), ((TIME,), 1.0), (tuple(POOR), self.poor), (tuple(FILTERS), self.filters), ((CODEC,), self.codecs),
                ((CHAIN,), self.chains))


SHIPPED = Design()
ABLATIONS = {
    "shipped": SHIPPED,
    "the face alone, without the ring": Design(kept=WITHOUT_BOX & ~RING),
    "time alone in the covariance": Design(poor=0.0, filters=0.0, codecs=0.0, chains=0.0),
    "without focus and light in it": Design(poor=0.0),
    "without filters in it": Design(filters=0.0),
    "without codecs and chains in it": Design(codecs=0.0, chains=0.0),
    "shrinkage 0.1": Design(shrinkage=0.1),
    "shrinkage 0.6": Design(shrinkage=0.6),
    "the recipe's six kinds, without the tool": Design(kinds=KINDS),
    "the tool alone": Design(kinds=(TOOL,)),
}


@dataclass
class Moment:
    """Pictures [n, F] of a segment, and the mean of those before it in the same call."""

    kind: str
    identity: str
    before: np.ndarray
    rows: np.ndarray

    @property
    def change(self) -> np.ndarray:
        """Mean change, without the lowest and highest eighth of each feature."""
        cut = len(self.rows) // 8
        return np.sort(self.rows, 0)[cut:len(self.rows) - cut].mean(0) - self.before


@dataclass
class Onset:
    """Read-outs of standardised statistics, `weight` [F, kinds], and of a change's read-outs c the score
    ln(mean over the kinds of exp(c - bias))."""

    weight: np.ndarray
    bias: np.ndarray

    def score(self, d: Discriminant, m: Moment) -> float:
        return float(mixed((pooled(m, d, self.weight) - self.bias)[None])[0])


def pooled(m: Moment, d: Discriminant, weight: np.ndarray) -> np.ndarray:
    """Read-outs of a change, as the service pools them: `weight` [F, kinds] gives [kinds]."""
    out = ((m.rows - m.before) / d.scale) @ weight
    return np.array([trimmed_mean(out[:, k]) for k in range(out.shape[1])])


def coded_moments(found: list[Group]) -> list[Moment]:
    """Second halves of coded spans against the first half of the untouched one; the time backwards; other codecs."""
    spans: dict[tuple[str, str], dict[str, Group]] = defaultdict(dict)
    for g in found:
        if not g.still:
            spans[g.clip, g.moment][g.kind] = g
    out, plain = [], defaultdict(list)
    for (clip, _), kinds in spans.items():
        if NONE not in kinds:
            continue
        whole = kinds[NONE].rows
        early, late = whole[:len(whole) // 2], whole[len(whole) // 2:]
        plain[clip].append(kinds[NONE])
        out += [Moment(k, g.identity, early.mean(0), g.rows[len(g.rows) // 2:]) for k, g in kinds.items()]
        out.append(Moment(BACK, kinds[NONE].identity, late.mean(0), early))
    for same in plain.values():
        out += [Moment(CODEC, a.identity, a.rows.mean(0), b.rows) for a in same for b in same if a is not b]
    return out


def clip_moments(data: Data, pairs: list[str], split: str = "train") -> list[Moment]:
    """Second halves of the real clips of a split and of these pairs' panels, in segments, against the camera's first half."""
    both, out = data.pairs(), []
    probes = [(n, n, TIME) for n, r in data.rows.items() if r["split"] == split and r["label"] == "real"]
    probes += [(both[p]["real"], both[p]["real"], TIME) for p in pairs] + [(both[p]["fake"], both[p]["real"], TOOL) for p in pairs]
    for probe, reference, kind in probes:
        who = data.rows[reference]["identity"] or reference
        late, at = halves(data, probe)[1], data.features[probe]["time_s"]
        at = at[at > (at.min() + at.max()) / 2]
        index, before = ((at - at.min()) // SEGMENT_S).astype(int), halves(data, reference)[0].mean(0)
        for i in range(index.max() + 1):
            if (index == i).sum() >= 4:
                out.append(Moment(kind, who, before, late[index == i]))
        if kind == TIME:
            zero = np.zeros_like(before)
            out += [Moment(CHAIN, who, zero, change[None]) for change in crossed(data, probe)]
    return out


def directions(moments: list[Moment], d: Discriminant, of: set[str] | None = None, design: Design = SHIPPED) -> np.ndarray:
    """[F, kinds] from the moments of these people (all where not said); what is no onset gives each a variance of 1."""
    kept = design.kept
    changes: dict[str, dict[str, list[np.ndarray]]] = defaultdict(lambda: defaultdict(list))
    for m in moments:
        if of is None or m.identity in of:
            changes[m.kind][m.identity].append((m.change / d.scale)[kept])
    size = int(kept.sum())
    cov = np.zeros((size, size))
    parts = design.covariance()
    for kinds, weight in parts:
        rows = [np.sqrt(1 / len(v)) * r for k in kinds for v in changes[k].values() for r in v]
        count = sum(len(changes[k]) for k in kinds)
        if count:
            cov += weight * second_moment(rows, size) * len(rows) / count
    cov = shrunk(cov / sum(w for _, w in parts), design.shrinkage)
    mean = np.stack([np.mean([np.mean(v, 0) for v in changes[k].values()], 0) for k in design.kinds], 1)
    mean[RING[kept]] = 0.0
    direction = np.linalg.solve(cov, mean)
    out = np.zeros((len(kept), len(design.kinds)))
    out[kept] = direction / np.sqrt(np.einsum("fk,fg,gk->k", direction, cov, direction))
    return out


def fit_onset(moments: list[Moment], d: Discriminant, judged: JudgedOnset) -> Onset:
    """The read-outs, fitted on all, with the kinds' scales as they were found on unseen people."""
    return Onset(directions(moments, d) * judged.slopes, -judged.offsets)


def comparable(m: Moment, d: Discriminant, against: ReferenceNet, max_surround: float) -> bool:
    """Whether camera, codec and light are those of before, as reference mode asks."""
    return bool(np.square(against.surround @ ((m.rows.mean(0) - m.before) / d.scale)).mean() <= max_surround)


def beside_neutral(score: np.ndarray, calibration: dict[str, float]) -> np.ndarray:
    """A segment's log-likelihood ratio where all else speaks for neither side: `segment_llr` in src/analyze/face_swap/settings.rs."""
    llr = np.clip(calibration["slope"] * score + calibration["offset"], 0, calibration["cap"])
    return np.log(1 + calibration["share"] * np.expm1(llr))


def marked(moments: list[Moment], d: Discriminant, against: ReferenceNet, onset: Onset, calibration: dict[str, float]) -> tuple[int, int, int]:
    """How many of the moments are marked, are comparable, are there."""
    near = [m for m in moments if m.kind in (*ONSETS, *NOTHING) and comparable(m, d, against, calibration["max_surround"])]
    over = sum(beside_neutral(onset.score(d, m), calibration) >= MARK_LLR for m in near)
    return int(over), len(near), sum(m.kind in (*ONSETS, *NOTHING) for m in moments)


@dataclass
class JudgedOnset:
    slopes: np.ndarray                                # of each kind's own score
    offsets: np.ndarray
    calibration: dict[str, object]
    families: dict[str, tuple[float, float, float]]   # AUC of a kind against untouched moments, with its interval
    nothing: dict[str, float]                         # AUC of other changes against untouched moments: 0.5 is right
    marked: dict[str, float]                          # share of each kind's comparable moments that are marked, all else neutral
    compared: dict[str, float]                        # share of each kind's moments with comparable surroundings
    people: int
    counted_cap: float                                # what the counts of these people support at the best threshold


def judge_onset(moments: list[Moment], d: Discriminant, against: ReferenceNet, max_surround: float, design: Design = SHIPPED) -> JudgedOnset:
    """Calibration and figures, all on people not fitted on. Moments whose surroundings changed further than reference mode compares
    are not judged."""
    names, kind = np.array([m.identity for m in moments]), np.array([m.kind for m in moments])
    part, raw = fold_of(names), np.zeros((len(moments), len(design.kinds)))
    for fold in range(SPLITS):
        weight = directions(moments, d, {p for p in part if part[p] != fold}, design)
        for i, m in enumerate(moments):
            if part[m.identity] == fold:
                raw[i] = pooled(m, d, weight)
    near = np.array([comparable(m, d, against, max_surround) for m in moments])
    fake, known = np.isin(kind, ONSETS), np.isin(kind, (*ONSETS, *NOTHING)) & near
    own = [known & ((kind == k) | ~fake) for k in design.kinds]
    slopes, offsets = (np.array(v) for v in zip(*(logistic(raw[m, i], fake[m], names[m]) for i, m in enumerate(own))))
    score = mixed(raw * slopes + offsets)
    slope, offset = logistic(score[known], fake[known], names[known])
    counted = supported(score[known], fake[known], weights(fake[known], names[known]), len(np.unique(names[known])))
    auc, low, _ = auc_interval(fake[known], score[known], names[known])
    untouched = np.isin(kind, (NONE, BACK, TIME)) & near

    def versus(own: str) -> np.ndarray:
        return (untouched | (kind == own)) & near

    kinds = [k for k in dict.fromkeys(kind) if (kind == k).any()]
    calibration = {"slope": slope, "offset": offset, "cap": earned_cap(low), "share": SHARE, "max_surround": max_surround,
                   "min_pictures": MIN_PICTURES, "auc": auc, "auc_low": low}
    total = beside_neutral(score, calibration)
    return JudgedOnset(slopes, offsets, calibration, {k: auc_interval(kind[versus(k)] == k, score[versus(k)], names[versus(k)]) for k in ONSETS},
                       {k: auc_of(kind[versus(k)] == k, score[versus(k)]) for k in (*FILTERS, *POOR) if (versus(k) & (kind == k)).any()},
                       {k: float((total[(kind == k) & near] >= MARK_LLR).mean()) for k in kinds if ((kind == k) & near).any()},
                       {k: float(near[kind == k].mean()) for k in kinds}, len(np.unique(names[known])), counted)


def main() -> None:
    from .artifact_discriminant import choose, fit, nested
    from .artifact_made import groups
    from .artifact_reference import fit_reference, judge

    data = Data.load()
    pairs = list(data.pairs())
    d = fit(data, pairs, choose(data, pairs))
    against = fit_reference(data, pairs, d)
    _, _, fits = nested(data)
    limit = judge(data, fits, against).calibration["max_surround"]
    moments = coded_moments(groups(data)) + clip_moments(data, pairs)
    rows = []
    for name, design in ABLATIONS.items():
        judged = judge_onset(moments, d, against, limit, design)
        if design is SHIPPED:
            print(len(moments), "moments of", judged.people, "people;", judged.calibration)
            print("marked, of comparable:", {str(k): f"{v:.0%}" for k, v in judged.marked.items()})
            print("comparable:", {str(k): f"{v:.0%}" for k, v in judged.compared.items()})
        untouched = np.mean([judged.marked[k] for k in (NONE, BACK, TIME)])
        rows.append((name, *(f"{judged.families[k][0]:.2f}" for k in ONSETS), *(f"{judged.nothing.get(k, float('nan')):.2f}" for k in (*FILTERS, *POOR)),
                     f"{untouched:.1%}", f"{np.mean([judged.marked[k] for k in ONSETS]):.0%}"))
    print(table(("AUC against untouched moments", *ONSETS, *FILTERS, *POOR, "untouched marked", "kinds marked, mean"), rows))


if __name__ == "__main__":
    main()
