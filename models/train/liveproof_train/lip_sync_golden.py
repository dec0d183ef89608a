"""Golden values of the lip-sync maths on generated series: testdata/golden/lip_sync.json.

    python -m liveproof_train.lip_sync_golden

The series come from a formula that the Rust test repeats, so that only results are stored.
"""
from __future__ import annotations

import json

import numpy as np

from . import lip_sync_dsp as dsp
from .lip_sync_fit import FIR, KAPPA
from .paths import REPO_DIR

SECONDS = 12.0
RHO = np.array([0.5, 0.3])


def noise(i, j) -> np.ndarray:
    """Repeatable values in 0..1 for whole numbers i, j (an integer hash)."""
    x = (np.asarray(i, np.uint64) * 2654435761 + np.asarray(j, np.uint64) * 40503 + 12345) % 2**32
    x ^= x >> np.uint64(15)
    x = (x * 2246822519) % 2**32
    x ^= x >> np.uint64(13)
    return (x % 65536) / 65536.0


def syllables(t: np.ndarray) -> np.ndarray:
    """A mouth-like series: five sines with incommensurable periods."""
    return sum(np.sin(2 * np.pi * f * t + 1.7 * k) for k, f in enumerate((1.3, 2.17, 3.1, 4.3, 5.9)))


def faces(count: int) -> np.ndarray:
    i, p = np.meshgrid(np.arange(count), np.arange(192), indexing="ij")
    return (100 + 80 * noise(i, p)).reshape(count, 96, 2).astype(np.float32).astype(float)


def patches(count: int) -> np.ndarray:
    i, p = np.meshgrid(np.arange(count), np.arange(48 * 64), indexing="ij")
    return np.floor(256 * noise(i + 7, p)).astype(np.uint8).reshape(count, 48, 64)


def inputs():
    """Frames at 25 per second with a gap, hops with a muted stretch, audio 160 ms late."""
    t = np.arange(int(SECONDS * 25)) / 25
    t = t[(t < 4.0) | (t > 4.5)]
    i, c = np.meshgrid(np.round(t * 25).astype(int), np.arange(len(dsp.VISUAL)), indexing="ij")
    frames = syllables(t)[:, None] * 0.02 * (1 + c % 3) + 0.02 * noise(i, c)
    h = np.arange(int(SECONDS * 100))
    i, b = np.meshgrid(h, np.arange(40), indexing="ij")
    mel = -6 + 1.2 * syllables((h + 0.5) / 100 - 0.16)[:, None] * (b < 24) + 0.5 * noise(i, b + 99)
    speech = np.where((h // 150) % 4 == 3, 0.1, 0.9)
    missing = (h >= 820) & (h < 850)
    return t, frames, mel, speech, missing


def weights():
    k, i = np.meshgrid(np.arange(2), np.arange(len(dsp.TAPS) * len(dsp.VISUAL)), indexing="ij")
    visual = (noise(i + 500, k) - 0.3).T
    k, i = np.meshgrid(np.arange(2), np.arange(len(dsp.AUDIO)), indexing="ij")
    return visual, (noise(i + 900, k) - 0.2).T


def main() -> None:
    times = np.array([0.0, 0.04, 0.08, 0.9, 0.94])
    t, frames, mel, speech, missing = inputs()
    grid = np.arange(int(SECONDS * dsp.GRID_HZ)) / dsp.GRID_HZ
    p = dsp.prepare(grid, t, frames, 0.0, mel, speech, missing, FIR)
    visual, audio = weights()
    u, a = dsp.project(p, visual, audio)
    llr = dsp.hop_llr(u, a, p.seen, p.gate, RHO)
    chain = dsp.Chain()
    posterior, path = dsp.decode(llr, KAPPA, chain)
    got = dsp.read(p, visual, audio, RHO, KAPPA, chain)
    rows = list(range(0, len(grid), 37))
    out = {
        "fir": FIR.tolist(), "kappa": KAPPA, "rho": RHO.tolist(),
        "chain": {k: getattr(chain, k) for k in ("step", "jump", "lose", "find", "start_uncorrelated")},
        "shape": dsp.shape_channels(faces(3)).tolist(),
        "patch": dsp.patch_channels(patches(5), times).tolist(),
        "rows": rows, "visual": p.visual[rows].tolist(), "audio": p.audio[rows].tolist(),
        "seen": int(p.seen.sum()), "gate": int(p.gate.sum()), "talk": int(p.talk.sum()),
        "u": u[rows].tolist(), "a": a[rows].tolist(), "llr": llr[::5, ::10].tolist(),
        "posterior_lag": posterior[:, :-1].sum(1).tolist(), "path": path.tolist(),
        "state": got.state, "offset_ms": got.offset_ms, "lock_probability": got.lock_probability,
        "speech_s": got.speech_s,
    }
    rounded = json.loads(json.dumps(out), parse_float=lambda s: round(float(s), 7))
    rounded["fir"] = out["fir"]
    target = REPO_DIR / "testdata" / "golden" / "lip_sync.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(rounded) + "\n", encoding="utf-8")
    print(target.name, got)


if __name__ == "__main__":
    main()
