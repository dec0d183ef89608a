"""Against real servers over real sockets."""

from __future__ import annotations

import asyncio
import dataclasses
import subprocess
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
import trustme
from conftest import DEMO, MEDIA, address_of
from support import program

import liveproof as lp
from liveproof import sync
from liveproof.recordings import Recording

T = TypeVar("T")
# A debug build on a busy machine of two cores.
PATIENCE_S = 120.0


def run(work: Coroutine[Any, Any, T]) -> T:
    async def bounded() -> T:
        async with asyncio.timeout(PATIENCE_S):
            return await work

    return asyncio.run(bounded())


class Heard:
    """Reads an interview in a task of its own, and keeps what it said."""

    def __init__(self, interview: lp.Interview) -> None:
        self.updates: list[lp.Update] = []
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._read(interview))

    async def _read(self, interview: lp.Interview) -> None:
        async for update in interview:
            self.updates.append(update)
            self._news.set()

    async def end(self) -> None:
        await self._task

    async def state(self, kind: type[T]) -> tuple[lp.ChallengeUpdate, T]:
        """The first update on a challenge in that state."""
        while True:
            for update in self.of(lp.ChallengeUpdate):
                if isinstance(update.state, kind):
                    return update, update.state
            self._news.clear()
            await self._news.wait()

    def of(self, kind: type[T]) -> list[T]:
        return [update for update in self.updates if isinstance(update, kind)]

    @property
    def finals(self) -> list[lp.Segment]:
        return [segment for segment in self.of(lp.Segment) if segment.final]

    @property
    def summary(self) -> lp.Summary:
        (summary,) = self.of(lp.Summary)
        return summary


def pictures_of(path: Path, seconds: float) -> list[lp.Chunk]:
    with Recording(path, seconds=seconds) as recording:
        return [chunk for chunk in recording if chunk.track_id == "camera"]


def test_a_server_says_what_it_is(server: str) -> None:
    async def main() -> lp.Info:
        async with lp.Client(server) as client:
            return await client.info()

    info = run(main())
    assert info.limits.initial_credit_bytes == 32 << 20
    assert {"face_swap", "lip_sync"} <= {signal.name for signal in info.signals}
    assert all(len(model.sha256) == 64 for model in info.models if model.available)
    assert lp.VideoFormat.H264_AVCC in info.limits.video_formats


@pytest.mark.parametrize("packets", [False, True], ids=["pictures", "packets"])
def test_a_recording_is_assessed(server: str, packets: bool) -> None:
    async def main() -> tuple[lp.Hello, Heard, lp.Stats]:
        with Recording(MEDIA / "vp9_opus.webm", packets=packets) as recording:
            async with lp.Client(server) as client, client.interview(recording.tracks, consent_id="c-1") as interview:
                heard = Heard(interview)
                await interview.send_event(1_000_000, lp.QuestionEnd("q1"))
                await interview.send_all(recording, close="over")
                await heard.end()
                return interview.hello, heard, interview.stats

    hello, heard, stats = run(main())
    assert {s.signal for s in hello.signals if s.participant_id == "candidate"} >= {"face_swap", "lip_sync"}
    assert [(s.index, s.participant_id) for s in heard.finals] == [(0, "candidate"), (1, "candidate")]
    for segment in heard.finals:
        assert segment.quality is not None
        assert segment.quality.face_presence > 0.9
        # Too short to be measured: that is no number, and says why.
        assert isinstance(segment.outcome, lp.NoScore)
        assert all(isinstance(f.outcome, lp.Abstained) and f.outcome.detail for f in segment.findings)
    assert [(ack.event_id, ack.accepted) for ack in heard.of(lp.EventAck)] == [(1, True)]
    summary = heard.summary
    assert (summary.partial, summary.consent_id) == (False, "c-1")
    assert summary.cautions
    person = summary.participant("candidate")
    assert person.verdict.standing is lp.Standing.INCONCLUSIVE
    assert person.authenticity is None
    assert stats.tracks["camera"] == lp.TrackStats(150, stats.tracks["camera"].sent_bytes, 0)
    assert stats.resumed == 0


