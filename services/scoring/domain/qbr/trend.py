"""How figures moved from one quarter to the next."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from services.scoring.domain.qbr.constants import Dimension

FIGURES = (*Dimension, "total")
"""What is compared, in the order of the arrays' columns."""


def differences(before: ArrayLike, after: ArrayLike) -> NDArray[np.float64]:
    """N x 6 figures less those of the quarter before, in points, to 2 decimals; NaN where one of the two is absent."""
    moved = np.asarray(after, dtype=np.float64) - np.asarray(before, dtype=np.float64)
    # adding 0 turns -0.0 into 0.0
    return np.asarray(np.round(moved, 2) + 0.0, dtype=np.float64)


def policy_change(quarter_before: str, before: int, after: int) -> str | None:
    """What to say where a quarter was graded by another policy version than one before it; else None."""
    if before == after:
        return None
    return (
        f"Graded by policy version {after}, {quarter_before} by version {before}: "
        "a part of the difference may come from the rules alone."
    )
