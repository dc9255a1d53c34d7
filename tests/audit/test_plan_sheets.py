"""Plans as a sheet that goes out, is filled in and comes back."""

import csv
import io
from typing import Any

import httpx
import pytest
import python_calamine
import xlsxwriter
from sqlalchemy import event as listen

from services.audit.schemas.plan_sheets import SHEET_COLUMNS
from shared.imports.files import CSV, XLSX
from tests.audit.programme import add_audit, add_finding, add_supplier, ago, finding_in, read, step
from tests.stage import Stage

FILLED = {
    "root_cause": "No one plans shifts",
    "corrective_action": "A planner for each line, 每週檢查",
    "starts_on": ago(0),
    "completes_on": ago(-30),
    "contact_name": "王小明",
    "contact_email": "ming@jade-river.example",
}
Sheet = list[dict[str, Any]]


async def begin(stage: Stage) -> tuple[str, dict[str, Any]]:
    supplier_id = await add_supplier(stage)
    return supplier_id, await add_audit(stage)


async def download(client: httpx.AsyncClient, media_type: str = XLSX, **params: str) -> bytes:
    answer = await client.get("/v1/plans", params=params, headers={"Accept": media_type})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].split(";")[0] == media_type
    return answer.content


def rows_of(sheet: bytes) -> Sheet:
    header, *rows = python_calamine.load_workbook(io.BytesIO(sheet)).get_sheet_by_index(0).to_python()
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def sheet_of(rows: Sheet) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, SHEET_COLUMNS)
        for n, row in enumerate(rows, start=1):
            sheet.write_row(n, 0, [row[name] for name in SHEET_COLUMNS])
    return target.getvalue()


async def upload(stage: Stage, client: httpx.AsyncClient, data: bytes, content_type: str = XLSX) -> dict[str, Any]:
    answer = await client.post("/v1/imports/plans", content=data, headers={"Content-Type": content_type})
    assert answer.status_code == 202, answer.text
    await stage.run_tasks("audit")
    run: dict[str, Any] = (await client.get(answer.headers["location"])).json()
    run["errors"] = (await client.get(f"{answer.headers['location']}/errors")).json()["items"]
    return run


def bound(stage: Stage, supplier_id: str) -> httpx.AsyncClient:
    return stage.machine("audit", "audit:read", "audit:submit", supplier_id=supplier_id)


def counts(run: dict[str, Any]) -> tuple[int, int, int, int]:
    return run["total"], run["succeeded"], run["unchanged"], run["failed"]


async def test_a_sheet_goes_out_is_filled_in_and_comes_back_as_plans(stage: Stage) -> None:
    supplier_id, audit = await begin(stage)
    first = await add_finding(stage, audit, finding_ref="F1", description="七天中無休")
    await add_finding(stage, audit, finding_ref="F2")
    async with bound(stage, supplier_id) as client:
        rows = rows_of(await download(client))
        assert [(row["finding_ref"], row["status"], row["root_cause"]) for row in rows] == [
            ("F1", "open", ""),
            ("F2", "open", ""),
        ]
        assert (rows[0]["supplier_code"], rows[0]["description"]) == ("S1", "七天中無休")
        assert rows[0]["title"]
        rows[0].update(FILLED)
        run = await upload(stage, client, sheet_of(rows))
        assert (counts(run), run["errors"]) == ((2, 2, 1, 0), [])
        plan = (await client.get(f"/v1/findings/{first['id']}/plan")).json()
        assert {name: plan[name] for name in FILLED} == FILLED
        assert [row["finding_ref"] for row in rows_of(await download(client))] == ["F2"]
        again = await upload(stage, client, sheet_of(rows))
        assert counts(again) == (2, 2, 2, 0)
    assert (await read(stage, f"/v1/findings/{first['id']}"))["status"] == "plan_submitted"
    assert len(await stage.psql("audit", "SELECT 1 FROM plan")) == 1


