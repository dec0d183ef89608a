from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AbstainReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ABSTAIN_REASON_UNSPECIFIED: _ClassVar[AbstainReason]
    ABSTAIN_REASON_NO_FACE: _ClassVar[AbstainReason]
    ABSTAIN_REASON_TOO_SHORT: _ClassVar[AbstainReason]
    ABSTAIN_REASON_LOW_QUALITY: _ClassVar[AbstainReason]
    ABSTAIN_REASON_MODEL_MISSING: _ClassVar[AbstainReason]
    ABSTAIN_REASON_DROPPED: _ClassVar[AbstainReason]
    ABSTAIN_REASON_DEADLINE_MISSED: _ClassVar[AbstainReason]
    ABSTAIN_REASON_NO_TRACK: _ClassVar[AbstainReason]
    ABSTAIN_REASON_LOW_FRAME_RATE: _ClassVar[AbstainReason]
    ABSTAIN_REASON_NO_SPEECH: _ClassVar[AbstainReason]
    ABSTAIN_REASON_GATHERING: _ClassVar[AbstainReason]
    ABSTAIN_REASON_AMBIGUOUS_PERSON: _ClassVar[AbstainReason]
    ABSTAIN_REASON_INDECISIVE: _ClassVar[AbstainReason]
    ABSTAIN_REASON_NOT_REQUESTED: _ClassVar[AbstainReason]
    ABSTAIN_REASON_LOW_COVERAGE: _ClassVar[AbstainReason]
    ABSTAIN_REASON_FAILED: _ClassVar[AbstainReason]
    ABSTAIN_REASON_UNFAMILIAR: _ClassVar[AbstainReason]
    ABSTAIN_REASON_EXPERIMENTAL: _ClassVar[AbstainReason]

