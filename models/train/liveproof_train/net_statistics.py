"""Residual statistics of face regions, as a graph: what the discriminant of the artifact net reads.

A swapper paints the face anew: eyes, mouth and skin come out of a decoder and a blend, the rest of
the picture out of the camera. How coarse or peaked the residual of a region is (its local
differences at a few scales, in brightness and colour) therefore differs from region to region in
another way than in a camera picture. Each region's residuals are summed up by their size and by
two ratios of moments, which do not depend on gain. The fixed kernels follow the second-difference
families of steganalysis' rich models (Fridrich and Kodovsky, IEEE TIFS 2012); the regions follow
the face's box, so that nothing but the picture and the box is needed.
"""
from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

from .net_artifact import LUMA
from .statistic_names import BOXES, PLANES, REGIONS, STATISTICS, feature_names

CELL = 4      # pixels per side of a cell: regions are made of cells
FLOOR = 0.05  # grey levels, keeps logarithms finite on flat pictures


def gauss(sigma: float, size: int) -> torch.Tensor:
    """Normalised [size, size] Gaussian."""
    x = torch.arange(size) - size // 2
    g = torch.exp(-0.5 * (x / sigma) ** 2)
    return torch.outer(g, g) / (g.sum() ** 2)


def plane_kernels() -> dict[str, tuple[list[str], torch.Tensor]]:
    """For brightness (y) and the two colour differences (b, r): names and [P, 1, 9, 9] kernels."""
    def put(values: list[list[float]]) -> torch.Tensor:
        k, v = torch.zeros(9, 9), torch.tensor(values, dtype=torch.float32)
        y, x = (9 - v.shape[0]) // 2, (9 - v.shape[1]) // 2
        k[y:y + v.shape[0], x:x + v.shape[1]] = v
        return k

    wide = torch.tensor([1.0, -4, 6, -4, 1])
    identity, soft, softer = put([[1.0]]), gauss(1.0, 9), gauss(2.0, 9)
    cross = put([[-1, 2, -1], [2, -4, 2], [-1, 2, -1]]) / 4
    half = F.pad(F.avg_pool2d(cross[None, None, 3:6, 3:6].repeat_interleave(2, 2).repeat_interleave(2, 3), 1)[0, 0], (1, 2, 1, 2)) / 4
    spatial = {
        "across": put([[0.5, -1, 0.5]]), "down": put([[0.5], [-1], [0.5]]), "cross": cross,
        "wide": put((torch.outer(wide, wide) / 36).tolist()), "step_x": put([[0, -1, 1]]), "step_y": put([[0], [-1], [1]]),
        "fine": identity - soft, "middle": soft - softer, "cross_2px": half,
    }
    return {c: ([f"{c}_{name}" for name in names], torch.stack([spatial[n] for n in names])[:, None]) for c, names in PLANES.items()}


def span(kernels: torch.Tensor) -> int:
    """How far from their middle [..., 9, 9] kernels look, pixels."""
    return int(((kernels != 0).flatten(0, -3).any(0).nonzero() - 4).abs().max())


def phased(kernels: torch.Tensor, cell: int) -> torch.Tensor:
    """[P, C, 9, 9] kernels as one kernel [P * cell^2, C, K, K] of stride `cell`, padded by half of what K exceeds the cell:
    each pixel of a cell becomes a channel. Sums over cells are then sums over channels, and the runtime's fast convolutions,
    which come in blocks of channels, waste nothing on planes of one channel."""
    reach = span(kernels)
    side, wide = cell + 2 * reach, 2 * reach + 1
    out = kernels.new_zeros(kernels.shape[0], cell, cell, kernels.shape[1], side, side)
    for i in range(cell):
        for j in range(cell):
            out[:, i, j, :, i:i + wide, j:j + wide] = kernels[:, :, 4 - reach:5 + reach, 4 - reach:5 + reach]
    return out.reshape(-1, kernels.shape[1], side, side)


