"""Augmentations shared by the nets, on float batches [N, 3, H, W] in 0..1, seeded by a torch generator."""
from __future__ import annotations

import cv2
import numpy as np
import torch
from torch.nn import functional as F


def uniform(n: int, low: float, high: float, gen: torch.Generator, dims: int = 1) -> torch.Tensor:
    """[n, 1, ...] uniform numbers that broadcast over `dims` - 1 further axes."""
    return (torch.rand(n, generator=gen) * (high - low) + low).reshape(n, *([1] * (dims - 1)))


def chance(n: int, p: float, gen: torch.Generator) -> torch.Tensor:
    """[n] booleans, true with probability p."""
    return torch.rand(n, generator=gen) < p


def colour(x: torch.Tensor, gen: torch.Generator, strength: float = 1.0) -> torch.Tensor:
    """Gain, colour cast, gamma, contrast, saturation, greyscale, low light."""
    n = len(x)
    cast = 1 + strength * 0.25 * (torch.rand(n, 3, 1, 1, generator=gen) - 0.5)
    x = x * cast * uniform(n, 0.7, 1.3, gen, 4)
    mean = x.mean((2, 3), keepdim=True)
    x = (x - mean) * uniform(n, 0.6, 1.35, gen, 4) + mean + uniform(n, -0.12, 0.12, gen, 4)
    grey = x.mean(1, keepdim=True)
    saturation = torch.where(chance(n, 0.12, gen).reshape(n, 1, 1, 1), torch.zeros(n, 1, 1, 1), uniform(n, 0.3, 1.5, gen, 4))
    x = grey + (x - grey) * saturation
    dark = chance(n, 0.15, gen).reshape(n, 1, 1, 1)
    x = torch.where(dark, x * uniform(n, 0.08, 0.5, gen, 4), x)
    return x.clamp(0, 1).clamp_min(1e-4) ** torch.exp(uniform(n, -0.45, 0.45, gen, 4))


def shade(x: torch.Tensor, gen: torch.Generator, p: float = 0.35) -> torch.Tensor:
    """Light from one side: a linear ramp of gain over the picture."""
    n, _, h, w = x.shape
    yy = torch.linspace(-1, 1, h).reshape(1, 1, h, 1)
    xx = torch.linspace(-1, 1, w).reshape(1, 1, 1, w)
    turn = uniform(n, 0, 6.2832, gen, 4)
    ramp = torch.cos(turn) * xx + torch.sin(turn) * yy
    amount = uniform(n, 0, 0.6, gen, 4) * chance(n, p, gen).reshape(n, 1, 1, 1)
    return (x * (1 + amount * ramp)).clamp(0, 1)


def soften(x: torch.Tensor, gen: torch.Generator, p: float, smallest: float) -> torch.Tensor:
    """Loss of resolution, picture by picture: down to `smallest` of the size and back."""
    n, _, h, w = x.shape
    for i in torch.nonzero(chance(n, p, gen)).flatten().tolist():
        scale = float(torch.rand(1, generator=gen)) * (0.9 - smallest) + smallest
        size = (max(8, int(h * scale)), max(8, int(w * scale)))
        small = F.interpolate(x[i:i + 1], size=size, mode="area" if scale < 0.6 else "bilinear")
        x[i:i + 1] = F.interpolate(small, size=(h, w), mode="bilinear", align_corners=False)
    return x


def motion_blur(x: torch.Tensor, gen: torch.Generator, p: float, longest: int) -> torch.Tensor:
    """Straight-line blur of 2..longest pixels."""
    n = len(x)
    for i in torch.nonzero(chance(n, p, gen)).flatten().tolist():
        length = int(torch.randint(2, longest + 1, (1,), generator=gen))
        turn = float(torch.rand(1, generator=gen)) * np.pi
        kernel = np.zeros((longest | 1, longest | 1), np.float32)
        middle = kernel.shape[0] // 2
        for t in np.linspace(-length / 2, length / 2, 4 * length):
            px, py = int(round(middle + t * np.cos(turn))), int(round(middle + t * np.sin(turn)))
            if 0 <= px < kernel.shape[1] and 0 <= py < kernel.shape[0]:
                kernel[py, px] = 1
        weight = torch.from_numpy(kernel / kernel.sum()).expand(3, 1, -1, -1)
        x[i:i + 1] = F.conv2d(F.pad(x[i:i + 1], [middle] * 4, mode="replicate"), weight, groups=3)
    return x


def noise(x: torch.Tensor, gen: torch.Generator, p: float = 0.5) -> torch.Tensor:
    """Sensor noise, stronger in some pictures; half of it on a coarser grid."""
    n, _, h, w = x.shape
    amount = uniform(n, 0.0, 1.0, gen, 4) ** 2 * 0.09 * chance(n, p, gen).reshape(n, 1, 1, 1)
    return (x + amount * torch.randn(x.shape, generator=gen)).clamp(0, 1)


def jpeg(x: torch.Tensor, gen: torch.Generator, p: float = 0.25) -> torch.Tensor:
    """JPEG at quality 15-90."""
    for i in torch.nonzero(chance(len(x), p, gen)).flatten().tolist():
        quality = int(torch.randint(15, 91, (1,), generator=gen))
        picture = (x[i].permute(1, 2, 0) * 255).byte().numpy()
        data = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        x[i] = torch.from_numpy(cv2.imdecode(data, cv2.IMREAD_COLOR)[:, :, ::-1].copy()).permute(2, 0, 1).float() / 255
    return x
