"""Renders labelled training scenes: clean speech, then noise, room, level and codec.

A scene is 6 s. Its labels come from the clean speech before anything is done to it.
"""
from __future__ import annotations

import argparse
import subprocess

import numpy as np
from scipy.signal import butter, resample_poly, sosfilt

from . import paths
from .audio_features import BANDS, HOP, RATE_HZ, logmel
from .audio_noise import GENERATED, babble, room, unit_rms
from .audio_sources import Speech, real_train, synthetic

SCENE_S = 6
SCENE = SCENE_S * RATE_HZ
FRAMES = SCENE // HOP
GROUP = 40  # scenes that share one pass through a codec

# FFmpeg encoder arguments, container, and the rate the codec runs at.
CODECS = [
    None, None, None,
    (["-c:a", "libopus", "-b:a", "12k", "-application", "voip"], "ogg"),
    (["-c:a", "libopus", "-b:a", "20k", "-application", "voip"], "ogg"),
    (["-c:a", "libopus", "-b:a", "32k"], "ogg"),
    (["-c:a", "aac", "-b:a", "48k"], "mp4"),
    (["-c:a", "aac", "-b:a", "96k", "-ar", "44100"], "mp4"),
    (["-c:a", "pcm_mulaw", "-ar", "8000"], "wav"),
]


def clean_scene(rng, real: list[Speech], fake: list[Speech]) -> tuple[np.ndarray, ...]:
    """`(audio [SCENE], speech [FRAMES], weight [FRAMES])`: utterances and pauses at random."""
    audio, speech = np.zeros(SCENE, np.float32), np.zeros(FRAMES, bool)
    weight = np.ones(FRAMES, np.float32)
    if rng.random() < 0.15:
        return audio, speech, weight  # no speech at all
    at = int(rng.integers(0, 150))
    while at < FRAMES - 30:
        source = (real if rng.random() < 0.5 else fake)
        item = source[rng.integers(len(source))]
        speed = rng.choice([0.9, 0.95, 1.0, 1.0, 1.05, 1.1])
        start = int(rng.integers(0, max(1, len(item.speech) - 40)))
        take = int(min(rng.integers(40, 500), len(item.speech) - start, FRAMES - at))
        part = item.audio[start * HOP : (start + take) * HOP]
        want, sure = item.speech[start : start + take], item.weight[start : start + take]
        if speed != 1.0:  # speed and pitch together: another vocal tract
            part = resample_poly(part, int(round(100 / speed)), 100)[: (FRAMES - at) * HOP]
            frames = len(part) // HOP
            index = np.minimum((np.arange(frames) * speed).astype(int), take - 1)
            want, sure, part = want[index], sure[index], part[: frames * HOP]
        if len(part) < 20 * HOP or not want.any():
            continue
        level = np.sqrt(np.mean(part[np.repeat(want, HOP)] ** 2)) + 1e-6
        part = part / level * 10 ** (rng.uniform(-6, 6) / 20)
        fade = np.minimum(1, np.arange(len(part)) / 80)
        part = part * fade * fade[::-1]
        n = len(want)
        audio[at * HOP : at * HOP + len(part)] = part
        speech[at : at + n], weight[at : at + n] = want, sure
        for edge in (at, at + n - 1):  # a word cut by the window is in doubt at the cut
            weight[max(0, edge - 3) : edge + 4] = 0
        at += n + int(rng.choice([rng.integers(8, 60), rng.integers(60, 250)]))
    return audio, speech, weight


def add_noise(rng, audio, speech, voices, pool) -> np.ndarray:
    """Clean scene (unit speech level) plus one or two noises at -5..30 dB SNR, maybe a room."""
    if rng.random() < 0.35:
        audio = room(rng, audio)
    if rng.random() < 0.3:  # microphone and telephone colour
        low, high = rng.uniform(60, 300), rng.uniform(3000, 7500)
        audio = sosfilt(butter(1, [low, high], "band", fs=RATE_HZ, output="sos"), audio)
    out = np.asarray(audio, np.float64).copy()
    for _ in range(rng.choice([0, 1, 1, 1, 2])):
        if rng.random() < 0.2:
            noise = babble(rng, SCENE, voices, int(rng.integers(6, 16)))
            snr_db = rng.uniform(3, 30)  # nearer babble is speech by any listener's measure
        else:
            kind = "handling" if rng.random() < 0.15 else list(pool)[rng.integers(len(pool))]
            track = pool[kind]
            start = rng.integers(len(track) - SCENE)
            noise, snr_db = unit_rms(track[start : start + SCENE]), rng.uniform(-5, 30)
        if rng.random() < 0.25:
            noise = room(rng, noise)
        if rng.random() < 0.2:  # noise that starts or stops inside the scene
            edge = int(rng.integers(0, SCENE))
            noise = noise.copy()
            noise[slice(edge, None) if rng.random() < 0.5 else slice(0, edge)] = 0
        out += noise * 10 ** (-snr_db / 20)
    return out


