"""Messages of interview platforms, in each platform's own shape, with drawn pictures and a tone.

    python3 testdata/generate/platforms.py        # writes testdata/platforms/*/*.json

Needs ffmpeg only. Every file says which pages and repositories its shape follows, what was verified there and what
could not be. Nobody is in them: names are made up, pictures are ffmpeg's colour bars, the sound is a sine.
"""

import base64
import json
import math
import pathlib
import struct
import subprocess
import tempfile

OUT = pathlib.Path(__file__).resolve().parent.parent / "platforms"
WIDTH, HEIGHT = 64, 48


def ffmpeg(*arguments):
    """What ffmpeg writes to a file of this ending, the last argument."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / f"out.{arguments[-1]}"
        command = ["ffmpeg", "-v", "error", "-bitexact", *arguments[:-1], "-fflags", "+bitexact", str(path)]
        subprocess.run(command, check=True)
        return path.read_bytes()


def bars(size, rate, frames):
    return ["-f", "lavfi", "-i", f"smptebars=size={size}:rate={rate}", "-frames:v", str(frames)]


def moving(frames):
    return ["-f", "lavfi", "-i", f"testsrc2=size={WIDTH}x{HEIGHT}:rate=25", "-frames:v", str(frames)]


def jpeg():
    return ffmpeg(*bars(f"{WIDTH}x{HEIGHT}", 5, 1), "-q:v", "12", "jpg")


def png():
    return ffmpeg(*bars("640x360", 2, 1), "-pix_fmt", "pal8", "png")


def raw(pixels, width=32, height=24):
    return ffmpeg(*bars(f"{width}x{height}", 25, 1), "-pix_fmt", pixels, "-f", "rawvideo", "yuv")


def h264(frames):
    """Access units, Annex B, one key frame and then predicted ones, parameter sets in band."""
    stream = ffmpeg(*moving(frames), "-pix_fmt", "yuv420p", "-c:v", "libx264",
                    "-profile:v", "baseline", "-threads", "1", "-x264-params", "aud=1:keyint=250:scenecut=0",
                    "-qp", "34", "h264")
    delimiter = b"\x00\x00\x00\x01\x09"
    return [delimiter + unit for unit in stream.split(delimiter)[1:]]


def ivf(codec, frames):
    stream = ffmpeg(*moving(frames), "-pix_fmt", "yuv420p", "-c:v", codec, "-b:v", "60k", "-threads", "1", "ivf")
    units, at = [], struct.unpack_from("<H", stream, 6)[0]
    while at < len(stream):
        (size,) = struct.unpack_from("<I", stream, at)
        units.append(stream[at + 12:at + 12 + size])
        at += 12 + size
    return units


def opus(packets):
    """20 ms Opus packets of a tone, out of their Ogg pages."""
    seconds = packets * 0.02
    stream = ffmpeg("-f", "lavfi", "-i", f"sine=440:r=48000:d={seconds}", "-c:a", "libopus", "-b:a", "24k", "ogg")
    found, at, rest = [], 0, b""
    while at < len(stream):
        count = stream[at + 26]
        sizes = stream[at + 27:at + 27 + count]
        at += 27 + count
        for size in sizes:
            rest += stream[at:at + size]
            at += size
            if size < 255:
                found.append(rest)
                rest = b""
    return [p for p in found if not p.startswith((b"OpusHead", b"OpusTags"))][:packets]


def tone(rate, milliseconds, start=0, channels=1):
    """16-bit little-endian samples, interleaved."""
    count = rate * milliseconds // 1000
    values = (int(6000 * math.sin(2 * math.pi * 440 * (start + i) / rate)) for i in range(count))
    return b"".join(struct.pack("<h", v) * channels for v in values)


def mulaw(samples):
    """ITU-T G.711, by its definition: sign, three bits of exponent, four of mantissa, all inverted."""
    out = bytearray()
    for (value,) in struct.iter_unpack("<h", samples):
        sign, magnitude = (0x80 if value < 0 else 0), min(abs(value), 32635) + 132
        exponent = magnitude.bit_length() - 8
        out.append(~(sign | exponent << 4 | magnitude >> exponent + 3 & 15) & 255)
    return bytes(out)


def b64(data):
    return base64.b64encode(data).decode()


def write(path, head, before_open, messages):
    path = OUT / path
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {**head, "before_open": before_open, "messages": messages}
    lines = ["{"]
    for key in ("platform", "source", "verified", "unverified"):
        lines.append(f'  "{key}": {json.dumps(document[key], ensure_ascii=False)},')
    for key, end in (("before_open", ","), ("messages", "")):
        body = ",\n".join("    " + json.dumps(m, ensure_ascii=False) for m in document[key])
        lines.append(f'  "{key}": [\n{body}\n  ]{end}')
    path.write_text("\n".join(lines) + "\n}\n")


# === Zoom RTMS ===

ZOOM = {
    "platform": "zoom_rtms",
    "source": [
        "https://developers.zoom.us/docs/rtms/event-reference/ (media handshake response, events, audio and video data)",
        "https://developers.zoom.us/docs/rtms/data-types/ (enumerations)",
        "https://developers.zoom.us/docs/rtms/meetings/video-single-stream/ (video on and off, subscription)",
        "https://github.com/zoom/rtms-samples MEDIA_PARAMETERS.md (codes of media parameters)",
    ],
    "verified": [
        "msg_type, event_type, state and parameter codes", "content.user_id, user_name, data, length, timestamp",
        "media_params.audio and video of the handshake response", "timestamp is Unix milliseconds",
        "JPG and PNG only up to 5 pictures a second",
    ],
    "unverified": [
        "byte order of L16 (taken as little-endian, as the samples write it to WAV)",
        "whether content.timestamp is that of the first sample or of sending",
        "whether one H264 message is one access unit", "user_id of mixed audio (taken as any, the track is the mixture)",
        "fields of event 7 beside its type and timestamp",
    ],
}
T0 = 1738392033000


def zoom_content(kind, user, at, data):
    name = {16778240: "A. Applicant", 16779264: "I. Interviewer"}[user]
    content = {"user_id": user, "user_name": name, "data": b64(data), "length": len(data), "timestamp": at}
    return {"msg_type": kind, "content": content}


def zoom_event(kind, at, **fields):
    return {"msg_type": 6, "event": {"event_type": kind, "timestamp": at, **fields}}


def zoom_set_up(audio, video):
    people = [{"user_id": "16778240", "user_name": "A. Applicant"},
              {"user_id": "16779264", "user_name": "I. Interviewer"}]
    return [
        {"msg_type": 2, "protocol_version": 1, "sequence": 0, "status_code": 0, "reason": "",
         "media_server": {"server_urls": {"all": "wss://127.0.0.1:443"}}},
        zoom_event(1, T0), zoom_event(3, T0, participants=people),
        {"msg_type": 4, "protocol_version": 1, "status_code": 0, "reason": "", "sequence": 0,
         "payload_encrypted": False, "media_params": {"audio": audio, "video": video}},
        zoom_event(8, T0, participants=[{"user_id": 16778240}]),
    ]


def zoom():
    candidate, interviewer = 16778240, 16779264
    picture, audio = jpeg(), {"content_type": 2, "sample_rate": 1, "channel": 1, "codec": 1, "data_opt": 2, "send_rate": 100}
    messages = []
    # A backlog of sound first, as kept since the start of the stream; then picture and sound as they come.
    for i in range(4):
        messages.append(zoom_content(14, interviewer, T0 + 100 * i, tone(16000, 100, 1600 * i)))
    messages.append(zoom_event(2, T0 + 400, user_id=candidate, user_name="A. Applicant"))
    for i in range(4, 10):
        messages.append(zoom_content(14, candidate, T0 + 100 * i, tone(16000, 100, 1600 * i)))
        if i % 2 == 0:
            messages.append(zoom_content(15, candidate, T0 + 100 * i + 7, picture))
    messages += [
        {"msg_type": 12, "timestamp": T0 + 1000},
        zoom_content(16, interviewer, T0 + 1000, picture),
        zoom_content(15, interviewer, T0 + 1000, picture),
        # Replayed after a reconnect of the media connection.
        zoom_event(7, T0 + 1050),
        zoom_content(14, candidate, T0 + 900, tone(16000, 100)),
        zoom_content(14, candidate, T0 + 1100, tone(16000, 100)),
        zoom_content(15, candidate, T0 + 1107, picture),
        zoom_event(9, T0 + 1200, participants=[{"user_id": candidate}]),
        {"msg_type": 17, "content": {"user_id": candidate, "user_name": "A. Applicant", "start_time": T0,
                                     "end_time": T0 + 900, "timestamp": T0 + 1200, "language": 9, "data": "hello"}},
        {"msg_type": 8, "state": 4, "reason": 8, "timestamp": T0 + 1300},
    ]
    video = {"content_type": 3, "codec": 5, "resolution": 2, "data_opt": 4, "fps": 5}
    write("zoom_rtms/jpg_5fps.json", ZOOM, zoom_set_up(audio, video), messages)

    audio = {"content_type": 2, "sample_rate": 3, "channel": 1, "codec": 4, "data_opt": 2, "send_rate": 20}
    video = {"content_type": 3, "codec": 7, "resolution": 1, "data_opt": 4, "fps": 25}
    units, packets, messages = h264(10), opus(20), []
    for i, packet in enumerate(packets):
        messages.append(zoom_content(14, candidate, T0 + 20 * i, packet))
        if i % 2 == 0:
            messages.append(zoom_content(15, candidate, T0 + 20 * i + 5, units[i // 2]))
    messages.append(zoom_content(14, interviewer, T0 + 400, packets[0]))
    write("zoom_rtms/h264_25fps.json", ZOOM, zoom_set_up(audio, video), messages)


# === Teams ===

TEAMS = {
    "platform": "teams_media_bot",
    "source": [
        "https://microsoftgraph.github.io/microsoft-graph-comms-samples/docs/bot_media/ (AudioMediaBuffer, UnmixedAudioBuffer, VideoMediaBuffer)",
        "https://learn.microsoft.com/microsoftteams/platform/bots/calls-and-meetings/real-time-media-concepts (formats, 20 ms of sound)",
        "https://github.com/microsoftgraph/microsoft-graph-comms-samples (BotMediaStream.cs: roster by MediaStreams.SourceId)",
    ],
    "verified": [
        "names and types of the buffers' properties", "AudioMediaBuffer.Timestamp is that of receipt by the bot",
        "OriginalSenderTimestamp is in 100 ns and may be 0 for seconds", "H264 buffers are Annex B, whole frames, with SPS and PPS",
        "participant.mediaStreams[].sourceId is the media source id", "16 kHz, 16 bits, 640 bytes for 20 ms",
    ],
    "unverified": [
        "zero of Timestamp, and whether sound and pictures share it (each is moved by its own receipt)",
        "unit of VideoMediaBuffer.Timestamp (taken as 100 ns, as of the audio buffers)",
        "mediaType of a shared screen (taken as videoBasedScreenSharing, of Microsoft Graph's enumeration)",
        "byte order of Rgb24 and Yuy2 (refused)", "JSON form of the buffers: they are memory; the form here is a recording's",
    ],
}


def teams():
    rx0, tick0 = 1738392033000000, 6_300_000_000
    # A bot's clock runs; receipt jitters by some milliseconds.
    def video(i, msi, width=32, height=24, stride=32, data=None):
        data = data if data is not None else raw("nv12", width, height)
        return {"callback": "VideoMediaReceived", "Timestamp": tick0 + 666_667 * i, "MediaSourceId": msi,
                "VideoFormat": {"Width": width, "Height": height, "VideoColorFormat": "NV12", "FrameRate": 0},
                "OriginalVideoFormat": {"Width": width, "Height": height, "VideoColorFormat": "NV12", "FrameRate": 15},
                "Stride": stride, "Length": len(data), "Data": b64(data), "received_unix_us": rx0 + 66_667 * i + 3_000 * (i % 2)}

    def audio(i, *buffers):
        unmixed = [{"ActiveSpeakerId": msi, "Length": len(data), "OriginalSenderTimestamp": 0, "Data": b64(data)}
                   for msi, data in buffers]
        return {"callback": "AudioMediaReceived", "Timestamp": tick0 + 200_000 * i, "AudioFormat": "Pcm16K",
                "IsSilence": False, "Length": 0, "ActiveSpeakers": [m for m, _ in buffers],
                "UnmixedAudioBuffers": unmixed, "received_unix_us": rx0 + 20_000 * i + 1_000 * (i % 3)}

    def person(name, audio_id, video_id, **more):
        streams = [{"mediaType": "audio", "sourceId": str(audio_id), "direction": "sendReceive", "serverMuted": False}]
        if video_id:
            streams.append({"mediaType": "video", "sourceId": str(video_id), "direction": "sendReceive"})
        return {"id": f"participant-{audio_id}", "isInLobby": False, "isMuted": False, "mediaStreams": streams,
                "info": {"identity": {"user": {"id": f"user-{audio_id}", "displayName": name}}}, **more}

    candidate, host = person("A. Applicant", 101, 102), person("I. Interviewer", 201, 202)
    waiting = person("Nobody yet", 301, None, isInLobby=True)
    host["mediaStreams"].append({"mediaType": "videoBasedScreenSharing", "sourceId": "203", "direction": "sendOnly"})
    before = [{"callback": "ParticipantsUpdated", "participants": [candidate, host, waiting], "received_unix_us": rx0 - 5_000_000}]
    messages = [audio(i, (101, tone(16000, 20, 320 * i))) for i in range(5)]
    messages.append({"callback": "DominantSpeakerChanged", "CurrentDominantSpeaker": 101, "received_unix_us": rx0 + 90_000})
    messages += [video(0, 102), video(1, 102), video(2, 102, 48, 32, 64, raw("nv12", 64, 32))]
    messages += [audio(5, (101, tone(16000, 20)), (201, tone(16000, 20))), video(3, 202), video(4, 203)]
    muted = {**candidate, "isMuted": True}
    messages += [{"callback": "ParticipantsUpdated", "participants": [muted], "received_unix_us": rx0 + 300_000},
                 audio(6, (999, tone(16000, 20)))]
    write("teams/nv12_15fps.json", TEAMS, before, messages)


# === Google Meet ===

MEET = {
    "platform": "google_meet",
    "source": [
        "https://developers.google.com/meet/media-api/guides/virtual-streams (three streams of sound, CSRC and SSRC)",
        "https://github.com/googleworkspace/meet-media-api-samples cpp/api (AudioFrame, VideoFrame, media entries), cpp/internal/conference_media_tracks.h (CSRC 42), web/internal/channel_handlers/media_entries_channel_handler.ts (JSON of the data channel)",
        "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time (absolute capture time: UQ32.32 NTP, offset Q32.32)",
    ],
    "verified": [
        "media-entries: resources[].id, mediaEntry.{participant, participantKey, audioCsrc, videoCsrcs, screenshare, audioMuted, videoMuted}, deletedResources[].id",
        "CSRC 42 marks the loudest speaker", "contributing_source, synchronization_source and PCM of the reference client's frames",
    ],
    "unverified": [
        "that Meet sends absolute capture time on every stream, and its offset (the documentation asks for the extension to be offered)",
        "JSON of the participants channel (field names of the TypeScript types)",
        "JSON form of frames: they are memory; the form here is a recording's",
        "that an encoded stream starts with a key frame when it changes hands",
    ],
}


def meet():
    unix0, rx0 = 1738392033, 1738392033_060000  # captured on the full second, received 60 ms later

    def ntp(us):
        return (unix0 + 2208988800 << 32) + (us << 32) // 1_000_000

    def entry(id, key, audio, video, **more):
        return {"id": id, "mediaEntry": {"participantKey": f"participants/{key}", "sessionName": f"participants/{key}/participantSessions/1",
                                         "audioCsrc": audio, "videoCsrcs": video, "presenter": False, "screenshare": False,
                                         "audioMuted": False, "videoMuted": False, **more}}

    def frame(kind, us, csrc, ssrc, data, **more):
        return {"frame": kind, "contributing_source": csrc, "synchronization_source": ssrc,
                "absolute_capture_timestamp": ntp(us), "estimated_capture_clock_offset": 0,
                "received_unix_us": rx0 + us, **more, "data": b64(data)}

    people = {"channel": "participants", "resources": [
        {"id": 1, "participant": {"participantKey": "participants/cand", "anonymousUser": {"displayName": "A. Applicant"}}},
        {"id": 2, "participant": {"participantKey": "participants/host", "signedInUser": {"user": "users/7", "displayName": "I. Interviewer"}}}]}
    entries = {"channel": "media-entries", "received_unix_us": rx0 - 1_000_000, "resources": [
        entry(1, "cand", 1001, [1002]), entry(2, "host", 2001, [2002]),
        entry(3, "host", 0, [2003], screenshare=True, presenter=True)]}
    before = [people, entries]

    messages, yuv = [], raw("yuv420p")
    for i in range(3):  # the candidate on the sound stream 11 and the picture stream 21
        messages.append(frame("audio", 20_000 * i, 1001, 11, tone(48000, 20, 960 * i), number_of_frames=960,
                              is_from_loudest_speaker=i == 0))
        messages.append(frame("video", 20_000 * i + 5_000, 1002, 21, yuv, width=32, height=24))
    # The streams change hands: the interviewer speaks on 11, is shown on 21.
    messages.append(frame("audio", 60_000, 2001, 11, tone(48000, 20), number_of_frames=960, is_from_loudest_speaker=True))
    messages.append(frame("video", 65_000, 2002, 21, yuv, width=32, height=24))
    messages.append(frame("video", 70_000, 2003, 22, yuv, width=32, height=24))
    # And back, the candidate's pictures on another stream.
    messages.append(frame("audio", 80_000, 1001, 12, tone(48000, 20), number_of_frames=960))
    messages.append(frame("video", 85_000, 1002, 23, yuv, width=32, height=24))
    messages.append({"channel": "media-entries", "received_unix_us": rx0 + 100_000,
                     "resources": [entry(1, "cand", 1001, [1002], audioMuted=True)], "deletedResources": [{"id": 3, "mediaEntry": True}]})
    messages.append(frame("audio", 120_000, 7777, 13, tone(48000, 20), number_of_frames=960))
    write("meet/decoded.json", MEET, before, messages)

    packets, frames, messages = opus(10), ivf("libvpx", 5), []
    for i, packet in enumerate(packets):
        messages.append(frame("audio", 20_000 * i, 1001, 11, packet))
        if i % 2 == 0:
            messages.append(frame("video", 20_000 * i + 5_000, 1002, 21, frames[i // 2], keyframe=i == 0))
    write("meet/encoded.json", MEET, before, messages)


# === Recall.ai ===

RECALL = {
    "platform": "recall_ai",
    "source": [
        "https://docs.recall.ai/docs/real-time-event-payloads (participant events, audio and video data)",
        "https://docs.recall.ai/docs/real-time-video (PNG 360p at 2 a second, H264, type webcam or screenshare)",
        "https://docs.recall.ai/docs/how-to-get-separate-audio-per-participant-realtime (16 kHz, mono, S16LE)",
    ],
    "verified": [
        "event names", "data.data.{buffer, timestamp.relative, timestamp.absolute, participant.id, name, is_host, platform, extra_data, type}",
        "sound is 16 kHz mono S16LE", "PNG is 360p at 2 a second, H264 varies in size and rate",
    ],
    "unverified": [
        "whether one H264 event is one access unit", "how sound and pictures relate in time, and what relative counts to the last millisecond",
        "length of one audio buffer",
    ],
}


def recall_event(event, seconds, id, **data):
    people = {100: ("I. Interviewer", True), 200: ("A. Applicant", False)}
    name, host = people[id]
    participant = {"id": id, "name": name, "is_host": host, "platform": "zoom", "extra_data": {}, "email": None}
    stamp = {"absolute": f"2025-02-01T06:40:{33 + seconds:09.6f}Z", "relative": seconds}
    outer = {"realtime_endpoint": {"id": "re-1", "metadata": {}}, "recording": {"id": "rec-1", "metadata": {}},
             "bot": {"id": "bot-1", "metadata": {}}}
    return {"event": event, "data": {"data": {"participant": participant, "timestamp": stamp, **data}, **outer}}


def recall():
    join = [recall_event("participant_events.join", 1.5, id, data=None) for id in (100, 200)]
    picture, messages = png(), []
    for i in range(4):
        at = 12.25 + i * 0.5
        messages.append(recall_event("video_separate_png.data", at, 200, type="webcam", buffer=b64(picture)))
        for k in range(2):
            sound = b64(tone(16000, 100, 1600 * k))
            messages.append(recall_event("audio_separate_raw.data", round(at + 0.1 * k, 6), 200 if i % 2 else 100, buffer=sound))
        if i == 0:
            messages.append(recall_event("participant_events.speech_on", 12.5, 100, data=None))
    messages += [
        recall_event("participant_events.speech_off", 14.0, 100, data=None),
        recall_event("video_separate_png.data", 14.25, 100, type="webcam", buffer=b64(picture)),
        recall_event("video_separate_png.data", 14.25, 200, type="screenshare", buffer=b64(picture)),
        recall_event("participant_events.webcam_off", 14.5, 200, data=None),
        recall_event("participant_events.chat_message", 14.6, 200, data={"text": "hello", "to": "everyone"}),
        recall_event("participant_events.webcam_on", 14.75, 200, data=None),
    ]
    write("recall/png_2fps.json", RECALL, join, messages)

    messages = []
    for i, unit in enumerate(h264(10)):
        at = round(12.25 + i * 0.04, 6)
        messages.append(recall_event("video_separate_h264.data", at, 200, type="webcam", buffer=b64(unit)))
        messages.append(recall_event("audio_separate_raw.data", at, 200, buffer=b64(tone(16000, 40, 640 * i))))
    messages.append(recall_event("audio_separate_raw.data", 12.65, 100, buffer=b64(tone(16000, 40))))
    write("recall/h264.json", RECALL, join, messages)


# === LiveKit ===

LIVEKIT = {
    "platform": "livekit",
    "source": [
        "https://github.com/livekit/rust-sdks libwebrtc/src/video_frame.rs, audio_frame.rs (frames), livekit-ffi/src/server/colorcvt/cvtimpl.rs (order of RGB bytes)",
        "https://github.com/livekit/python-sdks livekit-rtc/livekit/rtc/video_frame.py, video_stream.py (buffers, strides), examples/basic_room.py (events of a room)",
    ],
    "verified": [
        "timestamp_us, rotation, buffer types and strides of video frames", "audio frames have no time: data, sample_rate, num_channels, samples_per_channel",
        "RGBA, ABGR, ARGB, BGRA and RGB24 name the order of the bytes in memory", "names of the room's events",
    ],
    "unverified": [
        "zero of timestamp_us on received frames, and that it keeps its rate over a reconnect",
        "TrackSource names (of the protocol's enumeration)", "JSON form of events and frames: they are memory; the form here is a recording's",
    ],
}


def livekit():
    rx0, own0 = 1738392033_000000, 77_000_000
    people = {"applicant": ("A. Applicant", "TR_VA", "TR_AA"), "host": ("I. Interviewer", "TR_VH", "TR_AH")}

    def participant(identity):
        return {"sid": f"PA_{identity}", "identity": identity, "name": people[identity][0]}

    def subscribed(identity, sid, source, event="track_subscribed", at=rx0 - 500_000):
        kind = "KIND_AUDIO" if source == "SOURCE_MICROPHONE" else "KIND_VIDEO"
        publication = {"sid": sid, "kind": kind, "source": source, "muted": event == "track_muted"}
        return {"event": event, "participant": participant(identity), "publication": publication, "received_unix_us": at}

    def video(us, width=32, height=24, sid="TR_VA", **more):
        strides = [width, width // 2, width // 2]
        return {"event": "video_frame", "track_sid": sid, "timestamp_us": own0 + us, "rotation": "VIDEO_ROTATION_0", "type": "I420",
                "width": width, "height": height, "strides": strides, "data": b64(raw("yuv420p", width, height)),
                "received_unix_us": rx0 + us + 2_000, **more}

    def audio(us, sid="TR_AA"):
        return {"event": "audio_frame", "track_sid": sid, "sample_rate": 48000, "num_channels": 1, "samples_per_channel": 480,
                "data": b64(tone(48000, 10, 48 * us // 1000)), "received_unix_us": rx0 + us}

    before = [{"event": "participant_connected", "participant": participant(i)} for i in people]
    for identity, (_, camera, microphone) in people.items():
        before += [subscribed(identity, camera, "SOURCE_CAMERA"), subscribed(identity, microphone, "SOURCE_MICROPHONE")]
    messages = []
    for i in range(8):
        messages.append(audio(10_000 * (i + 1)))
        if i % 4 == 0:
            messages.append(video(10_000 * i + 12_000))
    messages += [
        {"event": "active_speakers_changed", "speakers": [participant("applicant"), participant("host")], "received_unix_us": rx0 + 85_000},
        audio(90_000, "TR_AH"),
        video(92_000, 64, 48),  # another simulcast layer
        subscribed("host", "TR_SH", "SOURCE_SCREENSHARE", at=rx0 + 95_000), video(96_000, sid="TR_SH"), video(97_000, sid="TR_VH"),
        video(100_000, rotation="VIDEO_ROTATION_90"),
        subscribed("applicant", "TR_AA", "SOURCE_MICROPHONE", "track_muted", rx0 + 110_000),
        {"event": "reconnected", "received_unix_us": rx0 + 2_000_000},
        # After the reconnect the SDK's clock starts anew, the tracks keep their ids here.
        video(2_050_000, 64, 48, timestamp_us=1_000),
    ]
    write("livekit/room.json", LIVEKIT, before, messages)


# === Daily ===

DAILY = {
    "platform": "daily",
    "source": [
        "https://github.com/daily-co/daily-python daily.pyi, src/media/video_frame.rs, src/media/audio_data.rs (frames), docs/src/types.rst (Participant, ColorFormat), src/call_client/event.rs (actions)",
    ],
    "verified": [
        "VideoFrame: buffer, width, height, timestamp_us (time of receipt), color_format", "AudioData: bits_per_sample, sample_rate, num_channels, num_audio_frames, audio_frames; no time",
        "ColorFormat ABGR, ARGB, BGRA, RGBA, RGB, I420", "media.{camera, microphone}.state and its words", "names of the events",
    ],
    "unverified": [
        "order of the bytes of BGRA, ARGB and ABGR (RGBA is read as such by the demos)", "zero of timestamp_us",
        "argument of active-speaker-changed (taken as a participant with its id)", "JSON form of frames: they are memory; the form here is a recording's",
    ],
}


def daily():
    rx0, own0 = 1738392033_000000, 1738392033_000000
    cand, host = "6f0ce557-e6e4-409f-bae9-fe5663ba4ae7", "0a1b2c3d-0000-4000-8000-000000000001"

    def participant(id, microphone="playable", camera="playable", action="participant-updated", at=rx0 - 100_000):
        info = {"isLocal": False, "isOwner": id == host, "userName": "I. Interviewer" if id == host else "A. Applicant"}
        media = {"camera": {"state": camera, "subscribed": "subscribed", "offReasons": []},
                 "microphone": {"state": microphone, "subscribed": "subscribed", "offReasons": ["user"] if microphone == "off" else []}}
        return {"action": action, "participant": {"id": id, "info": info, "media": media}, "received_unix_us": at}

    def video(us, id=cand, **more):
        return {"action": "video-frame", "participant_id": id, "video_source": "camera", "width": 32, "height": 24, "timestamp_us": own0 + us,
                "color_format": "RGBA", "buffer": b64(raw("rgba")), "received_unix_us": rx0 + us + 700, **more}

    def audio(us, id=cand):
        return {"action": "audio-data", "participant_id": id, "bits_per_sample": 16, "sample_rate": 16000, "num_channels": 1,
                "num_audio_frames": 160, "audio_frames": b64(tone(16000, 10)), "received_unix_us": rx0 + us}

    before = [participant(cand, "loading", "loading", "participant-joined"), participant(host, "playable", "off", "participant-joined")]
    messages = [audio(10_000), audio(20_000), video(20_000), participant(cand, at=rx0 + 25_000), audio(30_000),
                {"action": "active-speaker-changed", "participant": {"id": host}, "received_unix_us": rx0 + 32_000},
                audio(40_000, host), video(53_000), video(60_000, host), video(61_000, video_source="screenVideo"),
                participant(cand, "off", at=rx0 + 70_000), participant(cand, "off", at=rx0 + 71_000), video(86_000),
                {"action": "participant-left", "participant": {"id": host}, "reason": "leftCall", "received_unix_us": rx0 + 90_000}]
    write("daily/call.json", DAILY, before, messages)


# === Twilio ===

TWILIO = {
    "platform": "twilio_media_streams",
    "source": ["https://www.twilio.com/docs/voice/media-streams/websocket-messages (connected, start, media, dtmf, stop, mark)"],
    "verified": [
        "event names and fields; numbers of media are texts", "mediaFormat audio/x-mulaw, 8000 Hz, 1 channel", "media.timestamp: milliseconds from the start of the stream",
        "tracks inbound and outbound",
    ],
    "unverified": ["whether media.chunk counts per track or per stream (not used)", "whether timestamp is that of a chunk's first sample"],
}


def twilio():
    sid, call, account = "MZ18ad3ab5a668481ce02b83e7395059f0", "CA0123456789abcdef0123456789abcdef", "AC0123456789abcdef0123456789abcdef"
    start = {"streamSid": sid, "accountSid": account, "callSid": call, "tracks": ["inbound", "outbound"], "customParameters": {},
             "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}}
    before = [{"event": "connected", "protocol": "Call", "version": "1.0.0"},
              {"event": "start", "sequenceNumber": "1", "start": start, "streamSid": sid}]
    messages, number = [], 2

    def media(track, chunk, at):
        nonlocal number
        messages.append({"event": "media", "sequenceNumber": str(number), "streamSid": sid,
                         "media": {"track": track, "chunk": str(chunk), "timestamp": str(at), "payload": b64(mulaw(tone(8000, 20, 160 * chunk)))}})
        number += 1

    for i in range(10):
        media("inbound", i + 1, 5 + 20 * i)
        if i < 4:
            media("outbound", i + 1, 9 + 20 * i)
    messages.append({"event": "dtmf", "streamSid": sid, "sequenceNumber": str(number), "dtmf": {"track": "inbound_track", "digit": "1"}})
    messages.append({"event": "mark", "streamSid": sid, "sequenceNumber": str(number + 1), "mark": {"name": "question-1"}})
    messages.append({"event": "stop", "streamSid": sid, "sequenceNumber": str(number + 2), "stop": {"accountSid": account, "callSid": call}})
    write("twilio/call.json", TWILIO, before, messages)


# === WebCodecs ===

WEBCODECS = {
    "platform": "webcodecs",
    "source": [
        "https://www.w3.org/TR/webcodecs/ (VideoFrame, AudioData, PlaneLayout, EncodedVideoChunk, formats)",
        "https://www.w3.org/TR/webcodecs-avc-codec-registration/ (annexb and avc, description)",
        "https://developer.mozilla.org/docs/Web/API/MediaStreamTrackProcessor",
    ],
    "verified": [
        "names and units of the attributes; timestamp is whole microseconds", "VideoPixelFormat and AudioSampleFormat words",
        "format is null for frames that were not converted", "PlaneLayout offset and stride",
    ],
    "unverified": [
        "whether the stamps of sound and pictures of one capture share a zero (left to the browser)",
        "JSON form of a relay: there is no standard; the form here has the standard's names",
    ],
}


def webcodecs():
    rx0 = 1738392033_000000
    yuv = raw("yuv420p")

    def planar(channels, at):
        one = b"".join(struct.pack("<f", v / 32768) for (v,) in struct.iter_unpack("<h", tone(48000, 10, at)))
        return one * channels

    def video(us, data=yuv, **more):
        return {"type": "video-frame", "participant": "me", "format": "I420", "codedWidth": 32, "codedHeight": 24,
                "visibleRect": {"x": 0, "y": 0, "width": 32, "height": 24}, "displayWidth": 32, "displayHeight": 24, "rotation": 0,
                "flip": False, "timestamp": us, "duration": None, "layout": [{"offset": 0, "stride": 32}, {"offset": 768, "stride": 16}, {"offset": 960, "stride": 16}],
                "received_unix_us": rx0 + us + 4_000, **more, "data": b64(data)}

    def audio(us, who="me"):
        return {"type": "audio-data", "participant": who, "format": "f32-planar", "sampleRate": 48000, "numberOfFrames": 480, "numberOfChannels": 2,
                "timestamp": us, "duration": 10000, "data": b64(planar(2, 48 * us // 1000)), "received_unix_us": rx0 + us + 1_000}

    def track(kind, who="me", **more):
        return {"type": f"{kind}-track", "participant": who, **more}

    space = {"primaries": "bt709", "transfer": "bt709", "matrix": "bt709", "fullRange": False}
    sound = {"format": "f32-planar", "sampleRate": 48000, "numberOfChannels": 2}
    before = [track("video", format="I420", colorSpace=space, frameRate=30), track("audio", **sound), track("audio", "host", **sound)]
    messages = [audio(0), video(3_000), audio(10_000), audio(20_000), video(36_000), audio(11_000, "host")]
    null = video(69_000)
    null.update(format=None, layout=[])
    null.pop("data")
    small = raw("yuv420p", 16, 16)
    layout = [{"offset": 0, "stride": 16}, {"offset": 256, "stride": 8}, {"offset": 320, "stride": 8}]
    messages += [null, video(102_000, small, codedWidth=16, codedHeight=16, visibleRect={"x": 0, "y": 0, "width": 16, "height": 16}, layout=layout),
                 video(135_000, rotation=90), {"type": "mute", "participant": "me", "kind": "video", "received_unix_us": rx0 + 150_000}]
    write("webcodecs/raw.json", WEBCODECS, before, messages)

    units, packets, messages = h264(5), opus(10), []
    before = [track("video", codec="avc1.42001f", frameRate=25), track("audio", codec="opus", sampleRate=48000, numberOfChannels=1),
              track("audio", "host", codec="opus", sampleRate=48000, numberOfChannels=1)]
    for i, packet in enumerate(packets):
        messages.append({"type": "encoded-audio-chunk", "participant": "me", "chunkType": "key", "timestamp": 20_000 * i,
                         "received_unix_us": rx0 + 20_000 * i, "data": b64(packet)})
        if i % 2 == 0:
            messages.append({"type": "encoded-video-chunk", "participant": "me", "chunkType": "delta" if i else "key", "timestamp": 20_000 * i + 4_000,
                             "received_unix_us": rx0 + 20_000 * i + 9_000, "data": b64(units[i // 2])})
    write("webcodecs/encoded.json", WEBCODECS, before, messages)


if __name__ == "__main__":
    for make in (zoom, teams, meet, recall, livekit, daily, twilio, webcodecs):
        make()
    print(sum(f.stat().st_size for f in OUT.rglob("*.json")) // 1024, "KiB in", OUT)
