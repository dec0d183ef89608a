"""Composes hand challenges over real clips: genuine ones, ones over which a swap is painted, ones that are not performed.

    python -m liveproof_train.hand_passes --split val          # into LIVEPROOF_CACHE/passes/val
    python -m liveproof_train.hand_passes --split train

Every clip of a person holds the same composed hand chain (synth/hand_layer.py), genuine or not, so that its own traces say
nothing of the class; a swap (synth/forge.py, with its behaviour in time) covers the whole clip and is painted after
the hand by one of the ways of synth/over_hand.py. Then all go through the same light, noise and x264. Beside each
mp4 lie its events file (docs/events.md) and a truth file; list.csv is read by `liveproof evaluate`. Hands of `train`
people are used in train only. Composed, not filmed: a real hand pass has never been measured. Never committed.
"""
from __future__ import annotations

import argparse
import csv
import json
import shutil
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from .hand_sprites import hand_of
from .paths import cache_dir, data_dir, manifest_rows
from .synth.forge import FAMILIES, PINS
from .synth.hand_layer import Look, grain_of, in_colours, lay, near_size
from .synth.hand_motion import PROMPT_S, REFUSALS, Plan, draw_plan, spans_above
from .synth.hands import Hand
from .synth.masks import hull
from .synth.over_hand import UNAWARE, WAYS, Moment
from .synth.temporal import ClipForger, seed_of

KINDS = ("talk_av", "talk_av_loose", "talk_silent", "portrait_silent")
HEIGHT, WIDE = 360, 640       # largest picture; squarer clips are set before their own blurred surroundings
LEAST_S, MOST_S = 5.5, 7.6
SWAPS = ("decoder", "cross_identity", "realtime_paste", "decoder")
COVERED = 0.25                # share of the face's box under hand and forearm from which a pass counts (protocol)
HELD = 0.35                   # the same for a hold, 0.8 s and longer
LIST_HEAD = ("path", "label", "identity", "tool", "condition", "pair", "events")


@dataclass
class Window:
    """A stretch of a clip: pictures uint8 RGB, landmarks of each (None: no face), pictures a second."""

    name: str
    identity: str
    pictures: list[np.ndarray]
    points: list[np.ndarray | None]
    fps: float

    @property
    def seconds(self) -> float:
        return len(self.pictures) / self.fps


