"""Occlusion consistency: does what lies over the face look painted over? Image and two masks in, one logit out."""
from __future__ import annotations

import torch
from torch import nn

from .nets import Block, conv


class OccNet(nn.Module):
    """`forward` takes the scene [N, 3, 128, 128] and the probabilities of face and hand [N, 2, 128, 128], returns [N, 1].

    Features are pooled three ways: over the whole scene, over where face and hand meet, and the largest."""

    def __init__(self, c2: int = 20, c4: int = 40, c8: int = 64, c16: int = 80):
        super().__init__()
        self.s2 = conv(5, c2, 3, 2)
        self.s4 = nn.Sequential(conv(c2, c4, 3, 2), Block(c4), Block(c4))
        self.s8 = nn.Sequential(conv(c4, c8, 3, 2), Block(c8), Block(c8))
        self.s16 = nn.Sequential(conv(c8, c16, 3, 2), Block(c16))
        self.place = nn.Conv2d(c16, 1, 1)
        self.head = nn.Sequential(nn.Linear(3 * c16, 48), nn.ReLU(inplace=True), nn.Linear(48, 1))

    def forward(self, image: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        f = self.s16(self.s8(self.s4(self.s2(torch.cat((image, 2 * masks - 1), 1)))))
        flat = f.flatten(2)
        where = torch.softmax(self.place(f).flatten(2), -1)
        pooled = torch.cat((flat.mean(-1), (flat * where).sum(-1), flat.amax(-1)), 1)
        return self.head(pooled)
