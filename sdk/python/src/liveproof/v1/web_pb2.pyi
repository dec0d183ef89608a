from liveproof.v1 import challenge_pb2 as _challenge_pb2
from liveproof.v1 import interview_pb2 as _interview_pb2
from liveproof.v1 import media_pb2 as _media_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WebState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WEB_STATE_UNSPECIFIED: _ClassVar[WebState]
    WEB_STATE_WAITING: _ClassVar[WebState]
    WEB_STATE_JOINED: _ClassVar[WebState]
    WEB_STATE_AWAY: _ClassVar[WebState]
    WEB_STATE_ENDED: _ClassVar[WebState]
WEB_STATE_UNSPECIFIED: WebState
WEB_STATE_WAITING: WebState
WEB_STATE_JOINED: WebState
WEB_STATE_AWAY: WebState
WEB_STATE_ENDED: WebState

class CreateInterviewRequest(_message.Message):
    __slots__ = ("session_id", "title", "challenge_policy")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    CHALLENGE_POLICY_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    title: str
    challenge_policy: _challenge_pb2.ChallengePolicy
    def __init__(self, session_id: _Optional[str] = ..., title: _Optional[str] = ..., challenge_policy: _Optional[_Union[_challenge_pb2.ChallengePolicy, _Mapping]] = ...) -> None: ...

class CreateInterviewResponse(_message.Message):
    __slots__ = ("session_id", "invitation", "join_within_s")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    INVITATION_FIELD_NUMBER: _ClassVar[int]
    JOIN_WITHIN_S_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    invitation: bytes
    join_within_s: int
    def __init__(self, session_id: _Optional[str] = ..., invitation: _Optional[bytes] = ..., join_within_s: _Optional[int] = ...) -> None: ...

class WatchRequest(_message.Message):
    __slots__ = ("session_id",)
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    def __init__(self, session_id: _Optional[str] = ...) -> None: ...

class WatchResponse(_message.Message):
    __slots__ = ("state", "response")
    STATE_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    state: WebState
    response: _interview_pb2.InterviewResponse
    def __init__(self, state: _Optional[_Union[WebState, str]] = ..., response: _Optional[_Union[_interview_pb2.InterviewResponse, _Mapping]] = ...) -> None: ...

class CommandRequest(_message.Message):
    __slots__ = ("session_id", "question_start", "question_end", "issue_challenge", "cancel_challenge", "close")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    QUESTION_START_FIELD_NUMBER: _ClassVar[int]
    QUESTION_END_FIELD_NUMBER: _ClassVar[int]
    ISSUE_CHALLENGE_FIELD_NUMBER: _ClassVar[int]
    CANCEL_CHALLENGE_FIELD_NUMBER: _ClassVar[int]
    CLOSE_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    question_start: _interview_pb2.QuestionStart
    question_end: _interview_pb2.QuestionEnd
    issue_challenge: _challenge_pb2.IssueChallenge
    cancel_challenge: _challenge_pb2.ChallengeDeclined
    close: _interview_pb2.Close
    def __init__(self, session_id: _Optional[str] = ..., question_start: _Optional[_Union[_interview_pb2.QuestionStart, _Mapping]] = ..., question_end: _Optional[_Union[_interview_pb2.QuestionEnd, _Mapping]] = ..., issue_challenge: _Optional[_Union[_challenge_pb2.IssueChallenge, _Mapping]] = ..., cancel_challenge: _Optional[_Union[_challenge_pb2.ChallengeDeclined, _Mapping]] = ..., close: _Optional[_Union[_interview_pb2.Close, _Mapping]] = ...) -> None: ...

class CommandResponse(_message.Message):
    __slots__ = ("time_us",)
    TIME_US_FIELD_NUMBER: _ClassVar[int]
    time_us: int
    def __init__(self, time_us: _Optional[int] = ...) -> None: ...

