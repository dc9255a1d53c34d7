"""Importing audits and findings."""

from typing import Any

import pytest
from sqlalchemy import event as listen

from tests.audit.programme import add_supplier, ago, events, finding_in, read, step
from tests.stage import Stage

AUDITS = "audit_ref,supplier_code,kind,standard,conducted_on,report_received_on,score,scope,site_code\n"
A1 = f"A1,S1,vap,RBA VAP 8.0,{ago(100)},,171.5,labor_employment|environmental_impact,P1\n"
FINDINGS = (
    "finding_ref,audit_ref,supplier_code,provision,code_version,severity,discovered_on,"
    "plan_approved_on,implemented_on,closed_on,withdrawn_on,due_on,description\n"
)


def line(ref: str = "F1", **cells: str) -> str:
    held = {
        "finding_ref": ref,
        "audit_ref": "A1",
        "supplier_code": "S1",
        "provision": "A3",
        "code_version": "8.0",
        "severity": "major",
        "discovered_on": ago(100),
        **cells,
    }
    return ",".join(held.get(name, "") for name in FINDINGS.strip().split(",")) + "\n"


async def begin(stage: Stage, audits: str = A1) -> None:
    await add_supplier(stage)
    await add_supplier(stage, "S2")
    run = await stage.import_file("audit", "audits", AUDITS + audits)
    assert run["errors"] == []


async def take_in(stage: Stage, *lines: str) -> dict[str, Any]:
    return await stage.import_file("audit", "findings", FINDINGS + "".join(lines))


async def finding(stage: Stage, ref: str = "F1") -> dict[str, Any]:
    (item,) = (await read(stage, "/v1/findings", finding_ref=ref))["items"]
    return await read(stage, f"/v1/findings/{item['id']}")


async def test_a_file_of_audits_is_taken_in_with_its_suppliers_found_at_the_registry(stage: Stage) -> None:
    await begin(stage)
    (audit,) = (await read(stage, "/v1/audits"))["items"]
    assert (audit["audit_ref"], audit["supplier_code"], audit["score"]) == ("A1", "S1", 171.5)
    assert audit["scope"] == ["labor_employment", "environmental_impact"]
    assert [event["type"] for event in await events(stage)] == ["audit.created"]


@pytest.mark.parametrize(
    ("bad", "column", "said"),
    [
        (f"A2,S9,vap,RBA,{ago(9)},,,,\n", "supplier_code", "no supplier has the code S9"),
        (f"A2,S1,visit,RBA,{ago(9)},,,,\n", "kind", "vap"),
        (f"A2,S1,vap,RBA,{ago(-2)},,,,\n", "conducted_on", "future"),
        (f"A2,S1,vap,RBA,{ago(9)},{ago(10)},,,\n", "report_received_on", "before the audit"),
        ("A2,S1,vap,RBA,2026-02-30,,,,\n", "conducted_on", "date"),
        (f"A2,S1,vap,,{ago(9)},,,,\n", "standard", "required"),
        (f"A1,S2,vap,RBA,{ago(9)},,,,\n", "supplier_code", "of another supplier"),
    ],
)
async def test_a_bad_line_of_audits_is_named_and_costs_no_good_one(
    stage: Stage, bad: str, column: str, said: str
) -> None:
    await begin(stage)
    run = await stage.import_file("audit", "audits", AUDITS + bad + A1.replace("A1,", "A3,", 1))
    assert (run["status"], run["succeeded"], run["failed"]) == ("partially_succeeded", 1, 1)
    (error,) = run["errors"]
    assert (error["line"], error["column"]) == (2, column)
    assert said in error["message"]
    assert [item["audit_ref"] for item in (await read(stage, "/v1/audits"))["items"]] == ["A1", "A3"]


async def test_a_report_date_that_comes_with_a_later_file_mends_the_due_dates(stage: Stage) -> None:
    await begin(stage)
    await take_in(stage, line("F1"), line("F2", due_on=ago(-400)), line("F3", severity="priority"))
    reported = A1.replace(f"{ago(100)},,", f"{ago(100)},{ago(90)},")
    run = await stage.import_file("audit", "audits", AUDITS + reported)
    assert (run["errors"], run["unchanged"]) == ([], 0)
    assert [(await finding(stage, ref))["due_on"] for ref in ("F1", "F2", "F3")] == [ago(-90), ago(-400), ago(10)]
    assert [event["data"]["finding_ref"] for event in await events(stage, "finding.updated")] == ["F1", "F2"]


