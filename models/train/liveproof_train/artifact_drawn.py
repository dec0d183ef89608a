"""The artifact net's last read-out: a face that is drawn, not filmed. Such a face is not judged.

    python -m liveproof_train.artifact_drawn --pack     # drawn people, as a service would see them
    python -m liveproof_train.artifact_drawn            # figures on people that were not fitted on

What the net measures of skin says nothing of a drawing or an animated stand-in, and drawings lie among the filmed
material in every other respect (docs/training-log.md), so that no limit of distance leaves them out and keeps real people
in. The project's own drawer (testdata/generate) draws people of any colour and shape; half of them
have another drawn person's face painted over their own. One linear discriminant over the region statistics tells
them from the filmed: real faces, forged ones, filtered ones, in poor light and out of focus, each through the codecs
of calls. Its score is 0 at the filmed people's mean and 1 at that of the drawn. Other drawers' faces were not seen.
"""
from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from dataclasses import dataclass

import cv2
import numpy as np

from .artifact_discriminant import WITHOUT_BOX, Data, Discriminant
from .artifact_made import SPLITS, Group, fold_of
from .paths import REPO_DIR, cache_dir
from .pooling import shrunk

PEOPLE, FPS, LENGTH_S = 60, 12.5, 2.7
CODECS = 2                 # of each drawn person
SHRINKAGE = 0.1
PACK = "artifact_drawn"
TONES = ((0.80, 0.58, 0.47), (0.70, 0.48, 0.36), (0.50, 0.32, 0.22), (0.36, 0.22, 0.15), (0.27, 0.165, 0.115))


def drawer():
    """The modules that draw the demo's person."""
    folder = str(REPO_DIR / "testdata" / "generate")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    import hand_pass
    import head
    import motion
    import mouth
    import scene

    return hand_pass, head, motion, mouth, scene


def draw_look(rng: np.random.Generator, number: int):
    """Somebody invented: skin between the tones, any hair, lips, eyes, shirt and form."""
    _, head, *_ = drawer()
    a, b = (np.array(TONES[i]) for i in rng.integers(0, len(TONES), 2))
    skin = a + rng.random() * (b - a)
    grey = rng.random()
    hair = rng.uniform(0.03, 0.35) * (np.array((1.0, 0.68, 0.45)) * (1 - grey) + grey)
    return head.Look(skin=tuple(skin), lips=tuple(skin * rng.uniform((0.75, 0.45, 0.5), (0.95, 0.65, 0.7))), hair=tuple(hair),
                     iris=tuple(rng.uniform(0.08, 0.28, 3)), shirt=tuple(rng.uniform(0.05, 0.6, 3)), jaw=rng.uniform(0.9, 1.1),
                     nose=rng.uniform(0.85, 1.15), seed=1000 + number)


def draw_frames(number: int) -> list[np.ndarray]:
    """RGB uint8 pictures of 640 x 360 of a drawn person who moves and talks; every second one swapped."""
    hand_pass, _, motion, mouth, scene = drawer()
    rng = np.random.default_rng(7000 + number)
    person, other = scene.Person(draw_look(rng, number)), scene.Person(draw_look(rng, number + 500)) if number % 2 else None
    steps = np.arange(int((LENGTH_S + 1) * mouth.STEP_HZ)) / mouth.STEP_HZ
    talks = np.clip(0.35 * np.sin(2 * np.pi * rng.uniform(2, 4) * steps + rng.uniform(0, 6)), 0, 1)
    lips = np.stack((talks, 0 * talks, 0.5 * talks), 1).astype(np.float32)
    moves, backdrop, out = motion.Motion(lips, [], rng, rng.uniform(0.5, 1.5)), scene.room(hand_pass.WIDTH, hand_pass.HEIGHT, 7000 + number), []
    strength, gain = rng.uniform(0.5, 2.0), rng.uniform(0.7, 1.2)
    for i in range(int(LENGTH_S * FPS)):
        pose, face = moves.at(i / FPS)
        canvas = backdrop.copy()
        person.draw(canvas, pose, face, hand_pass.EYES_AT, hand_pass.EYES_APART)
        if other:
            hand_pass.paint_over(canvas, backdrop, other, pose, face, hand_pass.face_oval(pose, canvas.shape[:2])[0])
        out.append(scene.camera(canvas * gain, rng, strength))
    return out


def pack() -> None:
    """NUMBER.npz with `CODEC` -> [looks, F] of each drawn person; what is there is left alone."""
    from .artifact_features import Extractor, save
    from .artifact_segments import look_at
    from .serving import Detector, Landmarks, Tracker
    from .spans import windowed
    from .synth.codecs import Codec
    from .synth.poor import POOR

    folder, nets, extract = cache_dir("packs", PACK), (Detector(), Landmarks()), Extractor()
    cv2.setNumThreads(1)
    for number in range(PEOPLE):
        path = folder / f"{number}.npz"
        if path.exists():
            continue
        rgb, tracker, out = draw_frames(number), Tracker(*nets), {}
        points = [marks.points if (marks := tracker(f)) else None for f in rgb]
        span = windowed([i / FPS for i in range(len(rgb))], rgb, points)
        if span is None:
            print(f"{number}: its face is not found")
            continue
        rng = np.random.default_rng(9000 + number)
        for c in range(CODECS):
            shown = span.rgb
            if c and rng.random() < 0.5:
                change = POOR[str(rng.choice(list(POOR)))](rng)
                shown = [change(f) for f in shown]
            looks = look_at(span, Codec.draw(rng, span.face_px).shown(shown, span.rate), nets[1], extract)
            if len(looks):
                out[str(c)] = looks.astype(np.float32)
        save(path, out)
        print(number, {k: len(v) for k, v in out.items()}, flush=True)


