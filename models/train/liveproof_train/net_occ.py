"""Occlusion consistency: does what lies over the face look painted over? Image and two masks in, one logit out."""
from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from .net_seg import SegNet
from .nets import conv


class OccNet(nn.Module):
    """`forward` takes the scene [N, 3, 128, 128] and the probabilities of face and hand [N, 2, 128, 128], returns [N, 1].

    The trunk has the shape of seg's and is fitted from its weights on. Features of stride 8 and 16 are pooled over the
    face, the hand, where both meet, and everywhere; a map of stride 8 says where the hand is painted over (`both` returns
    it as well: it has a target of its own in the fit, which one answer per picture is too little for)."""

    def __init__(self) -> None:
        super().__init__()
        seg = SegNet()
        self.s2, self.s4, self.s8, self.s16 = seg.s2, seg.s4, seg.s8, seg.s16
        c8, c16 = seg.lateral8[0].in_channels, seg.top[0].in_channels
        self.top, self.mix = conv(c16, 40, 1), conv(c8 + 40 + 2, 48)
        self.map = nn.Conv2d(48, 1, 1)
        self.head = nn.Sequential(nn.Linear(4 * (48 + c16) + 2, 48), nn.ReLU(inplace=True), nn.Linear(48, 1))

    def start_from(self, seg: dict[str, torch.Tensor]) -> None:
        """Takes the trunk's weights out of a SegNet's state."""
        own = self.state_dict()
        own.update({k: v for k, v in seg.items() if k.split(".")[0] in ("s2", "s4", "s8", "s16")})
        self.load_state_dict(own)

    def both(self, image: torch.Tensor, masks: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits [N, 1] and map logits [N, 1, 16, 16]."""
        f8 = self.s8(self.s4(self.s2(image)))
        f16 = self.s16(f8)
        small = F.avg_pool2d(masks, 8)
        f8 = self.mix(torch.cat((f8, F.interpolate(self.top(f16), scale_factor=2.0, mode="nearest"), 2 * small - 1), 1))
        where = self.map(f8)
        near = F.max_pool2d(small, 5, 1, 2)
        regions = torch.cat((small, near[:, :1] * near[:, 1:], torch.ones_like(small[:, :1])), 1)
        pooled = [self.over(f8, regions), self.over(f16, F.avg_pool2d(regions, 2))]
        flat = where.flatten(1)
        pooled += [flat.amax(1, keepdim=True), (torch.softmax(flat, 1) * flat).sum(1, keepdim=True)]
        return self.head(torch.cat(pooled, 1)), where

    @staticmethod
    def over(features: torch.Tensor, regions: torch.Tensor) -> torch.Tensor:
        """Means of the features over each region: [N, regions x channels]."""
        share = regions / (regions.sum((2, 3), keepdim=True) + 1.0)
        return torch.matmul(share.flatten(2), features.flatten(2).transpose(1, 2)).flatten(1)

    def forward(self, image: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        return self.both(image, masks)[0]
