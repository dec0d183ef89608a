"""The identity net: 64 numbers of a unit vector for a face, near for one person and far for two.

Its trunk is that of the landmark net, which has seen every face of `train` under every light and codec of the recipe: what it
keeps of a face on a grid of 7 x 7 tells people apart once what changes from picture to picture of one person is taken out
(identity_discriminant.py).
"""
from __future__ import annotations

import torch
from torch import nn

from .nets import LmkNet
from .paths import cache_dir

DIMENSIONS = 64
TRUNK = ("s2", "s4", "s8", "s16")
FEATURES = 96 * 49


class IdentityNet(nn.Module):
    """`forward`: [N, 3, 112, 112] normalised to [N, 64] of length 1."""

    def __init__(self) -> None:
        super().__init__()
        whole = LmkNet()
        for name in TRUNK:
            setattr(self, name, getattr(whole, name))
        self.last = nn.Linear(FEATURES, DIMENSIONS)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """[N, FEATURES]: what the trunk keeps."""
        for name in TRUNK:
            x = getattr(self, name)(x)
        return x.flatten(1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.last(self.features(x))
        return out / out.square().sum(1, keepdim=True).clamp_min(1e-12).sqrt()


def from_landmarks() -> IdentityNet:
    """The net with the fitted landmark net's trunk; its last layer says nothing yet."""
    kept = torch.load(cache_dir("fits") / "lmk.pt", map_location="cpu")["average"]
    net = IdentityNet()
    missing, _ = net.load_state_dict({k: v for k, v in kept.items() if k.split(".")[0] in TRUNK}, strict=False)
    assert set(missing) == {"last.weight", "last.bias"}, missing
    return net.eval()
