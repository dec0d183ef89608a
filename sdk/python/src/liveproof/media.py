"""Pictures and sound as programs hold them, as payloads of the protocol.

Neither numpy nor PyAV is imported here. An array is anything with the buffer protocol and `tobytes()`, as a numpy
array or a memoryview; PyAV's frames and packets are told by their own attributes.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from .enums import AudioFormat, VideoFormat
from .errors import MediaError
from .tracks import AudioTrack, VideoTrack

__all__ = ["Chunk", "Layout", "Picture", "Plane", "Sound", "picture_chunk", "sound_chunk"]

#: Bytes (a still, a packet), an array, an `av.VideoFrame` or an `av.Packet`.
Picture: TypeAlias = Any
#: Bytes (samples, a packet), an array, an `av.AudioFrame` or an `av.Packet`.
Sound: TypeAlias = Any

# Bytes of a pixel of formats that an array of height x width x channels holds.
_CHANNELS = {
    VideoFormat.RGB24: 3,
    VideoFormat.BGR24: 3,
    VideoFormat.RGBA: 4,
    VideoFormat.BGRA: 4,
    VideoFormat.ARGB: 4,
    VideoFormat.ABGR: 4,
}
# PyAV's names. The J formats of FFmpeg are full range, which the track states.
_AV_PICTURES = {
    "yuv420p": VideoFormat.I420,
    "yuvj420p": VideoFormat.I420,
    "nv12": VideoFormat.NV12,
    "rgb24": VideoFormat.RGB24,
    "bgr24": VideoFormat.BGR24,
    "rgba": VideoFormat.RGBA,
    "bgra": VideoFormat.BGRA,
    "argb": VideoFormat.ARGB,
    "abgr": VideoFormat.ABGR,
    "gray": VideoFormat.GRAY8,
    "yuva420p": VideoFormat.I420A,
    "yuv422p": VideoFormat.I422,
    "yuvj422p": VideoFormat.I422,
    "yuv444p": VideoFormat.I444,
    "yuvj444p": VideoFormat.I444,
    "yuv420p10le": VideoFormat.I010,
}
_AV_SOUND = {
    "s16": (AudioFormat.S16LE, False, 2),
    "s16p": (AudioFormat.S16LE, True, 2),
    "s32": (AudioFormat.S32LE, False, 4),
    "s32p": (AudioFormat.S32LE, True, 4),
    "flt": (AudioFormat.F32LE, False, 4),
    "fltp": (AudioFormat.F32LE, True, 4),
}
# Formats of which every payload is a whole picture, whatever came before.
_RAW = frozenset(_CHANNELS) | frozenset(_AV_PICTURES.values())
_STILLS = frozenset({VideoFormat.JPEG, VideoFormat.PNG, VideoFormat.WEBP})


@dataclass(frozen=True, slots=True)
class Plane:
    """Where a plane of a raw picture lies inside the payload."""

    offset_bytes: int
    stride_bytes: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Shape of a raw picture; without planes it is tightly packed."""

    width: int
    height: int
    planes: tuple[Plane, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a track: one picture, or 10 ms to 3 s of sound."""

    track_id: str
    #: Capture time of the picture or the first sample on the track's clock.
    capture_time_us: int
    payload: bytes
    layout: Layout | None = None
    #: True when it can be decoded on its own.
    keyframe: bool = True
    #: Rises with every change of layout, device or resolution on the track.
    epoch: int = 0
    #: When the sender's server received the media, Unix time; 0 = unknown. Informative.
    received_unix_us: int = 0


def is_compressed(track: VideoTrack) -> bool:
    """True when a picture of the track may rest on earlier ones."""
    return track.format not in _RAW and track.format not in _STILLS


def picture_chunk(
    track: VideoTrack, picture: Picture, capture_time_us: int | None = None, keyframe: bool | None = None
) -> Chunk:
    """A chunk of a picture in any of the forms that `Picture` names.

    Without `capture_time_us` the time is that of PyAV's frame or packet. Raises `MediaError` where the picture does
    not fit the track's format.
    """
    if isinstance(picture, bytes | bytearray):
        if track.format in _RAW:
            raise MediaError(
                f"track {track.track_id!r}: bytes alone have no shape; expected an array or a frame "
                f"for {track.format.name}, or send a Chunk with its Layout"
            )
        payload, layout, own_key = bytes(picture), None, not is_compressed(track)
    elif _is_packet(picture):
        if track.format in _RAW:
            raise MediaError(f"track {track.track_id!r}: a packet on a track of raw {track.format.name} pictures")
        payload, layout, own_key = bytes(picture), None, bool(picture.is_keyframe)
    elif hasattr(picture, "planes") and hasattr(picture, "reformat"):
        payload, layout = _av_picture(track, picture)
        own_key = True
    else:
        payload, layout = _array_picture(track, picture)
        own_key = True
    time_us = _time_us(track.track_id, picture, capture_time_us)
    return Chunk(track.track_id, time_us, payload, layout, own_key if keyframe is None else keyframe)


def sound_chunk(track: AudioTrack, sound: Sound, capture_time_us: int | None = None) -> Chunk:
    """A chunk of sound in any of the forms that `Sound` names; else as `picture_chunk`."""
    if isinstance(sound, bytes | bytearray) or _is_packet(sound):
        payload = bytes(sound)
    elif hasattr(sound, "planes") and hasattr(sound, "samples"):
        payload = _av_sound(track, sound)
    else:
        payload = _array_sound(track, sound)
    return Chunk(track.track_id, _time_us(track.track_id, sound, capture_time_us), payload)


def _is_packet(value: Any) -> bool:
    return hasattr(value, "is_keyframe") and hasattr(value, "stream")


def _time_us(track_id: str, value: Any, given: int | None) -> int:
    if given is not None:
        return given
    pts, base = getattr(value, "pts", None), getattr(value, "time_base", None)
    if pts is None or not base:
        raise MediaError(f"track {track_id!r}: capture_time_us is missing, and what was given has no time")
    return round(Fraction(int(pts)) * Fraction(base) * 1_000_000)


def _view(track_id: str, value: Any) -> memoryview:
    try:
        return memoryview(value)
    except TypeError as error:
        raise MediaError(
            f"track {track_id!r}: {type(value).__name__} is neither bytes, an array nor PyAV's frame or packet"
        ) from error


def _array_picture(track: VideoTrack, array: Any) -> tuple[bytes, Layout]:
    view = _view(track.track_id, array)
    shape, name = view.shape or (), track.format.name

    def unfit(expected: str) -> MediaError:
        return MediaError(
            f"track {track.track_id!r}: an array of shape {shape} and items {view.format!r}; "
            f"expected {expected} for {name}"
        )

    if view.format != "B":
        raise unfit("unsigned bytes (uint8)")
    if (channels := _CHANNELS.get(track.format)) is not None:
        if len(shape) != 3 or shape[2] != channels:
            raise unfit(f"height x width x {channels}")
        height, width = shape[0], shape[1]
    elif track.format is VideoFormat.GRAY8:
        if len(shape) != 2:
            raise unfit("height x width")
        height, width = shape
    elif track.format in (VideoFormat.I420, VideoFormat.NV12):
        # As OpenCV and PyAV lay it out: the chroma rows below those of luma.
        if len(shape) != 2 or shape[0] % 3 or shape[1] % 2 or shape[0] // 3 * 2 % 2:
            raise unfit("(height * 3 / 2) x width, height and width even")
        height, width = shape[0] // 3 * 2, shape[1]
    else:
        raise MediaError(
            f"track {track.track_id!r}: an array cannot be sent as {name}; expected a track of "
            "RGB24, BGR24, RGBA, BGRA, ARGB, ABGR, GRAY8, I420 or NV12"
        )
    return _packed(array, view), Layout(width, height)


def _packed(array: Any, view: memoryview) -> bytes:
    # numpy copies a view with strides far faster than memoryview does.
    tobytes = getattr(array, "tobytes", None)
    return bytes(tobytes()) if callable(tobytes) else view.tobytes()


def _av_picture(track: VideoTrack, frame: Any) -> tuple[bytes, Layout]:
    if _AV_PICTURES.get(frame.format.name) is not track.format:
        names = [name for name, format in _AV_PICTURES.items() if format is track.format]
        if not names:
            raise MediaError(f"track {track.track_id!r}: a frame cannot be sent as {track.format.name}")
        frame = frame.reformat(format=names[0])
    parts: list[bytes] = []
    planes: list[Plane] = []
    offset = 0
    for plane in frame.planes:
        part = bytes(plane)
        planes.append(Plane(offset, plane.line_size))
        parts.append(part)
        offset += len(part)
    return b"".join(parts), Layout(frame.width, frame.height, tuple(planes))


def _array_sound(track: AudioTrack, array: Any) -> bytes:
    view = _view(track.track_id, array)
    items = {
        AudioFormat.S16LE: ("h",),
        AudioFormat.F32LE: ("f",),
        AudioFormat.S32LE: ("i", "l"),
        AudioFormat.MULAW: ("B",),
        AudioFormat.ALAW: ("B",),
    }.get(track.format)
    if items is None or view.format not in items:
        raise MediaError(
            f"track {track.track_id!r}: an array with items {view.format!r} on a track of {track.format.name}; "
            f"expected {' or '.join(items) if items else 'packets'}"
        )
    shape = view.shape or ()
    channels = shape[0 if track.planar else -1] if len(shape) == 2 else 1
    if len(shape) not in (1, 2) or ((len(shape) == 2 or track.channels == 1) and channels != track.channels):
        order = "channels x samples" if track.planar else "samples x channels"
        raise MediaError(
            f"track {track.track_id!r}: an array of shape {shape}; expected {order} with {track.channels} channels"
        )
    return _packed(array, view)


def _av_sound(track: AudioTrack, frame: Any) -> bytes:
    found = _AV_SOUND.get(frame.format.name)
    channels = frame.layout.nb_channels
    if found is None:
        raise MediaError(f"track {track.track_id!r}: samples of {frame.format.name}; expected s16, s32 or flt")
    format, planar, size = found
    # With one channel, planar and interleaved are the same.
    same_order = planar == track.planar or channels == 1
    wanted = (track.format, track.channels, track.sample_rate_hz)
    if (format, channels, frame.sample_rate) != wanted or not same_order:
        raise MediaError(
            f"track {track.track_id!r}: a frame of {frame.format.name}, {channels} channels at "
            f"{frame.sample_rate} Hz; expected {track.format.name}{', planar' if track.planar else ''}, "
            f"{track.channels} channels at {track.sample_rate_hz} Hz"
        )
    # PyAV's planes are padded.
    length = frame.samples * size * (1 if planar else channels)
    return b"".join(bytes(plane)[:length] for plane in frame.planes)
