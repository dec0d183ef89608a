"""Fits the autoencoders of the forgery generator on aligned faces of split `train`; nothing of them is shipped.

    python -m liveproof_train.fit_decoder --way shuffle --budget-min 15     # also bilinear, fine
    python -m liveproof_train.fit_decoder --way shuffle --person Obama --budget-min 4      # a decoder of one person
    python -m liveproof_train.fit_decoder --way shuffle --export            # checkpoint to ONNX, in the cache

As in the swap tools, the net sees a face under a random warp and paints it without the warp, so that it
learns faces in place of pixels (not `fine`, which keeps more of them). Its window is the tools' aligned square, or a wider one with the whole face.

A decoder of one person goes on from the shared net with its encoder held fast, on that person's clips alone: given
the code of another's face it paints this person's, the way DeepFaceLab's person models work.
"""
from __future__ import annotations

import re
import sys

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .batches_artifact import load_clips
from .fitting import Fit, options
from .net_decoder import FaceDecoder
from .paths import cache_dir
from .synth.decoder import SIZE, decoder_file
from .synth.layers import displace, smooth_field
from .synth.masks import aligned_transform, hull

ZOOM = (0.62, 1.05)  # side of the face in the square against the tools' pattern: whole face to tight
CLIP_SHARE = 0.6     # of the faces come from clips (native pixels), the others from stills
MASK = 0.1           # weight of the mask's cross entropy
DETAIL = 1.0         # weight of the differences between neighbours