async def test_findings_bring_their_history_which_may_lack_steps(stage: Stage) -> None:
    await begin(stage)
    run = await take_in(
        stage,
        line("F1", description="64 hours"),
        line("F2", closed_on=ago(40)),
        line("F3", plan_approved_on=ago(80), implemented_on=ago(60), closed_on=ago(60)),
        line("F4", plan_approved_on=ago(80)),
        line("F5", plan_approved_on=ago(80), withdrawn_on=ago(70)),
    )
    assert (run["status"], run["succeeded"], run["errors"]) == ("succeeded", 5, [])
    lives = {}
    for ref in ("F1", "F2", "F3", "F4", "F5"):
        held = await finding(stage, ref)
        lives[ref] = (held["status"], [(t["to"], t["on"]) for t in held["transitions"]])
    assert lives == {
        "F1": ("open", []),
        "F2": ("closed", [("closed", ago(40))]),
        "F3": ("closed", [("plan_approved", ago(80)), ("implemented", ago(60)), ("closed", ago(60))]),
        "F4": ("plan_approved", [("plan_approved", ago(80))]),
        "F5": ("withdrawn", [("plan_approved", ago(80)), ("withdrawn", ago(70))]),
    }
    told = {event["data"]["finding_ref"]: event for event in await events(stage, "finding")}
    assert {event["type"] for event in told.values()} == {"finding.created"}
    assert told["F3"]["data"]["status"] == "closed"
    assert told["F3"]["data"]["transitions"][0] == {"to": "plan_approved", "on": ago(80)}
    assert told["F1"]["data"]["site_code"] == "P1"
    assert (await finding(stage))["description"] == "64 hours"


@pytest.mark.parametrize(
    ("cells", "column", "said"),
    [
        ({"audit_ref": "A9"}, "audit_ref", "there is no audit A9"),
        ({"supplier_code": "S2"}, "supplier_code", "audit A1 is of supplier S1, not S2"),
        ({"supplier_code": "S9"}, "supplier_code", "audit A1 is of supplier S1, not S9"),
        ({"provision": "A9"}, "provision", "nearest: A6"),
        ({"code_version": "9.0"}, "code_version", "held are RBA 7.0, RBA 8.0"),
        ({"severity": "critical"}, "severity", "priority"),
        ({"discovered_on": ago(-3)}, "discovered_on", "future"),
        ({"closed_on": ago(-3)}, "closed_on", "future"),
        ({"closed_on": ago(101)}, "closed_on", "before the discovery"),
        ({"withdrawn_on": ago(50), "closed_on": ago(40)}, "closed_on", "withdrawn, so it cannot become closed"),
        (
            {"implemented_on": ago(30), "closed_on": ago(40)},
            "implemented_on",
            "closed, so it cannot become implemented",
        ),
        ({"closed_on": "2026-13-01"}, "closed_on", "date"),
    ],
)
async def test_a_bad_line_of_findings_is_named_and_costs_no_good_one(
    stage: Stage, cells: dict[str, str], column: str, said: str
) -> None:
    await begin(stage)
    run = await take_in(stage, line("F1"), line("F2", **cells), line("F3"))
    assert (run["status"], run["succeeded"], run["failed"]) == ("partially_succeeded", 2, 1)
    (error,) = run["errors"]
    assert (error["line"], error["column"]) == (3, column)
    assert said in error["message"]
    assert {item["finding_ref"] for item in (await read(stage, "/v1/findings"))["items"]} == {"F1", "F3"}


async def test_another_standard_than_those_held_is_refused_at_its_column(stage: Stage) -> None:
    await begin(stage)
    header = FINDINGS.strip() + ",code_standard\n"
    run = await stage.import_file("audit", "findings", header + line().strip() + ",SA\n")
    assert [error["column"] for error in run["errors"]] == ["code_standard"]


async def test_the_same_file_twice_changes_nothing(stage: Stage) -> None:
    await begin(stage)
    lines = (line("F1", closed_on=ago(40)), line("F2", due_on=ago(9)))
    await take_in(stage, *lines)
    before = await events(stage)
    again = await take_in(stage, *lines)
    audits = await stage.import_file("audit", "audits", AUDITS + A1)
    assert (again["succeeded"], again["unchanged"], audits["unchanged"]) == (2, 2, 1)
    assert await events(stage) == before


async def test_last_nights_export_undoes_nothing_that_people_did_since(stage: Stage) -> None:
    await begin(stage)
    await take_in(stage, line())
    held = await finding(stage)
    async with stage.machine("audit") as client:
        url, headers = f"/v1/findings/{held['id']}", {"If-Match": "*"}
        await client.patch(url, json={"severity": "minor", "description": "Ours"}, headers=headers)
    await step(stage, held["id"], "withdraw")
    await take_in(stage, line())
    now = await finding(stage)
    assert (now["severity"], now["description"], now["status"]) == ("minor", "Ours", "withdrawn")
    after = await take_in(stage, line(provision="A4"))
    assert "is withdrawn; it changes no more" in after["errors"][0]["message"]
    assert await finding(stage) == now


