"""Golden values of the hand nets: testdata/golden/hands-1.json, from drawn and formula-defined pictures only.

    python -m liveproof_train.golden_hands

A case is a frame (a `pattern` of golden.py, or an .npy file: the drawn face, and the drawn face under a drawn
hand), its scene, and on every STEP-th pixel from STEP / 2 on: the normalised scene, the probabilities of seg-1 and,
where occ-1 is there, its logit for the scene and seg's own masks.
"""
from __future__ import annotations

import json

import numpy as np

from .golden import drawn_face, pattern
from .manifest import read_entry, sha256_of
from .paths import MODELS_DIR, REPO_DIR
from .preprocess import Crop, normalise
from .scene import scene_crop, scene_picture
from .serving import session_of
from .synth import hands

STEP = 8
FOLDER = REPO_DIR / "testdata" / "golden"


def drawn_pass() -> np.ndarray:
    """The drawn face with a drawn open hand before its image-right half."""
    hand = hands.draw_hand(np.random.default_rng(21), 96.0, pose="open", tone=0.2, facing=1.0, sleeve=False)
    face = drawn_face()
    layer = hands.place(hand, face.shape[:2], (178.0, 165.0), 118.0, -0.25)
    return hands.put(face, hands.feather(layer, 0.8), shadow=0.3, shadow_px=4.0)


def sparse(array: np.ndarray) -> list:
    """Every STEP-th pixel of [C, 128, 128], rounded to six digits."""
    return np.round(array[:, STEP // 2::STEP, STEP // 2::STEP].astype(float), 6).tolist()


def main() -> None:
    seg = session_of(read_entry("seg-1")["file"])
    try:
        occ_entry = read_entry("occ-1")
    except KeyError:
        occ_entry = None
    points = np.load(FOLDER / "face-points.npy").astype(float)
    np.save(FOLDER / "face-hand.npy", drawn_pass())
    scene = scene_crop(points)
    shifted = Crop(410.5, 60.25, 300.0, 0.0)
    cases = []
    for frame, rgb, crop in (({"frame": "face.npy"}, drawn_face(), scene), ({"frame": "face-hand.npy"}, drawn_pass(), scene),
                             ({"pattern": [640, 480]}, pattern(640, 480), shifted)):
        x = normalise(scene_picture(rgb, crop))
        probability = seg.run(None, {"image": x[None]})[0]
        case = {**frame, "cx": crop.cx, "cy": crop.cy, "side": crop.side, "scene": sparse(x), "probability": sparse(probability[0]),
                "share": probability[0].mean((1, 2)).astype(float).round(6).tolist()}
        if occ_entry:
            occ = session_of(occ_entry["file"])
            case["logit"] = float(occ.run(None, {"image": x[None], "masks": probability[:, 1:]})[0][0, 0])
        cases.append(case)
    index = {"step": STEP, "seg_sha256": sha256_of(MODELS_DIR / "seg-1.onnx"),
             "occ_sha256": sha256_of(MODELS_DIR / occ_entry["file"]) if occ_entry else None, "cases": cases}
    (FOLDER / "hands-1.json").write_text(json.dumps(index) + "\n", encoding="utf-8")
    print("hands-1.json: shares of background, face, hand", [c["share"] for c in cases])


if __name__ == "__main__":
    main()
