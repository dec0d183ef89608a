"""Label faces with the teacher: mediapipe 0.10.21's face mesh with refined lips and eyes.

    python -m liveproof_train.label_teacher stills        # train and val stills
    python -m liveproof_train.label_teacher clips         # every frame of train and val clips
    python -m liveproof_train.label_teacher possible      # val stills: faces that may be there

Writes compact npz files under the cache; what is there already is not made again. Splits `dev`
and `eval` are never read. The label of a face is the mean of the teacher's answers on the
picture and on its mirror image; their difference (in % of inter-ocular distance) is stored
as `flip_error`, and later stages keep only faces below 2 %.

Runs in the teacher's own environment (requirements-teacher.txt).
"""
from __future__ import annotations

import argparse
import os
import sys
import time

os.environ.setdefault("GLOG_minloglevel", "2")
import av
import cv2
import mediapipe as mp
import numpy as np
from scipy.optimize import linear_sum_assignment

from .mesh import POINTS_96, SLICES
from .paths import cache_dir, data_dir, manifest_rows

CLIP_KINDS = {"talk_av", "talk_av_loose", "talk_silent", "portrait_silent", "clip_hand"}
STILL_KINDS = {"still_face", "still_hand_face"}
PRESENCE = 0.9  # the teacher's own presence threshold
CROP_PX = 384  # side of the upscaled crop that a found face is labelled on again
CHUNK = 250


def make_mesh(static: bool, faces: int):
    """A teacher instance; `static` treats every picture on its own."""
    return mp.solutions.face_mesh.FaceMesh(
        static_image_mode=static, max_num_faces=faces, refine_landmarks=True,
        min_detection_confidence=0.5, min_tracking_confidence=PRESENCE)


def run_mesh(net, rgb: np.ndarray) -> np.ndarray:
    """All faces of a picture as [faces, 468, 3] in its pixels (z in pixels as well)."""
    found = net.process(np.ascontiguousarray(rgb)).multi_face_landmarks or []
    height, width = rgb.shape[:2]
    scale = np.array([width, height, width], np.float32)
    return np.array([[(p.x, p.y, p.z) for p in face.landmark[:468]] for face in found],
                    np.float32).reshape(-1, 468, 3) * scale


def mirror_order(crops: list[np.ndarray], net) -> np.ndarray:
    """Which mesh row becomes which in a mirror image, learned from the teacher itself."""
    cost = np.zeros((468, 468))
    for crop in crops:
        one, two = run_mesh(net, crop), run_mesh(net, crop[:, ::-1])
        if len(one) != 1 or len(two) != 1:
            continue
        two[..., 0] = crop.shape[1] - two[..., 0]
        cost += np.linalg.norm(one[0][:, None] - two[0][None], axis=-1)
    order = linear_sum_assignment(cost)[1]
    assert order[33] == 263 and order[61] == 291 and order[4] == 4, "mirror order not found"
    assert (order[order] == np.arange(468)).all(), "mirror order is not its own inverse"
    return order


class Labeller:
    """Labels pictures with and without mirroring."""

    def __init__(self, order: np.ndarray):
        self.order = order
        self.many = make_mesh(True, 6)
        self.one = make_mesh(True, 1)

    def both_ways(self, net, flip_net, rgb: np.ndarray) -> tuple[np.ndarray, float] | None:
        """The mean of picture and mirror image, and their mean distance in % of eye distance."""
        straight, mirrored = run_mesh(net, rgb), run_mesh(flip_net, rgb[:, ::-1])
        if len(straight) != 1 or len(mirrored) != 1:
            return None
        back = mirrored[0][self.order]
        back[:, 0] = rgb.shape[1] - back[:, 0]
        mean = (straight[0] + back) / 2
        eyes = np.linalg.norm(mean[33, :2] - mean[263, :2]) + 1e-6
        gap = np.linalg.norm(straight[0][POINTS_96, :2] - back[POINTS_96, :2], axis=1).mean()
        return mean, float(100 * gap / eyes)

    def find(self, rgb: np.ndarray) -> np.ndarray:
        """Faces found in the picture, padded or enlarged where that is what it takes."""
        height, width = rgb.shape[:2]
        pad = max(height, width) // 3
        for grow, border in ((1, 0), (1, pad), (2, 0)):
            view = cv2.copyMakeBorder(rgb, border, border, border, border, cv2.BORDER_REPLICATE)
            view = cv2.resize(view, None, fx=grow, fy=grow) if grow != 1 else view
            faces = run_mesh(self.many, view)
            if len(faces):
                faces = faces / grow
                faces[..., :2] -= border
                return faces
        return np.zeros((0, 468, 3), np.float32)

    def still(self, rgb: np.ndarray) -> list[tuple[np.ndarray, float]]:
        """Every face of a still, labelled again on its own upscaled crop.

        A face that the second pass cannot confirm keeps its first label with an infinite
        flip error: it exists (so no one may call it background) but is no training label."""
        out = []
        for face in self.find(rgb):
            low, high = face[:, :2].min(0), face[:, :2].max(0)
            side = 1.9 * float((high - low).max())
            origin = (low + high) / 2 - side / 2
            scale = CROP_PX / side
            matrix = np.array([[scale, 0, -origin[0] * scale], [0, scale, -origin[1] * scale]])
            crop = cv2.warpAffine(rgb, matrix, (CROP_PX, CROP_PX), flags=cv2.INTER_LINEAR,
                                  borderMode=cv2.BORDER_REPLICATE)
            again = self.both_ways(self.one, self.one, crop)
            if again is None:
                out.append((face, float("inf")))
                continue
            mesh = again[0] / scale
            mesh[:, :2] += origin
            out.append((mesh, again[1]))
        return out


