"""Leak checks of the forgery generator: what must tell nothing about the class, tells nothing.

A set of pictures is made, as many real as forged, each under a camera-and-codec chain of its own and saved
with a quality of its own, all drawn alike for both classes. Then three classifiers, cross-validated by
person, must find nothing (the 95 % interval of their AUC, by person, contains 0.5): one that reads the files'
metadata, one that sees the picture with everything blanked that the forgery could have touched, and one that
sees all of it under shuffled labels. A fourth sees the whole picture under the true labels: the control, which
shows that there was something to find. NumPy, OpenCV and scikit-learn only.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Iterable

import cv2
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from .batches_artifact import Chain
from .intervals import auc_interval, auc_of
from .native import ART_PX
from .synth.layers import Forgery

Family = Callable[[np.random.Generator, np.ndarray, np.ndarray], Forgery]
REACH = 25        # pixels by which blur, rescaling and 16-pixel chroma blocks carry a change beyond its mask
GRID = 6          # cells per side of the features


@dataclass
class Picture:
    """A real picture to forge: uint8 RGB [S, S, 3], S > ART_PX, landmarks in its pixels, whose it is."""

    rgb: np.ndarray
    points: np.ndarray
    person: str


@dataclass
class Example:
    """A member of the checked set. `blanked` is `rgb` with mid-grey wherever a forgery could have reached."""

    rgb: np.ndarray
    face: np.ndarray
    blanked: np.ndarray
    file: bytes
    fake: bool
    family: str
    person: str


def blank(rgb: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Mid-grey where the mask, widened by REACH, is above zero."""
    wide = cv2.dilate((mask > 0).astype(np.uint8), np.ones((2 * REACH + 1,) * 2, np.uint8))
    return np.where(wide[..., None] > 0, np.float32(127.5), rgb)


def shown(rng: np.random.Generator, rgb: np.ndarray, points: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, ...]:
    """A picture through a chain of its own: pixels, face box, blanked pixels, JPEG file."""
    chain = Chain.draw(rng, rgb.shape[0] - ART_PX)
    out, face = chain.apply(rng, rgb, points / rgb.shape[0], ART_PX)
    window = mask[chain.dy:chain.dy + ART_PX, chain.dx:chain.dx + ART_PX]
    quality = int(rng.integers(60, 98))
    file = cv2.imencode(".jpg", out[..., ::-1].astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
    saved = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR)[..., ::-1].astype(np.float32)
    return saved, face, blank(saved, window[:, ::-1] if chain.flip else window), file


def generate(pictures: Iterable[Picture], families: dict[str, Family], seed: int) -> list[Example]:
    """A real and a forged example of each picture. The real one is blanked where its forgery was: the same place."""
    rng, out = np.random.default_rng(seed), []
    for picture in pictures:
        family = str(rng.choice(list(families)))
        made = families[family](np.random.default_rng(rng.integers(2 ** 63)), picture.rgb, picture.points)
        for fake, rgb in ((False, picture.rgb), (True, made.rgb)):
            seen = shown(rng, rgb, picture.points, made.mask)
            out.append(Example(*seen, fake, family, picture.person))
    return out


def tables(file: bytes) -> tuple[list[int], int, int]:
    """Sums of a JPEG's quantisation tables, its height and its width."""
    sums, at, height, width = [], 2, 0, 0
    while at + 4 < len(file) and file[at] == 0xFF and file[at + 1] != 0xDA:
        kind, length = file[at + 1], int.from_bytes(file[at + 2:at + 4], "big")
        body = file[at + 4:at + 2 + length]
        if kind == 0xDB:
            sums += [sum(body[i + 1:i + 65]) for i in range(0, len(body) - 64, 65)]
        elif kind in (0xC0, 0xC2):
            height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
        at += 2 + length
    return (sums + [0, 0])[:2], height, width


def metadata(example: Example) -> np.ndarray:
    """What a file says of itself: size in pixels, quantisation. (Not its bytes: they count the picture's detail.)"""
    sums, height, width = tables(example.file)
    return np.array([height, width, *sums, *np.log1p(sums)], float)


