"""The calendar quarter as a value: `2026Q3`, its days and its neighbours."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from shared.errors import FieldError, Invalid

_WRITTEN = re.compile(r"([0-9]{4})Q([1-4])")
_MONTHS = 3


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A quarter of a year from 0001 to 9999; `number` is 1 to 4."""

    year: int
    number: int

    def __post_init__(self) -> None:
        if not (date.min.year <= self.year <= date.max.year and 1 <= self.number <= 4):  # noqa: PLR2004
            detail = f"there is no quarter {self.number} of year {self.year}"
            raise Invalid(detail, fields=[FieldError("/quarter", detail)])

    @classmethod
    def parse(cls, written: str) -> Self:
        """Read `2026Q3`; anything else is `Invalid`."""
        match = _WRITTEN.fullmatch(written)
        if match is None:
            detail = "a quarter is written like 2026Q3"
            raise Invalid(detail, fields=[FieldError("/quarter", detail)])
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def holding(cls, day: date) -> Self:
        """The quarter in which the day lies."""
        return cls(day.year, (day.month - 1) // _MONTHS + 1)

    @property
    def first_day(self) -> date:
        return date(self.year, _MONTHS * (self.number - 1) + 1, 1)

    @property
    def last_day(self) -> date:
        last_month = _MONTHS * self.number
        if last_month == 12:  # noqa: PLR2004
            return date(self.year, 12, 31)  # also of year 9999, after which there is no day
        return date(self.year, last_month + 1, 1) - timedelta(days=1)

    @property
    def next(self) -> "Quarter":
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    @property
    def previous(self) -> "Quarter":
        return Quarter(self.year - (self.number == 1), (self.number - 2) % 4 + 1)

    def __str__(self) -> str:
        return f"{self.year:04d}Q{self.number}"
