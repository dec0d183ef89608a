"""Golden values of the identity net: testdata/golden/identity-1.json, from formula-defined frames only.

    python -m liveproof_train.golden_identity

Each case is a frame of golden_artifact.py's noisy pattern, a face's 96 points in it (those of the drawn face, moved, scaled and
turned), and the vector of the crop that the service cuts from the native one.
"""
from __future__ import annotations

import json

import numpy as np

from .golden_artifact import noisy
from .manifest import read_entry, sha256_of
from .native import ART_PX, native_crop
from .pack_identity import ID_PX, ID_SCALE, scaled
from .paths import MODELS_DIR, REPO_DIR
from .preprocess import crop_picture, normalise
from .serving import session_of

# frame width and height; size of the face against the drawn one, turn in degrees, centre
CASES = ((640, 480, 0.7, 0.0, (320.0, 240.0)), (640, 480, 1.6, 12.0, (300.0, 230.0)), (300, 220, 0.5, -25.0, (250.0, 60.0)))


def main() -> None:
    session = session_of("identity-1.onnx")
    drawn = np.load(REPO_DIR / "testdata" / "golden" / "face-points.npy").astype(float)
    cases = []
    for width, height, size, turn, centre in CASES:
        c, s = np.cos(np.radians(turn)) * size, np.sin(np.radians(turn)) * size
        points = np.round((drawn - drawn.mean(0)) @ np.array([[c, s], [-s, c]]) + centre, 3)
        kept = native_crop(points)
        rgb = np.rint(crop_picture(noisy(width, height), kept, ART_PX)).astype(np.uint8)
        within = kept.to_crop(points) * ART_PX
        x = normalise(crop_picture(rgb, scaled(within, ID_SCALE), ID_PX))
        cases.append({"frame": [width, height], "points": points.tolist(),
                      "embedding": session.run(None, {"image": x[None]})[0][0].astype(float).round(6).tolist()})
    out = REPO_DIR / "testdata" / "golden" / "identity-1.json"
    sha256 = sha256_of(MODELS_DIR / read_entry("identity-1")["file"])
    out.write_text(json.dumps({"sha256": sha256, "cases": cases}) + "\n", encoding="utf-8")
    print(f"{out.name}: {len(cases)} cases")


if __name__ == "__main__":
    main()
