"""The interview: its text, its timeline, both audio tracks and the ground truth.

All times are seconds of the recording. The picture is the reference: inside the
late stretch the candidate's samples lie SHIFT_S after the matching mouth motion.
"""

from dataclasses import dataclass, field

import numpy as np

from speech import Voice

RATE_HZ = 48_000
SHIFT_S = 0.240
HEAD_S, TAIL_S = 0.9, 1.1
CANDIDATE = Voice("en-us", 180, 38, 55)
INTERVIEWER = Voice("gmw/en-GB-x-rp+f2", 178, 58, 55)


@dataclass(frozen=True)
class Turn:
    """`gap_s` is the answer's delay as spoken, before any shift; `pause_s` follows the answer."""

    question: str
    gap_s: float
    answer: str
    pause_s: float
    late: bool = False
    filler: str = ""


TURNS = [
    Turn(
        "Good morning. Can you hear me well?",
        0.420,
        "Good morning. Yes, I can hear you very well and I hope you can hear me. "
        "This is a made up interview, spoken by a speech program and drawn by another one, "
        "so nobody is real.",
        0.45,
    ),
    Turn(
        "Thank you. What do you work on at the moment?",
        0.980,
        "I work on a small team that looks after weather stations. We collect the readings "
        "of about nine hundred of them, remove the broken ones, and make maps that farmers "
        "open before breakfast.",
        0.40,
    ),
    Turn(
        "Which part of that did you find the hardest?",
        1.620,
        "Um, maybe the missing values. A sensor that fails does not always say so, it may "
        "repeat one number for a month. So we built a model of each place, and "
        "we ask it.",
        0.70,
        filler="um",
    ),
    Turn(
        "How did you know that it worked?",
        0.730,
        "We hid a part of the good readings, and we asked the model to guess them. Most of "
        "the time it was off by less than half a degree. In the mountains it was "
        "worse, and we wrote that down.",
        0.40,
        late=True,
    ),
    Turn(
        "A farmer calls and says the map is wrong. What do you do?",
        1.130,
        "First I believe them, because they stand in the field and I do not. Then I look at "
        "the nearest stations with them, and we follow the number back until both "
        "of us see where it came from.",
        0.75,
        late=True,
    ),
    Turn(
        "What would you do differently today?",
        2.140,
        "I would write fewer programs and more tests. For a whole year we moved very fast, "
        "and then we spent another one to find out which of our changes had moved "
        "a whole valley.",
        0.45,
    ),
    Turn(
        "Do you prefer to work alone or with others?",
        0.560,
        "With others, by far. I like to have a problem for myself in the morning but by "
        "the afternoon I want somebody to look over my shoulder, and to ask me why, again "
        "and again.",
        0.40,
    ),
    Turn(
        "Last one. What would you like to ask us?",
        1.310,
        "Yes, please. How do you decide that a piece of work is finished? Everybody I have "
        "met so far answers that in a different way, and it tells me more "
        "than a web page.",
        0.0,
    ),
]


@dataclass
class Timeline:
    """Both tracks at RATE_HZ, the phones as the mouth makes them, and the truth."""

    candidate: np.ndarray
    interviewer: np.ndarray
    phones: list
    turns: list
    late: dict
    duration_s: float
    speech_env: np.ndarray = field(default=None)


