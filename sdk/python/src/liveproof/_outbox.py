"""What waits to be sent: a little media of each track, and words, which are never dropped.

Words (control events and the like) go first, then sound, then pictures, as far as the flow credit goes. Where a
sender does not wait, the newest pictures take the places of those that wait, and what never leaves is counted.
"""

from __future__ import annotations

import asyncio
import enum
from collections import deque
from dataclasses import dataclass, field

from ._kept import Request
from .errors import InterviewEnded

#: Pictures that may wait where the sender does not, microseconds: 300 ms, so that a hiccup of the sender costs none.
_MOST_PICTURES_US = 300_000
#: Sound that may wait where the sender does not, microseconds: 10 s.
_MOST_SOUND_US = 10_000_000
#: Compressed pictures that may wait where the sender does not, microseconds: 1 s.
_MOST_PACKETS_US = 1_000_000
#: How far the server may be behind before pictures are held back where the sender does not wait, seconds of media: less
#: than all of the credit, which is a minute of compressed pictures, so that results stay close to the present.
_MOST_BEHIND_S = 6.0
#: Media from which on its rate is known, microseconds.
_RATE_FROM_US = 1_000_000
#: Chunks of one track that may wait, whatever their times say.
_MOST_WAITING = 1_024
#: Words that may wait before their sender waits as well.
_MOST_WORDS = 64


class Overflow(enum.Enum):
    """What becomes of media for which there is no room: credit is used up, or the connection is slow."""

    #: Sending waits; nothing is lost. For recordings.
    WAIT = "wait"
    #: Sending never waits: the latest pictures stay, those of more than 0.3 s ago are dropped and counted, compressed
    #: ones of more than a second up to the next keyframe, sound of more than ten seconds. Pictures are held back, too,
    #: where the server is six seconds behind. For calls.
    LATEST = "latest"


@dataclass(slots=True)
class Waiting:
    """Media that waits."""

    request: Request
    capture_time_us: int
    keyframe: bool
    #: Set when it was handed over, was dropped, or nothing is sent any more.
    done: asyncio.Event = field(default_factory=asyncio.Event)
    sent: bool = False


class Lane:
    """What waits of one track."""

    def __init__(self, kind: str) -> None:
        #: "sound", "picture" or "packet".
        self.kind = kind
        self.next_sequence = 0
        self.sent = 0
        self.sent_bytes = 0
        self.dropped = 0
        self._offered_bytes = 0
        self._first_us: int | None = None
        self._latest_us = 0
        self._waiting: deque[Waiting] = deque()
        # A compressed picture was dropped: what follows is of no use before a keyframe.
        self._needs_keyframe = False

    @property
    def head(self) -> Waiting | None:
        """What is sent next."""
        return self._waiting[0] if self._waiting else None

    @property
    def bytes_per_s(self) -> float:
        """How much of it there is, by its own times; 0 before anybody can tell."""
        span_us = self._latest_us - (self._first_us if self._first_us is not None else self._latest_us)
        return self._offered_bytes * 1e6 / span_us if span_us >= _RATE_FROM_US else 0.0

    def put(self, one: Waiting) -> None:
        """Takes one more, without a bound; for senders that wait until it is gone."""
        self._waiting.append(one)

    def put_latest(self, one: Waiting) -> None:
        """Takes one more and drops what there is no room for."""
        self._first_us = one.capture_time_us if self._first_us is None else self._first_us
        self._latest_us = max(self._latest_us, one.capture_time_us)
        self._offered_bytes += one.request.payload_bytes
        if self.kind == "packet":
            if self._needs_keyframe and not one.keyframe:
                self.dropped += 1
                return
            self._needs_keyframe = False
        self._waiting.append(one)
        if self.kind == "packet" and (self._span_us() > _MOST_PACKETS_US or len(self._waiting) > _MOST_WAITING):
            self._drop_packets()
        most_us = {"picture": _MOST_PICTURES_US, "sound": _MOST_SOUND_US}.get(self.kind)
        while most_us is not None and (self._span_us() > most_us or len(self._waiting) > _MOST_WAITING):
            self._drop(1)

    def take(self) -> Request:
        """Hands the first one over."""
        one = self._waiting.popleft()
        one.sent = True
        one.done.set()
        self.sent += 1
        self.sent_bytes += one.request.payload_bytes
        return one.request

    def withdraw(self, one: Waiting) -> None:
        """Takes one back whose sender was cancelled."""
        if one in self._waiting:
            self._waiting.remove(one)
            self.dropped += 1
            self._needs_keyframe = self.kind == "packet"

    def clear(self) -> None:
        """Nothing is sent any more; what waits is counted as dropped."""
        self._drop(len(self._waiting))

    def _span_us(self) -> int:
        if not self._waiting:
            return 0
        # Compressed pictures may come in another order than they are shown in.
        return abs(self._waiting[-1].capture_time_us - self._waiting[0].capture_time_us)

    def _drop_packets(self) -> None:
        """Up to the latest keyframe; without one all, and what follows until one comes."""
        keys = [at for at, one in enumerate(self._waiting) if one.keyframe and at > 0]
        self._needs_keyframe = not keys
        self._drop(keys[-1] if keys else len(self._waiting))

    def _drop(self, count: int) -> None:
        for _ in range(count):
            self._waiting.popleft().done.set()
        self.dropped += count


