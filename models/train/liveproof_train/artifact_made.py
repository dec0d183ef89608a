"""The artifact net's second read-out: traces of forgeries that were made, not found.

    python -m liveproof_train.artifact_made      # figures on people not fitted on, with and without what moves in time

The pairs show one swap tool. The generator (synth/) makes six other kinds of forged faces of the same people's clips;
they are no swapper's work, but pasted, decoded, warped and re-rendered faces all the same. Their traces point elsewhere
than the tool's (docs/training-log.md), so adding them to one direction serves neither. Each kind has a direction of its own:
the mean change of a face by the kind, against the covariance of people, cameras and codecs, and of what a camera out of focus
or too little light changes of a real face, which looks repainted otherwise (synth/poor.py). Two of them, MIXED, repaint a
face as a live swapper does; their likelihood ratios are mixed within the net, by equal shares, into one score. The other
kinds speak at random on the live_swap pairs and are left out. That a face lacks these traces at best halves the odds.

Everything is fitted on what a service sees (artifact_segments.py): segments of real clips forged with their behaviour in
time, and stills, through real codecs; of the many stills in artifact_stills.py the covariance of people. The score's scale is
that of such segments, pooled as the service pools. Judged by cross-validation over people (real clips of `train`, camera
panels of `pairs`, stills of `train`); `val` is for reporting.
"""
from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import LogisticRegression

from .intervals import auc_interval, auc_of, supported
from .paths import cache_dir
from .pooling import shrunk, trimmed_mean
from .reviewed import NONE
from .synth.filters import FILTERS
from .synth.poor import POOR

if TYPE_CHECKING:
    from .artifact_discriminant import Data, Discriminant

KINDS = ("self_blended", "realtime_paste", "mouth_only", "head_warp", "cross_identity", "decoder")
MIXED = ("cross_identity", "decoder")
SHRINKAGE = 0.03
COVARIANCES = (1.0, 2.0, 2.0, 2.0)   # weights: coded clips; coded stills; stills as they are and through random chains; poor pictures
STILL_CHANGE = 0.3       # share of the stills in a kind's mean change: they show more people, and nothing that moves
SPLITS = 8
MOST_CAP = float(np.log(0.95 / 0.05))   # export_artifact.earned_cap believes no more either
MOST_LLR = 30.0          # of one kind, where the mixture stops to grow
# Assumed share of manipulated faces that look like one of the generator's kinds, beside KNOWN_SHARE for the tool seen
MADE_SHARE = 0.25
LEAST_LLR = float(np.log(0.5))   # that these traces are missing at best halves the odds, as with those of the tool (KNOWN_SHARE)


People = dict[str, list[np.ndarray]]


@dataclass
class Group:
    """Pictures of one segment or still, untouched (NONE), forged or filtered, as they come out of a codec."""

    clip: str
    moment: str    # the segment and its codec: what was made of the same moment has the same
    identity: str
    kind: str
    rows: np.ndarray
    still: bool = False

    @property
    def fake(self) -> bool:
        return self.kind in KINDS

    @property
    def middle(self) -> np.ndarray:
        """Mean of the pictures without the lowest and highest eighth of each feature."""
        cut = len(self.rows) // 8
        return np.sort(self.rows, 0)[cut:len(self.rows) - cut].mean(0)


@dataclass
class Made:
    """score = ln(mean over the mixed kinds of exp(z . weight + bias)), for z standardised as the discriminant standardises."""

    weight: np.ndarray   # [F, mixed kinds]
    bias: np.ndarray

    def score(self, d: Discriminant, x: np.ndarray) -> np.ndarray:
        return mixed(((x - d.mean) / d.scale) @ self.weight + self.bias)


def mixed(llr: np.ndarray) -> np.ndarray:
    """Log-likelihood ratio of any of the kinds [n], each as likely as the others, from those of each [n, kinds]."""
    return np.log(np.exp(np.clip(llr, -MOST_LLR, MOST_LLR)).mean(1))


def groups(data: Data, without_fold: str | None = None) -> list[Group]:
    """Coded segments of the real clips of `train` and of the camera panels of `pairs` (those of one fold left out), and
    coded stills of `train`."""
    out, folder = [], cache_dir("packs", "artifact_segments")
    for name, row in data.rows.items():
        path = folder / f"{name}.npz"
        if row["label"] != "real" or row["split"] == "val" or (without_fold and row.get("fold") == without_fold) or not path.exists():
            continue
        with np.load(path) as kept:
            for part in kept.files:
                kind, _, moment = part.partition(":")
                if moment and kind != "codec":
                    out.append(Group(name, moment, row["identity"] or name, kind, kept[part]))
    for path in sorted(folder.glob("_stills.*.npz")):
        with np.load(path) as kept:
            for rows, kind, still in zip(kept["rows"], kept["family"], kept["path"]):
                out.append(Group(str(still), "", person_of(str(still)), str(kind), rows[None], still=True))
    if not out:
        raise FileNotFoundError(f"{folder}: made by python -m liveproof_train.artifact_segments, and with --stills")
    return out