def test_arrays_and_stills_are_pictures(server: str) -> None:
    """Two tracks of one candidate's interview: a gray array in RGB, and a JPEG in another interview."""

    async def main() -> tuple[Heard, Heard]:
        async with lp.Client(server) as client:
            rgb = lp.VideoTrack("camera", "candidate", lp.VideoFormat.RGB24, 320, 240, 10)
            async with client.interview([rgb]) as interview:
                first = Heard(interview)
                for n in range(10):
                    await interview.send_picture("camera", np.full((240, 320, 3), 128, np.uint8), n * 100_000)
                await interview.close()
                await first.end()
            jpeg = dataclasses.replace(rgb, format=lp.VideoFormat.JPEG)
            still = (MEDIA / "face.jpg").read_bytes()
            async with client.interview([jpeg]) as interview:
                second = Heard(interview)
                for n in range(10):
                    await interview.send_picture("camera", still, n * 100_000)
                await interview.close()
                await second.end()
            return first, second

    empty, face = run(main())
    for heard, presence in ((empty, 0.0), (face, 1.0)):
        (segment,) = heard.finals
        assert segment.quality is not None
        assert segment.quality.face_presence == presence
        assert segment.coverage is not None
        assert segment.coverage.frames_seen == 10


def test_what_cannot_be_used_is_refused_with_the_field(server: str) -> None:
    camera = lp.VideoTrack("camera", "candidate", lp.VideoFormat.JPEG)

    async def main() -> None:
        async with lp.Client(server) as client:
            for track, field in (
                (dataclasses.replace(camera, rotation_deg=45), "rotation_deg"),
                (dataclasses.replace(camera, format=lp.VideoFormat.UNSPECIFIED), "format"),
                (lp.AudioTrack("sound", "candidate", sample_rate_hz=7), "sample_rate_hz"),
            ):
                with pytest.raises(lp.InvalidInput) as refused:
                    await client.interview([track])
                assert any(field in v.field and v.description for v in refused.value.violations), refused.value
                assert not refused.value.should_retry
            with pytest.raises(lp.InvalidInput, match="session_id"):
                await client.interview([camera], session_id="not this one")
            async with client.interview([camera]) as interview:
                heard = Heard(interview)
                with pytest.raises(lp.MediaError, match="'screen' was not announced"):
                    await interview.send_picture("screen", b"", 0)
                with pytest.raises(lp.TooLarge):
                    await interview.send_picture("camera", bytes(40 << 20), 0)
                # Not refused here, but by the server, which tells.
                await interview.send_picture("camera", b"no picture", 0)
                await interview.send_event(1_000, lp.Mute("nobody", True))
                await interview.close()
                await heard.end()
            notices = [n for n in heard.of(lp.Notice) if n.kind is lp.NoticeKind.DECODE_FAILED]
            assert notices
            assert notices[0].track_id == "camera"
            (ack,) = heard.of(lp.EventAck)
            assert not ack.accepted
            assert "participant" in ack.detail

    run(main())


def test_a_server_that_ends_an_interview_is_heard_whatever_is_being_sent(server: str) -> None:
    """More than a hundred chunks that cannot be used: it says so, and sums up first."""

    async def main() -> None:
        async with lp.Client(server) as client, client.interview([lp.AudioTrack("sound", "candidate")]) as interview:
            heard = Heard(interview)
            chunks = (lp.Chunk("sound", n * 20_000, b"odd") for n in range(100_000))
            with pytest.raises(lp.InterviewEnded):
                await interview.send_all(chunks)
            with pytest.raises(lp.InvalidInput, match="chunks were refused") as ended:
                await heard.end()
            assert ended.value.violations
            assert heard.summary.partial

    for _ in range(5):
        run(main())


def test_nobody_listens() -> None:
    async def main() -> None:
        async with lp.Client("127.0.0.1:1", retry=lp.Retry(tries=2, first_s=0.01)) as client:
            with pytest.raises(lp.Unavailable) as failed:
                await client.info()
            assert failed.value.should_retry

    run(main())


def test_a_full_server_is_tried_again_after_its_hint(small_server: str) -> None:
    camera = [lp.VideoTrack("camera", "candidate", lp.VideoFormat.JPEG)]

    async def main() -> None:
        async with lp.Client(small_server, retry=lp.Retry(tries=1)) as client:
            first = await client.interview(camera)
            with pytest.raises(lp.Overloaded) as full:
                await client.interview(camera)
            hint_s = full.value.retry_after_s
            assert hint_s is not None
            assert hint_s > 0
            async with lp.Client(small_server, retry=lp.Retry(tries=20, first_s=0.1, longest_s=0.2)) as patient:
                started = asyncio.get_running_loop().time()
                second = asyncio.create_task(open_and_stop(patient, camera))
                await asyncio.sleep(0.2)
                assert await first.finish() is not None
                await second
                assert asyncio.get_running_loop().time() - started >= hint_s

    async def open_and_stop(client: lp.Client, tracks: list[lp.VideoTrack]) -> None:
        interview = await client.interview(tracks)
        await interview.finish()

    run(main())


