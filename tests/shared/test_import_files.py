"""What files are read, what is refused, and how the refusal names its place."""

import io
import json
from typing import Any

import pytest
import xlsxwriter

from shared.imports.files import XLSX
from tests.stage import Stage

NDJSON = "application/x-ndjson"
TWO_ROWS: list[list[Any]] = [["code", "name", "supply_tier"], ["S1", "One", 1], ["S2", "Two", 2]]


def workbook(rows: list[list[Any]]) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for n, row in enumerate(rows):
            sheet.write_row(n, 0, row)
    return target.getvalue()


async def refusal(stage: Stage, data: bytes, content_type: str = "text/csv") -> tuple[int, str]:
    async with stage.machine("registry") as client:
        headers = {"Content-Type": content_type}
        answer = await client.post("/v1/imports/suppliers", content=data, headers=headers)
        runs = (await client.get("/v1/imports")).json()["items"]
    assert runs == []
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["detail"]


async def names(stage: Stage) -> dict[str, str]:
    return {row["code"]: row["name"] for row in await stage.psql("registry", "SELECT code, name FROM supplier")}


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "The file is empty."),
        (b"\n \n", "The file is empty."),
        (b"\xef\xbb\xbf", "The file is empty."),
        (b"code,name,colour\nS1,One,red\n", "unknown column 'colour'"),
        (b"code\nS1\n", "missing column 'name'"),
        (b"code,name,name\nS1,One,Two\n", "column given twice: 'name'"),
        (b"PK\x03\x04....", "The file is a ZIP archive (perhaps XLSX), not text/csv."),
        ("code,nom\nS1,One\n".encode("utf-16"), "unknown column 'nom'; missing column 'name'"),
        ("code,name\nS1,鑫鑫\n".encode("big5"), "whether it is big5 or gb18030 or cp1252 is not certain from its text"),
        (b"x" * 200_000, "begins on line 1: field larger than field limit"),
    ],
)
async def test_a_file_whose_beginning_is_wrong_is_refused_at_once(stage: Stage, data: bytes, complaint: str) -> None:
    status, detail = await refusal(stage, data)
    assert status == 422
    assert complaint in detail


async def test_other_media_types_are_refused_and_the_known_ones_named(stage: Stage) -> None:
    assert await refusal(stage, b"code,name\n", "application/pdf") == (
        415,
        f"Send text/csv, application/x-ndjson, {XLSX}; the Content-Type is application/pdf.",
    )
    assert await refusal(stage, b"code,name\n", XLSX) == (422, "The file is not an XLSX workbook.")


async def test_a_file_that_is_not_in_its_named_charset_changes_nothing(stage: Stage) -> None:
    data = "code,name\n" + "S1,One\n" * 2000 + "S2,玉河\n"
    run = await stage.import_file("registry", "suppliers", data.encode("big5"), content_type="text/csv; charset=utf-8")
    assert (run["status"], run["error"][:51]) == ("failed", "The file is not UTF-8: line 2002 has the byte 0xA5.")
    assert await names(stage) == {}


async def test_a_header_alone_is_an_import_of_nothing(stage: Stage) -> None:
    run = await stage.import_file("registry", "suppliers", "code,name\n")
    assert (run["status"], run["total"]) == ("succeeded", 0)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b'code,name\nS1,One\nS2,"Two\nS3,Three\n', "The row that begins on line 3: unexpected end of data"),
        (b'code,name\nS1,"One" more\n', "begins on line 2: ',' expected after '\"'"),
    ],
)
async def test_a_file_that_cannot_be_read_to_its_end_changes_nothing(stage: Stage, data: bytes, error: str) -> None:
    run = await stage.import_file("registry", "suppliers", data)
    assert run["status"] == "failed"
    assert error in run["error"]
    assert await names(stage) == {}


async def test_good_rows_are_kept_and_bad_ones_named_by_line_and_column(stage: Stage) -> None:
    data = (
        "code,name,country,supply_tier,duns\n"
        "S1,One,TW,1,123456789\n"
        "S2,Two,Taiwan,2,\n"
        '"S3","Three\nin two lines",TW,3,\n'
        "\n"
        "S4,,TW,1,\n"
        "S5,Five,TW,1,,surplus\n"
        "S6,Six,TW,1,123456789\n"
        "S7,Se\x00ven,TW,1,\n"
        "S8,Eight\n"
    )
    run = await stage.import_file("registry", "suppliers", data)
    assert run["errors"] == [
        {"line": 3, "column": "country", "message": "must be two capital letters, as in TW: 'Taiwan'"},
        {"line": 7, "column": "name", "message": "a value is required"},
        {"line": 8, "column": "", "message": "more cells than the header has columns"},
        {"line": 9, "column": "duns", "message": "123456789 belongs to another supplier"},
        {"line": 10, "column": "name", "message": "holds a NUL character"},
    ]
    counts = run["status"], run["total"], run["succeeded"], run["unchanged"], run["failed"]
    assert counts == ("partially_succeeded", 8, 3, 0, 5)
    assert await names(stage) == {"S1": "One", "S3": "Three\nin two lines", "S8": "Eight"}


async def test_line_numbers_count_the_line_breaks_inside_quotes(stage: Stage) -> None:
    run = await stage.import_file("registry", "suppliers", 'code,name\r\nS1,"a\r\nb\r\nc"\r\nS2,\r\n')
    assert [error["line"] for error in run["errors"]] == [5]


async def test_ndjson_and_xlsx_are_read_like_csv(stage: Stage) -> None:
    lines = [
        {"code": "S1", "name": "One", "supply_tier": 1, "commodities": ["A", "B"]},
        {"code": "S2", "colour": "red", "name": "Two"},
        ["S3"],
    ]
    data = "\n".join(json.dumps(line) for line in lines) + "\n{oops\n" + "[" * 100_000 + "\n"
    run = await stage.import_file("registry", "suppliers", data, content_type=NDJSON)
    assert (run["succeeded"], [(error["line"], error["message"][:14]) for error in run["errors"]]) == (
        1,
        [(2, "unknown column"), (3, "not a JSON obj"), (4, "not JSON: Expe"), (5, "not JSON: maxi")],
    )
    run = await stage.import_file("registry", "suppliers", workbook(TWO_ROWS), content_type=XLSX)
    assert (run["status"], run["succeeded"]) == ("succeeded", 2)
    assert await names(stage) == {"S1": "One", "S2": "Two"}
    rows = await stage.psql("registry", "SELECT supply_tier, commodities FROM supplier ORDER BY code")
    assert [tuple(row) for row in rows] == [(1, ["A", "B"]), (2, [])]


async def test_a_cell_beyond_the_columns_of_a_workbook_is_an_error_as_in_csv(stage: Stage) -> None:
    run = await stage.import_file(
        "registry", "suppliers", workbook([*TWO_ROWS, ["S3", "Three", 3, "surplus"]]), content_type=XLSX
    )
    assert run["errors"] == [{"line": 4, "column": "", "message": "more cells than the header has columns"}]


async def test_a_zip_that_is_no_workbook_fails(stage: Stage) -> None:
    run = await stage.import_file("registry", "suppliers", b"PK\x03\x04" + bytes(100), content_type=XLSX)
    assert run["status"] == "failed"
    assert run["error"].startswith("The workbook cannot be read")
