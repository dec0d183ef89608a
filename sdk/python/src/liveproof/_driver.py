"""The connection of an interview, and the task that keeps it: one that is lost is replaced by another with the server's
resume token, and what is not known to have arrived is sent again.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from . import _wire
from ._kept import Kept
from ._outbox import Outbox
from .challenges import ChallengeUpdate
from .errors import ConnectionLost, LiveproofError, ProtocolError, ServerError, from_grpc
from .results import EventAck, Notice, Segment
from .retry import Retry
from .session import CapabilityUpdate, Hello, Resumed, Summary
from .v1 import interview_pb2

Update = Segment | Notice | EventAck | CapabilityUpdate | ChallengeUpdate | Resumed | Summary

#: Updates that may wait to be read. When they are not read, credit stops coming as well.
MOST_UPDATES = 256
#: How long one attempt to open or resume may take.
ATTEMPT_S = 10.0
#: How long the end of the client's half has to reach the server before the rest is let go.
_FAREWELL_S = 0.5
#: Between attempts to resume; the grace period ends them, not their number.
_RESUME = Retry(tries=1, first_s=0.1, longest_s=5.0)
# How gRPC's core words it when HTTP/2 and not the server ended a stream.
_TRANSPORT = ("RST_STREAM", "Stream removed", "stream removed", "GOAWAY", "Socket closed", "Connection reset")

_MEMBERS: dict[str, type] = {
    "segment": Segment,
    "notice": Notice,
    "ack": EventAck,
    "capabilities": CapabilityUpdate,
    "challenge": ChallengeUpdate,
    "summary": Summary,
}


class Connection:
    """One stream to the server that it has greeted."""

    def __init__(self, call: Any, hello: Hello) -> None:
        self.call = call
        self.hello = hello

    @classmethod
    async def open(cls, call: Any, message: interview_pb2.Open) -> Connection:
        """Opens a stream and waits for the server's greeting, at most `ATTEMPT_S`."""
        try:
            async with asyncio.timeout(ATTEMPT_S):
                await call.wait_for_connection()
                await _send(call, interview_pb2.InterviewRequest(open=message).SerializeToString())
                answer = await call.read()
            if answer is grpc.aio.EOF or answer.WhichOneof("message") != "hello":
                raise ProtocolError("the server's first message was not hello")
            return cls(call, _wire.read(Hello, answer.hello))
        except grpc.aio.AioRpcError as error:
            raise from_grpc(error) from None
        except TimeoutError:
            call.cancel()
            raise ServerError(grpc.StatusCode.DEADLINE_EXCEEDED, f"no answer within {ATTEMPT_S:.0f} s") from None
        except BaseException:
            call.cancel()
            raise


async def _send(call: Any, data: bytes) -> bool:
    """Sends one message; False when the stream is over, in which case reading it on tells why.

    Where a stream ends under `call.write`, grpc.aio puts a status of its own ("Internal error from Core") in the place
    of the server's, and what the server said last can no longer be read. So the message goes to the call beneath.
    """
    beneath = getattr(call, "_cython_call", None)
    try:
        if beneath is None:
            await call.write(data)
        else:
            await beneath.send_serialized_message(data)
    except (grpc.aio.AioRpcError, grpc.aio.BaseError, asyncio.InvalidStateError):
        return False
    return True


