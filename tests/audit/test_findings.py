"""Findings over HTTP: recording, reading, changing."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event as listen

from services.audit.repository import findings as repository
from tests.audit.programme import (
    TODAY,
    add_audit,
    add_finding,
    add_supplier,
    ago,
    days_ago,
    events,
    finding_in,
    post,
    read,
    step,
)
from tests.stage import Stage

NEW = {"code_version": "8.0", "provision": "A3", "severity": "major", "discovered_on": ago(50)}


async def test_a_finding_of_an_audit_is_read_back_as_it_was_recorded(stage: Stage) -> None:
    supplier_id = await add_supplier(stage)
    audit = await add_audit(stage, site_code="P1")
    made = await add_finding(stage, audit, finding_ref="F-1", description="64 hours a week", internal_note="Watch")
    async with stage.machine("audit", "audit:read") as client:
        answer = await client.get(f"/v1/findings/{made['id']}")
    assert answer.json() == made
    assert answer.headers["etag"] == f'"1-{TODAY}"'
    assert (made["supplier_id"], made["supplier_code"]) == (supplier_id, "S1")
    assert (made["status"], made["overdue"], made["transitions"], made["standard"]) == ("open", False, [], "RBA")
    assert (await read(stage, f"/v1/audits/{audit['id']}/findings"))["items"][0]["finding_ref"] == "F-1"


async def test_a_finding_needs_no_audit(stage: Stage) -> None:
    await add_supplier(stage)
    async with stage.machine("audit") as client:
        made = await post(client, "/v1/findings", {**NEW, "supplier_code": "S1"})
    assert (made["audit_id"], made["site_code"], made["due_on"]) == (None, None, ago(50 - 60 - 180))


async def test_a_finding_that_names_its_audit_is_its_suppliers(stage: Stage) -> None:
    await add_supplier(stage)
    await add_supplier(stage, "S2")
    audit = await add_audit(stage)
    async with stage.machine("audit") as client:
        made = await post(client, "/v1/findings", {**NEW, "audit_id": audit["id"]})
        other = await client.post("/v1/findings", json={**NEW, "audit_id": audit["id"], "supplier_code": "S2"})
        nowhere = await client.post("/v1/findings", json={**NEW, "audit_id": made["id"]})
    assert made["supplier_code"] == "S1"
    assert (other.status_code, other.json()["errors"][0]["pointer"]) == (422, "#/audit_id")
    assert nowhere.status_code == 404


@pytest.mark.parametrize(
    ("changes", "pointer", "said"),
    [
        ({"provision": "A9"}, "#/provision", "nearest: A6 Freedom of Association and Collective Bargaining"),
        ({"provision": "A7"}, "#/provision", "RBA 7.0 has"),
        ({"code_version": "9.0"}, "#/code_version", "held are RBA 7.0, RBA 8.0"),
        ({"standard": "SA"}, "#/standard", "held are RBA 7.0, RBA 8.0"),
        ({"severity": "critical"}, "#/severity", "priority"),
        ({"discovered_on": days_ago(-2).isoformat()}, "#/discovered_on", "future"),
        ({"supplier_code": "S9"}, "#/supplier_code", "no such supplier"),
        ({"supplier_code": None}, "#", "exactly one"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_recorded(
    stage: Stage, changes: dict[str, Any], pointer: str, said: str
) -> None:
    await add_supplier(stage)
    async with stage.machine("audit") as client:
        answer = await client.post("/v1/findings", json={**NEW, "supplier_code": "S1", **changes})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["pointer"] == pointer
    assert said in error["detail"]
    assert (await read(stage, "/v1/findings"))["items"] == []
    assert await events(stage, "finding") == []


async def test_a_correction_moves_the_clocks_and_is_told(stage: Stage) -> None:
    await add_supplier(stage)
    finding = await add_finding(stage, await add_audit(stage))
    url = f"/v1/findings/{finding['id']}"
    async with stage.machine("audit") as client:
        assert (await client.patch(url, json={"severity": "minor"})).status_code == 428
        assert (await client.patch(url, json={"severity": "minor"}, headers={"If-Match": '"2"'})).status_code == 412
        bad = await client.patch(url, json={"code_version": "7.0", "provision": "A9"}, headers={"If-Match": '"1"'})
        assert bad.status_code == 422
        changed = await client.patch(url, json={"severity": "minor"}, headers={"If-Match": '"1"'})
        same = await client.patch(url, json={"severity": "minor"}, headers={"If-Match": '"2"'})
        noted = await client.patch(url, json={"internal_note": "Watch"}, headers={"If-Match": '"2"'})
    assert (changed.json()["due_on"], changed.json()["provision"]) == (ago(100 - 60 - 270), "A3")
    assert (same.json()["version"], noted.json()["version"]) == (2, 3)
    told = await events(stage, "finding.updated")
    assert [event["data"]["severity"] for event in told] == ["minor", "minor"]
    assert "Watch" not in str(told)


async def test_a_withdrawn_finding_is_not_corrected(stage: Stage) -> None:
    await add_supplier(stage)
    finding = await finding_in(stage, await add_audit(stage), "withdrawn")
    async with stage.machine("audit") as client:
        answer = await client.patch(
            f"/v1/findings/{finding['id']}", json={"description": "Late"}, headers={"If-Match": "*"}
        )
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "finding-withdrawn")
    assert await read(stage, f"/v1/findings/{finding['id']}") == finding


async def test_lowering_a_severity_needs_the_scope_to_approve(stage: Stage) -> None:
    await add_supplier(stage)
    finding = await add_finding(stage, await add_audit(stage))
    url, headers = f"/v1/findings/{finding['id']}", {"If-Match": "*"}
    async with stage.machine("audit", "audit:read", "audit:write") as writer:
        lowered = await writer.patch(url, json={"severity": "minor"}, headers=headers)
        assert (lowered.status_code, lowered.json()["type"].rpartition("/")[2]) == (403, "insufficient-scope")
        assert (await writer.get(url)).json() == finding
        raised = await writer.patch(url, json={"severity": "priority"}, headers=headers)
        assert (raised.status_code, raised.json()["severity"]) == (200, "priority")
    async with stage.machine("audit", "audit:write", "audit:approve") as approver:
        assert (await approver.patch(url, json={"severity": "minor"}, headers=headers)).json()["severity"] == "minor"


async def test_every_resource_made_has_an_address_that_answers_with_its_etag(stage: Stage) -> None:
    await add_supplier(stage)
    audit = {"supplier_code": "S1", "kind": "vap", "standard": "RBA", "conducted_on": ago(50)}
    survey = {"year": 2020, "title": "Survey 2020", "due_on": "2020-06-30"}
    async with stage.machine("audit") as client:
        made = [await client.post("/v1/audits", json=audit)]
        made.append(await client.post(f"{made[0].headers['location']}/findings", json=NEW))
        made.append(await client.post("/v1/findings", json={**NEW, "supplier_code": "S1"}))
        made.append(await client.post("/v1/surveys", json=survey))
        for answer in made:
            assert answer.status_code == 201, answer.text
            again = await client.get(answer.headers["location"])
            assert (again.json(), again.headers["etag"]) == (answer.json(), answer.headers["etag"])


async def test_lists_hold_to_their_filters(stage: Stage) -> None:
    s1 = await add_supplier(stage)
    await add_supplier(stage, "S2")
    audit, other = await add_audit(stage), await add_audit(stage, supplier_code="S2")
    await add_finding(stage, audit, finding_ref="late", due_on=ago(1))
    await add_finding(stage, audit, finding_ref="today", due_on=ago(0))
    await add_finding(stage, audit, finding_ref="old-code", code_version="7.0", provision="A7")
    await add_finding(stage, other, finding_ref="grave", severity="priority", discovered_on=ago(3))
    done = await add_finding(stage, other, finding_ref="done", due_on=ago(1))
    assert (await step(stage, done["id"], "withdraw")).status_code == 200

    async def refs(**params: Any) -> set[str]:
        return {item["finding_ref"] for item in (await read(stage, "/v1/findings", **params))["items"]}

    assert await refs(overdue=True) == {"late"}
    assert await refs(overdue=False) == {"today", "old-code", "grave", "done"}
    assert await refs(supplier_id=s1) == await refs(audit_id=audit["id"]) == {"late", "today", "old-code"}
    assert await refs(supplier_code="S2") == {"grave", "done"}
    assert await refs(provision="A7") == await refs(code_version="7.0") == {"old-code"}
    assert await refs(severity="priority") == {"grave"}
    assert await refs(status="withdrawn") == {"done"}
    assert await refs(finding_ref="late") == {"late"}
    async with stage.machine("audit") as client:
        assert (await client.get("/v1/findings", params={"status": "overdue"})).status_code == 422


async def test_lists_hold_to_the_filters_on_suppliers_standards_and_days(stage: Stage) -> None:
    await add_supplier(stage, country="TW", supply_tier=1)
    await add_supplier(stage, "S2", country="CN", supply_tier=2)
    audit, other = await add_audit(stage), await add_audit(stage, supplier_code="S2")
    await add_finding(stage, audit, finding_ref="early", discovered_on=ago(100), due_on=ago(5))
    await add_finding(stage, audit, finding_ref="middle", discovered_on=ago(90), due_on=ago(4))
    await add_finding(stage, other, finding_ref="late", discovered_on=ago(80), due_on=ago(3))

    async def refs(**params: Any) -> set[str]:
        return {item["finding_ref"] for item in (await read(stage, "/v1/findings", **params))["items"]}

    assert await refs(country="TW") == await refs(supply_tier=1) == {"early", "middle"}
    assert await refs(country="CN", supply_tier=1) == set()
    assert await refs(standard="RBA") == {"early", "middle", "late"}
    assert await refs(standard="SA8000") == set()
    assert await refs(discovered_from=ago(90)) == {"middle", "late"}
    assert await refs(discovered_to=ago(90)) == {"early", "middle"}
    assert await refs(discovered_from=ago(90), discovered_to=ago(90)) == {"middle"}
    assert await refs(due_before=ago(4)) == {"early"}


async def test_a_page_of_findings_is_one_query_whatever_it_filters(stage: Stage) -> None:
    await add_supplier(stage, country="TW", supply_tier=1)
    audit = await add_audit(stage)
    for _ in range(3):
        await add_finding(stage, audit)
    statements: list[str] = []

    def note(*arguments: Any) -> None:
        statements.append(arguments[2])

    engine = stage.resources("audit").database.engine.sync_engine
    listen.listen(engine, "before_cursor_execute", note)
    try:
        page = await read(stage, "/v1/findings", country="TW", supply_tier=1, plan_overdue=True, due_before=ago(-999))
    finally:
        listen.remove(engine, "before_cursor_execute", note)
    assert len(page["items"]) == 3
    assert len([text for text in statements if "FROM finding" in text]) == 1
    assert len([text for text in statements if text.startswith("SELECT")]) == 1


async def test_a_supplier_sees_its_own_findings_without_our_notes_and_nobody_elses(stage: Stage) -> None:
    s1 = await add_supplier(stage)
    s2 = await add_supplier(stage, "S2")
    audit, other = await add_audit(stage), await add_audit(stage, supplier_code="S2")
    own = await add_finding(stage, audit, internal_note="Watch them")
    foreign = await add_finding(stage, other)
    async with stage.machine("audit", "audit:read", "audit:submit", supplier_id=s1) as bound:
        listed = (await bound.get("/v1/findings")).json()["items"]
        single = (await bound.get(f"/v1/findings/{own['id']}")).json()
        assert (await bound.get(f"/v1/findings/{foreign['id']}")).status_code == 404
        assert (await bound.get("/v1/findings", params={"supplier_id": s2})).status_code == 404
        assert (await bound.get("/v1/findings", params={"supplier_code": "S2"})).json()["items"] == []
        assert (await bound.get("/v1/feed")).status_code == 403
        plan = {"root_cause": "x", "corrective_action": "y"}
        assert (await bound.put(f"/v1/findings/{foreign['id']}/plan", json=plan)).status_code == 404
        assert (await bound.get(f"/v1/findings/{foreign['id']}/plan")).status_code == 404
        assert (await bound.post(f"/v1/findings/{foreign['id']}/implement")).status_code == 404
        assert (await bound.get("/v1/provisions")).status_code == 200
    assert [finding["id"] for finding in listed] == [own["id"]]
    assert listed[0]["internal_note"] is single["internal_note"] is None


async def test_its_events_tell_the_full_state_and_no_texts(stage: Stage) -> None:
    supplier_id = await add_supplier(stage)
    audit = await add_audit(stage, site_code="P1")
    finding = await finding_in(stage, audit, "plan_rejected")
    told = await events(stage, "finding")
    assert [event["type"] for event in told] == ["finding.created", "finding.plan_submitted", "finding.plan_rejected"]
    assert {event["subject"] for event in told} == {finding["id"]}
    assert told[-1]["data"] == {
        "version": 3,
        "finding_ref": finding["finding_ref"],
        "supplier_id": supplier_id,
        "audit_id": audit["id"],
        "standard": "RBA",
        "code_version": "8.0",
        "provision": "A3",
        "severity": "major",
        "site_code": "P1",
        "discovered_on": ago(100),
        "due_on": ago(100 - 60 - 180),
        "status": "plan_rejected",
        "transitions": [
            {"to": "plan_submitted", "on": TODAY.isoformat()},
            {"to": "plan_rejected", "on": TODAY.isoformat()},
        ],
    }
    log = (await read(stage, "/v1/audit-log", resource_id=finding["id"]))["items"]
    assert log[-1]["changes"]["reason"] == [None, "It was not so"]


async def test_a_finding_is_locked_as_it_is_now_also_where_it_was_read_before(stage: Stage) -> None:
    await add_supplier(stage)
    made = await add_finding(stage, await add_audit(stage))
    async with stage.resources("audit").database.transaction() as session:
        read_before = await repository.get_finding(session, UUID(made["id"]))
        async with stage.machine("audit") as client:
            path = f"/v1/findings/{made['id']}"
            await client.patch(path, json={"description": "changed meanwhile"}, headers={"If-Match": '"1"'})
        locked = await repository.lock_finding(session, UUID(made["id"]))
        assert (locked.version, locked is read_before) == (2, True)
