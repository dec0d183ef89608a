"""The table of targets of docs/performance.md, measured anew by one command (`make bench-targets`).

    python3 benches/targets.py target/release/liveproof [--peers-python PYTHON] [--seconds 24] [--json FILE]

Live rows: `liveproof bench`, the server on processor 0 and the load on processor 1. Review: the demo interview's first minute
at 1280x720 and 30 pictures a second, on processor 0. Peers: peers/compare.py over the same clip, with a Python that has av, cv2,
onnxruntime, mediapipe and webrtcvad; without one those rows are left out. The share outside ONNX Runtime and the video
decoder: samples of that review by `perf`, where it is here. Needs ffmpeg and taskset; the machine should do nothing else.
"""
from __future__ import annotations

import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import tempfile

from pair import reviewed

HERE = pathlib.Path(__file__).parent
LOOKS_PER_S = 15  # pictures in which the service follows a face


def said(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


def clip_720p30(folder: str) -> str:
    out = f"{folder}/demo720.mp4"
    said("ffmpeg", "-v", "error", "-i", str(HERE.parent / "testdata/demo/interview.mp4"), "-t", "60", "-map", "0", "-vf",
         "scale=1280:720,fps=30", "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-bf", "2", "-c:a", "aac", out)
    return out


def ladder(program: str, kind: str, folder: str, *options: str) -> dict:
    """What `liveproof bench` says of one format."""
    out = f"{folder}/{kind}.json"
    print(said(program, "bench", "--formats", kind, "--load-cpu", "1", "--json", out, *options), flush=True)
    return json.loads(pathlib.Path(out).read_text())["ladders"][0]


def at_most_held(found: dict) -> dict:
    """The step with the most interviews that were held."""
    steps = [s for s in found["steps"] if found["held"] and s["sessions"] <= found["held"]]
    return steps[-1] if steps else found["steps"][0]


def range_of(found: dict, key: str) -> str:
    held = [s[key] for s in found["steps"] if found["held"] and s["sessions"] <= found["held"]]
    return f"{min(held):.1f} to {max(held):.1f}" if held else "none held"


def shares(program: str, clip: str, folder: str) -> tuple[float, float] | None:
    """Shares of ONNX Runtime and of FFmpeg's decoders in the samples of a review, in percent."""
    if shutil.which("perf") is None:
        return None
    data = f"{folder}/perf.data"
    said("perf", "record", "-q", "-F", "499", "-o", data, "--", program, "review", clip, "--quiet", "--engine-workers", "1")
    of = {"libonnxruntime": 0.0, "libavcodec": 0.0}
    for line in said("perf", "report", "-i", data, "--no-children", "--sort", "dso", "--stdio", "-g", "none").splitlines():
        parts = line.split()
        for name in of:
            if len(parts) == 2 and parts[0].endswith("%") and parts[1].startswith(name):
                of[name] += float(parts[0].rstrip("%"))
    return of["libonnxruntime"], of["libavcodec"]


def review_multiples(program: str, clip: str, rounds: int = 5) -> list[float]:
    """Media seconds per second of processor time."""
    return [60.0 / reviewed(program, clip, 0) for _ in range(rounds)]


def peers(program: str, python: str, clip: str, folder: str) -> dict:
    out = f"{folder}/peers.json"
    print(said(python, str(HERE / "peers/compare.py"), program, clip, "--rounds", "3", "--cpu", "0", "--json", out), flush=True)
    return next(iter(json.loads(pathlib.Path(out).read_text()).values()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--peers-python")
    parser.add_argument("--seconds", default="24", help="of media at each step of a load")
    parser.add_argument("--json", type=pathlib.Path, help="the measured values")
    args = parser.parse_args()
    program = str(pathlib.Path(args.program).resolve())
    rows: list[tuple[str, str, str, str]] = []
    with tempfile.TemporaryDirectory(prefix="liveproof-targets-") as folder:
        clip = clip_720p30(folder)
        one_core = ("--server-cpu", "0", "--seconds", args.seconds)
        full = ladder(program, "h264-720p30", folder, *one_core)
        small = ladder(program, "h264-360p15", folder, *one_core, "--most", "32")
        raw = ladder(program, "i420-720p30", folder, *one_core)
        jpeg = ladder(program, "jpeg-720p5", folder, *one_core, "--most", "8")
        rows.append(("CPU ms per stream-second, 720p30 H.264", range_of(full, "cpu_ms"), "110", "70"))
        rows.append(("the same, 360p15 H.264", range_of(small, "cpu_ms"), "45", "25"))
        rows.append(("the same, decoded I420 720p30", range_of(raw, "cpu_ms"), "60", "38"))
        rows.append(("the same, JPEG 720p at 5 a second", range_of(jpeg, "cpu_ms"), "", ""))
        rows.append(("live sessions on one core, p99 of the delay < 1 s, 720p30 H.264", str(full["held"]), "8", "12"))
        rows.append(("the same, 360p15; I420 720p30; JPEG 5 a second", f"{small['held']}; {raw['held']}; {jpeg['held']}", "", ""))
        rows.append(("RSS per live session, 720p30, MiB", f"{at_most_held(full)['resident_mib']:.1f}", "40", "15"))
        rows.append(("cold start to listening, s", f"{statistics.median(x['start_ms'] for x in (full, small, raw, jpeg)) / 1e3:.2f}", "3", "0.7"))
        first, last = small["steps"][0], at_most_held(small)
        growth = 100 * (last["cpu_ms"] / first["cpu_ms"] - 1)
        rows.append((f"cost of a stream at {last['sessions']} sessions against 1, 360p15", f"{growth:+.0f} %", "+20 % at 32", "0"))
        found = review_multiples(program, clip)
        rows.append(("recorded review, multiple of real time per core, 720p30",
                     f"{statistics.median(found):.1f} ({min(found):.1f} to {max(found):.1f})", "9", "18"))
        split = shares(program, clip, folder)
        if split is not None:
            rows.append(("time outside ONNX Runtime and the video decoder", f"{100 - sum(split):.0f} % (ORT {split[0]:.0f} %, decoder "
                         f"{split[1]:.0f} %)", "35 %", "15 %"))
        if args.peers_python:
            seen = peers(program, args.peers_python, clip, folder)
            cost = {k: statistics.median(v) for k, v in seen["cpu_ms_per_media_s"].items()}
            rows.append(("CPU of the plain Python loop against ours, same sampling / every frame",
                         f"{cost['same'] / cost['ours']:.1f} x / {cost['every'] / cost['ours']:.1f} x", "2 x / 5 x", "4 x / 12 x"))
            if seen.get("haar"):
                rows.append(("OpenCV's Haar cascade against det-1, ms a picture", seen["haar"]["told"], "", ""))
            mesh = seen.get("mesh_ms_per_picture")
            if mesh:
                own = full["steps"][0]["track_ms"] / LOOKS_PER_S
                rows.append(("mediapipe's face mesh against following the face, ms a picture",
                             f"{mesh:.2f} / {own:.2f} = {mesh / own:.1f} x", "2 x", "4 x"))
        if args.json:
            values = {"h264-720p30": full, "h264-360p15": small, "i420-720p30": raw, "jpeg-720p5": jpeg, "review": found, "rows": rows}
            args.json.write_text(json.dumps(values, indent=1) + "\n")
    print("| figure | measured | floor | goal |\n|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
