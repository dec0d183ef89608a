from liveproof.v1 import media_pb2 as _media_pb2
from liveproof.v1 import result_pb2 as _result_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CandidateChoice(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CANDIDATE_CHOICE_UNSPECIFIED: _ClassVar[CandidateChoice]
    CANDIDATE_CHOICE_AS_FOUND: _ClassVar[CandidateChoice]
    CANDIDATE_CHOICE_LONGEST: _ClassVar[CandidateChoice]
    CANDIDATE_CHOICE_EACH: _ClassVar[CandidateChoice]
    CANDIDATE_CHOICE_REGION: _ClassVar[CandidateChoice]

class ReviewState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REVIEW_STATE_UNSPECIFIED: _ClassVar[ReviewState]
    REVIEW_STATE_QUEUED: _ClassVar[ReviewState]
    REVIEW_STATE_RUNNING: _ClassVar[ReviewState]
    REVIEW_STATE_DONE: _ClassVar[ReviewState]
    REVIEW_STATE_FAILED: _ClassVar[ReviewState]
    REVIEW_STATE_CANCELLED: _ClassVar[ReviewState]

class ReportFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REPORT_FORMAT_UNSPECIFIED: _ClassVar[ReportFormat]
    REPORT_FORMAT_JSON: _ClassVar[ReportFormat]
    REPORT_FORMAT_HTML: _ClassVar[ReportFormat]
    REPORT_FORMAT_CSV: _ClassVar[ReportFormat]
    REPORT_FORMAT_EVIDENCE: _ClassVar[ReportFormat]
CANDIDATE_CHOICE_UNSPECIFIED: CandidateChoice
CANDIDATE_CHOICE_AS_FOUND: CandidateChoice
CANDIDATE_CHOICE_LONGEST: CandidateChoice
CANDIDATE_CHOICE_EACH: CandidateChoice
CANDIDATE_CHOICE_REGION: CandidateChoice
REVIEW_STATE_UNSPECIFIED: ReviewState
REVIEW_STATE_QUEUED: ReviewState
REVIEW_STATE_RUNNING: ReviewState
REVIEW_STATE_DONE: ReviewState
REVIEW_STATE_FAILED: ReviewState
REVIEW_STATE_CANCELLED: ReviewState
REPORT_FORMAT_UNSPECIFIED: ReportFormat
REPORT_FORMAT_JSON: ReportFormat
REPORT_FORMAT_HTML: ReportFormat
REPORT_FORMAT_CSV: ReportFormat
REPORT_FORMAT_EVIDENCE: ReportFormat

class SubmitReviewRequest(_message.Message):
    __slots__ = ("spec", "chunk")
    SPEC_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    spec: ReviewSpec
    chunk: bytes
    def __init__(self, spec: _Optional[_Union[ReviewSpec, _Mapping]] = ..., chunk: _Optional[bytes] = ...) -> None: ...

class ReviewSpec(_message.Message):
    __slots__ = ("request_id", "recording", "reference", "candidate", "candidate_region", "without_thumbnails", "events_json", "evidence", "blur_faces", "without_plots")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    RECORDING_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    CANDIDATE_FIELD_NUMBER: _ClassVar[int]
    CANDIDATE_REGION_FIELD_NUMBER: _ClassVar[int]
    WITHOUT_THUMBNAILS_FIELD_NUMBER: _ClassVar[int]
    EVENTS_JSON_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    BLUR_FACES_FIELD_NUMBER: _ClassVar[int]
    WITHOUT_PLOTS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    recording: ReviewSource
    reference: ReviewSource
    candidate: CandidateChoice
    candidate_region: _media_pb2.Region
    without_thumbnails: bool
    events_json: bytes
    evidence: bool
    blur_faces: bool
    without_plots: bool
    def __init__(self, request_id: _Optional[str] = ..., recording: _Optional[_Union[ReviewSource, _Mapping]] = ..., reference: _Optional[_Union[ReviewSource, _Mapping]] = ..., candidate: _Optional[_Union[CandidateChoice, str]] = ..., candidate_region: _Optional[_Union[_media_pb2.Region, _Mapping]] = ..., without_thumbnails: bool = ..., events_json: _Optional[bytes] = ..., evidence: bool = ..., blur_faces: bool = ..., without_plots: bool = ...) -> None: ...

class ReviewSource(_message.Message):
    __slots__ = ("display_name", "upload", "stored_name")
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    UPLOAD_FIELD_NUMBER: _ClassVar[int]
    STORED_NAME_FIELD_NUMBER: _ClassVar[int]
    display_name: str
    upload: ReviewUpload
    stored_name: str
    def __init__(self, display_name: _Optional[str] = ..., upload: _Optional[_Union[ReviewUpload, _Mapping]] = ..., stored_name: _Optional[str] = ...) -> None: ...

class ReviewUpload(_message.Message):
    __slots__ = ("total_bytes", "sha256")
    TOTAL_BYTES_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    total_bytes: int
    sha256: str
    def __init__(self, total_bytes: _Optional[int] = ..., sha256: _Optional[str] = ...) -> None: ...

class SubmitReviewResponse(_message.Message):
    __slots__ = ("review", "existing")
    REVIEW_FIELD_NUMBER: _ClassVar[int]
    EXISTING_FIELD_NUMBER: _ClassVar[int]
    review: Review
    existing: bool
    def __init__(self, review: _Optional[_Union[Review, _Mapping]] = ..., existing: bool = ...) -> None: ...

class Review(_message.Message):
    __slots__ = ("review_id", "request_id", "display_name", "state", "detail", "media_done_us", "media_total_us", "segments", "held", "queued_before", "attempts", "recording_bytes", "recording_sha256", "submitted_ms", "started_ms", "finished_ms", "expires_ms", "reports")
    REVIEW_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    MEDIA_DONE_US_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TOTAL_US_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    QUEUED_BEFORE_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    RECORDING_BYTES_FIELD_NUMBER: _ClassVar[int]
    RECORDING_SHA256_FIELD_NUMBER: _ClassVar[int]
    SUBMITTED_MS_FIELD_NUMBER: _ClassVar[int]
    STARTED_MS_FIELD_NUMBER: _ClassVar[int]
    FINISHED_MS_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_MS_FIELD_NUMBER: _ClassVar[int]
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    review_id: str
    request_id: str
    display_name: str
    state: ReviewState
    detail: str
    media_done_us: int
    media_total_us: int
    segments: int
    held: bool
    queued_before: int
    attempts: int
    recording_bytes: int
    recording_sha256: str
    submitted_ms: int
    started_ms: int
    finished_ms: int
    expires_ms: int
    reports: _containers.RepeatedScalarFieldContainer[ReportFormat]
    def __init__(self, review_id: _Optional[str] = ..., request_id: _Optional[str] = ..., display_name: _Optional[str] = ..., state: _Optional[_Union[ReviewState, str]] = ..., detail: _Optional[str] = ..., media_done_us: _Optional[int] = ..., media_total_us: _Optional[int] = ..., segments: _Optional[int] = ..., held: bool = ..., queued_before: _Optional[int] = ..., attempts: _Optional[int] = ..., recording_bytes: _Optional[int] = ..., recording_sha256: _Optional[str] = ..., submitted_ms: _Optional[int] = ..., started_ms: _Optional[int] = ..., finished_ms: _Optional[int] = ..., expires_ms: _Optional[int] = ..., reports: _Optional[_Iterable[_Union[ReportFormat, str]]] = ...) -> None: ...

class WatchReviewRequest(_message.Message):
    __slots__ = ("review_id", "after_segment")
    REVIEW_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEGMENT_FIELD_NUMBER: _ClassVar[int]
    review_id: str
    after_segment: int
    def __init__(self, review_id: _Optional[str] = ..., after_segment: _Optional[int] = ...) -> None: ...

class WatchReviewResponse(_message.Message):
    __slots__ = ("review", "segment", "position")
    REVIEW_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    review: Review
    segment: _result_pb2.SegmentResult
    position: int
    def __init__(self, review: _Optional[_Union[Review, _Mapping]] = ..., segment: _Optional[_Union[_result_pb2.SegmentResult, _Mapping]] = ..., position: _Optional[int] = ...) -> None: ...

class CancelReviewRequest(_message.Message):
    __slots__ = ("review_id",)
    REVIEW_ID_FIELD_NUMBER: _ClassVar[int]
    review_id: str
    def __init__(self, review_id: _Optional[str] = ...) -> None: ...

class CancelReviewResponse(_message.Message):
    __slots__ = ("review",)
    REVIEW_FIELD_NUMBER: _ClassVar[int]
    review: Review
    def __init__(self, review: _Optional[_Union[Review, _Mapping]] = ...) -> None: ...

class FetchReviewRequest(_message.Message):
    __slots__ = ("review_id", "format", "offset")
    REVIEW_ID_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    review_id: str
    format: ReportFormat
    offset: int
    def __init__(self, review_id: _Optional[str] = ..., format: _Optional[_Union[ReportFormat, str]] = ..., offset: _Optional[int] = ...) -> None: ...

class FetchReviewResponse(_message.Message):
    __slots__ = ("info", "chunk")
    INFO_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    info: ReportInfo
    chunk: bytes
    def __init__(self, info: _Optional[_Union[ReportInfo, _Mapping]] = ..., chunk: _Optional[bytes] = ...) -> None: ...

class ReportInfo(_message.Message):
    __slots__ = ("total_bytes", "sha256", "media_type", "file_name")
    TOTAL_BYTES_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    total_bytes: int
    sha256: str
    media_type: str
    file_name: str
    def __init__(self, total_bytes: _Optional[int] = ..., sha256: _Optional[str] = ..., media_type: _Optional[str] = ..., file_name: _Optional[str] = ...) -> None: ...

class ListReviewsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListReviewsResponse(_message.Message):
    __slots__ = ("reviews", "next_page_token")
    REVIEWS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    reviews: _containers.RepeatedCompositeFieldContainer[Review]
    next_page_token: str
    def __init__(self, reviews: _Optional[_Iterable[_Union[Review, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class DeleteReviewRequest(_message.Message):
    __slots__ = ("review_id",)
    REVIEW_ID_FIELD_NUMBER: _ClassVar[int]
    review_id: str
    def __init__(self, review_id: _Optional[str] = ...) -> None: ...

class DeleteReviewResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
