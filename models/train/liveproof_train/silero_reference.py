"""Speech by silero-vad on clean recordings: a reference for the evaluation, never a label.

Runs in an environment of its own. Reads `vad/eval/clean.npz` (name -> mono 16 kHz audio) and writes
`vad/eval/silero.npz`: per name a boolean per 10 ms hop, from get_speech_timestamps with its default
settings (threshold 0.5, at least 250 ms of speech and 100 ms of silence, 30 ms of padding).
"""
from __future__ import annotations

import numpy as np
import torch
from silero_vad import get_speech_timestamps, load_silero_vad

from . import paths

HOP = 160


def main() -> None:
    torch.set_num_threads(1)
    model = load_silero_vad(onnx=True)
    clean = np.load(paths.cache_dir("vad", "eval") / "clean.npz")
    out = {}
    for name in clean.files:
        audio = clean[name]
        speech = np.zeros(len(audio) // HOP, bool)
        for stretch in get_speech_timestamps(torch.from_numpy(audio.copy()), model):
            speech[round(stretch["start"] / HOP) : round(stretch["end"] / HOP)] = True
        out[name] = speech
        print(f"{name}: {len(audio) / 16_000:.1f} s, {speech.mean():.2f} speech")
    np.savez(paths.cache_dir("vad", "eval") / "silero.npz", **out)


if __name__ == "__main__":
    main()
