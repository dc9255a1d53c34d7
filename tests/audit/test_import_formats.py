"""The same findings in every form in which files come."""

# ruff: noqa: RUF001  # the characters that files really have

import io
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import xlsxwriter

from shared.imports.files import NDJSON, XLSX
from tests.audit.programme import add_supplier, ago, days_ago, read
from tests.stage import Stage

A1 = f"audit_ref,supplier_code,kind,standard,conducted_on\nA1,S1,vap,RBA VAP 8.0,{ago(100)}\n"
HEADER = (
    "finding_ref", "audit_ref", "supplier_code", "provision", "code_version", "severity", "discovered_on",
    "plan_approved_on", "implemented_on", "closed_on", "description",
)  # fmt: skip
Cells = list[str | date]


def row(n: int, provision: str, severity: str, description: str, *steps: int) -> Cells:
    days: Cells = [days_ago(day) for day in steps]
    return [
        f"F{n}",
        "A1",
        "S1",
        provision,
        "8.0",
        severity,
        days_ago(100),
        *days,
        *[""] * (3 - len(steps)),
        description,
    ]


FINDINGS: list[Cells] = [
    row(1, "A3", "major", "員工每週工時超過60小時，未依規定給予七天中之一日休息"),
    row(2, "B1", "priority", "消防通道被堆放物阻擋（二樓），宏碁倉庫", 80),
    row(3, "C2", "minor", "廢水排放許可證逾期；\n應於三個月內改善", 80, 60),
    row(4, "D1", "major", '管理制度未紀錄 "缺失"', 80, 60, 40),
    row(5, "E1", "minor", ""),
]


def iso(day: date) -> str:
    return day.isoformat()


def roc(day: date) -> str:
    return f"{day.year - 1911}/{day.month:02}/{day.day:02}"


def long_roc(day: date) -> str:
    return f"民國{day.year - 1911}年{day.month}月{day.day}日"


def short_roc(day: date) -> str:
    return f"{day.year - 1911}{day.month:02}{day.day:02}"


def written(write_day: Callable[[date], str]) -> list[list[str]]:
    return [[write_day(cell) if isinstance(cell, date) else cell for cell in cells] for cells in FINDINGS]


def as_csv(write_day: Callable[[date], str], newline: str = "\n") -> str:
    lines = [HEADER, *written(write_day)]
    return newline.join(",".join('"' + cell.replace('"', '""') + '"' for cell in cells) for cells in lines) + newline


def as_workbook() -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, "default_date_format": "yyyy/mm/dd"}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        for n, cells in enumerate(FINDINGS, start=1):
            for column, cell in enumerate(cells):
                if isinstance(cell, date):
                    sheet.write_datetime(n, column, cell)
                else:
                    sheet.write_string(n, column, cell)
    return target.getvalue()


def as_ndjson() -> bytes:
    lines = [dict(zip(HEADER, cells, strict=True)) for cells in written(long_roc)]
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()


FORMS: dict[str, tuple[str, bytes]] = {
    "csv in utf-8": ("text/csv", as_csv(iso).encode()),
    "csv in big5": ("text/csv", as_csv(roc, "\r\n").encode("cp950")),
    "xlsx": (XLSX, as_workbook()),
    "ndjson": (NDJSON, as_ndjson()),
    "csv with full-width digits": (
        "text/csv",
        as_csv(lambda day: short_roc(day).translate({n: n + 0xFEE0 for n in range(48, 58)})).encode("utf-8-sig"),
    ),
}


async def begin(stage: Stage) -> None:
    await stage.clear()
    await add_supplier(stage)
    assert (await stage.import_file("audit", "audits", A1))["errors"] == []


async def picture(stage: Stage) -> dict[str, Any]:
    """All that there is of the findings, without what each time has of its own: ids, authors, moments."""
    findings = await stage.psql("audit", "SELECT * FROM finding ORDER BY finding_ref")
    left_out = {"id", "audit_id", "supplier_id", "created_by", "created_at", "updated_at"}
    steps = await stage.psql(
        "audit",
        'SELECT finding_ref, n, "to", "on", reason FROM finding_transition t JOIN finding f ON f.id = t.finding_id '
        "ORDER BY finding_ref, n",
    )
    told = (await read(stage, "/v1/feed", limit=1000))["events"]
    states = [
        {name: value for name, value in event["data"].items() if name not in ("audit_id", "supplier_id")}
        for event in told
        if event["type"].startswith("finding.")
    ]
    held = await stage.psql("audit", "SELECT key, values FROM import_row WHERE kind = 'findings' ORDER BY key")
    return {
        "findings": [{name: value for name, value in row.items() if name not in left_out} for row in findings],
        "steps": [tuple(step) for step in steps],
        "states": sorted(states, key=lambda state: str(state["finding_ref"])),
        "remembered": [tuple(row) for row in held],
    }


async def test_the_same_findings_as_csv_big5_xlsx_and_ndjson_give_identical_data(stage: Stage) -> None:
    pictures: dict[str, dict[str, Any]] = {}
    for form, (content_type, data) in FORMS.items():
        await begin(stage)
        run = await stage.import_file("audit", "findings", data, content_type=content_type)
        assert (form, run["errors"], run["succeeded"]) == (form, [], len(FINDINGS))
        pictures[form] = await picture(stage)
        for other, (other_type, again) in FORMS.items():
            repeated = await stage.import_file("audit", "findings", again, content_type=other_type)
            assert (form, other, repeated["unchanged"], repeated["errors"]) == (form, other, len(FINDINGS), [])
        assert await picture(stage) == pictures[form]
    first = pictures.pop("csv in utf-8")
    assert len(first["findings"]) == len(FINDINGS)
    assert first["findings"][1]["description"] == "消防通道被堆放物阻擋（二樓），宏碁倉庫"
    for form, same in pictures.items():
        assert (form, same) == (form, first)


