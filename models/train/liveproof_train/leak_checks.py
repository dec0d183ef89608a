"""The leak checks on real material: the generator, the codec, the identity paste, and the live_swap pairs.

    python -m liveproof_train.leak_checks --liveproof target/release/liveproof      # JSON in the cache, docs/leak-checks.md

leaks.py says what is checked of the generator. Here its pictures are made from packed clips of `train` and `pairs`
and from stills of `train`. `val` clips are reviewed by the product as they are and through the forgeries' codec, and
with their own pixels pasted over themselves. Last, the shipped net's own features of the pairs with the face painted
over and every panel's gain and colour drawn anew: fitted and scored by folds, they must not tell the panels apart.
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import av
import cv2
import numpy as np

from .artifact_discriminant import Data, Settings, figures, held_out
from .artifact_features import CHAIN_FRAMES, Extractor, spread
from .batches_artifact import Chain, greyed, load_clips, matched
from .card import table
from .forged_review import copies, copy_of, review
from .leaks import Check, Example, Picture, generate, generator_checks
from .manifest import read_entry
from .native import ART_PX
from .pack_artifact import PACK_PX, REAL_KINDS
from .paths import MODELS_DIR, REPO_DIR, cache_dir, data_dir, manifest_rows
from .reviewed import MARK_LLR, MOST_S, NONE, SEGMENT_S, segments, share_marked
from .serving import Detector, Landmarks, session_of
from .synth.donors import STILL_SOURCES
from .synth.forge import FAMILIES, IDENTITIES

PER_CLIP, STILLS = 5, 200
PAIR_CHAINS = 6
SEED = 20


def pictures(rng: np.random.Generator) -> list[Picture]:
    """Real pictures: packed clips of `train` and the camera panels of `pairs`, and stills of `train`."""
    out = []
    for clip in load_clips():
        if clip.about["label"] == "real" and clip.about["split"] in ("train", "pairs"):
            for i in rng.choice(len(clip.points), min(PER_CLIP, len(clip.points)), replace=False):
                out.append(Picture(clip.picture(int(i)), clip.points[i] * PACK_PX, clip.about["identity"]))
    stills = np.load(cache_dir("packs", "lmk") / "train-images.npy", mmap_mode="r")
    with np.load(cache_dir("packs", "lmk") / "train.npz") as kept:
        points, source = kept["points"], kept["source"]
    edge = (PACK_PX - stills.shape[1]) // 2
    for i in rng.choice(np.flatnonzero(np.isin(source, STILL_SOURCES)), STILLS, replace=False):
        wide = cv2.copyMakeBorder(np.asarray(stills[i]), *[edge] * 4, cv2.BORDER_REFLECT_101)
        out.append(Picture(wide, points[i] * stills.shape[1] + edge, f"still:{i}"))
    return out


def embedder():
    """The shipped net's numbers of a picture, to be read beside the grid's."""
    session = session_of(read_entry("artifact-1")["file"])

    def embed(example: Example, pixels: np.ndarray) -> np.ndarray:
        image = ((pixels / 255 - 0.5) / 0.5).transpose(2, 0, 1)[None].astype(np.float32)
        return np.concatenate([o[0] for o in session.run(None, {"image": image, "face": example.face[None].astype(np.float32)})])

    return embed


def codec_shift(program: Path, models: Path, made_only: bool = False) -> list[dict]:
    """What the codec and the identity pastes change of the product's scores on `val` clips, segment by segment."""
    every, nets = manifest_rows({"val"}, REAL_KINDS), (Detector(), Landmarks())
    seen: dict[str, dict] = {}
    cases = [("as it is", None, 0), *((f"x264 CRF {crf}", NONE, crf) for crf in (23, 30)), *((name, name, 23) for name in IDENTITIES)]
    for case, family, crf in cases:
        rows = [r for r in every if family is None or not made_only or copy_of(r, family, crf).with_suffix(".json").exists()]
        if not rows:
            continue
        made = [(data_dir() / r["path"], {"from_s": 0, "to_s": 0}) if family is None else copies(r, family, crf, nets) for r in rows]
        reports = review(program, models, [path for path, _ in made], cache_dir("evaluation", "leaks") / "review.json")
        found = [s for row, (_, truth), report in zip(rows, made, reports) for s in segments(row, NONE, truth, report)]
        seen[case] = {(s.clip, s.index): s for s in found if s.index < MOST_S / SEGMENT_S}
    out = []
    for case, base in [(c[0], "as it is" if c[1] in (None, NONE) else "x264 CRF 23") for c in cases if c[0] in seen]:
        both = [(s, seen[base][k]) for k, s in seen[case].items() if k in seen[base] and s.llr is not None and seen[base][k].llr is not None]
        logit = np.array([a.score - b.score for a, b in both])
        llr = np.array([a.llr - b.llr for a, b in both])
        out.append({"case": case, "against": base, "segments": len(both), "clips": len({a.clip for a, _ in both}),
                    "logit_shift": float(logit.mean()), "logit_spread": float(logit.std()),
                    "llr_shift": float(llr.mean()), "llr_most": float(np.abs(llr).max()),
                    "marked": share_marked(list(seen[case].values()))})
    return out


