"""WebRTC's voice activity detector over a clip's sound, as one line of JSON.

    python benches/peers/voice.py CLIP | --check
"""
from __future__ import annotations

import json
import sys

import av
import numpy as np
import webrtcvad


def main() -> None:
    if sys.argv[1] == "--check":
        return
    with av.open(sys.argv[1]) as container:
        resampler = av.AudioResampler("s16", "mono", 16_000)
        parts = [f.to_ndarray()[0] for p in container.decode(audio=0) for f in resampler.resample(p)]
    sound = np.concatenate(parts).tobytes()
    vad = webrtcvad.Vad(2)
    spoken = [vad.is_speech(sound[at : at + 640], 16_000) for at in range(0, len(sound) - 639, 640)]
    print(json.dumps({"speech_share": sum(spoken) / max(len(spoken), 1)}))


if __name__ == "__main__":
    main()
