"""Totals and grades over the last quarters, of a supplier and of all."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.scoring.domain.qbr import Dimension
from services.scoring.domain.quarter import Quarter
from services.scoring.domain.report.cards import Card, Earlier
from services.scoring.domain.report.categories import mean

QUARTERS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Point:
    """A supplier in a quarter; `grade` is None where it has no published result."""

    quarter: str
    total: float | None
    grade: str | None
    sustainability: float | None
    risk_tier: str | None


@dataclass(frozen=True, slots=True)
class Overall:
    """All suppliers in a quarter; `suppliers` 0: the quarter has no published review."""

    quarter: str
    suppliers: int
    mean_total: float | None
    mean_sustainability: float | None
    grades: Mapping[str, int]


def window(quarter: str, earlier: Sequence[Earlier]) -> tuple[str, ...]:
    """The quarters to show: from the first with a published review on, but no more than eight."""
    span = [Quarter.parse(quarter)]
    while len(span) < QUARTERS_SHOWN and span[-1] > Quarter(1, 1):
        span.append(span[-1].previous)
    known = {each.quarter for each in earlier}
    names = [str(each) for each in reversed(span)]
    first = next(n for n, name in enumerate(names) if name in known or name == quarter)
    return tuple(names[first:])


def overall_trend(quarters: Sequence[str], cards: Sequence[Card], earlier: Sequence[Earlier]) -> tuple[Overall, ...]:
    """How all suppliers together stood in each of the quarters, the last of which is that of the cards."""
    by_quarter: dict[str, list[Card | Earlier]] = defaultdict(list)
    for each in earlier:
        by_quarter[each.quarter].append(each)
    by_quarter[quarters[-1]] = list(cards)
    return tuple(_overall(quarter, by_quarter[quarter]) for quarter in quarters)


def supplier_trends(
    quarters: Sequence[str], cards: Sequence[Card], earlier: Sequence[Earlier]
) -> dict[UUID, tuple[Point, ...]]:
    """How each supplier of the cards stood in each of the quarters."""
    found: dict[tuple[UUID, str], Card | Earlier] = {(each.supplier_id, each.quarter): each for each in earlier}
    found |= {(card.supplier_id, quarters[-1]): card for card in cards}
    return {
        card.supplier_id: tuple(_point(quarter, found.get((card.supplier_id, quarter))) for quarter in quarters)
        for card in cards
    }


def _overall(quarter: str, results: Sequence[Card | Earlier]) -> Overall:
    totals = [each.total for each in results if each.total is not None]
    sustainability = [_sustainability(each) for each in results]
    present = [figure for figure in sustainability if figure is not None]
    return Overall(
        quarter,
        len(results),
        mean(totals) if totals else None,
        mean(present) if present else None,
        Counter(each.grade for each in results),
    )


def _point(quarter: str, result: Card | Earlier | None) -> Point:
    if result is None:
        return Point(quarter, None, None, None, None)
    return Point(quarter, result.total, result.grade, _sustainability(result), result.risk_tier)


def _sustainability(result: Card | Earlier) -> float | None:
    return result.dimensions[Dimension.SUSTAINABILITY]