def to_capture(rng, audio: np.ndarray) -> np.ndarray:
    """Level, clipping, muting and 16-bit capture. Unit speech level becomes -53..-13 dBFS."""
    out = audio * 10 ** ((-23 + rng.uniform(-30, 10)) / 20)
    if rng.random() < 0.7:
        out = out + 10 ** (rng.uniform(-95, -65) / 20) * rng.standard_normal(SCENE)
    if rng.random() < 0.1:  # a muted or lost stretch: exact zeros with hard edges
        start = int(rng.integers(0, SCENE))
        out[start : start + int(rng.integers(800, RATE_HZ))] = 0
    out = np.clip(out, -1, 1)
    return (np.round(out * 32767) / 32767).astype(np.float32) if rng.random() < 0.9 else out.astype(np.float32)


def through_codec(audio: np.ndarray, codec) -> np.ndarray:
    """The same audio after a lossy codec, aligned again to the sample by cross-correlation."""
    arguments, container = codec
    folder = paths.cache_dir("vad", "codec")
    coded = folder / f"pass.{container}"
    head = ["ffmpeg", "-v", "error", "-y", "-f", "f32le", "-ar", str(RATE_HZ), "-ac", "1", "-i", "-"]
    subprocess.run([*head, *arguments, str(coded)], input=audio.astype(np.float32).tobytes(), check=True)
    tail = ["ffmpeg", "-v", "error", "-i", str(coded), "-ac", "1", "-ar", str(RATE_HZ), "-f", "f32le", "-"]
    out = np.frombuffer(subprocess.run(tail, capture_output=True, check=True).stdout, np.float32)
    n = len(audio) + len(out)
    cross = np.fft.irfft(np.fft.rfft(out, n) * np.conj(np.fft.rfft(audio, n)), n)
    lag = int(np.argmax(cross))
    lag = lag - n if lag > n // 2 else lag
    aligned = np.zeros_like(audio)
    source = out[max(lag, 0) :][: len(audio) - max(-lag, 0)]
    aligned[max(-lag, 0) : max(-lag, 0) + len(source)] = source
    return aligned


def muted(audio: np.ndarray) -> np.ndarray:
    """Hops of exact zeros (nothing was captured): never speech, whatever lay under them."""
    return ~np.any(audio.reshape(-1, HOP) != 0, axis=1)


def render(count: int, seed: int) -> None:
    """Writes the pack `vad/scenes-SEED.npz`: features float16, labels, weights."""
    out = paths.cache_dir("vad") / f"scenes-{seed}.npz"
    if out.exists():
        with np.load(out) as made:
            if len(made["labels"]) == count:
                print(f"{out.name} is rendered already")
                return
    rng = np.random.default_rng(seed)
    real, fake = real_train(), synthetic(rng, 700)
    voices = [s.audio for s in fake] + [s.audio for s in real]
    pool = {kind: np.concatenate([make(rng, 20 * RATE_HZ) for _ in range(12)])
            for kind, make in GENERATED.items()}
    features = np.empty((count, FRAMES, BANDS), np.float16)
    labels, weights = np.empty((count, FRAMES), bool), np.empty((count, FRAMES), np.float16)
    for first in range(0, count, GROUP):
        ids = range(first, min(first + GROUP, count))
        group = []
        for i in ids:
            clean, speech, weight = clean_scene(rng, real, fake)
            captured = to_capture(rng, add_noise(rng, clean, speech, voices, pool))
            gone = muted(captured)
            labels[i], weights[i] = speech & ~gone, np.where(gone, 1.0, weight)
            group.append(captured)
        codec = CODECS[(first // GROUP) % len(CODECS)]
        audio = np.concatenate(group)
        if codec is not None:
            audio = through_codec(audio, codec)
        for i, scene in zip(ids, audio.reshape(-1, SCENE)):
            features[i] = logmel(scene)
        if first % (GROUP * 10) == 0:
            print(f"{first}/{count} scenes, {labels[: first + len(ids)].mean():.2f} speech", flush=True)
    np.savez(out, features=features, labels=labels, weights=weights)
    print(f"{out}: {count} scenes, {count * SCENE_S / 3600:.1f} h, {labels.mean():.3f} speech, "
          f"{(weights == 0).mean():.3f} without weight; {len(real)} real recordings of "
          f"{sum(len(s.audio) for s in real) / RATE_HZ:.0f} s, {len(fake)} synthetic of "
          f"{sum(len(s.audio) for s in fake) / RATE_HZ:.0f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2600)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    render(arguments.count, arguments.seed)
