"""Arrays, frames and packets become payloads of the right bytes and shape, or are refused by name."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from conftest import MEDIA

from liveproof import (
    AudioFormat,
    AudioTrack,
    Layout,
    MediaError,
    VideoFormat,
    VideoTrack,
    picture_chunk,
    sound_chunk,
)
from liveproof.recordings import Recording


def camera(format: VideoFormat) -> VideoTrack:
    return VideoTrack("camera", "candidate", format)


def microphone(format: AudioFormat = AudioFormat.S16LE, channels: int = 1, planar: bool = False) -> AudioTrack:
    return AudioTrack("sound", "candidate", format, 48_000, channels, planar)


def test_arrays_are_pictures() -> None:
    rgb = np.arange(16 * 20 * 3, dtype=np.uint8).reshape(16, 20, 3)
    chunk = picture_chunk(camera(VideoFormat.RGB24), rgb, 40_000)
    assert (chunk.payload, chunk.layout, chunk.capture_time_us) == (rgb.tobytes(), Layout(20, 16), 40_000)
    # A view with strides, as a crop, a flip, or OpenCV's order turned round.
    for view in (rgb[2:14, 3:19], rgb[:, ::-1], rgb[:, :, ::-1]):
        chunk = picture_chunk(camera(VideoFormat.BGR24), view, 0)
        assert chunk.payload == np.ascontiguousarray(view).tobytes()
        assert chunk.layout == Layout(view.shape[1], view.shape[0])
    yuv = np.zeros((24, 16), np.uint8)
    assert picture_chunk(camera(VideoFormat.I420), yuv, 0).layout == Layout(16, 16)
    # Without numpy: anything with the buffer protocol.
    plain = memoryview(bytes(range(12))).cast("B", (2, 2, 3))
    assert picture_chunk(camera(VideoFormat.RGB24), plain, 0).payload == bytes(range(12))


@pytest.mark.parametrize(
    ("format", "array", "says"),
    [
        (VideoFormat.RGB24, np.zeros((4, 4, 4), np.uint8), "height x width x 3"),
        (VideoFormat.RGB24, np.zeros((4, 4, 3), np.float32), "uint8"),
        (VideoFormat.I420, np.zeros((16, 16), np.uint8), "height \\* 3 / 2"),
        (VideoFormat.GRAY8, np.zeros((4, 4, 3), np.uint8), "height x width"),
        (VideoFormat.VP8, np.zeros((4, 4, 3), np.uint8), "cannot be sent as VP8"),
        (VideoFormat.RGB24, b"\0" * 48, "have no shape"),
        (VideoFormat.RGB24, "a text", "neither bytes"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(format: VideoFormat, array: Any, says: str) -> None:
    with pytest.raises(MediaError, match=says) as found:
        picture_chunk(camera(format), array, 0)
    assert "track 'camera'" in str(found.value)


def test_a_time_is_never_made_up() -> None:
    with pytest.raises(MediaError, match="capture_time_us is missing"):
        picture_chunk(camera(VideoFormat.JPEG), b"\xff\xd8")


def test_frames_of_pyav_keep_their_planes_and_times() -> None:
    frame = av.VideoFrame(62, 34, "yuv420p")
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    frame.pts, frame.time_base = 3, Fraction(1, 30)
    chunk = picture_chunk(camera(VideoFormat.I420), frame)
    assert chunk.capture_time_us == 100_000
    layout = chunk.layout
    assert layout is not None
    assert (layout.width, layout.height, len(layout.planes)) == (62, 34, 3)
    last = layout.planes[-1]
    assert len(chunk.payload) == last.offset_bytes + last.stride_bytes * 17
    # Another format is converted to the track's.
    converted = picture_chunk(camera(VideoFormat.RGB24), frame)
    assert converted.layout is not None
    assert converted.layout.planes[0].stride_bytes >= 62 * 3


def test_samples_are_sound() -> None:
    mono = np.arange(480, dtype=np.int16)
    assert sound_chunk(microphone(), mono, 0).payload == mono.tobytes()
    stereo = np.zeros((480, 2), np.float32)
    assert len(sound_chunk(microphone(AudioFormat.F32LE, 2), stereo, 0).payload) == 480 * 8
    planar = np.zeros((2, 480), np.float32)
    assert len(sound_chunk(microphone(AudioFormat.F32LE, 2, planar=True), planar, 0).payload) == 480 * 8
    for track, array in (
        (microphone(), np.zeros(480, np.float32)),
        (microphone(channels=2), np.zeros((480, 1), np.int16)),
        (microphone(AudioFormat.OPUS), mono),
    ):
        with pytest.raises(MediaError, match="expected"):
            sound_chunk(track, array, 0)
    frame = av.AudioFrame("fltp", "stereo", 480)
    frame.sample_rate, frame.pts, frame.time_base = 48_000, 4_800, Fraction(1, 48_000)
    chunk = sound_chunk(microphone(AudioFormat.F32LE, 2, planar=True), frame)
    assert (len(chunk.payload), chunk.capture_time_us) == (480 * 8, 100_000)
    with pytest.raises(MediaError, match="expected S16LE"):
        sound_chunk(microphone(), frame)


def test_a_recording_is_tracks_and_chunks() -> None:
    with Recording(MEDIA / "h264_pcm.mkv", packets=True) as recording:
        assert recording.camera is not None
        assert recording.camera.format in (VideoFormat.H264_AVCC, VideoFormat.H264_ANNEX_B)
        chunks = list(recording)
    pictures = [c for c in chunks if c.track_id == "camera"]
    sound = [c for c in chunks if c.track_id == "sound"]
    assert pictures[0].keyframe
    assert not all(c.keyframe for c in pictures)
    seconds = sum(len(c.payload) for c in sound) / 2 / 48_000
    assert 3.8 < seconds < 4.2
    times = [c.capture_time_us for c in sound]
    assert times == sorted(set(times))
    with Recording(MEDIA / "no_audio.mp4", seconds=1.0) as silent:
        assert [track.track_id for track in silent.tracks] == ["camera"]
        assert len(list(silent)) == 25
