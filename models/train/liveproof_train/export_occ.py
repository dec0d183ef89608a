"""Exports the occlusion net: models/occ-1.onnx and its manifest entry."""
from __future__ import annotations

import argparse
import copy

from .export_seg import SCENE_INPUT
from .exporting import entry, export, load_average
from .net_occ import OccNet
from .paths import MODELS_DIR
from .scene import SCENE_PX
from .terms import DATA_TERMS, HAND_SOURCES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--name", default="", help="suffix of the checkpoint")
    net = load_average("occ", OccNet(), parser.parse_args().name).eval()
    export(net, {"image": (3, SCENE_PX, SCENE_PX), "masks": (2, SCENE_PX, SCENE_PX)}, ["logit"], MODELS_DIR / "occ-1.onnx")
    masks = {"name": "masks", "layout": "NCHW", "shape": [-1, 2, SCENE_PX, SCENE_PX],
             "params": {"note": "probabilities of face and hand, the second and third plane of seg-1's output for the same scene"}}
    entry("occ-1", "occ", [copy.deepcopy(SCENE_INPUT), masks], [{
        "name": "logit", "shape": [-1, 1], "meaning": "positive: what lies over the face looks painted over, as by a swap drawn "
        "over the hand; not calibrated. Meaningful only where a hand is at the face"}], {}, DATA_TERMS, HAND_SOURCES)


if __name__ == "__main__":
    main()
