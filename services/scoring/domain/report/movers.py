"""Whose total rose and fell most against the quarter before, and whose grade changed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from services.scoring.domain.qbr import Grade
from services.scoring.domain.report.cards import Card, Earlier
from services.scoring.domain.rounding import half_up

MOST_SHOWN = 10
_ORDER = tuple(Grade)


@dataclass(frozen=True, slots=True)
class Mover:
    """A supplier that was there in the quarter before; `change` is None where one of the two totals is."""

    card: Card
    total_before: float | None
    grade_before: str
    change: float | None

    @property
    def has_other_grade(self) -> bool:
        return self.grade_before != self.card.grade

    @property
    def steps(self) -> int:
        """How many grades it went up, negative for down; 0 where it is or was not rated."""
        if Grade.NOT_RATED in (self.card.grade, self.grade_before):
            return 0
        return _ORDER.index(Grade(self.grade_before)) - _ORDER.index(Grade(self.card.grade))


@dataclass(frozen=True, slots=True)
class Movement:
    """All that moved between two quarters; `newcomers` were not in the one before, `leavers` are not in this one."""

    movers: tuple[Mover, ...]
    rises: tuple[Mover, ...]
    falls: tuple[Mover, ...]
    migrations: Mapping[tuple[str, str], int]
    newcomers: int
    leavers: int

    @property
    def improved(self) -> int:
        return sum(mover.steps > 0 for mover in self.movers)

    @property
    def worsened(self) -> int:
        return sum(mover.steps < 0 for mover in self.movers)


def movement(cards: Sequence[Card], before: Mapping[UUID, Earlier]) -> Movement:
    """Compare this quarter's cards with the results of the quarter before."""
    movers = [_mover(card, before[card.supplier_id]) for card in cards if card.supplier_id in before]
    moved = sorted(
        ((mover.change, mover) for mover in movers if mover.change), key=lambda each: (-abs(each[0]), each[1].card.code)
    )
    return Movement(
        movers=tuple(movers),
        rises=tuple(mover for change, mover in moved if change > 0)[:MOST_SHOWN],
        falls=tuple(mover for change, mover in moved if change < 0)[:MOST_SHOWN],
        migrations=Counter((mover.grade_before, mover.card.grade) for mover in movers),
        newcomers=len(cards) - len(movers),
        leavers=len(before.keys() - {card.supplier_id for card in cards}),
    )


def _mover(card: Card, earlier: Earlier) -> Mover:
    change = None
    if card.total is not None and earlier.total is not None:
        change = float(half_up(np.asarray(card.total - earlier.total)))
    return Mover(card, earlier.total, earlier.grade, change)
