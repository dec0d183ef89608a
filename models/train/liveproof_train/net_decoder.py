"""A small face autoencoder: what a live swapper's decoder does to the pixels of a face.

Convolutions down to a narrow code at a sixteenth of the size, and back up, so that skin and hair
come out repainted. Two ways up, which leave different traces: pixel shuffle (as DeepFaceLab's
decoders) and bilinear steps with convolutions (as the decoders of SimSwap and its kin). A third
net, `fine`, has its code at an eighth of the size and stands for decoders that were trained for
days: it loses less. A fourth output channel is the decoder's own mask of the face. Own layout; the nets only imitate swappers
for the generator (synth/decoder.py) and are never shipped.
"""
from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

STEP = 16       # the side of a picture must be a multiple
WAYS = ("shuffle", "bilinear", "fine")


def down(inputs: int, outputs: int, kernel: int = 3) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, 2, kernel // 2), nn.LeakyReLU(0.1, inplace=True))


class Residual(nn.Module):
    """Two convolutions beside an identity."""

    def __init__(self, width: int):
        super().__init__()
        self.one, self.two = nn.Conv2d(width, width, 3, 1, 1), nn.Conv2d(width, width, 3, 1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.leaky_relu(x + self.two(F.leaky_relu(self.one(x), 0.1)), 0.1)


class Up(nn.Module):
    """Twice the size."""

    def __init__(self, inputs: int, outputs: int, way: str):
        super().__init__()
        self.way = way
        self.conv = nn.Conv2d(inputs, outputs * (1 if way == "bilinear" else 4), 3, 1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.way != "bilinear":
            return F.leaky_relu(F.pixel_shuffle(self.conv(x), 2), 0.1)
        return F.leaky_relu(self.conv(F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)), 0.1)


class FaceDecoder(nn.Module):
    """`image` [N, 3, S, S] in -1..1, S a multiple of STEP, to [N, 4, S, S]: the repainted face in -1..1 and the
    logit of its mask."""

    def __init__(self, way: str = "shuffle", code: int = 48):
        super().__init__()
        deep = way != "fine"
        self.encode = nn.Sequential(down(3, 40, 5), down(40, 80), down(80, 144), *([down(144, 192)] if deep else []),
                                    nn.Conv2d(192 if deep else 144, code if deep else code // 2, 1))
        start = [nn.Conv2d(code, 192, 1), Residual(192), Up(192, 112, way)] if deep else [nn.Conv2d(code // 2, 112, 1)]
        self.decode = nn.Sequential(*start, Residual(112), Up(112, 64, way), Residual(64), Up(64, 32, way), Up(32, 16, way))
        self.paint = nn.Conv2d(16, 4, 3, 1, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        out = self.paint(self.decode(self.encode(image)))
        return torch.cat((torch.tanh(out[:, :3]), out[:, 3:]), 1)
