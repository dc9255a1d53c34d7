"""What the engagement figures mean: hours held and attended, satisfaction with its interval, running totals."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

SECONDS_PER_HOUR: Final = 3600
SATISFIED_FROM: Final = 4
"""The least rating, of 1 to 5, that counts as satisfied."""

Z_95: Final = 1.959963984540054
"""The standard normal quantile of 0.975: both ends of a 95 % interval."""

OPENED_FIGURES: Final = ("person_times", "session_hours", "person_hours", "course_views", "course_completions")
"""What an opening balance can hold. Distinct persons and suppliers cannot be added up, so it has none."""


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """The share of ratings 4 and 5 among `n`, in percent, with its 95 % interval; None where nobody has rated."""

    n: int
    percent: float | None
    interval: tuple[float, float] | None


def session_hours(starts_at: datetime, ends_at: datetime) -> float:
    """How long an event is."""
    return (ends_at - starts_at).total_seconds() / SECONDS_PER_HOUR


def person_hours(
    starts_at: datetime, ends_at: datetime, joined_at: datetime | None, left_at: datetime | None, persons: int
) -> float:
    """How many hours of an event `persons` were there together.

    Without times they were there all the time, as they are taken to be where the times do not fit the event (it was
    moved after they had been noted).
    """
    attended = session_hours(max(starts_at, joined_at or starts_at), min(ends_at, left_at or ends_at))
    return persons * (attended if attended > 0 else session_hours(starts_at, ends_at))


def satisfaction(satisfied: int, n: int) -> Satisfaction:
    """The satisfaction that `satisfied` of `n` ratings show; percentages are rounded to 2 decimals."""
    if n == 0:
        return Satisfaction(0, None, None)
    low, high = wilson_interval(satisfied, n)
    return Satisfaction(n, round(100 * satisfied / n, 2), (round(100 * low, 2), round(100 * high, 2)))


def wilson_interval(successes: int, n: int) -> tuple[float, float]:
    """The Wilson score interval of a share, at 95 %; (0, 1) where nothing was observed."""
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n}")
    if n == 0:
        return 0.0, 1.0
    share = successes / n
    shrink = 1 + Z_95**2 / n
    centre = (share + Z_95**2 / (2 * n)) / shrink
    half = Z_95 / shrink * math.sqrt(share * (1 - share) / n + Z_95**2 / (4 * n**2))
    # At the edges the ends are exactly 0 and 1; rounding must not lead past them.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return low, high


def running_totals(own: Mapping[str, float], opened: Mapping[str, float | None]) -> dict[str, float]:
    """`own` figures on top of what an opening balance holds; a figure that it does not have begins at 0."""
    return {name: figure + (opened.get(name) or 0) for name, figure in own.items()}
