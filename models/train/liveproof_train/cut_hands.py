"""Cuts hands out of train pictures: teacher landmarks -> hull -> GrabCut -> upright cut-outs with a forearm.

    python -m liveproof_train.cut_hands            # proposals and contact sheets in the cache
    python -m liveproof_train.cut_hands keep       # packs those that cutouts-dropped.json does not list

Only hands of split train that lie beside the face are cut (on a face, skin lies on skin and GrabCut has nothing to go
by), none of a picture that the evaluation withholds. A forearm is grown from the last rows above the sleeve or the
picture's edge. `cutouts-dropped.json` in the cache lists the numbers that were dropped after a look at the
sheets. Nothing of this leaves the cache.
"""
from __future__ import annotations

import json
import sys
from typing import Iterator

import cv2
import numpy as np

from .hand_outlines import withheld_identities
from .labels import clips, frames_of, read_rgb, stills
from .paths import cache_dir, manifest_rows

LENGTH_PX = 96.0  # wrist to middle fingertip of the upright picture
WIDTH, HEIGHT = 163, 413
ORIGIN = (WIDTH / 2, 1.22 * LENGTH_PX)  # place of the wrist, as in synth/hands.draw_hand
LEAST_PX, LEAST_SCORE = 34.0, 0.75
BONES = ((0, 1), (1, 2), (2, 3), (3, 4), (5, 6), (6, 7), (7, 8), (9, 10), (10, 11), (11, 12), (13, 14), (14, 15), (15, 16),
         (17, 18), (18, 19), (19, 20))
PALM = (0, 1, 2, 5, 9, 13, 17)


def hand_length(hand: np.ndarray) -> float:
    """Length of the stretched hand in pixels, from parts that foreshortening does not shorten together."""
    palm, across = np.linalg.norm(hand[0] - hand[9]), np.linalg.norm(hand[5] - hand[17])
    fingers = np.linalg.norm(np.diff(hand[9:13], axis=0), axis=1).sum()
    return float(np.clip(palm + fingers, max(2.2 * across, 1.9 * palm), 2.4 * palm + 2.2 * across))


def capsule_mask(hand: np.ndarray, shape: tuple[int, int], grow: float = 1.0) -> np.ndarray:
    """Hand area from its landmarks alone, uint8 0 or 255: thick bones and a thick palm; `grow` scales the thickness."""
    out = np.zeros(shape, np.uint8)
    unit = hand_length(hand)
    at = np.round(hand * 8).astype(np.int32)  # three fractional bits
    for a, b in BONES:
        thick = max(1, round(2 * grow * (0.065 if a < 3 else 0.056) * unit))
        cv2.line(out, at[a].tolist(), at[b].tolist(), 255, thick, cv2.LINE_8, 3)
    palm = cv2.convexHull(at[list(PALM)])
    cv2.fillConvexPoly(out, palm, 255, cv2.LINE_8, 3)
    cv2.polylines(out, [palm], True, 255, max(1, round(2 * grow * 0.05 * unit)), cv2.LINE_8, 3)
    return out


def upright(hand: np.ndarray, unit: float) -> np.ndarray:
    """2 x 3 matrix from picture pixels to the upright picture: wrist at ORIGIN, middle knuckle above it."""
    up = hand[9] - hand[0]
    turn = -np.pi / 2 - np.arctan2(up[1], up[0])
    scale = LENGTH_PX / unit
    c, s = scale * np.cos(turn), scale * np.sin(turn)
    move = np.array([[c, -s], [s, c]])
    return np.hstack((move, (np.array(ORIGIN) - move @ hand[0])[:, None]))


