"""The artifact net's second read-out: traces of forgeries that were made, not found.

The pairs show one swap tool. The generator (synth/) makes six other kinds of forged faces of the same people's clips;
they are no swapper's work, but pasted, decoded, warped and re-rendered faces all the same. Their traces point elsewhere
than the tool's (docs/training-log.md), so adding them to one direction serves neither: this is a direction of its own,
a logistic regression on single pictures, each forgery against its original and against the clip as it is, through the same chains.

Judged by cross-validation over people (real clips of `train` and camera panels of `pairs`); `val` is for reporting.
"""
from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from .artifact_discriminant import Data, Discriminant
from .intervals import auc_interval, auc_of, supported
from .paths import cache_dir

PENALTIES = (1e-5, 3e-5, 1e-4, 3e-4)   # inverse strength of the ridge, chosen by cross-validation
SPLITS = 5
# Assumed share of manipulated faces that look like one of the generator's kinds, beside KNOWN_SHARE for the tool seen
MADE_SHARE = 0.25
OWN = "own"


@dataclass
class Group:
    """Pictures of one clip in one shape: as it is, through a chain, forged, or the forgery's original."""

    clip: str
    identity: str
    family: str   # OWN where nothing was forged
    fake: bool
    rows: np.ndarray


@dataclass
class Made:
    """score = z . weight + bias, for z standardised as the discriminant standardises."""

    weight: np.ndarray
    bias: float

    def score(self, d: Discriminant, x: np.ndarray) -> np.ndarray:
        return ((x - d.mean) / d.scale) @ self.weight + self.bias


def groups(data: Data, without_fold: str | None = None) -> list[Group]:
    """All shapes of the real clips of `train` and of the camera panels of `pairs` (those of one fold left out)."""
    out = []
    for name, row in data.rows.items():
        if row["label"] != "real" or row["split"] == "val" or (without_fold and row.get("fold") == without_fold):
            continue
        for part, rows in data.features[name].items():
            kind, _, rest = part.partition(":")
            if kind in ("fake", "real") and rest:
                out.append(Group(name, row["identity"] or name, rest.split(":")[0], kind == "fake", rows))
            elif part == "plain" or part.startswith("chain"):
                out.append(Group(name, row["identity"] or name, OWN, False, rows))
    return out + stills()


def stills() -> list[Group]:
    """The forged stills of `train` (artifact_stills.py), single pictures of hundreds of people, beside their originals."""
    path = cache_dir("packs", "artifact_features") / "_stills.forged.npz"
    if not path.exists():
        raise FileNotFoundError(f"{path}: made by python -m liveproof_train.artifact_stills --forged")
    kept, out, seen = np.load(path), [], set()
    for still, family, real, fake in zip(kept["path"], kept["family"], kept["real"], kept["fake"]):
        who = re.sub(r"_\d+$", "", Path(still).stem)   # LFW numbers a person's stills
        out += [Group(still, who, family if still in seen else OWN, False, real[None]), Group(still, who, family, True, fake[None])]
        seen.add(still)
    return out


def regress(found: list[Group], penalty: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Mean and scale of the features, and the logistic regression's weights and intercept on them; both classes count alike."""
    x = np.concatenate([g.rows for g in found]).astype(np.float64)
    y = np.concatenate([np.full(len(g.rows), g.fake) for g in found])
    mean, scale = x.mean(0), x.std(0) + 1e-3
    weight = np.where(y, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
    model = LogisticRegression(C=penalty, max_iter=200).fit((x - mean) / scale, y, sample_weight=weight)
    return mean, scale, model.coef_[0], float(model.intercept_[0])


def fit_made(found: list[Group], d: Discriminant, penalty: float) -> Made:
    """The read-out, on the discriminant's own standardisation."""
    mean, scale, weight, intercept = regress(found, penalty)
    weight = weight / scale
    return Made(weight * d.scale, intercept + float((d.mean - mean) @ weight))


def unseen(found: list[Group], penalty: float) -> np.ndarray:
    """Mean score of each group by a fit on other people."""
    identities = np.array([g.identity for g in found])
    out = np.zeros(len(found))
    for train, test in GroupKFold(SPLITS).split(identities, groups=identities):
        mean, scale, weight, intercept = regress([found[i] for i in train], penalty)
        for i in test:
            out[i] = float((((found[i].rows - mean) / scale) @ weight + intercept).mean())
    return out


@dataclass
class JudgedMade:
    penalty: float
    calibration: dict[str, float]
    families: dict[str, float]    # AUC by family against clips as they are
    people: int


def judge_made(found: list[Group], penalties: tuple[float, ...] = PENALTIES) -> JudgedMade:
    """Chooses the penalty, calibrates and finds the largest ratio that the counts support, on people not fitted on."""
    fake = np.array([g.fake for g in found])
    own = np.array([g.family == OWN for g in found])
    judged = fake | own          # originals of forgeries are the clips again
    people = np.array([g.identity for g in found])[judged]
    scores = {p: unseen(found, p)[judged] for p in penalties}
    fake = fake[judged]
    penalty = max(scores, key=lambda p: auc_of(fake, scores[p]))
    score = scores[penalty]
    # each person counts alike in each class
    weight = np.zeros(len(score))
    for kind in (True, False):
        for who in np.unique(people):
            mine = (fake == kind) & (people == who)
            weight[mine] = 1 / max(1, mine.sum()) / len(np.unique(people[fake == kind]))
    model = LogisticRegression(C=1e6).fit(score[:, None], fake, sample_weight=weight * len(score))
    auc, low, _ = auc_interval(fake, score, people)
    family = np.array([g.family for g in found])[judged]
    by_family = {f: auc_of(fake[(family == f) | ~fake], score[(family == f) | ~fake]) for f in np.unique(family[fake])}
    calibration = {"slope": float(model.coef_[0, 0]), "offset": float(model.intercept_[0]), "share": MADE_SHARE,
                   "cap": supported(score, fake, weight, len(np.unique(people))), "auc": auc, "auc_low": low}
    return JudgedMade(penalty, calibration, by_family, len(np.unique(people)))
