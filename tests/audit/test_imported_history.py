"""What a findings file may bring as history, and what stays a decision of people."""

from typing import Any

import httpx
import pytest

from tests.audit.programme import add_audit, add_finding, add_supplier, ago, finding_in, read, step
from tests.stage import Stage

COLUMNS = "finding_ref,audit_ref,supplier_code,provision,code_version,severity,discovered_on"
TODAY = ago(0)


async def take_in(
    stage: Stage, importer: httpx.AsyncClient, held: dict[str, Any], **cells: str
) -> list[dict[str, Any]]:
    """The errors of a file with one line, of a finding of audit A1."""
    row = {"finding_ref": "F1", "audit_ref": "A1", "supplier_code": "S1", "provision": "A3", "code_version": "8.0"}
    row |= {"severity": "major", "discovered_on": ago(100), **held, **cells}
    names = [*COLUMNS.split(","), *(name for name in cells if name not in COLUMNS)]
    data = ",".join(names) + "\n" + ",".join(str(row[name]) for name in names) + "\n"
    async with importer as client:
        answer = await client.post("/v1/imports/findings", content=data, headers={"Content-Type": "text/csv"})
        assert answer.status_code == 202, answer.text
    await stage.run_tasks("audit")
    errors: list[dict[str, Any]] = (await read(stage, f"{answer.headers['location']}/errors"))["items"]
    return errors


def exporter(stage: Stage) -> httpx.AsyncClient:
    return stage.machine("audit", "audit:write", "audit:read")


async def begin(stage: Stage) -> dict[str, Any]:
    await add_supplier(stage)
    return await add_audit(stage, audit_ref="A1")


def named(finding: dict[str, Any]) -> dict[str, Any]:
    return {name: finding[name] for name in ("finding_ref", "severity", "discovered_on")}


async def finding(stage: Stage, ref: str = "F1") -> dict[str, Any]:
    (item,) = (await read(stage, "/v1/findings", finding_ref=ref))["items"]
    return await read(stage, f"/v1/findings/{item['id']}")


async def test_who_submitted_a_plan_does_not_approve_and_close_by_file(stage: Stage) -> None:
    held = await finding_in(stage, await begin(stage), "plan_submitted")
    steps = {"plan_approved_on": TODAY, "implemented_on": TODAY, "closed_on": TODAY}
    (error,) = await take_in(stage, stage.person("audit", "sam"), named(held), **steps)
    assert error["column"] == "plan_approved_on"
    assert f"POST /v1/findings/{held['id']}/plan/approve" in error["message"]
    assert await read(stage, f"/v1/findings/{held['id']}") == held


async def test_a_plan_for_an_imported_finding_ends_its_history_by_file(stage: Stage) -> None:
    await begin(stage)
    assert await take_in(stage, exporter(stage), {}) == []
    held = await finding(stage)
    assert (await step(stage, held["id"], "plan")).status_code == 200
    (error,) = await take_in(stage, stage.person("audit", "sam"), {}, plan_approved_on=TODAY, closed_on=TODAY)
    assert error["column"] == "plan_approved_on"
    assert (await finding(stage))["status"] == "plan_submitted"


@pytest.mark.parametrize(
    ("state", "column", "request_named"),
    [
        ("open", "closed_on", "/close"),
        ("open", "withdrawn_on", "/withdraw"),
        ("open", "plan_approved_on", "/plan/approve"),
        ("plan_submitted", "withdrawn_on", "/withdraw"),
        ("implemented", "closed_on", "/close"),
    ],
)
async def test_no_file_decides_on_a_finding_recorded_through_the_api(
    stage: Stage, state: str, column: str, request_named: str
) -> None:
    held = await finding_in(stage, await begin(stage), state)
    (error,) = await take_in(stage, exporter(stage), named(held), **{column: TODAY})
    assert error["column"] == column
    assert f"{held['id']}{request_named}" in error["message"]
    assert await read(stage, f"/v1/findings/{held['id']}") == held


@pytest.mark.parametrize(("state", "allowed"), [("plan_approved", True), ("open", False), ("plan_submitted", False)])
async def test_a_file_reports_a_finding_implemented_only_after_its_plan_was_approved(
    stage: Stage, state: str, allowed: bool
) -> None:
    held = await finding_in(stage, await begin(stage), state)
    errors = await take_in(stage, exporter(stage), named(held), implemented_on=TODAY)
    assert [error["column"] for error in errors] == ([] if allowed else ["implemented_on"])
    assert (await finding(stage, held["finding_ref"]))["status"] == ("implemented" if allowed else state)


