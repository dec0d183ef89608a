"""The two nets: face detector and landmarks. Plain ReLU, dense convolutions, BatchNorm folded at export.

Dense 3x3 convolutions behind 1x1 bottlenecks: on AVX-512 CPUs they run nearer to peak than
depthwise ones, and ReLU is the one activation that ONNX Runtime fuses everywhere.
"""
from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from .preprocess import DET_H, DET_W

STRIDES = (8, 16, 32)


def conv(cin: int, cout: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """Convolution, BatchNorm, ReLU."""
    return nn.Sequential(nn.Conv2d(cin, cout, kernel, stride, kernel // 2, bias=False),
                         nn.BatchNorm2d(cout), nn.ReLU(inplace=True))


class Block(nn.Module):
    """Residual bottleneck: 1x1 to half the channels, 3x3 back."""

    def __init__(self, ch: int):
        super().__init__()
        self.squeeze = conv(ch, ch // 2, 1)
        self.spread = nn.Sequential(nn.Conv2d(ch // 2, ch, 3, 1, 1, bias=False), nn.BatchNorm2d(ch))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(x + self.spread(self.squeeze(x)))


def det_cells(width: int = DET_W, height: int = DET_H) -> torch.Tensor:
    """[1260, 3]: centre x, centre y and stride of each output cell, row by row, stride 8 first."""
    out = []
    for stride in STRIDES:
        y, x = torch.meshgrid(torch.arange(height // stride), torch.arange(width // stride), indexing="ij")
        centre = torch.stack((x, y), -1).reshape(-1, 2).float() + 0.5
        out.append(torch.cat((centre * stride, torch.full((len(centre), 1), float(stride))), 1))
    return torch.cat(out)


class DetNet(nn.Module):
    """Face detector. `forward` returns score logits [N,1260], boxes [N,1260,4], points [N,1260,10]."""

    def __init__(self, stem: int = 16, c8: int = 40, c16: int = 56, c32: int = 64, head: int = 32):
        super().__init__()
        self.s4 = nn.Sequential(conv(3, stem, 3, 2), conv(stem, 24, 3, 2))
        self.s8 = nn.Sequential(conv(24, c8, 3, 2), Block(c8), Block(c8))
        self.s16 = nn.Sequential(conv(c8, c16, 3, 2), Block(c16), Block(c16))
        self.s32 = nn.Sequential(conv(c16, c32, 3, 2), Block(c32), Block(c32))
        self.lateral = nn.ModuleList(conv(c, head, 1) for c in (c8, c16, c32))
        self.tower = nn.ModuleList(conv(head, head) for _ in STRIDES)
        self.out = nn.ModuleList(nn.Conv2d(head, 15, 1) for _ in STRIDES)
        for layer in self.out:
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias)
            layer.bias.data[0] = -4.0
        self.register_buffer("cells", det_cells(), persistent=False)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        f8 = self.s8(self.s4(x))
        f16 = self.s16(f8)
        f32 = self.s32(f16)
        p32 = self.lateral[2](f32)
        p16 = self.lateral[1](f16) + F.interpolate(p32, scale_factor=2.0, mode="nearest")
        p8 = self.lateral[0](f8) + F.interpolate(p16, scale_factor=2.0, mode="nearest")
        towers = [tower(p) for p, tower in zip((p8, p16, p32), self.tower)]
        with torch.autocast(x.device.type, enabled=False):  # coordinates want all their digits
            raw = torch.cat([out(t.float()).flatten(2) for t, out in zip(towers, self.out)], 2).transpose(1, 2)
        cells = self.cells if x.shape[-1] == DET_W else det_cells(x.shape[-1], x.shape[-2]).to(x.device)
        centre, stride = cells[:, :2], cells[:, 2:]
        reach = torch.exp(raw[..., 1:5].clamp(-4, 4)) * stride
        boxes = torch.cat((centre - reach[..., :2], centre + reach[..., 2:]), -1)
        points = centre.repeat(1, 5) + raw[..., 5:15] * stride * 2
        return raw[..., 0], boxes, points


class LmkNet(nn.Module):
    """Landmarks. `forward` returns points [N,192], visibility logits [N,6], pose [N,3], face logit [N,1].

    A point is the mean position under a softmax map on a 28 x 28 grid (spans beyond the crop
    by 10 % on each side, so that a point just outside can be said), plus a small global offset.
    """

    def __init__(self, stem: int = 16, c4: int = 48, c8: int = 64, c16: int = 96):
        super().__init__()
        self.s2 = conv(3, stem, 3, 2)
        self.s4 = nn.Sequential(conv(stem, c4, 3, 2), Block(c4), Block(c4))
        self.s8 = nn.Sequential(conv(c4, c8, 3, 2), Block(c8), Block(c8), Block(c8))
        self.s16 = nn.Sequential(conv(c8, c16, 3, 2), Block(c16), Block(c16))
        self.up16 = conv(c16, c8, 1)
        self.up8 = conv(c8, c4, 1)
        self.mix8 = Block(c8)
        self.mix4 = Block(c4)
        self.maps = nn.Conv2d(c4, 96, 1)
        self.summary = nn.Sequential(conv(c16, 16, 1), nn.Flatten(), nn.Linear(16 * 49, 64), nn.ReLU(inplace=True))
        self.offset = nn.Linear(64, 192)
        self.rest = nn.Linear(64, 6 + 3 + 1)
        nn.init.zeros_(self.offset.weight)
        nn.init.zeros_(self.offset.bias)
        grid = (torch.arange(28).float() + 0.5) / 28 * 1.2 - 0.1
        y, x = torch.meshgrid(grid, grid, indexing="ij")
        self.register_buffer("grid", torch.stack((x.flatten(), y.flatten()), 1), persistent=False)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        f4 = self.s4(self.s2(x))
        f8 = self.s8(f4)
        f16 = self.s16(f8)
        m8 = self.mix8(f8 + F.interpolate(self.up16(f16), scale_factor=2.0, mode="nearest"))
        m4 = self.mix4(f4 + F.interpolate(self.up8(m8), scale_factor=2.0, mode="nearest"))
        vector = self.summary(f16)
        with torch.autocast(x.device.type, enabled=False):  # coordinates want all their digits
            weights = torch.softmax(self.maps(m4.float()).flatten(2), -1)
            vector = vector.float()
            points = torch.matmul(weights, self.grid).flatten(1) + self.offset(vector)
            rest = self.rest(vector)
        return points, rest[:, :6], rest[:, 6:9] * 30, rest[:, 9:]
