"""Fits the face detector on composed scenes.

    python -m liveproof_train.fit_det --budget-min 60 --seed 1 --device cpu
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .camera import Camera
from .fitting import Fit, options
from .mine_negatives import mined_places
from .nets import STRIDES, DetNet, det_cells
from .preprocess import DET_H, DET_W
from .scenes import Composer, Pictures, Scene

# longest side (px) of the faces that each stride answers for; the ranges overlap
RANGES = ((0, 56), (32, 128), (80, 1e9))
REACH = 1.5  # cells around the middle of a face, in strides, that answer for it


@dataclass
class Targets:
    """Flat positives of a batch: which cell of which picture answers for which face."""

    picture: torch.Tensor
    cell: torch.Tensor
    box: torch.Tensor
    five: torch.Tensor
    ignore: torch.Tensor  # [N, cells] cells that are neither face nor background


def assign(scenes: list[Scene], cells: torch.Tensor) -> Targets:
    """Centre sampling: a face is answered for by the cells around its middle, at the strides of its size."""
    picture, cell, boxes, fives = [], [], [], []
    ignore = torch.zeros(len(scenes), len(cells), dtype=torch.bool)
    level = torch.tensor([STRIDES.index(int(s)) for s in cells[:, 2].tolist()])
    low = torch.tensor([r[0] for r in RANGES])[level]
    high = torch.tensor([r[1] for r in RANGES])[level]
    for n, scene in enumerate(scenes):
        owner = torch.full((len(cells),), -1)
        best = torch.full((len(cells),), 1e9)
        for k, (box, good) in enumerate(zip(scene.box, scene.good)):
            b = torch.from_numpy(box)
            middle, size = (b[:2] + b[2:]) / 2, b[2:] - b[:2]
            away = (cells[:, :2] - middle).abs()
            inside = (away < size / 2).all(1)
            if not good:
                ignore[n] |= inside
                continue
            longest = float(size.max())
            fits = (longest >= low) & (longest <= high)
            near = (away < REACH * cells[:, 2:]).all(1) & inside & fits
            distance = away.square().sum(1)
            if not near.any():
                near[torch.where(fits, distance, torch.full_like(distance, 1e9)).argmin()] = True
            take = near & (distance < best)
            owner[take], best[take] = k, distance[take]
            # the rim of a face says little either way: leave it out of the background
            ignore[n] |= (away < size / 4).all(1) & fits
        mine = torch.nonzero(owner >= 0).flatten()
        ignore[n, mine] = False
        picture.append(torch.full((len(mine),), n))
        cell.append(mine)
        boxes += [torch.from_numpy(scene.box[k]) for k in owner[mine].tolist()]
        fives += [torch.from_numpy(scene.five[k]).flatten() for k in owner[mine].tolist()]
    return Targets(torch.cat(picture), torch.cat(cell), torch.stack(boxes), torch.stack(fives), ignore)


def overlap(a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """IoU and distance-IoU (Zheng et al., AAAI 2020) of boxes row by row."""
    both = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp_min(0).prod(1)
    iou = both / ((a[:, 2:] - a[:, :2]).prod(1) + (b[:, 2:] - b[:, :2]).prod(1) - both + 1e-6)
    hull = torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])
    gap = (a[:, :2] + a[:, 2:] - b[:, :2] - b[:, 2:]) / 2
    return iou, iou - gap.square().sum(1) / (hull.square().sum(1) + 1e-6)


def losses(out: tuple[torch.Tensor, ...], want: Targets) -> tuple[torch.Tensor, dict[str, float]]:
    """Score (quality focal: the target is the IoU reached), box, points."""
    logit, boxes, points = out
    mine = boxes[want.picture, want.cell]
    iou, diou = overlap(mine, want.box)
    target = torch.zeros_like(logit)
    target[want.picture, want.cell] = iou.detach().clamp(0.05, 1)
    p = torch.sigmoid(logit)
    focal = (p - target).abs().square() * F.binary_cross_entropy_with_logits(logit, target, reduction="none")
    count = max(1, len(mine))
    score = (focal * ~want.ignore).sum() / count
    size = (want.box[:, 2:] - want.box[:, :2]).amax(1, keepdim=True)
    place = F.smooth_l1_loss((points[want.picture, want.cell] - want.five) / size, torch.zeros_like(want.five), beta=0.05)
    edge = F.smooth_l1_loss((mine - want.box) / size, torch.zeros_like(mine), beta=0.05)
    box = (1 - diou).mean()
    total = 2 * score + 2 * box + 4 * place + 4 * edge
    return total, {"score": score.item(), "box": box.item(), "points": place.item(), "iou": iou.mean().item()}


def tensor_of(scenes: list[Scene], camera: Camera | None) -> torch.Tensor:
    """Normalised input; with a camera, augmented. The letterbox padding stays 0 (-1 normalised)."""
    for scene in scenes:
        w, h = scene.content
        if camera is not None:
            scene.rgb[:h, :w] = camera.shoot(np.ascontiguousarray(scene.rgb[:h, :w]))
    x = torch.from_numpy(np.stack([s.rgb for s in scenes])).permute(0, 3, 1, 2)
    return (x.float() / 255 - 0.5) / 0.5


def validator(device: str):
    """Recall and IoU of the best cell per face, and false faces, on fixed val scenes."""
    composer = Composer(Pictures("val"), 99)
    scenes = [composer.scene(DET_W, DET_H) for _ in range(256)]

    @torch.no_grad()
    def run(net: nn.Module) -> str:
        found, false, total, ious = 0, 0, 0, []
        for start in range(0, len(scenes), 32):
            part = scenes[start:start + 32]
            logit, boxes, _ = net(tensor_of(part, None).to(device))
            for scene, score, box in zip(part, torch.sigmoid(logit).cpu(), boxes.cpu()):
                hit = box[score > 0.5]
                taken = torch.zeros(len(hit), dtype=torch.bool)
                for truth, good in zip(scene.box, scene.good):
                    iou = overlap(hit, torch.from_numpy(truth).expand(len(hit), 4))[0] if len(hit) else torch.zeros(1)
                    taken |= (iou > 0.3) if len(hit) else taken
                    if good:
                        total += 1
                        found += int(iou.max() > 0.5)
                        ious.append(float(iou.max()))
                false += int((~taken).any())
        return f"recall {found / total:.3f} iou {sum(ious) / len(ious):.3f} scenes with a false hit {false}/{len(scenes)}"

    return run


def main() -> None:
    args = options(__doc__, steps=60_000, batch=32, rate=2e-3)
    fit = Fit("det", DetNet(), args)
    composer = Composer(Pictures("train"), args.seed + fit.step, mined_places())
    rng = np.random.default_rng(args.seed + fit.step)
    camera = Camera(rng)
    kind = "cpu" if args.device == "cpu" else "cuda"

    def loss_of(net: nn.Module):
        # square canvases cost 60 % of full ones and hold the same faces
        width = DET_W if rng.random() < 0.35 else DET_H
        scenes = [composer.scene(width, DET_H) for _ in range(args.batch)]
        want = assign(scenes, det_cells(width, DET_H))
        for name in ("picture", "cell", "box", "five", "ignore"):
            setattr(want, name, getattr(want, name).to(args.device))
        image = tensor_of(scenes, camera).to(args.device).contiguous(memory_format=torch.channels_last)
        with torch.autocast(kind, torch.bfloat16):
            out = net(image)
        return losses(tuple(o.float() for o in out), want)

    fit.run(loss_of, validator(args.device), every=200)


if __name__ == "__main__":
    main()
