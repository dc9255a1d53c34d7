"""Days as integers since 1970-01-01, and what `so many months before` means for them."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.int32]
WideDays = NDArray[np.int64]  # room for `the day after` of any date, the absent one too

ABSENT = int(np.iinfo(np.int32).max)
"""A date that there is none of. It lies after every day, so a deadline at it is never missed."""

_EPOCH = date(1970, 1, 1).toordinal()


def from_date(day: date) -> int:
    """Return the days from 1970-01-01 to `day`."""
    return day.toordinal() - _EPOCH


def to_date(number: int) -> date | None:
    """Return the date that is `number` days after 1970-01-01; None for `ABSENT`."""
    return None if number == ABSENT else date.fromordinal(int(number) + _EPOCH)


def months_before(day: date, months: int) -> int:
    """Return the same day of the month `months` earlier, or that month's last day."""
    first = _first_of_month(np.array([(day.year - 1970) * 12 + day.month - 1 - months]))
    following = _first_of_month(np.array([(day.year - 1970) * 12 + day.month - months]))
    return int(min(first[0] + day.day - 1, following[0] - 1))


def leaves_window(days: Days, months: int) -> WideDays:
    """Return the first day D on which (D - `months`, D] no longer holds each of `days`.

    It is the same day `months` later; where that month is too short for it, the first of the next one, since
    `D - months` jumps over such a date. Days that are `ABSENT` stay so.
    """
    absent = days == ABSENT
    present = np.where(absent, 0, days).astype("datetime64[D]")
    month = present.astype("datetime64[M]").astype(np.int64)
    day_of_month = present.astype(np.int64) - _first_of_month(month)
    edge = np.minimum(_first_of_month(month + months) + day_of_month, _first_of_month(month + months + 1))
    return np.where(absent, ABSENT, edge)


def first_of_year(years: NDArray[np.int64]) -> WideDays:
    """Return the first of January of each of `years`."""
    return _first_of_month((years - 1970) * 12)


def _first_of_month(months: NDArray[np.int64]) -> WideDays:
    """Return the first day of months that are counted from January 1970."""
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
