"""Speech from espeak-ng, with the time of every phoneme.

The command-line tool gives no phoneme times for its own voices, so the shared
library is called directly. Output is mono float32 in -1..1 at the library's
own rate; phoneme times are in seconds from the first sample.
"""

import ctypes
import ctypes.util
import re
from dataclasses import dataclass

import numpy as np

_RETRIEVAL = 2  # AUDIO_OUTPUT_SYNCHRONOUS: samples go to the callback, the call blocks
_PHONEME_EVENTS = 1  # espeakINITIALIZE_PHONEME_EVENTS
_EVENT_PHONEME = 7
_EVENT_END = 0
_UTF8 = 1
_RATE, _PITCH, _RANGE = 1, 3, 4


class _EventId(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),  # ms from the start of the text
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    ]


_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


@dataclass(frozen=True)
class Phone:
    """One phoneme: espeak's own mnemonic and its span in seconds."""

    name: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Utterance:
    samples: np.ndarray
    rate_hz: int
    phones: list


@dataclass(frozen=True)
class Voice:
    """An espeak-ng voice name with speed (words/min), pitch and pitch range (0-100)."""

    name: str
    words_per_min: int
    pitch: int
    pitch_range: int


class Espeak:
    """The library keeps global state: make one of these per process."""

    def __init__(self):
        path = ctypes.util.find_library("espeak-ng")
        if path is None:
            raise RuntimeError("libespeak-ng is missing: apt-get install espeak-ng")
        self._lib = ctypes.CDLL(path)
        self.rate_hz = self._lib.espeak_Initialize(_RETRIEVAL, 0, None, _PHONEME_EVENTS)
        if self.rate_hz <= 0:
            raise RuntimeError("espeak-ng did not start: its data folder is missing")
        self._chunks, self._marks = [], []
        self._callback = _CALLBACK(self._receive)
        self._lib.espeak_SetSynthCallback(self._callback)

    def version(self):
        self._lib.espeak_Info.restype = ctypes.c_char_p
        return self._lib.espeak_Info(None).decode()

    def _receive(self, wav, count, events):
        if wav and count > 0:
            self._chunks.append(np.ctypeslib.as_array(wav, (count,)).copy())
        index = 0
        while events[index].type != _EVENT_END:
            event = events[index]
            if event.type == _EVENT_PHONEME:
                name = event.id.string.decode("utf-8", "replace")
                self._marks.append((event.sample / self.rate_hz, name))
            index += 1
        return 0

    def say(self, text, voice):
        """Synthesises `text`; returns an Utterance without leading or trailing trims."""
        ctypes.CDLL(None).srand(1)  # the noise source of fricatives draws from the C library
        self._chunks, self._marks = [], []
        if self._lib.espeak_SetVoiceByName(voice.name.encode()) != 0:
            raise RuntimeError(f"espeak-ng has no voice {voice.name}")
        for parameter, value in (
            (_RATE, voice.words_per_min),
            (_PITCH, voice.pitch),
            (_RANGE, voice.pitch_range),
        ):
            self._lib.espeak_SetParameter(parameter, value, 0)
        raw = text.encode()
        self._lib.espeak_Synth(raw, len(raw) + 1, 0, 0, 0, _UTF8, None, None)
        self._lib.espeak_Synchronize()
        samples = np.concatenate(self._chunks).astype(np.float32) / 32768.0
        return Utterance(samples, self.rate_hz, self._phones(len(samples) / self.rate_hz))

    def _phones(self, end_s):
        phones = []
        ends = [start for start, _ in self._marks[1:]] + [end_s]
        for (start, name), stop in zip(self._marks, ends):
            # Stress marks and length marks carry no mouth shape.
            clean = re.sub(r"[',%=|;]", "", name)
            phones.append(Phone(clean, start, stop))
        return phones
