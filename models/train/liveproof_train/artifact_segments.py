"""Forged segments as a service sees them: real clips forged with their behaviour in time, through real video codecs.

What the made read-out (artifact_made.py) is fitted on. Random chains on single pictures are harsher than one codec of a call:
fitted on them, its scale did not fit mild ones. Here spans of the real clips (of `train`, and the camera panels of `pairs`) are forged
by every family and filtered by every filter, with lag, jitter, drop-outs and flicker; original and copies go through
the same encoder (synth/codecs.py), and the looks that the service would take of the decoded frames are kept as region
statistics. Stills, which are many more people, go through the same encoders as a few frames of a camera that hardly
moves.

One file per clip; a kind that is missing in it is made up for.

    python -m liveproof_train.artifact_segments [--stills] [--shard I --shards N]
"""
from __future__ import annotations

import argparse
import json
import zlib
from pathlib import Path

import cv2
import numpy as np

from .artifact_features import Extractor, save
from .artifact_stills import still_clip, train_rows
from .frames import frames
from .native import ART_PX, ART_SCALE, face_in_crop, native_crop
from .pack_artifact import PACK_PX
from .paths import cache_dir, data_dir, manifest_rows
from .preprocess import crop_from_points, crop_picture
from .reviewed import NONE
from .serving import Detector, Landmarks, Tracker
from .spans import LEAD_S, Span, held_still, starts, windowed
from .synth.codecs import Codec
from .synth.filters import FILTERS
from .synth.forge import FAMILIES, PINS
from .synth.poor import POOR
from .synth.temporal import ClipForger, seed_of

LOOKS_HZ = 5.0
SPAN_S = 2.4            # of a segment of three seconds, and every second frame of a fast camera: what two cores can forge
MOST_FPS = 16.0
LEAST_LOOKS = 6         # ASL and GRID clips are shorter than a segment
CODECS = 1              # of each segment, drawn once for all kinds
STILLS_PER_SOURCE, STILL_FAMILIES = 700, 2   # many people, each forged by some of the families


def spans(path: Path, duration_s: float, nets: tuple[Detector, Landmarks]) -> list[Span]:
    """The clip's segments, tracked from a little before their beginning."""
    begins, out = starts(duration_s), []
    found: list[tuple[list, list, list, Tracker]] = [([], [], [], Tracker(*nets)) for _ in begins]
    last, every_s = -1e9, 0.0
    for number, (at, rgb) in enumerate(frames(path)):
        if number == 1 and at - last < 0.99 / MOST_FPS:
            every_s = 1.5 * (at - last)    # every second frame
        if number > 1 and at - last < every_s:
            continue
        last = at
        for begin, (times, pictures, points, tracker) in zip(begins, found):
            if begin <= at < begin + LEAD_S + SPAN_S:
                marks = tracker(rgb)
                times.append(at - begin)
                pictures.append(rgb)
                points.append(marks.points if marks else None)
        if at >= begins[-1] + LEAD_S + SPAN_S:
            break
    for kept in found:
        if len(kept[0]) >= 10 and (span := windowed(*kept[:3])):
            out.append(span)
    return out


def look_at(span: Span, shown: list[np.ndarray], landmarks: Landmarks, extract: Extractor) -> np.ndarray:
    """[looks, F] statistics of the decoded frames; the face is found again in them, near where it was."""
    scale, seen, due = shown[0].shape[0] / span.rgb[0].shape[0], [], LEAD_S if span.at_s[-1] > 2 * LEAD_S + 1 else 0.0
    for at, rgb, points in zip(span.at_s, shown, span.points):
        if at < due - 1e-3 or points is None:
            continue
        due = max(due, at - 0.5 / LOOKS_HZ) + 1 / LOOKS_HZ
        marks = landmarks(rgb, crop_from_points(points * scale))
        if marks.face >= landmarks.threshold:
            crop = native_crop(marks.points, ART_PX, ART_SCALE)
            seen.append((np.rint(crop_picture(rgb, crop, ART_PX)).astype(np.float32), face_in_crop(marks.points, crop)))
    return extract(seen) if len(seen) >= LEAST_LOOKS else np.zeros((0, 0), np.float32)


def forged_frames(span: Span, kind: str, seed: int) -> list[np.ndarray]:
    """The span's frames as they leave the forger or filter, or a poor camera; as they are for NONE."""
    if kind == NONE:
        return span.rgb
    if kind in POOR:
        change = POOR[kind](np.random.default_rng(seed))
        return [change(rgb) for rgb in span.rgb]
    forger = ClipForger({**FAMILIES, **FILTERS}[kind], seed, pin=PINS.get(kind))
    return [forger(at, rgb, points)[0] for at, rgb, points in zip(span.at_s, span.rgb, span.points)]


