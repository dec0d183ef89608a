"""Two builds of this program against each other; processor time of each, and their ratio with its spread.

    python3 benches/pair.py OLD NEW CLIP... [--rounds 7] [--cpu 0]        reviews, in turn
    python3 benches/pair.py OLD NEW [CLIP] --live h264-720p30 [--sessions 3]     live interviews of the clip, or of the
                                                                  drawn demo; both servers at once

Machines are noisy and drift. Reviews run one after the other, so a pair sees the same noise. Two servers run at the
same moment on one processor, each with interviews of its own, and each is charged what it used: whatever slows the
machine slows both. Figures of reviews are of the whole process, start-up included, so clips should be some tens of
seconds long. Standard library only.
"""
from __future__ import annotations

import argparse
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor


def run(command: list[str], cpu: int | None) -> tuple[str, float]:
    """Output and processor seconds of a command."""
    if cpu is not None and shutil.which("taskset"):
        command = ["taskset", "-c", str(cpu), *command]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def reviewed(program: str, clip: str, cpu: int | None) -> float:
    """Processor seconds of a review."""
    return run([program, "review", clip, "--quiet", "--engine-workers", "1"], cpu)[1]


def served(program: str, kind: str, sessions: int, seconds: int, clips: list[str]) -> float:
    """Processor milliseconds for a second of one of so many interviews; the server on processor 0, the load on 1."""
    with tempfile.TemporaryDirectory() as folder:
        out = f"{folder}/bench.json"
        many = str(sessions)
        run([program, "bench", *clips[:1], "--formats", kind, "--seconds", str(seconds), "--least", many, "--most", many, "--server-cpu",
             "0", "--load-cpu", "1", "--json", out], None)
        return json.loads(pathlib.Path(out).read_text())["ladders"][0]["steps"][0]["cpu_ms"]


def tell(what: str, unit: str, pairs: list[tuple[float, float]]) -> None:
    ratios = [old / new for old, new in pairs]
    old, new = (statistics.median(side) for side in zip(*pairs))
    print(f"{what}: old {old:.2f} {unit}, new {new:.2f} {unit} of processor time (medians of {len(pairs)}); old/new "
          f"{statistics.median(ratios):.3f}, from {min(ratios):.3f} to {max(ratios):.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("clips", nargs="*")
    parser.add_argument("--live", metavar="FORMAT", help="a format of `liveproof bench`")
    parser.add_argument("--sessions", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--cpu", type=int)
    args = parser.parse_args()
    if not args.clips and not args.live:
        parser.error("name clips, or a format with --live")
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    if args.live:
        with ThreadPoolExecutor(2) as both:
            def at_once() -> tuple[float, float]:
                old, new = both.map(lambda p: served(p, args.live, args.sessions, args.seconds, args.clips), (args.old, args.new))
                return old, new

            pairs = [at_once() for _ in range(args.rounds)]
        return tell(f"{args.live}, {args.sessions} interviews each, a second of one", "ms", pairs)
    for clip in args.clips:
        pairs = []
        for i in range(args.rounds):
            # Who begins changes, so that a drift favours neither.
            order = (args.old, args.new) if i % 2 == 0 else (args.new, args.old)
            cost = {program: reviewed(program, clip, args.cpu) for program in order}
            pairs.append((cost[args.old], cost[args.new]))
        tell(clip, "s", pairs)


if __name__ == "__main__":
    main()
