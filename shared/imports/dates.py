"""The forms in which files write days, and what each stands for: ISO, the calendar of the ROC, and declared ones."""

import re
from datetime import date
from functools import lru_cache
from typing import Literal

DateFormat = Literal["iso", "us", "eu", "roc"]
LONGEST_SHOWN = 60
ROC_YEARS = 1911
"""Year 1 of the Republic of China is 1912."""

_ISO = (
    r"(?P<year>[0-9]{4})(?P<sep>[-/.])(?P<month>[0-9]{1,2})(?P=sep)(?P<day>[0-9]{1,2})([T ]00:00(:00(\.0+)?)?Z?)?",
    r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})",
    r"(?:西元|公元)?(?P<year>[0-9]{4}) ?年 ?(?P<month>[0-9]{1,2}) ?月 ?(?P<day>[0-9]{1,2}) ?日?",
)
_REPUBLIC = r"(?:中華民國|中华民国|民國|民国) ?"
_ROC = (
    rf"{_REPUBLIC}(?P<roc>[0-9]{{1,3}}|元) ?年 ?(?P<month>[0-9]{{1,2}}) ?月 ?(?P<day>[0-9]{{1,2}}) ?日?",
    rf"{_REPUBLIC}(?P<roc>[0-9]{{1,3}})(?P<sep>[-/.])(?P<month>[0-9]{{1,2}})(?P=sep)(?P<day>[0-9]{{1,2}})",
    r"(?P<roc>[0-9]{3}) ?年 ?(?P<month>[0-9]{1,2}) ?月 ?(?P<day>[0-9]{1,2}) ?日?",
    r"(?P<roc>[0-9]{3})(?P<sep>[-/.])(?P<month>[0-9]{1,2})(?P=sep)(?P<day>[0-9]{1,2})",
    r"(?P<roc>[0-9]{3})(?P<month>[0-9]{2})(?P<day>[0-9]{2})",
)
_SHORT_ROC = (
    r"(?P<roc>[0-9]{1,2}) ?年 ?(?P<month>[0-9]{1,2}) ?月 ?(?P<day>[0-9]{1,2}) ?日?",
    r"(?P<roc>[0-9]{1,2})(?P<sep>[-/.])(?P<month>[0-9]{1,2})(?P=sep)(?P<day>[0-9]{1,2})",
    r"(?P<roc>[0-9]{2})(?P<month>[0-9]{2})(?P<day>[0-9]{2})",
)
_US = (r"(?P<month>[0-9]{1,2})(?P<sep>[-/])(?P<day>[0-9]{1,2})(?P=sep)(?P<year>[0-9]{4})",)
_EU = (r"(?P<day>[0-9]{1,2})(?P<sep>[-/.])(?P<month>[0-9]{1,2})(?P=sep)(?P<year>[0-9]{4})",)
FORMS: dict[DateFormat | None, tuple[re.Pattern[str], ...]] = {
    None: tuple(map(re.compile, _ISO + _ROC)),
    "iso": tuple(map(re.compile, _ISO)),
    "roc": tuple(map(re.compile, _ROC + _SHORT_ROC)),
    "us": tuple(map(re.compile, _US)),
    "eu": tuple(map(re.compile, _EU)),
}
EXAMPLES: dict[DateFormat | None, str] = {
    None: "2016-07-29, 105/07/29 or 民國105年7月29日; other forms need a declared date_format: us, eu or roc",
    "iso": "2016-07-29, as the declared date_format iso has it",
    "roc": "105/07/29, 99/7/29 or 民國105年7月29日, as the declared date_format roc has it",
    "us": "07/29/2016, as the declared date_format us has it",
    "eu": "29/07/2016 or 29.07.2016, as the declared date_format eu has it",
}


@lru_cache(maxsize=65_536)
def to_iso(text: str, declared: DateFormat | None) -> str:
    """The ISO form of a day as it stands in a file, full-width characters already made narrow.

    Without a declared format only forms are read that can mean one day alone. ValueError where there is no such day,
    or where the form is not one of the declared.
    """
    for form in FORMS[declared]:
        found = form.fullmatch(text)
        if found is not None:
            return _day(text, found.groupdict())
    shown = text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"
    raise ValueError(f"{shown!r} is not a date as in {EXAMPLES[declared]}")


def _day(text: str, parts: dict[str, str]) -> str:
    roc = parts.get("roc")
    if roc is not None and roc.strip("0") == "":
        raise ValueError(f"{text!r} is no date: the calendar of the Republic of China has no year 0")
    year = int(parts["year"]) if roc is None else ROC_YEARS + (1 if roc == "元" else int(roc))
    month, day = int(parts["month"]), int(parts["day"])
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        raise ValueError(f"{text!r} is a date that does not exist: {year:04}-{month:02}-{day:02}") from None