async def describe(stage: Stage, held: dict[str, Any], description: str | None) -> dict[str, Any]:
    async with stage.person("audit", "ann") as ann:
        answer = await ann.patch(
            f"/v1/findings/{held['id']}", json={"description": description}, headers={"If-Match": "*"}
        )
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body


@pytest.mark.parametrize(
    ("column", "cell"), [("closed_on", TODAY), ("withdrawn_on", TODAY), ("severity", "minor"), ("due_on", ago(-900))]
)
async def test_a_correction_made_here_ends_an_imported_findings_history_by_file(
    stage: Stage, column: str, cell: str
) -> None:
    await begin(stage)
    assert await take_in(stage, exporter(stage), {}) == []
    corrected = await describe(stage, await finding(stage), "64 hours")
    (error,) = await take_in(stage, exporter(stage), {}, **{column: cell})
    assert error["column"] == column
    assert await finding(stage) == corrected


async def test_a_correction_that_corrects_nothing_leaves_a_finding_to_its_files(stage: Stage) -> None:
    await begin(stage)
    assert await take_in(stage, exporter(stage), {}) == []
    held = await finding(stage)
    assert (await describe(stage, held, None))["version"] == held["version"]
    assert await take_in(stage, exporter(stage), {}, closed_on=TODAY) == []
    assert (await finding(stage))["status"] == "closed"


async def test_a_finding_reopened_here_is_not_closed_again_by_file(stage: Stage) -> None:
    await begin(stage)
    assert await take_in(stage, exporter(stage), {}, implemented_on=ago(50), closed_on=ago(40)) == []
    assert (await step(stage, (await finding(stage))["id"], "reopen")).status_code == 200
    (error,) = await take_in(stage, exporter(stage), {}, implemented_on=ago(50), closed_on=TODAY)
    assert error["column"] == "closed_on"
    assert (await finding(stage))["status"] == "open"


async def test_a_due_date_extended_here_is_not_moved_by_file(stage: Stage) -> None:
    await begin(stage)
    assert await take_in(stage, exporter(stage), {}) == []
    held = await finding(stage)
    assert (await step(stage, held["id"], "extend", due_on=ago(-900), reason="Parts are late")).status_code == 200
    (error,) = await take_in(stage, exporter(stage), {}, due_on=ago(-950))
    assert error["column"] == "due_on"
    assert (await finding(stage))["due_on"] == ago(-900)


async def test_a_withdrawn_finding_does_not_go_to_another_audit_by_file(stage: Stage) -> None:
    held = await finding_in(stage, await begin(stage), "withdrawn")
    await add_audit(stage, audit_ref="A2")
    (error,) = await take_in(stage, exporter(stage), named(held), audit_ref="A2")
    assert "is withdrawn; it changes no more" in error["message"]
    assert await read(stage, f"/v1/findings/{held['id']}") == held


async def test_an_imported_history_is_written_down_as_reported_by_the_importer(stage: Stage) -> None:
    await begin(stage)
    assert await take_in(stage, stage.person("audit", "sam"), {}, plan_approved_on=ago(60), closed_on=ago(40)) == []
    assert await take_in(stage, exporter(stage), {}, withdrawn_on=ago(20)) == []
    held = await finding(stage)
    assert [t["to"] for t in held["transitions"]] == ["plan_approved", "closed", "withdrawn"]
    assert [t["by"].endswith("|sam") for t in held["transitions"]] == [True, True, False]


@pytest.mark.parametrize(("column", "cell"), [("severity", "minor"), ("due_on", ago(-900))])
async def test_a_file_does_not_lighten_a_finding_recorded_through_the_api(stage: Stage, column: str, cell: str) -> None:
    held = await add_finding(stage, await begin(stage))
    (error,) = await take_in(stage, exporter(stage), named(held), **{column: cell})
    assert error["column"] == column
    assert await read(stage, f"/v1/findings/{held['id']}") == held


async def test_a_file_may_raise_a_severity_and_lower_that_of_a_finding_which_came_by_file(stage: Stage) -> None:
    held = await add_finding(stage, await begin(stage))
    assert await take_in(stage, exporter(stage), named(held), severity="priority") == []
    assert (await finding(stage, held["finding_ref"]))["severity"] == "priority"
    assert await take_in(stage, exporter(stage), {}) == []
    assert await take_in(stage, exporter(stage), {}, severity="minor") == []
    assert (await finding(stage))["severity"] == "minor"


async def test_an_emptied_standard_is_an_error_and_no_default(stage: Stage) -> None:
    await begin(stage)
    assert await take_in(stage, exporter(stage), {}, code_standard="RBA") == []
    (error,) = await take_in(stage, exporter(stage), {}, code_standard="")
    assert (error["column"], "cannot be emptied" in error["message"]) == ("code_standard", True)