async def test_of_a_differing_row_the_differing_columns_apply(stage: Stage) -> None:
    await begin(stage)
    await take_in(stage, line(description="64 hours"))
    await take_in(stage, line(description="66 hours", plan_approved_on=ago(80)))
    await take_in(stage, line(description="66 hours", plan_approved_on=ago(80), closed_on=ago(40)))
    held = await finding(stage)
    assert (held["description"], held["status"], held["version"]) == ("66 hours", "closed", 3)
    told = await events(stage, "finding")
    assert [event["type"].partition(".")[2] for event in told] == ["created", "plan_approved", "closed"]
    await take_in(stage, line(description="66 hours", plan_approved_on=ago(80), closed_on=ago(40), due_on=ago(1)))
    given = await finding(stage)
    await take_in(stage, line(description="66 hours", plan_approved_on=ago(80), closed_on=ago(40)))
    assert (given["due_on"], (await finding(stage))["due_on"]) == (ago(1), held["due_on"])


async def test_a_step_learnt_late_takes_its_place_before_the_closing(stage: Stage) -> None:
    await begin(stage)
    await take_in(stage, line(closed_on=ago(40)))
    run = await take_in(stage, line(closed_on=ago(40), implemented_on=ago(60)))
    assert run["errors"] == []
    held = await finding(stage)
    assert ([t["to"] for t in held["transitions"]], held["status"]) == (["implemented", "closed"], "closed")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"closed_on": ""}, "reopen the finding instead"),
        ({"closed_on": ago(30)}, "cannot become closed"),
        ({"closed_on": ago(50)}, "cannot become closed"),
        ({"closed_on": ago(40), "plan_approved_on": ""}, "stays"),
    ],
)
async def test_what_was_recorded_is_not_overwritten(stage: Stage, cells: dict[str, str], said: str) -> None:
    await begin(stage)
    await take_in(stage, line(plan_approved_on=ago(80), closed_on=ago(40)))
    before = await finding(stage)
    run = await take_in(stage, line(**{"plan_approved_on": ago(80), **cells}))
    (error,) = run["errors"]
    assert said in error["message"]
    assert error["column"] == ("plan_approved_on" if cells.get("plan_approved_on") == "" else "closed_on")
    assert await finding(stage) == before


async def test_a_finding_closed_here_and_reported_closed_that_day_is_unchanged(stage: Stage) -> None:
    await begin(stage)
    (audit,) = (await read(stage, "/v1/audits"))["items"]
    closed = await finding_in(stage, audit, "closed")
    run = await take_in(stage, line(closed["finding_ref"], discovered_on=closed["discovered_on"], closed_on=ago(0)))
    assert run["errors"] == []
    assert await finding(stage, closed["finding_ref"]) == closed


async def test_a_withdrawn_finding_is_not_closed_by_a_file(stage: Stage) -> None:
    await begin(stage)
    await take_in(stage, line(withdrawn_on=ago(50)))
    run = await take_in(stage, line(withdrawn_on=ago(50), closed_on=ago(40)))
    assert "no step is allowed any more" in run["errors"][0]["message"]


async def test_a_thousand_findings_take_as_many_statements_as_ten(stage: Stage) -> None:

    await begin(stage)
    engine = stage.resources("audit").database.engine.sync_engine
    statements: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    counts = []
    listen.listen(engine, "before_cursor_execute", count)
    try:
        for size in (10, 1000):
            statements.clear()
            run = await take_in(stage, *(line(f"{size}-{n}", closed_on=ago(40)) for n in range(size)))
            assert (run["succeeded"], run["errors"]) == (size, [])
            counts.append(len(statements))
    finally:
        listen.remove(engine, "before_cursor_execute", count)
    assert counts[0] == counts[1]


async def test_the_real_electronics_data_is_taken_in_without_a_refused_row(stage: Stage, shared_data: Any) -> None:
    folder = shared_data / "electronics"
    for service, kind in (("registry", "suppliers"), ("audit", "audits"), ("audit", "findings")):
        run = await stage.import_file(service, kind, (folder / f"{kind}.csv").read_bytes())
        assert (run["status"], run["errors"]) == ("succeeded", [])
        again = await stage.import_file(service, kind, (folder / f"{kind}.csv").read_bytes())
        assert again["unchanged"] == again["total"]


async def test_the_sample_programme_is_taken_in_without_a_refused_row(stage: Stage, sample_folder: Any) -> None:
    for service, kind in (
        ("registry", "suppliers"), ("audit", "audits"), ("audit", "findings"), ("audit", "surveys"),
    ):  # fmt: skip
        run = await stage.import_file(service, kind, (sample_folder / f"{kind}.csv").read_bytes())
        assert (run["status"], run["errors"]) == ("succeeded", [])


async def test_a_finding_is_not_moved_to_an_audit_that_is_withdrawn(stage: Stage) -> None:
    await begin(stage, A1 + A1.replace("A1", "A2", 1))
    await take_in(stage, line())
    async with stage.machine("audit") as client:
        (withdrawn,) = (await client.get("/v1/audits", params={"audit_ref": "A2"})).json()["items"]
        await client.post(f"/v1/audits/{withdrawn['id']}/withdraw", json={"reason": "Twice"})
    run = await take_in(stage, line(audit_ref="A2"))
    assert [error["column"] for error in run["errors"]] == ["audit_ref"]
    assert (await finding(stage))["audit_id"] != withdrawn["id"]
