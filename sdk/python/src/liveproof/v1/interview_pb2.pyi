from liveproof.v1 import challenge_pb2 as _challenge_pb2
from liveproof.v1 import info_pb2 as _info_pb2
from liveproof.v1 import media_pb2 as _media_pb2
from liveproof.v1 import result_pb2 as _result_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SignalConfidence(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SIGNAL_CONFIDENCE_UNSPECIFIED: _ClassVar[SignalConfidence]
    SIGNAL_CONFIDENCE_NONE: _ClassVar[SignalConfidence]
    SIGNAL_CONFIDENCE_LIMITED: _ClassVar[SignalConfidence]
    SIGNAL_CONFIDENCE_FULL: _ClassVar[SignalConfidence]

class NoticeKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NOTICE_KIND_UNSPECIFIED: _ClassVar[NoticeKind]
    NOTICE_KIND_MEDIA_REFUSED: _ClassVar[NoticeKind]
    NOTICE_KIND_MEDIA_DROPPED: _ClassVar[NoticeKind]
    NOTICE_KIND_MEDIA_LOST: _ClassVar[NoticeKind]
    NOTICE_KIND_NO_FACE: _ClassVar[NoticeKind]
    NOTICE_KIND_FRAME_RATE: _ClassVar[NoticeKind]
    NOTICE_KIND_CLOCK_JUMP: _ClassVar[NoticeKind]
    NOTICE_KIND_DRAINING: _ClassVar[NoticeKind]
    NOTICE_KIND_DECODE_FAILED: _ClassVar[NoticeKind]
    NOTICE_KIND_REFERENCE: _ClassVar[NoticeKind]
    NOTICE_KIND_CHALLENGE: _ClassVar[NoticeKind]
    NOTICE_KIND_KEYFRAME_NEEDED: _ClassVar[NoticeKind]
    NOTICE_KIND_MEDIA_LATE: _ClassVar[NoticeKind]
    NOTICE_KIND_LOAD_SHED: _ClassVar[NoticeKind]
    NOTICE_KIND_EVIDENCE: _ClassVar[NoticeKind]
SIGNAL_CONFIDENCE_UNSPECIFIED: SignalConfidence
SIGNAL_CONFIDENCE_NONE: SignalConfidence
SIGNAL_CONFIDENCE_LIMITED: SignalConfidence
SIGNAL_CONFIDENCE_FULL: SignalConfidence
NOTICE_KIND_UNSPECIFIED: NoticeKind
NOTICE_KIND_MEDIA_REFUSED: NoticeKind
NOTICE_KIND_MEDIA_DROPPED: NoticeKind
NOTICE_KIND_MEDIA_LOST: NoticeKind
NOTICE_KIND_NO_FACE: NoticeKind
NOTICE_KIND_FRAME_RATE: NoticeKind
NOTICE_KIND_CLOCK_JUMP: NoticeKind
NOTICE_KIND_DRAINING: NoticeKind
NOTICE_KIND_DECODE_FAILED: NoticeKind
NOTICE_KIND_REFERENCE: NoticeKind
NOTICE_KIND_CHALLENGE: NoticeKind
NOTICE_KIND_KEYFRAME_NEEDED: NoticeKind
NOTICE_KIND_MEDIA_LATE: NoticeKind
NOTICE_KIND_LOAD_SHED: NoticeKind
NOTICE_KIND_EVIDENCE: NoticeKind

class InterviewRequest(_message.Message):
    __slots__ = ("open", "media", "event", "close", "issue_challenge", "challenge_shown", "challenge_declined")
    OPEN_FIELD_NUMBER: _ClassVar[int]
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    CLOSE_FIELD_NUMBER: _ClassVar[int]
    ISSUE_CHALLENGE_FIELD_NUMBER: _ClassVar[int]
    CHALLENGE_SHOWN_FIELD_NUMBER: _ClassVar[int]
    CHALLENGE_DECLINED_FIELD_NUMBER: _ClassVar[int]
    open: Open
    media: _media_pb2.MediaChunk
    event: ControlEvent
    close: Close
    issue_challenge: _challenge_pb2.IssueChallenge
    challenge_shown: _challenge_pb2.ChallengeShown
    challenge_declined: _challenge_pb2.ChallengeDeclined
    def __init__(self, open: _Optional[_Union[Open, _Mapping]] = ..., media: _Optional[_Union[_media_pb2.MediaChunk, _Mapping]] = ..., event: _Optional[_Union[ControlEvent, _Mapping]] = ..., close: _Optional[_Union[Close, _Mapping]] = ..., issue_challenge: _Optional[_Union[_challenge_pb2.IssueChallenge, _Mapping]] = ..., challenge_shown: _Optional[_Union[_challenge_pb2.ChallengeShown, _Mapping]] = ..., challenge_declined: _Optional[_Union[_challenge_pb2.ChallengeDeclined, _Mapping]] = ...) -> None: ...

class Open(_message.Message):
    __slots__ = ("session_id", "participants", "tracks", "consent_id", "source_platform", "resume_token", "last_sequence", "challenge_policy")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANTS_FIELD_NUMBER: _ClassVar[int]
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    CONSENT_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_PLATFORM_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    CHALLENGE_POLICY_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    participants: _containers.RepeatedCompositeFieldContainer[_media_pb2.Participant]
    tracks: _containers.RepeatedCompositeFieldContainer[_media_pb2.Track]
    consent_id: str
    source_platform: str
    resume_token: bytes
    last_sequence: int
    challenge_policy: _challenge_pb2.ChallengePolicy
    def __init__(self, session_id: _Optional[str] = ..., participants: _Optional[_Iterable[_Union[_media_pb2.Participant, _Mapping]]] = ..., tracks: _Optional[_Iterable[_Union[_media_pb2.Track, _Mapping]]] = ..., consent_id: _Optional[str] = ..., source_platform: _Optional[str] = ..., resume_token: _Optional[bytes] = ..., last_sequence: _Optional[int] = ..., challenge_policy: _Optional[_Union[_challenge_pb2.ChallengePolicy, _Mapping]] = ...) -> None: ...

class Close(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class ControlEvent(_message.Message):
    __slots__ = ("event_id", "time_us", "question_start", "question_end", "mute", "camera", "active_speaker", "discontinuity", "clock_mapping", "challenge_window", "answer_start", "warm_up", "reference_span", "track_participant")
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    TIME_US_FIELD_NUMBER: _ClassVar[int]
    QUESTION_START_FIELD_NUMBER: _ClassVar[int]
    QUESTION_END_FIELD_NUMBER: _ClassVar[int]
    MUTE_FIELD_NUMBER: _ClassVar[int]
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_SPEAKER_FIELD_NUMBER: _ClassVar[int]
    DISCONTINUITY_FIELD_NUMBER: _ClassVar[int]
    CLOCK_MAPPING_FIELD_NUMBER: _ClassVar[int]
    CHALLENGE_WINDOW_FIELD_NUMBER: _ClassVar[int]
    ANSWER_START_FIELD_NUMBER: _ClassVar[int]
    WARM_UP_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_SPAN_FIELD_NUMBER: _ClassVar[int]
    TRACK_PARTICIPANT_FIELD_NUMBER: _ClassVar[int]
    event_id: int
    time_us: int
    question_start: QuestionStart
    question_end: QuestionEnd
    mute: Mute
    camera: Camera
    active_speaker: ActiveSpeaker
    discontinuity: Discontinuity
    clock_mapping: ClockMapping
    challenge_window: ChallengeWindow
    answer_start: AnswerStart
    warm_up: WarmUp
    reference_span: ReferenceSpan
    track_participant: TrackParticipant
    def __init__(self, event_id: _Optional[int] = ..., time_us: _Optional[int] = ..., question_start: _Optional[_Union[QuestionStart, _Mapping]] = ..., question_end: _Optional[_Union[QuestionEnd, _Mapping]] = ..., mute: _Optional[_Union[Mute, _Mapping]] = ..., camera: _Optional[_Union[Camera, _Mapping]] = ..., active_speaker: _Optional[_Union[ActiveSpeaker, _Mapping]] = ..., discontinuity: _Optional[_Union[Discontinuity, _Mapping]] = ..., clock_mapping: _Optional[_Union[ClockMapping, _Mapping]] = ..., challenge_window: _Optional[_Union[ChallengeWindow, _Mapping]] = ..., answer_start: _Optional[_Union[AnswerStart, _Mapping]] = ..., warm_up: _Optional[_Union[WarmUp, _Mapping]] = ..., reference_span: _Optional[_Union[ReferenceSpan, _Mapping]] = ..., track_participant: _Optional[_Union[TrackParticipant, _Mapping]] = ...) -> None: ...

class QuestionStart(_message.Message):
    __slots__ = ("question_id", "text_sha256")
    QUESTION_ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_SHA256_FIELD_NUMBER: _ClassVar[int]
    question_id: str
    text_sha256: bytes
    def __init__(self, question_id: _Optional[str] = ..., text_sha256: _Optional[bytes] = ...) -> None: ...

class QuestionEnd(_message.Message):
    __slots__ = ("question_id",)
    QUESTION_ID_FIELD_NUMBER: _ClassVar[int]
    question_id: str
    def __init__(self, question_id: _Optional[str] = ...) -> None: ...

class AnswerStart(_message.Message):
    __slots__ = ("question_id",)
    QUESTION_ID_FIELD_NUMBER: _ClassVar[int]
    question_id: str
    def __init__(self, question_id: _Optional[str] = ...) -> None: ...

class Mute(_message.Message):
    __slots__ = ("participant_id", "muted")
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    MUTED_FIELD_NUMBER: _ClassVar[int]
    participant_id: str
    muted: bool
    def __init__(self, participant_id: _Optional[str] = ..., muted: bool = ...) -> None: ...

class Camera(_message.Message):
    __slots__ = ("participant_id", "on")
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    ON_FIELD_NUMBER: _ClassVar[int]
    participant_id: str
    on: bool
    def __init__(self, participant_id: _Optional[str] = ..., on: bool = ...) -> None: ...

class ActiveSpeaker(_message.Message):
    __slots__ = ("participant_id",)
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    participant_id: str
    def __init__(self, participant_id: _Optional[str] = ...) -> None: ...

class Discontinuity(_message.Message):
    __slots__ = ("track_id", "reason")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    reason: str
    def __init__(self, track_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ClockMapping(_message.Message):
    __slots__ = ("track_id", "offset_us", "source", "uncertainty_us")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    OFFSET_US_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    UNCERTAINTY_US_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    offset_us: int
    source: _media_pb2.ClockMappingSource
    uncertainty_us: int
    def __init__(self, track_id: _Optional[str] = ..., offset_us: _Optional[int] = ..., source: _Optional[_Union[_media_pb2.ClockMappingSource, str]] = ..., uncertainty_us: _Optional[int] = ...) -> None: ...

class ChallengeWindow(_message.Message):
    __slots__ = ("challenge_id", "kind", "deadline_us", "count", "parameters", "participant_id")
    CHALLENGE_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_US_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    challenge_id: str
    kind: _result_pb2.ChallengeKind
    deadline_us: int
    count: int
    parameters: _result_pb2.ChallengeParameters
    participant_id: str
    def __init__(self, challenge_id: _Optional[str] = ..., kind: _Optional[_Union[_result_pb2.ChallengeKind, str]] = ..., deadline_us: _Optional[int] = ..., count: _Optional[int] = ..., parameters: _Optional[_Union[_result_pb2.ChallengeParameters, _Mapping]] = ..., participant_id: _Optional[str] = ...) -> None: ...

class WarmUp(_message.Message):
    __slots__ = ("end_us",)
    END_US_FIELD_NUMBER: _ClassVar[int]
    end_us: int
    def __init__(self, end_us: _Optional[int] = ...) -> None: ...

class ReferenceSpan(_message.Message):
    __slots__ = ("end_us",)
    END_US_FIELD_NUMBER: _ClassVar[int]
    end_us: int
    def __init__(self, end_us: _Optional[int] = ...) -> None: ...

class TrackParticipant(_message.Message):
    __slots__ = ("track_id", "participant_id")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    participant_id: str
    def __init__(self, track_id: _Optional[str] = ..., participant_id: _Optional[str] = ...) -> None: ...

class InterviewResponse(_message.Message):
    __slots__ = ("sequence", "hello", "segment", "notice", "credit", "ack", "summary", "capabilities", "challenge")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    HELLO_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_FIELD_NUMBER: _ClassVar[int]
    NOTICE_FIELD_NUMBER: _ClassVar[int]
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    ACK_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    CHALLENGE_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    hello: Hello
    segment: _result_pb2.SegmentResult
    notice: QualityNotice
    credit: FlowCredit
    ack: EventAck
    summary: _result_pb2.SessionSummary
    capabilities: CapabilityUpdate
    challenge: _challenge_pb2.ChallengeUpdate
    def __init__(self, sequence: _Optional[int] = ..., hello: _Optional[_Union[Hello, _Mapping]] = ..., segment: _Optional[_Union[_result_pb2.SegmentResult, _Mapping]] = ..., notice: _Optional[_Union[QualityNotice, _Mapping]] = ..., credit: _Optional[_Union[FlowCredit, _Mapping]] = ..., ack: _Optional[_Union[EventAck, _Mapping]] = ..., summary: _Optional[_Union[_result_pb2.SessionSummary, _Mapping]] = ..., capabilities: _Optional[_Union[CapabilityUpdate, _Mapping]] = ..., challenge: _Optional[_Union[_challenge_pb2.ChallengeUpdate, _Mapping]] = ...) -> None: ...

class Hello(_message.Message):
    __slots__ = ("session_id", "limits", "models", "signals", "segment_us", "segment_hop_us", "prior", "resume_token", "segment_coverage_floor", "session_coverage_floor", "false_alarm_rate", "miss_rate", "change_threshold", "resume_grace_ms", "resumed", "challenges", "challenge_policy", "challenge_locales", "record_key_id", "record_key_drawn")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_US_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_HOP_US_FIELD_NUMBER: _ClassVar[int]
    PRIOR_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_COVERAGE_FLOOR_FIELD_NUMBER: _ClassVar[int]
    SESSION_COVERAGE_FLOOR_FIELD_NUMBER: _ClassVar[int]
    FALSE_ALARM_RATE_FIELD_NUMBER: _ClassVar[int]
    MISS_RATE_FIELD_NUMBER: _ClassVar[int]
    CHANGE_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    RESUME_GRACE_MS_FIELD_NUMBER: _ClassVar[int]
    RESUMED_FIELD_NUMBER: _ClassVar[int]
    CHALLENGES_FIELD_NUMBER: _ClassVar[int]
    CHALLENGE_POLICY_FIELD_NUMBER: _ClassVar[int]
    CHALLENGE_LOCALES_FIELD_NUMBER: _ClassVar[int]
    RECORD_KEY_ID_FIELD_NUMBER: _ClassVar[int]
    RECORD_KEY_DRAWN_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    limits: _info_pb2.Limits
    models: _containers.RepeatedCompositeFieldContainer[_info_pb2.Model]
    signals: _containers.RepeatedCompositeFieldContainer[SignalCapability]
    segment_us: int
    segment_hop_us: int
    prior: float
    resume_token: bytes
    segment_coverage_floor: float
    session_coverage_floor: float
    false_alarm_rate: float
    miss_rate: float
    change_threshold: float
    resume_grace_ms: int
    resumed: Resumed
    challenges: _containers.RepeatedCompositeFieldContainer[_challenge_pb2.ChallengeCapability]
    challenge_policy: _challenge_pb2.ChallengePolicy
    challenge_locales: _containers.RepeatedScalarFieldContainer[str]
    record_key_id: str
    record_key_drawn: bool
    def __init__(self, session_id: _Optional[str] = ..., limits: _Optional[_Union[_info_pb2.Limits, _Mapping]] = ..., models: _Optional[_Iterable[_Union[_info_pb2.Model, _Mapping]]] = ..., signals: _Optional[_Iterable[_Union[SignalCapability, _Mapping]]] = ..., segment_us: _Optional[int] = ..., segment_hop_us: _Optional[int] = ..., prior: _Optional[float] = ..., resume_token: _Optional[bytes] = ..., segment_coverage_floor: _Optional[float] = ..., session_coverage_floor: _Optional[float] = ..., false_alarm_rate: _Optional[float] = ..., miss_rate: _Optional[float] = ..., change_threshold: _Optional[float] = ..., resume_grace_ms: _Optional[int] = ..., resumed: _Optional[_Union[Resumed, _Mapping]] = ..., challenges: _Optional[_Iterable[_Union[_challenge_pb2.ChallengeCapability, _Mapping]]] = ..., challenge_policy: _Optional[_Union[_challenge_pb2.ChallengePolicy, _Mapping]] = ..., challenge_locales: _Optional[_Iterable[str]] = ..., record_key_id: _Optional[str] = ..., record_key_drawn: bool = ...) -> None: ...

class Resumed(_message.Message):
    __slots__ = ("next_sequence", "tracks", "latest_event_id", "credit_bytes", "closed", "lost_responses")
    NEXT_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    LATEST_EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    CREDIT_BYTES_FIELD_NUMBER: _ClassVar[int]
    CLOSED_FIELD_NUMBER: _ClassVar[int]
    LOST_RESPONSES_FIELD_NUMBER: _ClassVar[int]
    next_sequence: int
    tracks: _containers.RepeatedCompositeFieldContainer[TrackPosition]
    latest_event_id: int
    credit_bytes: int
    closed: bool
    lost_responses: int
    def __init__(self, next_sequence: _Optional[int] = ..., tracks: _Optional[_Iterable[_Union[TrackPosition, _Mapping]]] = ..., latest_event_id: _Optional[int] = ..., credit_bytes: _Optional[int] = ..., closed: bool = ..., lost_responses: _Optional[int] = ...) -> None: ...

class TrackPosition(_message.Message):
    __slots__ = ("track_id", "sequence")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    sequence: int
    def __init__(self, track_id: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...

class SignalCapability(_message.Message):
    __slots__ = ("participant_id", "signal", "available", "reason", "detail", "confidence", "limits")
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    participant_id: str
    signal: str
    available: bool
    reason: _result_pb2.AbstainReason
    detail: str
    confidence: SignalConfidence
    limits: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, participant_id: _Optional[str] = ..., signal: _Optional[str] = ..., available: bool = ..., reason: _Optional[_Union[_result_pb2.AbstainReason, str]] = ..., detail: _Optional[str] = ..., confidence: _Optional[_Union[SignalConfidence, str]] = ..., limits: _Optional[_Iterable[str]] = ...) -> None: ...

class CapabilityUpdate(_message.Message):
    __slots__ = ("time_us", "signals")
    TIME_US_FIELD_NUMBER: _ClassVar[int]
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    time_us: int
    signals: _containers.RepeatedCompositeFieldContainer[SignalCapability]
    def __init__(self, time_us: _Optional[int] = ..., signals: _Optional[_Iterable[_Union[SignalCapability, _Mapping]]] = ...) -> None: ...

class QualityNotice(_message.Message):
    __slots__ = ("kind", "track_id", "time_us", "detail", "count")
    KIND_FIELD_NUMBER: _ClassVar[int]
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    TIME_US_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    kind: NoticeKind
    track_id: str
    time_us: int
    detail: str
    count: int
    def __init__(self, kind: _Optional[_Union[NoticeKind, str]] = ..., track_id: _Optional[str] = ..., time_us: _Optional[int] = ..., detail: _Optional[str] = ..., count: _Optional[int] = ...) -> None: ...

class FlowCredit(_message.Message):
    __slots__ = ("bytes",)
    BYTES_FIELD_NUMBER: _ClassVar[int]
    bytes: int
    def __init__(self, bytes: _Optional[int] = ...) -> None: ...

class EventAck(_message.Message):
    __slots__ = ("event_id", "accepted", "detail")
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    event_id: int
    accepted: bool
    detail: str
    def __init__(self, event_id: _Optional[int] = ..., accepted: bool = ..., detail: _Optional[str] = ...) -> None: ...
