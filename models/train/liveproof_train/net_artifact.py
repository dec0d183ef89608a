"""The artifact net: one face crop at native resolution, judged inside against outside.

Two streams start from the same pixels: RGB, and what a smoothing predictor leaves over (small
fixed second-difference kernels, cut off at a few grey levels, the idea of the rich models of
steganalysis: Fridrich and Kodovsky, IEEE TIFS 2012). Both are taken to a quarter of the side by
one wide convolution each; dense 3 x 3 layers follow. Features are averaged inside the face's
ellipse and, separately, over the ring around it: camera, light and codec act on both, a swapped
face only inside, so the head sees the inside and its difference from the ring. ReLU throughout.
"""
from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from .native import ART_PX

EMBEDDING = 64
MAP_PX = 14
LUMA = (0.299, 0.587, 0.114)
CUT_LEVELS = 8.0   # residuals are cut off at +- this many grey levels
STREAMS = ("both", "rgb", "residual")


def residual_kernels() -> torch.Tensor:
    """[6, 3, 5, 5]: four second-difference kernels on luma, the cross-shaped one on two colour differences."""
    flat = torch.zeros(4, 5, 5)
    flat[0, 2, 1:4] = torch.tensor([0.5, -1, 0.5])
    flat[1, 1:4, 2] = torch.tensor([0.5, -1, 0.5])
    flat[2, 1:4, 1:4] = torch.tensor([[-1, 2, -1], [2, -4, 2], [-1, 2, -1]]) / 4
    wide = torch.tensor([1.0, -4, 6, -4, 1])
    flat[3] = torch.outer(wide, wide) / 36
    y = torch.tensor(LUMA)
    colour = torch.stack((torch.tensor([0.0, 0, 1]) - y, torch.tensor([1.0, 0, 0]) - y))
    out = torch.zeros(6, 3, 5, 5)
    out[:4] = flat[:, None] * y[None, :, None, None]
    out[4:] = flat[2][None, None] * colour[:, :, None, None]
    return out


class Residual(nn.Module):
    """Fixed high-pass planes of a normalised picture, in -1..1."""

    def __init__(self) -> None:
        super().__init__()
        # input is (v / 255 - .5) / .5: one unit is 127.5 grey levels
        self.register_buffer("kernels", residual_kernels() * (127.5 / CUT_LEVELS))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return F.conv2d(image, self.kernels.to(image.dtype), padding=2).clamp(-1, 1)


def block(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


# Regions in face coordinates u, v (the landmarks' box is -1..1 in both): centre u, centre v, half width, half height
BOXES = {"eyes": (0.0, -0.18, 0.8, 0.24), "mouth": (0.0, 0.55, 0.42, 0.26), "cheek_left": (-0.55, 0.22, 0.27, 0.25),
         "cheek_right": (0.55, 0.22, 0.27, 0.25), "forehead": (0.0, -0.7, 0.6, 0.2)}
REGIONS = ("inside", "border", "ring", *BOXES)


def region_masks(u: torch.Tensor, v: torch.Tensor, edge: float = 12.0) -> torch.Tensor:
    """Soft weights [N, len(REGIONS), H, W] of the regions at face coordinates u [N, 1, 1, W] and v [N, 1, H, 1]."""
    r = (u.square() + v.square() + 1e-6).sqrt()
    out = [torch.sigmoid((0.9 - r) * edge), torch.sigmoid((0.17 - (r - 1.0).abs()) * 2 * edge), torch.sigmoid((r - 1.3) * edge)]
    for cu, cv, hu, hv in BOXES.values():
        out.append(torch.sigmoid((hu - (u - cu).abs()) * edge) * torch.sigmoid((hv - (v - cv).abs()) * edge))
    return torch.cat(out, 1)


class ArtifactNet(nn.Module):
    """`image` [N, 3, S, S] and `face` [N, 4] (cx, cy, w, h in 0..1 of it) to logit [N, 1], embedding
    [N, 64] and blend-map logits [N, 1, S/16, S/16]. `streams` and `reference` are for ablations:
    without a reference only the inside of the face is looked at."""

    def __init__(self, streams: str = "both", reference: bool = True, width: int = 64):
        super().__init__()
        self.reference = reference
        self.residual = Residual()
        rgb, res = {"both": (24, 40), "rgb": (64, 0), "residual": (0, 64)}[streams]
        self.rgb = nn.Conv2d(3, rgb, 8, 4, 2, bias=False) if rgb else None
        self.res = nn.Conv2d(6, res, 6, 4, 1, bias=False) if res else None
        self.start = nn.Sequential(nn.BatchNorm2d(64), nn.ReLU(inplace=True))
        self.down = block(64, width, 2)
        self.middle = block(width, width)
        self.deep = nn.Sequential(block(width, 96, 2), block(96, 96))
        self.map = nn.Conv2d(96, 1, 1)
        parts = (64 + width + 96) * (len(REGIONS) if reference else 1)
        self.norm = nn.BatchNorm1d(parts)
        self.drop = nn.Dropout(0.5)
        self.embed = nn.Linear(parts, EMBEDDING)
        self.logit = nn.Linear(EMBEDDING, 1)

    @staticmethod
    def masks(image: torch.Tensor, face: torch.Tensor, cells: int) -> torch.Tensor:
        """Region weights [N, R, cells, cells]; black borders outside the frame count for none."""
        cx, cy, w, h = (face[:, i].view(-1, 1, 1, 1) for i in range(4))
        grid = (torch.arange(cells, device=image.device, dtype=image.dtype) + 0.5) / cells
        u = (grid.view(1, 1, 1, -1) - cx) / (0.5 * w)
        v = (grid.view(1, 1, -1, 1) - cy) / (0.5 * h)
        shown = F.avg_pool2d((image.amax(1, keepdim=True) > -0.995).to(image.dtype), image.shape[-1] // cells)
        return region_masks(u + 0 * v, v + 0 * u) * (shown > 0.5)

    def forward(self, image: torch.Tensor, face: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        stems = [self.rgb(image)] if self.rgb is not None else []
        if self.res is not None:
            stems.append(self.res(self.residual(image)))
        first = self.start(torch.cat(stems, 1))
        second = self.middle(self.down(first))
        third = self.deep(second)
        mask = self.masks(image, face, first.shape[-1]).to(first.dtype)
        pooled = []
        for maps in (first, second, third):
            k = mask.shape[-1] // maps.shape[-1]
            weight = F.avg_pool2d(mask, k) if k > 1 else mask
            weight = weight / (weight.sum((2, 3), keepdim=True) + 1e-3)
            means = torch.log(weight.flatten(2) @ maps.flatten(2).transpose(1, 2) + 0.05).float()  # [N, R, C]
            whole = means[:, :1]
            pooled.append(torch.cat((whole, means[:, 1:] - whole), 1).flatten(1) if self.reference else whole.flatten(1))
        embedding = F.relu(self.embed(self.drop(self.norm(torch.cat(pooled, 1)))))
        return self.logit(embedding), embedding, self.map(third)


assert ART_PX // 16 == MAP_PX
