"""What was sent and is not known to have arrived, so that it can be sent again.

A chunk has arrived when credit for all bytes up to its end came back: the server reads in order, and grants only what
it has read. An event has arrived when it is acknowledged, and anything else when something after it has. So what is
kept is bounded by the flow credit, and by `MOST_WORDS` of what takes no credit.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from .session import Resumed

#: Events, wishes and the like that may be under way; more wait in the outbox.
MOST_WORDS = 256


@dataclass(slots=True)
class Request:
    """One encoded message to the server."""

    data: bytes
    #: Payload bytes, for which credit is taken; 0 for what is no media.
    payload_bytes: int = 0
    #: Of media.
    track_id: str = ""
    sequence: int = 0
    #: Of a control event.
    event_id: int | None = None
    # Media bytes sent up to its end, those that the server held at the last restatement included.
    end: int = 0
    acknowledged: bool = False

    @property
    def is_media(self) -> bool:
        """True for a chunk."""
        return self.track_id != ""


class Kept:
    """Requests in the order in which they leave; those that arrived are let go."""

    def __init__(self) -> None:
        self._entries: deque[Request] = deque()
        # How many of them were handed to the connection.
        self._sent = 0
        self._end = 0
        self._granted = 0
        self._words = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def has_room_for_words(self) -> bool:
        """False when as much as may be is under way besides media."""
        return self._words < MOST_WORDS

    def push(self, request: Request) -> None:
        """Takes a request that is to be sent next."""
        self._end += request.payload_bytes
        request.end = self._end
        self._words += not request.is_media
        self._entries.append(request)

    def next(self) -> Request | None:
        """The next request to send."""
        if self._sent >= len(self._entries):
            return None
        self._sent += 1
        return self._entries[self._sent - 1]

    def granted(self, payload_bytes: int) -> None:
        """Credit came back."""
        self._granted += payload_bytes
        self._let_go()

    def acknowledged(self, event_id: int) -> None:
        """An event was acknowledged."""
        for request in self._entries:
            if request.event_id == event_id:
                request.acknowledged = True
                break
        self._let_go()

    def resume(self, at: Resumed, capacity: int) -> int:
        """Starts anew on another connection, where `capacity` bytes may be under way in all.

        Returns the payload bytes that are to be sent again.
        """
        positions = {track.track_id: track.sequence for track in at.tracks}
        latest_event = -1 if at.latest_event_id is None else at.latest_event_id
        # Read in order: everything up to the last that was taken. What was never sent was not.
        taken = 0
        for index in range(self._sent):
            request = self._entries[index]
            if request.is_media:
                arrived = request.sequence <= positions.get(request.track_id, -1)
            else:
                arrived = request.event_id is not None and request.event_id <= latest_event
            if arrived:
                taken = index + 1
        self._drop(len(self._entries) if at.closed else taken)
        self._sent = 0
        self._granted = 0
        held = self._end = max(0, capacity - at.credit_bytes)
        for request in self._entries:
            self._end += request.payload_bytes
            request.end = self._end
        return self._end - held

    def _let_go(self) -> None:
        # What stands before something that arrived has arrived as well.
        arrived = 0
        for index in range(self._sent):
            request = self._entries[index]
            if request.is_media:
                if request.end > self._granted:
                    break
                arrived = index + 1
            elif request.event_id is not None:
                if not request.acknowledged:
                    break
                arrived = index + 1
        self._drop(arrived)

    def _drop(self, count: int) -> None:
        for _ in range(count):
            self._words -= not self._entries.popleft().is_media
        self._sent = max(0, self._sent - count)
