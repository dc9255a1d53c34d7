"""Totals and grades of a quarter's suppliers, with every limit that applied."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from services.scoring.domain.qbr.constants import Dimension, Grade, QbrConstants
from services.scoring.domain.rounding import half_up
from shared.errors import FieldError, Invalid

HIGH_TIER = "high"
ASSUMED_BASIS = "assumed"
TOP_OF_SCALE = 100.0


class Limit(StrEnum):
    """A rule that may hold a grade down, in the order in which they apply; the last one wins."""

    COVERAGE_TOO_LOW = "coverage_too_low"
    NO_QUALITY_OR_DELIVERY = "no_quality_or_delivery"
    COVERAGE_INCOMPLETE = "coverage_incomplete"
    RISK_TIER_HIGH = "risk_tier_high"
    RISK_TIER_HIGH_ASSUMED = "risk_tier_high_assumed"
    PRIORITY_MISSED = "priority_missed"


@dataclass(frozen=True, slots=True)
class Review:
    """One supplier's result; `total` is None where no dimension was present, `coverage` the weight present."""

    total: float | None
    coverage: float
    grade: Grade
    limits: tuple[Limit, ...]


def grade(
    dimensions: ArrayLike,
    *,
    risk_tier: Sequence[str],
    basis: Sequence[str],
    priority_missed: Sequence[bool] | NDArray[np.bool_],
    constants: QbrConstants | None = None,
) -> list[Review]:
    """Grade N suppliers: `dimensions` is N x 5 in the order of `Dimension`, 0-100, NaN where absent.

    `Invalid` names each figure that is out of range (`/rows/3/quality`).
    """
    rules = constants or QbrConstants()
    figures = np.asarray(dimensions, dtype=np.float64).reshape(-1, len(Dimension))
    _refuse_out_of_range(figures)
    present = ~np.isnan(figures)
    weights = np.asarray(rules.weights)
    coverage = present @ weights
    weighted = np.where(present, figures, 0.0) @ weights
    total = half_up(np.divide(weighted, coverage, out=np.full(len(figures), np.nan), where=coverage > 0))

    judged = present[:, _column(Dimension.QUALITY)] | present[:, _column(Dimension.DELIVERY)]
    too_low = coverage < rules.rated_from_coverage
    high = np.asarray(risk_tier, dtype=np.str_) == HIGH_TIER
    assumed = np.asarray(basis, dtype=np.str_) == ASSUMED_BASIS
    held = {
        Limit.COVERAGE_TOO_LOW: too_low,
        Limit.NO_QUALITY_OR_DELIVERY: ~judged,
        Limit.COVERAGE_INCOMPLETE: ~too_low & (coverage < rules.uncapped_from_coverage),
        Limit.RISK_TIER_HIGH: high & ~assumed,
        Limit.RISK_TIER_HIGH_ASSUMED: high & assumed,
        Limit.PRIORITY_MISSED: np.asarray(priority_missed, dtype=np.bool_),
    }
    rank = _ranks(total, held, rules)
    return [
        Review(
            total=None if np.isnan(total[row]) else float(total[row]),
            coverage=float(coverage[row]),
            grade=_GRADES[rank[row]],
            limits=tuple(limit for limit, applies in held.items() if applies[row]),
        )
        for row in range(len(figures))
    ]


_GRADES = tuple(Grade)
_A, _B, _C, _D, _NOT_RATED = range(len(_GRADES))


def _ranks(total: NDArray[np.float64], held: dict[Limit, NDArray[np.bool_]], rules: QbrConstants) -> NDArray[np.int64]:
    """Positions in `Grade`: the band of the rounded total, then the limits in their order."""
    rank = np.select([total >= rules.a_from, total >= rules.b_from, total >= rules.c_from], [_A, _B, _C], _D)
    at_best_b = held[Limit.COVERAGE_INCOMPLETE] | held[Limit.RISK_TIER_HIGH_ASSUMED]
    rank = np.where(at_best_b, np.maximum(rank, _B), rank)
    rank = np.where(held[Limit.RISK_TIER_HIGH], np.maximum(rank, _C), rank)
    # not_rated is no grade to be capped: it stands whatever the tier
    unrated = held[Limit.COVERAGE_TOO_LOW] | held[Limit.NO_QUALITY_OR_DELIVERY]
    rank = np.where(unrated, _NOT_RATED, rank)
    return np.asarray(np.where(held[Limit.PRIORITY_MISSED], _D, rank), dtype=np.int64)


def _column(dimension: Dimension) -> int:
    return tuple(Dimension).index(dimension)


def _refuse_out_of_range(figures: NDArray[np.float64]) -> None:
    wrong = ~np.isnan(figures) & ~((figures >= 0) & (figures <= TOP_OF_SCALE))
    if wrong.any():
        names = tuple(Dimension)
        fields = [
            FieldError(f"/rows/{row}/{names[column]}", "must be between 0 and 100")
            for row, column in np.argwhere(wrong)
        ]
        raise Invalid("a performance figure is out of range", fields=fields)
