"""Two builds of this program over the same clips, in turn; processor time of each, and their ratio with its spread.

    python3 benches/pair.py OLD NEW CLIP... [--rounds 7] [--cpu 0]

Machines are noisy and drift; a pair that ran one after the other sees the same noise. Figures are of the whole
process, start-up included, so clips should be some tens of seconds long. Standard library only.
"""
import argparse
import os
import resource
import shutil
import statistics
import subprocess


def used(program: str, clip: str, cpu: int | None) -> float:
    """Processor seconds of a review."""
    command = [program, "review", clip, "--quiet", "--engine-workers", "1"]
    if cpu is not None and shutil.which("taskset"):
        command = ["taskset", "-c", str(cpu), *command]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("clips", nargs="+")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--cpu", type=int)
    args = parser.parse_args()
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    for clip in args.clips:
        pairs = []
        for i in range(args.rounds):
            # Who begins changes, so that a drift favours neither.
            order = (args.old, args.new) if i % 2 == 0 else (args.new, args.old)
            cost = {program: used(program, clip, args.cpu) for program in order}
            pairs.append((cost[args.old], cost[args.new]))
        ratios = [old / new for old, new in pairs]
        old, new = (statistics.median(side) for side in zip(*pairs))
        print(
            f"{clip}: old {old:.2f} s, new {new:.2f} s of processor time (medians of {args.rounds}); old/new "
            f"{statistics.median(ratios):.3f}, from {min(ratios):.3f} to {max(ratios):.3f}"
        )


if __name__ == "__main__":
    main()