def set_before(rgb: np.ndarray) -> np.ndarray:
    """At most HEIGHT lines, and at least as wide as 16:9: what is missing is the picture's
    own edge, stretched and blurred."""
    scale = min(1.0, HEIGHT / rgb.shape[0])
    h, w = int(rgb.shape[0] * scale) // 2 * 2, int(rgb.shape[1] * scale) // 2 * 2
    small = cv2.resize(rgb, (w, h), interpolation=cv2.INTER_AREA) if scale < 1 else rgb[:h, :w]
    wanted = int(round(h * WIDE / HEIGHT)) // 2 * 2
    if w >= 0.95 * wanted:
        return np.ascontiguousarray(small)
    left = (wanted - w) // 2
    strip = max(2, w // 12)
    sides = [cv2.resize(cv2.GaussianBlur(part, (0, 0), 0.03 * h), (wide, h), interpolation=cv2.INTER_LINEAR)
             for part, wide in ((small[:, :strip], left), (small[:, -strip:], wanted - w - left))]
    return np.concatenate((sides[0], small, sides[1]), 1)


def there_and_back(items: list, length: int) -> list:
    """The first `length` of the items played forwards, backwards, forwards ..."""
    turn = items + items[-2:0:-1]
    return [turn[i % len(turn)] for i in range(length)]


@dataclass(frozen=True)
class Tracked:
    """Times in the clip (seconds), pictures and landmarks of a stretch of it."""

    times: list[float]
    pictures: list[np.ndarray]
    points: list[np.ndarray | None]


def tracked(row: dict[str, str], from_s: float = 0.0, most_s: float = float("inf")) -> Tracked:
    """A clip from `from_s` on, at the challenges' size, tracked by the served nets."""
    from .frames import frames
    from .serving import Detector, Landmarks, Tracker

    tracker, out = Tracker(Detector(), Landmarks()), Tracked([], [], [])
    for at_s, rgb in frames(data_dir() / row["path"]):
        if at_s < from_s - 1e-3:
            continue
        if at_s >= from_s + most_s or len(out.pictures) >= most_s * float(row["fps"]):
            break
        picture = set_before(rgb)
        marks = tracker(picture)
        out.times.append(at_s)
        out.pictures.append(picture)
        out.points.append(marks.points if marks else None)
    return out


def played_back(window: Window) -> Window:
    """As long as a challenge needs: the window's pictures forwards, backwards, forwards ..."""
    length = int(MOST_S * window.fps * 0.9)
    return replace(window, pictures=there_and_back(window.pictures, length), points=there_and_back(window.points, length))


def window_of_clip(row: dict[str, str], from_s: float = 0.0) -> Window:
    """Up to MOST_S of a clip from `from_s`; short clips are played there and back."""
    seen = tracked(row, from_s, MOST_S)
    window = Window(f"{Path(row['path']).stem}@{from_s:.0f}", row["identity"] or row["path"], seen.pictures, seen.points, float(row["fps"]))
    return played_back(window) if window.seconds < LEAST_S else window


def usual_face(points: list[np.ndarray | None]) -> np.ndarray:
    """x0, y0, x1, y1: medians of the landmarks' box through the window."""
    boxes = [np.r_[p.min(0), p.max(0)] for p in points if p is not None]
    return np.median(boxes, axis=0)


def cheek_colour(window: Window) -> np.ndarray:
    """Median CIE Lab of the face's lighter half, a few pictures."""
    found = []
    for i in range(0, len(window.pictures), max(1, len(window.pictures) // 8)):
        p = window.points[i]
        if p is not None:
            inside = hull(p, window.pictures[i].shape[:2], "full") > 0
            lab = cv2.cvtColor(window.pictures[i].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[inside]
            found.append(np.median(lab[lab[:, 0] > np.median(lab[:, 0])], axis=0))
    return np.median(found, axis=0)


@dataclass
class Scene:
    """A window with a hand before it: pictures with the hand (uint8), its opacity, covered share of the face's box."""

    pictures: list[np.ndarray]
    alpha: list[np.ndarray | None]
    covered: np.ndarray


def compose(window: Window, plan: Plan, hand: Hand, look: Look, seed: int) -> Scene:
    """Lays the planned hand over every picture."""
    rng = np.random.default_rng(seed)
    box, grain = usual_face(window.points), grain_of(window.pictures[0])
    scene = Scene([], [], np.zeros(len(window.pictures)))
    for i, rgb in enumerate(window.pictures):
        picture, alpha = lay(rgb, plan, i / window.fps, 1 / window.fps, hand, look, box, grain, rng)
        scene.pictures.append(picture)
        scene.alpha.append(alpha)
        if alpha is not None:
            own = window.points[i] if window.points[i] is not None else box.reshape(2, 2)
            x0, y0, x1, y1 = (int(v) for v in np.clip(np.r_[own.min(0), own.max(0)], 0, None))
            part = alpha[y0:y1, x0:x1]
            scene.covered[i] = float((part > 0.5).mean()) if part.size else 0.0
    return scene


def swap_over(window: Window, scene: Scene, family: str, way: str, seed: int) -> tuple[list[np.ndarray], dict]:
    """The whole window swapped, the swap painted after the hand. Pictures, and what was drawn."""
    rng = np.random.default_rng(seed)
    forger = ClipForger(FAMILIES[family], seed, None, PINS.get(family))
    paint, out = WAYS[way](rng), []
    for i, rgb in enumerate(window.pictures):
        swapped, mask = forger(i / window.fps, rgb, window.points[i])
        if scene.alpha[i] is None:
            out.append(swapped)
            continue
        points = window.points[i]
        if points is None:
            out.append(scene.pictures[i])
            continue
        face = hull(points, mask.shape, "full")
        share = float((face * scene.alpha[i]).sum() / max(face.sum(), 1.0))
        out.append(paint(Moment(rgb.astype(np.float32), scene.pictures[i].astype(np.float32), swapped.astype(np.float32), mask,
                                scene.alpha[i], points, share)))
    return out, forger.about()


@dataclass(frozen=True)
class Chain:
    """Camera and codec, the same for every member of a window: gain, gamma, noise (grey levels), x264 rate factor."""

    gain: float
    gamma: float
    noise: float
    crf: int

    @staticmethod
    def draw(rng: np.random.Generator) -> "Chain":
        return Chain(rng.uniform(0.9, 1.08), rng.uniform(0.92, 1.1), rng.uniform(0, 2), int(rng.integers(19, 28)))

    def __call__(self, picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        levels = (255 * (np.arange(256) / 255) ** self.gamma * self.gain).astype(np.float32)
        out = np.interp(picture, np.arange(256), levels) if picture.dtype != np.uint8 else levels[picture]
        out = out + self.noise * rng.standard_normal(picture.shape, np.float32)
        return np.clip(np.rint(out), 0, 255).astype(np.uint8)


def encode(path: Path, pictures: list[np.ndarray], fps: float, crf: int) -> None:
    """H.264, no sound."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001),
                                      options={"crf": str(crf), "preset": "veryfast", "threads": "1", "x264-params": "mbtree=0"})
        stream.height, stream.width, stream.pix_fmt = *pictures[0].shape[:2], "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        container.mux(stream.encode(None))


def challenge_event(plan: Plan, at_s: float = 0.0) -> dict:
    """The challenge as a platform marks it, of a plan that begins at `at_s`."""
    return {"time_ms": round(1000 * (at_s + PROMPT_S), 1), "type": "challenge", "id": "h1", "kind": plan.kind,
            "deadline_ms": round(1000 * (at_s + plan.deadline_s), 1), "count": plan.count}


def events_of(plan: Plan) -> dict:
    """The events file beside the clip: what a platform would hand over."""
    return {"version": 1, "participants": [{"id": "candidate", "role": "candidate"}],
            "tracks": [{"stream": 0, "id": "camera", "participant": "candidate"}],
            "events": [challenge_event(plan)]}


def truth_of(plan: Plan, window: Window, scene: Scene, hand: Hand, made: dict) -> dict:
    """What was really done; never read by the program."""
    times = np.arange(len(scene.covered)) / window.fps
    return {"version": 1, "composed": True, "clip": window.name, "identity": window.identity, "kind": plan.kind,
            "count": plan.count, "performed": plan.performed, "done": plan.done, "prompt_end_s": PROMPT_S,
            "deadline_s": plan.deadline_s, "onset_s": plan.onset_s, "crossings_s": plan.crossings, "held_s": plan.held,
            "covered_s": spans_above(times, scene.covered, COVERED), "most_covered": float(scene.covered.max(initial=0.0)),
            "hand": hand.source, "fps": window.fps, **made}


def draw_look(rng: np.random.Generator, window: Window, hand: Hand) -> tuple[Look, Hand]:
    """A hand of plausible size for the window's face, in about the colour of its skin."""
    box = usual_face(window.points)
    width = float(box[2] - box[0])
    look = Look(width * rng.uniform(1.05, 1.55), rng.uniform(0.5, 1.5) * max(0.5, width / 160), rng.uniform(0.25, 0.7), rng.uniform(0.1, 0.35))
    loose = 1.0 if rng.random() < 0.8 else 2.5      # light on a hand differs from light on a face
    hand = in_colours(hand, cheek_colour(window) + loose * rng.normal(0, (4, 1.5, 2)))
    return look, near_size(hand, look.length_px)


def members(per: tuple[int, int, int], turn: int) -> list[tuple[str, str, str]]:
    """(class, way or refusal, swap family) of each clip made of a window; `turn` rotates ways, refusals and families."""
    ways, out = list(WAYS), [("genuine", "", "")] * per[0]
    if per[0] > 1:
        out[-1] = ("genuine_reencoded", "", "")
    for k in range(per[1]):
        n = turn * per[1] + k
        out.append(("swapped", ways[n % len(ways)], SWAPS[(n // len(ways) + n) % len(SWAPS)]))
    return out + [("not_performed", REFUSALS[(turn * per[2] + k) % len(REFUSALS)], "") for k in range(per[2])]


def plan_for(kind: str, what: str, rng: np.random.Generator, window: Window, hand: Hand) -> tuple[Plan, Scene]:
    """A plan whose composed pictures do what it says: performed ones cover the face as the protocol demands, refused ones
    do not. RuntimeError when ten draws did not."""
    for _ in range(10):
        plan = draw_plan(rng, window.seconds, what if kind == "not_performed" else "performed")
        look, own = draw_look(rng, window, hand)
        scene = compose(window, plan, own, look, int(rng.integers(2 ** 31)))
        times = np.arange(len(scene.covered)) / window.fps
        if plan.performed:
            passed = spans_above(times, scene.covered, COVERED)
            held = max((b - a for a, b in spans_above(times, scene.covered, HELD)), default=0.0)
            if held >= 0.85 if plan.kind == "hand_hold" else len(passed) == plan.count and scene.covered.max() > 0.3:
                return plan, scene
        elif what not in ("beside", "grazing") or scene.covered.max() < 0.18:
            return plan, scene
    raise RuntimeError(f"{window.name}: no plan for {kind} {what} fits")


def make(window: Window, kind: str, what: str, family: str, split: str, folder: Path, chain: Chain) -> dict[str, str]:
    """One clip with its events and truth; its line of the list."""
    name = "-".join(p for p in (window.name, kind, what, family) if p)
    seed = seed_of("hand_passes", split, name)
    out = folder / f"{name}.mp4"
    line = {"path": out.name, "label": "fake" if kind == "swapped" else "real", "identity": window.identity,
            "tool": what if kind == "swapped" else "", "condition": kind, "pair": "", "events": f"{name}.events.json"}
    if out.with_suffix(".truth.json").exists():
        return line
    rng = np.random.default_rng(seed)
    hand = hand_of(split, rng)
    plan, scene = plan_for(kind, what, rng, window, hand)
    made: dict = {"class": kind, "seed": seed, "crf": chain.crf}
    pictures = scene.pictures
    if kind == "swapped":
        pictures, about = swap_over(window, scene, family, what, seed)
        made |= {"way": what, "family": family, **about}
    noise = np.random.default_rng(seed + 1)
    done = [chain(p, noise) for p in pictures]
    if kind == "genuine_reencoded":
        from .frames import frames

        first = folder / f".{name}.first.mp4"
        encode(first, done, window.fps, chain.crf)
        done = [rgb for _, rgb in frames(first)]
        first.unlink()
    encode(out, done, window.fps, chain.crf)
    (folder / f"{name}.events.json").write_text(json.dumps(events_of(plan), indent=1) + "\n")
    out.with_suffix(".truth.json").write_text(json.dumps(truth_of(plan, window, scene, hand, made), indent=1) + "\n")
    return line


def rows_of(split: str) -> list[dict[str, str]]:
    """Clips of the split with a face that fits; of a split's long clips one window each."""
    return [r for r in manifest_rows({split}, set(KINDS)) if float(r["duration_s"]) >= 2.0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--split", required=True, choices=["train", "val"])
    parser.add_argument("--per", default="2,2,1", help="genuine, swapped and not performed clips of each window")
    parser.add_argument("--from-s", type=float, default=0.0, help="where in each clip the window begins")
    parser.add_argument("--rounds", type=int, default=1, help="how often every clip is drawn anew, other hands and swaps each time")
    parser.add_argument("--only", default="", help="clips whose name holds this")
    parser.add_argument("--out", type=Path, help="folder, default LIVEPROOF_CACHE/passes/SPLIT")
    parser.add_argument("--afresh", action="store_true", help="make again what is there")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    folder = args.out or cache_dir("passes", args.split)
    if args.afresh and folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    per = tuple(int(v) for v in args.per.split(","))
    lines: list[dict[str, str]] = []
    rows = rows_of(args.split)
    for turn, row in enumerate(rows):
        if args.only and args.only not in row["path"]:
            continue
        first = window_of_clip(row, args.from_s)
        if sum(p is None for p in first.points) > 0.2 * len(first.points):
            print(f"{first.name}: no face in too many pictures, left out", flush=True)
            continue
        for round_ in range(args.rounds):
            # By its name a further round draws other hands, movements and swaps, and another camera chain.
            window = replace(first, name=f"{first.name}.{round_}") if round_ else first
            chain = Chain.draw(np.random.default_rng(seed_of("chain", window.name)))
            # A round further, a clip meets other ways of painting too.
            for kind, what, family in members(per, turn + round_ * (len(rows) + 1)):
                try:
                    lines.append(make(window, kind, what, family, args.split, folder, chain))
                except RuntimeError as no_plan:
                    print(no_plan, flush=True)
            print(f"{window.name}: {len(lines)} clips so far", flush=True)
        with open(folder / "list.csv", "w", newline="", encoding="utf-8") as handle:
            writer = csv.DictWriter(handle, LIST_HEAD)
            writer.writeheader()
            writer.writerows(lines)


if __name__ == "__main__":
    main()
