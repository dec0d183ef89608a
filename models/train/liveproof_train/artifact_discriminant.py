"""The discriminant of the artifact net: fitted on matched pairs, chosen and judged by nested cross-validation.

The direction is that of Fisher's linear discriminant with the means of pairs in place of class
means: inverse covariance of clips times the mean difference of a swapped panel from its own
camera. Everything by which cameras, people and codecs differ is in the covariance (pairs, their
chained copies, other real clips), shrunk towards its mean variance; what all swaps share is in the
difference. Clips, not frames, are counted: a clip's features are the mean over its frames.
"""
from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from sklearn.metrics import roc_auc_score

from .paths import cache_dir
from .pooling import shrunk
from .statistic_names import feature_names

NAMES = np.array(feature_names())
EMBEDDING = 64
FOLDS = "01234"


def keep_where(test) -> np.ndarray:
    return np.array([bool(test(n)) for n in NAMES])


WITHOUT_BOX = keep_where(lambda n: ":" in n)   # without the size of the face's box
# Candidate sets of features; "ratios" leaves out whatever a gain changes
SETS = {
    "all": keep_where(lambda n: True),
    "ratios": keep_where(lambda n: not n.endswith(".size")),
    "ratios_without_levels": keep_where(lambda n: not n.endswith(".size") and "_level" not in n),
}
# For ablations only, never chosen
ABLATIONS = {
    "brightness only": keep_where(lambda n: ":y_" in n and "_level" not in n),
    "colour differences only": keep_where(lambda n: ":b_" in n or ":r_" in n),
    "sizes only": keep_where(lambda n: n.endswith(".size")),
    "inside of the face only": keep_where(lambda n: n.startswith("inside:")),
    "without the mouth": keep_where(lambda n: not n.startswith(("mouth:", "chin:"))),
    "without the eyes": keep_where(lambda n: not n.startswith("eyes:")),
    "ring outside the face only (leak check)": keep_where(lambda n: n.startswith("ring:")),
}
SHRINKAGES = (0.1, 0.3, 0.5)
REAL_WEIGHTS = (1.0, 4.0)
# Other tools' swaps are not among the pairs. What this family adds was chosen on the forged stills of `dev`
# (docs/training-log.md), as were the stills' share and the set of features: neither is chosen by fold
OTHER_TOOLS = {"forged": 0.25, "families": ("cross_identity",)}