class Driver:
    """Keeps the connection of one interview; see the module."""

    def __init__(
        self,
        dial: Callable[[interview_pb2.Open], Awaitable[Connection]],
        connection: Connection,
        outbox: Outbox,
    ) -> None:
        hello = connection.hello
        self._dial = dial
        self._connection = connection
        self._outbox = outbox
        self._session_id = hello.session_id
        self._token = hello.resume_token
        self._grace_s = hello.resume_grace_ms / 1000
        self._capacity = hello.limits.initial_credit_bytes
        self.credit = self._capacity
        self.resumed = 0
        self._kept = Kept()
        self._last_sequence = 0
        self._summary_seen = False
        self._updates: asyncio.Queue[Update | None] = asyncio.Queue(MOST_UPDATES)
        self._error: LiveproofError | None = None
        self._over = asyncio.Event()
        #: Runs to the end of the interview.
        self.task = asyncio.create_task(self._run())

    async def next(self) -> Update | None:
        """The next update; None at the end of an interview, or the error that ended it, once."""
        update = await self._updates.get()
        if update is not None:
            return update
        # For whoever asks again.
        self._updates.put_nowait(None)
        error, self._error = self._error, None
        if error is not None:
            raise error
        return None

    def waiting(self) -> Update | None:
        """An update that has come already; None where there is none."""
        if self._updates.empty():
            return None
        update = self._updates.get_nowait()
        if update is None:
            self._updates.put_nowait(None)
        return update

    async def stop(self) -> None:
        """Ends the interview, as partial where it was not closed."""
        self._outbox.close(None)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL_S):
                while not self._over.is_set():
                    # Nobody reads the updates any more; room for the last ones.
                    while not self._updates.empty():
                        self._updates.get_nowait()
                    await asyncio.sleep(0.01)
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            while True:
                lost = await self._exchange(self._connection)
                if lost is None:
                    return
                following = await self._reconnect(lost)
                if following is None:
                    return
                self._connection = following
        except LiveproofError as error:
            self._error = error
        except asyncio.CancelledError:
            # Nobody waits for what was not read.
            while not self._updates.empty():
                self._updates.get_nowait()
            raise
        except Exception as error:  # A fault of this package: told, not swallowed.
            self._error = ProtocolError(f"{type(error).__name__}: {error}")
            self._error.__cause__ = error
        finally:
            # Senders learn of the end before the last update is read.
            self._outbox.end()
            self._over.set()
            await self._updates.put(None)

    async def _exchange(self, connection: Connection) -> ServerError | None:
        """Sends and reads until the connection or the interview ends; returns why the former was lost."""
        call = connection.call
        writer = asyncio.create_task(self._write(call))
        # One that fails by a fault of its own must not leave the reader waiting.
        writer.add_done_callback(lambda task: task.cancelled() or task.exception() is None or call.cancel())
        try:
            while True:
                try:
                    response = await call.read()
                except asyncio.CancelledError:
                    # grpc.aio says the same of a call that was cancelled here as of a task that is.
                    if (task := asyncio.current_task()) is None or task.cancelling():
                        raise
                    if writer.done():
                        writer.result()
                    raise ServerError(grpc.StatusCode.CANCELLED, "the connection was closed on this side") from None
                except grpc.aio.AioRpcError as error:
                    found = from_grpc(error)
                    if self._may_resume(found):
                        return found
                    raise found from None
                if response is grpc.aio.EOF:
                    return None
                await self._hear(response)
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            call.cancel()

    async def _write(self, call: Any) -> None:
        while True:
            request = self._kept.next()
            if request is not None:
                if not await _send(call, request.data):
                    return
                continue
            self._outbox.wake.clear()
            request = self._outbox.take(self.credit, self._kept.has_room_for_words)
            if request is not None:
                self.credit -= request.payload_bytes
                self._kept.push(request)
            elif self._outbox.finished:
                with contextlib.suppress(grpc.aio.AioRpcError, grpc.aio.BaseError):
                    await call.done_writing()
                return
            else:
                await self._outbox.wake.wait()

    async def _hear(self, response: interview_pb2.InterviewResponse) -> None:
        if 0 < response.sequence <= self._last_sequence:
            return
        self._last_sequence = max(self._last_sequence, response.sequence)
        member = response.WhichOneof("message")
        if member == "credit":
            self._kept.granted(response.credit.bytes)
            self.credit += response.credit.bytes
            self._outbox.wake.set()
            return
        if member == "ack":
            self._kept.acknowledged(response.ack.event_id)
            self._outbox.wake.set()
        self._summary_seen = self._summary_seen or member == "summary"
        cls = _MEMBERS.get(member or "")
        # A message of a later protocol version is not ours to judge.
        if cls is not None:
            await self._updates.put(_wire.read(cls, getattr(response, str(member))))

    def _may_resume(self, error: ServerError) -> bool:
        """True when the transport and not the server ended the stream, and the server lets us back in."""
        return is_lost(error) and bool(self._token) and self._grace_s > 0

    async def _reconnect(self, why: ServerError) -> Connection | None:
        """Another connection for the interview; None when only the end of the stream was lost."""
        if self._summary_seen:
            return None
        message = interview_pb2.Open(
            session_id=self._session_id, resume_token=self._token, last_sequence=self._last_sequence
        )
        loop = asyncio.get_running_loop()
        until = loop.time() + self._grace_s
        for failed in itertools.count(1):
            hint_s = None
            try:
                connection = await self._dial(message)
                at = connection.hello.resumed
                if at is None:
                    connection.call.cancel()
                    raise ProtocolError("the server greeted a resumed interview as a new one")
                await self._go_on(at)
                return connection
            except ServerError as error:
                if not may_try_again(error):
                    raise
                hint_s = error.retry_after_s
            pause_s = _RESUME.pause_s(failed, hint_s)
            if loop.time() + pause_s > until:
                break
            await asyncio.sleep(pause_s)
        raise ConnectionLost(why.code, f"{why.message}; not resumed within {self._grace_s:.0f} s") from None

    async def _go_on(self, at: Resumed) -> None:
        untaken = self._kept.resume(at, self._capacity)
        self.credit = max(0, at.credit_bytes - untaken)
        self.resumed += 1
        self._outbox.wake.set()
        await self._updates.put(at)


def is_lost(error: ServerError) -> bool:
    """True when the transport and not the server ended a stream."""
    passing = (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.CANCELLED)
    transport = error.code in passing and any(word in error.message for word in _TRANSPORT)
    return transport or error.code is grpc.StatusCode.UNAVAILABLE


def may_try_again(error: ServerError) -> bool:
    """True when a later attempt to resume may succeed."""
    passing = (
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
    )
    return error.code in passing or any(word in error.message for word in _TRANSPORT)
