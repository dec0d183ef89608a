"""F1 of the voice-activity net against silero-vad on the clean `val` recordings.

Each recording is mixed with generated noise at 20, 10, 5 and 0 dB SNR (speech power over the hops
that silero calls speech); the reference stays silero on the clean signal. Two decisions are
scored: `spans`, the one in use (hysteresis 0.6 / 0.35, 120 ms, 250 ms, as src/audio/spans.rs), and
`hops`, the plain probability at 0.5.
"""
from __future__ import annotations

import argparse
import zlib

import numpy as np
import onnxruntime

from . import paths
from .audio_features import HOP, RATE_HZ, logmel
from .audio_labels import runs
from .audio_noise import GENERATED, babble, unit_rms
from .audio_sources import real_val, synthetic
from .card import table, write_card
from .export_vad import DATA_TERMS
from .manifest import read_entry, update_metrics
from .net_vad import LEFT, RIGHT

ENTER, LEAVE, MIN_SPEECH, MIN_SILENCE = 0.6, 0.35, 12, 25
SNRS_DB = [20, 10, 5, 0]
RUN = 50  # hops per run of the net, as in src/audio/track.rs


class Net:
    """The exported net, run as the service runs it: in runs of 50 hops with exact context."""

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        file = paths.MODELS_DIR / read_entry("vad-1")["file"]
        self.session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])

    def __call__(self, audio: np.ndarray) -> np.ndarray:
        features = logmel(audio)
        out = np.zeros(len(features), np.float32)
        for at in range(0, len(features), RUN):
            low, high = max(0, at - LEFT), min(len(features), at + RUN + RIGHT)
            got = self.session.run(["speech"], {"logmel": features[None, None, low:high]})[0][0]
            end = min(at + RUN, len(features))
            out[at:end] = got[at - low : end - low]
        return out


def spans(speech: np.ndarray) -> np.ndarray:
    """The decision of src/audio/spans.rs, as a boolean per hop."""
    kept: list[list[int]] = []
    for start, end in runs(speech >= LEAVE):
        if speech[start:end].max() < ENTER:
            continue
        if kept and start - kept[-1][1] < MIN_SILENCE:
            kept[-1][1] = end
        else:
            kept.append([start, end])
    out = np.zeros(len(speech), bool)
    for start, end in kept:
        out[start:end] = end - start >= MIN_SPEECH
    return out


def counts(said: np.ndarray, want: np.ndarray) -> np.ndarray:
    """True positives, false positives, false negatives, hops."""
    return np.array([(said & want).sum(), (said & ~want).sum(), (~said & want).sum(), len(want)])


def f1(c: np.ndarray) -> float:
    return float(2 * c[0] / max(1, 2 * c[0] + c[1] + c[2]))


def noises(rng: np.random.Generator, n: int, voices: list[np.ndarray]) -> dict[str, np.ndarray]:
    out = {kind: make(rng, n) for kind, make in GENERATED.items()}
    out["babble"] = babble(rng, n, voices, 8)
    return out


def mixed(audio: np.ndarray, want: np.ndarray, noise: np.ndarray, snr_db: float) -> np.ndarray:
    hops = audio[: len(want) * HOP].reshape(-1, HOP)
    power = np.mean(hops[want] ** 2) if want.any() else np.mean(audio**2)
    out = audio + unit_rms(noise) * np.sqrt(power) * 10 ** (-snr_db / 20)
    peak = np.abs(out).max()
    return (out / peak * 0.99 if peak > 1 else out).astype(np.float32)


