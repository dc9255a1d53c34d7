"""Whole parts out of exact shares: largest remainder inside bounds, ties by supplier code."""

import numpy as np

from services.scoring.domain.allocation.commodities import MICRO, Commodities
from services.scoring.domain.allocation.lines import Floats, Ints

_FINE = 10_000  # remainders are compared in 1e-4 of a part, so that float noise decides no tie
_NOISE = 1e-6  # of a part
_PLACE_BITS, _OWED_BITS = 20, 17
_MOST_OWED = 2 ** (_OWED_BITS - 1) - 1


def apportion(exact: Floats, lower: Floats, upper: Floats, commodities: Commodities, *, whole: int = MICRO) -> Ints:
    """Round shares (in millionths, or what `whole` counts in; that sum per commodity) to whole ones that sum to it.

    Lines are sorted by supplier code within their commodity. Bounds that are no whole parts are taken inwards where
    that leaves room, else outwards (by less than a part).
    """
    least = _whole(np.ceil(lower - _NOISE), np.floor(lower + _NOISE), commodities, most=whole)
    most = -_whole(-np.floor(upper + _NOISE), -np.ceil(upper - _NOISE), commodities, most=-whole)
    fine = np.rint(exact * _FINE).astype(np.int64)
    shares = np.clip(fine // _FINE, least, most)
    while True:
        missing = whole - np.add.reduceat(shares, commodities.starts)
        if not missing.any():
            return shares
        step = np.sign(missing)[commodities.of]
        movable = np.flatnonzero(np.where(step > 0, shares < most, shares > least) & (step != 0))
        first = _most_owed(((fine - shares * _FINE) * step)[movable], movable, np.abs(missing), commodities)
        if not len(first):
            raise ValueError("the bounds leave no room for shares that sum to 1")
        shares[first] += step[first]


def _most_owed(owed: Ints, line: Ints, places: Ints, commodities: Commodities) -> Ints:
    """As many of these lines as each commodity has places: those that are owed most, ties in order of code."""
    of = commodities.of[line]
    # commodity, what is owed and the place within the commodity in one number each: sorting plain numbers is quick
    key = (of << _OWED_BITS) | (_MOST_OWED - np.clip(owed, -_MOST_OWED, _MOST_OWED))
    key = np.sort((key << _PLACE_BITS) | (line - commodities.starts[of]))
    sorted_of = key >> (_OWED_BITS + _PLACE_BITS)
    sizes = np.bincount(of, minlength=commodities.count)
    rank = np.arange(len(key)) - (np.cumsum(sizes) - sizes)[sorted_of]
    chosen = rank < places[sorted_of]
    return np.asarray(commodities.starts[sorted_of[chosen]] + (key[chosen] & (2**_PLACE_BITS - 1)))


def _whole(inward: Floats, outward: Floats, commodities: Commodities, *, most: int) -> Ints:
    impossible = commodities.sums(inward) > most
    return np.where(impossible[commodities.of], outward, inward).astype(np.int64)
