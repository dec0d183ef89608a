"""The product's rule for a changed face (src/analyze/identity/course.rs), and made-up sessions for it. Pure.

The time of the break is left out; the tests of the two sides check the same sequences.
"""
from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

LEAST_LOOKS, MOST_LOOKS, IN_A_ROW = 12, 480.0, 2
NEVER = 3.0  # a threshold beyond which no distance lies: nothing is told, everything joins


def cosine(first: np.ndarray, second: np.ndarray) -> float:
    """1 - cosine of the means of [n, d] and [m, d]."""
    a, b = first.mean(0), second.mean(0)
    return float(1 - a @ b / max(1e-9, np.linalg.norm(a) * np.linalg.norm(b)))


@dataclass
class Course:
    """What is known of one person's face through a session."""

    sum: np.ndarray | None = None
    looks: float = 0.0
    before: np.ndarray | None = None
    beyond: int = 0
    distances: list[float] = field(default_factory=list)

    def join(self, rows: np.ndarray | None) -> None:
        """Adds looks to the beginning's mean."""
        for row in () if rows is None else rows:
            if self.looks >= MOST_LOOKS:
                keep = (MOST_LOOKS - 1) / MOST_LOOKS
                self.sum, self.looks = self.sum * keep, self.looks * keep
            self.sum = row.copy() if self.sum is None else self.sum + row
            self.looks += 1

    def step(self, rows: np.ndarray, threshold: float) -> bool:
        """Takes a segment's looks [n, d]; true where it tells a change."""
        if self.looks < LEAST_LOOKS:
            self.join(rows)
            return False
        distance = cosine(self.sum[None], rows)
        self.distances.append(distance)
        if distance < threshold:
            self.join(self.before)
            self.before, self.beyond = rows, 0
            return False
        self.beyond += 1
        return self.beyond >= IN_A_ROW


def run(segments: list[np.ndarray], threshold: float) -> tuple[list[bool], list[float]]:
    """What each segment tells, and the distances that were taken."""
    course = Course()
    return [course.step(s, threshold) for s in segments], course.distances


def there_and_back(rows: np.ndarray, count: int) -> np.ndarray:
    """`count` rows: the rows forwards, backwards, and so on."""
    return rows[np.resize(np.r_[np.arange(len(rows)), np.arange(len(rows))[::-1]], count)]


def session(first: np.ndarray, second: np.ndarray, before: int, after: int, looks: int) -> list[np.ndarray]:
    """`before` segments of `looks` rows of the first, then `after` of the second."""
    rows = np.concatenate((there_and_back(first, before * looks), there_and_back(second, after * looks)))
    return [rows[i:i + looks] for i in range(0, len(rows), looks)]
