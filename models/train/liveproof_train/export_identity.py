"""Exports the identity net: models/identity-1.onnx and its manifest entry. The threshold is that of identity_sessions.py.

    python -m liveproof_train.export_identity [--name SUFFIX] [--threshold VALUE]
"""
from __future__ import annotations

import argparse

from .exporting import entry, export, load_average
from .manifest import read_entry, write_entry
from .net_identity import DIMENSIONS, IdentityNet
from .pack_identity import ID_PX, ID_SCALE
from .paths import MODELS_DIR
from .preprocess import MEAN, STD

MODEL = "identity-1"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--name", default="", help="suffix of the checkpoint")
    parser.add_argument("--threshold", type=float, help="only write this threshold into the entry")
    args = parser.parse_args()
    if args.threshold is None:
        export(load_average("identity", IdentityNet(), args.name), (3, ID_PX, ID_PX), ["embedding"], MODELS_DIR / f"{MODEL}.onnx")
        entry(MODEL, "identity", {
            "name": "image", "layout": "NCHW", "color": "RGB", "width": ID_PX, "height": ID_PX, "mean": [MEAN] * 3, "std": [STD] * 3,
            "crop": {"kind": "roll_corrected_square", "scale": ID_SCALE},
            "params": {"pad_value": 0.0, "note": "(x / 255 - mean) / std; cut from the native crop of 224 pixels, outside of which is 0 "
                       "before normalisation; formulas in models/train/README.md"},
        }, [{"name": "embedding", "shape": [-1, DIMENSIONS], "meaning": "a direction of length 1: near for pictures of one person, far "
             "for two. Means something only against others of the same interview; kept nowhere"}],
            {"min_face_px": 60.0, "min_sharpness": 4.0, "min_luma": 30.0, "max_luma": 235.0, "max_yaw_deg": 35.0, "min_pictures": 4})
    if args.threshold is not None:
        found = read_entry(MODEL)
        found["calibration"] = {
            "threshold": args.threshold, "note": "distance (1 - cosine) of a segment's mean from that of the beginning; 99 % of segments of "
            "the same person, over all conditions of identity_sessions.py, lie below it"}
        write_entry(found)


if __name__ == "__main__":
    main()
