"""Exports the detector: models/det-1.onnx and its manifest entry."""
from __future__ import annotations

import argparse

import torch
from torch import nn

from .exporting import entry, export, load_average
from .nets import DetNet
from .paths import MODELS_DIR
from .preprocess import DET_H, DET_W, MEAN, STD

SCORE_THRESHOLD = 0.5
NMS_IOU = 0.4


class Served(nn.Module):
    """The net as it is served: probabilities instead of logits."""

    def __init__(self, net: DetNet):
        super().__init__()
        self.net = net

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        logit, boxes, points = self.net(image)
        return torch.sigmoid(logit), boxes, points


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--name", default="", help="suffix of the checkpoint")
    net = Served(load_average("det", DetNet(), parser.parse_args().name)).eval()
    export(net, (3, DET_H, DET_W), ["scores", "boxes", "points"], MODELS_DIR / "det-1.onnx")
    entry("det-1", "det", {
        "name": "image", "layout": "NCHW", "color": "RGB", "width": DET_W, "height": DET_H,
        "mean": [MEAN] * 3, "std": [STD] * 3, "crop": {"kind": "letterbox_top_left", "scale": 1.0},
        "params": {"pad_value": 0.0, "note": "(x / 255 - mean) / std; padding is 0 before normalisation; formulas in models/train/README.md"},
    }, [
        {"name": "scores", "shape": [-1, 1260], "meaning": "probability-like score 0..1 of each cell; cells of "
         "stride 8 (40 x 24), then 16 (20 x 12), then 32 (10 x 6), each row by row"},
        {"name": "boxes", "shape": [-1, 1260, 4], "meaning": "x0, y0, x1, y1 in input pixels: the bounding box of "
         "the face mesh (forehead to chin, ear to ear; no hair)"},
        {"name": "points", "shape": [-1, 1260, 10], "meaning": "x, y pairs in input pixels: image-left eye centre, "
         "image-right eye centre, nose tip, image-left mouth corner, image-right mouth corner"},
    ], {"score_threshold": SCORE_THRESHOLD, "nms_iou": NMS_IOU})


if __name__ == "__main__":
    main()
