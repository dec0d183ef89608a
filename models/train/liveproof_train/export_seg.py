"""Exports the segmentation net of the hand scene: models/seg-1.onnx and its manifest entry."""
from __future__ import annotations

import argparse

import torch
from torch import nn

from .exporting import entry, export, load_average
from .net_seg import SegNet
from .paths import MODELS_DIR
from .preprocess import MEAN, STD
from .scene import CLASSES, SCENE_PX, SCENE_SCALE
from .terms import DATA_TERMS, HAND_SOURCES

SCENE_INPUT = {
    "name": "image", "layout": "NCHW", "color": "RGB", "width": SCENE_PX, "height": SCENE_PX, "mean": [MEAN] * 3, "std": [STD] * 3,
    "crop": {"kind": "upright_square", "scale": SCENE_SCALE},
    "params": {"pad_value": 0.0, "note": "(x / 255 - mean) / std; centred on the bounding box of the 96 landmarks, side scale times its "
               "longer side, roll 0; outside the frame is 0 before normalisation; formulas in models/train/README.md"},
}


class Served(nn.Module):
    """The net as it is served: probabilities instead of logits."""

    def __init__(self, net: SegNet):
        super().__init__()
        self.net = net

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.softmax(self.net(image), 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--name", default="", help="suffix of the checkpoint")
    net = Served(load_average("seg", SegNet(), parser.parse_args().name)).eval()
    export(net, (3, SCENE_PX, SCENE_PX), ["probability"], MODELS_DIR / "seg-1.onnx")
    entry("seg-1", "seg", SCENE_INPUT, [{
        "name": "probability", "shape": [-1, len(CLASSES), SCENE_PX, SCENE_PX],
        "meaning": "softmax over " + ", ".join(CLASSES) + ": the face's skin within the outline of the face mesh, as far as it is visible; "
                   "skin of hands and forearms, no sleeve"}], {"classes": list(CLASSES)}, DATA_TERMS, HAND_SOURCES)


if __name__ == "__main__":
    main()