class RegionStatistics(nn.Module):
    """`image` [N, 3, S, S] normalised and `face` [N, 4] to features [N, F] (see `feature_names`)."""

    def __init__(self) -> None:
        super().__init__()
        y = torch.tensor(LUMA)
        levels = torch.stack((y, torch.tensor([0.0, 0, 1]) - y, torch.tensor([1.0, 0, 0]) - y))
        kernels = {name: k for name, (_, k) in plane_kernels().items()}
        # small kernels apart: they see fewer pixels
        near = [i for i, k in enumerate(kernels["y"]) if span(k) <= 1]
        far = [i for i in range(len(kernels["y"])) if i not in near]
        self.order = [*near, *far]
        colour = torch.zeros(4, 2, 9, 9)
        colour[:2, 0], colour[2:, 1] = kernels["b"][:, 0], kernels["r"][:, 0]
        dot = torch.zeros(3, 3, 9, 9)
        dot[:, :, 4, 4] = levels
        for name, value in (("luma", levels[:1]), ("near", phased(kernels["y"][near], CELL)), ("far", phased(kernels["y"][far], CELL)),
                            # colour is coded at half the size in nearly all video
                            ("halved", levels[1:, :, None, None].repeat(1, 1, 2, 2) / 4), ("colour", phased(colour, CELL // 2)),
                            ("levels", phased(dot, CELL))):
            self.register_buffer(name, value)

    def masks(self, light: torch.Tensor, face: torch.Tensor) -> torch.Tensor:
        """Weights [N, (S / CELL)^2, R] of the cells, each region's summing to 1; cells that touch the black
        borders outside the frame, where there is no light at all, count for none."""
        size = light.shape[-1] // CELL
        cx, cy, w, h = (face[:, i].view(-1, 1, 1, 1) for i in range(4))
        grid = (torch.arange(size, device=light.device, dtype=torch.float32) + 0.5) / size
        u = ((grid.view(1, 1, 1, -1) - cx) / (0.5 * w)).expand(-1, 1, size, -1)
        v = ((grid.view(1, 1, -1, 1) - cy) / (0.5 * h)).expand(-1, 1, -1, size)
        r, edge = (u.square() + v.square() + 1e-6).sqrt(), 20.0
        band = torch.sigmoid((0.15 - (r - 1.0).abs()) * 2 * edge)
        out = [torch.sigmoid((0.9 - r) * edge), band * torch.sigmoid(-v * edge), band * torch.sigmoid(v * edge),
               torch.sigmoid((r - 1.3) * edge)]
        inner = torch.sigmoid((0.95 - r) * edge)
        for name, (cu, cv, hu, hv) in BOXES.items():
            box = torch.sigmoid((hu - (u - cu).abs()) * edge) * torch.sigmoid((hv - (v - cv).abs()) * edge) * inner
            if name == "cheeks":  # left and right of the nose
                box = box * torch.sigmoid((u.abs() - 0.3) * edge)
            out.append(box)
        lit = F.avg_pool2d((light > 0).float(), CELL)
        shown = -F.max_pool2d(-lit, 3, 1, 1)  # residuals reach 4 pixels over a border
        mask = (torch.cat(out, 1) * shown).flatten(2)
        return (mask / (mask.sum(2, keepdim=True) + 0.1)).transpose(1, 2)

    def forward(self, image: torch.Tensor, face: torch.Tensor) -> torch.Tensor:
        grey = torch.round(image.float() * 127.5 + 127.5)
        face = torch.cat((face[:, :2], face[:, 2:4].clamp(min=0.02)), 1)  # a box without a size has no logarithm
        light = (self.luma @ grey.flatten(2)).unflatten(2, grey.shape[2:])
        weight = self.masks(light, face)
        colour = F.conv2d(grey, self.halved, stride=2)

        def cells(plane: torch.Tensor, kernel: torch.Tensor, cell: int) -> torch.Tensor:
            """[N, planes * cell^2, cells]."""
            return F.conv2d(plane, kernel, stride=cell, padding=(kernel.shape[-1] - cell) // 2).flatten(2)

        def pool(values: torch.Tensor, cell: int) -> torch.Tensor:
            """Region means [N, R, planes]."""
            return (values @ weight).unflatten(1, (-1, cell * cell)).mean(2).transpose(1, 2)

        planes = [(cells(light, self.near, CELL), CELL), (cells(light, self.far, CELL), CELL),
                  (cells(colour, self.colour, CELL // 2), CELL // 2)]
        sizes = [(p.abs(), cell) for p, cell in planes]
        order = sorted(range(len(self.order)), key=self.order.__getitem__) + [len(self.order) + i for i in range(4)]
        mean, square, root = (torch.cat([pool(v, cell) for v, cell in values], 2)[:, :, order] for values in (
            sizes, [(p * p, cell) for p, cell in planes], [(torch.sqrt(p + FLOOR), cell) for p, cell in sizes]))
        level = cells(grey, self.levels, CELL)
        middle = pool(level, CELL)
        spread = (pool(level * level, CELL) - middle.square()).clamp(min=0)
        log_mean = torch.log(mean + FLOOR)
        ratios = torch.stack((log_mean, 0.5 * torch.log(square + FLOOR ** 2) - log_mean, 2 * torch.log(root.clamp(min=1e-3)) - log_mean), -1)
        per_region = torch.cat((ratios.flatten(2), 0.5 * torch.log(spread + 1.0)), 2)
        box = torch.log(face[:, 2:4] * float(image.shape[-1]))
        return torch.cat((per_region.flatten(1), box), 1)


FEATURES = len(feature_names())
assert math.isfinite(FLOOR) and FEATURES == len(REGIONS) * (13 * 3 + 3) + 2
