"""Whole percents out of published shares, for ERPs that know no finer quota."""

from dataclasses import dataclass

import numpy as np

from services.scoring.domain.allocation.apportionment import apportion
from services.scoring.domain.allocation.commodities import MICRO, Commodities
from services.scoring.domain.allocation.lines import Floats, Ints

WHOLE_PERCENT = 100
_PER_PERCENT = MICRO // WHOLE_PERCENT


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedOut:
    """Lines sorted by commodity and supplier code, as columns; shares in millionths that sum to 1 per commodity.

    `least` and `most` are the hard bounds (contract; capacity and the largest shares), as parts of 1.
    """

    commodity: Ints
    share: Ints
    least: Floats
    most: Floats


def whole_percents(lines: SharedOut) -> Ints:
    """Percents that sum to 100 per commodity: largest remainder inside the hard bounds, ties by supplier code.

    Who gets nothing stays at 0. Bounds that a share itself is beyond (a person decided so), or between which there is
    no whole percent, give way to the percents next to the share.
    """
    exact = lines.share / _PER_PERCENT
    lower = np.minimum(lines.least * WHOLE_PERCENT, exact)
    upper = np.maximum(np.where(exact > 0, lines.most * WHOLE_PERCENT, 0.0), exact)
    narrow = np.ceil(lower) > np.floor(upper)
    lower, upper = np.where(narrow, np.floor(exact), lower), np.where(narrow, np.ceil(exact), upper)
    return apportion(exact, lower, upper, Commodities.sorted(lines.commodity), whole=WHOLE_PERCENT)