def resample(samples, from_hz, to_hz):
    """Band-limited resampling by zero-padding the spectrum (exact for these short clips)."""
    count = int(round(len(samples) * to_hz / from_hz))
    spectrum = np.fft.rfft(samples)
    full = np.zeros(count // 2 + 1, complex)
    keep = min(len(spectrum), len(full))
    full[:keep] = spectrum[:keep]
    return (np.fft.irfft(full, count) * (count / len(samples))).astype(np.float32)


def sounding_span(samples, rate_hz, floor_db=-38.0):
    """First and last second whose 10 ms RMS is within `floor_db` of the loudest 10 ms."""
    hop = rate_hz // 100
    frames = samples[: len(samples) // hop * hop].reshape(-1, hop)
    level = np.sqrt((frames.astype(np.float64) ** 2).mean(1) + 1e-12)
    loud = np.flatnonzero(20 * np.log10(level / level.max()) > floor_db)
    return loud[0] * 0.01, (loud[-1] + 1) * 0.01


def room_noise(count, rng, level):
    """Pink-ish noise of RMS `level`: what an open microphone hears in a quiet room."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    hz = np.fft.rfftfreq(count, 1 / RATE_HZ)
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(hz, 60.0)), count)
    return (noise / noise.std() * level).astype(np.float32)


def _speak(espeak, text, voice, peak):
    said = espeak.say(text, voice)
    samples = resample(said.samples, said.rate_hz, RATE_HZ)
    return samples * (peak / np.abs(samples).max()), said.phones


def _place(track, samples, at_s):
    begin = int(round(at_s * RATE_HZ))
    track[begin : begin + len(samples)] += samples


def build(espeak, seed):
    """Speaks every line and lays it out; the same seed and espeak-ng give the same samples."""
    rng = np.random.default_rng(seed)
    size = int(140 * RATE_HZ)
    candidate, interviewer = np.zeros(size, np.float32), np.zeros(size, np.float32)
    dry = np.zeros(size, np.float32)  # the candidate as the mouth moves, before the shift
    now, phones, turns = HEAD_S, [], []
    for number, turn in enumerate(TURNS, 1):
        shift = SHIFT_S if turn.late else 0.0
        question, _ = _speak(espeak, turn.question, INTERVIEWER, 0.50)
        q_first, q_last = sounding_span(question, RATE_HZ)
        _place(interviewer, question, now - q_first)
        q_start, q_end = now, now - q_first + q_last
        answer, said = _speak(espeak, turn.answer, CANDIDATE, 0.55)
        a_first, a_last = sounding_span(answer, RATE_HZ)
        begin = q_end + turn.gap_s - a_first
        _place(dry, answer, begin)
        _place(candidate, answer, begin + shift)
        phones += [(p.name, begin + p.start_s, begin + p.end_s) for p in said]
        onset, end = begin + a_first, begin + a_last
        content = _content_onset(said, begin, turn)
        turns.append(
            {
                "id": f"q{number}",
                "question_start_s": q_start,
                "question_end_s": q_end,
                "mouth_onset_s": onset,
                "answer_onset_s": onset + shift,
                "content_onset_s": (content or onset) + shift,
                "filler": turn.filler or None,
                "answer_end_s": end + shift,
                "gap_ms": round((turn.gap_s + shift) * 1000),
                "audio_shift_ms": round(shift * 1000),
            }
        )
        now = end + shift + turn.pause_s
    duration = round((now + TAIL_S) * 25) / 25
    count = int(round(duration * RATE_HZ))
    late_turns = [t for t in turns if t["audio_shift_ms"]]
    before = [t for t in turns if t["answer_end_s"] < late_turns[0]["question_start_s"]]
    late = {
        "from_s": (before[-1]["answer_end_s"] + late_turns[0]["question_start_s"]) / 2,
        "to_s": late_turns[-1]["answer_end_s"] + 0.25,
        "first_speech_s": late_turns[0]["answer_onset_s"],
        "last_speech_s": late_turns[-1]["answer_end_s"],
        "audio_shift_ms": round(SHIFT_S * 1000),
    }
    noise = [room_noise(count, rng, 10 ** (db / 20)) for db in (-62, -60)]
    return Timeline(
        candidate[:count] + noise[0],
        interviewer[:count] + noise[1],
        phones,
        turns,
        late,
        duration,
        dry[:count],
    )


def _content_onset(phones, begin, turn):
    """After a filler: the first phone behind the filler's own pause."""
    if not turn.filler:
        return None
    paused = False
    for phone in phones:
        if phone.name.startswith("_"):
            paused = True
        elif paused and phone.name:
            return begin + phone.start_s
    return None


def write_wav(path, samples):
    """16-bit mono PCM."""
    import wave

    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
