from liveproof.v1 import result_pb2 as _result_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ChallengeMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHALLENGE_MODE_UNSPECIFIED: _ClassVar[ChallengeMode]
    CHALLENGE_MODE_OFF: _ClassVar[ChallengeMode]
    CHALLENGE_MODE_MANUAL: _ClassVar[ChallengeMode]
    CHALLENGE_MODE_AUTOMATIC: _ClassVar[ChallengeMode]

class ChallengeNeed(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHALLENGE_NEED_UNSPECIFIED: _ClassVar[ChallengeNeed]
    CHALLENGE_NEED_HANDS: _ClassVar[ChallengeNeed]
    CHALLENGE_NEED_HEAD: _ClassVar[ChallengeNeed]
    CHALLENGE_NEED_BODY: _ClassVar[ChallengeNeed]
    CHALLENGE_NEED_VOICE: _ClassVar[ChallengeNeed]
    CHALLENGE_NEED_FLASHES: _ClassVar[ChallengeNeed]

class ChallengeStanding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHALLENGE_STANDING_UNSPECIFIED: _ClassVar[ChallengeStanding]
    CHALLENGE_STANDING_SCORED: _ClassVar[ChallengeStanding]
    CHALLENGE_STANDING_NOT_EVALUATED: _ClassVar[ChallengeStanding]
    CHALLENGE_STANDING_COMPLIANCE_ONLY: _ClassVar[ChallengeStanding]

class ChallengeDeclineReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHALLENGE_DECLINE_REASON_UNSPECIFIED: _ClassVar[ChallengeDeclineReason]
    CHALLENGE_DECLINE_REASON_PREFERS_NOT: _ClassVar[ChallengeDeclineReason]
    CHALLENGE_DECLINE_REASON_CANNOT_PERFORM: _ClassVar[ChallengeDeclineReason]
    CHALLENGE_DECLINE_REASON_CANCELLED: _ClassVar[ChallengeDeclineReason]
    CHALLENGE_DECLINE_REASON_NOT_SHOWN: _ClassVar[ChallengeDeclineReason]

class ChallengeOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHALLENGE_OUTCOME_UNSPECIFIED: _ClassVar[ChallengeOutcome]
    CHALLENGE_OUTCOME_JUDGED: _ClassVar[ChallengeOutcome]
    CHALLENGE_OUTCOME_EXPIRED: _ClassVar[ChallengeOutcome]
    CHALLENGE_OUTCOME_DECLINED: _ClassVar[ChallengeOutcome]
    CHALLENGE_OUTCOME_CANCELLED: _ClassVar[ChallengeOutcome]
    CHALLENGE_OUTCOME_INTERRUPTED: _ClassVar[ChallengeOutcome]
CHALLENGE_MODE_UNSPECIFIED: ChallengeMode
CHALLENGE_MODE_OFF: ChallengeMode
CHALLENGE_MODE_MANUAL: ChallengeMode
CHALLENGE_MODE_AUTOMATIC: ChallengeMode
CHALLENGE_NEED_UNSPECIFIED: ChallengeNeed
CHALLENGE_NEED_HANDS: ChallengeNeed
CHALLENGE_NEED_HEAD: ChallengeNeed
CHALLENGE_NEED_BODY: ChallengeNeed
CHALLENGE_NEED_VOICE: ChallengeNeed
CHALLENGE_NEED_FLASHES: ChallengeNeed
CHALLENGE_STANDING_UNSPECIFIED: ChallengeStanding
CHALLENGE_STANDING_SCORED: ChallengeStanding
CHALLENGE_STANDING_NOT_EVALUATED: ChallengeStanding
CHALLENGE_STANDING_COMPLIANCE_ONLY: ChallengeStanding
CHALLENGE_DECLINE_REASON_UNSPECIFIED: ChallengeDeclineReason
CHALLENGE_DECLINE_REASON_PREFERS_NOT: ChallengeDeclineReason
CHALLENGE_DECLINE_REASON_CANNOT_PERFORM: ChallengeDeclineReason
CHALLENGE_DECLINE_REASON_CANCELLED: ChallengeDeclineReason
CHALLENGE_DECLINE_REASON_NOT_SHOWN: ChallengeDeclineReason
CHALLENGE_OUTCOME_UNSPECIFIED: ChallengeOutcome
CHALLENGE_OUTCOME_JUDGED: ChallengeOutcome
CHALLENGE_OUTCOME_EXPIRED: ChallengeOutcome
CHALLENGE_OUTCOME_DECLINED: ChallengeOutcome
CHALLENGE_OUTCOME_CANCELLED: ChallengeOutcome
CHALLENGE_OUTCOME_INTERRUPTED: ChallengeOutcome

class ChallengePolicy(_message.Message):
    __slots__ = ("mode", "kinds", "locale", "opt_outs", "accessible_only", "max_automatic", "first_after_s", "min_spacing_s", "max_random_wait_s")
    MODE_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    LOCALE_FIELD_NUMBER: _ClassVar[int]
    OPT_OUTS_FIELD_NUMBER: _ClassVar[int]
    ACCESSIBLE_ONLY_FIELD_NUMBER: _ClassVar[int]
    MAX_AUTOMATIC_FIELD_NUMBER: _ClassVar[int]
    FIRST_AFTER_S_FIELD_NUMBER: _ClassVar[int]
    MIN_SPACING_S_FIELD_NUMBER: _ClassVar[int]
    MAX_RANDOM_WAIT_S_FIELD_NUMBER: _ClassVar[int]
    mode: ChallengeMode
    kinds: _containers.RepeatedScalarFieldContainer[_result_pb2.ChallengeKind]
    locale: str
    opt_outs: _containers.RepeatedScalarFieldContainer[ChallengeNeed]
    accessible_only: bool
    max_automatic: int
    first_after_s: int
    min_spacing_s: int
    max_random_wait_s: int
    def __init__(self, mode: _Optional[_Union[ChallengeMode, str]] = ..., kinds: _Optional[_Iterable[_Union[_result_pb2.ChallengeKind, str]]] = ..., locale: _Optional[str] = ..., opt_outs: _Optional[_Iterable[_Union[ChallengeNeed, str]]] = ..., accessible_only: bool = ..., max_automatic: _Optional[int] = ..., first_after_s: _Optional[int] = ..., min_spacing_s: _Optional[int] = ..., max_random_wait_s: _Optional[int] = ...) -> None: ...

class ChallengeCapability(_message.Message):
    __slots__ = ("participant_id", "kind", "standing", "available", "detail", "needs")
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    STANDING_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    NEEDS_FIELD_NUMBER: _ClassVar[int]
    participant_id: str
    kind: _result_pb2.ChallengeKind
    standing: ChallengeStanding
    available: bool
    detail: str
    needs: _containers.RepeatedScalarFieldContainer[ChallengeNeed]
    def __init__(self, participant_id: _Optional[str] = ..., kind: _Optional[_Union[_result_pb2.ChallengeKind, str]] = ..., standing: _Optional[_Union[ChallengeStanding, str]] = ..., available: bool = ..., detail: _Optional[str] = ..., needs: _Optional[_Iterable[_Union[ChallengeNeed, str]]] = ...) -> None: ...

class IssueChallenge(_message.Message):
    __slots__ = ("request_id", "participant_id", "kind", "locale")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    LOCALE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    participant_id: str
    kind: _result_pb2.ChallengeKind
    locale: str
    def __init__(self, request_id: _Optional[str] = ..., participant_id: _Optional[str] = ..., kind: _Optional[_Union[_result_pb2.ChallengeKind, str]] = ..., locale: _Optional[str] = ...) -> None: ...

class ChallengeShown(_message.Message):
    __slots__ = ("challenge_id", "attempt", "shown_us", "uncertainty_ms")
    CHALLENGE_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    SHOWN_US_FIELD_NUMBER: _ClassVar[int]
    UNCERTAINTY_MS_FIELD_NUMBER: _ClassVar[int]
    challenge_id: str
    attempt: int
    shown_us: int
    uncertainty_ms: int
    def __init__(self, challenge_id: _Optional[str] = ..., attempt: _Optional[int] = ..., shown_us: _Optional[int] = ..., uncertainty_ms: _Optional[int] = ...) -> None: ...

class ChallengeDeclined(_message.Message):
    __slots__ = ("challenge_id", "reason", "words", "offer_alternative")
    CHALLENGE_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    OFFER_ALTERNATIVE_FIELD_NUMBER: _ClassVar[int]
    challenge_id: str
    reason: ChallengeDeclineReason
    words: str
    offer_alternative: bool
    def __init__(self, challenge_id: _Optional[str] = ..., reason: _Optional[_Union[ChallengeDeclineReason, str]] = ..., words: _Optional[str] = ..., offer_alternative: bool = ...) -> None: ...

class ChallengeUpdate(_message.Message):
    __slots__ = ("challenge_id", "participant_id", "request_id", "issued", "refused", "open", "reprompt", "concluded")
    CHALLENGE_ID_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUED_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    REPROMPT_FIELD_NUMBER: _ClassVar[int]
    CONCLUDED_FIELD_NUMBER: _ClassVar[int]
    challenge_id: str
    participant_id: str
    request_id: str
    issued: ChallengeIssued
    refused: ChallengeRefused
    open: ChallengeOpen
    reprompt: ChallengeReprompt
    concluded: ChallengeConcluded
    def __init__(self, challenge_id: _Optional[str] = ..., participant_id: _Optional[str] = ..., request_id: _Optional[str] = ..., issued: _Optional[_Union[ChallengeIssued, _Mapping]] = ..., refused: _Optional[_Union[ChallengeRefused, _Mapping]] = ..., open: _Optional[_Union[ChallengeOpen, _Mapping]] = ..., reprompt: _Optional[_Union[ChallengeReprompt, _Mapping]] = ..., concluded: _Optional[_Union[ChallengeConcluded, _Mapping]] = ...) -> None: ...

class ChallengeTexts(_message.Message):
    __slots__ = ("locale", "prompt", "reason", "alternative")
    LOCALE_FIELD_NUMBER: _ClassVar[int]
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ALTERNATIVE_FIELD_NUMBER: _ClassVar[int]
    locale: str
    prompt: str
    reason: str
    alternative: str
    def __init__(self, locale: _Optional[str] = ..., prompt: _Optional[str] = ..., reason: _Optional[str] = ..., alternative: _Optional[str] = ...) -> None: ...

class ChallengeIssued(_message.Message):
    __slots__ = ("kind", "parameters", "texts", "issued_us", "show_by_us", "answer_ms", "standing", "standing_words", "nonce", "record", "alternative_of")
    KIND_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    ISSUED_US_FIELD_NUMBER: _ClassVar[int]
    SHOW_BY_US_FIELD_NUMBER: _ClassVar[int]
    ANSWER_MS_FIELD_NUMBER: _ClassVar[int]
    STANDING_FIELD_NUMBER: _ClassVar[int]
    STANDING_WORDS_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    ALTERNATIVE_OF_FIELD_NUMBER: _ClassVar[int]
    kind: _result_pb2.ChallengeKind
    parameters: _result_pb2.ChallengeParameters
    texts: ChallengeTexts
    issued_us: int
    show_by_us: int
    answer_ms: int
    standing: ChallengeStanding
    standing_words: str
    nonce: bytes
    record: _result_pb2.ChallengeRecord
    alternative_of: str
    def __init__(self, kind: _Optional[_Union[_result_pb2.ChallengeKind, str]] = ..., parameters: _Optional[_Union[_result_pb2.ChallengeParameters, _Mapping]] = ..., texts: _Optional[_Union[ChallengeTexts, _Mapping]] = ..., issued_us: _Optional[int] = ..., show_by_us: _Optional[int] = ..., answer_ms: _Optional[int] = ..., standing: _Optional[_Union[ChallengeStanding, str]] = ..., standing_words: _Optional[str] = ..., nonce: _Optional[bytes] = ..., record: _Optional[_Union[_result_pb2.ChallengeRecord, _Mapping]] = ..., alternative_of: _Optional[str] = ...) -> None: ...

class ChallengeRefused(_message.Message):
    __slots__ = ("detail",)
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    detail: str
    def __init__(self, detail: _Optional[str] = ...) -> None: ...

class ChallengeOpen(_message.Message):
    __slots__ = ("attempt", "shown_us", "deadline_us")
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    SHOWN_US_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_US_FIELD_NUMBER: _ClassVar[int]
    attempt: int
    shown_us: int
    deadline_us: int
    def __init__(self, attempt: _Optional[int] = ..., shown_us: _Optional[int] = ..., deadline_us: _Optional[int] = ...) -> None: ...

class ChallengeReprompt(_message.Message):
    __slots__ = ("texts", "show_by_us", "first")
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    SHOW_BY_US_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    texts: ChallengeTexts
    show_by_us: int
    first: _result_pb2.ChallengeResult
    def __init__(self, texts: _Optional[_Union[ChallengeTexts, _Mapping]] = ..., show_by_us: _Optional[int] = ..., first: _Optional[_Union[_result_pb2.ChallengeResult, _Mapping]] = ...) -> None: ...

class ChallengeConcluded(_message.Message):
    __slots__ = ("outcome", "result", "words")
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    outcome: ChallengeOutcome
    result: _result_pb2.ChallengeResult
    words: str
    def __init__(self, outcome: _Optional[_Union[ChallengeOutcome, str]] = ..., result: _Optional[_Union[_result_pb2.ChallengeResult, _Mapping]] = ..., words: _Optional[str] = ...) -> None: ...
