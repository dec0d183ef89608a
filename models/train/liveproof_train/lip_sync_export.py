"""Fits the lip-sync weights, measures them leave-one-speaker-out, writes file, card and entry.

    python -m liveproof_train.lip_sync_export [--landmarks lmk-1]

Writes models/lip_sync-l0-1.json (fitted on all speakers), benches/lip_sync_folds.json (one set
per speaker with clips of 20 s and more, fitted without that speaker), the model card and the
manifest entry.
"""
from __future__ import annotations

import argparse
import json
from dataclasses import asdict

import numpy as np

from . import card
from .lip_sync_fit import COMPONENTS, FIR, KAPPA, RHO_SHARE, Clip, Weights, fit, load, whole
from .lip_sync_report import CHAIN, LONG_S, SHIFTS_MS, by_speaker, interval, measure
from .manifest import write_entry
from .paths import MODELS_DIR, REPO_DIR

ID = "lip_sync-l0-1"
TERMS = ("Fitted on 17 talking clips of third parties, found in public repositories, several of unclear rights "
         "(GRID sentences, demo clips of research repositories). No recording is included. Retrain with "
         "models/train/run lip_sync on your own recordings for weights with clean terms.")


def document(name: str, w: Weights) -> dict:
    """The weights file that src/analyze/lip_sync/weights.rs reads."""
    digits = lambda m: [[float(f"{v:.6g}") for v in row] for row in np.asarray(m).T]
    return {"format": 1, "id": name, "fir": [float(f"{v:.9g}") for v in FIR], "visual": digits(w.visual),
            "audio": digits(w.audio), "rho": [round(float(r), 4) for r in w.rho], "kappa": KAPPA,
            "chain": asdict(CHAIN)}


def dump(value) -> str:
    """JSON with one row of numbers per line, so that a change can be read."""
    text = json.dumps(value, indent=1)
    out, depth = [], 0
    for line in text.splitlines():
        bare = line.strip()
        number = bare.rstrip(",").lstrip("-").replace(".", "").replace("e-", "").isdigit()
        if number or (depth and bare in ("]", "],")):
            out[-1] += bare if bare.startswith("]") else " " + bare
        else:
            out.append(line)
        depth = 1 if number else 0
    return "\n".join(out) + "\n"


def folds(clips: list[Clip]) -> tuple[dict[str, Weights], dict[str, list[tuple[Clip, dict]]]]:
    """Weights without each speaker of long clips, and the figures on that speaker by frame rate."""
    prepared, speaker = {c.name: whole(c) for c in clips}, {c.name: c.speaker for c in clips}
    weights: dict[str, Weights] = {}
    figures: dict[str, list[tuple[Clip, dict]]] = {}
    for who in sorted({c.speaker for c in clips if c.seconds >= LONG_S}):
        weights[who] = fit({n: p for n, p in prepared.items() if speaker[n] != who}, speaker)
        for clip in (c for c in clips if c.speaker == who and c.seconds >= LONG_S):
            others = [c for c in clips if c.speaker != who and c.seconds > 4]
            fps = 1 / float(np.median(np.diff(clip.frame_times)))
            figures.setdefault(f"{fps:.0f} fps", []).append((clip, measure(clip, weights[who], others)))
            print(f"{clip.name}: {len(figures[f'{fps:.0f} fps'][-1][1]['moved'])} shifted windows", flush=True)
    return weights, figures


KEYS = {"moved": "offset moves by the shift +-40 ms", "spoken": "locked, windows with >= 6 s of speech",
        "dubbed": "other person's speech: not locked", "false_lock": "other person's speech: locked"}


def tables(figures: dict[str, list[tuple[Clip, dict]]]) -> str:
    rng = np.random.default_rng(1)
    rows = []
    for group, results in sorted(figures.items(), reverse=True):
        for key, words in KEYS.items():
            mean, low, high, n = interval(by_speaker(results, key), rng)
            people = len({c.speaker for c, _ in results})
            span = f"{low:.3f} to {high:.3f}" if people > 1 else "one speaker"
            rows.append((group, words, f"{mean:.3f}", span, n, people))
    share = lambda v: f"{np.mean(v):.2f} ({len(v)})" if v else "none"
    clips = [(c.name, group, m["windows"][0], share(m["spoken"]), share(m["moved"]), share(m["dubbed"]),
              f"{np.median(m['offset_ms']):+.0f} / {np.ptp(m['offset_ms']):.0f}" if m["offset_ms"] else "none")
             for group, results in sorted(figures.items(), reverse=True) for c, m in results]
    return (card.table(("clips", "measure", "share", "95 % CI by speaker", "n", "speakers"), rows) + "\n\n"
            + card.table(("clip", "rate", "windows", "locked (n)", "moved (n)", "dub not locked (n)",
                          "own offset ms: median / range"), clips))


