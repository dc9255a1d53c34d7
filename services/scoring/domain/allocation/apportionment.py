"""Whole millionths out of exact shares: largest remainder inside bounds, ties by supplier code."""

import numpy as np

from services.scoring.domain.allocation.commodities import MICRO, Commodities
from services.scoring.domain.allocation.lines import Floats, Ints

_FINE = 10_000  # remainders are compared in 1e-10 of a share, so that float noise decides no tie
_NOISE = 1e-6  # millionths


def apportion(exact: Floats, lower: Floats, upper: Floats, commodities: Commodities) -> Ints:
    """Round shares (in millionths, sum 1 per commodity) to whole millionths that sum to exactly 1.

    Lines are sorted by supplier code within their commodity. Bounds that are no whole millionths are
    taken inwards where that leaves room, else outwards (by less than a millionth).
    """
    least = _whole(np.ceil(lower - _NOISE), np.floor(lower + _NOISE), commodities, too_much=True)
    most = _whole(np.floor(upper + _NOISE), np.ceil(upper - _NOISE), commodities, too_much=False)
    fine = np.rint(exact * _FINE).astype(np.int64)
    shares = np.clip(fine // _FINE, least, most)
    line = np.arange(len(shares))
    while True:
        missing = MICRO - np.add.reduceat(shares, commodities.starts)
        if not missing.any():
            return shares
        step = np.sign(missing)[commodities.of]
        open_lines = np.where(step > 0, shares < most, shares > least) & (step != 0)
        owed = (fine - shares * _FINE) * step
        order = np.lexsort((-owed, ~open_lines, commodities.of))  # stable: ties stay in order of code
        rank = np.empty_like(shares)
        rank[order] = line - commodities.starts[commodities.of]
        moved = open_lines & (rank < np.abs(missing)[commodities.of])
        if not moved.any():
            raise ValueError("the bounds leave no room for shares that sum to 1")
        shares = shares + np.where(moved, step, 0)


def _whole(inward: Floats, outward: Floats, commodities: Commodities, *, too_much: bool) -> Ints:
    total = commodities.sums(inward)
    impossible = total > MICRO if too_much else total < MICRO
    return np.where(impossible[commodities.of], outward, inward).astype(np.int64)
