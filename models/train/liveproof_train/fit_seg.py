"""Fits the segmentation net on composed hand scenes.

    python -m liveproof_train.fit_seg --budget-min 40 --seed 1 --device cpu
"""
from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .evaluate_seg import Judge, mean_iou
from .fitting import Fit, options
from .hand_scenes import NOT_HAND, UNKNOWN, HandScenes
from .net_seg import SegNet
from .preprocess import MEAN, STD

CLASS_WEIGHT = (1.0, 1.0, 1.6)  # hands are the fewest pixels and the ones that matter


def tensor(pictures: list[np.ndarray]) -> torch.Tensor:
    """uint8 pictures [128, 128, 3] as the net's input."""
    x = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255
    return ((x - MEAN) / STD).contiguous(memory_format=torch.channels_last)


def losses(logits: torch.Tensor, label: torch.Tensor) -> tuple[torch.Tensor, dict[str, float]]:
    """Weighted cross-entropy plus soft Dice of the hand; UNKNOWN is not judged, and where NOT_HAND stands only the hand's
    probability is."""
    weight = torch.tensor(CLASS_WEIGHT)
    entropy = F.cross_entropy(logits, label.masked_fill(label >= NOT_HAND, -1), weight=weight, ignore_index=-1)
    other = torch.logsumexp(logits[:, :2], 1) - torch.logsumexp(logits, 1)
    barred = label == NOT_HAND
    entropy = entropy - (other * barred).sum() / label.numel()
    known = (label != UNKNOWN).float()
    probability = torch.softmax(logits, 1)[:, 2] * known
    hand = (label == 2).float()
    overlap = 2 * (probability * hand).sum((1, 2)) + 20
    dice = (1 - overlap / (probability.sum((1, 2)) + hand.sum((1, 2)) + 20)).mean()
    return entropy + 0.5 * dice, {"entropy": entropy.item(), "dice": dice.item()}


def main() -> None:
    args = options(__doc__, steps=60_000, batch=32, rate=3e-3)
    fit = Fit("seg", SegNet(), args)
    source = HandScenes("train", args.seed)
    rng = np.random.default_rng((args.seed, fit.step))
    judge, rounds = Judge(), [0]

    def loss_of(net: nn.Module) -> tuple[torch.Tensor, dict[str, float]]:
        drawn = [source.draw(rng) for _ in range(args.batch)]
        label = torch.from_numpy(np.stack([d[1] for d in drawn])).long()
        with torch.autocast(args.device, dtype=torch.bfloat16):  # half the time of a step on CPUs that have it
            logits = net(tensor([d[0] for d in drawn]))
        return losses(logits.float(), label)

    @torch.no_grad()
    def validate(net: nn.Module) -> str:
        """Hand IoU on the outlined pictures of val only: those of train are for the report."""
        rounds[0] += 1
        scored = judge.run(lambda x: torch.softmax(net(torch.from_numpy(x)), 1).numpy(), {"val"})
        return f"val hand IoU {mean_iou(scored):.3f} ({len(scored)} pictures)"

    fit.run(loss_of, validate, every=100)


if __name__ == "__main__":
    main()