async def test_an_untouched_download_of_submitted_plans_submits_nothing_anew(stage: Stage) -> None:
    supplier_id, audit = await begin(stage)
    await finding_in(stage, audit, "plan_submitted")
    async with bound(stage, supplier_id) as client:
        run = await upload(stage, client, await download(client, status="all"))
    assert (counts(run), run["errors"]) == ((1, 1, 1, 0), [])
    assert len(await stage.psql("audit", "SELECT 1 FROM plan")) == 1


async def test_a_rejected_plan_comes_with_its_reason_and_is_mended_in_the_sheet(stage: Stage) -> None:
    supplier_id, audit = await begin(stage)
    rejected = await finding_in(stage, audit, "plan_rejected")
    async with bound(stage, supplier_id) as client:
        (row,) = rows_of(await download(client))
        assert (row["reject_reason"], row["root_cause"]) == ("It was not so", "No one plans shifts")
        row["corrective_action"] = "Two planners"
        assert counts(await upload(stage, client, sheet_of([row]))) == (1, 1, 0, 0)
        plan = (await client.get(f"/v1/findings/{rejected['id']}/plan")).json()
    assert (plan["n"], plan["root_cause"], plan["corrective_action"]) == (2, "No one plans shifts", "Two planners")


async def test_lines_that_the_rules_forbid_are_named_and_cost_no_other(stage: Stage) -> None:
    supplier_id, audit = await begin(stage)
    other_id = await add_supplier(stage, "S2")
    approved = await finding_in(stage, audit, "plan_approved")
    for ref in ("F1", "F2", "F3"):
        await add_finding(stage, audit, finding_ref=ref)
    async with stage.machine("audit") as client:
        data = {
            "supplier_code": "S2", "finding_ref": "G1", "provision": "A3", "code_version": "8.0", "severity": "minor",
            "discovered_on": ago(9),
        }  # fmt: skip
        assert (await client.post("/v1/findings", json=data)).status_code == 201
    columns = ("finding_ref", *FILLED)
    lines = [
        {**FILLED, "finding_ref": "F1"},
        {**FILLED, "finding_ref": "F2", "root_cause": ""},
        {**FILLED, "finding_ref": "F3", "completes_on": ago(5)},
        {**FILLED, "finding_ref": approved["finding_ref"]},
        {**FILLED, "finding_ref": "G1"},
        {**dict.fromkeys(FILLED, ""), "finding_ref": "G1"},
    ]
    target = io.StringIO()
    csv.writer(target).writerows([columns, *([line[name] for name in columns] for line in lines)])
    async with bound(stage, supplier_id) as client:
        run = await upload(stage, client, target.getvalue().encode(), CSV)
        assert [(error["line"], error["column"]) for error in run["errors"]] == [
            (3, "root_cause"), (4, "completes_on"), (5, ""), (6, "finding_ref"), (7, "finding_ref"),
        ]  # fmt: skip
        said = [error["message"] for error in run["errors"]]
        assert said[0] == "a value is required"
        assert "plan_approved" in said[2]
        assert said[3:] == ["there is no finding G1"] * 2
        assert counts(run) == (6, 1, 0, 5)
        seen = (await client.get("/v1/imports")).json()["items"]
        assert [item["id"] for item in seen] == [run["id"]]
    async with bound(stage, other_id) as other:
        assert (await other.get("/v1/imports")).json()["items"] == []
        assert (await other.get(f"/v1/imports/{run['id']}")).status_code == 404
        assert (await other.get(f"/v1/imports/{run['id']}/errors")).status_code == 404
        findings = await other.post("/v1/imports/findings", content="x", headers={"Content-Type": CSV})
        assert findings.status_code in (403, 404)
    assert len(await stage.psql("audit", "SELECT 1 FROM plan")) == 2


