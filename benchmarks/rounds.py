"""Ours and the reference by turns, so that whatever else the machine does meets both alike."""

import os
import statistics
import sys
from collections.abc import Awaitable, Callable, Mapping

SCALE_VARIABLE = "BENCH_SCALE"


def scale() -> float:
    """How large a run is: 1 as the table wants it, less for a trial."""
    given = os.environ.get(SCALE_VARIABLE) or "1"
    try:
        value = float(given)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1:
        sys.exit(f"{SCALE_VARIABLE} is {given!r}: it must be a number above 0, up to 1.")
    return value


def scaled(full: int, least: int = 1) -> int:
    """A number of things, at this run's scale."""
    return max(least, round(full * scale()))


def say(text: str) -> None:
    """A line on the terminal, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def by_turns(rounds: int, works: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """The median of each work's figures."""
    figures: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds):
        for name in _in_turn(list(works), number):
            figures[name].append(works[name]())
    return {name: statistics.median(values) for name, values in figures.items()}


async def by_turns_async(rounds: int, works: Mapping[str, Callable[[], Awaitable[float]]]) -> dict[str, float]:
    """The same of works that are awaited."""
    figures: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds):
        for name in _in_turn(list(works), number):
            figures[name].append(await works[name]())
    return {name: statistics.median(values) for name, values in figures.items()}


def _in_turn(names: list[str], number: int) -> list[str]:
    """Another one begins in each round: what the one before left in a cache serves none of them always."""
    start = number % len(names)
    return names[start:] + names[:start]
