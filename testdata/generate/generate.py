"""Rebuilds testdata from nothing: python generate.py [demo] [challenge] [compliance] [media], all by default."""

import subprocess
import sys
from pathlib import Path

import cv2

import compliance
import dialogue
import hand_pass
import interview
from speech import Espeak

SEED = 20_240
HERE = Path(__file__).resolve().parent


def versions(espeak):
    first = subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True, check=True).stdout
    return {"espeak_ng": espeak.version(), "ffmpeg": first.split()[2], "opencv": cv2.__version__}


def main(wanted):
    cv2.setNumThreads(1)
    espeak = Espeak()
    if "challenge" in wanted:
        hand_pass.write(HERE.parent / "demo", SEED, versions(espeak))
    if "compliance" in wanted:
        compliance.write(HERE.parent / "media", SEED, versions(espeak))
    if not {"demo", "media"} & set(wanted):
        return
    timeline = dialogue.build(espeak, SEED)
    if "demo" in wanted:
        interview.write(HERE.parent / "demo", timeline, SEED, versions(espeak))
    if "media" in wanted:
        import media

        media.write(HERE.parent / "media", timeline, SEED)


if __name__ == "__main__":
    main(sys.argv[1:] or ["demo", "challenge", "compliance", "media"])