async def test_an_overlapping_later_file_in_another_form_changes_only_what_changed(stage: Stage) -> None:
    await begin(stage)
    await stage.import_file("audit", "findings", FORMS["csv in big5"][1])
    before = await picture(stage)
    later = as_csv(iso).replace('"F1","A1","S1","A3","8.0","major"', '"F1","A1","S1","A3","8.0","priority"')
    run = await stage.import_file("audit", "findings", later)
    assert (run["succeeded"], run["unchanged"]) == (5, 4)
    now = await picture(stage)
    assert [a == b for a, b in zip(now["findings"], before["findings"], strict=True)] == [False, True, True, True, True]
    assert now["findings"][0]["severity"] == "priority"


@pytest.mark.parametrize(
    ("form", "day"), [("us", "07/29/2016"), ("eu", "29.7.2016"), ("roc", "105/7/29"), ("iso", "2016-07-29")]
)
async def test_days_in_a_declared_format_are_read_and_others_are_refused_with_their_line(
    stage: Stage, form: str, day: str
) -> None:
    await begin(stage)
    header = "audit_ref,supplier_code,kind,standard,conducted_on\n"
    others = {"07/29/2016", "29.7.2016", "99/7/29", "2016-07-29"} - ({day} if form != "roc" else {"99/7/29"})
    data = header + f"A2,S1,vap,RBA,{day}\n" + "".join(f"B{n},S1,vap,RBA,{o}\n" for n, o in enumerate(sorted(others)))
    run = await stage.import_file("audit", "audits", data, date_format=form)
    assert [(error["line"], error["column"]) for error in run["errors"]] == [(n, "conducted_on") for n in (3, 4, 5)]
    for error, other in zip(run["errors"], sorted(others), strict=True):
        assert error["message"].startswith(f"'{other}' is ")
    assert {item["conducted_on"] for item in (await read(stage, "/v1/audits"))["items"]} == {"2016-07-29", ago(100)}


async def test_impossible_days_are_refused_with_line_column_and_what_was_read(stage: Stage) -> None:
    await begin(stage)
    data = as_csv(iso).replace(
        f'"F1","A1","S1","A3","8.0","major","{ago(100)}"', '"F1","A1","S1","A3","8.0","major","114/02/30"'
    )
    run = await stage.import_file("audit", "findings", data)
    assert run["errors"] == [
        {
            "line": 2,
            "column": "discovered_on",
            "message": "'114/02/30' is a date that does not exist: 2025-02-30",
        }
    ]
    assert run["succeeded"] == 4


SPLIT = {
    "columns": {"缺失編號": "finding_ref", "條款": "provision"},
    "constants": {"code_version": "8.0", "audit_ref": "A1", "supplier_code": "S1", "severity": "minor"},
    "split": {"column": "provision", "separator": ";"},
}


async def save_split(stage: Stage) -> None:
    await begin(stage)
    async with stage.machine("audit") as client:
        answer = await client.put("/v1/import-mappings/findings/split", json=SPLIT)
        assert answer.status_code == 201, answer.text


async def test_several_findings_in_one_cell_are_told_apart_by_the_declared_separator(stage: Stage) -> None:
    await save_split(stage)
    rows = ["F1,Ａ３； B1 ;", "F2,A3", "F3,A3;B1;A3", "F4,A3;Z9"]
    data = "缺失編號,條款,discovered_on\n" + "".join(f"{row},{ago(100)}\n" for row in rows)
    run = await stage.import_file("audit", "findings", data, mapping="split")
    assert (run["total"], run["succeeded"], run["failed"]) == (6, 4, 2)
    assert [(error["line"], error["column"]) for error in run["errors"]] == [(4, "條款"), (5, "條款")]
    assert "'A3' stands here twice" in run["errors"][0]["message"]
    rows_held = await stage.psql("audit", "SELECT finding_ref, provision FROM finding ORDER BY finding_ref")
    assert [tuple(held) for held in rows_held] == [("F1/A3", "A3"), ("F1/B1", "B1"), ("F2/A3", "A3"), ("F4/A3", "A3")]
    again = await stage.import_file("audit", "findings", data, mapping="split")
    assert (again["unchanged"], again["failed"]) == (4, 2)


async def test_without_a_declared_separator_two_provisions_in_a_cell_are_an_error(stage: Stage) -> None:
    await begin(stage)
    data = as_csv(iso).replace('"A3"', '"A3;B1"')
    run = await stage.import_file("audit", "findings", data)
    (error,) = run["errors"]
    assert (error["line"], error["column"], run["succeeded"]) == (2, "provision", 4)
    assert "A3;B1" in error["message"]
    assert error["message"].endswith("(a mapping can declare a split for cells with several values)")


async def test_an_edition_that_a_spreadsheet_made_a_number_is_that_edition(stage: Stage) -> None:
    await begin(stage)
    data = as_csv(iso).replace('"8.0"', '"8"').replace('"A3","8"', '"A3","7.00"')
    run = await stage.import_file("audit", "findings", data)
    assert [(error["line"], error["column"]) for error in run["errors"]] == [(2, "code_version")]
    assert run["errors"][0]["message"].startswith("there is no RBA 7.00; held are RBA 7.0, RBA 8.0")
    held = await stage.psql("audit", "SELECT DISTINCT code_version FROM finding")
    assert [row["code_version"] for row in held] == ["8.0"]
