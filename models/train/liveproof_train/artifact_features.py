"""Region statistics of every packed clip, as it is and through random camera-and-codec chains.

One file per clip, and one per real clip with forgeries of it; what is done is left alone.

    python -m liveproof_train.artifact_features [--forged]
"""
from __future__ import annotations

import argparse
import zlib
from pathlib import Path

import numpy as np
import torch

from .batches_artifact import Chain, Clip, centred, greyed, load_clips, matched
from .native import ART_PX
from .net_statistics import RegionStatistics
from .paths import cache_dir
from .synth.forge import FAMILIES

FRAMES = 40         # of a clip as it is, evenly spread
CHAINS, CHAIN_FRAMES = 6, 6
FORGED_CHAINS, FORGED_FRAMES = 3, 4


def spread(n: int, most: int) -> np.ndarray:
    """At most `most` of n indices, evenly spread."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(int))


class Extractor:
    """Pictures in 0..255 with their face boxes to features."""

    def __init__(self) -> None:
        torch.set_num_threads(1)
        self.net = RegionStatistics().eval()

    def __call__(self, seen: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
        out = []
        for i in range(0, len(seen), 8):
            picture = np.stack([s[0] for s in seen[i:i + 8]])
            image = torch.from_numpy((picture / 255 - 0.5) / 0.5).float().permute(0, 3, 1, 2).contiguous()
            with torch.no_grad():
                out.append(self.net(image, torch.from_numpy(np.stack([s[1] for s in seen[i:i + 8]]))).numpy())
        return np.concatenate(out)


def plain(clip: Clip, extract: Extractor) -> dict[str, np.ndarray]:
    """`plain` features with `time_s`, and `greyed` ones with the face painted over (the leak check)."""
    take = spread(len(clip.points), FRAMES)
    seen = [centred(clip, int(i)) for i in take]
    return {"plain": extract(seen), "time_s": clip.time_s[take], "greyed": extract([(greyed(*s), s[1]) for s in seen[::4]])}


def chained(clips: list[tuple[Clip, np.ndarray]], extract: Extractor) -> list[dict[str, np.ndarray]]:
    """`chain0`.. of clips that show the same moments, under the same chains: colours and blur of each its own."""
    out: list[dict[str, np.ndarray]] = [{} for _ in clips]
    size = clips[0][0].picture(0).shape[0]
    for v in range(CHAINS):
        rng = np.random.default_rng(zlib.crc32(clips[0][0].about["name"].encode()) + v)
        chain = Chain.draw(rng, size - ART_PX)
        for (clip, take), kept in zip(clips, out):
            own = np.random.default_rng(rng.integers(2 ** 32))
            state, seen = own.bit_generator.state, []
            for i in take[spread(len(take), CHAIN_FRAMES)]:
                own.bit_generator.state = state  # one camera for all frames of a clip
                seen.append(chain.apply(own, clip.picture(int(i)), clip.points[i], ART_PX))
            kept[f"chain{v}"] = extract(seen)
    return out


def forged(clip: Clip, extract: Extractor, families: dict) -> dict[str, np.ndarray]:
    """`real:family:v` and `fake:family:v`: frames of a real clip and forgeries of them, under one chain."""
    out, size = {}, clip.picture(0).shape[0]
    for family, make in families.items():
        for v in range(FORGED_CHAINS):
            rng = np.random.default_rng(zlib.crc32((clip.about["name"] + family).encode()) + v)
            chain, seed, before, after = Chain.draw(rng, size - ART_PX), rng.integers(2 ** 32), [], []
            for i in rng.choice(len(clip.points), min(FORGED_FRAMES, len(clip.points)), replace=False):
                rgb, points = clip.picture(int(i)), clip.points[i]
                fake = make(np.random.default_rng(seed), rgb, points * size).rgb
                state = rng.bit_generator.state
                before.append(chain.apply(rng, rgb, points, ART_PX))
                rng.bit_generator.state = state
                after.append(chain.apply(rng, fake, points, ART_PX))
            out[f"real:{family}:{v}"], out[f"fake:{family}:{v}"] = extract(before), extract(after)
    return out


def save(path: Path, parts: dict[str, np.ndarray]) -> None:
    np.savez(path.with_suffix(".part.npz"), **parts)
    path.with_suffix(".part.npz").rename(path)


def forge_all(clips: list[Clip], folder: Path, extract: Extractor) -> None:
    """NAME.forged.npz of every real clip but those of val; a family that is missing in it is made up for."""
    for clip in clips:
        if clip.about["label"] != "real" or clip.about["split"] == "val":
            continue
        path = folder / f"{clip.about['name']}.forged.npz"
        have = dict(np.load(path)) if path.exists() else {}
        missing = {f: make for f, make in FAMILIES.items() if f"fake:{f}:0" not in have}
        if missing:
            save(path, have | forged(clip, extract, missing))
            print(path.stem, *missing, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--forged", action="store_true", help="forgeries of the real clips in place of the clips")
    folder, extract = cache_dir("packs", "artifact_features"), Extractor()
    clips = load_clips()
    if parser.parse_args().forged:
        return forge_all(clips, folder, extract)
    groups = [[(real, same[:, 0]), (fake, same[:, 1])] for real, fake, same in matched(clips)]
    groups += [[(c, np.arange(len(c.points)))] for c in clips if c.about["split"] != "pairs"]
    for group in groups:
        paths = [folder / f"{clip.about['name']}.npz" for clip, _ in group]
        if all(p.exists() for p in paths):
            continue
        for (clip, _), path, parts in zip(group, paths, chained(group, extract)):
            save(path, parts | plain(clip, extract))
            print(path.stem, flush=True)


if __name__ == "__main__":
    main()
