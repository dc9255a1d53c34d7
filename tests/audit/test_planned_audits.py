"""Audits that are planned before they are conducted."""

from typing import Any

import pytest

from tests.audit.programme import TODAY, add_audit, add_finding, add_supplier, ago, events, read
from tests.stage import Stage

AHEAD = ago(-30)


async def plan(stage: Stage, **fields: Any) -> dict[str, Any]:
    return await add_audit(stage, conducted_on=None, planned_on=AHEAD, **fields)


async def test_an_audit_can_be_planned_for_a_day_to_come_and_conducted_later(stage: Stage) -> None:
    await add_supplier(stage)
    planned = await plan(stage, auditor="Verity", auditor_qualification="RBA-approved audit firm")
    assert (planned["status"], planned["planned_on"], planned["conducted_on"]) == ("planned", AHEAD, None)
    assert planned["valid_until"] is None
    assert planned["auditor_qualification"] == "RBA-approved audit firm"
    async with stage.machine("audit") as client:
        url = f"/v1/audits/{planned['id']}"
        conducted = await client.patch(url, json={"conducted_on": ago(3)}, headers={"If-Match": '"1"'})
        assert (conducted.status_code, conducted.json()["status"]) == (200, "conducted")
        reported = await client.patch(
            url, json={"report_received_on": ago(1), "score": 170}, headers={"If-Match": conducted.headers["etag"]}
        )
    assert (reported.json()["status"], reported.json()["planned_on"]) == ("reported", AHEAD)
    await add_finding(stage, conducted.json())


async def test_once_conducted_it_cannot_be_made_a_plan_again(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage, planned_on=ago(110))
    async with stage.machine("audit") as client:
        url = f"/v1/audits/{audit['id']}"
        emptied = await client.patch(url, json={"conducted_on": None}, headers={"If-Match": '"1"'})
        corrected = await client.patch(url, json={"conducted_on": ago(99)}, headers={"If-Match": '"1"'})
        unplanned = await client.patch(url, json={"planned_on": None}, headers={"If-Match": '"2"'})
    assert (emptied.status_code, emptied.json()["errors"][0]["pointer"]) == (422, "#/conducted_on")
    assert (corrected.status_code, unplanned.status_code) == (200, 200)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"planned_on": None}, "#"),
        ({"report_received_on": ago(1)}, "#/report_received_on"),
        ({"score": 170}, "#/score"),
        ({"outcome": "approved"}, "#/outcome"),
        ({"criteria": {"total": 85, "not_applicable": 3, "conforming": 72}}, "#/criteria"),
    ],
)
async def test_nothing_is_known_of_a_planned_audit_yet(stage: Stage, changes: dict[str, Any], pointer: str) -> None:
    await add_supplier(stage)
    body = {"supplier_code": "S1", "kind": "vap", "standard": "RBA", "planned_on": AHEAD}
    async with stage.machine("audit") as client:
        answer = await client.post("/v1/audits", json={**body, **changes})
        assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])
        planned = await client.post("/v1/audits", json=body)
        url = f"/v1/audits/{planned.json()['id']}"
        patched = await client.patch(url, json=changes, headers={"If-Match": '"1"'})
    assert patched.status_code == 422
    assert (await read(stage, url))["version"] == 1


async def test_a_planned_audit_takes_no_findings(stage: Stage) -> None:
    await add_supplier(stage)
    planned = await plan(stage, audit_ref="V-1")
    finding = {"code_version": "8.0", "provision": "A3", "severity": "minor", "discovered_on": ago(9)}
    async with stage.machine("audit") as client:
        answer = await client.post(f"/v1/audits/{planned['id']}/findings", json=finding)
        other_way = await client.post("/v1/findings", json={**finding, "audit_id": planned["id"]})
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (409, "audit-not-conducted")
    assert other_way.status_code == 409
    columns = "finding_ref,audit_ref,supplier_code,provision,code_version,severity,discovered_on"
    run = await stage.import_file("audit", "findings", f"{columns}\nF,V-1,S1,A3,8.0,minor,{ago(9)}\n")
    assert [error["column"] for error in run["errors"]] == ["audit_ref"]
    assert (await read(stage, "/v1/findings"))["items"] == []


