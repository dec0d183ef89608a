"""What waits, what is kept, what is tried again: without a server."""

from __future__ import annotations

import asyncio
from typing import cast

import grpc
import pytest
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

import liveproof
from liveproof import Overflow, Retry, errors
from liveproof._kept import MOST_WORDS, Kept, Request
from liveproof._outbox import Lane, Outbox, Waiting
from liveproof.access import bearer, target_of


def media(sequence: int, size: int) -> Request:
    return Request(b"m", size, "v", sequence)


def event(event_id: int) -> Request:
    return Request(b"e", event_id=event_id)


def rest(kept: Kept) -> list[Request]:
    return list(iter(kept.next, None))


def test_what_arrived_is_let_go_and_the_rest_is_sent_again() -> None:
    kept = Kept()
    for request in (media(0, 10), event(1), media(1, 20), event(2), media(2, 30)):
        kept.push(request)
    assert len(rest(kept)) == 5
    kept.granted(10)
    kept.acknowledged(1)
    assert len(kept) == 3
    kept.push(media(3, 40))
    # The server had taken one chunk more than it had granted, and the second event.
    at = liveproof.Resumed(9, (liveproof.TrackPosition("v", 1),), 2, 80, False, 0)
    assert kept.resume(at, 100) == 70
    assert [r.sequence for r in rest(kept)] == [2, 3]
    # What the server held comes back first.
    for granted, left in ((20, 2), (30, 1), (40, 0)):
        kept.granted(granted)
        assert len(kept) == left


def test_what_has_no_number_has_arrived_when_something_after_it_has() -> None:
    kept = Kept()
    for request in (Request(b"wish"), media(0, 10), Request(b"wish")):
        kept.push(request)
    rest(kept)
    kept.granted(10)
    assert len(kept) == 1, "the last may not have got through"
    kept.resume(liveproof.Resumed(1, (), None, 100, False, 0), 100)
    assert [r.data for r in rest(kept)] == [b"wish"]
    kept.resume(liveproof.Resumed(1, (), None, 100, True, 0), 100)
    assert rest(kept) == [], "nothing is sent again to an interview that was closed"


def test_words_that_are_under_way_are_bounded() -> None:
    kept = Kept()
    for number in range(MOST_WORDS):
        assert kept.has_room_for_words
        kept.push(event(number))
    assert not kept.has_room_for_words
    rest(kept)
    kept.acknowledged(0)
    assert kept.has_room_for_words


def waiting(time_us: int, keyframe: bool = True, track: str = "v") -> Waiting:
    return Waiting(Request(b"x", 10, track, time_us), time_us, keyframe)


def sequences(lane: Lane) -> list[int]:
    found = []
    while lane.head is not None:
        found.append(lane.take().sequence)
    return found


def test_the_latest_pictures_stay() -> None:
    lane = Lane("picture")
    for time_us in range(0, 2_000_000, 100_000):
        lane.put_latest(waiting(time_us))
    assert lane.dropped == 16
    assert sequences(lane) == [1_600_000, 1_700_000, 1_800_000, 1_900_000]


def test_compressed_pictures_are_left_out_up_to_a_keyframe() -> None:
    lane = Lane("packet")
    # A keyframe every second: what stands before the latest one goes.
    for n in range(14):
        lane.put_latest(waiting(n * 100_000, keyframe=n % 10 == 0))
    assert (lane.dropped, sequences(lane)[0]) == (10, 1_000_000)
    # Without one, everything up to the next.
    lane = Lane("packet")
    for n in range(30):
        lane.put_latest(waiting(n * 100_000, keyframe=n in (0, 25)))
    assert sequences(lane) == [n * 100_000 for n in range(25, 30)]
    assert lane.dropped == 25


def test_sound_goes_before_pictures_and_words_before_both() -> None:
    async def main() -> None:
        outbox = Outbox({"v": Lane("picture"), "a": Lane("sound")}, Overflow.LATEST, 1_000)
        await outbox.put_media(waiting(1))
        await outbox.put_media(waiting(1, track="a"))
        await outbox.put_words(event(1))
        outbox.close(Request(b"close"))
        order = []
        while (request := outbox.take(15, words=True)) is not None:
            order.append((request.track_id, request.data))
        assert order == [("", b"e"), ("a", b"x"), ("v", b"x"), ("", b"close")]
        assert outbox.finished
        with pytest.raises(liveproof.InterviewEnded):
            await outbox.put_words(event(2))

    asyncio.run(main())


