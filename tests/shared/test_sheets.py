"""Property: what is written comes back as it was, and nothing of it is ever a formula."""

import csv
import io
import re
import zipfile
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import python_calamine
from hypothesis import given
from hypothesis import strategies as st

from shared import sheets

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
RISKY = st.tuples(
    st.sampled_from(["", " ", "\u3000", "\t", "\r", "\ufeff"]),
    st.sampled_from("=+-@\uff1d\uff0b\uff0d\uff20\t\r"),
    TEXT,
)
WORDS = TEXT | RISKY.map("".join)
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(-1e300, 1e300)
DAYS = st.dates(date(1900, 3, 1), date(2199, 12, 31))
MOMENTS = st.datetimes(datetime(1950, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)
ROWS = st.lists(st.tuples(WORDS, NUMBERS, DAYS, MOMENTS), max_size=8)
HEADER = ("text", "number", "day", "moment")
ATTACKS = (
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x.invalid","here")',
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "  =1+1",
    "\u3000\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(A1)",
)


def read_csv(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def read_sheet(data: bytes) -> list[list[Any]]:
    book = python_calamine.load_workbook(io.BytesIO(data))
    return book.get_sheet_by_index(0).to_python(skip_empty_area=False)


def sheet_xml(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read("xl/worksheets/sheet1.xml").decode()


@given(ROWS)
def test_a_csv_reads_back_as_it_was_but_for_the_apostrophes(rows: list[tuple[Any, ...]]) -> None:
    header, *lines = read_csv(b"".join(sheets.csv_lines(HEADER, rows)))
    assert header == list(HEADER)
    for line, (text, number, day, moment) in zip(lines, rows, strict=True):
        assert line[0] in (text, f"'{text}")
        assert not re.match(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]", line[0])
        assert float(line[1]) == float(number)
        assert date.fromisoformat(line[2]) == day
        assert datetime.fromisoformat(line[3]) == moment


@given(ROWS)
def test_a_workbook_reads_back_as_it_was_and_has_no_formula(rows: list[tuple[Any, ...]]) -> None:
    data = sheets.workbook("Findings", HEADER, rows)
    header, *lines = read_sheet(data)
    assert header == list(HEADER)
    for line, (text, number, day, moment) in zip(lines, rows, strict=True):
        assert str(line[0]) == text
        assert float(line[1]) == pytest.approx(float(number), rel=1e-14)
        assert line[2] == day
        assert (line[3] if isinstance(line[3], datetime) else datetime.combine(line[3], time())) == moment.replace(
            tzinfo=None
        )
    assert "<f>" not in sheet_xml(data)
    assert "<hyperlink" not in sheet_xml(data)


@pytest.mark.parametrize("attack", ATTACKS)
def test_text_that_looks_like_a_formula_is_neutralised(attack: str) -> None:
    assert read_csv(sheets.csv_block([[attack]])) == [[f"'{attack}"]]
    data = sheets.workbook("x", ["text"], [[attack]])
    assert "<f>" not in sheet_xml(data)
    assert 't="inlineStr"' in sheet_xml(data)


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        (-5, "-5"),
        (-0.5, "-0.5"),
        (Decimal("-1E+3"), "-1000"),
        (True, "true"),
        (None, ""),
        ("5-6", "5-6"),
        ("a=b", "a=b"),
        ("", ""),
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (date(2026, 9, 30), "2026-09-30"),
        (datetime(2026, 9, 30, 8, 5, tzinfo=UTC), "2026-09-30T08:05:00Z"),
    ],
)
def test_what_is_no_risky_text_stays_as_it_is(cell: sheets.Cell, written: str) -> None:
    assert read_csv(sheets.csv_block([[cell, "x"]])) == [[written, "x"]]


def test_a_csv_has_the_mark_that_excel_needs_and_the_line_ends_of_the_standard() -> None:
    data = b"".join(sheets.csv_lines(["name"], [["翡翠河"], ['say "a, b"']]))
    assert data == '\ufeffname\r\n翡翠河\r\n"say ""a, b"""\r\n'.encode()


def test_only_editable_columns_of_a_protected_sheet_are_open_and_have_their_lists() -> None:
    data = sheets.workbook(
        "Plans: 2026/27",
        ["ref", "status", "completes_on"],
        [["F1", None, None], ["F2", "done", date(2026, 1, 5)]],
        editable={"status", "completes_on"},
        dates={"completes_on"},
        choices={"status": ["planned", "done"]},
    )
    xml = sheet_xml(data)
    assert "<sheetProtection" in xml
    assert '<formula1>"planned,done"</formula1>' in xml
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        styles = archive.read("xl/styles.xml").decode()
    formats = re.findall(
        r"<xf [^>]*?/>|<xf .*?[^/]>.*?</xf>", styles[styles.index("<cellXfs") : styles.index("</cellXfs>")]
    )
    open_cells = {
        cell for cell, style in re.findall(r'<c r="(\w+)" s="(\d+)"', xml) if 'locked="0"' in formats[int(style)]
    }
    assert open_cells == {"B2", "C2", "B3", "C3"}
    assert read_sheet(data)[2] == ["F2", "done", date(2026, 1, 5)]


def test_a_sheet_without_editable_columns_is_not_protected() -> None:
    assert "<sheetProtection" not in sheet_xml(sheets.workbook("x", ["a"], []))


def test_a_list_that_excel_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="drop-down"):
        sheets.workbook("x", ["a"], [], choices={"a": ["x" * 300]})


def test_text_longer_than_a_cell_is_cut() -> None:
    assert len(read_sheet(sheets.workbook("x", ["a"], [["y" * 40_000]]))[1][0]) == sheets.LONGEST_CELL