def described(path: Path) -> dict[str, object]:
    """What a clip's file says of itself, without its bytes and bit rate, which count the picture's detail."""
    with av.open(str(path)) as clip:
        video = clip.streams.video[0]
        own = {"codec": video.codec.name, "profile": video.profile, "pixels": video.pix_fmt, "width": video.width, "height": video.height,
               "rate": str(video.average_rate), "time base": str(video.time_base), "frames": video.frames, "duration": video.duration}
        for sound in clip.streams.audio[:1]:
            own |= {"sound": sound.codec.name, "sound rate": sound.rate, "sound duration": sound.duration}
    return own


def clip_metadata(crf: int = 23) -> dict[str, object]:
    """Forged copies of clips that say something else of themselves than the untouched copy; fields that differ."""
    count, differing = 0, set()
    for family in FAMILIES:
        for truth in sorted(cache_dir("forged", f"crf{crf}", family).glob("*.json")):   # written when the clip is whole
            path = truth.with_suffix(".mp4")
            base = cache_dir("forged", f"crf{crf}", NONE) / path.name
            if base.with_suffix(".json").exists():
                one, two = described(path), described(base)
                count += 1
                differing |= {k for k in one.keys() | two.keys() if one.get(k) != two.get(k)}
    return {"copies": count, "differing": sorted(differing)}


def pair_background() -> dict[str, float]:
    """The discriminant of the net, fitted and scored by folds on the pairs with the face painted over; each panel
    under a gain, colour and blur of its own."""
    extract, kept, rows = Extractor(), {}, {}
    for real, fake, _ in matched(load_clips()):
        rng = np.random.default_rng(SEED + len(kept))
        for v in range(PAIR_CHAINS):
            chain = Chain.draw(rng, PACK_PX - ART_PX)
            for clip in (real, fake):
                own = np.random.default_rng(rng.integers(2 ** 32))
                state, shown = own.bit_generator.state, []
                for i in spread(len(clip.points), CHAIN_FRAMES):
                    own.bit_generator.state = state
                    rgb, face = chain.apply(own, clip.picture(int(i)), clip.points[i], ART_PX)
                    shown.append((greyed(rgb, face), face))
                kept.setdefault(clip.about["name"], []).append(extract(shown))
                rows[clip.about["name"]] = clip.about
    blind = Data(rows, {n: {"plain": np.concatenate(parts)} for n, parts in kept.items()}, stills={})
    return figures(held_out(blind, Settings(reals=0.0, chains=False)), rows)


def of_generator() -> dict:
    """The generator's checks and its control, how many pictures each family made, and how many people are in them."""
    examples = generate(pictures(np.random.default_rng(SEED)), FAMILIES, SEED)
    checks, control = generator_checks(examples, embedder())
    for c in [*checks, control]:
        print(*row(c), flush=True)
    return {"generator": checks, "control": control, "people": len({e.person for e in examples}),
            "families": {f: sum(e.fake and e.family == f for e in examples) for f in FAMILIES}}


