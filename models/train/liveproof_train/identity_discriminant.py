"""Fits the identity net's last layer in closed form: a linear discriminant of people over the landmark net's trunk.

What varies between pictures of one person (other stills, other frames of a clip; light, camera, codec, mirror, glasses; the same
inner face in another's picture) is made small, what varies between people large. The trunk's answers are first reduced to their
main components; directions are the first ones of (W + shrink)^-1 B there, with W and B the scatters within and between
people. Nothing is drawn by gradient: half a minute on one core.

    python -m liveproof_train.identity_discriminant [--name SUFFIX]
"""
from __future__ import annotations

import argparse
from typing import Callable

import numpy as np
import torch
from scipy.linalg import eigh
from torch import nn

from .identity_views import Rows, camera, glasses, plain, put_in, views
from .intervals import auc_of
from .net_identity import DIMENSIONS, IdentityNet, from_landmarks
from .pack_identity import PACK_PX
from .paths import cache_dir

BATCH = 64
SINGLES = 4              # of people with one still every fourth is taken
FRAMES = 12              # of each person's clips, spread over them
VARIED = 5               # one still of so many is also seen through light, camera and codec, in another's picture, with glasses drawn on
VARIED_WEIGHT = 2.0      # of that against other pictures of one person
COMPONENTS = 400
SHRINK = (0.03, 0.1, 0.3, 1.0)  # of the mean within-person variance; chosen on val


@torch.no_grad()
def read(net: IdentityNet, x: torch.Tensor) -> np.ndarray:
    """[n, FEATURES] of the trunk."""
    with torch.autocast("cpu", torch.bfloat16):
        return net.features(x.contiguous(memory_format=torch.channels_last)).float().numpy()


def chosen(rows: Rows) -> np.ndarray:
    """Rows of `train` that are read: all stills of people with several, a part of the others, some frames of each clip person."""
    about = rows.about
    train = np.flatnonzero((about["split"] == "train") & (about["label"] == "real"))
    names, inverse, counts = np.unique(about["person"][train], return_inverse=True, return_counts=True)
    keep = [train[(counts[inverse] == 1) & (inverse % SINGLES == 0)]]
    for k in np.flatnonzero(counts > 1):
        mine = train[inverse == k]
        film = about["clip"][mine[0]] != ""
        keep.append(mine[np.linspace(0, len(mine) - 1, FRAMES).astype(int)] if film and len(mine) > FRAMES else mine)
    return np.concatenate(keep)


