"""Where each line would go by score and multiplier alone, before any bound."""

from dataclasses import dataclass

import numpy as np

from services.scoring.domain.allocation.book import Book
from services.scoring.domain.allocation.constants import AllocationConstants
from services.scoring.domain.allocation.lines import Floats


@dataclass(frozen=True, slots=True)
class Targets:
    """Per line in millionths; `average` per commodity is the mean score, NaN where nobody is rated."""

    average: Floats
    multiplier: Floats
    by_score: Floats
    target: Floats


def targets(book: Book, constants: AllocationConstants) -> Targets:
    """Apply the effect of the score against the mean, then the multiplier."""
    counted = np.where(book.scored & ~book.blocked, book.share, 0.0)
    score = np.where(book.scored, book.total, 0.0)
    weight = book.commodities.sums(counted)
    average = np.full(book.commodities.count, np.nan)
    np.divide(book.commodities.sums(counted * score), weight, out=average, where=weight > 0)
    mean = average[book.commodities.of]
    # an unrated line stands at the mean; where nobody is rated, the score has no effect
    distance = np.where(book.scored & ~np.isnan(mean), score - mean, 0.0)
    by_score = book.share * (1.0 + distance / constants.score_scale)
    multiplier = _multiplier(book, score, constants)
    return Targets(average, multiplier, by_score, by_score * multiplier)


def _multiplier(book: Book, score: Floats, constants: AllocationConstants) -> Floats:
    scores, multipliers = zip(*constants.multiplier_knots, strict=True)
    multiplier = np.where(book.scored, np.interp(score, scores, multipliers), constants.not_rated_multiplier)
    cap = np.where(book.high_risk, constants.high_risk_multiplier_cap, np.inf)
    cap = np.minimum(cap, np.where(book.missed, constants.priority_missed_multiplier_cap, np.inf))
    return np.minimum(multiplier, cap)