def grid(rgb: np.ndarray) -> np.ndarray:
    """Cells' mean colour and spread, and size and peakedness of two residuals of brightness, in GRID x GRID cells."""
    grey = rgb @ np.array([0.299, 0.587, 0.114], np.float32)
    residuals = [cv2.Laplacian(grey, cv2.CV_32F), grey - cv2.GaussianBlur(grey, (0, 0), 2.0)]
    planes = [*np.moveaxis(rgb, -1, 0), np.square(grey - cv2.blur(grey, (9, 9)))]
    planes += [np.abs(r) for r in residuals] + [np.sqrt(np.abs(r)) for r in residuals]
    cells = [cv2.resize(np.ascontiguousarray(p, np.float32), (GRID, GRID), interpolation=cv2.INTER_AREA) for p in planes]
    return np.log1p(np.maximum(np.stack(cells), 0)).ravel()


def out_of_fold(features: np.ndarray, fake: np.ndarray, person: np.ndarray, folds: int = 5) -> np.ndarray:
    """Scores of a regularised logistic regression that saw none of the person."""
    score = np.zeros(len(fake))
    for train, test in GroupKFold(folds, shuffle=True, random_state=1).split(features, fake, person):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.02, max_iter=500)).fit(features[train], fake[train])
        score[test] = model.decision_function(features[test])
    return score


@dataclass
class Check:
    """An AUC with its interval by person. `holds`: the interval contains 0.5."""

    name: str
    auc: float
    low: float
    high: float
    real: int
    fake: int

    @property
    def holds(self) -> bool:
        return self.low <= 0.5 <= self.high


def check(name: str, features: np.ndarray, fake: np.ndarray, person: np.ndarray) -> Check:
    """How well features tell the class of an unseen person."""
    keep = features.std(0) > 1e-9
    if not keep.any():   # nothing differs at all: every score is equal
        return Check(name, 0.5, 0.5, 0.5, int((~fake).sum()), int(fake.sum()))
    found = auc_interval(fake, out_of_fold(features[:, keep], fake, person), person)
    return Check(name, *found, int((~fake).sum()), int(fake.sum()))


def check_shuffled(name: str, features: np.ndarray, fake: np.ndarray, person: np.ndarray, rounds: int = 20, seed: int = 1) -> Check:
    """The mean AUC, and the range of 95 %, over `rounds` permutations of the labels within each person. One permutation
    alone may by chance agree with the true labels."""
    rng, drawn = np.random.default_rng(seed), []
    members = [np.flatnonzero(person == p) for p in np.unique(person)]
    for _ in range(rounds):
        labels = fake.copy()
        for rows in members:
            labels[rows] = rng.permutation(fake[rows])
        drawn.append(auc_of(labels, out_of_fold(features, labels, person)))
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Check(name, float(np.mean(drawn)), float(low), float(high), int((~fake).sum()), int(fake.sum()))


def generator_checks(examples: list[Example], embed: Callable[[Example, np.ndarray], np.ndarray] | None = None) -> tuple[list[Check], Check]:
    """The checks that must hold, and the control. `embed` adds a net's numbers of (example, pixels) to the grid's."""
    fake, person = np.array([e.fake for e in examples]), np.array([e.person for e in examples])

    def features(pixels: Callable[[Example], np.ndarray]) -> np.ndarray:
        rows = [grid(pixels(e)) for e in examples]
        return np.array([np.r_[r, embed(e, pixels(e))] for e, r in zip(examples, rows)] if embed else rows)

    whole, background = features(lambda e: e.rgb), features(lambda e: e.blanked)
    must = [check("metadata only", np.array([metadata(e) for e in examples]), fake, person),
            check("forged region blanked", background, fake, person),
            check_shuffled("whole picture, labels shuffled (20 times)", whole, fake, person)]
    return must, check("whole picture (control)", whole, fake, person)
