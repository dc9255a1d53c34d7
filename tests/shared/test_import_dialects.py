"""The dialects in which spreadsheets save the same table."""

import io
import json
from typing import Any

import pytest
import xlsxwriter

from services.registry.service.imports import KINDS
from shared.errors import Invalid
from shared.imports.encodings import find_encoding
from shared.imports.files import XLSX, ImportedFile
from shared.imports.fitting import Line
from shared.imports.formats import read_csv, read_header
from shared.imports.mappings import Reading
from tests.stage import Stage


def records(data: bytes) -> list[tuple[int, dict[str, Any]]]:
    headers: list[list[str]] = []
    encoding = find_encoding(data, None)
    found = list(read_csv(data, encoding, headers.append))
    assert headers == [read_header(data, encoding)]
    return found


def without(line: int) -> list[tuple[int, dict[str, str]]]:
    return [(n + line, record) for n, record in [(2, {"code": "S1", "name": "One"}), (3, {"code": "S2", "name": "2"})]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_delimiter_is_seen_from_the_header(delimiter: str, newline: str, codec: str) -> None:
    lines = ["code,name", 'S1,"One, Ltd; or"', "S2,Two", ""]
    text = newline.join(line.replace(",", delimiter, 1) for line in lines)
    assert records(text.encode(codec)) == [
        (2, {"code": "S1", "name": "One, Ltd; or"}),
        (3, {"code": "S2", "name": "Two"}),
    ]


@pytest.mark.parametrize("declared", ["sep=;", "SEP=;", '"sep=;"', "sep=|", "sep=\t"])
def test_a_declared_delimiter_is_taken_and_its_line_counts(declared: str) -> None:
    delimiter = declared.strip('"')[-1]
    text = "\r\n".join([declared, *(line.replace(",", delimiter) for line in ("code,name", "S1,One", "S2,2"))])
    assert records(text.encode()) == without(1)


def test_empty_columns_at_the_end_and_blank_lines_at_the_top_are_passed_over() -> None:
    assert records(b"code,name,,\nS1,One,,\nS2,2\n") == without(0)
    assert records(b"code,name\nS1,One,,,\nS2,2,,,\n") == without(0)
    assert records(b"\r\n,,\r\ncode,name\r\nS1,One\r\nS2,2\r\n") == without(2)


def test_a_delimiter_inside_a_quoted_name_separates_nothing() -> None:
    data = b'code,name,"a;b;c;d"\nS1,One,x\n'
    assert records(data) == [(2, {"code": "S1", "name": "One", "a;b;c;d": "x"})]


def test_a_quote_that_is_never_closed_is_named_by_the_line_on_which_its_row_begins() -> None:
    data = b'code,name\nS1,One\nS2,"Two\n' + b"S3,Three\n" * 100
    with pytest.raises(Invalid, match="row that begins on line 3"):
        records(data)


def test_utf_16_without_its_mark_is_refused_with_what_to_do() -> None:
    with pytest.raises(Invalid, match="UTF-16 without its mark: save the file as UTF-8"):
        records("code,name\nS1,One\n".encode("utf-16-le"))


def lines_of(book: bytes) -> list[Line]:
    return list(ImportedFile(KINDS[0], XLSX, Reading(), book).lines())


def test_of_a_workbook_the_first_sheet_that_is_shown_is_read_from_its_first_row_with_content() -> None:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        book.add_chartsheet()
        lists = book.add_worksheet("lists")
        lists.write_row(0, 0, ["active", "inactive"])
        lists.hide()
        sheet = book.add_worksheet("suppliers")
        sheet.activate()
        sheet.write_row(2, 0, ["code", "name"])
        sheet.write_row(3, 0, ["S1", "One"])
        book.add_worksheet("notes").write_row(0, 0, ["none", "of", "ours"])
    assert [(line.place, line.values) for line in lines_of(target.getvalue())] == [(4, {"code": "S1", "name": "One"})]


def test_a_workbook_without_a_sheet_to_show_says_so() -> None:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        book.add_chartsheet()
    with pytest.raises(Invalid, match="shows no sheet"):
        lines_of(target.getvalue())


async def test_a_json_object_with_a_nameless_member_costs_its_own_line_alone(stage: Stage) -> None:
    lines = [{"": "x\x00", "code": "S1", "name": "One"}, {"code": "S2", "name": "\ud800"}, {"code": "S3", "name": "3"}]
    data = "\n".join(map(json.dumps, lines))
    run = await stage.import_file("registry", "suppliers", data, content_type="application/x-ndjson")
    assert (run["status"], run["succeeded"]) == ("partially_succeeded", 1)
    assert [(error["line"], error["column"]) for error in run["errors"]] == [(1, ""), (2, "name")]
    assert run["errors"][0]["message"] == "a column without a name"
