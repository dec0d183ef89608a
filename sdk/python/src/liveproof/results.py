"""What was measured, what could not be measured, and why: the server's results as plain, frozen values.

A result holds a `Score` or a `NoScore`, never a number that stands for "nothing was measured". Log-likelihood
ratios are natural logarithms, positive = manipulated. Times are microseconds of session time. `quality` is never
evidence. An assessment is for a person to weigh, and no finding about anybody's conduct.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from . import _wire
from .enums import AbstainReason, NoticeKind, PredictionSet, ReferenceKind, Standing

__all__ = [
    "AbstainCount",
    "Abstained",
    "Change",
    "Comparison",
    "Coverage",
    "EventAck",
    "Evidence",
    "EvidenceLog",
    "Finding",
    "NoScore",
    "Notice",
    "Outcome",
    "Quality",
    "QuestionGap",
    "ReferenceSummary",
    "Score",
    "Scored",
    "Segment",
    "SessionRecord",
    "SignalSummary",
    "Span",
    "StageTimes",
    "Verdict",
]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of session time, microseconds; the end is exclusive."""

    start_us: int
    end_us: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """One number behind a finding; its name states its unit."""

    name: str
    value: float
    #: What the value is compared with; None without a reference.
    reference: float | None


@dataclass(frozen=True, slots=True)
class Scored:
    """A signal that gave a number."""

    #: Calibrated log-likelihood ratio, natural logarithm, positive = manipulated.
    llr: float
    #: 0 to 1; multiplies the ratio, never adds to it.
    quality: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Abstained:
    """A signal that gave no number."""

    reason: AbstainReason
    #: The same in words, with the figures that led to it.
    detail: str
    #: What was measured all the same.
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a finding made of the participant's reference."""

    kind: ReferenceKind
    name: str
    #: Why the two were not compared; empty when the finding is that of the comparison.
    obstacle: str


def _unsaid() -> Abstained:
    return Abstained(AbstainReason.UNSPECIFIED, "the server states no outcome that this version knows")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one signal says of one span."""

    signal: str
    model_id: str
    #: Lower-case hex; empty without a model.
    model_sha256: str
    span: Span
    outcome: Annotated[Scored | Abstained, _wire.OneOf({"scored": Scored, "abstained": Abstained}, _unsaid)]
    #: This signal's share of the evidence logit; 0 when it abstained.
    contribution: float
    comparison: Comparison | None
    prediction_set: PredictionSet


@dataclass(frozen=True, slots=True)
class Score:
    """A number for a span: only where a signal scored and the coverage floor was met."""

    #: 1 - P(manipulated) at the stated prior, 0 to 1.
    authenticity: float
    #: Sum of the contributions: natural-log odds without the prior.
    evidence_logit: float
    prior: float


@dataclass(frozen=True, slots=True)
class NoScore:
    """No number, and why."""

    reason: AbstainReason
    detail: str


def _no_outcome() -> NoScore:
    return NoScore(AbstainReason.UNSPECIFIED, "the server states no outcome that this version knows")


#: The outcome of a segment or a participant: no number where nothing is said.
Outcome = Annotated[Score | NoScore, _wire.OneOf({"score": Score, "no_score": NoScore}, _no_outcome)]


@dataclass(frozen=True, slots=True)
class Quality:
    """Picture and sound quality of a span. Never evidence."""

    #: Share of pictures with the face tracked, 0 to 1.
    face_presence: float
    face_height_px: float
    #: Variance of the Laplacian of the face's 8-bit luma.
    sharpness: float
    #: Mean luma of the face, 0 to 255.
    luma: float
    fps: float
    freeze_share: float
    speech_share: float
    faces_max: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a span was seen; shares are 0 to 1."""

    video: float
    audio: float
    frames_seen: int
    frames_dropped: int
    #: Share on which at least one signal gave a number.
    scored: float


@dataclass(frozen=True, slots=True)
class StageTimes:
    """Processing time of a segment by stage, milliseconds."""

    decode_ms: float
    track_ms: float
    analyze_ms: float
    queue_ms: float


@dataclass(frozen=True, slots=True)
class Segment:
    """The assessment of one participant over one segment, provisional or final."""

    participant_id: str
    index: int
    #: Of a provisional result the part that it rests on.
    span: Span
    revision: int
    #: False while later media may still change it.
    final: bool
    outcome: Outcome
    #: One per signal, those that abstained included; none while a track is waited for.
    findings: tuple[Finding, ...]
    quality: Quality | None
    coverage: Coverage | None
    times: StageTimes | None


@dataclass(frozen=True, slots=True)
class QuestionGap:
    """The gap between a question and its answer."""

    index: int
    question_end_us: int
    #: None when no answer was heard.
    answer_onset_us: int | None
    #: Negative means overlap.
    gap_ms: float | None
    #: When words set in after a filler sound, if one was heard.
    content_onset_us: int | None


@dataclass(frozen=True, slots=True)
class AbstainCount:
    """How often a signal abstained for one reason."""

    reason: AbstainReason
    segments: int
    detail: str


@dataclass(frozen=True, slots=True)
class SignalSummary:
    """What one signal says of the whole session."""

    signal: str
    #: Share of the session on which it gave a number, 0 to 1.
    coverage: float
    #: Its capped share of the session's evidence logit.
    contribution: float
    abstained: tuple[AbstainCount, ...]
    model_id: str
    model_sha256: str
    #: Share of its numbers that are like one class of recordings only; None without a table.
    told_apart: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where the evidence of a session stands between two thresholds. The prior plays no part."""

    standing: Standing
    lower: float
    upper: float
    #: From when on it has stood so, to the end; None while inconclusive.
    since_us: int | None
    #: Why it is inconclusive; empty otherwise.
    detail: str


@dataclass(frozen=True, slots=True)
class Change:
    """Whether what was measured from some time on stands out against what came before."""

    statistic: float
    #: 0 where nothing was tested, for want of a score.
    threshold: float
    since_us: int | None
    noticed_us: int | None


@dataclass(frozen=True, slots=True)
class ReferenceSummary:
    """What a session made of the reference of one participant."""

    kind: ReferenceKind
    name: str
    pictures: int
    face_height_px: float
    compared_segments: int
    not_comparable_segments: int
    obstacle: str


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """How an interview was carried through; no evidence."""

    highest_load_step: int
    pictures_left_out: int
    chunks_dropped: int
    resumed: int


@dataclass(frozen=True, slots=True)
class EvidenceLog:
    """The log that the server keeps of an interview (docs/evidence.md): digests, no picture and no sound."""

    log_id: str
    key_id: str
    #: Number of its latest entry, the summary.
    head_entry: int
    #: SHA-256 of that entry: who keeps it can tell later that nothing up to it was changed.
    head_sha256: bytes
    lost_entries: int
    incomplete: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about the material that the sender may want to act on. Never evidence."""

    kind: NoticeKind
    #: Empty for the whole session.
    track_id: str
    time_us: int
    detail: str
    count: int


@dataclass(frozen=True, slots=True)
class EventAck:
    """The answer to a control event."""

    event_id: int
    #: False when the event contradicts the session and was not taken in.
    accepted: bool
    detail: str
