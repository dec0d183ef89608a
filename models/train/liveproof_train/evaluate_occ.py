"""How well the occlusion net tells painted hands from genuine ones. Everything painted here is generated.

    python -m liveproof_train.evaluate_occ [--pairs 300] [--write]

Two sets. Composites: pairs of occ_scenes over the packed faces of split `val`, with drawn hands of other seeds than the
fit's. Real hands: the outlined photographs (hand_outlines.py) as they are, and with each family painted over them; a
donor's face in the person's place stands for the bare face that no photograph shows.
"""
from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass

import numpy as np

from .card import table, write_card
from .intervals import auc_interval
from .labels import stills
from .manifest import read_entry, update_metrics
from .occ_scenes import Masks, OccScenes, same_camera
from .paths import MODELS_DIR, cache_dir
from .scene import SCENE_PX, scene_crop
from .serving import parameter_count, session_of
from .synth import occlusion
from .synth.donors import cached_donors
from .synth.masks import hull, soften
from .terms import DATA_TERMS

ROUNDS_PER_PHOTOGRAPH = 2


@dataclass
class Scored:
    """Logits of one set with what they belong to."""

    logit: np.ndarray
    painted: np.ndarray
    family: np.ndarray  # "" where genuine
    identity: np.ndarray

    def auc(self, family: str | None = None) -> tuple[float, float, float]:
        """AUC and 95 % interval by identity, of one family or all, each against all genuine ones."""
        keep = ~self.painted | (self.family == family if family else True)
        return auc_interval(self.painted[keep], self.logit[keep], self.identity[keep])


class Judge:
    """The net behind seg-1's masks, as the service runs it."""

    def __init__(self) -> None:
        self.masks, self.session = Masks(), session_of(read_entry("occ-1")["file"])

    def score(self, pictures: list[np.ndarray], about: list[tuple[str, str]]) -> Scored:
        """`about` holds (family or "", identity) of each picture."""
        logits = []
        for i in range(0, len(pictures), 32):
            image, masks = self.masks(pictures[i:i + 32])
            logits.append(self.session.run(None, {"image": image, "masks": masks})[0][:, 0])
        family = np.array([a[0] for a in about])
        return Scored(np.concatenate(logits), family != "", family, np.array([a[1] for a in about]))


def composites(judge: Judge, count: int) -> Scored:
    """Pairs over faces of val."""
    source, rng = OccScenes("val", 77, cutouts=[]), np.random.default_rng(31)
    pictures, about = [], []
    for i in range(count):
        pair = source.draw(rng, source.families[i % len(source.families)])
        pictures += [pair.genuine, pair.painted]
        about += [("", pair.identity), (pair.family, pair.identity)]
    return judge.score(pictures, about)


def over_real_hands(judge: Judge) -> Scored:
    """The outlined photographs as they are and painted over."""
    from .evaluate_seg import Judge as Outlined

    camera = OccScenes("val", 78, cutouts=[]).source.camera
    rng, donors = np.random.default_rng(32), cached_donors()
    faces = {path: found for split in ("train", "val") for path, found in stills(split)}
    pictures, about = [], []
    for case in Outlined().cases:
        scene = case.outline.scene
        near = [f for f in faces.get(case.outline.path, []) if abs(scene_crop(f.points).cx - scene.cx) < 0.2 * scene.side]
        if not near:
            continue
        points = scene.to_crop(near[0].points) * SCENE_PX - 0.5
        photograph = np.clip(np.rint(case.picture), 0, 255).astype(np.uint8)
        hand = (case.truth == 1).astype(np.float32)
        face = hull(points, hand.shape, "full")
        if (hand * face).sum() < 0.03 * face.sum():  # beside the face: nothing to paint over
            continue
        pictures.append(photograph)
        about.append(("", case.identity))
        for name in occlusion.FAMILIES:
            for _ in range(ROUNDS_PER_PHOTOGRAPH):
                bare = occlusion.mix(photograph, donors.in_place_of(rng, photograph, points), soften(face, 0, 6))
                painted = occlusion.FAMILIES[name](rng, bare, photograph, points, hand)
                genuine, painted = same_camera(rng, camera, (photograph, painted))
                pictures += [genuine, painted]
                about += [("", case.identity), (name, case.identity)]
    return judge.score(pictures, about)


def line(name: str, auc: tuple[float, float, float], n: int, people: int) -> list[str]:
    """One row of the table."""
    return [name, str(n), str(people), f"{auc[0]:.3f} [{auc[1]:.3f}, {auc[2]:.3f}]"]


