"""That the dataclasses say all that the protocol says, and that the generated modules are those of ../../proto."""

from __future__ import annotations

import dataclasses
import enum
import os
import pathlib
import subprocess
import sys
import typing

import pytest
from google.protobuf.message import Message

import liveproof
from liveproof import _wire, enums, events, media
from liveproof.v1 import challenge_pb2, info_pb2, interview_pb2, media_pb2, result_pb2, review_pb2

HERE = pathlib.Path(__file__).resolve().parents[1]

MESSAGES: dict[type, type[Message]] = {
    liveproof.Abstained: result_pb2.Abstained,
    liveproof.AbstainCount: result_pb2.AbstainCount,
    liveproof.CapabilityUpdate: interview_pb2.CapabilityUpdate,
    liveproof.ChallengeCapability: challenge_pb2.ChallengeCapability,
    liveproof.ChallengeParameters: result_pb2.ChallengeParameters,
    liveproof.ChallengePolicy: challenge_pb2.ChallengePolicy,
    liveproof.ChallengeRecord: result_pb2.ChallengeRecord,
    liveproof.ChallengeResult: result_pb2.ChallengeResult,
    liveproof.ChallengeTexts: challenge_pb2.ChallengeTexts,
    liveproof.ChallengeUpdate: challenge_pb2.ChallengeUpdate,
    liveproof.Change: result_pb2.Change,
    liveproof.Comparison: result_pb2.Comparison,
    liveproof.Concluded: challenge_pb2.ChallengeConcluded,
    liveproof.Coverage: result_pb2.Coverage,
    liveproof.EventAck: interview_pb2.EventAck,
    liveproof.Evidence: result_pb2.Evidence,
    liveproof.EvidenceLog: result_pb2.EvidenceLog,
    liveproof.Finding: result_pb2.Finding,
    liveproof.Hello: interview_pb2.Hello,
    liveproof.Info: info_pb2.GetInfoResponse,
    liveproof.Issued: challenge_pb2.ChallengeIssued,
    liveproof.Limits: info_pb2.Limits,
    liveproof.Model: info_pb2.Model,
    liveproof.NoScore: result_pb2.NoScore,
    liveproof.NotCarriedOut: result_pb2.ChallengeNotCarriedOut,
    liveproof.Notice: interview_pb2.QualityNotice,
    liveproof.NotPerformed: result_pb2.ChallengeNotPerformed,
    liveproof.Opened: challenge_pb2.ChallengeOpen,
    liveproof.Participant: media_pb2.Participant,
    liveproof.ParticipantSummary: result_pb2.ParticipantSummary,
    liveproof.Performed: result_pb2.ChallengePerformed,
    liveproof.Quality: result_pb2.Quality,
    liveproof.QuestionGap: result_pb2.QuestionGap,
    liveproof.ReferenceSummary: result_pb2.ReferenceSummary,
    liveproof.Refused: challenge_pb2.ChallengeRefused,
    liveproof.Region: media_pb2.Region,
    liveproof.Reprompt: challenge_pb2.ChallengeReprompt,
    liveproof.Resumed: interview_pb2.Resumed,
    liveproof.Review: review_pb2.Review,
    liveproof.ReviewTerms: info_pb2.ReviewTerms,
    liveproof.Score: result_pb2.Score,
    liveproof.Scored: result_pb2.Scored,
    liveproof.Segment: result_pb2.SegmentResult,
    liveproof.SessionRecord: result_pb2.SessionRecord,
    liveproof.Signal: info_pb2.Signal,
    liveproof.SignalCapability: interview_pb2.SignalCapability,
    liveproof.SignalSummary: result_pb2.SignalSummary,
    liveproof.Span: result_pb2.Span,
    liveproof.StageTimes: result_pb2.StageTimes,
    liveproof.Summary: result_pb2.SessionSummary,
    liveproof.TracePoint: result_pb2.TracePoint,
    liveproof.TrackPosition: interview_pb2.TrackPosition,
    liveproof.Verdict: result_pb2.Verdict,
    media.Layout: media_pb2.PictureLayout,
    media.Plane: media_pb2.Plane,
}

ENUMS: dict[type[enum.IntEnum], tuple[typing.Any, str]] = {
    enums.ClockMapping: (media_pb2.ClockMappingSource, "CLOCK_MAPPING_SOURCE_"),
    enums.Role: (media_pb2.ParticipantRole, "PARTICIPANT_ROLE_"),
}


def wire_names(message: type[Message]) -> set[str]:
    """Fields of a message; those of a oneof under its name."""
    names = set()
    descriptor: typing.Any = message.DESCRIPTOR
    for field in descriptor.fields:
        oneof = field.containing_oneof
        real = oneof is not None and not oneof.name.startswith("_")
        names.add(oneof.name if oneof is not None and real else field.name)
    return names


