"""What statistics count, and where: periods a year apart, risk categories of provisions, shares in percent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

ANY = "*"
FEBRUARY, LEAP_DAY = 2, 29


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included, as they stood on `as_of`."""

    first: date
    last: date
    as_of: date

    def year_before(self) -> "Period":
        """The same days a year earlier, as they stood a year earlier."""
        return Period(*[year_before(day) for day in (self.first, self.last, self.as_of)])


def period(first: date | None, last: date | None, as_of: date | None, today: date) -> Period:
    """The period asked for: as of today unless given, up to that day unless given, over a year unless given."""
    as_of = as_of or today
    last = last or as_of
    return Period(first or year_before(last) + timedelta(days=1), last, as_of)


def year_before(day: date) -> date:
    """The same day of the year before; for a leap day the day before it."""
    if (day.month, day.day) == (FEBRUARY, LEAP_DAY):
        day -= timedelta(days=1)
    return day.replace(year=day.year - 1)


def percent(part: int, whole: int) -> float | None:
    """`part` of `whole` in percent with two decimals, or None of nothing."""
    return round(100 * part / whole, 2) if whole else None


@dataclass(frozen=True, slots=True)
class CategoryRules:
    """Where a policy counts provisions: by name, by all others of a version (`*`), else by section letter."""

    named: Mapping[tuple[str, str, str], str]
    sections: Mapping[str, str]

    def category_of(self, standard: str, version: str, code: str) -> str | None:
        """The category of a provision, by the first rule that applies."""
        for name in (code, ANY):
            if category := self.named.get((standard, version, name)):
                return category
        return self.sections.get(code[:1].upper()) or self.sections.get(ANY)
