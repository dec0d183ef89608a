"""The face of a reference that is another photograph: what the net says of two stills of one person, and of two people's.

    python -m liveproof_train.identity_photos

Stills of `val` whose names are known (LFW, news photographs), the largest face of each. One still is the reference, another
is looked at, as `review --reference` does with a picture: no mean over a segment, another camera, often another year.
"""
from __future__ import annotations

import json

import numpy as np

from .identity_course import cosine
from .identity_figures import from_onnx
from .intervals import auc_interval, percent
from .manifest import read_entry
from .pack_identity import PACK_PX, Packer
from .paths import cache_dir

OTHERS = 10  # couples of two people for each couple of one


def couples(person: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Every couple of stills of one person, and some of two people for each of them."""
    first, second = np.triu_indices(len(person), 1)
    same = person[first] == person[second]
    one = np.stack([first[same], second[same]], 1)
    two = []
    for a, _ in one:
        others = np.flatnonzero(person != person[a])
        two += [(a, b) for b in rng.choice(others, OTHERS, replace=False)]
    return one, np.array(two)


def main() -> None:
    packer = Packer()
    packer.add_stills("val")
    person = np.array(packer.rows["person"])
    names, counts = np.unique(person, return_counts=True)
    known = np.flatnonzero(np.isin(person, names[counts > 1]))
    net, threshold = from_onnx("identity-1.onnx"), read_entry("identity-1")["calibration"]["threshold"]
    vectors = [net(packer.images[i], packer.rows["points"][i] * PACK_PX)[None] for i in known]
    person = person[known]
    one, two = couples(person, np.random.default_rng(1))
    apart = np.array([cosine(vectors[a], vectors[b]) for a, b in (*one, *two)])
    other = np.r_[np.zeros(len(one), bool), np.ones(len(two), bool)]
    whose = person[np.r_[one, two][:, 0]]
    people = len(np.unique(person))
    beyond = apart >= threshold
    found = {"people": people, "stills": len(known), "same": len(one), "other": len(two), "auc": auc_interval(other, apart, whose),
             "same_beyond": percent(int(beyond[~other].sum()), len(one), people),
             "other_beyond": percent(int(beyond[other].sum()), len(two), people), "threshold": threshold}
    (cache_dir("evaluation", "identity") / "photos.json").write_text(json.dumps(found))
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