@pytest.mark.parametrize("cls", MESSAGES, ids=lambda cls: cls.__name__)
def test_no_field_is_forgotten(cls: type) -> None:
    own = {field.name for field in dataclasses.fields(cls)}
    assert own == wire_names(MESSAGES[cls])


def test_no_result_is_forgotten() -> None:
    """Whatever the server can say has a dataclass: every message that its responses reach."""
    known = {message.DESCRIPTOR.full_name for message in MESSAGES.values()}
    # Not for the reader of updates: the envelope, and what the client keeps to itself.
    own = {"liveproof.v1.InterviewResponse", "liveproof.v1.FlowCredit"}
    reached: set[str] = set()
    todo: list[typing.Any] = [interview_pb2.InterviewResponse.DESCRIPTOR, info_pb2.GetInfoResponse.DESCRIPTOR]
    while todo:
        message = todo.pop()
        if message.full_name not in reached:
            reached.add(message.full_name)
            todo += [field.message_type for field in message.fields if field.message_type]
    assert reached - own - known == set()


def test_every_member_of_a_oneof_has_a_class() -> None:
    for cls, message in MESSAGES.items():
        for name, hint in typing.get_type_hints(cls, include_extras=True).items():
            for note in getattr(hint, "__metadata__", ()):
                if isinstance(note, _wire.OneOf):
                    assert set(note.members) == {f.name for f in message.DESCRIPTOR.oneofs_by_name[name].fields}, cls


def test_every_event_can_be_sent() -> None:
    oneof: typing.Any = interview_pb2.ControlEvent.DESCRIPTOR.oneofs_by_name["event"]
    assert set(events.MEMBERS.values()) == {field.name for field in oneof.fields}
    for cls, member in events.MEMBERS.items():
        own = {field.name for field in dataclasses.fields(cls)}
        target = next(field for field in oneof.fields if field.name == member).message_type
        assert own == {field.name for field in target.fields}, cls


@pytest.mark.parametrize("name", enums.__all__)
def test_no_value_is_forgotten(name: str) -> None:
    cls: type[enum.IntEnum] = getattr(enums, name)
    prefix = "".join("_" + c if c.isupper() else c for c in name).strip("_").upper() + "_"
    modules = (media_pb2, result_pb2, challenge_pb2, interview_pb2, review_pb2)
    wire, prefix = ENUMS.get(cls) or (next(getattr(m, name) for m in modules if hasattr(m, name)), prefix)
    assert {member.name: member.value for member in cls} == {
        key.removeprefix(prefix): value for key, value in wire.items()
    }


def test_what_is_not_known_is_never_a_number() -> None:
    segment = _wire.read(liveproof.Segment, result_pb2.SegmentResult(final=True))
    assert isinstance(segment.outcome, liveproof.NoScore)
    person = _wire.read(liveproof.ParticipantSummary, result_pb2.ParticipantSummary())
    assert person.authenticity is None
    assert person.verdict.standing is liveproof.Standing.UNSPECIFIED
    finding = _wire.read(liveproof.Finding, result_pb2.Finding())
    assert isinstance(finding.outcome, liveproof.Abstained)
    assert liveproof.AbstainReason(4711) is liveproof.AbstainReason.UNSPECIFIED
    # Absent is None, and not 0.
    result = _wire.read(liveproof.ChallengeResult, result_pb2.ChallengeResult())
    assert (result.status, result.llr, result.onset_us) == (None, None, None)


def test_results_are_frozen_and_secrets_are_not_shown() -> None:
    score = liveproof.Score(0.9, -2.0, 0.01)
    with pytest.raises(dataclasses.FrozenInstanceError):
        score.authenticity = 1.0  # type: ignore[misc]
    hello = _wire.read(liveproof.Hello, interview_pb2.Hello(resume_token=b"secret-token"))
    assert "secret-token" not in repr(hello)
    assert "secret" not in repr(liveproof.Tls(private_key=b"secret"))


def test_the_generated_modules_are_up_to_date(tmp_path: pathlib.Path) -> None:
    environment = dict(os.environ, PYTHON=sys.executable)
    subprocess.run([HERE / "generate", tmp_path], check=True, env=environment)
    made = {path.name: path.read_text() for path in (tmp_path / "liveproof" / "v1").iterdir()}
    kept = {path.name: path.read_text() for path in (HERE / "src/liveproof/v1").glob("*_pb2.py*")}
    assert sorted(made) == sorted(kept), "run sdk/python/generate"
    for name, text in made.items():
        assert kept[name] == text, f"{name}: run sdk/python/generate"