def write_card(landmarks: str, clips: list[Clip], w: Weights, figures) -> None:
    people = sorted({c.speaker for c in clips})
    seconds = sum(c.seconds for c in clips)
    offsets = ", ".join(f"{n} {20 * lag:+d}" for n, lag in sorted(w.lags.items()))
    source = "the labelling teacher" if landmarks == "teacher" else f"our own net {landmarks}"
    card.write_card(MODELS_DIR / f"{ID}.card.md", f"{ID}: lip-sync, layer L0", [
        ("Terms", TERMS),
        ("What it is", f"Fixed projections of 15 lip and mouth-patch channels (5 taps over +-80 ms) and 10 sound "
         f"channels onto {COMPONENTS} pairs of series, by regularised canonical correlation; their expected "
         "correlations; a hidden Markov model over lags of +-1 s. The maths: "
         "models/train/liveproof_train/lip_sync_dsp.py. Rebuild: `models/train/run lip_sync`."),
        ("Data", f"{len(clips)} clips, {len(people)} speakers, {seconds:.0f} s, `train` and `val`; landmarks of "
         f"{source}. Nothing was chosen or fitted on `eval`. Own offsets are estimated with the fit and taken out "
         f"(ms, positive = audio late; zero = median of the GRID studio recordings): {offsets}."),
        ("Figures", "Leave-one-speaker-out: alignment, projections and expected correlations are fitted without "
         f"the speaker. Clips of 20 s and more, 10 s windows every 5 s, up to 20 s of past. Shifts: "
         f"{', '.join(f'{s:+d}' for s in SHIFTS_MS)} ms against the same window unshifted. Dubs: the sound of every "
         "other speaker's clip of 4 s and more, repeated. Computed by the Python reference; the product's own "
         "figures come from `cargo bench --bench accuracy_lip_sync`.\n\n" + tables(figures)),
        ("Why no learned towers", "Learned towers (pictures and sound into one space, contrastive) were not trained: left out by "
         "speaker, this layer already finds every shift and refuses every dub of these recordings, so that nothing could beat it "
         "beyond its interval, and four minutes of speech are too little to fit towers on (published ones use hundreds of hours). "
         "A layer of one's own may take its place once there are recordings on which this one fails."),
        ("What it is bad at", "Few speakers, all of whom face the camera; 15 fps rests on one speaker. The absolute "
         "zero is uncertain by some 40 ms, so offsets are judged against a session's own baseline. Slow, rhythmic "
         "speech repeats itself and locks less surely. A mouth that moves in the right rhythm to other words locks. "
         f"Expected correlations are {RHO_SHARE} of those measured on left-out speakers, kappa {KAPPA} and the "
         "chain's probabilities are design choices."),
    ])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--landmarks", default="lmk-1", help="teacher, or the id of a net in models/")
    landmarks = parser.parse_args().landmarks
    clips = load(landmarks)
    weights, figures = folds(clips)
    speaker = {c.name: c.speaker for c in clips}
    everyone = fit({c.name: whole(c) for c in clips}, speaker)
    print(tables(figures))
    (MODELS_DIR / f"{ID}.json").write_text(dump(document(ID, everyone)), encoding="utf-8")
    out = {"folds": [{"speaker": who, "clips": [c.name for c in clips if c.speaker == who],
                      "weights": document(f"{ID}-without", w)} for who, w in weights.items()]}
    (REPO_DIR / "benches" / "lip_sync_folds.json").write_text(dump(out), encoding="utf-8")
    write_card(landmarks, clips, everyone, figures)
    write_entry({"id": ID, "version": 1, "task": "lip_sync", "kind": "weights", "file": f"{ID}.json",
                 "licence": "MIT OR Apache-2.0", "data_terms": TERMS,
                 "sources": ["public talking-head clips (GRID and demo clips of research repositories)"],
                 "card": f"{ID}.card.md"})


if __name__ == "__main__":
    main()
