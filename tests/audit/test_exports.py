"""Lists as files: all rows, the same filters, nothing that a spreadsheet would run."""

import csv
import io
from typing import Any

import pytest
import python_calamine
from asyncpg.exceptions import DivisionByZeroError
from sqlalchemy import literal_column, select

from services.audit.models import Finding
from shared.errors import TooLarge
from shared.ids import new_id
from shared.sheets import CSV, XLSX
from shared.web.exports import Table, export
from tests.audit.programme import TODAY, add_audit, add_finding, add_supplier, ago, step
from tests.stage import Stage

ATTACK = "=cmd|' /C calc'!A0"
NOTES = {"description": ATTACK, "internal_note": "for us alone"}
MANY = """
    INSERT INTO finding (id, version, finding_ref, supplier_id, standard, code_version, provision, severity, site_given,
        discovered_on, due_on, due_given, plan_due_on, status, imported, created_by)
    SELECT gen_random_uuid(), 1, 'M' || n, s.id, 'RBA', '8.0', 'A1', CASE n % 3 WHEN 0 THEN 'major' ELSE 'minor' END,
        false, CURRENT_DATE, CURRENT_DATE, false, CURRENT_DATE, 'open', true, 'test'
    FROM supplier_copy s, generate_series(1, $1) AS n
"""


def read_csv(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def read_xlsx(content: bytes) -> list[dict[str, Any]]:
    header, *rows = python_calamine.load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


async def get(stage: Stage, url: str, media_type: str | None, **caller: Any) -> Any:
    headers = {"Accept": media_type.encode("latin-1")} if media_type else {}
    async with stage.machine("audit", "audit:read", **caller) as client:
        return await client.get(url, headers=headers)


async def programme(stage: Stage) -> tuple[str, dict[str, Any], dict[str, Any]]:
    supplier_id = await add_supplier(stage)
    audit = await add_audit(stage)
    return supplier_id, audit, await add_finding(stage, audit, **NOTES)


async def test_findings_as_csv_have_the_names_of_the_api_and_run_nothing(stage: Stage) -> None:
    _, _, finding = await programme(stage)
    answer = await get(stage, "/v1/findings", CSV)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="findings-{TODAY}.csv"'
    assert answer.headers["vary"] == "Accept, Authorization"
    (row,) = read_csv(answer.content)
    assert row["id"] == finding["id"]
    assert row["description"] == f"'{ATTACK}"
    assert (row["severity"], row["discovered_on"], row["overdue"]) == ("major", ago(100), "false")
    assert row["internal_note"] == "for us alone"


async def test_findings_as_a_workbook_have_real_dates_and_plain_text(stage: Stage) -> None:
    _, _, finding = await programme(stage)
    answer = await get(stage, "/v1/findings", XLSX)
    assert answer.headers["content-type"] == XLSX
    (row,) = read_xlsx(answer.content)
    assert row["finding_ref"] == finding["finding_ref"]
    assert row["discovered_on"].isoformat() == ago(100)
    assert (row["description"], row["overdue"]) == (ATTACK, False)


@pytest.mark.parametrize("media_type", [CSV, XLSX])
async def test_a_file_has_all_rows_that_the_filters_give_whatever_the_page(stage: Stage, media_type: str) -> None:
    await programme(stage)
    await stage.psql("audit", MANY, 1500)
    answer = await get(stage, "/v1/findings?severity=minor&limit=10", media_type)
    rows = read_csv(answer.content) if media_type == CSV else read_xlsx(answer.content)
    assert len(rows) == 1000
    assert len({row["id"] for row in rows}) == 1000
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)


async def test_a_file_without_rows_has_its_header(stage: Stage) -> None:
    answer = await get(stage, "/v1/audits", CSV)
    assert answer.content.decode("utf-8-sig").startswith("id,version,audit_ref,supplier_id,supplier_code,kind,")
    assert read_csv(answer.content) == []
    assert read_xlsx((await get(stage, "/v1/audits", XLSX)).content) == []


@pytest.mark.parametrize("media_type", [CSV, XLSX])
async def test_a_supplier_gets_its_own_findings_without_internal_notes(stage: Stage, media_type: str) -> None:
    supplier_id, _, finding = await programme(stage)
    own = await get(stage, "/v1/findings", media_type, supplier_id=supplier_id)
    (row,) = read_csv(own.content) if media_type == CSV else read_xlsx(own.content)
    assert row["id"] == finding["id"]
    assert "internal_note" not in row
    assert b"for us alone" not in own.content
    other = await get(stage, "/v1/findings", CSV, supplier_id=new_id())
    assert read_csv(other.content) == []
    assert (await get(stage, "/v1/audits", CSV, supplier_id=supplier_id)).status_code == 404


