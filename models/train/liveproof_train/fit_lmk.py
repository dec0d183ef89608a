"""Fits the landmark net on packed crops.

    python -m liveproof_train.fit_lmk --budget-min 60 --seed 1 --device cpu
"""
from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from .batches_lmk import Batch, Pack, Sampler
from .fitting import Fit, options
from .mesh import OUTER_EYE_LEFT, OUTER_EYE_RIGHT, REGIONS, SLICES
from .nets import LmkNet

WING_W, WING_E = 0.05, 0.005  # in crop sides: about a third and a thirtieth of the eye distance


def point_weights() -> torch.Tensor:
    """Lip points count twice: the lip-sync signal lives on them."""
    weight = torch.ones(96)
    weight[REGIONS["mouth"]] = 2.0
    return weight / weight.mean()


def wing(gap: torch.Tensor) -> torch.Tensor:
    """Wing loss (Feng et al., CVPR 2018): logarithmic near zero, linear beyond WING_W."""
    size = gap.abs()
    inner = WING_W * torch.log1p(size / WING_E)
    shift = WING_W - WING_W * torch.log(torch.tensor(1 + WING_W / WING_E))
    return torch.where(size < WING_W, inner, size + shift)


def losses(out: tuple[torch.Tensor, ...], batch: Batch, weight: torch.Tensor) -> tuple[torch.Tensor, dict[str, float]]:
    """Points, lip apertures, temporal differences of pairs, visibility, pose, face."""
    points = out[0].reshape(-1, 96, 2)
    gap = points - batch.points
    face = batch.face > 0
    place = (wing(gap[face]) * weight[:, None]).mean()
    upper = torch.arange(SLICES["lips_inner"].start + 2, SLICES["lips_inner"].start + 9)
    lower = SLICES["lips_inner"].start + 20 - (upper - SLICES["lips_inner"].start)
    aperture = wing((gap[:, upper] - gap[:, lower])[face]).mean()
    k = batch.pairs
    motion = (wing(gap[k:2 * k] - gap[:k]) * weight[:, None]).mean()
    visible = F.binary_cross_entropy_with_logits(out[1][face], batch.visible[face])
    pose = F.smooth_l1_loss(out[2][face] / 10, batch.pose[face] / 10)
    is_face = F.binary_cross_entropy_with_logits(out[3][:, 0], batch.face)
    total = 10 * place + 5 * aperture + 5 * motion + 0.2 * visible + 0.1 * pose + 0.3 * is_face
    parts = {"place": place, "aperture": aperture, "motion": motion, "visible": visible, "pose": pose, "face": is_face}
    return total, {name: value.item() for name, value in parts.items()}


def validator(device: str):
    """Mean error in % of inter-ocular distance on fixed crops of val, by source."""
    pack = Pack("val")
    rows = torch.arange(0, len(pack.points), 2)
    edge = int(pack.images.shape[1] * (1 - 1.4 / 2.2) / 2)

    @torch.no_grad()
    def run(net: nn.Module) -> str:
        error: dict[str, list[float]] = {}
        for part in rows.split(64):
            raw = torch.stack([torch.from_numpy(pack.images[int(r)].copy()) for r in part]).permute(0, 3, 1, 2).float() / 255
            raw = F.interpolate(raw[:, :, edge:-edge, edge:-edge], size=(112, 112), mode="bilinear", antialias=True)
            side = 1 - 2 * edge / pack.images.shape[1]
            truth = (pack.points[part] - 0.5) / side + 0.5
            points = net(((raw - 0.5) / 0.5).to(device))[0].reshape(-1, 96, 2).cpu()
            eyes = (truth[:, OUTER_EYE_LEFT] - truth[:, OUTER_EYE_RIGHT]).norm(dim=-1)
            nme = 100 * (points - truth).norm(dim=-1).mean(1) / eyes
            for r, value in zip(part.tolist(), nme.tolist()):
                kind = "stills" if pack.source[r] in ("lfw", "utkface", "ciplab", "hand_mask") else "clips"
                error.setdefault(kind, []).append(value)
        return " ".join(f"{k} {sum(v) / len(v):.2f} %" for k, v in error.items())

    return run


def main() -> None:
    args = options(__doc__, steps=60_000, batch=64, rate=2e-3)
    fit = Fit("lmk", LmkNet(), args)
    sampler = Sampler(Pack("train"), args.batch, args.seed + fit.step)
    weight = point_weights().to(args.device)

    def loss_of(net: nn.Module):
        batch = sampler.draw()
        for name in ("image", "points", "visible", "pose", "face"):
            setattr(batch, name, getattr(batch, name).to(args.device))
        kind = "cpu" if args.device == "cpu" else "cuda"
        with torch.autocast(kind, torch.bfloat16):
            out = net(batch.image.contiguous(memory_format=torch.channels_last))
        return losses(tuple(o.float() for o in out), batch, weight)

    fit.run(loss_of, validator(args.device), every=100)


if __name__ == "__main__":
    main()