class Faces:
    """Aligned faces of a split, drawn from the packs on disk."""

    def __init__(self, seed: int, warp: float, split: str = "train", person: str = ""):
        self.rng, self.warp = np.random.default_rng(seed), warp
        self.clips = [c for c in load_clips() if c.about["split"] == split and person in ("", c.about["identity"])]
        if not self.clips:
            raise ValueError(f"no packed clip of {split} shows {person!r}; the pack's index.json lists the identities")
        self.clip_share = 1.0 if person else CLIP_SHARE
        folder = cache_dir("packs", "lmk")
        self.stills = np.load(folder / f"{split}-images.npy", mmap_mode="r")
        with np.load(folder / f"{split}.npz") as kept:
            self.still_points = kept["points"]

    def picture(self) -> tuple[np.ndarray, np.ndarray]:
        """RGB and its 96 points in pixels."""
        if self.rng.random() < self.clip_share:
            clip = self.clips[self.rng.integers(len(self.clips))]
            i = int(self.rng.integers(len(clip.points)))
            rgb, points = clip.picture(i), clip.points[i]
        else:
            i = int(self.rng.integers(len(self.stills)))
            rgb, points = np.asarray(self.stills[i]), self.still_points[i]
        return rgb, points * rgb.shape[0]

    def draw(self, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Input and target [size, size, 3] uint8, and the mask of the face [size, size]."""
        rng, (rgb, points) = self.rng, self.picture()
        transform = aligned_transform(points, size)
        zoom, turn = rng.uniform(*ZOOM), np.deg2rad(rng.normal(0, 4))
        spin = zoom * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        centre = np.full(2, size / 2)
        transform = spin @ transform
        transform[:, 2] += centre - spin @ centre + rng.normal(0, 0.02 * size, 2)
        target = cv2.warpAffine(rgb, transform, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        mask = hull(points @ transform[:, :2].T + transform[:, 2], (size, size), "full")
        gain = rng.uniform(0.8, 1.2) * (1 + rng.uniform(-0.05, 0.05, 3))
        target = np.clip(target * gain + rng.uniform(-10, 10), 0, 255).astype(np.uint8)
        if rng.random() < 0.5:
            target, mask = target[:, ::-1], mask[:, ::-1]
        seen = displace(target, smooth_field(rng, (size, size), 0.25 * size, rng.uniform(0, self.warp) * size)) if self.warp else target
        return seen, target, mask

    def batch(self, n: int, size: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        drawn = [self.draw(size) for _ in range(n)]
        seen, target = (torch.from_numpy(np.stack([d[i] for d in drawn])).permute(0, 3, 1, 2).float() / 127.5 - 1 for i in (0, 1))
        return (seen.contiguous(memory_format=torch.channels_last), target, torch.from_numpy(np.stack([d[2] for d in drawn]))[:, None])


def differences(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]


def losses(out: torch.Tensor, target: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, dict[str, float]]:
    """Absolute error and that of the neighbours' differences, threefold on the face, and the mask's cross entropy."""
    weight = 1 + 2 * mask
    colour = (weight * (out[:, :3] - target).abs()).mean()
    detail = sum((weight[..., :b.shape[-2], :b.shape[-1]] * (a - b).abs()).mean()
                 for a, b in zip(differences(out[:, :3]), differences(target)))
    shape = F.binary_cross_entropy_with_logits(out[:, 3:], mask)
    return colour + DETAIL * detail + MASK * shape, {k: v.item() for k, v in (("colour", colour), ("detail", detail), ("mask", shape))}


def unseen_error(net: nn.Module, size: int, count: int = 96) -> float:
    """Mean absolute error on the faces of people of split `val`, within their hull, in grey levels. Reported only."""
    seen, target, mask = Faces(1, 0.0, "val").batch(count, size)
    with torch.no_grad():
        out = torch.cat([net(part)[:, :3] for part in seen.split(16)])
    return float((mask * (out - target).abs()).sum() / (3 * mask.sum()) * 127.5)


def export(net: nn.Module, name: str) -> None:
    """ONNX with any batch and any side that is a multiple of STEP, in the cache, compared with PyTorch."""
    import onnxruntime as ort

    path, axes = decoder_file(name), {0: "batch", 2: "height", 3: "width"}
    torch.onnx.export(net, (torch.zeros(1, 3, SIZE, SIZE),), str(path), input_names=["image"], output_names=["painted"],
                      dynamic_axes={"image": axes, "painted": axes}, opset_version=17, dynamo=False)
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for size in (SIZE, 224):
        x = torch.rand(2, 3, size, size) * 2 - 1
        with torch.no_grad():
            np.testing.assert_allclose(session.run(None, {"image": x.numpy()})[0], net(x).numpy(), rtol=1e-3, atol=2e-3)
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


def taken(flag: str, default: str = "") -> str:
    """The value of one of this fit's own flags, which is taken off the command line."""
    if flag not in sys.argv:
        return default
    at = sys.argv.index(flag)
    value = sys.argv[at + 1]
    del sys.argv[at:at + 2]
    return value


def main() -> None:
    way, person, only_export = taken("--way", "shuffle"), taken("--person"), "--export" in sys.argv
    sys.argv = [a for a in sys.argv if a != "--export"]
    args = options(__doc__, steps=100_000, batch=16, rate=1e-3)
    name = f"{way}@{re.sub('[^A-Za-z0-9]+', '-', person)}" if person else way
    args.name = f"{args.name}-{name}"
    net = FaceDecoder(way)
    if person:
        args.warm = args.warm or cache_dir("fits") / f"decoder-{way}.pt"
        net.encode.requires_grad_(False)
    fit = Fit("decoder", net, args)
    if not only_export:
        warp = 0.05 if person else 0.0 if way == "fine" else 0.03   # one person's faces are few
        faces = Faces(args.seed + fit.step, warp, person=person)
        sizes = np.random.default_rng(args.seed + fit.step)

        def loss_of(net: nn.Module) -> tuple[torch.Tensor, dict[str, float]]:
            size = int(sizes.choice([96, 128, 160], p=[0.2, 0.6, 0.2]))
            seen, target, mask = faces.batch(args.batch, size)
            with torch.autocast("cpu", torch.bfloat16):
                out = net(seen)
            return losses(out.float(), target, mask)

        fit.run(loss_of, lambda net: "", every=100)
    net = fit.average.to("cpu").eval()
    export(net, name)
    print(f"{name}: {fit.step} steps, error on unseen people "
          + ", ".join(f"{unseen_error(net, s):.1f} at {s} px" for s in (128, 224)) + " (grey levels)", flush=True)


if __name__ == "__main__":
    main()
