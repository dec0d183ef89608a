"""Exports the landmark net: models/lmk-1.onnx and its manifest entry."""
from __future__ import annotations

import argparse

import torch
from torch import nn

from .exporting import entry, export, load_average
from .mesh import GROUPS, POINTS_96, REGIONS
from .nets import LmkNet
from .paths import MODELS_DIR
from .preprocess import CROP_SCALE, LMK_PX, MEAN, STD

FACE_THRESHOLD = 0.5


class Served(nn.Module):
    """The net as it is served: probabilities instead of logits."""

    def __init__(self, net: LmkNet):
        super().__init__()
        self.net = net

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        points, visible, pose, face = self.net(image)
        return points, torch.sigmoid(visible), pose, torch.sigmoid(face)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--name", default="", help="suffix of the checkpoint")
    net = Served(load_average("lmk", LmkNet(), parser.parse_args().name)).eval()
    export(net, (3, LMK_PX, LMK_PX), ["points", "visibility", "pose", "face"], MODELS_DIR / "lmk-1.onnx")
    order = ", ".join(f"{name} {len(group)}" for name, group in GROUPS.items())
    entry("lmk-1", "lmk", {
        "name": "image", "layout": "NCHW", "color": "RGB", "width": LMK_PX, "height": LMK_PX,
        "mean": [MEAN] * 3, "std": [STD] * 3, "crop": {"kind": "roll_corrected_square", "scale": CROP_SCALE},
        "params": {"pad_value": 0.0, "note": "(x / 255 - mean) / std; outside the frame is 0 before normalisation; formulas in models/train/README.md"},
    }, [
        {"name": "points", "shape": [-1, 192], "meaning": f"96 (x, y) in 0..1 of the crop (a little beyond is "
         f"possible): {order}; lips and eyes start at the image-left corner and run over the upper lid or lip, brows from "
         "image-left to image-right, nose down the bridge to the tip, then the base from image-left to image-right, oval "
         "clockwise from the top of the forehead"},
        {"name": "visibility", "shape": [-1, len(REGIONS)], "meaning": "share of the region's points that nothing "
         "covers, 0..1: " + ", ".join(REGIONS)},
        {"name": "pose", "shape": [-1, 3], "meaning": "degrees: yaw (positive: turned to the image's right), pitch "
         "(positive: up), roll within the crop (positive: clockwise)"},
        {"name": "face", "shape": [-1, 1], "meaning": "probability that the crop holds a face, well enough centred"},
    ], {"face_threshold": FACE_THRESHOLD, "mesh_indices": POINTS_96.tolist(), "regions": list(REGIONS)})


if __name__ == "__main__":
    main()
