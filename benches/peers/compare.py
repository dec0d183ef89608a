"""This program and its peers over the same clips, in turn, on one processor; ratios pair by pair.

    python benches/peers/compare.py target/release/liveproof CLIP... [--rounds 5] [--cpu 0] [--json FILE]

Each round runs, for each clip: `liveproof review` (everything that it measures, report included), `loop.py` with the
same sampling, and `loop.py --every-frame`; processor time is that of the whole process, start-up included. Where
mediapipe is importable its face mesh follows the same pictures (`mesh.py`), and where webrtcvad is, its voice activity
the same sound (`voice.py`). OpenCV's Haar cascade is set against det-1 within one process (`haar.py`). Before a ratio is printed, both
sides must agree on what they saw: the height of the face within 5 %, the share of speech within 0.1, the face at the same place.
"""
from __future__ import annotations

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from pair import run  # noqa: E402


def ours(program: str, clip: str, cpu: int | None) -> tuple[dict, float]:
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/report.json"
        _, used = run([program, "review", clip, "--json", path, "--quiet", "--engine-workers", "1"], cpu)
        return json.loads(pathlib.Path(path).read_text())["files"][0], used


def height_px(points: list) -> float:
    rows = [y for _, y in points]
    return max(rows) - min(rows)


def disagreement(report: dict, loop: dict) -> str | None:
    """What the two saw differently, if anything."""
    quality = [s["quality"] for s in report["segments"]]
    heights = [q["face_height_px"] for q in quality if q["face_height_px"]]
    theirs = [height_px(p) for p in loop["landmarks"].values()]
    if not heights or not theirs:
        return "no face on one side"
    mine, other = statistics.median(heights), statistics.median(theirs)
    if abs(mine / other - 1) > 0.05:
        return f"the face is {mine:.1f} and {other:.1f} px high"
    speech = [q["speech_share"] for q in quality if q.get("speech_share") is not None]
    if speech and loop["speech_share"] is not None:
        mine = statistics.fmean(speech)
        if abs(mine - loop["speech_share"]) > 0.1:
            return f"speech for {mine:.2f} and {loop['speech_share']:.2f} of the time"
    return None


def haar_ratio(rounds: list[dict]) -> dict | None:
    """The Haar cascade against det-1: figures, and in words; no ratio where they do not find the same face in nine of ten pictures."""
    if not rounds or not rounds[-1]["pictures"]:
        return None
    last = rounds[-1]
    haar, det = (statistics.median(r[f"{k}_ms_per_picture"] for r in rounds) for k in ("haar", "det"))
    told = f"{haar:.1f} / {det:.1f}"
    agree = last["at_the_same_place"] >= 0.9 * last["pictures"]
    told += f" = {haar / det:.1f} x" if agree else ", no ratio"
    told += f"; the same face in {last['at_the_same_place']} of {last['pictures']} (Haar {last['haar_found']}, det-1 {last['det_found']})"
    return {"haar_ms": haar, "det_ms": det, "agree": agree, "told": told}


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("clips", nargs="+")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cpu", type=int)
    parser.add_argument("--models", default=str(HERE.parent.parent / "models"))
    parser.add_argument("--mesh-python", default=sys.executable, help="a Python with mediapipe")
    parser.add_argument("--json", type=pathlib.Path)
    args = parser.parse_args()
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    python = [sys.executable, str(HERE / "loop.py")]
    peers = {"same": [*python, "--models", args.models], "every": [*python, "--models", args.models, "--every-frame"]}
    for name in ("mesh", "voice"):
        peer = [args.mesh_python if name == "mesh" else sys.executable, str(HERE / f"{name}.py")]
        if subprocess.run([*peer, "--check"], capture_output=True).returncode == 0:
            peers[name] = peer
        else:
            print(f"{name}: left out, its library is not here", file=sys.stderr)
    haar = [sys.executable, str(HERE / "haar.py"), "--models", args.models]
    if subprocess.run([*haar, "--check"], capture_output=True).returncode != 0:
        print("haar: left out, its weights are not here", file=sys.stderr)
        haar = None
    figures = {}
    for clip in args.clips:
        costs: dict[str, list[float]] = {"ours": []}
        detectors: list[dict] = []
        for _ in range(args.rounds):
            report, used = ours(args.program, clip, args.cpu)
            seen = {}
            for name, command in peers.items():
                out, cost = run([*command, clip], args.cpu)
                seen[name] = json.loads(out)
                costs.setdefault(name, []).append(cost)
            costs["ours"].append(used)
            if haar:
                detectors.append(json.loads(run([*haar, clip], args.cpu)[0]))
        why = disagreement(report, seen["same"])
        if why is not None:
            print(f"{clip}: no ratio, the two do not agree: {why}")
            return 1
        media_s = seen["same"]["media_s"]
        figures[clip] = {
            "media_s": media_s,
            "cpu_ms_per_media_s": {k: [1e3 * v / media_s for v in costs[k]] for k in costs},
            "pictures": seen["same"]["pictures"],
            "mesh_ms_per_picture": seen.get("mesh", {}).get("mesh_ms_per_picture"),
            "haar": haar_ratio(detectors),
        }
        print(f"{clip}: {media_s:.1f} s, {args.rounds} rounds; CPU ms for a second of media, median (least to most)")
        for name, values in figures[clip]["cpu_ms_per_media_s"].items():
            ratio = spread([v / o for v, o in zip(values, figures[clip]["cpu_ms_per_media_s"]["ours"])])
            print(f"  {name:6} {spread(values):28} x ours {ratio}")
        if figures[clip]["haar"]:
            print(f"  Haar cascade against det-1, ms a picture: {figures[clip]['haar']['told']}")
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
