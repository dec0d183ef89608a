"""Writes testdata/media: small clips and broken files for the decoder and hostile-input tests."""

import json
import tempfile
from pathlib import Path

import cv2
import numpy as np

import dialogue
from encode import EXACT, X264, VideoPipe, ffmpeg
from head import Look
from interview import FPS, HEIGHT, WIDTH, frames
from scene import Expression, Person, Pose, camera, caption, room

CLIP_FROM_S, CLIP_S = 4.0, 6.0  # inside the first answer
SMALL = [*X264, "-crf", "29"]
CODEC, TO_YUV = X264[:-2], X264[-1]  # the encoder's settings without and with only the filter
AAC = ["-c:a", "aac", "-b:a", "48k"]


def _looks():
    """Ten invented people: skin, hair, shirt, jaw and nose differ."""
    rng = np.random.default_rng(11)
    tones = [(0.80, 0.58, 0.47), (0.70, 0.48, 0.36), (0.50, 0.32, 0.22), (0.36, 0.22, 0.15), (0.27, 0.165, 0.115)]
    hairs = [(0.12, 0.085, 0.06), (0.045, 0.04, 0.04), (0.36, 0.25, 0.14), (0.30, 0.29, 0.28)]
    looks = []
    for number in range(10):
        skin = np.array(tones[number % 5])
        looks.append(Look(
            skin=tuple(skin), lips=tuple(skin * np.array([0.80, 0.52, 0.55])), hair=hairs[number % 4],
            shirt=tuple(rng.uniform(0.12, 0.5, 3)), jaw=rng.uniform(0.93, 1.06),
            nose=rng.uniform(0.85, 1.15), seed=30 + number,
        ))  # fmt: skip
    return looks


def ten_faces(rng):
    """A picture of 640x360 with ten drawn people in two rows."""
    canvas = room(WIDTH, HEIGHT, 77)
    for number, look in enumerate(_looks()):
        row, column = divmod(number, 5)
        at = (64 + 128 * column, 66 + 180 * row)
        tile = canvas[180 * row : 180 * (row + 1), 128 * column : 128 * (column + 1)]
        pose = Pose(yaw=float(rng.uniform(-7, 7)), pitch=float(rng.uniform(-3, 3)))
        face = Expression(opening=float(rng.uniform(0, 0.2)), smile=0.6)
        Person(look).draw(tile, pose, face, (at[0] - 128 * column, at[1] - 180 * row), 36)
    return canvas


def _encode(path, pictures, wav, outputs, rate=FPS, size=(WIDTH, HEIGHT)):
    inputs = ["-i", wav] if wav else []
    maps = ["-map", "0:v", "-map", "1:a"] if wav else ["-map", "0:v"]
    pipe = VideoPipe(*size, rate, inputs, [*maps, *outputs, path])
    for picture in pictures:
        pipe.write(picture)
    pipe.close()


