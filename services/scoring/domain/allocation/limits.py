"""A commodity's limits of concentration, and which of them a split does not keep."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from services.scoring.domain.allocation.book import millionths
from services.scoring.domain.allocation.lines import Flags, Floats, Ints


class Limit(StrEnum):
    """Stable names; they are also those of a commodity's fields."""

    LARGEST_SHARE = "largest_share"
    LEAST_SOURCES = "least_sources"


@dataclass(frozen=True, slots=True, kw_only=True)
class Concentration:
    """Per commodity how many suppliers get orders and whether they are too few; per line whether it gets too much."""

    sources: Ints
    too_few: Flags
    too_much: Flags


def concentration(*, commodity: Ints, share: Ints, largest_share: Floats, least_sources: Ints) -> Concentration:
    """Hold shares (in millionths) against the limits.

    `commodity` counts from 0 without gaps; `largest_share` is given on each line, as a part of 1 (NaN: none);
    `least_sources` for each commodity (0: none).
    """
    count = len(least_sources)
    sources = np.bincount(commodity[share > 0], minlength=count)
    limit = millionths(np.where(np.isnan(largest_share), np.inf, largest_share))
    return Concentration(sources=sources, too_few=sources < least_sources, too_much=share > limit)
