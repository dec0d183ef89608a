"""How often and how soon something is tried again."""

from __future__ import annotations

import random
from dataclasses import dataclass

__all__ = ["Retry"]


@dataclass(frozen=True, slots=True)
class Retry:
    """Tries with growing pauses and full jitter.

    The pause before try n is drawn evenly from 0 to `first_s` * 2^(n-1), at most `longest_s`, so that clients of one
    server do not come back at once (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015). Where the
    server says how long to wait, that comes first and the draw on top.
    """

    #: Tries in all; 1 = none is repeated.
    tries: int = 5
    first_s: float = 0.2
    longest_s: float = 10.0

    def __post_init__(self) -> None:
        if self.tries < 1 or self.first_s < 0 or self.longest_s < 0:
            raise ValueError("Retry: tries must be 1 and up, first_s and longest_s 0 and up")

    def pause_s(self, failed: int, hint_s: float | None = None) -> float:
        """The pause after so many failures, 1 and up, in seconds."""
        span = min(self.longest_s, self.first_s * 2.0 ** min(failed - 1, 32))
        return (hint_s or 0.0) + random.uniform(0.0, span)
