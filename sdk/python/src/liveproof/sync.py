"""The same client without asyncio: an event loop runs in a thread of its own behind it.

Sending and reading are safe from two threads, and belong into two: sending waits for flow credit, and credit comes
in between the updates. Who has one thread reads with `poll()` between sends. A server cuts a client that reads nothing
for 30 s.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, TypeVar

from . import client as _client
from . import interview as _interview
from .access import Tls
from .challenges import ChallengePolicy
from .enums import CandidateChoice, ChallengeDeclineReason, ChallengeKind, ReportFormat
from .errors import InterviewEnded
from .events import ControlEvent
from .interview import Overflow, Stats, Update
from .media import Chunk, Picture, Sound
from .retry import Retry
from .reviews import Path, Report, Review, ReviewUpdate, StoredRecording
from .reviews import ReviewWatch as _ReviewWatch
from .session import Hello, Info, Summary
from .tracks import Participant, Region, Track

__all__ = ["Client", "Interview", "ReviewWatch"]

T = TypeVar("T")


class _Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="liveproof", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine. An interrupt of the caller cancels it."""
        if not self._thread.is_alive():
            work.close()
            raise InterviewEnded
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()


class Client:
    """A connection to a server; parameters as those of `liveproof.Client`."""

    def __init__(
        self, address: str, *, key: str | None = None, tls: Tls | None = None, retry: Retry | None = None
    ) -> None:
        self._inner = _client.Client(address, key=key, tls=tls, retry=retry)
        self._loop = _Loop()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stops the interviews that still run, and lets the connection go."""
        try:
            self._loop.run(self._inner.close())
        except InterviewEnded:
            return
        self._loop.close()

    def info(self) -> Info:
        """What the server is."""
        return self._loop.run(self._inner.info())

    def interview(
        self,
        tracks: Sequence[Track],
        participants: Sequence[Participant] | None = None,
        *,
        session_id: str | None = None,
        consent_id: str = "",
        source_platform: str = "",
        challenges: ChallengePolicy | None = None,
        overflow: Overflow = Overflow.WAIT,
    ) -> Interview:
        """Opens an interview, to be used in a `with` block; as `liveproof.Client.interview`."""

        async def open_() -> _interview.Interview:
            return await self._inner.interview(
                tracks,
                participants,
                session_id=session_id,
                consent_id=consent_id,
                source_platform=source_platform,
                challenges=challenges,
                overflow=overflow,
            )

        return Interview(self._loop, self._loop.run(open_()))

    def submit_review(
        self,
        recording: Path | StoredRecording,
        *,
        reference: Path | StoredRecording | None = None,
        display_name: str = "",
        request_id: str | None = None,
        candidate: CandidateChoice | Region = CandidateChoice.AS_FOUND,
        thumbnails: bool = True,
        blur_faces: bool = False,
        plots: bool = True,
        events: Mapping[str, Any] | str | bytes | None = None,
        evidence: bool = False,
    ) -> Review:
        """Hands a recording in, as `liveproof.Client.submit_review`."""
        return self._loop.run(
            self._inner.submit_review(
                recording,
                reference=reference,
                display_name=display_name,
                request_id=request_id,
                candidate=candidate,
                thumbnails=thumbnails,
                blur_faces=blur_faces,
                plots=plots,
                events=events,
                evidence=evidence,
            )
        )

    def watch_review(self, review_id: str, *, after: int = 0, patience_s: float = 60.0) -> ReviewWatch:
        """Watches a job to its end; segments up to `after` are left out."""
        return ReviewWatch(self._loop, self._inner.watch_review(review_id, after=after, patience_s=patience_s))

    def cancel_review(self, review_id: str) -> Review:
        """Ends a job that waits or runs; one that is over stays as it is."""
        return self._loop.run(self._inner.cancel_review(review_id))

    def fetch_review(self, review_id: str, report_format: ReportFormat = ReportFormat.JSON) -> Report:
        """Fetches a report, and checks it."""
        return self._loop.run(self._inner.fetch_review(review_id, report_format))

    def reviews(self) -> list[Review]:
        """The caller's jobs, the latest first."""

        async def read() -> list[Review]:
            return [review async for review in self._inner.reviews()]

        return self._loop.run(read())

    def delete_review(self, review_id: str) -> None:
        """Deletes a job and everything of it."""
        self._loop.run(self._inner.delete_review(review_id))