def gather(net: IdentityNet, rows: Rows, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Answers [n, FEATURES], whose they are, and pairs of rows that show the same face otherwise."""
    rng, gen, about = np.random.default_rng(seed), torch.Generator().manual_seed(seed), rows.about
    take = chosen(rows)
    answers = [read(net, plain(rows.images[part])) for part in np.array_split(take, len(take) // BATCH)]
    who = about["person"][take].tolist()
    varied = rng.permutation(np.flatnonzero(about["clip"][take] == ""))[:len(take) // VARIED]
    pairs, total = [], len(take)
    for part in np.array_split(varied, max(1, len(varied) // BATCH)):
        mine, hosts = take[part], np.roll(take[part], 1)
        raw = torch.from_numpy(np.stack([rows.images[r] for r in mine])).permute(0, 3, 1, 2).float() / 255
        made = np.stack([put_in(rows.images[d], about["points"][d] * PACK_PX, rows.images[h], about["points"][h] * PACK_PX, rng)
                         for d, h in zip(mine, hosts)])
        worn = np.stack([glasses(rows.images[r], about["points"][r] * PACK_PX, rng) for r in mine])
        for x in (camera(views(raw, gen), gen), plain(made), plain(worn)):
            answers.append(read(net, x))
            pairs += [(i, total + k) for k, i in enumerate(part)]
            total += len(part)
    return np.concatenate(answers), np.array(who), np.array(pairs)


def scatters(rows: np.ndarray, who: np.ndarray, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Within and between people, in the space of `rows`; the first len(who) of them are pictures as they are."""
    own = rows[:len(who)]
    names, inverse, counts = np.unique(who, return_inverse=True, return_counts=True)
    means = np.stack([np.bincount(inverse, own[:, d], len(names)) for d in range(own.shape[1])], 1) / counts[:, None]
    several = counts[inverse] > 1
    off = (own - means[inverse])[several] * np.sqrt(counts[inverse] / np.maximum(counts[inverse] - 1, 1))[several, None]
    # a difference of two pictures holds the variation of both
    apart = (rows[pairs[:, 1]] - rows[pairs[:, 0]]) / np.sqrt(2)
    within = off.T @ off / len(off) + VARIED_WEIGHT * apart.T @ apart / len(apart)
    return within, np.cov(means.T)


def validator(rows: Rows) -> Callable[[nn.Module], str]:
    """AUC of same against other on `val`: LFW people with several stills, and clips half against half."""
    about = rows.about
    stills = rows.where(split="val", clip="")
    _, inverse, counts = np.unique(about["person"][stills], return_inverse=True, return_counts=True)
    stills = stills[counts[inverse] > 1]
    films = rows.where(split="val", label="real")
    films = films[about["clip"][films] != ""][::6]

    @torch.no_grad()
    def run(net: nn.Module) -> str:
        shown = []
        for name, mine in (("stills", stills), ("clips", films)):
            out = torch.cat([net(plain(rows.images[part])) for part in np.array_split(mine, max(1, len(mine) // 64))]).float().numpy()
            like = out @ out.T
            first, second = np.triu_indices(len(mine), 1)
            who = about["person"][mine]
            shown.append(f"{name} {auc_of(who[first] == who[second], like[first, second]):.4f}")
        return " ".join(shown)

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--name", default="")
    args = parser.parse_args()
    torch.set_num_threads(1)
    packed, net = Rows.load(), from_landmarks()
    file = cache_dir("packs", "identity") / "answers.npz"
    if not file.exists():
        answers, who, pairs = gather(net, packed)
        np.savez(file, answers=answers.astype(np.float16), who=who, pairs=pairs)
    with np.load(file) as got:
        answers, who, pairs = got["answers"].astype(np.float32), got["who"], got["pairs"]
    print(f"{len(answers)} pictures of {len(set(who))} people, {len(pairs)} pairs", flush=True)
    centre = answers[:len(who)].mean(0)
    answers -= centre
    values, vectors = np.linalg.eigh((answers @ answers.T).astype(np.float64))
    top = np.argsort(-values)[:COMPONENTS]
    basis = (answers.T @ (vectors[:, top] / np.sqrt(values[top]))).astype(np.float32)
    print(f"{COMPONENTS} components hold {values[top].sum() / values.sum():.3f} of the variance", flush=True)
    within, between = scatters((answers @ basis).astype(np.float64), who, pairs)
    check, best = validator(packed), None
    for shrink in SHRINK:
        ground = within + np.eye(COMPONENTS) * shrink * np.trace(within) / COMPONENTS
        _, found = eigh(between, ground, subset_by_index=[COMPONENTS - DIMENSIONS, COMPONENTS - 1])
        matrix = (found.T @ basis.T).astype(np.float32)
        with torch.no_grad():
            net.last.weight.copy_(torch.from_numpy(matrix))
            net.last.bias.copy_(torch.from_numpy(-matrix @ centre))
        said = check(net)
        print(f"shrink {shrink}: {said}", flush=True)
        score = sum(float(v) for v in said.split()[1::2])
        if best is None or score > best[0]:
            best = (score, {k: v.clone() for k, v in net.state_dict().items()})
    torch.save({"net": best[1], "average": best[1], "step": 0, "spent_s": 0.0}, cache_dir("fits") / f"identity{args.name}.pt")


if __name__ == "__main__":
    main()