def test_credit_is_heeded_and_what_does_not_fit_is_dropped_and_counted(small_server: str) -> None:
    """Two megabytes of credit are six raw pictures; they come far faster than they are looked at."""
    pictures = pictures_of(DEMO / "interview.mp4", 3)
    track = lp.VideoTrack("camera", "candidate", lp.VideoFormat.I420, 640, 360, 25)

    async def main(overflow: lp.Overflow) -> tuple[Heard, lp.TrackStats]:
        async with lp.Client(small_server) as client, client.interview([track], overflow=overflow) as interview:
            heard = Heard(interview)
            for picture in pictures:
                await interview.send(picture)
                await interview.send_event(picture.capture_time_us, lp.ActiveSpeaker("candidate"))
                await asyncio.sleep(0)
            await interview.close()
            await heard.end()
            return heard, interview.stats.tracks["camera"]

    for overflow in lp.Overflow:
        heard, stats = run(main(overflow))
        assert stats.sent + stats.dropped == len(pictures) == 75
        acks = heard.of(lp.EventAck)
        assert [ack.event_id for ack in acks] == list(range(1, 76)), "events are never dropped"
        assert all(ack.accepted for ack in acks)
        # A client that heeds its credit is never dropped from.
        record = heard.summary.record
        assert record is not None
        assert record.chunks_dropped == 0
        seen = sum(segment.coverage.frames_seen for segment in heard.finals if segment.coverage)
        assert seen == stats.sent
        lost = [notice for notice in heard.of(lp.Notice) if notice.kind is lp.NoticeKind.MEDIA_LOST]
        if overflow is lp.Overflow.WAIT:
            assert (stats.dropped, lost) == (0, [])
        else:
            assert stats.dropped > 0
            assert lost, "the server sees what was left out"


class Proxy:
    """Passes bytes on, and cuts every connection when told to."""

    def __init__(self, to: str) -> None:
        self._host, _, port = to.rpartition(":")
        self._port = int(port)
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections = 0

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        self._open |= {writer, far_writer}
        for source, target in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.create_task(self._pass_on(source, target))
            self._tasks.add(task)

    async def _pass_on(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65_536):
                target.write(data)
                await target.drain()
        except ConnectionError:
            pass
        target.transport.abort()


async def interview_through(address: str, cut: Callable[[int], None]) -> tuple[Heard, lp.Stats]:
    """An interview of the demo's first seconds; `cut` hears the number of each chunk before it is sent."""
    with Recording(DEMO / "interview.mp4", seconds=9, packets=True) as recording:

        async def chunks() -> AsyncIterator[lp.Chunk]:
            for number, chunk in enumerate(recording):
                cut(number)
                yield chunk
                # As fast as a call at eight times its pace, so that the cuts fall into the middle.
                await asyncio.sleep(0.01)

        async with lp.Client(address) as client, client.interview(recording.tracks) as interview:
            heard = Heard(interview)
            sending = asyncio.create_task(interview.send_all(chunks(), close="over"))
            for number in range(30):
                await interview.send_event(number * 300_000, lp.ActiveSpeaker("candidate"))
                await asyncio.sleep(0.08)
            await sending
            await heard.end()
            return heard, interview.stats


def test_an_interview_outlives_its_connection_with_nothing_lost_or_twice(server: str) -> None:
    async def main() -> tuple[Heard, Heard, lp.Stats, int]:
        whole, _ = await interview_through(server, lambda number: None)
        async with Proxy(server) as proxy:

            def cut(number: int) -> None:
                if number in (60, 120, 200):
                    proxy.cut()

            broken, stats = await interview_through(proxy.address, cut)
            return whole, broken, stats, proxy.connections

    whole, broken, stats, connections = run(main())
    assert stats.resumed >= 3
    assert connections >= 4
    assert len(broken.of(lp.Resumed)) == stats.resumed
    assert [s.index for s in broken.finals] == [s.index for s in whole.finals] == [0, 1, 2]
    acks = [(ack.event_id, ack.accepted) for ack in broken.of(lp.EventAck)]
    assert acks == [(n, True) for n in range(1, 31)]
    assert not [n for n in broken.of(lp.Notice) if n.kind in (lp.NoticeKind.MEDIA_LOST, lp.NoticeKind.MEDIA_REFUSED)]
    assert (broken.summary.partial, stats.tracks["camera"].dropped) == (False, 0)
    records = [heard.summary.record for heard in (whole, broken)]
    assert records[1] is not None
    assert records[1].resumed >= 3

    def comparable(segment: lp.Segment) -> lp.Segment:
        return dataclasses.replace(segment, times=None, revision=0)

    # On a machine that cannot keep up, what is left out under load may differ; on any other, nothing does.
    if all(record is not None and record.highest_load_step == 0 for record in records):
        assert [comparable(s) for s in broken.finals] == [comparable(s) for s in whole.finals]