class PredictionSet(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PREDICTION_SET_UNSPECIFIED: _ClassVar[PredictionSet]
    PREDICTION_SET_REAL: _ClassVar[PredictionSet]
    PREDICTION_SET_MANIPULATED: _ClassVar[PredictionSet]
    PREDICTION_SET_BOTH: _ClassVar[PredictionSet]
    PREDICTION_SET_NEITHER: _ClassVar[PredictionSet]

class ReferenceKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REFERENCE_KIND_UNSPECIFIED: _ClassVar[ReferenceKind]
    REFERENCE_KIND_CLIP: _ClassVar[ReferenceKind]
    REFERENCE_KIND_TRACK: _ClassVar[ReferenceKind]
    REFERENCE_KIND_SESSION: _ClassVar[ReferenceKind]
    REFERENCE_KIND_STRETCH: _ClassVar[ReferenceKind]

class ChallengeKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHALLENGE_KIND_UNSPECIFIED: _ClassVar[ChallengeKind]
    CHALLENGE_KIND_HAND_PASS: _ClassVar[ChallengeKind]
    CHALLENGE_KIND_HAND_HOLD: _ClassVar[ChallengeKind]
    CHALLENGE_KIND_TURN_LEFT: _ClassVar[ChallengeKind]
    CHALLENGE_KIND_TURN_RIGHT: _ClassVar[ChallengeKind]
    CHALLENGE_KIND_CHEEK_PRESS: _ClassVar[ChallengeKind]
    CHALLENGE_KIND_LEAN_IN: _ClassVar[ChallengeKind]
    CHALLENGE_KIND_FLASH: _ClassVar[ChallengeKind]
    CHALLENGE_KIND_PHRASE: _ClassVar[ChallengeKind]
    CHALLENGE_KIND_TURN_BOTH: _ClassVar[ChallengeKind]

class ChallengeSide(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHALLENGE_SIDE_UNSPECIFIED: _ClassVar[ChallengeSide]
    CHALLENGE_SIDE_LEFT: _ClassVar[ChallengeSide]
    CHALLENGE_SIDE_RIGHT: _ClassVar[ChallengeSide]

class ScreenColour(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SCREEN_COLOUR_UNSPECIFIED: _ClassVar[ScreenColour]
    SCREEN_COLOUR_AMBER: _ClassVar[ScreenColour]
    SCREEN_COLOUR_GREEN: _ClassVar[ScreenColour]
    SCREEN_COLOUR_BLUE: _ClassVar[ScreenColour]
    SCREEN_COLOUR_MAGENTA: _ClassVar[ScreenColour]

class Standing(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STANDING_UNSPECIFIED: _ClassVar[Standing]
    STANDING_CONSISTENT_WITH_LIVE: _ClassVar[Standing]
    STANDING_INCONCLUSIVE: _ClassVar[Standing]
    STANDING_STANDS_OUT: _ClassVar[Standing]
ABSTAIN_REASON_UNSPECIFIED: AbstainReason
ABSTAIN_REASON_NO_FACE: AbstainReason
ABSTAIN_REASON_TOO_SHORT: AbstainReason
ABSTAIN_REASON_LOW_QUALITY: AbstainReason
ABSTAIN_REASON_MODEL_MISSING: AbstainReason
ABSTAIN_REASON_DROPPED: AbstainReason
ABSTAIN_REASON_DEADLINE_MISSED: AbstainReason
ABSTAIN_REASON_NO_TRACK: AbstainReason
ABSTAIN_REASON_LOW_FRAME_RATE: AbstainReason
ABSTAIN_REASON_NO_SPEECH: AbstainReason
ABSTAIN_REASON_GATHERING: AbstainReason
ABSTAIN_REASON_AMBIGUOUS_PERSON: AbstainReason
ABSTAIN_REASON_INDECISIVE: AbstainReason
ABSTAIN_REASON_NOT_REQUESTED: AbstainReason
ABSTAIN_REASON_LOW_COVERAGE: AbstainReason
ABSTAIN_REASON_FAILED: AbstainReason
ABSTAIN_REASON_UNFAMILIAR: AbstainReason
ABSTAIN_REASON_EXPERIMENTAL: AbstainReason
PREDICTION_SET_UNSPECIFIED: PredictionSet
PREDICTION_SET_REAL: PredictionSet
PREDICTION_SET_MANIPULATED: PredictionSet
PREDICTION_SET_BOTH: PredictionSet
PREDICTION_SET_NEITHER: PredictionSet
REFERENCE_KIND_UNSPECIFIED: ReferenceKind
REFERENCE_KIND_CLIP: ReferenceKind
REFERENCE_KIND_TRACK: ReferenceKind
REFERENCE_KIND_SESSION: ReferenceKind
REFERENCE_KIND_STRETCH: ReferenceKind
CHALLENGE_KIND_UNSPECIFIED: ChallengeKind
CHALLENGE_KIND_HAND_PASS: ChallengeKind
CHALLENGE_KIND_HAND_HOLD: ChallengeKind
CHALLENGE_KIND_TURN_LEFT: ChallengeKind
CHALLENGE_KIND_TURN_RIGHT: ChallengeKind
CHALLENGE_KIND_CHEEK_PRESS: ChallengeKind
CHALLENGE_KIND_LEAN_IN: ChallengeKind
CHALLENGE_KIND_FLASH: ChallengeKind
CHALLENGE_KIND_PHRASE: ChallengeKind
CHALLENGE_KIND_TURN_BOTH: ChallengeKind
CHALLENGE_SIDE_UNSPECIFIED: ChallengeSide
CHALLENGE_SIDE_LEFT: ChallengeSide
CHALLENGE_SIDE_RIGHT: ChallengeSide
SCREEN_COLOUR_UNSPECIFIED: ScreenColour
SCREEN_COLOUR_AMBER: ScreenColour
SCREEN_COLOUR_GREEN: ScreenColour
SCREEN_COLOUR_BLUE: ScreenColour
SCREEN_COLOUR_MAGENTA: ScreenColour
STANDING_UNSPECIFIED: Standing
STANDING_CONSISTENT_WITH_LIVE: Standing
STANDING_INCONCLUSIVE: Standing
STANDING_STANDS_OUT: Standing

class Span(_message.Message):
    __slots__ = ("start_us", "end_us")
    START_US_FIELD_NUMBER: _ClassVar[int]
    END_US_FIELD_NUMBER: _ClassVar[int]
    start_us: int
    end_us: int
    def __init__(self, start_us: _Optional[int] = ..., end_us: _Optional[int] = ...) -> None: ...

class Evidence(_message.Message):
    __slots__ = ("name", "value", "reference")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: float
    reference: float
    def __init__(self, name: _Optional[str] = ..., value: _Optional[float] = ..., reference: _Optional[float] = ...) -> None: ...

class Scored(_message.Message):
    __slots__ = ("llr", "quality", "evidence")
    LLR_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    llr: float
    quality: float
    evidence: _containers.RepeatedCompositeFieldContainer[Evidence]
    def __init__(self, llr: _Optional[float] = ..., quality: _Optional[float] = ..., evidence: _Optional[_Iterable[_Union[Evidence, _Mapping]]] = ...) -> None: ...

class Abstained(_message.Message):
    __slots__ = ("reason", "detail", "evidence")
    REASON_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    reason: AbstainReason
    detail: str
    evidence: _containers.RepeatedCompositeFieldContainer[Evidence]
    def __init__(self, reason: _Optional[_Union[AbstainReason, str]] = ..., detail: _Optional[str] = ..., evidence: _Optional[_Iterable[_Union[Evidence, _Mapping]]] = ...) -> None: ...

class Finding(_message.Message):
    __slots__ = ("signal", "model_id", "model_sha256", "span", "scored", "abstained", "contribution", "comparison", "prediction_set")
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_SHA256_FIELD_NUMBER: _ClassVar[int]
    SPAN_FIELD_NUMBER: _ClassVar[int]
    SCORED_FIELD_NUMBER: _ClassVar[int]
    ABSTAINED_FIELD_NUMBER: _ClassVar[int]
    CONTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    COMPARISON_FIELD_NUMBER: _ClassVar[int]
    PREDICTION_SET_FIELD_NUMBER: _ClassVar[int]
    signal: str
    model_id: str
    model_sha256: str
    span: Span
    scored: Scored
    abstained: Abstained
    contribution: float
    comparison: Comparison
    prediction_set: PredictionSet
    def __init__(self, signal: _Optional[str] = ..., model_id: _Optional[str] = ..., model_sha256: _Optional[str] = ..., span: _Optional[_Union[Span, _Mapping]] = ..., scored: _Optional[_Union[Scored, _Mapping]] = ..., abstained: _Optional[_Union[Abstained, _Mapping]] = ..., contribution: _Optional[float] = ..., comparison: _Optional[_Union[Comparison, _Mapping]] = ..., prediction_set: _Optional[_Union[PredictionSet, str]] = ...) -> None: ...

class Comparison(_message.Message):
    __slots__ = ("kind", "name", "obstacle")
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    OBSTACLE_FIELD_NUMBER: _ClassVar[int]
    kind: ReferenceKind
    name: str
    obstacle: str
    def __init__(self, kind: _Optional[_Union[ReferenceKind, str]] = ..., name: _Optional[str] = ..., obstacle: _Optional[str] = ...) -> None: ...

class Quality(_message.Message):
    __slots__ = ("face_presence", "face_height_px", "sharpness", "luma", "fps", "freeze_share", "speech_share", "faces_max")
    FACE_PRESENCE_FIELD_NUMBER: _ClassVar[int]
    FACE_HEIGHT_PX_FIELD_NUMBER: _ClassVar[int]
    SHARPNESS_FIELD_NUMBER: _ClassVar[int]
    LUMA_FIELD_NUMBER: _ClassVar[int]
    FPS_FIELD_NUMBER: _ClassVar[int]
    FREEZE_SHARE_FIELD_NUMBER: _ClassVar[int]
    SPEECH_SHARE_FIELD_NUMBER: _ClassVar[int]
    FACES_MAX_FIELD_NUMBER: _ClassVar[int]
    face_presence: float
    face_height_px: float
    sharpness: float
    luma: float
    fps: float
    freeze_share: float
    speech_share: float
    faces_max: int
    def __init__(self, face_presence: _Optional[float] = ..., face_height_px: _Optional[float] = ..., sharpness: _Optional[float] = ..., luma: _Optional[float] = ..., fps: _Optional[float] = ..., freeze_share: _Optional[float] = ..., speech_share: _Optional[float] = ..., faces_max: _Optional[int] = ...) -> None: ...

class Coverage(_message.Message):
    __slots__ = ("video", "audio", "frames_seen", "frames_dropped", "scored")
    VIDEO_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    FRAMES_SEEN_FIELD_NUMBER: _ClassVar[int]
    FRAMES_DROPPED_FIELD_NUMBER: _ClassVar[int]
    SCORED_FIELD_NUMBER: _ClassVar[int]
    video: float
    audio: float
    frames_seen: int
    frames_dropped: int
    scored: float
    def __init__(self, video: _Optional[float] = ..., audio: _Optional[float] = ..., frames_seen: _Optional[int] = ..., frames_dropped: _Optional[int] = ..., scored: _Optional[float] = ...) -> None: ...

class Score(_message.Message):
    __slots__ = ("authenticity", "evidence_logit", "prior")
    AUTHENTICITY_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_LOGIT_FIELD_NUMBER: _ClassVar[int]
    PRIOR_FIELD_NUMBER: _ClassVar[int]
    authenticity: float
    evidence_logit: float
    prior: float
    def __init__(self, authenticity: _Optional[float] = ..., evidence_logit: _Optional[float] = ..., prior: _Optional[float] = ...) -> None: ...

class NoScore(_message.Message):
    __slots__ = ("reason", "detail")
    REASON_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    reason: AbstainReason
    detail: str
    def __init__(self, reason: _Optional[_Union[AbstainReason, str]] = ..., detail: _Optional[str] = ...) -> None: ...

class SegmentResult(_message.Message):
    __slots__ = ("participant_id", "index", "span", "revision", "final", "score", "no_score", "findings", "quality", "coverage", "times")
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    SPAN_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    FINAL_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    NO_SCORE_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    COVERAGE_FIELD_NUMBER: _ClassVar[int]
    TIMES_FIELD_NUMBER: _ClassVar[int]
    participant_id: str
    index: int
    span: Span
    revision: int
    final: bool
    score: Score
    no_score: NoScore
    findings: _containers.RepeatedCompositeFieldContainer[Finding]
    quality: Quality
    coverage: Coverage
    times: StageTimes
    def __init__(self, participant_id: _Optional[str] = ..., index: _Optional[int] = ..., span: _Optional[_Union[Span, _Mapping]] = ..., revision: _Optional[int] = ..., final: bool = ..., score: _Optional[_Union[Score, _Mapping]] = ..., no_score: _Optional[_Union[NoScore, _Mapping]] = ..., findings: _Optional[_Iterable[_Union[Finding, _Mapping]]] = ..., quality: _Optional[_Union[Quality, _Mapping]] = ..., coverage: _Optional[_Union[Coverage, _Mapping]] = ..., times: _Optional[_Union[StageTimes, _Mapping]] = ...) -> None: ...

class StageTimes(_message.Message):
    __slots__ = ("decode_ms", "track_ms", "analyze_ms", "queue_ms")
    DECODE_MS_FIELD_NUMBER: _ClassVar[int]
    TRACK_MS_FIELD_NUMBER: _ClassVar[int]
    ANALYZE_MS_FIELD_NUMBER: _ClassVar[int]
    QUEUE_MS_FIELD_NUMBER: _ClassVar[int]
    decode_ms: float
    track_ms: float
    analyze_ms: float
    queue_ms: float
    def __init__(self, decode_ms: _Optional[float] = ..., track_ms: _Optional[float] = ..., analyze_ms: _Optional[float] = ..., queue_ms: _Optional[float] = ...) -> None: ...

class QuestionGap(_message.Message):
    __slots__ = ("index", "question_end_us", "answer_onset_us", "gap_ms", "content_onset_us")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    QUESTION_END_US_FIELD_NUMBER: _ClassVar[int]
    ANSWER_ONSET_US_FIELD_NUMBER: _ClassVar[int]
    GAP_MS_FIELD_NUMBER: _ClassVar[int]
    CONTENT_ONSET_US_FIELD_NUMBER: _ClassVar[int]
    index: int
    question_end_us: int
    answer_onset_us: int
    gap_ms: float
    content_onset_us: int
    def __init__(self, index: _Optional[int] = ..., question_end_us: _Optional[int] = ..., answer_onset_us: _Optional[int] = ..., gap_ms: _Optional[float] = ..., content_onset_us: _Optional[int] = ...) -> None: ...

class ChallengeParameters(_message.Message):
    __slots__ = ("count", "hand", "direction", "hold_ms", "delay_ms", "colours", "colour_ms", "words")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    HAND_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    HOLD_MS_FIELD_NUMBER: _ClassVar[int]
    DELAY_MS_FIELD_NUMBER: _ClassVar[int]
    COLOURS_FIELD_NUMBER: _ClassVar[int]
    COLOUR_MS_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    count: int
    hand: ChallengeSide
    direction: ChallengeSide
    hold_ms: int
    delay_ms: int
    colours: _containers.RepeatedScalarFieldContainer[ScreenColour]
    colour_ms: int
    words: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, count: _Optional[int] = ..., hand: _Optional[_Union[ChallengeSide, str]] = ..., direction: _Optional[_Union[ChallengeSide, str]] = ..., hold_ms: _Optional[int] = ..., delay_ms: _Optional[int] = ..., colours: _Optional[_Iterable[_Union[ScreenColour, str]]] = ..., colour_ms: _Optional[int] = ..., words: _Optional[_Iterable[str]] = ...) -> None: ...

class ChallengeRecord(_message.Message):
    __slots__ = ("version", "session_id", "challenge_id", "participant_id", "kind", "parameters", "issued_us", "nonce", "previous_mac", "shown_us", "deadline_us", "attempt", "outcome", "key_id", "mac")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    CHALLENGE_ID_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    ISSUED_US_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_MAC_FIELD_NUMBER: _ClassVar[int]
    SHOWN_US_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_US_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    MAC_FIELD_NUMBER: _ClassVar[int]
    version: int
    session_id: str
    challenge_id: str
    participant_id: str
    kind: ChallengeKind
    parameters: ChallengeParameters
    issued_us: int
    nonce: bytes
    previous_mac: bytes
    shown_us: int
    deadline_us: int
    attempt: int
    outcome: str
    key_id: str
    mac: bytes
    def __init__(self, version: _Optional[int] = ..., session_id: _Optional[str] = ..., challenge_id: _Optional[str] = ..., participant_id: _Optional[str] = ..., kind: _Optional[_Union[ChallengeKind, str]] = ..., parameters: _Optional[_Union[ChallengeParameters, _Mapping]] = ..., issued_us: _Optional[int] = ..., nonce: _Optional[bytes] = ..., previous_mac: _Optional[bytes] = ..., shown_us: _Optional[int] = ..., deadline_us: _Optional[int] = ..., attempt: _Optional[int] = ..., outcome: _Optional[str] = ..., key_id: _Optional[str] = ..., mac: _Optional[bytes] = ...) -> None: ...

class ChallengeResult(_message.Message):
    __slots__ = ("challenge_id", "kind", "count", "signal", "prompt_end_us", "deadline_us", "performed", "not_performed", "not_measurable", "not_carried_out", "onset_us", "reaction_ms", "passes", "evidence", "llr", "trace", "attempt", "record", "early_reaction", "prompt_uncertainty_ms")
    CHALLENGE_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    PROMPT_END_US_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_US_FIELD_NUMBER: _ClassVar[int]
    PERFORMED_FIELD_NUMBER: _ClassVar[int]
    NOT_PERFORMED_FIELD_NUMBER: _ClassVar[int]
    NOT_MEASURABLE_FIELD_NUMBER: _ClassVar[int]
    NOT_CARRIED_OUT_FIELD_NUMBER: _ClassVar[int]
    ONSET_US_FIELD_NUMBER: _ClassVar[int]
    REACTION_MS_FIELD_NUMBER: _ClassVar[int]
    PASSES_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    LLR_FIELD_NUMBER: _ClassVar[int]
    TRACE_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    EARLY_REACTION_FIELD_NUMBER: _ClassVar[int]
    PROMPT_UNCERTAINTY_MS_FIELD_NUMBER: _ClassVar[int]
    challenge_id: str
    kind: ChallengeKind
    count: int
    signal: str
    prompt_end_us: int
    deadline_us: int
    performed: ChallengePerformed
    not_performed: ChallengeNotPerformed
    not_measurable: NoScore
    not_carried_out: ChallengeNotCarriedOut
    onset_us: int
    reaction_ms: float
    passes: int
    evidence: _containers.RepeatedCompositeFieldContainer[Evidence]
    llr: float
    trace: _containers.RepeatedCompositeFieldContainer[TracePoint]
    attempt: int
    record: ChallengeRecord
    early_reaction: str
    prompt_uncertainty_ms: int
    def __init__(self, challenge_id: _Optional[str] = ..., kind: _Optional[_Union[ChallengeKind, str]] = ..., count: _Optional[int] = ..., signal: _Optional[str] = ..., prompt_end_us: _Optional[int] = ..., deadline_us: _Optional[int] = ..., performed: _Optional[_Union[ChallengePerformed, _Mapping]] = ..., not_performed: _Optional[_Union[ChallengeNotPerformed, _Mapping]] = ..., not_measurable: _Optional[_Union[NoScore, _Mapping]] = ..., not_carried_out: _Optional[_Union[ChallengeNotCarriedOut, _Mapping]] = ..., onset_us: _Optional[int] = ..., reaction_ms: _Optional[float] = ..., passes: _Optional[int] = ..., evidence: _Optional[_Iterable[_Union[Evidence, _Mapping]]] = ..., llr: _Optional[float] = ..., trace: _Optional[_Iterable[_Union[TracePoint, _Mapping]]] = ..., attempt: _Optional[int] = ..., record: _Optional[_Union[ChallengeRecord, _Mapping]] = ..., early_reaction: _Optional[str] = ..., prompt_uncertainty_ms: _Optional[int] = ...) -> None: ...

class ChallengeNotCarriedOut(_message.Message):
    __slots__ = ("detail",)
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    detail: str
    def __init__(self, detail: _Optional[str] = ...) -> None: ...

class ChallengePerformed(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ChallengeNotPerformed(_message.Message):
    __slots__ = ("detail",)
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    detail: str
    def __init__(self, detail: _Optional[str] = ...) -> None: ...

class TracePoint(_message.Message):
    __slots__ = ("time_us", "value")
    TIME_US_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    time_us: int
    value: float
    def __init__(self, time_us: _Optional[int] = ..., value: _Optional[float] = ...) -> None: ...

class SignalSummary(_message.Message):
    __slots__ = ("signal", "coverage", "contribution", "abstained", "model_id", "model_sha256", "told_apart")
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    COVERAGE_FIELD_NUMBER: _ClassVar[int]
    CONTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    ABSTAINED_FIELD_NUMBER: _ClassVar[int]
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_SHA256_FIELD_NUMBER: _ClassVar[int]
    TOLD_APART_FIELD_NUMBER: _ClassVar[int]
    signal: str
    coverage: float
    contribution: float
    abstained: _containers.RepeatedCompositeFieldContainer[AbstainCount]
    model_id: str
    model_sha256: str
    told_apart: float
    def __init__(self, signal: _Optional[str] = ..., coverage: _Optional[float] = ..., contribution: _Optional[float] = ..., abstained: _Optional[_Iterable[_Union[AbstainCount, _Mapping]]] = ..., model_id: _Optional[str] = ..., model_sha256: _Optional[str] = ..., told_apart: _Optional[float] = ...) -> None: ...

class AbstainCount(_message.Message):
    __slots__ = ("reason", "segments", "detail")
    REASON_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    reason: AbstainReason
    segments: int
    detail: str
    def __init__(self, reason: _Optional[_Union[AbstainReason, str]] = ..., segments: _Optional[int] = ..., detail: _Optional[str] = ...) -> None: ...

class ParticipantSummary(_message.Message):
    __slots__ = ("participant_id", "score", "no_score", "signals", "gaps", "coverage", "reference", "verdict", "change", "challenges")
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    NO_SCORE_FIELD_NUMBER: _ClassVar[int]
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    GAPS_FIELD_NUMBER: _ClassVar[int]
    COVERAGE_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    CHALLENGES_FIELD_NUMBER: _ClassVar[int]
    participant_id: str
    score: Score
    no_score: NoScore
    signals: _containers.RepeatedCompositeFieldContainer[SignalSummary]
    gaps: _containers.RepeatedCompositeFieldContainer[QuestionGap]
    coverage: Coverage
    reference: ReferenceSummary
    verdict: Verdict
    change: Change
    challenges: _containers.RepeatedCompositeFieldContainer[ChallengeResult]
    def __init__(self, participant_id: _Optional[str] = ..., score: _Optional[_Union[Score, _Mapping]] = ..., no_score: _Optional[_Union[NoScore, _Mapping]] = ..., signals: _Optional[_Iterable[_Union[SignalSummary, _Mapping]]] = ..., gaps: _Optional[_Iterable[_Union[QuestionGap, _Mapping]]] = ..., coverage: _Optional[_Union[Coverage, _Mapping]] = ..., reference: _Optional[_Union[ReferenceSummary, _Mapping]] = ..., verdict: _Optional[_Union[Verdict, _Mapping]] = ..., change: _Optional[_Union[Change, _Mapping]] = ..., challenges: _Optional[_Iterable[_Union[ChallengeResult, _Mapping]]] = ...) -> None: ...

class Verdict(_message.Message):
    __slots__ = ("standing", "lower", "upper", "since_us", "detail")
    STANDING_FIELD_NUMBER: _ClassVar[int]
    LOWER_FIELD_NUMBER: _ClassVar[int]
    UPPER_FIELD_NUMBER: _ClassVar[int]
    SINCE_US_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    standing: Standing
    lower: float
    upper: float
    since_us: int
    detail: str
    def __init__(self, standing: _Optional[_Union[Standing, str]] = ..., lower: _Optional[float] = ..., upper: _Optional[float] = ..., since_us: _Optional[int] = ..., detail: _Optional[str] = ...) -> None: ...

class Change(_message.Message):
    __slots__ = ("statistic", "threshold", "since_us", "noticed_us")
    STATISTIC_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    SINCE_US_FIELD_NUMBER: _ClassVar[int]
    NOTICED_US_FIELD_NUMBER: _ClassVar[int]
    statistic: float
    threshold: float
    since_us: int
    noticed_us: int
    def __init__(self, statistic: _Optional[float] = ..., threshold: _Optional[float] = ..., since_us: _Optional[int] = ..., noticed_us: _Optional[int] = ...) -> None: ...

class ReferenceSummary(_message.Message):
    __slots__ = ("kind", "name", "pictures", "face_height_px", "compared_segments", "not_comparable_segments", "obstacle")
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PICTURES_FIELD_NUMBER: _ClassVar[int]
    FACE_HEIGHT_PX_FIELD_NUMBER: _ClassVar[int]
    COMPARED_SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    NOT_COMPARABLE_SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    OBSTACLE_FIELD_NUMBER: _ClassVar[int]
    kind: ReferenceKind
    name: str
    pictures: int
    face_height_px: float
    compared_segments: int
    not_comparable_segments: int
    obstacle: str
    def __init__(self, kind: _Optional[_Union[ReferenceKind, str]] = ..., name: _Optional[str] = ..., pictures: _Optional[int] = ..., face_height_px: _Optional[float] = ..., compared_segments: _Optional[int] = ..., not_comparable_segments: _Optional[int] = ..., obstacle: _Optional[str] = ...) -> None: ...

class SessionSummary(_message.Message):
    __slots__ = ("duration_us", "participants", "partial", "end_reason", "cautions", "consent_id", "record", "evidence")
    DURATION_US_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANTS_FIELD_NUMBER: _ClassVar[int]
    PARTIAL_FIELD_NUMBER: _ClassVar[int]
    END_REASON_FIELD_NUMBER: _ClassVar[int]
    CAUTIONS_FIELD_NUMBER: _ClassVar[int]
    CONSENT_ID_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    duration_us: int
    participants: _containers.RepeatedCompositeFieldContainer[ParticipantSummary]
    partial: bool
    end_reason: str
    cautions: _containers.RepeatedScalarFieldContainer[str]
    consent_id: str
    record: SessionRecord
    evidence: EvidenceLog
    def __init__(self, duration_us: _Optional[int] = ..., participants: _Optional[_Iterable[_Union[ParticipantSummary, _Mapping]]] = ..., partial: bool = ..., end_reason: _Optional[str] = ..., cautions: _Optional[_Iterable[str]] = ..., consent_id: _Optional[str] = ..., record: _Optional[_Union[SessionRecord, _Mapping]] = ..., evidence: _Optional[_Union[EvidenceLog, _Mapping]] = ...) -> None: ...

class EvidenceLog(_message.Message):
    __slots__ = ("log_id", "key_id", "head_entry", "head_sha256", "lost_entries", "incomplete")
    LOG_ID_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    HEAD_ENTRY_FIELD_NUMBER: _ClassVar[int]
    HEAD_SHA256_FIELD_NUMBER: _ClassVar[int]
    LOST_ENTRIES_FIELD_NUMBER: _ClassVar[int]
    INCOMPLETE_FIELD_NUMBER: _ClassVar[int]
    log_id: str
    key_id: str
    head_entry: int
    head_sha256: bytes
    lost_entries: int
    incomplete: bool
    def __init__(self, log_id: _Optional[str] = ..., key_id: _Optional[str] = ..., head_entry: _Optional[int] = ..., head_sha256: _Optional[bytes] = ..., lost_entries: _Optional[int] = ..., incomplete: bool = ...) -> None: ...

class SessionRecord(_message.Message):
    __slots__ = ("highest_load_step", "pictures_left_out", "chunks_dropped", "resumed")
    HIGHEST_LOAD_STEP_FIELD_NUMBER: _ClassVar[int]
    PICTURES_LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    CHUNKS_DROPPED_FIELD_NUMBER: _ClassVar[int]
    RESUMED_FIELD_NUMBER: _ClassVar[int]
    highest_load_step: int
    pictures_left_out: int
    chunks_dropped: int
    resumed: int
    def __init__(self, highest_load_step: _Optional[int] = ..., pictures_left_out: _Optional[int] = ..., chunks_dropped: _Optional[int] = ..., resumed: _Optional[int] = ...) -> None: ...
