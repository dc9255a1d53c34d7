"""The lines as the computation reads them: sorted, blanks filled, in whole millionths."""

from dataclasses import dataclass

import numpy as np

from services.scoring.domain.allocation.apportionment import apportion
from services.scoring.domain.allocation.checks import defaulted
from services.scoring.domain.allocation.commodities import MICRO, Commodities
from services.scoring.domain.allocation.lines import AllocationLines, Flags, Floats
from services.scoring.domain.qbr import Grade

_FAR = 1e3  # no share comes near; it keeps absurd capacities from overflowing


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Lines sorted by commodity and supplier code; shares and bounds in millionths, sums exactly 1."""

    commodities: Commodities
    share: Floats
    total: Floats
    scored: Flags
    grade_a: Flags
    grade_b: Flags
    grade_c: Flags
    bad: Flags
    """Grade D, or a tier that is high by evidence."""
    high_risk: Flags
    missed: Flags
    blocked: Flags
    capacity: Floats
    max_share: Floats
    min_share: Floats
    largest_share: Floats

    @property
    def new_source(self) -> Flags:
        return np.asarray(self.share == 0, dtype=np.bool_)

    @property
    def own_ceiling(self) -> Floats:
        """What the supplier can and may deliver at most."""
        return np.minimum(self.capacity, self.max_share)


def open_book(lines: AllocationLines) -> Book:
    """Read lines that were checked, and that are sorted by commodity and supplier code."""
    commodities = Commodities.sorted(lines.commodity)
    total, grade = lines.qbr_total, lines.grade
    high_risk = np.asarray((lines.risk_tier == "high") & (lines.basis != "assumed"), dtype=np.bool_)
    return Book(
        commodities=commodities,
        share=_baseline(lines.baseline_share, commodities),
        total=total,
        # a D for a missed finding may come without any total: it stands at the mean like an unrated line
        scored=(grade != Grade.NOT_RATED.value) & ~np.isnan(total),
        # texts are compared here, once: each time costs as much as ten steps of arithmetic
        grade_a=grade == Grade.A.value,
        grade_b=grade == Grade.B.value,
        grade_c=grade == Grade.C.value,
        bad=(grade == Grade.D.value) | high_risk,
        high_risk=high_risk,
        missed=lines.priority_missed,
        blocked=lines.blocked,
        capacity=millionths(defaulted(lines.capacity_share, 1.0)),
        max_share=millionths(defaulted(lines.max_share, 1.0)),
        min_share=millionths(defaulted(lines.min_share, 0.0)),
        largest_share=millionths(defaulted(lines.largest_share, np.inf)),
    )


def millionths(shares: Floats) -> Floats:
    """Shares in whole millionths, half up."""
    return np.floor(np.minimum(shares, _FAR) * MICRO + 0.5 + 1e-6)


def _baseline(shares: Floats, commodities: Commodities) -> Floats:
    exact = shares / commodities.sums(shares)[commodities.of] * MICRO
    whole = np.where(shares > 0, float(MICRO), 0.0)
    return apportion(exact, np.zeros_like(exact), whole, commodities).astype(np.float64)
