"""Which risk categories are worst, over all suppliers and by supplier."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from services.scoring.domain.report.cards import Card, Earlier
from services.scoring.domain.rounding import half_up

MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class CategoryStanding:
    """A category over all suppliers; a threshold that the policy does not have counts nobody below it.

    `lowest` are the suppliers below the upper threshold, the worst first.
    """

    code: str
    mean: float
    mean_before: float | None
    below_high: int
    below_medium: int
    lowest: tuple[Card, ...]


def category_standings(
    codes: Sequence[str],
    cards: Sequence[Card],
    before: Mapping[UUID, Earlier],
    *,
    high_below: float | None,
    medium_below: float | None,
) -> tuple[CategoryStanding, ...]:
    """The standing of each of the policy's categories, the worst mean first; none where there are no suppliers."""
    standings = []
    for code in codes:
        held = [card for card in cards if code in card.categories]
        earlier = [each.categories[code] for each in before.values() if code in each.categories]
        if not held:
            continue
        figures = np.asarray([card.categories[code] for card in held])
        weak = _below(figures, medium_below if medium_below is not None else high_below)
        order = sorted(np.flatnonzero(weak).tolist(), key=lambda row: (figures[row], held[row].code))
        standings.append(
            CategoryStanding(
                code=code,
                mean=mean(figures.tolist()),
                mean_before=mean(earlier) if earlier else None,
                below_high=int(_below(figures, high_below).sum()),
                below_medium=int(_below(figures, medium_below).sum()),
                lowest=tuple(held[row] for row in order[:MOST_SHOWN]),
            )
        )
    return tuple(sorted(standings, key=lambda each: each.mean))


def mean(figures: Sequence[float]) -> float:
    """The mean of at least one figure, rounded as every figure of a review is."""
    return float(half_up(np.asarray(figures, dtype=np.float64).mean()))


def _below(
    figures: np.ndarray[tuple[int], np.dtype[np.float64]], threshold: float | None
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return figures < (-np.inf if threshold is None else threshold)
