"""The sourcing lines that an allocation starts from, as flat arrays over all commodities."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Texts = NDArray[np.str_]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcingLine:
    """One supplier's line of one commodity; None is blank (no rating, or the bound's default)."""

    commodity: int
    supplier_code: str
    baseline_share: Decimal
    qbr_total: float | None = None
    grade: str = "not_rated"
    risk_tier: str = "low"
    basis: str = "assessed"
    priority_missed: bool = False
    capacity_share: Decimal | None = None
    max_share: Decimal | None = None
    min_share: Decimal | None = None
    blocked: bool = False
    largest_share: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationLines:
    """N lines as columns; `commodity` counts from 0 without gaps, NaN is blank.

    `blocked` also holds where the supplier is suspended or inactive. `qbr_total` counts only where the grade
    is not `not_rated`. `largest_share` is the commodity's limit on any one supplier, the same on all its lines.
    """

    commodity: Ints
    supplier_code: Texts
    baseline_share: Floats
    qbr_total: Floats
    grade: Texts
    risk_tier: Texts
    basis: Texts
    priority_missed: Flags
    capacity_share: Floats
    max_share: Floats
    min_share: Floats
    blocked: Flags
    largest_share: Floats

    def __len__(self) -> int:
        return len(self.commodity)

    def take(self, places: Ints | slice) -> Self:
        """The lines at these places."""
        return replace(self, **{column.name: getattr(self, column.name)[places] for column in fields(self)})

    def blocks(self, commodities: int) -> Iterator[Self]:
        """Sorted lines as stretches of so many commodities, each of which counts them from 0; nothing is copied."""
        last = int(self.commodity[-1]) if len(self) else -1
        firsts = range(0, last + 1, commodities)
        starts = np.searchsorted(self.commodity, [*firsts, last + 1]).tolist()
        for first, (start, end) in zip(firsts, pairwise(starts), strict=True):
            block = self.take(slice(start, end))
            yield replace(block, commodity=block.commodity - first)

    @classmethod
    def of(cls, rows: Sequence[SourcingLine]) -> Self:
        """Turn rows into columns."""
        return cls(
            commodity=np.array([row.commodity for row in rows], dtype=np.int64),
            supplier_code=np.array([row.supplier_code for row in rows], dtype=np.str_),
            baseline_share=_figures([row.baseline_share for row in rows]),
            qbr_total=_figures([row.qbr_total for row in rows]),
            grade=np.array([row.grade for row in rows], dtype=np.str_),
            risk_tier=np.array([row.risk_tier for row in rows], dtype=np.str_),
            basis=np.array([row.basis for row in rows], dtype=np.str_),
            priority_missed=np.array([row.priority_missed for row in rows], dtype=np.bool_),
            capacity_share=_figures([row.capacity_share for row in rows]),
            max_share=_figures([row.max_share for row in rows]),
            min_share=_figures([row.min_share for row in rows]),
            blocked=np.array([row.blocked for row in rows], dtype=np.bool_),
            largest_share=_figures([row.largest_share for row in rows]),
        )


def _figures(values: Sequence[Decimal | float | None]) -> Floats:
    # a NaN that somebody wrote is an error, not a blank: as an infinity it meets the check for finite figures
    return np.array(
        [math.nan if value is None else math.inf if math.isnan(value) else float(value) for value in values],
        dtype=np.float64,
    )
