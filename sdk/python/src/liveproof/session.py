"""What a server is, how it greets an interview, and how it closes one."""

from __future__ import annotations

from dataclasses import dataclass, field

from .challenges import ChallengeCapability, ChallengePolicy, ChallengeResult
from .enums import AbstainReason, AudioFormat, SignalConfidence, VideoFormat
from .results import (
    Change,
    Coverage,
    EvidenceLog,
    Outcome,
    QuestionGap,
    ReferenceSummary,
    Score,
    SessionRecord,
    SignalSummary,
    Verdict,
)

__all__ = [
    "CapabilityUpdate",
    "Hello",
    "Info",
    "Limits",
    "Model",
    "ParticipantSummary",
    "Resumed",
    "ReviewTerms",
    "Signal",
    "SignalCapability",
    "Summary",
    "TrackPosition",
]


@dataclass(frozen=True, slots=True)
class Model:
    """A model of the server's manifest."""

    model_id: str
    task: str
    #: Lower-case hex.
    sha256: str
    available: bool
    detail: str
    #: Terms of the data it was trained on.
    data_terms: str


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal of the server's build."""

    name: str
    available: bool
    detail: str
    #: Largest absolute log-likelihood ratio per session, and per segment.
    session_cap: float
    segment_cap: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What a server takes."""

    max_message_bytes: int
    max_picture_pixels: int
    max_audio_chunk_ms: int
    #: Media bytes that may be under way before a client waits for credit.
    initial_credit_bytes: int
    max_session_length_s: int
    idle_timeout_s: int
    max_sessions: int
    video_formats: tuple[VideoFormat, ...]
    audio_formats: tuple[AudioFormat, ...]
    max_tracks: int


@dataclass(frozen=True, slots=True)
class ReviewTerms:
    """What a server takes as recordings to be reviewed."""

    max_upload_bytes: int
    max_chunk_bytes: int
    #: Jobs of one tenant that may wait or run.
    max_jobs: int
    #: How long a job and its reports stay after its end.
    keep_hours: int
    #: Recordings may be named that lie in the server's own folder.
    stored_recordings: bool
    #: Evidence logs can be asked for.
    evidence: bool


@dataclass(frozen=True, slots=True)
class Info:
    """What a server is."""

    version: str
    models: tuple[Model, ...]
    signals: tuple[Signal, ...]
    limits: Limits
    onnxruntime_version: str
    execution_provider: str
    sessions: int
    #: None where the server takes no recordings.
    reviews: ReviewTerms | None


@dataclass(frozen=True, slots=True)
class SignalCapability:
    """Whether a signal can run on the announced tracks of one participant."""

    participant_id: str
    signal: str
    available: bool
    #: Why not; unspecified when available.
    reason: AbstainReason
    #: The same in words, with what would enable it.
    detail: str
    confidence: SignalConfidence
    #: What keeps it from full confidence, and what would help.
    limits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CapabilityUpdate:
    """The stream turned out other than announced; replaces what was said of these participants before."""

    time_us: int
    signals: tuple[SignalCapability, ...]


@dataclass(frozen=True, slots=True)
class TrackPosition:
    """How far a track was taken: its highest chunk number."""

    track_id: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Resumed:
    """The connection was lost, and the interview goes on on another one; nothing is to be done."""

    next_sequence: int
    tracks: tuple[TrackPosition, ...]
    latest_event_id: int | None
    credit_bytes: int
    #: The interview had ended meanwhile; the summary follows.
    closed: bool
    #: Results that are no longer kept; 0 unless a client was away for hundreds of them.
    lost_responses: int


@dataclass(frozen=True, slots=True)
class Hello:
    """The server's greeting: what it takes, and which signals can run on the announced tracks."""

    session_id: str
    limits: Limits
    models: tuple[Model, ...]
    signals: tuple[SignalCapability, ...]
    segment_us: int
    segment_hop_us: int
    prior: float
    #: A secret; left out of the `repr`.
    resume_token: bytes = field(repr=False)
    segment_coverage_floor: float
    session_coverage_floor: float
    false_alarm_rate: float
    miss_rate: float
    change_threshold: float
    resume_grace_ms: int
    resumed: Resumed | None
    challenges: tuple[ChallengeCapability, ...]
    #: The policy in effect, with the defaults filled in.
    challenge_policy: ChallengePolicy
    challenge_locales: tuple[str, ...]
    record_key_id: str
    #: Challenge records cannot be verified after the server has stopped.
    record_key_drawn: bool


@dataclass(frozen=True, slots=True)
class ParticipantSummary:
    """The assessment of one participant over the whole session."""

    participant_id: str
    outcome: Outcome
    signals: tuple[SignalSummary, ...]
    gaps: tuple[QuestionGap, ...]
    coverage: Coverage | None
    reference: ReferenceSummary | None
    verdict: Verdict
    change: Change
    challenges: tuple[ChallengeResult, ...]

    @property
    def authenticity(self) -> float | None:
        """1 - P(manipulated) at the stated prior; None where there is no number, which is no good news."""
        return self.outcome.authenticity if isinstance(self.outcome, Score) else None


@dataclass(frozen=True, slots=True)
class Summary:
    """Closes an interview."""

    duration_us: int
    participants: tuple[ParticipantSummary, ...]
    #: The session ended before the client closed it.
    partial: bool
    end_reason: str
    #: What the score does not say; to be shown with it.
    cautions: tuple[str, ...]
    consent_id: str
    record: SessionRecord | None
    #: None where the server keeps no evidence logs.
    evidence: EvidenceLog | None

    def participant(self, participant_id: str) -> ParticipantSummary:
        """The summary of one participant.

        Raises `KeyError` where there is none, as for an interviewer.
        """
        for one in self.participants:
            if one.participant_id == participant_id:
                return one
        raise KeyError(participant_id)
