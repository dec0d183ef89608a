"""Who is in the call, and which tracks they send."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .enums import AudioFormat, ClockMapping, ColorMatrix, ColorRange, Role, VideoFormat
from .errors import MediaError
from .v1 import media_pb2

if TYPE_CHECKING:
    import av

__all__ = ["AudioTrack", "Participant", "Region", "Track", "VideoTrack"]


@dataclass(frozen=True, slots=True)
class Participant:
    """A person, or a mixture of persons, in the interview."""

    #: Stable within the interview, 1 to 128 characters.
    participant_id: str
    role: Role = Role.CANDIDATE
    #: The platform's own id; opaque.
    external_id: str = ""
    #: Id of an earlier interview of theirs on the same camera, as a reference; needs the same consent id.
    reference_session_id: str = ""


@dataclass(frozen=True, slots=True)
class Region:
    """A region of a picture in fractions of its width and height, 0 to 1."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """A track of pictures. The protocol's `Track` and `VideoTrack` say more of each field."""

    track_id: str
    participant_id: str
    format: VideoFormat
    #: Announced size in pixels and pictures per second; 0 = not known.
    width: int = 0
    height: int = 0
    fps: float = 0.0
    #: Tracks with the same clock id share one clock.
    clock_id: str = ""
    clock_mapping: ClockMapping = ClockMapping.UNKNOWN
    color_range: ColorRange = ColorRange.UNSPECIFIED
    color_matrix: ColorMatrix = ColorMatrix.UNSPECIFIED
    #: Clockwise rotation to apply before use: 0, 90, 180 or 270.
    rotation_deg: int = 0
    mirrored: bool = False
    #: Where the participant stands in a composed picture; None = all of it.
    region: Region | None = None
    codec_config: bytes = b""
    #: Pictures of the participant on the same camera at a verified moment; no part of the interview.
    reference: bool = False

    @classmethod
    def of_stream(
        cls,
        stream: av.VideoStream,
        track_id: str,
        participant_id: str,
        *,
        clock_id: str = "",
        clock_mapping: ClockMapping = ClockMapping.UNKNOWN,
    ) -> VideoTrack:
        """A track for the packets of a PyAV stream as they are, without decoding.

        Raises `MediaError` where the server would not take its codec in this packing.
        """
        context = stream.codec_context
        extradata = context.extradata or b""
        # avcC begins with its version, 1; Annex B with a start code, whose first byte is 0.
        length_prefixed = extradata[:1] == b"\x01"
        formats = {
            "h264": VideoFormat.H264_AVCC if length_prefixed else VideoFormat.H264_ANNEX_B,
            "vp8": VideoFormat.VP8,
            "vp9": VideoFormat.VP9,
            "av1": VideoFormat.AV1,
        }
        if not length_prefixed:
            formats["hevc"] = VideoFormat.HEVC
        found = formats.get(context.name)
        if found is None:
            raise MediaError(
                f"track {track_id!r}: packets of {context.name} as this stream has them cannot be sent; "
                "decode them and send pictures"
            )
        h264 = found in (VideoFormat.H264_AVCC, VideoFormat.H264_ANNEX_B, VideoFormat.HEVC)
        return cls(
            track_id,
            participant_id,
            found,
            width=context.width,
            height=context.height,
            fps=float(stream.average_rate or 0),
            clock_id=clock_id,
            clock_mapping=clock_mapping,
            codec_config=extradata if h264 else b"",
        )

    def as_reference(self, track_id: str) -> VideoTrack:
        """A track like this one for pictures of a verified moment, with a clock of its own."""
        return replace(self, track_id=track_id, clock_id="", reference=True)


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """A track of sound. The protocol's `Track` and `AudioTrack` say more of each field."""

    track_id: str
    participant_id: str
    format: AudioFormat = AudioFormat.S16LE
    #: Samples per second and channel, 8000 to 48000.
    sample_rate_hz: int = 48_000
    #: 1 or 2.
    channels: int = 1
    #: The channels lie one after the other instead of interleaved.
    planar: bool = False
    clock_id: str = ""
    clock_mapping: ClockMapping = ClockMapping.UNKNOWN


Track = VideoTrack | AudioTrack


def _number(value: enum.IntEnum) -> Any:
    # The generated types have enumerations of their own, which are plain numbers.
    return int(value)


def to_message(track: Track) -> media_pb2.Track:
    """The track as the protocol has it."""
    message = media_pb2.Track(
        track_id=track.track_id,
        participant_id=track.participant_id,
        clock_id=track.clock_id,
        clock_mapping=_number(track.clock_mapping),
    )
    if isinstance(track, AudioTrack):
        message.kind = media_pb2.TRACK_KIND_AUDIO
        sound = message.audio
        sound.SetInParent()
        sound.format = _number(track.format)
        sound.sample_rate_hz = track.sample_rate_hz
        sound.channels = track.channels
        sound.planar = track.planar
        return message
    message.kind = media_pb2.TRACK_KIND_VIDEO
    message.reference = track.reference
    video = message.video
    video.SetInParent()
    video.format = _number(track.format)
    video.width, video.height = track.width, track.height
    video.nominal_fps = track.fps
    video.color_range = _number(track.color_range)
    video.color_matrix = _number(track.color_matrix)
    video.rotation_deg = track.rotation_deg
    video.mirrored = track.mirrored
    video.codec_config = track.codec_config
    if (region := track.region) is not None:
        video.region.CopyFrom(media_pb2.Region(x=region.x, y=region.y, width=region.width, height=region.height))
    return message


def participants_of(tracks: Sequence[Track], participants: Sequence[Participant] | None) -> list[Participant]:
    """The participants as given; without any, the one whose tracks these are, as the candidate."""
    if participants is not None:
        return list(participants)
    ids = {track.participant_id for track in tracks}
    if len(ids) != 1:
        raise ValueError(
            f"participants: the tracks belong to {sorted(ids)}; expected one participant, "
            "or a list that says who is what"
        )
    return [Participant(ids.pop())]
