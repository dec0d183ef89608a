"""OpenCV's Haar cascade against det-1 over a clip, one picture a second, in turn: processor time, as one line of JSON.

    python benches/peers/haar.py CLIP [--models models] | --check

Whole pictures, as both are used to find a face; det-1 through `loop.py`, conversion to RGB and scaling included. Both found
it where the cascade's best box holds the centre of det-1's and the other way round.
"""
from __future__ import annotations

import argparse
import json
import pathlib
import resource
import sys

import cv2

LEAST_FACE_PX = 60


def main() -> None:
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
    if "--check" in sys.argv:
        sys.exit(cascade.empty())
    from loop import detect, session

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip")
    parser.add_argument("--models", type=pathlib.Path, default=pathlib.Path("models"))
    args = parser.parse_args()
    cv2.setNumThreads(1)
    det, video = session(args.models, "det-1"), cv2.VideoCapture(args.clip, cv2.CAP_FFMPEG)
    used = lambda: sum(resource.getrusage(resource.RUSAGE_SELF)[:2])  # noqa: E731
    count, found, both, spent, looked = 0, {"haar": 0, "det": 0}, 0, {"haar": 0.0, "det": 0.0}, -1e9
    while video.grab():
        now = video.get(cv2.CAP_PROP_POS_MSEC) / 1e3
        if now - looked < 1.0:
            continue
        ok, bgr = video.retrieve()
        if not ok:
            break
        looked, count, before = now, count + 1, used()
        faces = cascade.detectMultiScale(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), 1.1, 5, minSize=(LEAST_FACE_PX, LEAST_FACE_PX))
        between = used()
        own = detect(det, cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
        spent["haar"] += between - before
        spent["det"] += used() - between
        largest = max(faces, key=lambda f: f[2] * f[3], default=None)
        found["haar"] += largest is not None
        found["det"] += own is not None
        if largest is not None and own is not None:
            a, b = [float(v) for v in (largest[0], largest[1], largest[0] + largest[2], largest[1] + largest[3])], own[0]
            holds = lambda box, of: box[0] <= (of[0] + of[2]) / 2 <= box[2] and box[1] <= (of[1] + of[3]) / 2 <= box[3]  # noqa: E731
            both += bool(holds(a, b) and holds(b, a))
    print(json.dumps({"pictures": count, "haar_found": found["haar"], "det_found": found["det"], "at_the_same_place": both,
                      **{f"{k}_ms_per_picture": 1e3 * v / max(count, 1) for k, v in spent.items()}}))


if __name__ == "__main__":
    main()
