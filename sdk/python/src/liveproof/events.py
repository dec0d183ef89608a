"""Control events: what happens in a call besides pictures and sound.

Each is sent with the session time at which it happened (`Interview.send_event`), is answered by an `EventAck`, and is
never lost.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import _wire
from .challenges import ChallengeParameters
from .enums import ChallengeKind, ClockMapping
from .v1 import interview_pb2

__all__ = [
    "ActiveSpeaker",
    "AnswerStart",
    "Camera",
    "ChallengeWindow",
    "ClockMapped",
    "ControlEvent",
    "Discontinuity",
    "Mute",
    "QuestionEnd",
    "QuestionStart",
    "ReferenceSpan",
    "TrackParticipant",
    "WarmUp",
]


@dataclass(frozen=True, slots=True)
class QuestionStart:
    """A question began."""

    question_id: str = ""
    #: SHA-256 of the text: 32 bytes, or empty.
    text_sha256: bytes = b""


@dataclass(frozen=True, slots=True)
class QuestionEnd:
    """A question ended."""

    question_id: str = ""


@dataclass(frozen=True, slots=True)
class AnswerStart:
    """The candidate's answer is known to have begun."""

    question_id: str = ""


@dataclass(frozen=True, slots=True)
class Mute:
    """A participant muted or unmuted."""

    participant_id: str
    muted: bool


@dataclass(frozen=True, slots=True)
class Camera:
    """A participant's camera was switched."""

    participant_id: str
    on: bool


@dataclass(frozen=True, slots=True)
class ActiveSpeaker:
    """The platform named an active speaker; empty = nobody."""

    participant_id: str = ""


@dataclass(frozen=True, slots=True)
class Discontinuity:
    """A track breaks here."""

    track_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ClockMapped:
    """The relation of a track's clock to the session clock became known."""

    track_id: str
    #: Added to the track's times to get session time.
    offset_us: int
    source: ClockMapping
    #: One standard deviation of the offset; 0 = not known.
    uncertainty_us: int = 0


@dataclass(frozen=True, slots=True)
class ChallengeWindow:
    """A challenge that the client runs itself; the event's time is the prompt's end."""

    challenge_id: str
    kind: ChallengeKind
    deadline_us: int
    count: int = 0
    parameters: ChallengeParameters | None = None
    participant_id: str = ""


@dataclass(frozen=True, slots=True)
class WarmUp:
    """A stretch from the event's time on that is known to be good."""

    end_us: int


@dataclass(frozen=True, slots=True)
class ReferenceSpan:
    """A stretch from the event's time on at which it was verified who is before the camera."""

    end_us: int


@dataclass(frozen=True, slots=True)
class TrackParticipant:
    """A track belongs to another participant from now on."""

    track_id: str
    participant_id: str


ControlEvent = (
    QuestionStart
    | QuestionEnd
    | AnswerStart
    | Mute
    | Camera
    | ActiveSpeaker
    | Discontinuity
    | ClockMapped
    | ChallengeWindow
    | WarmUp
    | ReferenceSpan
    | TrackParticipant
)

#: Member of the protocol's `ControlEvent.event` for each.
MEMBERS: dict[type, str] = {
    QuestionStart: "question_start",
    QuestionEnd: "question_end",
    AnswerStart: "answer_start",
    Mute: "mute",
    Camera: "camera",
    ActiveSpeaker: "active_speaker",
    Discontinuity: "discontinuity",
    ClockMapped: "clock_mapping",
    ChallengeWindow: "challenge_window",
    WarmUp: "warm_up",
    ReferenceSpan: "reference_span",
    TrackParticipant: "track_participant",
}


def to_message(event_id: int, time_us: int, event: ControlEvent) -> interview_pb2.ControlEvent:
    """The event as the protocol has it."""
    message = interview_pb2.ControlEvent(event_id=event_id, time_us=time_us)
    member = getattr(message, MEMBERS[type(event)])
    member.SetInParent()
    _wire.write(event, member)
    return message
