"""Segmentation of the hand scene: background, visible face skin, hand and forearm. Plain ReLU, dense convolutions.

The head follows LR-ASPP (Howard et al., Searching for MobileNetV3, ICCV 2019): coarse features gated by a summary of the
whole picture, joined with finer ones on the way up.
"""
from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from .nets import Block, conv
from .scene import CLASSES


class SegNet(nn.Module):
    """`forward` takes [N, 3, 128, 128], returns logits [N, 3, 128, 128]."""

    def __init__(self, c2: int = 12, c4: int = 32, c8: int = 56, c16: int = 72, head: int = 48):
        super().__init__()
        self.s2 = conv(3, c2, 3, 2)
        self.s4 = nn.Sequential(conv(c2, c4, 3, 2), Block(c4))
        self.s8 = nn.Sequential(conv(c4, c8, 3, 2), Block(c8), Block(c8))
        self.s16 = nn.Sequential(conv(c8, c16, 3, 2), Block(c16), Block(c16))
        self.top = conv(c16, head, 1)
        self.gate = nn.Conv2d(c16, head, 1)
        self.lateral8, self.mix8 = conv(c8, head, 1), Block(head)
        self.down4, self.lateral4, self.mix4 = conv(head, c4, 1), conv(c4, c4, 1), Block(c4)
        self.down2, self.lateral2, self.mix2 = conv(c4, 16, 1), conv(c2, 16, 1), conv(16, 16)
        self.out = nn.Conv2d(16, len(CLASSES), 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        f2 = self.s2(x)
        f4 = self.s4(f2)
        f8 = self.s8(f4)
        f16 = self.s16(f8)
        top = self.top(f16) * torch.sigmoid(self.gate(f16.mean((2, 3), keepdim=True)))
        m8 = self.mix8(self.lateral8(f8) + F.interpolate(top, scale_factor=2.0, mode="nearest"))
        m4 = self.mix4(self.lateral4(f4) + F.interpolate(self.down4(m8), scale_factor=2.0, mode="nearest"))
        m2 = self.mix2(self.lateral2(f2) + F.interpolate(self.down2(m4), scale_factor=2.0, mode="nearest"))
        return F.interpolate(self.out(m2), scale_factor=2.0, mode="bilinear", align_corners=False)
