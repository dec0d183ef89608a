from liveproof.v1 import media_pb2 as _media_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetInfoResponse(_message.Message):
    __slots__ = ("version", "models", "signals", "limits", "onnxruntime_version", "execution_provider", "sessions", "reviews")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    ONNXRUNTIME_VERSION_FIELD_NUMBER: _ClassVar[int]
    EXECUTION_PROVIDER_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    REVIEWS_FIELD_NUMBER: _ClassVar[int]
    version: str
    models: _containers.RepeatedCompositeFieldContainer[Model]
    signals: _containers.RepeatedCompositeFieldContainer[Signal]
    limits: Limits
    onnxruntime_version: str
    execution_provider: str
    sessions: int
    reviews: ReviewTerms
    def __init__(self, version: _Optional[str] = ..., models: _Optional[_Iterable[_Union[Model, _Mapping]]] = ..., signals: _Optional[_Iterable[_Union[Signal, _Mapping]]] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., onnxruntime_version: _Optional[str] = ..., execution_provider: _Optional[str] = ..., sessions: _Optional[int] = ..., reviews: _Optional[_Union[ReviewTerms, _Mapping]] = ...) -> None: ...

class ReviewTerms(_message.Message):
    __slots__ = ("max_upload_bytes", "max_chunk_bytes", "max_jobs", "keep_hours", "stored_recordings", "evidence")
    MAX_UPLOAD_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_CHUNK_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_JOBS_FIELD_NUMBER: _ClassVar[int]
    KEEP_HOURS_FIELD_NUMBER: _ClassVar[int]
    STORED_RECORDINGS_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    max_upload_bytes: int
    max_chunk_bytes: int
    max_jobs: int
    keep_hours: int
    stored_recordings: bool
    evidence: bool
    def __init__(self, max_upload_bytes: _Optional[int] = ..., max_chunk_bytes: _Optional[int] = ..., max_jobs: _Optional[int] = ..., keep_hours: _Optional[int] = ..., stored_recordings: bool = ..., evidence: bool = ...) -> None: ...

class Model(_message.Message):
    __slots__ = ("model_id", "task", "sha256", "available", "detail", "data_terms")
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    DATA_TERMS_FIELD_NUMBER: _ClassVar[int]
    model_id: str
    task: str
    sha256: str
    available: bool
    detail: str
    data_terms: str
    def __init__(self, model_id: _Optional[str] = ..., task: _Optional[str] = ..., sha256: _Optional[str] = ..., available: bool = ..., detail: _Optional[str] = ..., data_terms: _Optional[str] = ...) -> None: ...

class Signal(_message.Message):
    __slots__ = ("name", "available", "detail", "session_cap", "segment_cap")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    SESSION_CAP_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_CAP_FIELD_NUMBER: _ClassVar[int]
    name: str
    available: bool
    detail: str
    session_cap: float
    segment_cap: float
    def __init__(self, name: _Optional[str] = ..., available: bool = ..., detail: _Optional[str] = ..., session_cap: _Optional[float] = ..., segment_cap: _Optional[float] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("max_message_bytes", "max_picture_pixels", "max_audio_chunk_ms", "initial_credit_bytes", "max_session_length_s", "idle_timeout_s", "max_sessions", "video_formats", "audio_formats", "max_tracks")
    MAX_MESSAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_PICTURE_PIXELS_FIELD_NUMBER: _ClassVar[int]
    MAX_AUDIO_CHUNK_MS_FIELD_NUMBER: _ClassVar[int]
    INITIAL_CREDIT_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_SESSION_LENGTH_S_FIELD_NUMBER: _ClassVar[int]
    IDLE_TIMEOUT_S_FIELD_NUMBER: _ClassVar[int]
    MAX_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    VIDEO_FORMATS_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FORMATS_FIELD_NUMBER: _ClassVar[int]
    MAX_TRACKS_FIELD_NUMBER: _ClassVar[int]
    max_message_bytes: int
    max_picture_pixels: int
    max_audio_chunk_ms: int
    initial_credit_bytes: int
    max_session_length_s: int
    idle_timeout_s: int
    max_sessions: int
    video_formats: _containers.RepeatedScalarFieldContainer[_media_pb2.VideoFormat]
    audio_formats: _containers.RepeatedScalarFieldContainer[_media_pb2.AudioFormat]
    max_tracks: int
    def __init__(self, max_message_bytes: _Optional[int] = ..., max_picture_pixels: _Optional[int] = ..., max_audio_chunk_ms: _Optional[int] = ..., initial_credit_bytes: _Optional[int] = ..., max_session_length_s: _Optional[int] = ..., idle_timeout_s: _Optional[int] = ..., max_sessions: _Optional[int] = ..., video_formats: _Optional[_Iterable[_Union[_media_pb2.VideoFormat, str]]] = ..., audio_formats: _Optional[_Iterable[_Union[_media_pb2.AudioFormat, str]]] = ..., max_tracks: _Optional[int] = ...) -> None: ...
