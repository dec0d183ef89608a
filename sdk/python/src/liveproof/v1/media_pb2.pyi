from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ParticipantRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PARTICIPANT_ROLE_UNSPECIFIED: _ClassVar[ParticipantRole]
    PARTICIPANT_ROLE_CANDIDATE: _ClassVar[ParticipantRole]
    PARTICIPANT_ROLE_INTERVIEWER: _ClassVar[ParticipantRole]
    PARTICIPANT_ROLE_OTHER: _ClassVar[ParticipantRole]
    PARTICIPANT_ROLE_MIXED: _ClassVar[ParticipantRole]
    PARTICIPANT_ROLE_SCREEN_SHARE: _ClassVar[ParticipantRole]

class TrackKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRACK_KIND_UNSPECIFIED: _ClassVar[TrackKind]
    TRACK_KIND_VIDEO: _ClassVar[TrackKind]
    TRACK_KIND_AUDIO: _ClassVar[TrackKind]

class VideoFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VIDEO_FORMAT_UNSPECIFIED: _ClassVar[VideoFormat]
    VIDEO_FORMAT_I420: _ClassVar[VideoFormat]
    VIDEO_FORMAT_NV12: _ClassVar[VideoFormat]
    VIDEO_FORMAT_RGB24: _ClassVar[VideoFormat]
    VIDEO_FORMAT_BGR24: _ClassVar[VideoFormat]
    VIDEO_FORMAT_RGBA: _ClassVar[VideoFormat]
    VIDEO_FORMAT_BGRA: _ClassVar[VideoFormat]
    VIDEO_FORMAT_GRAY8: _ClassVar[VideoFormat]
    VIDEO_FORMAT_JPEG: _ClassVar[VideoFormat]
    VIDEO_FORMAT_PNG: _ClassVar[VideoFormat]
    VIDEO_FORMAT_WEBP: _ClassVar[VideoFormat]
    VIDEO_FORMAT_H264_ANNEX_B: _ClassVar[VideoFormat]
    VIDEO_FORMAT_H264_AVCC: _ClassVar[VideoFormat]
    VIDEO_FORMAT_VP8: _ClassVar[VideoFormat]
    VIDEO_FORMAT_VP9: _ClassVar[VideoFormat]
    VIDEO_FORMAT_AV1: _ClassVar[VideoFormat]
    VIDEO_FORMAT_HEVC: _ClassVar[VideoFormat]
    VIDEO_FORMAT_I420A: _ClassVar[VideoFormat]
    VIDEO_FORMAT_I422: _ClassVar[VideoFormat]
    VIDEO_FORMAT_I444: _ClassVar[VideoFormat]
    VIDEO_FORMAT_I010: _ClassVar[VideoFormat]
    VIDEO_FORMAT_ARGB: _ClassVar[VideoFormat]
    VIDEO_FORMAT_ABGR: _ClassVar[VideoFormat]

class AudioFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AUDIO_FORMAT_UNSPECIFIED: _ClassVar[AudioFormat]
    AUDIO_FORMAT_S16LE: _ClassVar[AudioFormat]
    AUDIO_FORMAT_F32LE: _ClassVar[AudioFormat]
    AUDIO_FORMAT_S32LE: _ClassVar[AudioFormat]
    AUDIO_FORMAT_MULAW: _ClassVar[AudioFormat]
    AUDIO_FORMAT_ALAW: _ClassVar[AudioFormat]
    AUDIO_FORMAT_G722: _ClassVar[AudioFormat]
    AUDIO_FORMAT_OPUS: _ClassVar[AudioFormat]

