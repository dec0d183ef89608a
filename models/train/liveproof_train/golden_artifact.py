"""Golden values of the artifact net: testdata/golden/artifact-1.json, from formula-defined frames only.

    python -m liveproof_train.golden_artifact

Each case is a frame `pattern` (golden.py) and a face's box in it. The crop is stored as sums over
its 8 x 8 blocks per channel, the net's answers in full.
"""
from __future__ import annotations

import json

import numpy as np

from .golden import pattern
from .manifest import read_entry, sha256_of
from .native import ART_PX, face_in_crop, native_crop
from .paths import MODELS_DIR, REPO_DIR
from .preprocess import crop_picture, normalise
from .serving import session_of

# frame width, height, and x0, y0, x1, y1 of the face: copied, at the edge, shrunk with and without block means
CASES = ((640, 480, (250.25, 120.5, 352.75, 260.0)), (300, 220, (200.0, 30.0, 290.0, 150.0)),
         (640, 480, (200.0, 90.0, 380.0, 330.5)), (1280, 720, (400.0, 100.0, 760.0, 620.25)))


def noisy(width: int, height: int) -> np.ndarray:
    """The pattern with a deterministic noise of 0..15 levels, so that residuals are not all at their cut."""
    y, x = np.mgrid[:height, :width].astype(np.int64)
    noise = np.stack([((x * 7919 + y * 104729 + c * 1299709) * 2654435761 % 2 ** 32) >> 28 for c in range(3)], -1)
    return (pattern(width, height).astype(np.int64) // 4 + 64 + noise).astype(np.uint8)


def main() -> None:
    entry = read_entry("artifact-1")
    session = session_of(entry["file"])
    cases = []
    for width, height, box in CASES:
        corners = np.array([[box[0], box[1]], [box[2], box[3]]])
        crop = native_crop(corners)
        picture = np.rint(crop_picture(noisy(width, height), crop, ART_PX))
        face = face_in_crop(corners, crop)
        logit, embedding, regions, reference, change, surround, made, onset, drawn = session.run(None, {"image": normalise(picture)[None], "face": face[None]})
        blocks = picture.reshape(ART_PX // 8, 8, ART_PX // 8, 8, 3).sum((1, 3)).astype(int)
        cases.append({"frame": [width, height], "box": list(box), "side": crop.side, "centre": [crop.cx, crop.cy],
                      "face": [float(v) for v in face], "blocks": blocks[::7, ::5].tolist(), "logit": float(logit[0, 0]),
                      "embedding": [float(v) for v in embedding[0]], "regions": [float(v) for v in regions[0]], "reference": float(reference[0, 0]),
                      "change": [float(v) for v in change[0, ::16]], "surround": [float(v) for v in surround[0]],
                      "made": float(made[0, 0]), "drawn": float(drawn[0, 0]),
                      "onset": [float(v) for v in onset[0]]})
    out = REPO_DIR / "testdata" / "golden" / "artifact-1.json"
    out.write_text(json.dumps({"sha256": sha256_of(MODELS_DIR / entry["file"]), "cases": cases}) + "\n", encoding="utf-8")
    print(f"{out.name}: logits {[round(c['logit'], 3) for c in cases]}")


if __name__ == "__main__":
    main()