def people_of(data: Data, d: Discriminant) -> np.ndarray:
    """Covariance of the differences between people on stills, standardised as the discriminant standardises."""
    return data.people / np.outer(d.scale, d.scale)


def person_of(still: str) -> str:
    """LFW numbers a person's stills."""
    return re.sub(r"_\d+$", "", Path(still).stem)


def by_person(values: People) -> np.ndarray:
    """Mean of the people's means: each person counts alike."""
    return np.mean([np.mean(v, 0) for v in values.values()], 0)


class Changes:
    """What the fit needs of groups, standardised once: middles by person, and each forgery's change of its original."""

    def __init__(self, found: list[Group], d: Discriminant):
        self.clips: People = defaultdict(list)
        self.stills: People = defaultdict(list)
        self.change: dict[tuple[str, bool], People] = {(k, still): defaultdict(list) for k in KINDS for still in (False, True)}
        self.poor: People = defaultdict(list)    # what focus and light change of a real face
        z = [(g.middle - d.mean) / d.scale for g in found]
        original = {(g.clip, g.moment): v for g, v in zip(found, z) if g.kind == NONE}
        sources: People = defaultdict(list)
        for g, v in zip(found, z):
            if g.still:
                sources[Path(g.clip).parent.name].append(v)
        centre = {s: np.mean(v, 0) for s, v in sources.items()}
        for g, v in zip(found, z):
            if g.still:   # about the mean of their source: people, not sources
                self.stills[g.identity].append(v - centre[Path(g.clip).parent.name])
            else:
                self.clips[g.identity].append(v)
            if g.fake and (g.clip, g.moment) in original:
                self.change[g.kind, g.still][g.identity].append(v - original[g.clip, g.moment])
            elif g.kind in POOR and (g.clip, g.moment) in original:
                self.poor[g.identity].append(v - original[g.clip, g.moment])

    def directions(self, people: np.ndarray, of: set[str]) -> np.ndarray:
        """[F, mixed kinds]: mean change against the covariance, its score's variance 1; of these people. `people`: covariance
        of the stills that were not coded."""
        own = {p: np.array(v) for p, v in self.clips.items() if p in of}
        centre = by_person(own)
        stills = [r for p, v in self.stills.items() if p in of for r in v]
        parts = [np.mean([(v - centre).T @ (v - centre) / len(v) for v in own.values()], 0), second_moment(stills, len(centre)), people,
                 second_moment([v for p, found in self.poor.items() if p in of for v in found], len(centre))]
        cov = shrunk(sum(w * part for w, part in zip(COVARIANCES, parts)) / sum(COVARIANCES), SHRINKAGE)

        def mean_change(kind: str) -> np.ndarray:
            found = [by_person({p: v for p, v in self.change[kind, still].items() if p in of}) for still in (False, True)
                     if any(p in of for p in self.change[kind, still])]
            return found[0] if len(found) == 1 else (1 - STILL_CHANGE) * found[0] + STILL_CHANGE * found[1]

        weight = np.linalg.solve(cov, np.stack([mean_change(k) for k in MIXED], 1))
        return weight / np.sqrt(np.einsum("fk,fg,gk->k", weight, cov, weight))


def second_moment(rows: list[np.ndarray], size: int) -> np.ndarray:
    values = np.array(rows).reshape(-1, size)
    return values.T @ values / max(1, len(values))