async def test_audits_come_with_their_figures(stage: Stage) -> None:
    _, audit, finding = await programme(stage)
    await step(stage, finding["id"], "withdraw")
    shown = (await get(stage, f"/v1/audits/{audit['id']}", None)).json()
    (row,) = read_csv((await get(stage, "/v1/audits?kind=vap", CSV)).content)
    assert list(row) == list(shown)
    assert (row["audit_ref"], row["status"], row["valid_until"]) == (
        shown["audit_ref"],
        shown["status"],
        shown["valid_until"],
    )


async def test_responses_have_a_column_for_each_category(stage: Stage) -> None:
    supplier_id = await add_supplier(stage)
    async with stage.machine("audit") as client:
        body = {"year": TODAY.year, "title": "Annual", "opened_on": ago(30), "due_on": ago(-30), "suppliers": ["S1"]}
        survey = (await client.post("/v1/surveys", json=body)).json()
    lines = f"supplier_code,year,category,score,submitted_on\nS1,{TODAY.year},labor_employment,70,{ago(3)}\n"
    assert (await stage.import_file("audit", "surveys", lines))["succeeded"] == 1
    url = f"/v1/surveys/{survey['id']}/responses"
    (row,) = read_csv((await get(stage, url, CSV)).content)
    assert (row["supplier_code"], float(row["scores.labor_employment"])) == ("S1", 70.0)
    (row,) = read_xlsx((await get(stage, url, XLSX, supplier_id=supplier_id)).content)
    assert row["scores.labor_employment"] == 70
    assert (await get(stage, url, CSV, supplier_id=new_id())).status_code == 404


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "*/*",
        "application/json",
        f"{CSV};q=0.5, application/json",
        "text/html,*/*;q=0.8",
        "image/png",
        f"{CSV};q=0",
        f"{CSV};q=\xb2",
    ],
)
async def test_whoever_does_not_prefer_a_file_gets_json(stage: Stage, accept: str | None) -> None:
    answer = await get(stage, "/v1/findings", accept)
    assert answer.json() == {"items": [], "next_cursor": None}


async def cells_of_refs(_session: Any, rows: Any) -> list[list[Any]]:
    return [[row.finding_ref, row.one] for row in rows]


def refs(one: str = "1") -> Any:
    return select(Finding.id, Finding.finding_ref, literal_column(one).label("one"))


def table(query: Any) -> Table:
    return Table("refs", ["ref", "one"], query, cells_of_refs)


async def test_a_workbook_of_too_many_rows_is_refused_with_the_way_out(stage: Stage) -> None:
    await programme(stage)
    await stage.psql("audit", MANY, 20)
    resources = stage.resources("audit")
    with pytest.raises(TooLarge, match=CSV) as refused:
        await export(resources, XLSX, table(refs()), most_in_workbook=20)
    assert refused.value.code == "export-too-large"
    assert len(read_xlsx((await export(resources, XLSX, table(refs()), most_in_workbook=21)).body)) == 21


async def test_what_fails_before_the_first_row_is_an_error_and_later_cuts_the_file_off(stage: Stage) -> None:
    await programme(stage)
    await stage.psql("audit", MANY, 1500)
    query = refs("CASE WHEN finding_ref = 'M1400' THEN 1 / floor(random())::integer ELSE 1 END")
    resources = stage.resources("audit")
    with pytest.raises(DivisionByZeroError, match="division by zero"):
        await export(resources, CSV, table(query.where(Finding.finding_ref == "M1400")))
    answer: Any = await export(resources, CSV, table(query.order_by(Finding.finding_ref == "M1400")))
    begun = [await anext(answer.body_iterator)]
    with pytest.raises(DivisionByZeroError, match="division by zero"):
        begun.extend([block async for block in answer.body_iterator])
    assert begun[0].startswith(b"\xef\xbb\xbfref,one\r\n")


async def test_a_reader_that_goes_away_gives_its_connection_back(stage: Stage) -> None:
    await programme(stage)
    await stage.psql("audit", MANY, 1500)
    resources = stage.resources("audit")
    pool: Any = resources.database.engine.pool
    before = pool.checkedout()
    answer: Any = await export(resources, CSV, table(refs().order_by(Finding.id)))
    assert pool.checkedout() == before + 1
    await anext(answer.body_iterator)
    await answer.body_iterator.aclose()
    assert pool.checkedout() == before
