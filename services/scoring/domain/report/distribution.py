"""How many suppliers are in each class, now and in the quarter before."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WHOLE = 100.0


@dataclass(frozen=True, slots=True)
class Part:
    """A class's suppliers, and their part of all in percent; None where there is no quarter before."""

    name: str
    count: int
    percent: float
    count_before: int | None
    percent_before: float | None


def distribution(names: Sequence[str], now: Iterable[str], before: Iterable[str] | None) -> tuple[Part, ...]:
    """Count the members of each class, in the order of `names`; `before` None where there is nothing to compare."""
    counted, earlier = Counter(now), None if before is None else Counter(before)
    return tuple(
        Part(
            name,
            counted[name],
            _percent(counted[name], counted.total()),
            None if earlier is None else earlier[name],
            None if earlier is None else _percent(earlier[name], earlier.total()),
        )
        for name in names
    )


def _percent(count: int, of: int) -> float:
    return WHOLE * count / of if of else 0.0