async def test_contact_data_are_kept_with_the_plan_and_nowhere_else(stage: Stage) -> None:
    supplier_id, audit = await begin(stage)
    await add_finding(stage, audit, finding_ref="F1")
    await add_finding(stage, audit, finding_ref="F2")
    bad = {**FILLED, "finding_ref": "F2", "contact_email": "ming at jade-river.example"}
    rows = [dict.fromkeys(SHEET_COLUMNS, "") | line for line in ({**FILLED, "finding_ref": "F1"}, bad)]
    async with bound(stage, supplier_id) as client:
        run = await upload(stage, client, sheet_of(rows))
        assert [error["column"] for error in run["errors"]] == ["contact_email"]
        assert counts(await upload(stage, client, sheet_of(rows))) == (2, 1, 1, 1)
    for table in ("import_row", "import_error", "import_run", "import_chunk", "feed_event", "audit_log", "task"):
        rows_held = await stage.psql("audit", f"SELECT t::text AS held FROM {table} t")
        assert not [row for row in rows_held if "jade-river" in row["held"] or "王小明" in row["held"]], table


async def test_what_the_sheet_holds_can_be_filtered_and_read_as_json_and_csv(stage: Stage) -> None:
    supplier_id, audit = await begin(stage)
    other_id = await add_supplier(stage, "S2")
    mine = await add_finding(stage, audit, finding_ref="F1", due_on=ago(3), description="=1+1")
    await finding_in(stage, audit, "closed")
    everything = (await read(stage, "/v1/plans", status="all"))["items"]
    assert [line["status"] for line in everything] == ["open", "closed"]
    for params, refs in (
        ({}, ["F1"]),
        ({"overdue": "true"}, ["F1"]),
        ({"overdue": "false"}, []),
        ({"supplier_id": supplier_id}, ["F1"]),
        ({"supplier_id": other_id}, []),
        ({"audit_id": audit["id"]}, ["F1"]),
        ({"status": "implemented"}, []),
    ):
        assert [line["finding_ref"] for line in (await read(stage, "/v1/plans", **params))["items"]] == refs, params
    async with bound(stage, other_id) as other:
        assert (await other.get("/v1/plans")).json()["items"] == []
        assert (await other.get("/v1/plans", params={"supplier_id": supplier_id})).status_code == 404
    async with stage.machine("audit") as client:
        (line,) = csv.DictReader(io.StringIO((await download(client, CSV)).decode("utf-8-sig")))
    assert (line["finding_ref"], line["description"], mine["finding_ref"]) == ("F1", "'=1+1", "F1")


async def test_a_plan_that_changed_here_since_is_not_undone_by_the_same_sheet(stage: Stage) -> None:
    supplier_id, audit = await begin(stage)
    finding = await add_finding(stage, audit, finding_ref="F1")
    rows = [dict.fromkeys(SHEET_COLUMNS, "") | FILLED | {"finding_ref": "F1"}]
    async with bound(stage, supplier_id) as client:
        await upload(stage, client, sheet_of(rows))
        assert (await step(stage, finding["id"], "plan", root_cause="Another")).status_code == 200
        assert counts(await upload(stage, client, sheet_of(rows))) == (1, 1, 1, 0)
        rows[0]["preventive_action"] = "A calendar"
        assert counts(await upload(stage, client, sheet_of(rows))) == (1, 1, 0, 0)
        plan = (await client.get(f"/v1/findings/{finding['id']}/plan")).json()
    assert (plan["n"], plan["root_cause"], plan["preventive_action"]) == (3, "Another", "A calendar")


@pytest.mark.parametrize("media_type", ["application/json", XLSX])
async def test_a_long_sheet_takes_as_many_statements_as_a_short_one(stage: Stage, media_type: str) -> None:
    _, audit = await begin(stage)
    engine = stage.resources("audit").database.engine.sync_engine
    statements: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    taken = []
    for _ in range(2):
        await finding_in(stage, audit, "plan_rejected")
        await add_finding(stage, audit)
        listen.listen(engine, "before_cursor_execute", count)
        try:
            statements.clear()
            async with stage.machine("audit") as client:
                await download(client, media_type)
            taken.append(len(statements))
        finally:
            listen.remove(engine, "before_cursor_execute", count)
    assert taken[0] == taken[1]
