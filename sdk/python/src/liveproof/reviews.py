"""Review jobs: recordings that a server reviews by itself, whether their client stays or not."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import pathlib
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import grpc

from . import _wire
from ._driver import is_lost, may_try_again
from .enums import CandidateChoice, ReportFormat, ReviewState
from .errors import LiveproofError, ProtocolError, ServerError, from_grpc
from .results import Segment
from .retry import Retry
from .tracks import Region
from .v1 import review_pb2

__all__ = ["Report", "Review", "ReviewUpdate", "ReviewWatch", "StoredRecording"]

_SERVICE = "/liveproof.v1.ReviewService/"
#: Bytes of an upload in a message, below every server's bound of 1 MiB.
_CHUNK_BYTES = 256 << 10
#: How long a watch or a fetch that lost its connection tries to go on.
_PATIENCE_S = 60.0

Path = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class StoredRecording:
    """A recording in the server's own folder, by its path below the caller's part of it."""

    name: str


@dataclass(frozen=True, slots=True)
class Review:
    """A review job as it was when the server said so."""

    review_id: str
    request_id: str
    #: What reports call the recording.
    display_name: str
    state: ReviewState
    #: Why it failed, in words.
    detail: str
    media_done_us: int
    #: Length of the recording; 0 = not known (yet).
    media_total_us: int
    #: Final segments so far.
    segments: int
    #: It stands still because live interviews need the machine.
    held: bool
    #: How many of the tenant's own jobs are before it in the queue.
    queued_before: int
    #: How often it was begun; above 1 after the server was killed in its midst.
    attempts: int
    recording_bytes: int
    #: Lower-case hex; empty where it is not known yet.
    recording_sha256: str
    #: Unix times in milliseconds; 0 = not yet.
    submitted_ms: int
    started_ms: int
    finished_ms: int
    #: When it is deleted with its reports.
    expires_ms: int
    #: What can be fetched.
    reports: tuple[ReportFormat, ...]

    @property
    def is_over(self) -> bool:
        """True once nothing more comes."""
        return self.state in (ReviewState.DONE, ReviewState.FAILED, ReviewState.CANCELLED)


#: What a watched job says: where it stands, and final segments.
ReviewUpdate = Review | Segment


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it was fetched, checked against the digest that the server states."""

    data: bytes
    sha256: str
    media_type: str
    #: A name to save it under, as `interview.mp4.json`.
    file_name: str

    def json(self) -> Any:
        """The document; of a report in the form of JSON."""
        return json.loads(self.data)


class ReviewWatch:
    """A job under watch: `async for update in watch`, to its end, from wherever it stands.

    A connection that is lost is replaced by another for as long as `patience_s`, and nothing is told twice but where
    the job stands. Raises `NotFound` when the job is not there, or is deleted meanwhile.
    """

    def __init__(self, calls: ReviewCalls, review_id: str, after: int, patience_s: float) -> None:
        self._calls = calls
        self._review_id = review_id
        #: Segments told so far, counted from the job's beginning.
        self.position = after
        #: Where the job stood when it was told last.
        self.review: Review | None = None
        self._patience_s = patience_s
        self._call: Any = None

    def __aiter__(self) -> AsyncIterator[ReviewUpdate]:
        return self

    async def __anext__(self) -> ReviewUpdate:
        update = await self.next()
        if update is None:
            raise StopAsyncIteration
        return update

    async def next(self) -> ReviewUpdate | None:
        """The next update; None once the job is over and everything was told."""
        failed, until = 0, 0.0
        while True:
            try:
                update = await self._next_here()
                if update is not None or (self.review is not None and self.review.is_over):
                    return update
                error = ServerError(grpc.StatusCode.UNAVAILABLE, "the watch ended before the job")
            except grpc.aio.AioRpcError as lost:
                error = from_grpc(lost)
                if not (is_lost(error) or may_try_again(error)):
                    raise error from None
            self.stop()
            failed += 1
            until = until or time.monotonic() + self._patience_s
            if time.monotonic() >= until:
                raise error
            await asyncio.sleep(self._calls.retry.pause_s(failed, error.retry_after_s))

    async def _next_here(self) -> ReviewUpdate | None:
        if self._call is None:
            request = review_pb2.WatchReviewRequest(review_id=self._review_id, after_segment=self.position)
            self._call = self._calls.stream("WatchReview", request, review_pb2.WatchReviewResponse)
        while (response := await self._call.read()) is not grpc.aio.EOF:
            self.position = max(self.position, response.position)
            match response.WhichOneof("message"):
                case "review":
                    self.review = _wire.read(Review, response.review)
                    return self.review
                case "segment":
                    return _wire.read(Segment, response.segment)
                case _:
                    # Of a later server.
                    continue
        return None

    async def finished(self) -> Review:
        """Waits for the end of the job, and says where it stands then."""
        async for _ in self:
            pass
        if self.review is None:
            raise ProtocolError("a watch without a word on where the job stands")
        return self.review

    def stop(self) -> None:
        """Lets the connection of the watch go; the job goes on."""
        call, self._call = self._call, None
        if call is not None:
            call.cancel()