def _clips(folder, pictures, wav, scratch):
    """The same six seconds in several containers, rates and codecs."""
    webm = ["-c:v", "libvpx-vp9", "-crf", "40", "-b:v", "0", "-threads", "1", "-row-mt", "0", "-pix_fmt",
            "yuv420p", "-c:a", "libopus", "-b:a", "32k"]  # fmt: skip
    _encode(folder / "vp9_opus.webm", pictures, wav, webm)
    vp8 = ["-c:v", "libvpx", "-crf", "24", "-b:v", "220k", "-threads", "1", "-pix_fmt", "yuv420p",
           "-c:a", "libopus", "-b:a", "24k"]  # fmt: skip
    _encode(folder / "vp8_opus.webm", pictures[:75], wav, [*vp8, "-t", "3"])
    pcm = ["-c:a", "pcm_s16le", "-ar", "16000", "-ac", "1"]
    _encode(folder / "h264_pcm.mkv", pictures[:100], wav, [*SMALL, *pcm, "-t", "4"])
    _encode(folder / "no_audio.mp4", pictures[:75], None, SMALL)
    _encode(folder / "fps2.mp4", pictures[:: FPS // 2], wav, [*SMALL, *AAC], rate=2)
    _encode(folder / "small.mov", pictures[:50], wav, [*SMALL, *AAC, "-t", "2"])
    whole = scratch / "whole.mkv"
    _encode(whole, pictures, wav, ["-c:v", "ffv1", "-c:a", "pcm_s16le"])
    # Every third frame goes, then a second and a half is missing altogether.
    keep = "select='not(between(t,2.2,3.7))*(lt(t,1)+gt(mod(n,3),0))'"
    ffmpeg("-i", whole, *EXACT, *CODEC, "-vf", f"{keep},{TO_YUV}", "-vsync", "vfr", "-crf", 29, *AAC, folder / "vfr_gap.mp4")
    turned = scratch / "turned.mp4"
    ffmpeg("-i", whole, "-t", 3, *EXACT, *CODEC, "-vf", f"transpose=2,{TO_YUV}", "-crf", 29, *AAC, turned)
    ffmpeg("-i", turned, "-c", "copy", *EXACT, "-metadata:s:v:0", "rotate=270", folder / "rotated_90.mp4")


def _special(folder, timeline, seed, wav, scratch):
    rng = np.random.default_rng(seed + 9)
    empty_room = room(WIDTH, HEIGHT, seed + 2)
    scenes = [caption(camera(empty_room, rng)) for _ in range(75)]
    _encode(folder / "no_face.mp4", scenes, wav, [*SMALL, *AAC, "-t", "3"])
    crowd = ten_faces(rng)
    crowds = [caption(camera(crowd, rng)) for _ in range(50)]
    _encode(folder / "ten_faces.mp4", crowds, None, SMALL)
    _still(folder / "ten_faces.jpg", crowds[0])
    quiet = scratch / "quiet.wav"
    dialogue.write_wav(quiet, np.zeros(10 * dialogue.RATE_HZ, np.float32))
    before = timeline.turns[0]["question_start_s"]
    still = [frame for _, frame, _ in frames(timeline, seed, 0.0, before)]
    loop = (still + still[::-1]) * 12
    _encode(folder / "silence_10s.mp4", loop[: 10 * FPS], quiet, [*SMALL[:-2], "-crf", "32", *AAC])


def _still(path, picture):
    quality = [cv2.IMWRITE_JPEG_QUALITY, 88] if path.suffix == ".jpg" else [cv2.IMWRITE_PNG_COMPRESSION, 9]
    cv2.imwrite(str(path), picture[..., ::-1], quality)


def _broken(folder):
    whole = (folder / "small_end.mp4").read_bytes()
    (folder / "small_end.mp4").unlink()
    (folder / "truncated_no_index.mp4").write_bytes(whole[: len(whole) * 6 // 10])
    front = (folder / "small_front.mp4").read_bytes()
    (folder / "small_front.mp4").unlink()
    (folder / "truncated_tail.mp4").write_bytes(front[: len(front) * 6 // 10])
    (folder / "text.mp4").write_text("This is a text file. Its name says mp4, its content does not.\n" * 40)
    (folder / "empty.mp4").write_bytes(b"")
    jpeg = (folder / "face.jpg").read_bytes()
    (folder / "truncated.jpg").write_bytes(jpeg[: len(jpeg) // 2])


def _contradictions(folder):
    """Events files at odds with the two-second recordings beside them."""
    people = [{"id": "candidate", "role": "candidate"}]
    tracks = [{"stream": 0, "id": "video", "participant": "candidate"},
              {"stream": 1, "id": "audio", "participant": "candidate"}]  # fmt: skip
    base = {"version": 1, "participants": people, "tracks": tracks, "clock_mapping": "platform"}
    late = [{"time_ms": 90_000, "type": "question_start", "question_id": "q1"},
            {"time_ms": 95_000, "type": "question_end", "question_id": "q1"}]  # fmt: skip
    files = {
        "past_end": {**base, "events": late},
        "unknown_role": {**base, "participants": [{"id": "candidate", "role": "wizard"}]},
        "unknown_stream": {**base, "tracks": [*tracks, {"stream": 7, "id": "extra", "participant": "candidate"}]},
        "unknown_participant": {**base, "tracks": [tracks[0], {**tracks[1], "participant": "nobody"}]},
        "wrong_order": {**base, "events": [{**late[0], "time_ms": 1500}, {**late[1], "time_ms": 400}]},
        "wrong_version": {**base, "version": 99},
        "unknown_field": {**base, "mood": "happy"},
    }
    events = folder / "events"
    events.mkdir(exist_ok=True)
    for name, content in files.items():
        (events / f"{name}.events.json").write_text(json.dumps(content, indent=1) + "\n")
    (events / "not_json.events.json").write_text("{ version: one,")
    (folder / "contradicting.events.json").write_text(json.dumps(files["past_end"], indent=1) + "\n")


def write(folder, timeline, seed):
    """Writes every file of testdata/media."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    end = CLIP_FROM_S + CLIP_S
    pictures = [frame for _, frame, _ in frames(timeline, seed, CLIP_FROM_S, end)]
    rate = dialogue.RATE_HZ
    sound = timeline.candidate[int(CLIP_FROM_S * rate) : int(end * rate)]
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        wav = scratch / "clip.wav"
        dialogue.write_wav(wav, sound)
        _clips(folder, pictures, wav, scratch)
        _special(folder, timeline, seed, wav, scratch)
        two = [*SMALL, *AAC, "-t", "2"]
        _encode(folder / "contradicting.mp4", pictures[:50], wav, two)
        _encode(folder / "small_end.mp4", pictures[:50], wav, two)
        _encode(folder / "small_front.mp4", pictures[:50], wav, [*two, "-movflags", "+faststart"])
    _still(folder / "face.jpg", pictures[10])
    _still(folder / "face.png", cv2.resize(pictures[10], (320, 180), interpolation=cv2.INTER_AREA))
    _broken(folder)
    _contradictions(folder)
