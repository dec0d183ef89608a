"""How many pictures become one number, as the service pools a segment, and how a covariance of few is drawn in."""
from __future__ import annotations

import numpy as np

TRIM = 0.125


def trimmed_mean(values: np.ndarray) -> float:
    """Mean without the lowest and highest eighth (rounded down): src/analyze/face_swap/pool.rs."""
    cut = int(len(values) * TRIM)
    return float(np.sort(values)[cut:len(values) - cut].mean())


def shrunk(cov: np.ndarray, share: float) -> np.ndarray:
    """The covariance, drawn towards its mean variance."""
    return (1 - share) * cov + share * np.trace(cov) / len(cov) * np.eye(len(cov))
