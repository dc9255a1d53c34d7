"""How sure one may be of a share, a difference of shares, and of figures over few suppliers."""

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.engagement.domain.figures import wilson_interval

Interval = tuple[float, float]
Weights = NDArray[np.float64]
Figure = Callable[[Weights, Weights], float | None]
"""A figure of two groups, by how often each of their suppliers counts."""

RESAMPLES: Final = 1000
SEED: Final = 20260101
"""Fixed, so that the same evidence always gives the same interval."""


def newcombe_interval(successes: int, n: int, other_successes: int, other_n: int) -> Interval:
    """The 95 % interval of a share minus another (Newcombe 1998, method 10); (-1, 1) where either has observed nothing.

    ValueError where a share is none.
    """
    low, high = wilson_interval(successes, n)
    other_low, other_high = wilson_interval(other_successes, other_n)
    if n == 0 or other_n == 0:
        return -1.0, 1.0
    share, other = successes / n, other_successes / other_n
    below = math.hypot(share - low, other_high - other)
    above = math.hypot(high - share, other - other_low)
    return max(-1.0, share - other - below), min(1.0, share - other + above)


def bootstrap_interval(figure: Figure, suppliers: int, other_suppliers: int) -> Interval | None:
    """The 95 % percentile interval of a figure when suppliers are drawn anew, with replacement, within each group.

    None where no draw gives a figure.
    """
    drawing = np.random.default_rng(SEED)
    found = [
        value
        for _ in range(RESAMPLES)
        if (value := figure(_drawn(drawing, suppliers), _drawn(drawing, other_suppliers))) is not None
    ]
    if not found:
        return None
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


def weighted_median(ordered: NDArray[np.float64], weights: Weights) -> float | None:
    """The median of `ordered` values, each counted as often as its weight says; None where nothing is counted."""
    reached = np.cumsum(weights)
    if not len(reached) or reached[-1] == 0:
        return None
    half = reached[-1] / 2
    low, high = np.searchsorted(reached, half, side="left"), np.searchsorted(reached, half, side="right")
    return float((ordered[low] + ordered[high]) / 2)


def _drawn(drawing: np.random.Generator, n: int) -> Weights:
    if n == 0:
        return np.zeros(0)
    return np.bincount(drawing.integers(0, n, n), minlength=n).astype(np.float64)
