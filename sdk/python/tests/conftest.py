"""Real servers for the tests: the program that cargo built, or that LIVEPROOF_BIN names."""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
# The one place that starts a server for tests in Python.
sys.path.insert(0, str(ROOT / "src" / "e2e" / "pages"))

from support import Server  # noqa: E402

DEMO = ROOT / "testdata" / "demo"
MEDIA = ROOT / "testdata" / "media"


def address_of(server: Any) -> str:
    """As clients take it."""
    return str(server.origin).removeprefix("http://")


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[..., Any]]:
    """Starts a server with arguments of a test's own; it goes with the tests."""
    running: list[Any] = []

    def start(*arguments: str) -> Any:
        running.append(Server(*arguments))
        return running[-1]

    yield start
    for server in running:
        server.stop()
        server.process.stdout.close()


@pytest.fixture(scope="session")
def server(serve: Callable[..., Any]) -> str:
    """The address of a server with the defaults."""
    return address_of(serve())


@pytest.fixture(scope="session")
def small_server(serve: Callable[..., Any]) -> str:
    """The address of a server that takes one interview at a time, with little credit."""
    credit = ["--server-initial-credit-bytes", str(2 << 20), "--server-max-message-bytes", str(2 << 20)]
    return address_of(serve("--server-max-sessions", "1", *credit))