def load_order() -> np.ndarray:
    """The mirror order, from the cache or learned from the first stills."""
    path = cache_dir("labels") / "mirror_order.npy"
    if path.exists():
        return np.load(path)
    rows = manifest_rows({"train"}, {"still_face"})
    rows = [r for r in rows if r["path"].startswith("stills/lfw")][:60]
    crops = [cv2.imread(str(data_dir() / r["path"]))[:, :, ::-1] for r in rows]
    order = mirror_order(crops, make_mesh(True, 1))
    np.save(path, order)
    return order


def label_stills(labeller: Labeller, shard: int, shards: int) -> None:
    """Stills in chunks of CHUNK files: one npz per chunk."""
    rows = manifest_rows({"train", "val"}, STILL_KINDS)
    out_dir = cache_dir("labels", "stills")
    chunks = [rows[i:i + CHUNK] for i in range(0, len(rows), CHUNK)]
    for number, chunk in enumerate(chunks):
        out = out_dir / f"{number:04d}.npz"
        if number % shards != shard or out.exists():
            continue
        start, owner, mesh, flip, sizes = time.time(), [], [], [], []
        for row_number, row in enumerate(chunk):
            bgr = cv2.imread(str(data_dir() / row["path"]))
            if bgr is None:
                sizes.append((0, 0))
                continue
            sizes.append((bgr.shape[1], bgr.shape[0]))
            for points, error in labeller.still(np.ascontiguousarray(bgr[:, :, ::-1])):
                owner.append(row_number)
                mesh.append(points)
                flip.append(error)
        save(out, path=np.array([r["path"] for r in chunk]), split=np.array([r["split"] for r in chunk]),
             size=np.array(sizes, np.int32), owner=np.array(owner, np.int32),
             mesh=np.array(mesh, np.float32).reshape(-1, 468, 3), flip_error=np.array(flip, np.float32))
        print(f"{out.name}: {len(chunk)} stills, {len(owner)} faces, {time.time() - start:.0f} s", flush=True)