async def test_a_planned_audit_is_cancelled_by_withdrawing_it(stage: Stage) -> None:
    await add_supplier(stage)
    planned = await plan(stage)
    async with stage.machine("audit") as client:
        url = f"/v1/audits/{planned['id']}"
        ahead = await client.post(f"{url}/withdraw", json={"reason": "Site closes", "on": AHEAD})
        done = await client.post(f"{url}/withdraw", json={"reason": "Site closes"})
        late = await client.patch(url, json={"conducted_on": ago(1)}, headers={"If-Match": "*"})
    assert ahead.status_code == 422
    assert (done.json()["status"], done.json()["withdrawn_on"]) == ("withdrawn", TODAY.isoformat())
    assert late.status_code == 409


async def test_its_event_says_that_it_is_only_planned(stage: Stage) -> None:
    await add_supplier(stage)
    await plan(stage)
    (event,) = await events(stage, "audit")
    assert (event["data"]["planned_on"], event["data"]["conducted_on"]) == (AHEAD, None)


async def test_a_file_can_say_that_a_planned_audit_was_conducted(stage: Stage) -> None:
    await add_supplier(stage)
    planned = await plan(stage, audit_ref="V-1")
    file = f"audit_ref,supplier_code,kind,standard,conducted_on\nV-1,S1,vap,RBA VAP 8.0,{ago(3)}\n"
    run = await stage.import_file("audit", "audits", file)
    assert run["succeeded"] == 1, run
    conducted = await read(stage, f"/v1/audits/{planned['id']}")
    assert (conducted["status"], conducted["planned_on"], conducted["conducted_on"]) == ("conducted", AHEAD, ago(3))


async def test_lists_are_filtered_by_where_audits_stand_and_until_when_they_count(stage: Stage) -> None:
    await add_supplier(stage)
    await plan(stage, audit_ref="planned")
    await plan(stage, audit_ref="planned incident", kind="incident")
    await add_audit(stage, audit_ref="conducted")
    await add_audit(stage, audit_ref="reported", conducted_on=ago(700), report_received_on=ago(650))
    await add_audit(stage, audit_ref="expired", conducted_on=ago(740), report_received_on=ago(700))
    await add_audit(stage, audit_ref="old incident", kind="incident", conducted_on=ago(900))
    withdrawn = await add_audit(stage, audit_ref="withdrawn", conducted_on=ago(720))
    async with stage.machine("audit") as client:
        url = f"/v1/audits/{withdrawn['id']}/withdraw"
        assert (await client.post(url, json={"reason": "Wrong supplier", "on": ago(5)})).status_code == 200

    async def refs(**params: Any) -> list[str]:
        return [item["audit_ref"] for item in (await read(stage, "/v1/audits", **params))["items"]]

    every = (await read(stage, "/v1/audits"))["items"]
    for status in ("planned", "conducted", "reported", "expired", "withdrawn"):
        assert await refs(status=status) == [item["audit_ref"] for item in every if item["status"] == status]
    assert await refs(status="planned") == ["planned", "planned incident"]
    assert await refs(status="conducted") == ["conducted", "old incident"]
    assert await refs(status="expired") == ["expired"]
    assert await refs(valid_on=ago(0)) == ["conducted", "reported"]
    assert await refs(valid_on=ago(6)) == ["conducted", "reported", "withdrawn"]
    assert await refs(valid_on=ago(720)) == ["expired", "withdrawn"]
    assert await refs(valid_on=ago(0), expires_before=ago(-60)) == ["reported"]
    assert await refs(expires_before=ago(0)) == ["expired"]
    assert await refs(planned_from=ago(-1)) == ["planned", "planned incident"]
    assert await refs(planned_to=ago(0)) == []
    ends = {item["audit_ref"]: item["valid_until"] for item in every}
    assert await refs(expires_before=ends["expired"]) == []


async def test_an_unknown_status_is_refused(stage: Stage) -> None:
    async with stage.machine("audit") as client:
        assert (await client.get("/v1/audits", params={"status": "done"})).status_code == 422
