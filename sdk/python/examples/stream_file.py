"""Streams a recording to a server and prints what is said of it.

python stream_file.py 127.0.0.1:50551 interview.mp4
python stream_file.py https://liveproof.example interview.mp4 --key-file key.txt --live
"""

from __future__ import annotations

import argparse
import asyncio
import pathlib

import liveproof
from liveproof.recordings import Recording, paced


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("address", help="as 127.0.0.1:50551 or https://liveproof.example")
    parser.add_argument("recording", type=pathlib.Path)
    parser.add_argument("--packets", action="store_true", help="send pictures as they are compressed in the file")
    parser.add_argument("--live", action="store_true", help="at the pace of a call, dropping what there is no room for")
    parser.add_argument("--seconds", type=float, help="only so much of it")
    parser.add_argument("--key-file", type=pathlib.Path, help="holds the API key")
    parser.add_argument("--ca", type=pathlib.Path, help="authority of the server's certificate, PEM")
    return parser.parse_args()


def lines(update: liveproof.Update) -> list[str]:
    """An update in words."""
    match update:
        case liveproof.Segment(final=True):
            start_s, end_s = update.span.start_us / 1e6, update.span.end_us / 1e6
            return [f"{start_s:6.1f} to {end_s:6.1f} s  {update.participant_id}: {outcome(update.outcome)}"]
        case liveproof.Notice():
            return [f"note: {update.kind.name.lower()} {update.track_id}: {update.detail}"]
        case liveproof.Resumed():
            return ["the connection was lost and is back"]
        case liveproof.Summary():
            found = [f"{update.duration_us / 1e6:.1f} s{', partial' if update.partial else ''}: {update.end_reason}"]
            for person in update.participants:
                standing = person.verdict.standing.name.lower().replace("_", " ")
                found.append(f"{person.participant_id}: {standing}; {outcome(person.outcome)}")
                for signal in person.signals:
                    reasons = ", ".join(f"{a.segments} x {a.reason.name.lower()}" for a in signal.abstained)
                    found.append(f"  {signal.signal}: measured on {signal.coverage:.0%}; {reasons or 'no abstention'}")
            return found + [f"caution: {caution}" for caution in update.cautions]
        case _:
            return []


def outcome(found: liveproof.Score | liveproof.NoScore) -> str:
    """A number, or why there is none."""
    if isinstance(found, liveproof.Score):
        return f"authenticity {found.authenticity:.3f}, evidence {found.evidence_logit:+.2f}"
    return f"no score: {found.detail or found.reason.name.lower()}"


async def main(args: argparse.Namespace) -> None:
    """Sends and reads at the same time."""
    key = args.key_file.read_text().strip() if args.key_file else None
    tls = liveproof.Tls(certificate_authority=args.ca.read_bytes()) if args.ca else None
    overflow = liveproof.Overflow.LATEST if args.live else liveproof.Overflow.WAIT
    with Recording(args.recording, packets=args.packets, seconds=args.seconds) as recording:
        chunks = paced(recording) if args.live else recording
        async with (
            liveproof.Client(args.address, key=key, tls=tls) as client,
            client.interview(recording.tracks, source_platform="python file", overflow=overflow) as interview,
        ):
            for signal in interview.hello.signals:
                if not signal.available:
                    print(f"{signal.signal} will not be measured: {signal.detail}")
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(interview.send_all(chunks, close="end of the recording"))
                async for update in interview:
                    for line in lines(update):
                        print(line, flush=True)
            for name, track in interview.stats.tracks.items():
                print(f"{name}: {track.sent} sent, {track.dropped} dropped")


if __name__ == "__main__":
    asyncio.run(main(arguments()))
