"""mediapipe's face mesh over every picture of a clip: processor time, as one line of JSON.

    python benches/peers/mesh.py CLIP | --check
"""
from __future__ import annotations

import json
import resource
import sys

import cv2
import mediapipe as mp


def main() -> None:
    if sys.argv[1] == "--check":
        return
    cv2.setNumThreads(1)
    video = cv2.VideoCapture(sys.argv[1], cv2.CAP_FFMPEG)
    mesh = mp.solutions.face_mesh.FaceMesh(max_num_faces=1, refine_landmarks=False)
    count = found = 0
    in_mesh = 0.0
    used = lambda: sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    while True:
        ok, bgr = video.read()
        if not ok:
            break
        rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        before = used()
        result = mesh.process(rgb)
        in_mesh += used() - before
        count += 1
        found += result.multi_face_landmarks is not None
    print(json.dumps({"pictures": count, "with_a_face": found, "mesh_ms_per_picture": 1e3 * in_mesh / max(count, 1)}))


if __name__ == "__main__":
    main()