class ColorRange(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COLOR_RANGE_UNSPECIFIED: _ClassVar[ColorRange]
    COLOR_RANGE_LIMITED: _ClassVar[ColorRange]
    COLOR_RANGE_FULL: _ClassVar[ColorRange]

class ColorMatrix(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COLOR_MATRIX_UNSPECIFIED: _ClassVar[ColorMatrix]
    COLOR_MATRIX_BT601: _ClassVar[ColorMatrix]
    COLOR_MATRIX_BT709: _ClassVar[ColorMatrix]
    COLOR_MATRIX_BT2020: _ClassVar[ColorMatrix]

class ClockMappingSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CLOCK_MAPPING_SOURCE_UNSPECIFIED: _ClassVar[ClockMappingSource]
    CLOCK_MAPPING_SOURCE_PLATFORM: _ClassVar[ClockMappingSource]
    CLOCK_MAPPING_SOURCE_ESTIMATED: _ClassVar[ClockMappingSource]
    CLOCK_MAPPING_SOURCE_UNKNOWN: _ClassVar[ClockMappingSource]
PARTICIPANT_ROLE_UNSPECIFIED: ParticipantRole
PARTICIPANT_ROLE_CANDIDATE: ParticipantRole
PARTICIPANT_ROLE_INTERVIEWER: ParticipantRole
PARTICIPANT_ROLE_OTHER: ParticipantRole
PARTICIPANT_ROLE_MIXED: ParticipantRole
PARTICIPANT_ROLE_SCREEN_SHARE: ParticipantRole
TRACK_KIND_UNSPECIFIED: TrackKind
TRACK_KIND_VIDEO: TrackKind
TRACK_KIND_AUDIO: TrackKind
VIDEO_FORMAT_UNSPECIFIED: VideoFormat
VIDEO_FORMAT_I420: VideoFormat
VIDEO_FORMAT_NV12: VideoFormat
VIDEO_FORMAT_RGB24: VideoFormat
VIDEO_FORMAT_BGR24: VideoFormat
VIDEO_FORMAT_RGBA: VideoFormat
VIDEO_FORMAT_BGRA: VideoFormat
VIDEO_FORMAT_GRAY8: VideoFormat
VIDEO_FORMAT_JPEG: VideoFormat
VIDEO_FORMAT_PNG: VideoFormat
VIDEO_FORMAT_WEBP: VideoFormat
VIDEO_FORMAT_H264_ANNEX_B: VideoFormat
VIDEO_FORMAT_H264_AVCC: VideoFormat
VIDEO_FORMAT_VP8: VideoFormat
VIDEO_FORMAT_VP9: VideoFormat
VIDEO_FORMAT_AV1: VideoFormat
VIDEO_FORMAT_HEVC: VideoFormat
VIDEO_FORMAT_I420A: VideoFormat
VIDEO_FORMAT_I422: VideoFormat
VIDEO_FORMAT_I444: VideoFormat
VIDEO_FORMAT_I010: VideoFormat
VIDEO_FORMAT_ARGB: VideoFormat
VIDEO_FORMAT_ABGR: VideoFormat
AUDIO_FORMAT_UNSPECIFIED: AudioFormat
AUDIO_FORMAT_S16LE: AudioFormat
AUDIO_FORMAT_F32LE: AudioFormat
AUDIO_FORMAT_S32LE: AudioFormat
AUDIO_FORMAT_MULAW: AudioFormat
AUDIO_FORMAT_ALAW: AudioFormat
AUDIO_FORMAT_G722: AudioFormat
AUDIO_FORMAT_OPUS: AudioFormat
COLOR_RANGE_UNSPECIFIED: ColorRange
COLOR_RANGE_LIMITED: ColorRange
COLOR_RANGE_FULL: ColorRange
COLOR_MATRIX_UNSPECIFIED: ColorMatrix
COLOR_MATRIX_BT601: ColorMatrix
COLOR_MATRIX_BT709: ColorMatrix
COLOR_MATRIX_BT2020: ColorMatrix
CLOCK_MAPPING_SOURCE_UNSPECIFIED: ClockMappingSource
CLOCK_MAPPING_SOURCE_PLATFORM: ClockMappingSource
CLOCK_MAPPING_SOURCE_ESTIMATED: ClockMappingSource
CLOCK_MAPPING_SOURCE_UNKNOWN: ClockMappingSource

class Participant(_message.Message):
    __slots__ = ("participant_id", "role", "external_id", "reference_session_id")
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    participant_id: str
    role: ParticipantRole
    external_id: str
    reference_session_id: str
    def __init__(self, participant_id: _Optional[str] = ..., role: _Optional[_Union[ParticipantRole, str]] = ..., external_id: _Optional[str] = ..., reference_session_id: _Optional[str] = ...) -> None: ...

class Region(_message.Message):
    __slots__ = ("x", "y", "width", "height")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    x: float
    y: float
    width: float
    height: float
    def __init__(self, x: _Optional[float] = ..., y: _Optional[float] = ..., width: _Optional[float] = ..., height: _Optional[float] = ...) -> None: ...

class VideoTrack(_message.Message):
    __slots__ = ("format", "width", "height", "nominal_fps", "color_range", "color_matrix", "rotation_deg", "mirrored", "region", "codec_config")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    NOMINAL_FPS_FIELD_NUMBER: _ClassVar[int]
    COLOR_RANGE_FIELD_NUMBER: _ClassVar[int]
    COLOR_MATRIX_FIELD_NUMBER: _ClassVar[int]
    ROTATION_DEG_FIELD_NUMBER: _ClassVar[int]
    MIRRORED_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    CODEC_CONFIG_FIELD_NUMBER: _ClassVar[int]
    format: VideoFormat
    width: int
    height: int
    nominal_fps: float
    color_range: ColorRange
    color_matrix: ColorMatrix
    rotation_deg: int
    mirrored: bool
    region: Region
    codec_config: bytes
    def __init__(self, format: _Optional[_Union[VideoFormat, str]] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., nominal_fps: _Optional[float] = ..., color_range: _Optional[_Union[ColorRange, str]] = ..., color_matrix: _Optional[_Union[ColorMatrix, str]] = ..., rotation_deg: _Optional[int] = ..., mirrored: bool = ..., region: _Optional[_Union[Region, _Mapping]] = ..., codec_config: _Optional[bytes] = ...) -> None: ...

class AudioTrack(_message.Message):
    __slots__ = ("format", "sample_rate_hz", "channels", "planar")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_RATE_HZ_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    PLANAR_FIELD_NUMBER: _ClassVar[int]
    format: AudioFormat
    sample_rate_hz: int
    channels: int
    planar: bool
    def __init__(self, format: _Optional[_Union[AudioFormat, str]] = ..., sample_rate_hz: _Optional[int] = ..., channels: _Optional[int] = ..., planar: bool = ...) -> None: ...

class Track(_message.Message):
    __slots__ = ("track_id", "participant_id", "kind", "clock_id", "clock_mapping", "reference", "video", "audio")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CLOCK_ID_FIELD_NUMBER: _ClassVar[int]
    CLOCK_MAPPING_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    VIDEO_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    participant_id: str
    kind: TrackKind
    clock_id: str
    clock_mapping: ClockMappingSource
    reference: bool
    video: VideoTrack
    audio: AudioTrack
    def __init__(self, track_id: _Optional[str] = ..., participant_id: _Optional[str] = ..., kind: _Optional[_Union[TrackKind, str]] = ..., clock_id: _Optional[str] = ..., clock_mapping: _Optional[_Union[ClockMappingSource, str]] = ..., reference: bool = ..., video: _Optional[_Union[VideoTrack, _Mapping]] = ..., audio: _Optional[_Union[AudioTrack, _Mapping]] = ...) -> None: ...

class Plane(_message.Message):
    __slots__ = ("offset_bytes", "stride_bytes")
    OFFSET_BYTES_FIELD_NUMBER: _ClassVar[int]
    STRIDE_BYTES_FIELD_NUMBER: _ClassVar[int]
    offset_bytes: int
    stride_bytes: int
    def __init__(self, offset_bytes: _Optional[int] = ..., stride_bytes: _Optional[int] = ...) -> None: ...

class PictureLayout(_message.Message):
    __slots__ = ("width", "height", "planes")
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    PLANES_FIELD_NUMBER: _ClassVar[int]
    width: int
    height: int
    planes: _containers.RepeatedCompositeFieldContainer[Plane]
    def __init__(self, width: _Optional[int] = ..., height: _Optional[int] = ..., planes: _Optional[_Iterable[_Union[Plane, _Mapping]]] = ...) -> None: ...

class MediaChunk(_message.Message):
    __slots__ = ("track_id", "sequence", "capture_time_us", "payload", "layout", "keyframe", "epoch", "received_unix_us")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_TIME_US_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    LAYOUT_FIELD_NUMBER: _ClassVar[int]
    KEYFRAME_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    sequence: int
    capture_time_us: int
    payload: bytes
    layout: PictureLayout
    keyframe: bool
    epoch: int
    received_unix_us: int
    def __init__(self, track_id: _Optional[str] = ..., sequence: _Optional[int] = ..., capture_time_us: _Optional[int] = ..., payload: _Optional[bytes] = ..., layout: _Optional[_Union[PictureLayout, _Mapping]] = ..., keyframe: bool = ..., epoch: _Optional[int] = ..., received_unix_us: _Optional[int] = ...) -> None: ...
