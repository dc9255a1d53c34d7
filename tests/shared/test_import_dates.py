"""Days as files write them: always read where they can mean one day alone, else only under a declared format."""

# ruff: noqa: RUF001  # the characters that files really have

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.imports.columns import narrow, number
from shared.imports.dates import ROC_YEARS, to_iso

THE_DAY = "2016-07-29"


@pytest.mark.parametrize(
    "text",
    [
        "2016-07-29", "2016/7/29", "2016.07.29", "20160729", "2016年7月29日", "2016-07-29 00:00:00",
        "2016-07-29T00:00:00Z", "105/07/29", "105-7-29", "105.07.29", "1050729", "民國105年7月29日",
        "中華民國 105 年 07 月 29 日", "105年7月29日",
        "民国105年7月29日", "民國105/7/29", "１０５／０７／２９", "民國１０５年７月２９日", "２０１６－０７－２９",
    ],
)  # fmt: skip
def test_forms_that_can_mean_one_day_alone_are_always_read(text: str) -> None:
    assert to_iso(narrow(text), None) == THE_DAY


@pytest.mark.parametrize(
    ("text", "declared", "day"),
    [
        ("07/29/2016", "us", THE_DAY), ("7/29/2016", "us", THE_DAY), ("07-29-2016", "us", THE_DAY),
        ("29/07/2016", "eu", THE_DAY), ("29.7.2016", "eu", THE_DAY), ("29-07-2016", "eu", THE_DAY),
        ("99/07/29", "roc", "2010-07-29"), ("99.7.29", "roc", "2010-07-29"), ("990729", "roc", "2010-07-29"),
        ("105/07/29", "roc", THE_DAY), ("民國元年1月1日", "roc", "1912-01-01"), ("2016-07-29", "iso", THE_DAY),
    ],
)  # fmt: skip
def test_a_declared_format_is_read(text: str, declared: Any, day: str) -> None:
    assert to_iso(text, declared) == day


@pytest.mark.parametrize(
    ("text", "declared"),
    [
        ("07/29/2016", None), ("29/07/2016", None), ("99/07/29", None), ("29.07.2016", None), ("16-07-29", None),
        ("990729", None), ("42580", None), ("29 July 2016", None), ("2016-07", None), ("2016-07/29", None),
        ("2016-07-29T13:00:00", None), ("1469750400", None),
        ("2016-07-29", "us"), ("29/07/16", "eu"), ("2016-07-29", "eu"), ("2016-07-29", "roc"), ("105/07/29", "iso"),
    ],
)  # fmt: skip
def test_other_forms_are_refused_and_told_what_is_read(text: str, declared: Any) -> None:
    with pytest.raises(ValueError, match="is not a date as in"):
        to_iso(text, declared)


@pytest.mark.parametrize(
    ("text", "declared", "said"),
    [
        ("2026-02-30", None, "does not exist: 2026-02-30"),
        ("105/02/30", None, "does not exist: 2016-02-30"),
        ("1060229", None, "does not exist: 2017-02-29"),
        ("13/29/2016", "us", "does not exist: 2016-13-29"),
        ("07/29/2016", "eu", "does not exist: 2016-29-07"),
        ("000/01/01", None, "no year 0"),
        ("民國0年1月1日", None, "no year 0"),
        ("0000-01-01", None, "does not exist"),
    ],
)  # fmt: skip
def test_days_that_do_not_exist_are_refused(text: str, declared: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        to_iso(text, declared)


ROC_FORMS = (
    "{y:03}/{m:02}/{d:02}", "{y:03}{m:02}{d:02}", "{y:03}-{m}-{d}", "民國{y}年{m}月{d}日",
    "中華民國{y}年{m:02}月{d:02}日", "民國{y}.{m}.{d}",
)  # fmt: skip
WIDE = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})


@given(st.dates(date(1912, 1, 1), date(2199, 12, 31)), st.sampled_from(ROC_FORMS), st.booleans(), st.booleans())
def test_a_day_written_in_the_roc_calendar_is_read_as_that_day(
    day: date, form: str, is_wide: bool, is_declared: bool
) -> None:
    text = form.format(y=day.year - ROC_YEARS, m=day.month, d=day.day)
    declared: Any = "roc" if is_declared else None
    assert to_iso(narrow(text.translate(WIDE) if is_wide else text), declared) == day.isoformat()


@given(st.dates(date(1912, 1, 1), date(2010, 12, 31)))
def test_short_roc_years_are_read_where_declared_and_nowhere_else(day: date) -> None:
    text = f"{day.year - ROC_YEARS}/{day.month:02}/{day.day:02}"
    assert to_iso(text, "roc") == day.isoformat()
    with pytest.raises(ValueError, match="not a date"):
        to_iso(text, None)


def test_equal_numbers_become_equal_text_and_what_is_no_number_stays() -> None:
    written = ["171.50", "171.5", "１７１．５", "12.0", "12", "1,234.50", "1e3"]
    assert [number(text) for text in written] == ["171.5", "171.5", "171.5", "12", "12", "1,234.50", "1e3"]
