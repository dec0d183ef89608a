"""Fits the artifact net on the live-swap pairs, one fold of streamers held out (or none).

    python -m liveproof_train.fit_artifact --fold 0 --steps 1200       # also 1..4, and all
"""
from __future__ import annotations

import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .batches_artifact import Chain, Clip, centred, greyed, load_clips, matched
from .fitting import Fit, options
from .net_artifact import ArtifactNet
from .paths import cache_dir

WINDOW = 160      # side of the training window in pixels: cheaper than the served crop, and moved about
PAIRS = 8         # pairs in a batch
MARGIN = 1.0      # by which a forged frame's logit should pass its own camera's
SCENE = 0.1       # weight of the spread of scenes' mean logits


class Sampler:
    """Draws batches of matched pairs and of other real clips."""

    def __init__(self, pairs: list, reals: list[Clip], seed: int):
        self.rng = np.random.default_rng(seed)
        self.pairs, self.reals = pairs, reals

    def draw(self) -> tuple[torch.Tensor, torch.Tensor]:
        """image [2 PAIRS + PAIRS / 2, 3, WINDOW, WINDOW]: PAIRS reals, their fakes, then unpaired reals; and face."""
        rng, real, fake, other = self.rng, [], [], []
        for p in rng.choice(len(self.pairs), PAIRS, replace=len(self.pairs) < PAIRS):
            a, b, same = self.pairs[p]
            i, j = same[rng.integers(len(same))]
            chain = Chain.draw(rng, a.picture(i).shape[0] - WINDOW)
            for clip, at, out in ((a, i, real), (b, j, fake)):
                out.append(chain.apply(rng, clip.picture(at, bool(rng.random() < 0.5)), clip.points[at], WINDOW))
        for p in rng.choice(len(self.reals), PAIRS // 2):
            clip = self.reals[p]
            i = int(rng.integers(len(clip.points)))
            chain = Chain.draw(rng, clip.picture(i).shape[0] - WINDOW)
            other.append(chain.apply(rng, clip.picture(i), clip.points[i], WINDOW))
        every = [*real, *fake, *other]
        image = torch.from_numpy(np.stack([e[0] for e in every])).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
        return (image / 255 - 0.5) / 0.5, torch.from_numpy(np.stack([e[1] for e in every]))


def losses(logit: torch.Tensor) -> tuple[torch.Tensor, dict[str, float]]:
    """Cross entropy, margin on pairs, and spread of the scenes' means."""
    real, fake, other = logit[:PAIRS], logit[PAIRS:2 * PAIRS], logit[2 * PAIRS:]
    bce = (F.softplus(real).mean() + F.softplus(-fake).mean()) / 2 + 0.25 * F.softplus(other).mean()
    margin = F.softplus(MARGIN - (fake - real)).mean()
    scene = ((real + fake) / 2).var()
    return bce + margin + SCENE * scene, {"bce": float(bce), "margin": float(margin), "scene": float(scene)}


def clip_scores(net: nn.Module, clip: Clip, grey: bool = False, most: int = 60) -> np.ndarray:
    """Frame logits of a clip as the service would see it."""
    take = np.unique(np.linspace(0, len(clip.points) - 1, most).round().astype(int))
    out = []
    for part in np.array_split(take, max(1, len(take) // 16)):
        seen = [centred(clip, int(i)) for i in part]
        pictures = np.stack([greyed(*s) if grey else s[0] for s in seen])
        image = torch.from_numpy((pictures / 255 - 0.5) / 0.5).float().permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            out.append(net(image, torch.from_numpy(np.stack([s[1] for s in seen])))[0][:, 0].float().numpy())
    return np.concatenate(out)


def main() -> None:
    fold = sys.argv[sys.argv.index("--fold") + 1]
    streams = sys.argv[sys.argv.index("--streams") + 1] if "--streams" in sys.argv else "both"
    for flag in ("--fold", "--streams"):
        if flag in sys.argv:
            at = sys.argv.index(flag)
            del sys.argv[at:at + 2]
    args = options(__doc__, steps=1200, batch=2 * PAIRS + PAIRS // 2, rate=1.5e-3)
    args.name = f"{args.name}-{streams}-f{fold}"
    clips = load_clips()
    train = [c for c in clips if c.about["split"] == "pairs" and c.about["fold"] != fold]
    held = [c for c in clips if c.about["split"] == "pairs" and c.about["fold"] == fold]
    reals = [c for c in clips if c.about["split"] == "train" and c.about["kind"] != "clip_hand"]
    fit = Fit("artifact", ArtifactNet(streams), args)
    sampler = Sampler(matched(train), reals, args.seed + fit.step)

    def loss_of(net: nn.Module):
        image, face = sampler.draw()
        with torch.autocast("cpu", torch.bfloat16):
            logit = net(image, face)[0]
        return losses(logit[:, 0].float())

    def validate(net: nn.Module) -> str:
        return ""

    fit.run(loss_of, validate, every=100)
    scores = {c.about["name"]: clip_scores(fit.average, c) for c in held}
    grey = {f"grey:{c.about['name']}": clip_scores(fit.average, c, grey=True) for c in held}
    np.savez(cache_dir("evaluation", "artifact") / f"frames{args.name}.npz", **scores, **grey)
    fakes = [s.mean() for n, s in scores.items() if n.endswith("fake")]
    reals_ = [s.mean() for n, s in scores.items() if n.endswith("real")]
    print(f"fold {fold}: real {np.mean(reals_):.2f} fake {np.mean(fakes):.2f}" if held else "all", flush=True)


if __name__ == "__main__":
    main()