class Outbox:
    """See the module. For one event loop; nothing here is safe between threads."""

    def __init__(self, lanes: dict[str, Lane], overflow: Overflow, capacity: int) -> None:
        self.lanes = lanes
        self._overflow = overflow
        # Credit of a sender who has nothing under way.
        self._capacity = capacity
        # Sound before pictures.
        self._order = sorted(lanes.values(), key=lambda lane: lane.kind != "sound")
        self._words: deque[Request] = deque()
        self._room = asyncio.Event()
        self._last: Request | None = None
        self._closing = False
        self._ended = False
        #: Set when there may be something to send.
        self.wake = asyncio.Event()

    def number(self, track_id: str) -> int:
        """The next number of a track's chunks. One that is dropped leaves a gap, which the server counts as lost."""
        self.check()
        lane = self.lanes[track_id]
        lane.next_sequence += 1
        return lane.next_sequence - 1

    def check(self) -> None:
        """Raises `InterviewEnded` where nothing is taken any more."""
        if self._ended or self._closing:
            raise InterviewEnded

    async def put_media(self, one: Waiting) -> None:
        """Takes a chunk; waits until it is handed over, unless senders do not wait here."""
        lane = self.lanes[one.request.track_id]
        if self._overflow is Overflow.LATEST:
            lane.put_latest(one)
            self.wake.set()
            return
        lane.put(one)
        self.wake.set()
        try:
            await one.done.wait()
        except asyncio.CancelledError:
            lane.withdraw(one)
            raise
        if not one.sent:
            raise InterviewEnded

    async def put_words(self, request: Request) -> None:
        """Takes what is never dropped; waits where very much of it waits already."""
        while len(self._words) >= _MOST_WORDS:
            self.check()
            self._room.clear()
            await self._room.wait()
        self.check()
        self._words.append(request)
        self.wake.set()

    def close(self, last: Request | None) -> None:
        """Takes the last message; it leaves when everything else has. None: the end without a word."""
        if not self._closing and not self._ended:
            self._closing, self._last = True, last
            if last is None:
                self._forget()
            self.wake.set()

    def end(self) -> None:
        """Nothing is sent any more."""
        self._ended = True
        self._forget()
        self._room.set()
        self.wake.set()

    @property
    def finished(self) -> bool:
        """True when nothing will come any more."""
        return self._ended or (self._closing and self._last is None and self._empty())

    def take(self, credit: int, words: bool) -> Request | None:
        """What is to be sent next with so much credit; `words` says whether there is room for them."""
        if words and self._words:
            self._room.set()
            return self._words.popleft()
        pictures = self._keeps_up(credit)
        for lane in self._order:
            head = lane.head
            if head is not None and head.request.payload_bytes <= credit and (pictures or lane.kind == "sound"):
                return lane.take()
        if self._closing and self._empty():
            last, self._last = self._last, None
            return last
        return None

    def _keeps_up(self, credit: int) -> bool:
        """False where the server is so far behind that more pictures would only make it later."""
        if self._overflow is Overflow.WAIT:
            return True
        rates = [lane.bytes_per_s for lane in self._order]
        return 0.0 in rates or self._capacity - credit <= _MOST_BEHIND_S * sum(rates)

    def _empty(self) -> bool:
        return not self._words and all(lane.head is None for lane in self._order)

    def _forget(self) -> None:
        for lane in self._order:
            lane.clear()