def test_a_server_that_is_gone_for_good_is_told(serve: Callable[..., Any]) -> None:
    async def main() -> None:
        async with Proxy(address) as proxy, lp.Client(proxy.address) as client:
            interview = await client.interview([lp.VideoTrack("camera", "candidate", lp.VideoFormat.JPEG)])
            assert interview.hello.resume_grace_ms == 1_000
            proxy._server.close()
            proxy.cut()
            with pytest.raises(lp.ConnectionLost, match="not resumed within 1 s"):
                await Heard(interview).end()
            assert await interview.next() is None
            with pytest.raises(lp.InterviewEnded):
                await interview.send_picture("camera", b"x", 0)
            await interview.stop()

    address = address_of(serve("--server-resume-grace-s", "1"))
    run(main())


def test_a_client_that_is_closed_ends_its_interviews(server: str) -> None:
    async def main() -> None:
        client = lp.Client(server)
        interview = await client.interview([lp.VideoTrack("camera", "candidate", lp.VideoFormat.JPEG)])
        heard = Heard(interview)
        await client.close()
        await heard.end()
        with pytest.raises(lp.InterviewEnded):
            await interview.send_picture("camera", b"x", 0)
        with pytest.raises(lp.LiveproofError, match="closed"):
            await client.info()

    run(main())


def test_a_fault_of_this_package_is_told_and_not_waited_out(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: object) -> None:
        raise ZeroDivisionError("a fault")

    async def main() -> None:
        async with lp.Client(server) as client:
            interview = await client.interview([lp.VideoTrack("camera", "candidate", lp.VideoFormat.JPEG)])
            monkeypatch.setattr("liveproof._kept.Kept.next", broken)
            heard = Heard(interview)
            with pytest.raises(lp.ProtocolError, match="a fault"):
                await heard.end()

    run(main())


def test_a_challenge_runs_its_course(server: str) -> None:
    pictures = pictures_of(DEMO / "hand_pass.mp4", 9)
    track = lp.VideoTrack("camera", "candidate", lp.VideoFormat.I420, clock_mapping=lp.ClockMapping.PLATFORM)

    async def main() -> Heard:
        async with lp.Client(server) as client, client.interview([track]) as interview:
            heard = Heard(interview)
            for picture in pictures[:25]:
                await interview.send(picture)
            wish = await interview.issue_challenge(lp.ChallengeKind.HAND_PASS)
            update, issued = await heard.state(lp.Issued)
            assert update.request_id == wish
            assert issued.kind is lp.ChallengeKind.HAND_PASS
            assert issued.texts.prompt
            assert "not counted against you" in issued.texts.reason
            assert len(issued.nonce) == 16
            assert issued.record is not None
            assert len(issued.record.mac) == 32
            shown_us = issued.issued_us + issued.parameters.delay_ms * 1_000
            await interview.challenge_shown(update.challenge_id, shown_us, uncertainty_ms=40)
            for picture in pictures[25:]:
                await interview.send(picture)
            _, opened = await heard.state(lp.Opened)
            assert (opened.attempt, opened.shown_us) == (1, shown_us)
            # One at a time: refused in words, and no evidence of anything.
            await interview.issue_challenge(lp.ChallengeKind.HAND_PASS)
            _, refused = await heard.state(lp.Refused)
            assert refused.detail
            await interview.decline_challenge(update.challenge_id, words="rather not")
            _, concluded = await heard.state(lp.Concluded)
            assert concluded.words
            await interview.close()
            await heard.end()
            return heard

    heard = run(main())
    (result,) = heard.summary.participant("candidate").challenges
    assert result.kind is lp.ChallengeKind.HAND_PASS
    assert result.llr is None


