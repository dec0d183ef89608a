"""A worker beside an interview agent, in the style of LiveKit Agents: it assesses while the agent asks.

    python agent_worker.py 127.0.0.1:50551 --recording interview.mp4      # generated media instead of a room

`Worker` takes what `livekit.rtc.VideoStream` and `AudioStream` yield: events with a `frame`. Nothing else of LiveKit is
needed to run or test it, and the recording is turned into such events here. `entrypoint` shows where it belongs in a
LiveKit worker; that function follows LiveKit's published API and was not run against a room.

LiveKit's audio frames carry no time, and its video frames a time on a clock of their own. So both are stamped on
arrival, and nothing is claimed of how they relate: `ClockMapping.UNKNOWN`. A constant offset then counts for nothing;
shifts and drift do.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import liveproof

CAMERA, MICROPHONE = "camera", "microphone"
RATE_HZ = 48_000
# A gap in the sound beyond which its time is read anew from the clock, microseconds.
GAP_US = 200_000


class Worker:
    """Sends one candidate's tracks to liveproof, and hands on what comes back."""

    def __init__(self, address: str, on_update: Callable[[liveproof.Update], None], key: str | None = None) -> None:
        self._client = liveproof.Client(address, key=key)
        self._on_update = on_update
        self._interview: liveproof.Interview | None = None
        self._start_us = 0
        self._sound_us: int | None = None
        self._reading: asyncio.Task[None] | None = None

    async def start(self, consent_id: str) -> liveproof.Hello:
        """Opens the interview; the candidate's consent is yours to ask for before."""
        clock = {"clock_id": "arrival", "clock_mapping": liveproof.ClockMapping.UNKNOWN}
        tracks: list[liveproof.Track] = [
            liveproof.VideoTrack(CAMERA, "candidate", liveproof.VideoFormat.I420, **clock),  # type: ignore[arg-type]
            liveproof.AudioTrack(MICROPHONE, "candidate", sample_rate_hz=RATE_HZ, **clock),  # type: ignore[arg-type]
        ]
        self._interview = await self._client.interview(
            tracks,
            consent_id=consent_id,
            source_platform="livekit agents",
            overflow=liveproof.Overflow.LATEST,
        )
        self._start_us = time.monotonic_ns() // 1000
        self._reading = asyncio.create_task(self._read())
        return self._interview.hello

    def now_us(self) -> int:
        """Session time: microseconds since the start."""
        return time.monotonic_ns() // 1000 - self._start_us

    async def video(self, stream: AsyncIterable[Any]) -> None:
        """Pictures of a `VideoStream` that was opened with `format=VideoBufferType.I420`."""
        async for event in stream:
            frame = event.frame
            layout = liveproof.Layout(frame.width, frame.height)
            await self._running.send(liveproof.Chunk(CAMERA, self.now_us(), bytes(frame.data), layout))

    async def audio(self, stream: AsyncIterable[Any]) -> None:
        """Samples of an `AudioStream` that was opened with `sample_rate=48000, num_channels=1`."""
        async for event in stream:
            frame = event.frame
            length_us = frame.samples_per_channel * 1_000_000 // frame.sample_rate
            arrived_us = self.now_us() - length_us
            if self._sound_us is None or abs(arrived_us - self._sound_us) > GAP_US:
                # Never back: times of a track rise.
                self._sound_us = max(arrived_us, self._sound_us or arrived_us)
            await self._running.send(liveproof.Chunk(MICROPHONE, self._sound_us, bytes(frame.data)))
            self._sound_us += length_us

    async def question_asked(self, question_id: str) -> None:
        """The agent has finished asking: gaps to the answer are measured from here."""
        await self._running.send_event(self.now_us(), liveproof.QuestionEnd(question_id))

    async def muted(self, muted: bool) -> None:
        """The candidate muted or unmuted."""
        await self._running.send_event(self.now_us(), liveproof.Mute("candidate", muted))

    async def finish(self, reason: str) -> liveproof.Stats:
        """Closes, waits for the last word, and lets go."""
        await self._running.close(reason)
        if self._reading is not None:
            await self._reading
        stats = self._running.stats
        await self._client.close()
        return stats

    @property
    def _running(self) -> liveproof.Interview:
        if self._interview is None:
            raise RuntimeError("start() comes first")
        return self._interview

    async def _read(self) -> None:
        async for update in self._running:
            self._on_update(update)


