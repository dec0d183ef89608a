"""One running interview."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType, TracebackType
from typing import Any

from . import _driver, _outbox, _wire, events
from ._kept import Request
from .enums import ChallengeDeclineReason, ChallengeKind
from .errors import MediaError, TooLarge
from .media import Chunk, Picture, Sound, is_compressed, picture_chunk, sound_chunk
from .session import Hello, Summary
from .tracks import AudioTrack, Track, VideoTrack
from .v1 import challenge_pb2, interview_pb2, media_pb2

__all__ = ["Interview", "Overflow", "Stats", "TrackStats", "Update"]

Overflow = _outbox.Overflow
Update = _driver.Update


@dataclass(frozen=True, slots=True)
class TrackStats:
    """What was made of one track's chunks."""

    sent: int
    sent_bytes: int
    #: Chunks that never left, for want of room; the server counts them as lost, and coverage falls.
    dropped: int


@dataclass(frozen=True, slots=True)
class Stats:
    """What was made of what was sent, so far."""

    tracks: Mapping[str, TrackStats]
    #: How often the interview went on on another connection.
    resumed: int
    #: Payload bytes that can be sent without waiting.
    credit_bytes: int


class Interview:
    """An interview that the server has greeted; made by `Client.interview`.

    Send from one task and read from another: sending waits for flow credit (or drops, see `Overflow`), and credit comes
    in between the updates, so that whoever does not read is soon not heard either. Updates are read by one reader.

    As an asynchronous context manager it ends when the block does, as partial unless it was closed before.
    """

    def __init__(self, driver: _driver.Driver, outbox: _outbox.Outbox, hello: Hello, tracks: Iterable[Track]):
        self._driver = driver
        self._outbox = outbox
        self._hello = hello
        self._tracks = {track.track_id: track for track in tracks}
        self._next_event = 1

    @property
    def hello(self) -> Hello:
        """What the server takes, and which signals can run."""
        return self._hello

    @property
    def stats(self) -> Stats:
        """Chunks sent and dropped so far, by track."""
        lanes = self._outbox.lanes.items()
        tracks = {name: TrackStats(lane.sent, lane.sent_bytes, lane.dropped) for name, lane in lanes}
        return Stats(MappingProxyType(tracks), self._driver.resumed, self._driver.credit)

    # Sending

    async def send_picture(
        self, track_id: str, picture: Picture, capture_time_us: int | None = None, *, keyframe: bool | None = None
    ) -> None:
        """Sends a picture: an array, bytes of a still or packet, or PyAV's frame or packet.

        `capture_time_us` is the capture time on the track's clock, by default that of PyAV's frame or packet.
        Raises `MediaError` where it does not fit the track, `InterviewEnded` when the interview is over.
        """
        track = self._track(track_id)
        if not isinstance(track, VideoTrack):
            raise MediaError(f"track {track_id!r} carries sound; expected a track of pictures")
        await self.send(picture_chunk(track, picture, capture_time_us, keyframe))

    async def send_sound(self, track_id: str, sound: Sound, capture_time_us: int | None = None) -> None:
        """Sends 10 ms to 3 s of sound: samples (array or bytes), or PyAV's frame or packet; as `send_picture`."""
        track = self._track(track_id)
        if not isinstance(track, AudioTrack):
            raise MediaError(f"track {track_id!r} carries pictures; expected a track of sound")
        await self.send(sound_chunk(track, sound, capture_time_us))

    async def send(self, chunk: Chunk) -> None:
        """Sends a chunk as it is, numbered here."""
        self._track(chunk.track_id)
        limits = self._hello.limits
        size = len(chunk.payload)
        if size > limits.initial_credit_bytes:
            raise TooLarge(chunk.track_id, size, limits.initial_credit_bytes)
        sequence = self._outbox.number(chunk.track_id)
        message = media_pb2.MediaChunk(
            track_id=chunk.track_id,
            sequence=sequence,
            capture_time_us=chunk.capture_time_us,
            payload=chunk.payload,
            keyframe=chunk.keyframe,
            epoch=chunk.epoch,
            received_unix_us=chunk.received_unix_us,
        )
        if chunk.layout is not None:
            _wire.write(chunk.layout, message.layout)
        data = interview_pb2.InterviewRequest(media=message).SerializeToString()
        if len(data) > limits.max_message_bytes:
            raise TooLarge(chunk.track_id, len(data), limits.max_message_bytes)
        request = Request(data, size, chunk.track_id, sequence)
        await self._outbox.put_media(_outbox.Waiting(request, chunk.capture_time_us, chunk.keyframe))

    async def send_all(self, chunks: AsyncIterable[Chunk] | Iterable[Chunk], *, close: str | None = None) -> None:
        """Sends chunks one after the other, and closes the interview where `close` gives the reason."""
        if isinstance(chunks, AsyncIterable):
            async for chunk in chunks:
                await self.send(chunk)
        else:
            for chunk in chunks:
                await self.send(chunk)
        if close is not None:
            await self.close(close)

    async def send_event(self, time_us: int, event: events.ControlEvent) -> int:
        """Sends a control event of that session time; returns its id, which the `EventAck` repeats. Never dropped."""
        event_id = self._next_event
        self._next_event += 1
        message = events.to_message(event_id, time_us, event)
        await self._say(interview_pb2.InterviewRequest(event=message), event_id)
        return event_id

    # Challenges

    async def issue_challenge(
        self,
        kind: ChallengeKind = ChallengeKind.UNSPECIFIED,
        *,
        participant_id: str = "",
        locale: str = "",
        request_id: str | None = None,
    ) -> str:
        """Asks for a challenge; the server draws the kind where none is named.

        Returns the request's id, which every `ChallengeUpdate` on it repeats. One is drawn where none is given, since
        after a lost connection the wish may be said again.
        """
        request_id = request_id or uuid.uuid4().hex
        number: Any = int(kind)
        message = challenge_pb2.IssueChallenge(
            request_id=request_id, participant_id=participant_id, kind=number, locale=locale
        )
        await self._say(interview_pb2.InterviewRequest(issue_challenge=message))
        return request_id

    async def challenge_shown(
        self, challenge_id: str, shown_us: int, *, attempt: int = 0, uncertainty_ms: int = 0
    ) -> None:
        """Says when a prompt was on the candidate's screen in full, in session time; 0 = the latest attempt."""
        message = challenge_pb2.ChallengeShown(
            challenge_id=challenge_id, attempt=attempt, shown_us=shown_us, uncertainty_ms=uncertainty_ms
        )
        await self._say(interview_pb2.InterviewRequest(challenge_shown=message))

    async def decline_challenge(
        self,
        challenge_id: str,
        reason: ChallengeDeclineReason = ChallengeDeclineReason.PREFERS_NOT,
        *,
        words: str = "",
        offer_alternative: bool = False,
    ) -> None:
        """Says that a challenge is not carried out; never evidence."""
        number: Any = int(reason)
        message = challenge_pb2.ChallengeDeclined(
            challenge_id=challenge_id, reason=number, words=words, offer_alternative=offer_alternative
        )
        await self._say(interview_pb2.InterviewRequest(challenge_declined=message))

    # Reading

    async def next(self) -> Update | None:
        """The next update; None when the interview ended in order.

        Raises a `ServerError`, once, when it did not.
        """
        return await self._driver.next()

    def poll(self) -> list[Update]:
        """The updates that have come and were not read; does not wait."""
        found: list[Update] = []
        while (update := self._driver.waiting()) is not None:
            found.append(update)
        return found

    async def __aiter__(self) -> AsyncIterator[Update]:
        """Updates to the end of the interview; raises as `next`."""
        while (update := await self._driver.next()) is not None:
            yield update

    # The end

    async def close(self, reason: str = "") -> None:
        """Says that no more comes after what was sent before; does not wait. The summary follows in the updates."""
        message = interview_pb2.InterviewRequest(close=interview_pb2.Close(reason=reason))
        self._outbox.close(Request(message.SerializeToString()))

    async def finish(self, reason: str = "") -> Summary | None:
        """Closes, reads and drops the updates that are left, and returns the summary; None where none came."""
        await self.close(reason)
        summary: Summary | None = None
        async for update in self:
            if isinstance(update, Summary):
                summary = update
        return summary

    async def stop(self) -> None:
        """Ends the interview at once, as partial where it was not closed. Also when the context is left."""
        await self._driver.stop()

    async def __aenter__(self) -> Interview:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _track(self, track_id: str) -> Track:
        track = self._tracks.get(track_id)
        if track is None:
            raise MediaError(f"track {track_id!r} was not announced; expected one of {sorted(self._tracks)}")
        return track

    async def _say(self, message: interview_pb2.InterviewRequest, event_id: int | None = None) -> None:
        await self._outbox.put_words(Request(message.SerializeToString(), event_id=event_id))


def lanes_of(tracks: Iterable[Track]) -> dict[str, _outbox.Lane]:
    """What is to wait of each track, and how."""

    def kind(track: Track) -> str:
        if isinstance(track, AudioTrack):
            return "sound"
        return "packet" if is_compressed(track) else "picture"

    return {track.track_id: _outbox.Lane(kind(track)) for track in tracks}
