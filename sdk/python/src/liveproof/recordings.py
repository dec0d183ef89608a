"""Recordings as tracks and chunks, read with PyAV: `pip install liveproof[av]`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Iterator
from types import TracebackType
from typing import Any

import av

from .enums import AudioFormat, ClockMapping, VideoFormat
from .media import Chunk, picture_chunk, sound_chunk
from .tracks import AudioTrack, Track, VideoTrack

__all__ = ["Recording", "paced"]

_SAMPLE_RATE_HZ = 48_000
#: Samples of a chunk: 100 ms.
_CHUNK_SAMPLES = _SAMPLE_RATE_HZ // 10
#: The protocol's shortest sound: 10 ms.
_LEAST_SAMPLES = _SAMPLE_RATE_HZ // 100


class Recording:
    """The first pictures and the first sound of a file, as one participant's tracks; iterate it for the chunks.

    Pictures are decoded and sent as I420, or, with `packets`, as they are in the file. Sound is decoded to 16 bits at
    48 kHz, one channel, in chunks of 100 ms. Times are the file's own. It can be iterated once.

    What a file says of the relation of sound and picture is not known to be true: `clock_mapping` states it.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        participant_id: str = "candidate",
        packets: bool = False,
        seconds: float | None = None,
        clock_mapping: ClockMapping = ClockMapping.UNKNOWN,
    ) -> None:
        self._container = av.open(os.fspath(path))
        self._end_us = None if seconds is None else round(seconds * 1_000_000)
        self._packets = packets
        self.camera: VideoTrack | None = None
        self.sound: AudioTrack | None = None
        streams = self._container.streams
        if streams.video:
            stream = streams.video[0]
            if packets:
                self.camera = VideoTrack.of_stream(
                    stream, "camera", participant_id, clock_id="recording", clock_mapping=clock_mapping
                )
            else:
                self.camera = VideoTrack(
                    "camera",
                    participant_id,
                    VideoFormat.I420,
                    width=stream.codec_context.width,
                    height=stream.codec_context.height,
                    fps=float(stream.average_rate or 0),
                    clock_id="recording",
                    clock_mapping=clock_mapping,
                )
        if streams.audio:
            self.sound = AudioTrack(
                "sound",
                participant_id,
                AudioFormat.S16LE,
                _SAMPLE_RATE_HZ,
                clock_id="recording",
                clock_mapping=clock_mapping,
            )
        self._resampler = av.AudioResampler("s16", "mono", _SAMPLE_RATE_HZ, frame_size=_CHUNK_SAMPLES)

    @property
    def tracks(self) -> list[Track]:
        """The tracks to announce."""
        return [track for track in (self.camera, self.sound) if track is not None]

    def __enter__(self) -> Recording:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self._container.close()

    def __iter__(self) -> Iterator[Chunk]:
        """Chunks in the order of the file."""
        streams = self._container.streams
        wanted = [s[0] for s in (streams.video, streams.audio) if s]
        for packet in self._container.demux(wanted):
            for chunk in self._chunks(packet):
                if self._end_us is not None and chunk.capture_time_us >= self._end_us:
                    return
                yield chunk
        if self.sound is not None:
            yield from self._sound_chunks(None)

    def _chunks(self, packet: av.Packet[Any]) -> Iterator[Chunk]:
        if packet.stream.type == "audio":
            for frame in packet.decode():
                if isinstance(frame, av.AudioFrame):
                    yield from self._sound_chunks(frame)
        elif self.camera is not None:
            if self._packets:
                # The last packet of a stream is empty; it only flushes decoders.
                if packet.size > 0 and packet.pts is not None:
                    yield picture_chunk(self.camera, packet)
                return
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame) and frame.pts is not None:
                    yield picture_chunk(self.camera, frame)

    def _sound_chunks(self, frame: av.AudioFrame | None) -> Iterator[Chunk]:
        for block in self._resampler.resample(frame):
            if self.sound is not None and block.samples >= _LEAST_SAMPLES:
                yield sound_chunk(self.sound, block)


async def paced(chunks: Iterable[Chunk], speed: float = 1.0) -> AsyncIterator[Chunk]:
    """Chunks at the times at which a call would bring them, or `speed` times as fast."""
    loop = asyncio.get_running_loop()
    start_s: float | None = None
    for chunk in chunks:
        due_s = chunk.capture_time_us / 1e6 / speed
        if start_s is None:
            start_s = loop.time() - due_s
        await asyncio.sleep(max(0.0, start_s + due_s - loop.time()))
        yield chunk