def cut(rgb: np.ndarray, hand: np.ndarray) -> np.ndarray | None:
    """Upright RGBA of one hand, or None where GrabCut finds nothing that looks like one."""
    matrix = upright(hand, hand_length(hand))
    window = cv2.warpAffine(rgb, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.warpAffine(np.full(rgb.shape[:2], 255, np.uint8), matrix, (WIDTH, HEIGHT)) > 127
    own = (hand @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
    core, near, far = (capsule_mask(own, (HEIGHT, WIDTH), g) > 0 for g in (0.55, 1.25, 2.6))
    state = np.full((HEIGHT, WIDTH), cv2.GC_BGD, np.uint8)
    state[far], state[near], state[core] = cv2.GC_PR_BGD, cv2.GC_PR_FGD, cv2.GC_FGD
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    arm = (y > ORIGIN[1]) & (y < ORIGIN[1] + 0.6 * LENGTH_PX) & (np.abs(x - ORIGIN[0]) < 0.24 * LENGTH_PX)
    state[arm & (state == cv2.GC_BGD)] = cv2.GC_PR_BGD
    state[(y > ORIGIN[1]) & (y < ORIGIN[1] + 0.18 * LENGTH_PX) & (np.abs(x - ORIGIN[0]) < 0.12 * LENGTH_PX) & ~core] = cv2.GC_PR_FGD
    state[~inside] = cv2.GC_BGD
    if (state == cv2.GC_FGD).sum() < 150:
        return None
    cv2.grabCut(np.ascontiguousarray(window[:, :, ::-1]), state, None, np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)
    mask = ((state == cv2.GC_FGD) | (state == cv2.GC_PR_FGD)).astype(np.uint8)
    mask = cv2.morphologyEx(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    count, parts, sizes, _ = cv2.connectedComponentsWithStats(mask)
    if count < 2:
        return None
    mask = (parts == 1 + int(sizes[1:, cv2.CC_STAT_AREA].argmax())).astype(np.uint8)
    agree = float((mask[near] > 0).mean()), float((mask[~far & (y < ORIGIN[1])] > 0).mean())
    if agree[0] < 0.62 or agree[1] > 0.02:
        return None
    return grow_arm(window, mask)


def grow_arm(window: np.ndarray, mask: np.ndarray) -> np.ndarray | None:
    """RGBA with the forearm continued to the bottom from the lowest rows that look like an arm."""
    top = int(ORIGIN[1])
    widths = mask[top:].sum(1)
    rows = np.flatnonzero((widths > 0.16 * LENGTH_PX) & (widths < 0.55 * LENGTH_PX))
    if len(rows) < 4 or rows[0] > 8:
        return None
    run = int(np.argmax(np.diff(np.r_[rows, 10 ** 6]) > 1))  # first unbroken run from the wrist down
    last = top + rows[min(run, int(0.5 * LENGTH_PX))] - 2
    out = np.dstack((window, mask * 255))
    strip = out[max(top - 4, last - 6):last].astype(np.float32)
    weight = (strip[..., 3:] > 0).astype(np.float32)
    colour = (strip[..., :3] * weight).sum(0) / np.maximum(weight.sum(0), 1e-3)
    columns = np.flatnonzero(weight[..., 0].mean(0) > 0.5)
    if len(columns) < 8:
        return None
    left, right = columns[0], columns[-1]
    for row in range(last, HEIGHT):
        wide = 1 + 0.45 * (row - last) / HEIGHT
        x = np.arange(WIDTH)
        middle = (left + right) / 2
        source = middle + (x - middle) / wide
        out[row, :, :3] = colour[np.clip(np.round(source), left, right).astype(int)]
        out[row, :, 3] = 255 * ((source >= left) & (source <= right))
    out[..., 3] = cv2.GaussianBlur(out[..., 3], (0, 0), 0.9)
    return out


def pictures() -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """(source, picture, hand) of every train hand that lies beside the face and is big and sure enough."""
    faces = dict(stills("train"))
    barred = withheld_identities()
    identity = {r["path"]: r["identity"] for r in manifest_rows({"train"})}
    with np.load(cache_dir("labels", "hands") / "stills.npz") as got:
        for i, path in enumerate(got["path"].tolist()):
            if str(got["split"][i]) != "train" or identity[path] in barred:
                continue
            mine = np.flatnonzero(got["owner"] == i)
            boxes = [f.box for f in faces.get(path, [])]
            for hand in (got["hand"][k] for k in mine if got["score"][k] >= LEAST_SCORE):
                if beside(hand, boxes):
                    yield path, read_rgb(path), hand
    for clip in clips("train"):
        file = cache_dir("labels", "hands", "clips") / (clip.path.replace("/", "__") + ".npz")
        with np.load(file) as got:
            wanted = {int(f): i for i, f in enumerate(got["frame"])}
            owner, hands, score = got["owner"], got["hand"], got["score"]
        for number, rgb in enumerate(frames_of(clip.path)):
            if number in wanted and number < len(clip.mesh):
                face = clip.face(number)
                boxes = [face.box] if face else []
                for k in np.flatnonzero(owner == wanted[number]):
                    if score[k] >= LEAST_SCORE and beside(hands[k], boxes):
                        yield f"{clip.path}#{number}", rgb, hands[k]


def beside(hand: np.ndarray, boxes: list[np.ndarray]) -> bool:
    """Big enough, and at most one landmark within a face."""
    if hand_length(hand) < LEAST_PX:
        return False
    return all(((hand > b[:2]) & (hand < b[2:])).all(1).sum() <= 1 for b in boxes)


def main() -> None:
    folder = cache_dir("packs", "hands")
    if sys.argv[1:] == ["keep"]:
        listed = folder / "cutouts-dropped.json"
        dropped = set(json.loads(listed.read_text())) if listed.exists() else set()
        with np.load(folder / "proposals.npz") as got:
            keep = [i for i in range(len(got["source"])) if i not in dropped]
            arrays = {f"png{n}": got[f"png{i}"] for n, i in enumerate(keep)}
            place = np.tile([*ORIGIN, ORIGIN[0], ORIGIN[1] - 0.3 * LENGTH_PX, LENGTH_PX], (len(keep), 1))
            np.savez(folder / "cutouts.npz", source=got["source"][keep], place=place, **arrays)
        print(f"kept {len(keep)} cut-outs, {(folder / 'cutouts.npz').stat().st_size / 1e6:.1f} MB")
        return
    found, sources = {}, []
    for source, rgb, hand in pictures():
        rgba = cut(rgb, hand)
        if rgba is not None:
            found[f"png{len(sources)}"] = cv2.imencode(".png", rgba[:, :, [2, 1, 0, 3]])[1]
            sources.append(source)
    np.savez(folder / "proposals.npz", source=np.array(sources), **found)
    print(f"{len(sources)} proposals")
    tiles = []
    for i in range(len(sources)):
        bgra = cv2.imdecode(found[f"png{i}"], cv2.IMREAD_UNCHANGED)[:230].astype(np.float32)
        tile = bgra[..., :3] * bgra[..., 3:] / 255 + np.array([200, 0, 200]) * (1 - bgra[..., 3:] / 255)
        tile = tile.astype(np.uint8)
        cv2.putText(tile, str(i), (2, 14), 0, 0.45, (0, 255, 255), 1)
        tiles.append(tile)
    for k in range(0, len(tiles), 36):
        part = tiles[k:k + 36] + [np.zeros_like(tiles[0])] * max(0, k + 36 - len(tiles))
        cv2.imwrite(str(folder / f"sheet{k // 36:02d}.png"), np.vstack([np.hstack(part[r * 9:r * 9 + 9]) for r in range(4)]))


if __name__ == "__main__":
    main()
