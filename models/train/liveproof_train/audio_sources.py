"""Speech for the voice-activity net: real `train` recordings and espeak-ng voices."""
from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import paths
from .audio_features import RATE_HZ
from .audio_labels import energy_labels

# Clips whose sound is speech over steady noise as loud as its pauses: their energy says nothing
# about pauses (5th to 95th percentile spread below 15 dB), so they cannot be labelled.
TOO_NOISY = {"hm:xzy"}

# Own sentences, in the languages that the voices below speak. Numbers are added per utterance.
TEXTS = {
    "en": [
        "I moved to the team in spring and looked after the billing service.",
        "We split the table in two, then copied the rows at night. Nobody noticed.",
        "Well, let me think. The hardest part was not the code, it was the schedule.",
        "Could you tell me how you would find a slow query?",
        "Yes. No. Sometimes, it depends on the load.",
        "First I read the logs, second I ask for a trace, and third I guess.",
        "Sixteen people shared one build machine, so we queued.",
        "My manager asked for a plan, I wrote two pages.",
    ],
    "de": ["Im Herbst haben wir das Lager umgebaut, danach lief es ruhiger.",
           "Ich würde zuerst messen, dann fragen.", "Ja, genau. Das hat drei Wochen gedauert."],
    "fr": ["Nous avons choisi la solution la plus simple, puis nous avons attendu.",
           "Je ne sais pas encore, il faudrait essayer.", "Oui, bien sûr, deux fois par semaine."],
    "es": ["El equipo era pequeño y el plazo muy corto.", "Primero miro los datos, luego decido.",
           "Sí, claro, lo hicimos en tres meses."],
    "it": ["Abbiamo cambiato tutto in una notte.", "Prima chiedo, poi scrivo il codice."],
    "pt": ["A equipe mudou de plano duas vezes.", "Eu prefiro testar antes de falar."],
    "pl": ["Najpierw sprawdzam dzienniki, potem pytam.", "To trwało trzy tygodnie."],
    "ru": ["Сначала я смотрю на данные, потом решаю.", "Да, мы сделали это за две недели."],
    "tr": ["Önce ölçtük, sonra değiştirdik.", "Evet, haftada iki kez toplandık."],
    "hi": ["पहले हमने जाँच की, फिर बदलाव किया।", "हाँ, इसमें तीन हफ्ते लगे।"],
    "cmn": ["我们先看数据，然后再决定。", "是的，用了三个星期。"],
    "nl": ["Eerst meten we het, daarna praten we erover.", "Ja hoor, dat duurde drie weken."],
    "sv": ["Vi mätte först och ändrade sedan.", "Ja, det tog tre veckor."],
    "vi": ["Chúng tôi xem dữ liệu trước rồi mới quyết định."],
    "sw": ["Kwanza tulipima, kisha tukabadilisha."],
    "el": ["Πρώτα μετράμε και μετά αλλάζουμε."],
}
ACCENTS = {"en": ["en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-029", "en-us-nyc"]}
VARIANTS = ["m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "f1", "f2", "f3", "f4", "f5", "croak",
            "klatt", "klatt3", "klatt5", "linda", "steph", "grandma", "grandpa", "Alicia", "Andy",
            "boris", "Diogo", "Gene", "Lee", "max", "pablo", "quincy", "whisper", "whisperf"]


@dataclass(frozen=True)
class Speech:
    """A clean recording with labels per 10 ms hop."""

    name: str
    audio: np.ndarray  # [N] float32, 16 kHz mono
    speech: np.ndarray  # [N // 160] bool
    weight: np.ndarray  # [N // 160] float32, 0 where the label is in doubt
    real: bool


def decode(path: Path) -> np.ndarray:
    """Any media file as mono 16 kHz float32 (mean of its channels, FFmpeg's resampler)."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-vn", "-ac", "1", "-ar", str(RATE_HZ),
               "-f", "f32le", "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.float32).copy()


def labelled(name: str, audio: np.ndarray, real: bool) -> Speech:
    speech, weight = energy_labels(audio)
    return Speech(name, audio, speech, weight, real)


def real_train() -> list[Speech]:
    """Speech recordings of the `train` split, one per file; duplicates by recording left out."""
    rows = paths.manifest_rows({"train"}, {"talk_av", "speech_audio", "conversation_audio"})
    out = []
    for row in sorted(rows, key=lambda r: r["path"]):
        if row["identity"] in TOO_NOISY or row["path"].endswith("edtalk_obama.mp4"):
            continue
        out.append(labelled(row["path"], decode(paths.data_dir() / row["path"]), real=True))
    return out


def real_val() -> list[tuple[str, np.ndarray]]:
    """`(path, audio)` of the `val` speech recordings."""
    rows = paths.manifest_rows({"val"}, {"talk_av", "conversation_audio"})
    return [(r["path"], decode(paths.data_dir() / r["path"])) for r in sorted(rows, key=lambda r: r["path"])]


def espeak(text: str, voice: str, speed_wpm: int, pitch: int) -> np.ndarray:
    """One synthetic utterance with exact silence around it; cached by its arguments."""
    key = hashlib.sha256(f"{voice}|{speed_wpm}|{pitch}|{text}".encode()).hexdigest()[:20]
    wav = paths.cache_dir("vad", "espeak") / f"{key}.wav"
    if not wav.exists():
        command = ["espeak-ng", "-v", voice, "-s", str(speed_wpm), "-p", str(pitch), "-w", str(wav), text]
        subprocess.run(command, check=True, capture_output=True)
    return decode(wav)


def synthetic(rng: np.random.Generator, count: int) -> list[Speech]:
    """`count` utterances over all languages, voices, speeds and pitches."""
    out = []
    languages = sorted(TEXTS)
    while len(out) < count:
        language = "en" if rng.random() < 0.35 else languages[rng.integers(len(languages))]
        voice = ACCENTS.get(language, [language])[rng.integers(len(ACCENTS.get(language, [language])))]
        variant = VARIANTS[rng.integers(len(VARIANTS))]
        text = TEXTS[language][rng.integers(len(TEXTS[language]))]
        if rng.random() < 0.4:
            text += f" {rng.integers(1, 9999)}, {rng.integers(1, 99)}."
        speed, pitch = int(rng.integers(110, 230)), int(rng.integers(15, 90))
        audio = espeak(text, f"{voice}+{variant}", speed, pitch)
        if len(audio) > RATE_HZ // 2 and np.max(np.abs(audio)) > 0.01:
            out.append(labelled(f"espeak:{voice}+{variant}", audio, real=False))
    return out