class ReviewWatch:
    """A job under watch: `for update in watch`; as `liveproof.ReviewWatch`."""

    def __init__(self, loop: _Loop, inner: _ReviewWatch) -> None:
        self._loop = loop
        self._inner = inner

    @property
    def position(self) -> int:
        """Segments told so far, counted from the job's beginning."""
        return self._inner.position

    @property
    def review(self) -> Review | None:
        """Where the job stood when it was told last."""
        return self._inner.review

    def next(self) -> ReviewUpdate | None:
        """The next update; None once the job is over and everything was told."""
        return self._loop.run(self._inner.next())

    def __iter__(self) -> Iterator[ReviewUpdate]:
        """Updates to the end of the job."""
        while (update := self.next()) is not None:
            yield update

    def finished(self) -> Review:
        """Waits for the end of the job, and says where it stands then."""
        return self._loop.run(self._inner.finished())

    def stop(self) -> None:
        """Lets the connection of the watch go; the job goes on."""

        async def let_go() -> None:
            self._inner.stop()

        self._loop.run(let_go())


class Interview:
    """An interview that the server has greeted; as `liveproof.Interview`, and safe between threads."""

    def __init__(self, loop: _Loop, inner: _interview.Interview) -> None:
        self._loop = loop
        self._inner = inner

    @property
    def hello(self) -> Hello:
        """What the server takes, and which signals can run."""
        return self._inner.hello

    @property
    def stats(self) -> Stats:
        """Chunks sent and dropped so far, by track."""

        async def read() -> Stats:
            return self._inner.stats

        return self._loop.run(read())

    def send_picture(
        self, track_id: str, picture: Picture, capture_time_us: int | None = None, *, keyframe: bool | None = None
    ) -> None:
        """Sends a picture, as `liveproof.Interview.send_picture`."""
        self._loop.run(self._inner.send_picture(track_id, picture, capture_time_us, keyframe=keyframe))

    def send_sound(self, track_id: str, sound: Sound, capture_time_us: int | None = None) -> None:
        """Sends sound, as `liveproof.Interview.send_sound`."""
        self._loop.run(self._inner.send_sound(track_id, sound, capture_time_us))

    def send(self, chunk: Chunk) -> None:
        """Sends a chunk as it is."""
        self._loop.run(self._inner.send(chunk))

    def send_all(self, chunks: Iterable[Chunk], *, close: str | None = None) -> None:
        """Sends chunks one after the other, and closes the interview where `close` gives the reason."""
        for chunk in chunks:
            self.send(chunk)
        if close is not None:
            self.close(close)

    def send_event(self, time_us: int, event: ControlEvent) -> int:
        """Sends a control event; returns its id."""
        return self._loop.run(self._inner.send_event(time_us, event))

    def issue_challenge(
        self,
        kind: ChallengeKind = ChallengeKind.UNSPECIFIED,
        *,
        participant_id: str = "",
        locale: str = "",
        request_id: str | None = None,
    ) -> str:
        """Asks for a challenge; returns the request's id."""
        return self._loop.run(
            self._inner.issue_challenge(kind, participant_id=participant_id, locale=locale, request_id=request_id)
        )

    def challenge_shown(self, challenge_id: str, shown_us: int, *, attempt: int = 0, uncertainty_ms: int = 0) -> None:
        """Says when a prompt was on the candidate's screen in full."""
        self._loop.run(
            self._inner.challenge_shown(challenge_id, shown_us, attempt=attempt, uncertainty_ms=uncertainty_ms)
        )

    def decline_challenge(
        self,
        challenge_id: str,
        reason: ChallengeDeclineReason = ChallengeDeclineReason.PREFERS_NOT,
        *,
        words: str = "",
        offer_alternative: bool = False,
    ) -> None:
        """Says that a challenge is not carried out."""
        self._loop.run(
            self._inner.decline_challenge(challenge_id, reason, words=words, offer_alternative=offer_alternative)
        )

    def next(self) -> Update | None:
        """Waits for the next update; None when the interview ended in order."""
        return self._loop.run(self._inner.next())

    def poll(self) -> list[Update]:
        """The updates that have come; does not wait."""

        async def read() -> list[Update]:
            return self._inner.poll()

        return self._loop.run(read())

    def __iter__(self) -> Iterator[Update]:
        """Updates to the end of the interview."""
        while (update := self.next()) is not None:
            yield update

    def close(self, reason: str = "") -> None:
        """Says that no more media comes; the summary follows in the updates."""
        self._loop.run(self._inner.close(reason))

    def finish(self, reason: str = "") -> Summary | None:
        """Closes, drops the updates that are left, and returns the summary."""
        return self._loop.run(self._inner.finish(reason))

    def stop(self) -> None:
        """Ends the interview at once."""
        self._loop.run(self._inner.stop())

    def __enter__(self) -> Interview:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