class ReviewCalls:
    """The calls of the service, on the way to one server."""

    def __init__(
        self,
        way: Callable[[], grpc.aio.Channel],
        metadata: tuple[tuple[str, str], ...] | None,
        retry: Retry,
        with_retries: Callable[[Callable[[], Awaitable[Any]]], Awaitable[Any]],
    ) -> None:
        self._way = way
        self._metadata = metadata
        self.retry = retry
        self._with_retries = with_retries

    def stream(self, name: str, request: Any, response: Any) -> Any:
        """A call whose answer is a stream."""
        call: Any = self._way().unary_stream(
            _SERVICE + name,
            request_serializer=type(request).SerializeToString,
            response_deserializer=response.FromString,
        )
        return call(request, metadata=self._metadata)

    async def ask(self, name: str, request: Any, response: Any) -> Any:
        """A call with one answer, tried again where that may help."""

        async def once() -> Any:
            call: Any = self._way().unary_unary(
                _SERVICE + name,
                request_serializer=type(request).SerializeToString,
                response_deserializer=response.FromString,
            )
            try:
                return await call(request, metadata=self._metadata, timeout=30)
            except grpc.aio.AioRpcError as error:
                raise from_grpc(error) from None

        return await self._with_retries(once)

    async def submit(
        self,
        recording: Path | StoredRecording,
        reference: Path | StoredRecording | None,
        display_name: str,
        request_id: str | None,
        candidate: CandidateChoice | Region,
        thumbnails: bool,
        blur_faces: bool,
        plots: bool,
        events: Mapping[str, Any] | str | bytes | None,
        evidence: bool,
    ) -> Review:
        """Hands a recording in, under a request id, so that a repetition makes no second job."""
        choice = CandidateChoice.REGION if isinstance(candidate, Region) else candidate
        spec = review_pb2.ReviewSpec(
            candidate=review_pb2.CandidateChoice.Name(choice.value),
            request_id=request_id if request_id is not None else uuid.uuid4().hex,
            without_thumbnails=not thumbnails,
            blur_faces=blur_faces,
            without_plots=not plots,
            events_json=_events(events),
            evidence=evidence,
        )
        if isinstance(candidate, Region):
            _wire.write(candidate, spec.candidate_region)
        files = await _announce(recording, spec.recording)
        if display_name:
            spec.recording.display_name = display_name
        if reference is not None:
            files += await _announce(reference, spec.reference)

        async def once() -> Review:
            call: Any = self._way().stream_unary(
                _SERVICE + "SubmitReview",
                request_serializer=review_pb2.SubmitReviewRequest.SerializeToString,
                response_deserializer=review_pb2.SubmitReviewResponse.FromString,
            )
            try:
                answer = await call(_requests(spec, files), metadata=self._metadata)
            except grpc.aio.AioRpcError as error:
                raise from_grpc(error) from None
            return _wire.read(Review, answer.review)

        review: Review = await self._with_retries(once)
        return review

    async def fetch(self, review_id: str, format_: ReportFormat) -> Report:
        """Fetches a report, and goes on where a lost connection broke it off."""
        info: review_pb2.ReportInfo | None = None
        data = bytearray()
        failed, until = 0, time.monotonic() + _PATIENCE_S
        while True:
            request = review_pb2.FetchReviewRequest(
                review_id=review_id, format=review_pb2.ReportFormat.Name(format_.value), offset=len(data)
            )
            call = self.stream("FetchReview", request, review_pb2.FetchReviewResponse)
            try:
                while (response := await call.read()) is not grpc.aio.EOF:
                    if response.WhichOneof("message") == "info":
                        info = response.info
                    else:
                        data += response.chunk
                break
            except grpc.aio.AioRpcError as lost:
                error = from_grpc(lost)
                failed += 1
                if not (is_lost(error) or may_try_again(error)) or time.monotonic() >= until:
                    raise error from None
                await asyncio.sleep(self.retry.pause_s(failed, error.retry_after_s))
            finally:
                call.cancel()
        if info is None or hashlib.sha256(data).hexdigest() != info.sha256:
            raise ProtocolError("the report that came is not the one that the server has")
        return Report(bytes(data), info.sha256, info.media_type, info.file_name)

    async def all(self) -> AsyncIterator[Review]:
        """The caller's jobs, the latest first."""
        token = ""
        while True:
            request = review_pb2.ListReviewsRequest(page_token=token)
            answer = await self.ask("ListReviews", request, review_pb2.ListReviewsResponse)
            for review in answer.reviews:
                yield _wire.read(Review, review)
            token = answer.next_page_token
            if not token:
                return


def _events(events: Mapping[str, Any] | str | bytes | None) -> bytes:
    match events:
        case None:
            return b""
        case bytes():
            return events
        case str():
            return events.encode()
        case _:
            return json.dumps(events).encode()


async def _announce(source: Path | StoredRecording, message: review_pb2.ReviewSource) -> list[pathlib.Path]:
    """Says in `message` what comes; returns the file that has its bytes, if one has."""
    if isinstance(source, StoredRecording):
        message.stored_name = source.name
        return []
    path = pathlib.Path(source)

    def read() -> tuple[int, str]:
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                return file.tell(), digest
        except OSError as error:
            raise LiveproofError(f"{path}: {error.strerror or error}") from error

    message.display_name = path.name
    message.upload.total_bytes, message.upload.sha256 = await asyncio.to_thread(read)
    return [path]


async def _requests(
    spec: review_pb2.ReviewSpec, files: list[pathlib.Path]
) -> AsyncIterator[review_pb2.SubmitReviewRequest]:
    yield review_pb2.SubmitReviewRequest(spec=spec)
    for path in files:
        with await asyncio.to_thread(path.open, "rb") as file:
            while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
                yield review_pb2.SubmitReviewRequest(chunk=chunk)