class JoinRequest(_message.Message):
    __slots__ = ("invitation", "tracks", "consent_id")
    INVITATION_FIELD_NUMBER: _ClassVar[int]
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    CONSENT_ID_FIELD_NUMBER: _ClassVar[int]
    invitation: bytes
    tracks: _containers.RepeatedCompositeFieldContainer[_media_pb2.Track]
    consent_id: str
    def __init__(self, invitation: _Optional[bytes] = ..., tracks: _Optional[_Iterable[_Union[_media_pb2.Track, _Mapping]]] = ..., consent_id: _Optional[str] = ...) -> None: ...

class JoinResponse(_message.Message):
    __slots__ = ("welcome", "credit", "notice", "challenge", "goodbye")
    WELCOME_FIELD_NUMBER: _ClassVar[int]
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    NOTICE_FIELD_NUMBER: _ClassVar[int]
    CHALLENGE_FIELD_NUMBER: _ClassVar[int]
    GOODBYE_FIELD_NUMBER: _ClassVar[int]
    welcome: Welcome
    credit: _interview_pb2.FlowCredit
    notice: _interview_pb2.QualityNotice
    challenge: _challenge_pb2.ChallengeUpdate
    goodbye: Goodbye
    def __init__(self, welcome: _Optional[_Union[Welcome, _Mapping]] = ..., credit: _Optional[_Union[_interview_pb2.FlowCredit, _Mapping]] = ..., notice: _Optional[_Union[_interview_pb2.QualityNotice, _Mapping]] = ..., challenge: _Optional[_Union[_challenge_pb2.ChallengeUpdate, _Mapping]] = ..., goodbye: _Optional[_Union[Goodbye, _Mapping]] = ...) -> None: ...

class Welcome(_message.Message):
    __slots__ = ("title", "credit_bytes", "next_index", "latest_us", "positions", "max_message_bytes")
    TITLE_FIELD_NUMBER: _ClassVar[int]
    CREDIT_BYTES_FIELD_NUMBER: _ClassVar[int]
    NEXT_INDEX_FIELD_NUMBER: _ClassVar[int]
    LATEST_US_FIELD_NUMBER: _ClassVar[int]
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    MAX_MESSAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    title: str
    credit_bytes: int
    next_index: int
    latest_us: int
    positions: _containers.RepeatedCompositeFieldContainer[NextChunk]
    max_message_bytes: int
    def __init__(self, title: _Optional[str] = ..., credit_bytes: _Optional[int] = ..., next_index: _Optional[int] = ..., latest_us: _Optional[int] = ..., positions: _Optional[_Iterable[_Union[NextChunk, _Mapping]]] = ..., max_message_bytes: _Optional[int] = ...) -> None: ...

class NextChunk(_message.Message):
    __slots__ = ("track_id", "next_sequence")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    NEXT_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    next_sequence: int
    def __init__(self, track_id: _Optional[str] = ..., next_sequence: _Optional[int] = ...) -> None: ...

class Goodbye(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class PushRequest(_message.Message):
    __slots__ = ("invitation", "index", "media", "shown", "declined", "leave")
    INVITATION_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    SHOWN_FIELD_NUMBER: _ClassVar[int]
    DECLINED_FIELD_NUMBER: _ClassVar[int]
    LEAVE_FIELD_NUMBER: _ClassVar[int]
    invitation: bytes
    index: int
    media: _containers.RepeatedCompositeFieldContainer[_media_pb2.MediaChunk]
    shown: _containers.RepeatedCompositeFieldContainer[_challenge_pb2.ChallengeShown]
    declined: _containers.RepeatedCompositeFieldContainer[_challenge_pb2.ChallengeDeclined]
    leave: bool
    def __init__(self, invitation: _Optional[bytes] = ..., index: _Optional[int] = ..., media: _Optional[_Iterable[_Union[_media_pb2.MediaChunk, _Mapping]]] = ..., shown: _Optional[_Iterable[_Union[_challenge_pb2.ChallengeShown, _Mapping]]] = ..., declined: _Optional[_Iterable[_Union[_challenge_pb2.ChallengeDeclined, _Mapping]]] = ..., leave: bool = ...) -> None: ...

class PushResponse(_message.Message):
    __slots__ = ("next_index",)
    NEXT_INDEX_FIELD_NUMBER: _ClassVar[int]
    next_index: int
    def __init__(self, next_index: _Optional[int] = ...) -> None: ...
