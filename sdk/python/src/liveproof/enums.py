"""Enumerations of the protocol.

A value that a later server sends and this version does not know reads as `UNSPECIFIED`, never as a known one.
"""

from __future__ import annotations

import enum

__all__ = [
    "AbstainReason",
    "AudioFormat",
    "CandidateChoice",
    "ChallengeDeclineReason",
    "ChallengeKind",
    "ChallengeMode",
    "ChallengeNeed",
    "ChallengeOutcome",
    "ChallengeSide",
    "ChallengeStanding",
    "ClockMapping",
    "ColorMatrix",
    "ColorRange",
    "NoticeKind",
    "PredictionSet",
    "ReferenceKind",
    "ReportFormat",
    "ReviewState",
    "Role",
    "ScreenColour",
    "SignalConfidence",
    "Standing",
    "VideoFormat",
]


class _WireEnum(enum.IntEnum):
    @classmethod
    def _missing_(cls, value: object) -> _WireEnum | None:
        return cls(0) if isinstance(value, int) and value != 0 else None


class Role(_WireEnum):
    """What a participant is to the interview. Scores are given for candidates."""

    UNSPECIFIED = 0
    CANDIDATE = 1
    INTERVIEWER = 2
    OTHER = 3
    #: Several people on the same tracks, as in a composed recording.
    MIXED = 4
    SCREEN_SHARE = 5


class VideoFormat(_WireEnum):
    """How the payload of a picture is to be read."""

    UNSPECIFIED = 0
    I420 = 1
    NV12 = 2
    RGB24 = 3
    BGR24 = 4
    RGBA = 5
    BGRA = 6
    GRAY8 = 7
    JPEG = 8
    PNG = 9
    WEBP = 10
    H264_ANNEX_B = 11
    #: Length-prefixed; the track's `codec_config` holds avcC.
    H264_AVCC = 12
    VP8 = 13
    VP9 = 14
    AV1 = 15
    #: Annex B start codes.
    HEVC = 16
    I420A = 17
    I422 = 18
    I444 = 19
    #: 10 bits in 16-bit little-endian words.
    I010 = 20
    ARGB = 21
    ABGR = 22


class AudioFormat(_WireEnum):
    """How the payload of sound is to be read."""

    UNSPECIFIED = 0
    S16LE = 1
    F32LE = 2
    S32LE = 3
    MULAW = 4
    ALAW = 5
    G722 = 6
    OPUS = 7


class ColorRange(_WireEnum):
    """Range of luma and chroma code values; unspecified: as the stream says, else limited for YUV."""

    UNSPECIFIED = 0
    LIMITED = 1
    FULL = 2


class ColorMatrix(_WireEnum):
    """Matrix that turns YUV into RGB; unspecified: as the stream says, else by the picture's height."""

    UNSPECIFIED = 0
    BT601 = 1
    BT709 = 2
    BT2020 = 3


class ClockMapping(_WireEnum):
    """How much is known of a track's clock against the session clock."""

    UNSPECIFIED = 0
    #: Sound and pictures carry times of one capture clock.
    PLATFORM = 1
    ESTIMATED = 2
    #: Nothing is known: a constant offset between sound and picture carries no meaning.
    UNKNOWN = 3


class AbstainReason(_WireEnum):
    """Why there is no number. A fact about material or installation, never evidence about a person."""

    UNSPECIFIED = 0
    NO_FACE = 1
    TOO_SHORT = 2
    LOW_QUALITY = 3
    MODEL_MISSING = 4
    DROPPED = 5
    DEADLINE_MISSED = 6
    NO_TRACK = 7
    LOW_FRAME_RATE = 8
    NO_SPEECH = 9
    GATHERING = 10
    AMBIGUOUS_PERSON = 11
    INDECISIVE = 12
    NOT_REQUESTED = 13
    LOW_COVERAGE = 14
    FAILED = 15
    UNFAMILIAR = 16
    EXPERIMENTAL = 17


class PredictionSet(_WireEnum):
    """Which kinds of recordings a number is like."""

    UNSPECIFIED = 0
    REAL = 1
    MANIPULATED = 2
    BOTH = 3
    NEITHER = 4


class ReferenceKind(_WireEnum):
    """Where a reference comes from."""

    UNSPECIFIED = 0
    CLIP = 1
    TRACK = 2
    SESSION = 3
    STRETCH = 4