def test_a_server_that_is_behind_gets_sound_and_no_pictures() -> None:
    """A megabyte a second: of 32 of credit, six may be under way."""

    def big(time_us: int, track: str) -> Waiting:
        return Waiting(Request(b"x", 50_000, track, time_us), time_us, keyframe=True)

    async def main() -> None:
        outbox = Outbox({"v": Lane("picture"), "a": Lane("sound")}, Overflow.LATEST, 32_000_000)
        for time_us in range(0, 3_000_001, 100_000):
            for track in ("v", "a"):
                await outbox.put_media(big(time_us, track))
            assert outbox.take(20_000_000, words=True) is not None, "what is there first tells no rate"
            while time_us < 3_000_000 and outbox.take(32_000_000, words=True) is not None:
                pass
        behind, close = 32_000_000 - 6_500_000, 32_000_000 - 5_500_000
        assert outbox.take(behind, words=True) is None
        picture = outbox.take(close, words=True)
        assert picture is not None
        assert picture.track_id == "v"

    asyncio.run(main())


def test_a_sender_waits_for_credit_and_ends_with_the_interview() -> None:
    async def main() -> None:
        outbox = Outbox({"v": Lane("picture")}, Overflow.WAIT, 1_000)
        first = asyncio.create_task(outbox.put_media(waiting(1)))
        await asyncio.sleep(0)
        assert outbox.take(9, words=True) is None, "10 bytes do not fit into 9"
        assert not first.done()
        assert outbox.take(10, words=True) is not None
        await first
        second = asyncio.create_task(outbox.put_media(waiting(2)))
        await asyncio.sleep(0)
        outbox.end()
        with pytest.raises(liveproof.InterviewEnded):
            await second
        assert outbox.lanes["v"].dropped == 1

    asyncio.run(main())


def test_pauses_grow_have_full_jitter_and_heed_the_hint() -> None:
    retry = Retry(tries=5, first_s=0.5, longest_s=4)
    for failed, longest in ((1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (5, 4.0), (1_000, 4.0)):
        pauses = [retry.pause_s(failed) for _ in range(300)]
        assert 0 <= min(pauses) < longest * 0.1
        assert longest * 0.9 < max(pauses) <= longest
    assert 7.0 <= retry.pause_s(1, hint_s=7.0) <= 7.5
    with pytest.raises(ValueError, match="tries"):
        Retry(tries=0)


class Failed:
    """As far as `from_grpc` reads a failed call."""

    def __init__(self, code: grpc.StatusCode, metadata: tuple[tuple[str, bytes], ...]) -> None:
        self.code = lambda: code
        self.details = lambda: "words"
        self.trailing_metadata = lambda: metadata


def test_a_status_becomes_a_typed_error_with_its_details() -> None:
    status = status_pb2.Status(code=3, message="words")
    for detail in (
        error_details_pb2.BadRequest(
            field_violations=[error_details_pb2.BadRequest.FieldViolation(field="a.b", description="found 1")]
        ),
        error_details_pb2.RetryInfo(retry_delay={"seconds": 2, "nanos": 500_000_000}),
    ):
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    metadata = (("grpc-status-details-bin", status.SerializeToString()),)
    for code in grpc.StatusCode:
        found = errors.from_grpc(cast(grpc.aio.AioRpcError, Failed(code, metadata)))
        assert found.violations == (errors.FieldViolation("a.b", "found 1"),)
        assert found.retry_after_s == 2.5
        retried = code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)
        assert found.should_retry is retried, code
    broken = errors.from_grpc(
        cast(grpc.aio.AioRpcError, Failed(grpc.StatusCode.UNAVAILABLE, (("grpc-status-details-bin", b"\xff\xff"),)))
    )
    assert isinstance(broken, liveproof.Unavailable)


def test_addresses_and_keys() -> None:
    assert target_of("127.0.0.1:1", None) == ("127.0.0.1:1", None)
    assert target_of("http://a:1/", None) == ("a:1", None)
    assert target_of("https://a", None) == ("a:443", liveproof.Tls())
    assert target_of("https://[::1]:9", None)[0] == "[::1]:9"
    for bad in ("ftp://a", "http://a"):
        with pytest.raises(ValueError, match="address"):
            target_of(bad, liveproof.Tls())
    assert bearer("lp_1\n") == (("authorization", "Bearer lp_1"),)
    with pytest.raises(ValueError, match="key"):
        bearer("a\nb")


def test_tracks_of_two_people_need_roles() -> None:
    client = liveproof.Client("127.0.0.1:1")
    tracks = [liveproof.AudioTrack("a", "one"), liveproof.AudioTrack("b", "two")]
    with pytest.raises(ValueError, match="participants"):
        client.interview(tracks)
