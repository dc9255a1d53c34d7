"""Rounding to two decimals, half up, the same in NumPy, SQL and plain Python."""

import numpy as np
from numpy.typing import NDArray

NUDGE = 1e-9  # lifts ties that binary fractions put a hair below the half


def half_up(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round an array to 2 decimals, half up; NaN stays NaN."""
    rounded: NDArray[np.float64] = np.floor(100 * values + 0.5 + NUDGE) / 100
    return rounded