def segments_of(about: dict, kinds: list[str], nets: tuple[Detector, Landmarks], extract: Extractor) -> dict[str, np.ndarray]:
    """`KIND:SEGMENT:CODEC` -> [looks, F] of a clip, and `codec:SEGMENT:CODEC` -> what the codec was."""
    out, name = {}, about["name"]
    for w, span in enumerate(spans(data_dir() / about["path"], about["duration_s"], nets)):
        codecs = [Codec.draw(np.random.default_rng(seed_of(name, str(w), str(c))), span.face_px) for c in range(CODECS)]
        for kind in kinds:
            made = forged_frames(span, kind, seed_of(name, kind, str(w)))
            for c, codec in enumerate(codecs):
                looks = look_at(span, codec.shown(made, span.rate), nets[1], extract)
                if len(looks):
                    out[f"{kind}:{w}:{c}"] = looks.astype(np.float32)
                    out[f"codec:{w}:{c}"] = np.array(json.dumps(codec.about() | {"face_px": span.face_px * codec.scale}))
    return out


def clip_rows() -> list[dict]:
    """Packed real clips, with their duration."""
    duration = {r["path"]: float(r["duration_s"] or 0) for r in manifest_rows({"train", "val", "pairs"})}
    index = json.loads((cache_dir("packs", "artifact") / "index.json").read_text())
    return [r | {"duration_s": duration[r["path"]]} for r in index if r["samples"] and r["label"] == "real"]


def all_clips(shard: int, shards: int, splits: set[str]) -> None:
    folder, extract, nets = cache_dir("packs", "artifact_segments"), Extractor(), (Detector(), Landmarks())
    rows = sorted((r for r in clip_rows() if r["split"] in splits), key=lambda r: zlib.crc32(r["name"].encode()))
    for row in rows[shard::shards]:
        path = folder / f"{row['name']}.npz"
        have = dict(np.load(path)) if path.exists() else {}
        done = set(str(k) for k in have.pop("done", []))
        missing = [k for k in (NONE, *FAMILIES, *FILTERS, *POOR) if k not in done]
        if missing:
            have |= segments_of(row, missing, nets, extract)
            save(path, have | {"done": np.array(sorted(done | set(missing)))})
            print(row["name"], *missing, flush=True)


def all_stills(shard: int, shards: int) -> None:
    """_stills.SHARD.npz: `rows` [n, F] with `family` (NONE: as it is), `path` and `face_px`."""
    nets, extract = (Detector(), Landmarks()), Extractor()
    path = cache_dir("packs", "artifact_segments") / f"_stills.{shard}.npz"
    kept: dict[str, list] = {k: [] for k in ("rows", "family", "path", "face_px")}
    for row in train_rows(STILLS_PER_SOURCE)[shard::shards]:
        clip = still_clip(data_dir() / row["path"], nets, row)
        if clip is None:
            continue
        rgb, points = clip.picture(0), clip.points[0] * PACK_PX
        draw = np.random.default_rng(zlib.crc32(row["path"].encode()))
        codec, noise = Codec.draw(draw, float(np.ptp(points, axis=0).max())), draw.uniform(0, 2)
        motion = int(draw.integers(2 ** 32))
        for kind in (NONE, *draw.choice(list(FAMILIES), STILL_FAMILIES, replace=False), str(draw.choice(list(FILTERS)))):
            made = rgb if kind == NONE else {**FAMILIES, **FILTERS}[kind](np.random.default_rng(seed_of(row["path"], kind)), rgb, points).rgb
            shown = codec.shown(held_still(np.random.default_rng(motion), made, noise), 25.0)[-1]
            marks = nets[1](shown, crop_from_points(points * codec.scale))
            if marks.face < nets[1].threshold:
                continue
            crop = native_crop(marks.points, ART_PX, ART_SCALE)
            kept["rows"].append(extract([(np.rint(crop_picture(shown, crop, ART_PX)).astype(np.float32), face_in_crop(marks.points, crop))])[0])
            for key, value in (("family", kind), ("path", row["path"]), ("face_px", clip.about["face_px"] * codec.scale)):
                kept[key].append(value)
    save(path, {k: np.array(v) for k, v in kept.items()})
    print(f"{path}: {len(kept['path'])} pictures")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stills", action="store_true", help="stills in place of clips")
    parser.add_argument("--splits", default="train,pairs")
    parser.add_argument("--shard", type=int, default=0)
    parser.add_argument("--shards", type=int, default=1)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    if args.stills:
        return all_stills(args.shard, args.shards)
    all_clips(args.shard, args.shards, set(args.splits.split(",")))


if __name__ == "__main__":
    main()
