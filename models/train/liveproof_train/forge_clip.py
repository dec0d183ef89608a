"""Forges a span of a real clip, for tests and tables: never to be passed on, never committed.

    python -m liveproof_train.forge_clip CLIP -o OUT.mp4 --family decoder --from-s 3 --to-s 9 --seed 1
    python -m liveproof_train.forge_clip CLIP -o OUT.mp4 --family none      # through the same codec, untouched

Landmarks come from the served nets, the family and its behaviour in time from synth/, then the frames go through
x264; audio is copied. OUT.json says what was done where. A frame at a time is in memory.
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import av
import numpy as np

from .reviewed import NONE
from .serving import Detector, Landmarks, Tracker
from .synth.filters import FILTERS
from .synth.forge import FAMILIES, IDENTITIES, PINS
from .synth.temporal import Behaviour, ClipForger, Span, seed_of

MADE = {**FAMILIES, **FILTERS, **IDENTITIES}


def even(rgb: np.ndarray) -> np.ndarray:
    """Without an odd last row or column, which 4:2:0 cannot hold."""
    return rgb[:rgb.shape[0] // 2 * 2, :rgb.shape[1] // 2 * 2]


class Writer:
    """H.264 with the source's time stamps, and its audio as it is."""

    def __init__(self, path: Path, source: av.container.InputContainer, crf: int):
        self.container = av.open(str(path), "w")
        video = source.streams.video[0]
        # without macroblock trees: with them x264 encodes widths that are no multiple of 16 differently from run to run
        options = {"crf": str(crf), "preset": "medium", "threads": "1", "x264-params": "mbtree=0"}
        self.video = self.container.add_stream("libx264", rate=video.average_rate, options=options)
        self.video.width, self.video.height, self.video.pix_fmt = video.width // 2 * 2, video.height // 2 * 2, "yuv420p"
        self.video.codec_context.time_base = video.time_base
        self.audio = self.container.add_stream_from_template(source.streams.audio[0]) if source.streams.audio else None

    def frame(self, rgb: np.ndarray, pts: int) -> None:
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
        frame.pts, frame.time_base = pts, self.video.codec_context.time_base
        self.container.mux(self.video.encode(frame))

    def sound(self, packet: av.Packet) -> None:
        packet.stream = self.audio
        self.container.mux(packet)

    def close(self) -> None:
        self.container.mux(self.video.encode(None))
        self.container.close()


def forge_clip(clip: Path, out: Path, family: str, span: Span = Span(), seed: int = 1, crf: int = 23,
               nets: tuple[Detector, Landmarks] | None = None, behaviour: Behaviour | None = None,
               most_s: float = float("inf")) -> dict:
    """Writes `out` (the first `most_s` seconds) and its .json, and returns what the latter holds. ValueError for a
    family that is not there."""
    if family != NONE and family not in MADE:
        raise ValueError(f"family {family!r} is not there; expected {NONE} or one of {', '.join(MADE)}")
    if family in IDENTITIES and behaviour is None:   # a paste that lags or flickers would be no identity
        behaviour = Behaviour.still()
    forger = None if family == NONE else ClipForger(MADE[family], seed, behaviour, PINS.get(family))
    tracker = Tracker(*(nets or (Detector(), Landmarks()))) if forger else None
    end_s, start_s = 0.0, None
    with av.open(str(clip)) as source:
        writer = Writer(out, source, crf)
        streams = [s for s in (source.streams.video[0], *source.streams.audio[:1])]
        for packet in source.demux(streams):
            if packet.stream.type == "audio":
                if packet.dts is not None and writer.audio is not None and float(packet.dts * packet.time_base) < most_s:
                    writer.sound(packet)
                continue
            for frame in packet.decode():
                at_s = float(frame.time or 0.0)
                start_s = at_s if start_s is None else start_s
                if at_s - start_s >= most_s:
                    break
                end_s, rgb = at_s - start_s, even(frame.to_ndarray(format="rgb24"))
                if forger and span.holds(end_s):
                    marks = tracker(rgb)
                    rgb, _ = forger(end_s, rgb, marks.points if marks else None)
                writer.frame(rgb, frame.pts)
        writer.close()
    truth = {"family": family, "label": "fake" if family in FAMILIES else "real", "seed": seed, "crf": crf,
             "from_s": span.from_s, "to_s": min(span.to_s, end_s), "duration_s": end_s, **(forger.about() if forger else {})}
    out.with_suffix(".json").write_text(json.dumps(truth, indent=1) + "\n")
    return truth


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--family", required=True, choices=[NONE, *MADE])
    parser.add_argument("--from-s", type=float, default=0.0)
    parser.add_argument("--to-s", type=float, default=float("inf"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--crf", type=int, default=23)
    parser.add_argument("--still-in-time", action="store_true", help="no lag, jitter, drop-outs or flicker")
    args = parser.parse_args()
    truth = forge_clip(args.clip, args.out, args.family, Span(args.from_s, args.to_s), args.seed, args.crf,
                       behaviour=Behaviour.still() if args.still_in_time else None)
    print(json.dumps(truth))


if __name__ == "__main__":
    main()
