"""Review jobs against a real server over a real socket."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from conftest import DEMO, MEDIA, ROOT, address_of
from support import program
from test_server import Proxy, run

import liveproof as lp
from liveproof import sync
from liveproof.errors import from_grpc

CLIP = MEDIA / "vp9_opus.webm"


@pytest.fixture(scope="module")
def reviewing(serve: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a server that takes recordings."""
    return address_of(serve("--review-dir", str(tmp_path_factory.mktemp("reviews") / "spool")))


def by_hand(recording: Path, folder: Path) -> bytes:
    """What the command line writes of a recording."""
    out = folder / "own.json"
    own = [program(), "review", "--quiet", "--fail-on", "none", "--engine-models-dir", ROOT / "models", "--json", out]
    # The runtime is found from the repository's own folder otherwise.
    library = str(ROOT / "vendor" / "onnxruntime" / "libonnxruntime.so")
    environment = {"ORT_DYLIB_PATH": library, **os.environ}
    subprocess.run([*own, recording.name], cwd=recording.parent, env=environment, check=True, capture_output=True)
    return out.read_bytes()


def test_a_recording_is_reviewed_through_a_cut_connection(reviewing: str, tmp_path: Path) -> None:
    async def main() -> tuple[list[lp.Segment], lp.Review, lp.Report]:
        async with Proxy(reviewing) as proxy, lp.Client(proxy.address) as client:
            terms = (await client.info()).reviews
            assert terms is not None
            assert terms.max_chunk_bytes == 1 << 20
            review = await client.submit_review(CLIP, request_id="py-1")
            segments = []
            watch = client.watch_review(review.review_id)
            async for update in watch:
                if isinstance(update, lp.Segment):
                    segments.append(update)
                if proxy.connections < 3:
                    proxy.cut()
            assert proxy.connections >= 3
            assert watch.review is not None
            # The same once more is the same job, without an upload.
            assert (await client.submit_review(CLIP, request_id="py-1")).review_id == review.review_id
            with pytest.raises(lp.AlreadyExists):
                await client.submit_review(CLIP, request_id="py-1", thumbnails=False)
            report = await client.fetch_review(review.review_id)
            page = await client.fetch_review(review.review_id, lp.ReportFormat.HTML)
            assert page.media_type.startswith("text/html")
            with pytest.raises(lp.WrongState):
                await client.fetch_review(review.review_id, lp.ReportFormat.EVIDENCE)
            await client.delete_review(review.review_id)
            for call in (client.fetch_review, client.cancel_review, client.delete_review):
                with pytest.raises(lp.NotFound):
                    await call(review.review_id)
            with pytest.raises(lp.NotFound):
                await client.watch_review(review.review_id).finished()
            return segments, watch.review, report

    segments, review, report = run(main())
    assert [segment.index for segment in segments] == [0, 1]
    assert (review.state, review.segments, review.is_over) == (lp.ReviewState.DONE, 2, True)
    assert report.data == by_hand(CLIP, tmp_path)
    assert report.json()["files"][0]["path"] == report.file_name.removesuffix(".json") == CLIP.name


def test_a_job_is_cancelled_in_its_midst_and_listed(reviewing: str) -> None:
    async def main() -> None:
        async with lp.Client(reviewing) as client:
            review = await client.submit_review(DEMO / "interview.mp4", candidate=lp.Region(0.0, 0.0, 1.0, 1.0))
            async for update in client.watch_review(review.review_id):
                if isinstance(update, lp.Segment):
                    break
            assert (await client.cancel_review(review.review_id)).state is lp.ReviewState.CANCELLED
            assert (await client.watch_review(review.review_id).finished()).state is lp.ReviewState.CANCELLED
            assert [one.review_id async for one in client.reviews()] == [review.review_id]

    run(main())


def test_what_cannot_be_taken_is_refused_by_name(reviewing: str, server: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with lp.Client(reviewing) as client:
            with pytest.raises(lp.InvalidInput) as refused:
                await client.submit_review(CLIP, evidence=True)
            assert [v.field for v in refused.value.violations] == ["spec.evidence"]
            with pytest.raises(lp.InvalidInput):
                await client.submit_review(lp.StoredRecording("a.mp4"))
            with pytest.raises(lp.InvalidInput):
                await client.submit_review(CLIP, events={"no": "events"})
            with pytest.raises(lp.LiveproofError):
                await client.submit_review(tmp_path / "not there.mp4")
        async with lp.Client(server) as client:
            assert (await client.info()).reviews is None
            with pytest.raises(lp.ServerError, match=r"review\.dir"):
                await client.submit_review(CLIP)

    run(main())


def test_without_asyncio(reviewing: str) -> None:
    with sync.Client(reviewing) as client:
        review = client.submit_review(MEDIA / "text.mp4", display_name="renamed.mp4")
        watch = client.watch_review(review.review_id)
        states = [update.state for update in watch if isinstance(update, lp.Review)]
        assert states[-1] is lp.ReviewState.FAILED
        assert watch.review is not None
        assert watch.review.detail
        (entry,) = client.fetch_review(review.review_id).json()["files"]
        assert (entry["path"], entry["error"]) == ("renamed.mp4", watch.review.detail)
        assert review.review_id in [one.review_id for one in client.reviews()]
        assert client.cancel_review(review.review_id).state is lp.ReviewState.FAILED
        client.delete_review(review.review_id)


def test_what_grpcs_core_failed_at_may_be_tried_again_and_what_the_server_failed_at_may_not() -> None:
    def read(details: str) -> lp.ServerError:
        nothing = grpc.aio.Metadata()
        return from_grpc(grpc.aio.AioRpcError(grpc.StatusCode.INTERNAL, nothing, nothing, details))

    assert isinstance(read("Internal error from Core"), lp.Unavailable)
    assert read("Internal error from Core").should_retry
    assert not read("the disk broke").should_retry