class Standing(_WireEnum):
    """What a sequential test of the evidence says: an assessment of material, for a person to weigh."""

    UNSPECIFIED = 0
    CONSISTENT_WITH_LIVE = 1
    #: Too little evidence for either; so stands every session that measured nothing.
    INCONCLUSIVE = 2
    #: What was measured differs from live interviews by more than chance would explain.
    STANDS_OUT = 3


class SignalConfidence(_WireEnum):
    """How far a signal's numbers can be trusted on the tracks at hand."""

    UNSPECIFIED = 0
    #: It cannot run.
    NONE = 1
    LIMITED = 2
    FULL = 3


class NoticeKind(_WireEnum):
    """What a notice is about; the protocol's `NoticeKind` says more of each."""

    UNSPECIFIED = 0
    MEDIA_REFUSED = 1
    MEDIA_DROPPED = 2
    MEDIA_LOST = 3
    NO_FACE = 4
    FRAME_RATE = 5
    CLOCK_JUMP = 6
    DRAINING = 7
    DECODE_FAILED = 8
    REFERENCE = 10
    LOAD_SHED = 11
    CHALLENGE = 16
    #: Compressed pictures are lost until the sender's next keyframe.
    KEYFRAME_NEEDED = 20
    MEDIA_LATE = 21
    #: The evidence log lacks entries, or cannot be written; results do not depend on it.
    EVIDENCE = 40


class ChallengeKind(_WireEnum):
    """What the candidate is asked to do."""

    UNSPECIFIED = 0
    HAND_PASS = 1
    HAND_HOLD = 2
    TURN_LEFT = 3
    TURN_RIGHT = 4
    CHEEK_PRESS = 5
    LEAN_IN = 6
    FLASH = 7
    PHRASE = 8
    TURN_BOTH = 9


class ChallengeSide(_WireEnum):
    """A side, the candidate's own; unspecified: either."""

    UNSPECIFIED = 0
    LEFT = 1
    RIGHT = 2


class ScreenColour(_WireEnum):
    """A colour that fills the candidate's screen: #FFB040, #40E070, #4080FF, #E060D0."""

    UNSPECIFIED = 0
    AMBER = 1
    GREEN = 2
    BLUE = 3
    MAGENTA = 4


class ChallengeMode(_WireEnum):
    """Who decides when a challenge is issued; unspecified: manual."""

    UNSPECIFIED = 0
    OFF = 1
    MANUAL = 2
    AUTOMATIC = 3


class ChallengeNeed(_WireEnum):
    """What a challenge needs of the candidate."""

    UNSPECIFIED = 0
    HANDS = 1
    HEAD = 2
    BODY = 3
    VOICE = 4
    FLASHES = 5


class ChallengeStanding(_WireEnum):
    """What a kind of challenge can be judged on."""

    UNSPECIFIED = 0
    SCORED = 1
    #: Measured and shown; its accuracy has not been evaluated, so that it has no vote.
    NOT_EVALUATED = 2
    #: Only whether it was performed is verified.
    COMPLIANCE_ONLY = 3


class ChallengeDeclineReason(_WireEnum):
    """Why a challenge is not carried out; unspecified: the candidate preferred not to."""

    UNSPECIFIED = 0
    PREFERS_NOT = 1
    #: What it needs is not asked for again in this interview.
    CANNOT_PERFORM = 2
    CANCELLED = 3
    NOT_SHOWN = 4


class ChallengeOutcome(_WireEnum):
    """How a challenge ended."""

    UNSPECIFIED = 0
    JUDGED = 1
    EXPIRED = 2
    DECLINED = 3
    CANCELLED = 4
    INTERRUPTED = 5


class CandidateChoice(_WireEnum):
    """Who the candidate of a recording is where a picture shows several people."""

    UNSPECIFIED = 0
    #: The largest and most central face of each picture is followed.
    AS_FOUND = 1
    #: Whoever is at the place where a face is shown longest.
    LONGEST = 2
    #: Everybody at a place of their own, at most six.
    EACH = 3
    #: Whoever is shown in a part of the picture, which is named as a `Region`.
    REGION = 4


class ReviewState(_WireEnum):
    """Where a review job stands."""

    UNSPECIFIED = 0
    QUEUED = 1
    RUNNING = 2
    #: Over: there is a report.
    DONE = 3
    #: Over: the recording could not be reviewed.
    FAILED = 4
    CANCELLED = 5


class ReportFormat(_WireEnum):
    """Forms of a report."""

    UNSPECIFIED = 0
    JSON = 1
    HTML = 2
    CSV = 3
    #: The signed evidence log.
    EVIDENCE = 4