def evaluate() -> None:
    net = Net()
    reference = np.load(paths.cache_dir("vad", "eval") / "silero.npz")
    clips = [(name, audio, reference[name]) for name, audio in real_val()]
    voices = [s.audio for s in synthetic(np.random.default_rng(4_711), 60)]
    rows, pooled, by_kind, plain, everything = [], {}, {}, {}, {}
    for name, audio, want in clips:
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        kinds = noises(rng, len(audio), voices)
        line: list[object] = [name.split("/")[-1], f"{len(audio) / RATE_HZ:.0f}", f"{want.mean():.2f}"]
        for condition in ["clean", *SNRS_DB]:
            total = np.zeros(4, int)
            cases = {"-": audio} if condition == "clean" else {
                kind: mixed(audio, want, noise, condition) for kind, noise in kinds.items()}
            for kind, heard in cases.items():
                p = net(heard)
                c = counts(spans(p), want)
                total += c
                if want.any():
                    key = (kind, condition)
                    by_kind[key] = by_kind.get(key, 0) + c
                    pooled[condition] = pooled.get(condition, 0) + c
                    plain[condition] = plain.get(condition, 0) + counts(p > 0.5, want)
            everything[condition] = everything.get(condition, 0) + total
            if want.any():
                line.append(f"{f1(total):.3f}")
            else:
                line.append(f"({total[1] / total[3]:.2f})")
        rows.append(line)
        print(" ".join(str(v) for v in line), flush=True)
    columns = ["clean", *[f"{s} dB" for s in SNRS_DB]]
    n = {c: int(pooled[c][3]) for c in pooled}
    summary = [["spans (in use)", *[f"{f1(pooled[c]):.3f}" for c in pooled]],
               ["hops at 0.5", *[f"{f1(plain[c]):.3f}" for c in plain]],
               ["precision (spans)", *[f"{c[0] / (c[0] + c[1]):.3f}" for c in pooled.values()]],
               ["recall (spans)", *[f"{c[0] / (c[0] + c[2]):.3f}" for c in pooled.values()]],
               ["spans, with the recording without speech", *[f"{f1(everything[c]):.3f}" for c in pooled]],
               ["n (hops of 10 ms)", *[n[c] for c in n]]]
    kinds = sorted({k for k, _ in by_kind if k != "-"})
    noise_rows = [[k, *[f"{f1(by_kind[(k, s)]):.3f}" for s in SNRS_DB]] for k in kinds]
    tables = [table(["decision", *columns], summary),
              table(["recording", "s", "speech", *columns], rows),
              table(["noise", *columns[1:]], noise_rows)]
    print("\n\n".join(tables))
    update_metrics("vad-1", {
        "f1_10db_with_recording_without_speech": round(f1(everything[10]), 4),
        **{f"f1_{c if c == 'clean' else f'{c}db'}": round(f1(pooled[c]), 4) for c in pooled}})
    card(tables)


def card(tables: list[str]) -> None:
    entry = read_entry("vad-1")
    write_card(paths.MODELS_DIR / entry["card"], "vad-1: speech probability per 10 ms", [
        ("Terms", DATA_TERMS),
        ("What it is", f"A CNN of 51,293 parameters (ReLU, ONNX opset {entry['opset']}) from 40 "
         "log-mel bands to the probability that a 10 ms hop holds speech. It looks back 1.21 s and ahead "
         "0.33 s. Input and front end: models/train/README.md. Rebuild: `models/train/run vad`."),
        ("Data", "13 real `train` recordings (227 s: talking clips, GRID sentences, meeting excerpts, a read text) "
         "and 700 espeak-ng utterances (53 min, 16 languages, 32 voice variants), placed in 2,600 scenes of 6 s "
         "(4.3 h) with generated noise at -5 to 30 dB SNR (white, pink, brown, hum, fan, keyboard, knocks, breaths, "
         "crackle, rustle, handling of the microphone, music, tones, babble of 6 to 16 voices), rooms, band limits, levels over 40 dB, 16-bit capture, and "
         "Opus, AAC and 8 kHz mu-law. Labels come from the energy of the clean speech, not from a model; "
         "hops that could be argued either way (8 %) carry no weight. Against silero-vad the labels "
         "themselves reach F1 0.965 on the clean `train` recordings."),
        ("Figures", "F1 per 10 ms hop against silero-vad 6.2.3 (default settings) on the clean signal. Noise is "
         "generated with seeds that the fit never saw; each SNR pools 14 kinds. A recording in which silero "
         "hears no speech has no F1: the share of hops called speech stands in parentheses, and it is "
         "left out of the pooled figures but for the line that says so.\n\n" + "\n\n".join(tables) + "\n\nFour speakers and 76 s of speech: "
         "a small sample. silero is a reference, not the truth: part of the difference is where it puts "
         "the edges of a phrase."),
        ("What it is bad at", "Babble near the level of the speaker (it is speech); singing; whispering; very "
         "distant microphones; music with a voice. Few real speakers were heard in the fit, most of them "
         "speaking English. No children's voices, no test by language, age, sex or impairment of speech. "
         "At 0 dB SNR its edges move by more than 100 ms. In 30 s of bumps, breath and rumble at a meeting "
         "microphone (pyannote_trn01, in which silero hears no speech and spectrograms show next to none) it "
         "still calls 44 % of the hops speech; an earlier fit called 97 % so. The level is not why silero hears none: with the "
         "recording raised by 10, 20 and 30 dB it hears none either, and at -26 dB its probability exceeds 0.10 in 1 % of the "
         "frames and never 0.39. So the reference stays as it is, and those hops are false alarms. The noise kind handling "
         "was added because of that recording, so its figure is no longer an unseen one."),
    ])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decode", action="store_true", help="only write the clean recordings for the reference")
    if parser.parse_args().decode:
        np.savez(paths.cache_dir("vad", "eval") / "clean.npz", **dict(real_val()))
    else:
        evaluate()
