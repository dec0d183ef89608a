"""Golden tensors of the voice-activity front end and net, from generated sound only."""
from __future__ import annotations

import json

import numpy as np

from . import paths
from .audio_features import HOP, RATE_HZ, logmel
from .evaluate_vad import Net

HOPS = 100


def sound() -> np.ndarray:
    """1 s: faint noise throughout, a gliding voice-like tone from 0.3 to 0.7 s, 16-bit values."""
    n = HOPS * HOP
    t = np.arange(n) / RATE_HZ
    noise = np.random.default_rng(20).standard_normal(n) * 10 ** (-62 / 20)
    pitch = 2 * np.pi * np.cumsum(130 + 40 * np.sin(2 * np.pi * 3 * t)) / RATE_HZ
    voice = np.zeros(n)
    for k in range(1, 40):  # harmonics under three moving resonances
        hz = 135 * k
        shape = sum(g / (1 + ((hz - f) / 90) ** 2) for f, g in ((620, 1.0), (1_250, 0.6), (2_600, 0.3)))
        voice += shape * np.sin(k * pitch)
    gate = np.clip(np.minimum((t - 0.3) / 0.02, (0.7 - t) / 0.03), 0, 1)
    return np.round((noise + 0.12 * voice * gate) * 32_767).clip(-32_768, 32_767).astype(np.int16)


def main() -> None:
    samples = sound()
    audio = samples.astype(np.float32) / 32_768
    folder = paths.REPO_DIR / "testdata" / "golden"
    folder.mkdir(parents=True, exist_ok=True)
    out = {
        "about": "Generated sound (no recording). samples / 32768 at 16 kHz; logmel by hop and band; speech of vad-1.",
        "samples_i16": samples.tolist(),
        "logmel": [[round(float(v), 5) for v in hop] for hop in logmel(audio)],
        "speech": [round(float(v), 5) for v in Net()(audio)],
    }
    (folder / "vad-1.json").write_text(json.dumps(out, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"vad-1.json: speech {np.mean(np.array(out['speech']) > 0.5):.2f}")


if __name__ == "__main__":
    main()