def test_no_challenge_where_the_policy_says_so(server: str) -> None:
    track = lp.VideoTrack("camera", "candidate", lp.VideoFormat.JPEG)
    policy = lp.ChallengePolicy(lp.ChallengeMode.OFF, opt_outs=(lp.ChallengeNeed.HANDS,))

    async def main() -> None:
        async with lp.Client(server) as client, client.interview([track], challenges=policy) as interview:
            assert interview.hello.challenge_policy.mode is lp.ChallengeMode.OFF
            heard = Heard(interview)
            await interview.issue_challenge()
            _, refused = await heard.state(lp.Refused)
            assert refused.detail.startswith("issue_challenge")
            assert await interview_closes(interview, heard) == []

    async def interview_closes(interview: lp.Interview, heard: Heard) -> list[lp.ChallengeResult]:
        await interview.close()
        await heard.end()
        return [c for person in heard.summary.participants for c in person.challenges]

    run(main())


def test_without_asyncio(server: str) -> None:
    seen: list[lp.Update] = []
    with (
        Recording(MEDIA / "vp9_opus.webm") as recording,
        sync.Client(server) as client,
        client.interview(recording.tracks) as interview,
    ):
        assert client.info().version
        for chunk in recording:
            interview.send(chunk)
            seen += interview.poll()
        assert interview.send_event(2_000_000, lp.QuestionStart("q")) == 1
        interview.close("over")
        seen += list(interview)
        with pytest.raises(lp.InterviewEnded):
            interview.send_sound("sound", bytes(9_600), 9_000_000)
        assert interview.stats.tracks["sound"].sent == 60
    assert [s.index for s in seen if isinstance(s, lp.Segment) and s.final] == [0, 1]
    assert isinstance(seen[-1], lp.Summary)
    client.close()
    with pytest.raises(lp.InterviewEnded):
        client.info()


def test_two_threads_without_asyncio(server: str) -> None:
    with (
        Recording(MEDIA / "no_audio.mp4") as recording,
        sync.Client(server) as client,
        client.interview(recording.tracks) as interview,
    ):
        sending = threading.Thread(target=lambda: interview.send_all(recording, close="over"))
        sending.start()
        updates = list(interview)
        sending.join()
    assert isinstance(updates[-1], lp.Summary)


@pytest.fixture(scope="module")
def guarded(serve: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, bytes, Any]:
    """A server that wants TLS, a client's certificate and a key: address, key, its authority, and one for clients."""
    folder = tmp_path_factory.mktemp("door")
    theirs, ours = trustme.CA(), trustme.CA()
    certificate = theirs.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(folder / "cert.pem", append=True)
    ours.cert_pem.write_to_path(folder / "clients.pem")
    made = subprocess.run([program(), "keys", "new", "--tenant", "acme"], check=True, capture_output=True, text=True)
    lines = made.stdout.splitlines()
    key = next(line for line in lines if line.startswith("lp_"))
    entry = lines[lines.index("[[tenant]]") :]
    (folder / "keys.toml").write_text("\n".join(entry) + "\n")
    started = serve(
        "--server-tls-cert-file", str(folder / "cert.pem"), "--server-tls-key-file", str(folder / "key.pem"),
        "--server-tls-client-ca-file", str(folder / "clients.pem"), "--server-keys-file", str(folder / "keys.toml"),
    )  # fmt: skip
    port = address_of(started).rpartition(":")[2]
    return f"https://localhost:{port}", key, theirs.cert_pem.bytes(), ours


def test_key_and_certificate_are_required(guarded: tuple[str, str, bytes, Any]) -> None:
    address, key, authority, clients = guarded
    mine = clients.issue_cert("client.example")
    chain = b"".join(blob.bytes() for blob in mine.cert_chain_pems)
    full = lp.Tls(authority, chain, mine.private_key_pem.bytes())
    stranger = trustme.CA()
    once = lp.Retry(tries=1)

    async def main() -> None:
        async with lp.Client(address, key=key, tls=full) as client:
            assert (await client.info()).version
            track = lp.VideoTrack("camera", "candidate", lp.VideoFormat.JPEG)
            interview = await client.interview([track])
            assert await interview.finish() is not None
        for bad in (None, "lp_" + "0" * 64):
            async with lp.Client(address, key=bad, tls=full, retry=once) as client:
                with pytest.raises(lp.Unauthenticated):
                    await client.info()
                with pytest.raises(lp.Unauthenticated):
                    await client.interview([track])
        # No certificate of our own, and a server that is not believed.
        for tls in (lp.Tls(authority), lp.Tls(stranger.cert_pem.bytes(), full.certificate, full.private_key)):
            async with lp.Client(address, key=key, tls=tls, retry=once) as client:
                with pytest.raises(lp.Unavailable):
                    await client.info()

    run(main())
