"""Fits the occlusion net on pairs of composed scenes.

    python -m liveproof_train.fit_occ --budget-min 20 --seed 1 --device cpu
"""
from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .fitting import Fit, options
from .intervals import auc_of
from .net_occ import OccNet
from .occ_scenes import Masks, OccScenes
from .paths import cache_dir


def main() -> None:
    args = options(__doc__, steps=40_000, batch=16, rate=1.5e-3)
    net = OccNet()
    seg = cache_dir("fits") / "seg.pt"
    net.start_from(torch.load(seg, map_location="cpu")["average"])
    fit = Fit("occ", net, args)
    source, masks = OccScenes("train", args.seed), Masks()
    rng = np.random.default_rng((args.seed, fit.step))
    judge = OccScenes("val", 99, cutouts=[])
    fixed = np.random.default_rng(5)
    pairs = [judge.draw(fixed) for _ in range(160)]
    check = masks([p.genuine for p in pairs] + [p.painted for p in pairs])

    def loss_of(net: nn.Module) -> tuple[torch.Tensor, dict[str, float]]:
        """Cross-entropy of each member, of the pair's order, and of where the hand is painted over."""
        drawn = [source.draw(rng) for _ in range(args.batch)]
        image, mask = (torch.from_numpy(a) for a in masks([p.genuine for p in drawn] + [p.painted for p in drawn]))
        with torch.autocast(args.device, dtype=torch.bfloat16):
            out, where = net.both(image.contiguous(memory_format=torch.channels_last), mask)
        out, where = out.float()[:, 0], where.float()[:, 0]
        target = torch.from_numpy(np.stack([p.where for p in drawn]))[:, None]
        target = torch.cat((torch.zeros_like(target), target))
        target = F.avg_pool2d(target, 8)[:, 0]
        place = F.binary_cross_entropy_with_logits(where, target, weight=1 + 3 * target)
        genuine, painted = out[:args.batch], out[args.batch:]
        single = (F.softplus(genuine) + F.softplus(-painted)).mean() / 2
        order = F.softplus(genuine - painted).mean()
        return single + 0.5 * order + 2 * place, {"single": single.item(), "order": order.item(), "place": place.item()}

    @torch.no_grad()
    def validate(net: nn.Module) -> str:
        out = torch.cat([net(torch.from_numpy(check[0][i:i + 64]), torch.from_numpy(check[1][i:i + 64]))[:, 0]
                         for i in range(0, len(check[0]), 64)]).numpy()
        fake = np.arange(len(out)) >= len(pairs)
        return f"composites of val people: AUC {auc_of(fake, out):.3f}"

    fit.run(loss_of, validate, every=100)


if __name__ == "__main__":
    main()