def weights(fake: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Each person counts alike in each class; each class sums to 1."""
    out = np.zeros(len(fake))
    for kind in (True, False):
        for who in np.unique(people[fake == kind]):
            mine = (fake == kind) & (people == who)
            out[mine] = 1 / mine.sum()
        out[fake == kind] /= out[fake == kind].sum()
    return out


def logistic(score: np.ndarray, fake: np.ndarray, people: np.ndarray) -> tuple[float, float]:
    """Slope and offset of the log-likelihood ratio in a score."""
    model = LogisticRegression(C=1e6).fit(score[:, None], fake, sample_weight=weights(fake, people) * len(score))
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def fold_of(names: np.ndarray) -> dict[str, int]:
    """Which part of the cross-validation each person is in."""
    every = np.unique(names)
    return dict(zip(np.random.default_rng(0).permutation(every), np.arange(len(every)) % SPLITS))


@dataclass
class JudgedMade:
    slopes: np.ndarray            # of each kind's own score
    offsets: np.ndarray
    calibration: dict[str, float]
    families: dict[str, float]    # AUC of the mixture by kind, clips, against the untouched segments
    filters: dict[str, float]     # AUC of filtered and of poor segments against untouched ones: 0.5 is right
    stills_auc: float
    clips_cap: float              # what the clips' people alone support
    people: int
    clip_people: int
    score: np.ndarray = field(repr=False)   # of every group, by a fit on other people


def judge_made(found: list[Group], d: Discriminant, people: np.ndarray) -> JudgedMade:
    """Calibrates each kind and the mixture by segments of clips, and finds the largest ratio that the counts of clips and
    stills support: all on people not fitted on."""
    changes, names = Changes(found, d), np.array([g.identity for g in found])
    every, part = np.unique(names), fold_of(names)
    raw: list[np.ndarray] = [np.zeros(0)] * len(found)
    for fold in range(SPLITS):
        weight = changes.directions(people, {p for p in every if part[p] != fold})
        for i, g in enumerate(found):
            if part[g.identity] == fold:
                raw[i] = ((g.rows - d.mean) / d.scale) @ weight
    fake, kind, clip = np.array([g.fake for g in found]), np.array([g.kind for g in found]), np.array([not g.still for g in found])
    pooled = np.array([[trimmed_mean(r[:, k]) for k in range(len(MIXED))] for r in raw])
    fits = [logistic(pooled[m, k], fake[m], names[m]) for k, m in enumerate(((kind == own) | ~fake) & clip for own in MIXED)]
    slopes, offsets = (np.array(v) for v in zip(*fits))
    score = np.array([trimmed_mean(mixed(r * slopes + offsets)) for r in raw])
    meant = ~fake | np.isin(kind, MIXED)    # what the share stands for
    slope, offset = logistic(score[clip & meant], fake[clip & meant], names[clip & meant])
    auc, low, _ = auc_interval(fake[clip & meant], score[clip & meant], names[clip & meant])

    def against_untouched(own: str) -> float:
        m = ((kind == own) | (kind == NONE)) & clip
        return auc_of(kind[m] == own, score[m])

    def cap(m: np.ndarray) -> float:
        return supported(score[m], fake[m], weights(fake[m], names[m]), len(np.unique(names[m])))

    calibration = {"slope": slope, "offset": offset, "share": MADE_SHARE, "auc": auc, "auc_low": low, "cap": min(MOST_CAP, cap(meant)), "floor": LEAST_LLR}
    return JudgedMade(slopes, offsets, calibration, {k: against_untouched(k) for k in KINDS}, {k: against_untouched(k) for k in (*FILTERS, *POOR)},
                      auc_of(fake[~clip & meant], score[~clip & meant]) if (~clip).any() else float("nan"), cap(clip & meant), len(every), len(changes.clips), score)


def fit_made(found: list[Group], d: Discriminant, people: np.ndarray, judged: JudgedMade) -> Made:
    """The read-out, fitted on all, with the kinds' scales as they were found on unseen people."""
    weight = Changes(found, d).directions(people, {g.identity for g in found})
    return Made(weight * judged.slopes, judged.offsets)


SERIES = {   # what a segment's looks do, from standardised rows [looks, F]
    "spread within the segment": lambda z: np.log(z.std(0) + 0.05),
    "step from look to look": lambda z: np.log(np.abs(np.diff(z, axis=0)).mean(0) + 0.05),
    "second difference": lambda z: np.log(np.abs(np.diff(z, 2, axis=0)).mean(0) + 0.05),
    "step against spread": lambda z: np.log(np.abs(np.diff(z, axis=0)).mean(0) + 0.05) - np.log(z.std(0) + 0.05),
}
PLAIN = SimpleNamespace(mean=0.0, scale=1.0)
EVEN = 0.15    # variance in every direction that stands for the stills, in which nothing moves


def in_time(found: list[Group], d: Discriminant, series) -> list[Group]:
    """Clips' groups with one row each: how the statistics move over the looks."""
    return [replace(g, rows=series((g.rows - d.mean) / d.scale)[None]) for g in found if not g.still]


def score_of_clips(judged: JudgedMade, found: list[Group]) -> np.ndarray:
    """The mixture of each segment of clips, by fits on other people."""
    return judged.score[np.array([not g.still for g in found])]


def main() -> None:
    from .artifact_discriminant import Data, choose, fit

    data = Data.load()
    d = fit(data, list(data.pairs()), choose(data, list(data.pairs())))
    people, found = people_of(data, d), groups(data)
    judged = judge_made(found, d, people)
    clips = [g for g in found if not g.still]
    names, fake = np.array([g.identity for g in clips]), np.array([g.fake for g in clips])
    print(judged)
    still = score_of_clips(judged, found)
    print("pooled statistics:", *np.round(auc_interval(fake, still, names), 3))
    part = fold_of(names)
    for name, series in SERIES.items():
        moved = in_time(found, d, series)
        moving = score_of_clips(judge_made(moved, PLAIN, EVEN * np.eye(len(d.mean))), moved)
        both = np.zeros(len(clips))
        for fold in range(SPLITS):
            out = np.array([part[n] == fold for n in names])
            model = LogisticRegression(C=1e6).fit(np.c_[still, moving][~out], fake[~out], sample_weight=weights(fake[~out], names[~out]) * (~out).sum())
            both[out] = np.c_[still, moving][out] @ model.coef_[0]
        print(f"{name}: alone", *np.round(auc_interval(fake, moving, names), 3), "with the pooled statistics", *np.round(auc_interval(fake, both, names), 3))


if __name__ == "__main__":
    main()