def row(found: Check) -> tuple:
    return (found.name, found.real, found.fake, f"{found.auc:.3f} [{found.low:.3f}, {found.high:.3f}]")


def write_page(result: dict) -> None:
    checks, control, by_family = result["generator"], result["control"], result["families"]
    background = result["pairs"]
    text = [
        "# Leak checks", "",
        "Written by `python -m liveproof_train.leak_checks`; not edited by hand. Intervals are 95 %, by resampling people.", "",
        "## The forgery generator", "",
        f"{checks[0].real} real pictures and {checks[0].fake} forged ones ({', '.join(f'{n} {k}' for k, n in by_family.items())}), "
        f"{result['people']} people: camera panels and talking clips at native pixels, and stills. Each picture under a "
        "camera-and-codec chain and a JPEG quality of its own. Logistic regression, cross-validated by person, on a grid of colours "
        "and residuals and on the shipped net's outputs. A check holds where its interval contains 0.5.", "",
        table(("classifier", "real", "forged", "AUC", "holds"), [(*row(c), "yes" if c.holds else "**no**") for c in checks]
              + [(*row(control), "control: should be above 0.5")]), "",
        "\"Forged region blanked\" greys out the forgery's mask, widened by the reach of blur and chroma blocks, at the same place in "
        "both classes.", "",
        f"Forged copies of whole clips ({result['clips']['copies']}, made for [forged-review.md](forged-review.md)) against the untouched "
        "copies of the same clips, by codec, profile, size, rates, frames, durations and sound: "
        + (f"**differ in {', '.join(result['clips']['differing'])}**." if result["clips"]["differing"] else "no field differs."), "",
        "## Codec and identity pastes", "",
        "Real `val` clips (first 18 s) reviewed by `liveproof review`: the same segments before and after. Logit: the score that the "
        "LLR is calibrated from.", "",
        table(("copies", "against", "clips", "segments", "mean change of the logit (spread)", "mean change of the LLR (largest)", f"marked (LLR >= {MARK_LLR:.2f})"),
              [(c["case"], c["against"], c["clips"], c["segments"], f"{c['logit_shift']:+.3f} ({c['logit_spread']:.3f})",
                f"{c['llr_shift']:+.3f} ({c['llr_most']:.3f})", c["marked"]) for c in result["codec"]]), "",
        "self_paste lays the face's own pixels over themselves before the codec, self_paste_chroma after one conversion to 4:2:0 and back.", "",
        "## Background of the live_swap pairs, no gate", "",
        f"The net's features with the face painted over, each panel's gain, colour and blur drawn anew ({PAIR_CHAINS} draws), "
        "discriminant fitted and scored by folds of streamers: "
        f"AUC {background['auc']:.3f} [{background['auc_low']:.3f}, {background['auc_high']:.3f}], "
        f"{background['pairs_right']} of {background['pairs']} swaps above their own camera. "
        + ("0.5 lies in the interval." if background["auc_low"] <= 0.5 <= background["auc_high"] else "**0.5 does not lie in the interval.**"), "",
    ]
    (REPO_DIR / "docs" / "leak-checks.md").write_text("\n".join(text), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--liveproof", type=Path, default=REPO_DIR / "target" / "release" / "liveproof")
    parser.add_argument("--models-dir", type=Path, default=MODELS_DIR)
    parser.add_argument("--made-only", action="store_true", help="forge nothing: review the copies that were made before")
    args = parser.parse_args()
    result = of_generator()
    background = pair_background()
    print("background of the pairs", background, flush=True)
    codec = codec_shift(args.liveproof, args.models_dir, args.made_only)
    result |= {"codec": codec, "pairs": background, "clips": clip_metadata()}
    print(json.dumps(codec, indent=1))
    (cache_dir("evaluation", "leaks") / "leaks.json").write_text(json.dumps(
        result | {"generator": [vars(c) | {"holds": c.holds} for c in result["generator"]], "control": vars(result["control"])}, indent=1))
    write_page(result)


if __name__ == "__main__":
    main()