async def entrypoint(ctx: Any) -> None:
    """For `agents.cli.run_app(agents.WorkerOptions(entrypoint_fnc=entrypoint))`. Not run against a room; see above."""
    from livekit import rtc  # type: ignore[import-not-found,unused-ignore]

    worker = Worker("127.0.0.1:50551", lambda update: print(line(update) or "", end=""))
    tasks: set[asyncio.Task[None]] = set()

    def subscribed(track: Any, publication: Any, participant: Any) -> None:
        if track.kind == rtc.TrackKind.KIND_VIDEO:
            stream = rtc.VideoStream(track, format=rtc.VideoBufferType.I420)
            tasks.add(asyncio.create_task(worker.video(stream)))
        elif track.kind == rtc.TrackKind.KIND_AUDIO:
            stream = rtc.AudioStream(track, sample_rate=RATE_HZ, num_channels=1)
            tasks.add(asyncio.create_task(worker.audio(stream)))

    async def leave() -> None:
        await worker.finish("the room was closed")

    await worker.start(consent_id=ctx.room.name)
    ctx.room.on("track_subscribed", subscribed)
    ctx.add_shutdown_callback(leave)
    await ctx.connect()


# Generated media in LiveKit's shapes


@dataclass
class Frame:
    """What `rtc.VideoFrame` and `rtc.AudioFrame` have, as far as the worker reads it."""

    data: bytes
    width: int = 0
    height: int = 0
    sample_rate: int = RATE_HZ
    num_channels: int = 1
    samples_per_channel: int = 0


@dataclass
class FrameEvent:
    """What the streams yield."""

    frame: Frame
    timestamp_us: int = 0


async def pictures(path: str, seconds: float) -> AsyncIterator[FrameEvent]:
    """The pictures of a recording, packed and paced as a `VideoStream` yields them."""
    import av

    start_s = time.monotonic()
    with av.open(path) as container:
        for frame in container.decode(video=0):
            if frame.time is None or frame.time >= seconds:
                return
            await asyncio.sleep(max(0.0, start_s + frame.time - time.monotonic()))
            packed = frame.to_ndarray(format="yuv420p").tobytes()
            yield FrameEvent(Frame(packed, frame.width, frame.height), round(frame.time * 1_000_000))


async def samples(path: str, seconds: float) -> AsyncIterator[FrameEvent]:
    """The sound of a recording in blocks of 10 ms, paced as an `AudioStream` yields them."""
    import av

    block = RATE_HZ // 100
    start_s = time.monotonic()
    resampler = av.AudioResampler("s16", "mono", RATE_HZ, frame_size=block)
    with av.open(path) as container:
        if not container.streams.audio:
            return
        sent = 0
        for decoded in container.decode(audio=0):
            for frame in resampler.resample(decoded):
                sent += frame.samples
                due_s = sent / RATE_HZ
                if due_s > seconds:
                    return
                await asyncio.sleep(max(0.0, start_s + due_s - time.monotonic()))
                data = bytes(frame.planes[0])[: frame.samples * 2]
                yield FrameEvent(Frame(data, samples_per_channel=frame.samples))


def line(update: liveproof.Update) -> str | None:
    """An update as a line of JSON, for whoever watches the worker."""
    match update:
        case liveproof.Segment(final=True):
            said: dict[str, object] = {"segment": update.index, "outcome": str(update.outcome)}
        case liveproof.EventAck():
            said = {"event": update.event_id, "accepted": update.accepted}
        case liveproof.Notice():
            said = {"notice": update.kind.name, "detail": update.detail}
        case liveproof.Summary():
            people = [f"{p.participant_id}: {p.verdict.standing.name}" for p in update.participants]
            said = {"summary": people, "partial": update.partial}
        case _:
            return None
    return json.dumps(said) + "\n"


async def generated(address: str, path: str, seconds: float) -> None:
    """An interview from a recording: both streams, and a question after one second."""
    worker = Worker(address, lambda update: print(line(update) or "", end="", flush=True))
    await worker.start(consent_id="generated media, nobody filmed")

    async def ask() -> None:
        await asyncio.sleep(1)
        await worker.question_asked("q1")

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(worker.video(pictures(path, seconds)))
        tasks.create_task(worker.audio(samples(path, seconds)))
        tasks.create_task(ask())
    stats = await worker.finish("the recording is over")
    counts = {name: [track.sent, track.dropped] for name, track in stats.tracks.items()}
    print(json.dumps({"sent and dropped": counts}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Assesses an interview beside its agent.")
    parser.add_argument("address")
    parser.add_argument("--recording", required=True)
    parser.add_argument("--seconds", type=float, default=6.5)
    args = parser.parse_args()
    asyncio.run(generated(args.address, args.recording, args.seconds))