def possible_faces(rgb: np.ndarray, finders) -> np.ndarray:
    """[n, 4] boxes of whatever the teacher's detectors hold possible, in any of three views."""
    height, width = rgb.shape[:2]
    out = []
    for grow, x0, y0, x1, y1 in ((1, 0, 0, width, height), (2, 0, 0, width * 2 // 3, height), (2, width // 3, 0, width, height)):
        view = cv2.resize(rgb[y0:y1, x0:x1], None, fx=grow, fy=grow)
        for finder in finders:
            for found in finder.process(np.ascontiguousarray(view)).detections or []:
                box = found.location_data.relative_bounding_box
                low = np.array([box.xmin * (x1 - x0) + x0, box.ymin * (y1 - y0) + y0])
                out.append(np.r_[low, low + np.array([box.width * (x1 - x0), box.height * (y1 - y0)])])
    return np.array(out, np.float32).reshape(-1, 4)


def label_possible() -> None:
    """Val stills: faces that the mesh did not confirm but that no one should call background."""
    out = cache_dir("labels") / "possible-val.npz"
    if out.exists():
        return
    detection = mp.solutions.face_detection.FaceDetection
    finders = [detection(model_selection=kind, min_detection_confidence=0.3) for kind in (0, 1)]
    boxes, owner, paths = [], [], []
    for number, row in enumerate(manifest_rows({"val"}, STILL_KINDS)):
        bgr = cv2.imread(str(data_dir() / row["path"]))
        paths.append(row["path"])
        for box in possible_faces(np.ascontiguousarray(bgr[:, :, ::-1]), finders):
            boxes.append(box)
            owner.append(number)
    save(out, path=np.array(paths), owner=np.array(owner, np.int32), box=np.array(boxes, np.float32).reshape(-1, 4))
    print(f"{len(boxes)} possible faces in {len(paths)} val stills")


def save(target, /, **arrays) -> None:
    """Writes an npz in one step, so that an interrupted run leaves no half file."""
    part = target.with_suffix(".part.npz")
    np.savez_compressed(part, **arrays)
    part.rename(target)


def frames_of(path):
    """Every frame of a clip as (time in seconds, RGB array)."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_count = 1
        for frame in container.decode(stream):
            yield float(frame.time or 0.0), frame.to_ndarray(format="rgb24")


def close_up(labeller: Labeller, path) -> tuple[int, int, int, int, float] | None:
    """x0, y0, x1, y1 and enlargement of a fixed crop when the face is small in the clip."""
    boxes, shape = [], None
    for number, (_, rgb) in enumerate(frames_of(path)):
        shape = rgb.shape
        if number % 15 == 0:
            boxes += [np.r_[f[:, :2].min(0), f[:, :2].max(0)] for f in labeller.find(rgb)[:1]]
    if not boxes or shape is None:
        return None
    boxes = np.array(boxes)
    face = float(np.median(boxes[:, 3] - boxes[:, 1]))
    if face > 0.3 * shape[0] and face > 120:
        return None
    low, high = np.percentile(boxes[:, :2], 2, 0) - 0.9 * face, np.percentile(boxes[:, 2:], 98, 0) + 0.9 * face
    x0, y0 = np.maximum(low, 0).astype(int)
    x1, y1 = np.minimum(high, [shape[1], shape[0]]).astype(int)
    return int(x0), int(y0), int(x1), int(y1), float(np.clip(220 / face, 1, 4))


def label_clip(labeller: Labeller, row: dict[str, str], out) -> None:
    """Every frame of a clip in the teacher's video mode, straight and mirrored."""
    path = data_dir() / row["path"]
    crop = close_up(labeller, path)
    straight, mirrored = make_mesh(False, 1), make_mesh(False, 1)
    mesh, flip, times, size = [], [], [], (0, 0)
    for time_s, rgb in frames_of(path):
        size = (rgb.shape[1], rgb.shape[0])
        view, scale, origin = rgb, 1.0, np.zeros(2, np.float32)
        if crop is not None:
            x0, y0, x1, y1, scale = crop
            view = cv2.resize(rgb[y0:y1, x0:x1], None, fx=scale, fy=scale)
            origin = np.array([x0, y0], np.float32)
        found = labeller.both_ways(straight, mirrored, view)
        points, error = found if found else (np.full((468, 3), np.nan, np.float32), float("inf"))
        points = points / scale
        points[:, :2] += origin
        mesh.append(points)
        flip.append(error)
        times.append(time_s)
    straight.close()
    mirrored.close()
    save(out, mesh=np.array(mesh, np.float32), flip_error=np.array(flip, np.float32),
         time_s=np.array(times), size=np.array(size), split=row["split"], path=row["path"], kind=row["kind"])


def label_clips(labeller: Labeller, shard: int, shards: int) -> None:
    """All train and val clips; one npz per clip."""
    rows = manifest_rows({"train", "val"}, CLIP_KINDS)
    for number, row in enumerate(rows):
        out = cache_dir("labels", "clips") / (row["path"].replace("/", "__") + ".npz")
        if number % shards != shard or out.exists():
            continue
        start = time.time()
        label_clip(labeller, row, out)
        with np.load(out) as got:
            good = got["flip_error"] < 2
            print(f"{row['path']}: {len(good)} frames, {good.mean():.1%} kept, median flip error "
                  f"{np.median(got['flip_error']):.2f} %, {time.time() - start:.0f} s", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("stills", "clips", "possible"))
    parser.add_argument("--shard", type=int, default=0)
    parser.add_argument("--shards", type=int, default=1)
    args = parser.parse_args()
    if args.what == "possible":
        label_possible()
        return 0
    labeller = Labeller(load_order())
    {"stills": label_stills, "clips": label_clips}[args.what](labeller, args.shard, args.shards)
    return 0


if __name__ == "__main__":
    sys.exit(main())
