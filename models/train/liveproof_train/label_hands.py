"""Labels hands with the teacher: mediapipe 0.10.21's 21 hand landmarks, for cut-outs and proposals of outlines.

    python -m liveproof_train.label_hands stills     # train and val stills
    python -m liveproof_train.label_hands clips      # train and val clips, a few frames a second

Writes labels/hands/stills.npz and labels/hands/clips/*.npz under the cache; what is there is not made again. Rows of
`hand`: 21 points in pixels of the picture (wrist, then thumb to little finger, four each), `owner` the row of
`path` (stills) or of `time_s` (clips), `score` the teacher's handedness score. Splits `dev`, `eval` and `pairs` are
never read. Runs in the teacher's own environment (requirements-teacher.txt).
"""
from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("GLOG_minloglevel", "2")
import av
import cv2
import mediapipe as mp
import numpy as np

from .paths import cache_dir, data_dir, manifest_rows

STILL_KINDS = {"still_face", "still_hand_face"}
CLIP_KINDS = {"talk_av", "talk_av_loose", "talk_silent", "portrait_silent", "clip_hand"}
FRAMES_PER_S = {"clip_hand": 10.0}  # others: 5
CONFIDENCE = 0.3  # low: GrabCut and a person's eye decide afterwards


def make_hands():
    """A teacher that treats every picture on its own."""
    return mp.solutions.hands.Hands(static_image_mode=True, max_num_hands=4, min_detection_confidence=CONFIDENCE)


def hands_of(net, rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All hands of a picture as [n, 21, 2] in its pixels, and their scores [n]."""
    got = net.process(np.ascontiguousarray(rgb))
    scale = np.array([rgb.shape[1], rgb.shape[0]], np.float32)
    points = [[(p.x, p.y) for p in hand.landmark] for hand in got.multi_hand_landmarks or []]
    scores = [h.classification[0].score for h in got.multi_handedness or []]
    return np.array(points, np.float32).reshape(-1, 21, 2) * scale, np.array(scores, np.float32)


def save(target: Path, **arrays: np.ndarray) -> None:
    """Written in one step, so that an interrupted run leaves no half file."""
    part = target.with_suffix(".part.npz")
    np.savez_compressed(part, **arrays)
    part.rename(target)


def label_stills() -> None:
    target = cache_dir("labels", "hands") / "stills.npz"
    if target.exists():
        return
    paths, splits, owners, points, scores = [], [], [], [], []
    with make_hands() as net:
        for row in manifest_rows({"train", "val"}, STILL_KINDS):
            bgr = cv2.imread(str(data_dir() / row["path"]))
            if bgr is None:
                continue
            hands, score = hands_of(net, bgr[:, :, ::-1])
            if len(hands):
                owners += [len(paths)] * len(hands)
                paths.append(row["path"])
                splits.append(row["split"])
                points.append(hands)
                scores.append(score)
                if len(paths) % 100 == 0:
                    print(len(paths), row["path"], flush=True)
    save(target, path=np.array(paths), split=np.array(splits), owner=np.array(owners),
         hand=np.concatenate(points), score=np.concatenate(scores))
    print(f"{len(paths)} stills with hands", flush=True)


def label_clips() -> None:
    folder = cache_dir("labels", "hands", "clips")
    with make_hands() as net:
        for row in manifest_rows({"train", "val"}, CLIP_KINDS):
            target = folder / (row["path"].replace("/", "__") + ".npz")
            if target.exists():
                continue
            times, frames, owners, points, scores, due = [], [], [], [], [], 0.0
            with av.open(str(data_dir() / row["path"])) as container:
                stream = container.streams.video[0]
                stream.thread_count = 1
                for number, frame in enumerate(container.decode(stream)):
                    time_s = float(frame.time or 0.0)
                    if time_s < due:
                        continue
                    due = time_s + 1 / FRAMES_PER_S.get(row["kind"], 5.0) - 1e-3
                    hands, score = hands_of(net, frame.to_ndarray(format="rgb24"))
                    owners += [len(times)] * len(hands)
                    times.append(time_s)
                    frames.append(number)
                    points.append(hands)
                    scores.append(score)
            save(target, path=np.array(row["path"]), split=np.array(row["split"]), kind=np.array(row["kind"]),
                 time_s=np.array(times), frame=np.array(frames), owner=np.array(owners, int),
                 hand=np.concatenate(points), score=np.concatenate(scores))
            print(row["path"], len(times), "frames,", len(owners), "hands", flush=True)


if __name__ == "__main__":
    {"stills": label_stills, "clips": label_clips}[sys.argv[1]]()
