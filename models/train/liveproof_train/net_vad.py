"""The voice-activity net: a small CNN from log-mel to a speech probability per 10 ms."""
from __future__ import annotations

import torch
from torch import nn

from .audio_features import BANDS

# (dilation, looks ahead): a block that looks ahead sees 2 * dilation hops to either side, one
# that does not sees 4 * dilation hops back. Live results wait for RIGHT hops of sound.
BLOCKS = [(1, True), (2, True), (4, True), (8, True), (16, False), (4, False), (2, False)]
RIGHT = 3 + 2 * sum(d for d, ahead in BLOCKS if ahead)  # 33 hops
LEFT = 3 + sum((2 if ahead else 4) * d for d, ahead in BLOCKS)  # 121 hops


class Dilated(nn.Module):
    """Residual block over time: depthwise convolution of 5 hops, then a 1x1 mix."""

    def __init__(self, width: int, dilation: int, ahead: bool):
        super().__init__()
        self.pad = nn.ConstantPad1d((2 * dilation, 2 * dilation) if ahead else (4 * dilation, 0), 0.0)
        self.spread = nn.Conv1d(width, width, 5, dilation=dilation, groups=width, bias=False)
        self.norm = nn.BatchNorm1d(width)
        self.mix = nn.Conv1d(width, width, 1, bias=False)
        self.norm_mix = nn.BatchNorm1d(width)

    def forward(self, x):
        y = torch.relu(self.norm(self.spread(self.pad(x))))
        return torch.relu(x + self.norm_mix(self.mix(y)))


class VadNet(nn.Module):
    """`logmel [N, 1, T, 40]` to `speech [N, T]` (probability).

    Three convolutions over time and frequency halve the bands (40, 20, 10, 5); the rest runs over
    time alone. A hop's value depends on LEFT hops before it and RIGHT after it; fewer at the ends
    of a block cost accuracy there, so a caller that streams overlaps its blocks by as much.
    """

    def __init__(self, width: int = 64):
        super().__init__()
        front, last = [], 1
        for channels in (12, 20, 32):
            front += [nn.Conv2d(last, channels, 3, stride=(1, 2), padding=1, bias=False),
                      nn.BatchNorm2d(channels), nn.ReLU()]
            last = channels
        self.front = nn.Sequential(*front)
        self.join = nn.Sequential(nn.Conv1d(last * BANDS // 8, width, 1, bias=False),
                                  nn.BatchNorm1d(width), nn.ReLU())
        self.blocks = nn.Sequential(*[Dilated(width, d, ahead) for d, ahead in BLOCKS])
        self.head = nn.Conv1d(width, 1, 1)

    def logits(self, logmel: torch.Tensor) -> torch.Tensor:
        x = self.front(logmel)  # [N, 32, T, 5]
        x = x.transpose(2, 3).flatten(1, 2)  # [N, 160, T]
        return self.head(self.blocks(self.join(x))).squeeze(1)

    def forward(self, logmel: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.logits(logmel))


def parameters(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())
