"""What can go wrong on the client's side. Every error is a `LiveproofError`."""

from __future__ import annotations

from dataclasses import dataclass

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

__all__ = [
    "AlreadyExists",
    "ConnectionLost",
    "FieldViolation",
    "InterviewEnded",
    "InvalidInput",
    "LiveproofError",
    "MediaError",
    "NotFound",
    "Overloaded",
    "PermissionDenied",
    "ProtocolError",
    "ServerError",
    "TooLarge",
    "Unauthenticated",
    "Unavailable",
    "WrongState",
]


class LiveproofError(Exception):
    """What every error of this package is."""

    @property
    def should_retry(self) -> bool:
        """True when the same call may succeed later without any change."""
        return False


class MediaError(LiveproofError):
    """A picture or sound that cannot be sent; names what was found and what was expected."""


class TooLarge(MediaError):
    """A payload beyond what the server ever grants credit for, or a message beyond what it reads."""

    def __init__(self, track_id: str, found: int, limit: int) -> None:
        super().__init__(f"track {track_id!r}: a chunk of {found} bytes; this server takes at most {limit}")
        self.track_id = track_id
        self.found = found
        self.limit = limit


class InterviewEnded(LiveproofError):
    """The interview is over, so that nothing can be sent any more; its updates say why."""

    def __init__(self) -> None:
        super().__init__("the interview has ended; its updates say why")


class ProtocolError(LiveproofError):
    """The other side does not speak the protocol, as where its first message was not `hello`."""


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """A field that cannot be used."""

    #: As `tracks[0].video.format`.
    field: str
    #: What was found and what was expected.
    description: str


class ServerError(LiveproofError):
    """The server refused or ended a call."""

    def __init__(
        self,
        code: grpc.StatusCode,
        message: str,
        violations: tuple[FieldViolation, ...] = (),
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(f"{code.name}: {message}")
        self.code = code
        self.message = message
        #: The fields at fault, where the server named some.
        self.violations = violations
        #: How long the server asks to wait before another try; None where it says nothing.
        self.retry_after_s = retry_after_s


class InvalidInput(ServerError):
    """A value cannot be used; `violations` name the fields."""


class Unauthenticated(ServerError):
    """No valid API key."""


class PermissionDenied(ServerError):
    """The key is known, and its holder may not call."""


class NotFound(ServerError):
    """No such interview, or none that this key or token fits."""


class AlreadyExists(ServerError):
    """An interview of this id is running."""


class WrongState(ServerError):
    """A call out of order, as to an interview that was concluded."""


class Overloaded(ServerError):
    """The server, or the tenant, has all it may have; `retry_after_s` says when to try again."""

    @property
    def should_retry(self) -> bool:
        """A place may be free later."""
        return True


class Unavailable(ServerError):
    """The server cannot be reached, or is about to stop."""

    @property
    def should_retry(self) -> bool:
        """It may be back later."""
        return True


class ConnectionLost(Unavailable):
    """The connection broke and could not be replaced within the server's grace period."""


_BY_CODE: dict[grpc.StatusCode, type[ServerError]] = {
    grpc.StatusCode.INVALID_ARGUMENT: InvalidInput,
    grpc.StatusCode.UNAUTHENTICATED: Unauthenticated,
    grpc.StatusCode.PERMISSION_DENIED: PermissionDenied,
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.ALREADY_EXISTS: AlreadyExists,
    grpc.StatusCode.FAILED_PRECONDITION: WrongState,
    grpc.StatusCode.RESOURCE_EXHAUSTED: Overloaded,
    grpc.StatusCode.UNAVAILABLE: Unavailable,
}


# grpc.aio's own words, not the server's, where a batch failed: as when an answer comes while requests are
# still written.
_BROKE = "Internal error from Core"


def from_grpc(error: grpc.aio.AioRpcError) -> ServerError:
    """The typed error of a failed call, with the fields and the retry hint of its details."""
    violations: list[FieldViolation] = []
    retry_after_s: float | None = None
    for key, value in error.trailing_metadata() or ():
        if key != "grpc-status-details-bin" or not isinstance(value, bytes):
            continue
        try:
            status = status_pb2.Status.FromString(value)
            for detail in status.details:
                bad, retry = error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
                if detail.Unpack(bad):
                    violations += [FieldViolation(v.field, v.description) for v in bad.field_violations]
                elif detail.Unpack(retry) and retry.HasField("retry_delay"):
                    delay = retry.retry_delay
                    retry_after_s = max(0.0, delay.seconds + delay.nanos / 1e9)
        except DecodeError:
            # The code and its message stand all the same.
            continue
    code = error.code()
    cls = _BY_CODE.get(code, ServerError)
    if code is grpc.StatusCode.INTERNAL and error.details() == _BROKE:
        cls = Unavailable
    return cls(code, error.details() or "", tuple(violations), retry_after_s)