def drawn_groups() -> list[Group]:
    """The packed people, each its own identity."""
    out = []
    for path in sorted(cache_dir("packs", PACK).glob("*.npz"), key=lambda p: int(p.stem)):
        with np.load(path) as kept:
            out += [Group(f"drawn:{path.stem}", part, f"drawn:{path.stem}", "drawn", kept[part]) for part in kept.files]
    if not out:
        raise FileNotFoundError(f"{cache_dir('packs', PACK)}: made by python -m liveproof_train.artifact_drawn --pack")
    return out


def filmed_groups(data: Data, coded: list[Group], pairs: list[str]) -> list[Group]:
    """Coded segments and stills, and the clips of these pairs and of `train` in pieces of twelve pictures."""
    both, out = data.pairs(), list(coded)
    names = [n for n, r in data.rows.items() if r["split"] == "train"] + [n for p in pairs for n in both[p].values()]
    for name in names:
        rows = data.features[name]["plain"]
        out += [Group(name, str(i), data.rows[name]["identity"] or name, "plain", rows[i:i + 12]) for i in range(0, len(rows), 12)]
    return out


@dataclass
class Drawn:
    """score = z . weight + bias of standardised statistics z: 0 is the filmed people's mean, 1 the drawn people's."""

    weight: np.ndarray
    bias: float

    def score(self, d: Discriminant, rows: np.ndarray) -> float:
        return float(((rows - d.mean) / d.scale).mean(0) @ self.weight + self.bias)


def fit_drawn(filmed: list[Group], drawn: list[Group], d: Discriminant) -> Drawn:
    """Fisher's discriminant; people count alike within their class, and both classes' covariances alike."""
    means, cov = [], 0.0
    for part in (filmed, drawn):
        people: dict[str, list[np.ndarray]] = defaultdict(list)
        for g in part:
            people[g.identity].append(((g.rows.mean(0) - d.mean) / d.scale)[WITHOUT_BOX])
        rows = np.concatenate([np.stack(v) for v in people.values()])
        share = np.concatenate([np.full(len(v), 1 / len(v) / len(people)) for v in people.values()])
        mean = share @ rows
        means.append(mean)
        cov = cov + 0.5 * (rows - mean).T @ ((rows - mean) * share[:, None])
    difference = means[1] - means[0]
    direction = np.linalg.solve(shrunk(cov, SHRINKAGE), difference)
    direction /= direction @ difference
    weight = np.zeros(len(WITHOUT_BOX))
    weight[WITHOUT_BOX] = direction
    return Drawn(weight, -float(direction @ means[0]))


@dataclass
class JudgedDrawn:
    """Scores of people that were not fitted on."""

    filmed: np.ndarray
    kinds: np.ndarray      # what each filmed group is
    drawn: np.ndarray

    @property
    def limit(self) -> float:
        """Where a face counts as drawn: in the middle between what 999 in 1,000 filmed ones and all drawn ones show."""
        return round((float(np.quantile(self.filmed, 0.999)) + float(self.drawn.min())) / 2, 2)

    def line(self) -> str:
        drawn, filmed = int((self.drawn > self.limit).sum()), int((self.filmed > self.limit).sum())
        return (f"limit {self.limit}; {drawn} of {len(self.drawn)} drawn faces beyond it (lowest {self.drawn.min():.2f}), {filmed} of {len(self.filmed)} "
                f"filmed ones (99 in 100 within {np.quantile(self.filmed, 0.99):.2f}, highest {self.filmed.max():.2f})")


def judge_drawn(filmed: list[Group], drawn: list[Group], d: Discriminant) -> JudgedDrawn:
    part = fold_of(np.array([g.identity for g in (*filmed, *drawn)]))
    scores: dict[int, float] = {}
    for fold in range(SPLITS):
        known = [[g for g in of if part[g.identity] != fold] for of in (filmed, drawn)]
        fitted = fit_drawn(*known, d)
        scores |= {id(g): fitted.score(d, g.rows) for g in (*filmed, *drawn) if part[g.identity] == fold}
    return JudgedDrawn(np.array([scores[id(g)] for g in filmed]), np.array([g.kind for g in filmed]), np.array([scores[id(g)] for g in drawn]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pack", action="store_true", help="draw and pack the people")
    if parser.parse_args().pack:
        return pack()
    from .artifact_discriminant import choose, fit
    from .artifact_made import groups

    data = Data.load()
    pairs = list(data.pairs())
    d = fit(data, pairs, choose(data, pairs))
    filmed, drawn = filmed_groups(data, groups(data), pairs), drawn_groups()
    judged = judge_drawn(filmed, drawn, d)
    print(judged.line())
    for kind in dict.fromkeys(judged.kinds):
        own = judged.filmed[judged.kinds == kind]
        print(f"  {kind:16} {len(own):5}: 99 % {np.quantile(own, 0.99):.2f}, most {own.max():.2f}")


if __name__ == "__main__":
    main()
