"""The connection to a server."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping, Sequence
from types import TracebackType
from typing import Any, TypeVar

import grpc

from . import _outbox, _wire
from ._driver import Connection, Driver
from .access import Tls, bearer, channel, target_of
from .challenges import ChallengePolicy
from .enums import CandidateChoice, ReportFormat
from .errors import LiveproofError, ServerError, from_grpc
from .interview import Interview, Overflow, lanes_of
from .retry import Retry
from .reviews import Path, Report, Review, ReviewCalls, ReviewWatch, StoredRecording
from .session import Info
from .tracks import Participant, Region, Track, participants_of, to_message
from .v1 import info_pb2, interview_pb2, review_pb2

__all__ = ["Client", "Opening"]

T = TypeVar("T")


class Opening:
    """An interview that is about to be opened: `async with` it, or `await` it."""

    def __init__(self, open_: Callable[[], Awaitable[Interview]]) -> None:
        self._open = open_
        self._interview: Interview | None = None

    def __await__(self) -> Generator[Any, None, Interview]:
        return self._open().__await__()

    async def __aenter__(self) -> Interview:
        self._interview = await self._open()
        return self._interview

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._interview is not None:
            await self._interview.stop()


class Client:
    """A connection to a server, shared by its interviews; for one event loop.

    `address` is `127.0.0.1:50551`, `http://…` or `https://…`; `https` is TLS with the authorities that grpc brings
    unless `tls` names others. `key` is an API key; over `http` it travels in the clear. `retry` is for calls that were
    refused for now or did not reach the server; an interview that runs resumes by itself.
    """

    def __init__(
        self, address: str, *, key: str | None = None, tls: Tls | None = None, retry: Retry | None = None
    ) -> None:
        self._target, self._tls = target_of(address, tls)
        self._metadata = bearer(key)
        self._retry = retry or Retry()
        self._channel: grpc.aio.Channel | None = None
        self._drivers: set[Driver] = set()
        self._closed = False
        self._reviews = ReviewCalls(self._way, self._metadata, self._retry, self._with_retries)

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Stops the interviews that still run, and lets the connection go."""
        self._closed = True
        await asyncio.gather(*(driver.stop() for driver in list(self._drivers)))
        open_, self._channel = self._channel, None
        if open_ is not None:
            await open_.close()

    async def info(self) -> Info:
        """What the server is: versions, models, limits, accepted media."""

        async def ask() -> Info:
            call = self._way().unary_unary(
                "/liveproof.v1.InfoService/GetInfo",
                request_serializer=info_pb2.GetInfoRequest.SerializeToString,
                response_deserializer=info_pb2.GetInfoResponse.FromString,
            )
            try:
                answer = await call(info_pb2.GetInfoRequest(), metadata=self._metadata, timeout=10)
            except grpc.aio.AioRpcError as error:
                raise from_grpc(error) from None
            return _wire.read(Info, answer)

        return await self._with_retries(ask)

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
    ) -> Opening:
        """Opens an interview: `async with client.interview(...) as interview`, or `await` it.

        Without `participants` the tracks must be those of one person, the candidate. `session_id` is 1 to 128
        characters of [A-Za-z0-9._:-]; one is drawn where none is given. `overflow` says what becomes of media for which
        there is no room.

        Raises `InvalidInput` with the fields at fault, `Overloaded` with the server's retry hint when the retries are
        used up, and the other kinds of `ServerError`.
        """
        message = interview_pb2.Open(
            session_id=session_id if session_id is not None else uuid.uuid4().hex,
            tracks=[to_message(track) for track in tracks],
            consent_id=consent_id,
            source_platform=source_platform,
        )
        for participant in participants_of(tracks, participants):
            _wire.write(participant, message.participants.add())
        if challenges is not None:
            message.challenge_policy.SetInParent()
            _wire.write(challenges, message.challenge_policy)

        async def open_() -> Interview:
            connection = await self._with_retries(lambda: self._dial(message))
            outbox = _outbox.Outbox(lanes_of(tracks), overflow, connection.hello.limits.initial_credit_bytes)
            driver = Driver(self._dial, connection, outbox)
            self._drivers.add(driver)
            driver.task.add_done_callback(lambda _: self._drivers.discard(driver))
            return Interview(driver, outbox, connection.hello, tracks)

        return Opening(open_)

    async def submit_review(
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
        """Hands a recording in: a file, which is uploaded, or one in the server's own folder.

        Returns once the server has it whole; its review goes on without this client. `reference` is a recording of the
        same person before the same camera at a verified moment; `display_name` what reports call the recording, where
        not its file's name; `events` participants, tracks and events (docs/events.md). The same `request_id` once more
        is the same job; one is drawn where none is given, and calls that did not reach the server are tried again.

        Raises `InvalidInput` with the fields at fault, `Overloaded` where the tenant or the disk has all it may,
        `ServerError` with `UNIMPLEMENTED` where the server takes no recordings.
        """
        return await self._reviews.submit(
            recording, reference, display_name, request_id, candidate, thumbnails, blur_faces, plots, events, evidence
        )

    def watch_review(self, review_id: str, *, after: int = 0, patience_s: float = 60.0) -> ReviewWatch:
        """Watches a job to its end: `async for update in client.watch_review(...)`; segments up to `after` are left
        out, as those that an earlier watch told.
        """
        return ReviewWatch(self._reviews, review_id, after, patience_s)

    async def cancel_review(self, review_id: str) -> Review:
        """Ends a job that waits or runs; one that is over stays as it is."""
        request = review_pb2.CancelReviewRequest(review_id=review_id)
        answer = await self._reviews.ask("CancelReview", request, review_pb2.CancelReviewResponse)
        return _wire.read(Review, answer.review)

    async def fetch_review(self, review_id: str, report_format: ReportFormat = ReportFormat.JSON) -> Report:
        """Fetches a report, and checks it. Raises `WrongState` where the job is not over or has no such report."""
        return await self._reviews.fetch(review_id, report_format)

    def reviews(self) -> AsyncIterator[Review]:
        """The caller's jobs, the latest first."""
        return self._reviews.all()

    async def delete_review(self, review_id: str) -> None:
        """Deletes a job and everything of it: recording, reports, log."""
        request = review_pb2.DeleteReviewRequest(review_id=review_id)
        await self._reviews.ask("DeleteReview", request, review_pb2.DeleteReviewResponse)

    async def _dial(self, message: interview_pb2.Open) -> Connection:
        # Requests are encoded before, once; what is kept to be sent again is bytes.
        stub: Any = self._way().stream_stream(
            "/liveproof.v1.InterviewService/Interview",
            request_serializer=_same,
            response_deserializer=interview_pb2.InterviewResponse.FromString,
        )
        return await Connection.open(stub(metadata=self._metadata), message)

    def _way(self) -> grpc.aio.Channel:
        if self._closed:
            raise LiveproofError("the client was closed")
        if self._channel is None:
            self._channel = channel(self._target, self._tls)
        return self._channel

    async def _with_retries(self, call: Callable[[], Awaitable[T]]) -> T:
        failed = 0
        while True:
            try:
                return await call()
            except LiveproofError as error:
                failed += 1
                if not error.should_retry or failed >= self._retry.tries:
                    raise
                hint_s = error.retry_after_s if isinstance(error, ServerError) else None
            await asyncio.sleep(self._retry.pause_s(failed, hint_s))


def _same(data: bytes) -> bytes:
    return data