def rows(scored: Scored) -> list[list[str]]:
    """All families, then each."""
    people = len(set(scored.identity))
    out = [line("all", scored.auc(), int(scored.painted.sum()), people)]
    return out + [line(f, scored.auc(f), int((scored.family == f).sum()), people) for f in occlusion.FAMILIES]


def write(made: Scored, real: Scored) -> None:
    """Card and `[model.metrics]`."""
    genuine = real.logit[~real.painted]
    metrics = {"auc_composites": made.auc()[0], "auc_composites_low": made.auc()[1], "auc_composites_high": made.auc()[2],
               "auc_over_real_hands": real.auc()[0], "auc_over_real_hands_low": real.auc()[1], "auc_over_real_hands_high": real.auc()[2],
               "genuine_logit_median": float(np.median(genuine)), "genuine_logit_p95": float(np.percentile(genuine, 95)),
               "painted_logit_median": float(np.median(real.logit[real.painted]))}
    update_metrics("occ-1", metrics)
    session, x = session_of("occ-1.onnx"), {"image": np.zeros((1, 3, 128, 128), np.float32), "masks": np.zeros((1, 2, 128, 128), np.float32)}
    spent = []
    for _ in range(60):
        begin = time.perf_counter()
        session.run(None, x)
        spent.append(time.perf_counter() - begin)
    head = ("painted", "n", "people", "AUC [95 %, by identity]")
    said = {"version": 1, "kind": "hand_net", "intro": (
        "Scenes with a hand before the face, genuine against painted over (`models/train/run occ --only evaluate`). **Every painting is generated by "
        "the code that made the training pairs**; first composites over faces of `val`, then real photographs of hands over faces, as they "
        "are and painted over. No calibration rests on this net yet."),
        "tables": [[head, rows(made)], [head, rows(real)]]}
    (cache_dir("evaluation", "hand_net") / "occ.json").write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    write_card(MODELS_DIR / "occ-1.card.md", "occ-1: is the hand before the face painted over", [
        ("Terms of the weights", f"{DATA_TERMS} The code that made them is MIT OR Apache-2.0."),
        ("What it is", f"A convolutional net of {parameter_count('occ-1.onnx'):,} parameters (plain ReLU) on the hand scene and seg-1's masks "
         "of face and hand; one logit, positive where what lies over the face looks painted over. Not calibrated. "
         f"sha256 `{read_entry('occ-1')['sha256']}`. One thread of the machine that evaluated it (2 shared cores, busy): "
         f"{1000 * float(np.median(spent[10:])):.2f} ms median per scene, net alone."),
        ("How it was made", "Pairs that share face, hand, light, camera and codec: a composited hand before a face of split `train`, and the "
         "same with a swap emulated on top (`train/liveproof_train/synth/occlusion.py`: covered, translucent, smeared, recoloured, "
         "another face, an autoencoder's face). Both members hold the same composite, so its traces cannot tell them apart; a third of "
         "the pairs have a swapped face under the hand in both members, and some genuine members show the hand behind the face. "
         "Cross-entropy of each member, of the pair's order, and of where on the hand the painting lies; the trunk starts from seg-1. Recipe: `train/run occ`."),
        ("Figures: generated paintings only", "**No recording of a real swapper with a hand before the face is at hand: every painted "
         "member is generated by the same code that made the training pairs.** The figures say that the net generalises to other people "
         "and other hands, not that it knows a real tool; donor faces and autoencoders are those of the fit.\n\nComposites over faces of `val`, drawn hands:\n\n" + table(head, rows(made))
         + "\n\nReal photographs of hands over faces (outlines of seg-1's evaluation), as they are and painted over:\n\n"
         + table(head, rows(real))
         + f"\n\nLogits on the genuine photographs: median {metrics['genuine_logit_median']:.2f}, 95th percentile "
         f"{metrics['genuine_logit_p95']:.2f}; painted: median {metrics['painted_logit_median']:.2f}."),
        ("Known weak", "A swapper that leaves the hand out of its mask (occlusion-aware) paints nothing over it and is not seen. Faces below "
         "60 px, heavy compression and fast hands blur what the net looks at. Hands behind the face and hands that shade it are the "
         "innocent causes that raise it."),
    ])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    judge = Judge()
    made, real = composites(judge, args.pairs), over_real_hands(judge)
    for name, scored in (("composites of val people", made), ("over real hands", real)):
        print(name)
        for row in rows(scored):
            print("  " + "  ".join(row))
    if args.write:
        write(made, real)


if __name__ == "__main__":
    main()