@dataclass
class Data:
    """Index rows and features of all clips."""

    rows: dict[str, dict]
    features: dict[str, dict[str, np.ndarray]]
    stills: dict[str, np.ndarray]  # artifact_stills.py: of train and dev

    @staticmethod
    def load() -> "Data":
        rows = {r["name"]: r for r in json.loads((cache_dir("packs", "artifact") / "index.json").read_text()) if r["samples"]}
        features = {}
        for name in rows:
            features[name] = {}
            for file in (f"{name}.npz", f"{name}.forged.npz"):
                if (path := cache_dir("packs", "artifact_features") / file).exists():
                    features[name] |= dict(np.load(path))
        return Data(rows, features, dict(np.load(cache_dir("packs", "artifact_features") / "_stills.npz")))

    def mean(self, name: str, part: str = "plain") -> np.ndarray:
        return self.features[name][part].mean(0)

    def parts(self, name: str, prefix: str) -> list[str]:
        return [k for k in self.features[name] if k.startswith(prefix)]

    def pairs(self) -> dict[str, dict[str, str]]:
        """pair -> {"real": clip, "fake": clip}."""
        out: dict[str, dict[str, str]] = {}
        for name, row in self.rows.items():
            if row["split"] == "pairs":
                out.setdefault(row["pair"], {})[row["label"]] = name
        return {p: both for p, both in out.items() if len(both) == 2}

    @cached_property
    def people(self) -> np.ndarray:
        """[F, F] covariance of the train stills about the mean of their source: people, not sources."""
        train, source = self.stills["split"] == "train", self.stills["source"]
        out = []
        for rows in (self.stills["plain"], *np.moveaxis(self.stills["chain"], 1, 0)):
            out += [rows[train & (source == s)] - rows[train & (source == s)].mean(0) for s in np.unique(source[train])]
        rows = np.concatenate(out)
        return rows.T @ rows / len(rows)

    def dev(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """(features, is a forgery) of each set of dev: photo montages, and frames of four research forgers."""
        dev = self.stills["split"] == "dev"
        return [(self.stills["plain"][dev & (self.stills["source"] == s)], self.stills["label"][dev & (self.stills["source"] == s)] == "fake")
                for s in np.unique(self.stills["source"][dev])]

    def fold(self, pair: str) -> str:
        return self.rows[self.pairs()[pair]["real"]]["fold"]


def model_of(pair: str) -> str:
    """The person model that a pair was swapped with; one model may serve several streamers."""
    return pair.rsplit("_", 1)[0]


@dataclass
class Discriminant:
    """score = (x - mean) / scale . weight; the embedding is the first whitened principal components."""

    mean: np.ndarray
    scale: np.ndarray
    weight: np.ndarray
    components: np.ndarray

    def score(self, x: np.ndarray) -> np.ndarray:
        return ((x - self.mean) / self.scale) @ self.weight

    def embed(self, x: np.ndarray) -> np.ndarray:
        return ((x - self.mean) / self.scale) @ self.components.T

    def distance(self, x: np.ndarray) -> np.ndarray:
        """Mean square of the embedding: about 1 for clips like those of the fit."""
        return np.square(self.embed(x)).mean(-1)


@dataclass(frozen=True)
class Settings:
    features: str = "all"
    shrinkage: float = 0.3
    reals: float = 4.0           # weight of another real clip in the covariance; a panel of a pair has 1, 0 = left out
    stills: float = 0.0          # share of the differences between people on stills in the covariance
    chains: bool = True
    forged: float = 0.0          # weight of the pseudo-fakes' mean difference
    families: tuple[str, ...] = ()


def fit(data: Data, pairs: list[str], settings: Settings, keep: np.ndarray | None = None) -> Discriminant:
    """The discriminant of these pairs (and of the real clips of split train)."""
    keep = SETS[settings.features] if keep is None else keep
    clips, count, apart, made = [], [], [], []
    both = data.pairs()
    for pair in pairs:
        real, fake = both[pair]["real"], both[pair]["fake"]
        for part in ["plain", *(data.parts(real, "chain") if settings.chains else [])]:
            a, b = data.mean(real, part), data.mean(fake, part)
            clips += [a, b]
            count += [1.0, 1.0]
            apart.append(b - a)
    others = [n for n, r in data.rows.items() if r["split"] == "train"] if settings.reals else []
    for name in others:
        for part in ["plain", *(data.parts(name, "chain") if settings.chains else [])]:
            clips.append(data.mean(name, part))
            count.append(settings.reals)
    if settings.forged:
        for name in others + [both[p]["real"] for p in pairs]:
            for part in data.parts(name, "fake:"):
                if part.split(":")[1] in settings.families:
                    made.append(data.mean(name, part) - data.mean(name, "real:" + part[5:]))
    x, share = np.array(clips, np.float64), np.array(count) / np.sum(count)
    mean = share @ x
    scale = np.sqrt(share @ np.square(x - mean)) + 1e-3
    z = ((x - mean) / scale)[:, keep]
    cov = (z * share[:, None]).T @ z
    if settings.stills:
        cov = (1 - settings.stills) * cov + settings.stills * (data.people / np.outer(scale, scale))[np.ix_(keep, keep)]
    cov = shrunk(cov, settings.shrinkage)
    difference = np.mean(apart, 0)
    if made:
        extra = np.mean(made, 0)
        difference = difference + settings.forged * extra * np.linalg.norm(difference / scale) / np.linalg.norm(extra / scale)
    direction = np.linalg.solve(cov, (difference / scale)[keep])
    weight = np.zeros(len(NAMES))
    weight[keep] = direction / np.sqrt(share @ np.square(z @ direction))
    values, vectors = np.linalg.eigh(cov)
    top = np.argsort(values)[::-1][:EMBEDDING]
    components = np.zeros((len(top), len(NAMES)))
    components[:, keep] = vectors[:, top].T / np.sqrt(values[top])[:, None]
    return Discriminant(mean, scale, weight, components)


def held_out(data: Data, settings: Settings, pairs: list[str] | None = None, part: str = "plain",
             keep: np.ndarray | None = None, strict: bool = False) -> dict[str, float]:
    """Clip scores of pairs, each by a fit on the other folds of `pairs` (strict: and without its person model)."""
    pairs = list(data.pairs()) if pairs is None else pairs
    both, out = data.pairs(), {}
    for fold in sorted({data.fold(p) for p in pairs}):
        test = [p for p in pairs if data.fold(p) == fold]
        for group in ([[p] for p in test] if strict else [test]):
            barred = {model_of(p) for p in group} if strict else set()
            fitted = fit(data, [p for p in pairs if data.fold(p) != fold and model_of(p) not in barred], settings, keep)
            for pair in group:
                for name in both[pair].values():
                    out[name] = float(fitted.score(data.mean(name, part)))
    return out


def auc(scores: dict[str, float], rows: dict[str, dict]) -> float:
    return float(roc_auc_score([rows[n]["label"] == "fake" for n in scores], list(scores.values())))


def figures(scores: dict[str, float], rows: dict[str, dict], rounds: int = 2000) -> dict[str, float]:
    """AUC with its 95 % bootstrap interval by streamer, and pairs ranked right."""
    names = list(scores)
    fake = np.array([rows[n]["label"] == "fake" for n in names])
    value = np.array([scores[n] for n in names])
    people = np.array([rows[n]["identity"] for n in names])
    members = {p: np.flatnonzero(people == p) for p in np.unique(people)}
    rng, drawn = np.random.default_rng(1), []
    for _ in range(rounds):
        take = np.concatenate([members[p] for p in rng.choice(list(members), len(members))])
        drawn.append(roc_auc_score(fake[take], value[take]))
    by_pair: dict[str, dict[str, float]] = {}
    for n in names:
        by_pair.setdefault(rows[n]["pair"], {})[rows[n]["label"]] = scores[n]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return {"auc": auc(scores, rows), "auc_low": float(low), "auc_high": float(high), "streamers": len(members),
            "pairs": len(by_pair), "pairs_right": sum(p["fake"] > p["real"] for p in by_pair.values())}


def merit(data: Data, settings: Settings, pairs: list[str]) -> float:
    """What settings are chosen by: mean of the held-out AUC on these pairs and of the AUC of their swaps against the
    real clips of split `val` (other people, cameras and codecs)."""
    scores, against = {}, []
    val = [n for n, r in data.rows.items() if r["split"] == "val"]
    for fold in sorted({data.fold(p) for p in pairs}):
        fitted = fit(data, [p for p in pairs if data.fold(p) != fold], settings)
        here = [n for p in pairs if data.fold(p) == fold for n in data.pairs()[p].values()]
        scores |= {n: float(fitted.score(data.mean(n))) for n in here}
        swaps = [scores[n] for n in here if data.rows[n]["label"] == "fake"]
        reals = [float(fitted.score(data.mean(n))) for n in val]
        against += [float(roc_auc_score([1] * len(swaps) + [0] * len(reals), swaps + reals))] * len(swaps)
    return (auc(scores, data.rows) + float(np.mean(against))) / 2


def choose(data: Data, pairs: list[str]) -> Settings:
    """The settings that serve best on these pairs alone, held out."""
    grid = [Settings("all", *choice, **OTHER_TOOLS) for choice in product(SHRINKAGES, REAL_WEIGHTS)]
    return max(grid, key=lambda s: merit(data, s, pairs))


def nested(data: Data) -> tuple[dict[str, float], dict[str, Settings], dict[str, Discriminant]]:
    """Clip scores of all pairs, each fold scored by a discriminant that was chosen and fitted on the others."""
    scores, chosen, fits = {}, {}, {}
    every = list(data.pairs())
    for fold in FOLDS:
        train = [p for p in every if data.fold(p) != fold]
        chosen[fold] = choose(data, train)
        fits[fold] = fit(data, train, chosen[fold])
        for pair in every:
            if data.fold(pair) == fold:
                for name in data.pairs()[pair].values():
                    scores[name] = float(fits[fold].score(data.mean(name)))
    return scores, chosen, fits
