"""Audits over HTTP."""

from typing import Any

import pytest

from tests.audit.programme import TODAY, add_audit, add_finding, add_supplier, ago, days_ago, events, read
from tests.stage import Stage


async def test_an_audit_is_read_back_as_it_was_recorded(stage: Stage) -> None:
    supplier_id = await add_supplier(stage)
    made = await add_audit(
        stage, audit_ref="V-1", auditor="Verity", scope=["labor_employment"], score=171.5, outcome="approved"
    )
    async with stage.machine("audit", "audit:read") as client:
        answer = await client.get(f"/v1/audits/{made['id']}")
    assert answer.json() == made
    assert answer.headers["etag"].startswith(f'"1-{TODAY}-')
    assert made["supplier_id"] == supplier_id
    assert made["supplier_code"] == "S1"
    assert made["score"] == 171.5
    assert made["report_received_on"] is None


async def test_its_reference_is_taken_once_and_its_id_where_none_is_given(stage: Stage) -> None:
    await add_supplier(stage)
    await add_audit(stage, audit_ref="V-1")
    unnamed = await add_audit(stage)
    assert unnamed["audit_ref"] == unnamed["id"]
    async with stage.machine("audit") as client:
        body = {"supplier_code": "S1", "kind": "vap", "standard": "RBA", "conducted_on": ago(1), "audit_ref": "V-1"}
        assert (await client.post("/v1/audits", json=body)).status_code == 409


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"kind": "visit"}, "#/kind"),
        ({"conducted_on": days_ago(-2).isoformat()}, "#/conducted_on"),
        ({"report_received_on": ago(200)}, "#/report_received_on"),
        ({"report_received_on": days_ago(-2).isoformat()}, "#/report_received_on"),
        ({"supplier_code": "S9"}, "#/supplier_code"),
        ({"supplier_code": None, "supplier_id": "01990000-0000-7000-8000-000000000000"}, "#/supplier_id"),
        ({"supplier_code": None}, "#"),
        ({"score": 201}, "#/score"),
        ({"scope": ["Labour & employment"]}, "#/scope/0"),
        ({"scope": [f"category_{n}" for n in range(101)]}, "#/scope"),
        ({"colour": "green"}, "#/colour"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_recorded(
    stage: Stage, changes: dict[str, Any], pointer: str
) -> None:
    await add_supplier(stage)
    body = {"supplier_code": "S1", "kind": "vap", "standard": "RBA", "conducted_on": ago(100), **changes}
    async with stage.machine("audit") as client:
        answer = await client.post("/v1/audits", json=body)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert (await read(stage, "/v1/audits"))["items"] == []


async def test_a_change_needs_the_current_version(stage: Stage) -> None:
    await add_supplier(stage)
    url = f"/v1/audits/{(await add_audit(stage))['id']}"
    async with stage.machine("audit") as client:
        assert (await client.patch(url, json={"outcome": "rejected"})).status_code == 428
        stale = await client.patch(url, json={"outcome": "rejected"}, headers={"If-Match": '"7"'})
        assert stale.status_code == 412
        changed = await client.patch(url, json={"outcome": "rejected"}, headers={"If-Match": '"1"'})
        unchanged = await client.patch(url, json={"outcome": "rejected"}, headers={"If-Match": '"2"'})
        emptied = await client.patch(url, json={"kind": None}, headers={"If-Match": '"2"'})
    assert (changed.status_code, changed.json()["outcome"]) == (200, "rejected")
    assert unchanged.headers["etag"] == changed.headers["etag"]
    assert emptied.status_code == 422


async def test_when_the_report_comes_the_clocks_of_the_findings_are_set_by_it(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage)
    major = await add_finding(stage, audit)
    priority = await add_finding(stage, audit, severity="priority")
    given = await add_finding(stage, audit, due_on=ago(-400))
    assert (major["due_on"], major["plan_due_on"]) == (ago(100 - 60 - 180), ago(100 - 60 - 14))
    async with stage.machine("audit") as client:
        url = f"/v1/audits/{audit['id']}"
        answer = await client.patch(url, json={"report_received_on": ago(90)}, headers={"If-Match": '"1"'})
        assert answer.status_code == 200
    mended = await read(stage, f"/v1/findings/{major['id']}")
    assert (mended["due_on"], mended["plan_due_on"], mended["version"]) == (ago(90 - 180), ago(90 - 14), 2)
    same = await read(stage, f"/v1/findings/{priority['id']}")
    assert (same["due_on"], same["version"]) == (ago(10), 1)
    kept = await read(stage, f"/v1/findings/{given['id']}")
    assert (kept["due_on"], kept["plan_due_on"]) == (ago(-400), ago(90 - 14))
    told = [event for event in await events(stage, "finding.updated") if event["subject"] == major["id"]]
    assert [event["data"]["due_on"] for event in told] == [ago(90 - 180)]


async def test_a_finding_has_its_audits_site_unless_it_names_another(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage, site_code="P1")
    inherited, own = await add_finding(stage, audit), await add_finding(stage, audit, site_code="P9")
    assert (inherited["site_code"], own["site_code"]) == ("P1", "P9")
    async with stage.machine("audit") as client:
        await client.patch(f"/v1/audits/{audit['id']}", json={"site_code": "P2"}, headers={"If-Match": '"1"'})
    assert (await read(stage, f"/v1/findings/{inherited['id']}"))["site_code"] == "P2"
    assert (await read(stage, f"/v1/findings/{own['id']}"))["site_code"] == "P9"
    told = await events(stage, "finding.updated")
    assert [(event["subject"], event["data"]["site_code"]) for event in told] == [(inherited["id"], "P2")]


async def test_a_withdrawn_audit_says_why_and_changes_no_more(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage)
    url = f"/v1/audits/{audit['id']}"
    async with stage.machine("audit") as client:
        assert (await client.post(f"{url}/withdraw", json={})).status_code == 422
        early = await client.post(f"{url}/withdraw", json={"reason": "Wrong supplier", "on": ago(101)})
        assert early.status_code == 422
        done = await client.post(f"{url}/withdraw", json={"reason": "Wrong supplier"})
        assert (done.json()["withdrawn_on"], done.json()["withdrawn_reason"]) == (TODAY.isoformat(), "Wrong supplier")
        assert (await client.post(f"{url}/withdraw", json={"reason": "Again"})).status_code == 409
        assert (await client.patch(url, json={"score": 1}, headers={"If-Match": '"2"'})).status_code == 409
        finding = {"code_version": "8.0", "provision": "A3", "severity": "minor", "discovered_on": ago(9)}
        assert (await client.post(f"{url}/findings", json=finding)).status_code == 409


async def test_lists_hold_to_their_filters_and_come_in_pages(stage: Stage) -> None:
    await add_supplier(stage)
    await add_supplier(stage, "S2")
    for n in range(3):
        await add_audit(stage, audit_ref=f"V-{n}", conducted_on=ago(10 * n + 1))
    await add_audit(stage, audit_ref="C-1", kind="cma", supplier_code="S2", site_code="P1")

    async def refs(**params: Any) -> list[str]:
        return [item["audit_ref"] for item in (await read(stage, "/v1/audits", **params))["items"]]

    assert await refs() == ["V-0", "V-1", "V-2", "C-1"]
    assert await refs(kind="cma") == await refs(supplier_code="S2") == await refs(site_code="P1") == ["C-1"]
    assert await refs(conducted_from=ago(11), conducted_to=ago(2)) == ["V-1"]
    first = await read(stage, "/v1/audits", limit=3)
    second = await read(stage, "/v1/audits", limit=3, cursor=first["next_cursor"])
    assert [item["audit_ref"] for item in second["items"]] == ["C-1"]
    assert second["next_cursor"] is None


async def test_no_supplier_sees_audits(stage: Stage) -> None:
    supplier_id = await add_supplier(stage)
    audit = await add_audit(stage)
    async with stage.machine("audit", "audit:read", supplier_id=supplier_id) as bound:
        for url in ("/v1/audits", f"/v1/audits/{audit['id']}", f"/v1/audits/{audit['id']}/findings"):
            assert (await bound.get(url)).status_code == 404


async def test_a_repeated_post_with_its_key_records_one_audit(stage: Stage) -> None:
    await add_supplier(stage)
    body = {"supplier_code": "S1", "kind": "vap", "standard": "RBA", "conducted_on": ago(100)}
    async with stage.machine("audit") as client:
        first = await client.post("/v1/audits", json=body, headers={"Idempotency-Key": "a"})
        second = await client.post("/v1/audits", json=body, headers={"Idempotency-Key": "a"})
    assert (first.status_code, second.content) == (201, first.content)
    assert len((await read(stage, "/v1/audits"))["items"]) == 1


async def test_its_event_is_what_the_feed_promises(stage: Stage) -> None:
    supplier_id = await add_supplier(stage)
    audit = await add_audit(stage, audit_ref="V-1", auditor="Verity", scope=["labor_employment"], score=160)
    (event,) = await events(stage, "audit")
    assert (event["type"], event["subject"]) == ("audit.created", audit["id"])
    assert event["data"] == {
        "version": 1,
        "audit_ref": "V-1",
        "supplier_id": supplier_id,
        "kind": "vap",
        "standard": "RBA VAP 8.0",
        "scope": ["labor_employment"],
        "site_code": None,
        "planned_on": None,
        "conducted_on": ago(100),
        "report_received_on": None,
        "score": 160,
        "outcome": None,
        "withdrawn_on": None,
    }


async def test_the_catalogue_is_served_by_version(stage: Stage) -> None:
    eight = await read(stage, "/v1/provisions", standard="RBA", version="8.0")
    assert len(eight["items"]) == 42
    assert eight["items"][2] == {
        "standard": "RBA",
        "version": "8.0",
        "code": "A3",
        "title": "Working Hours",
        "section": "A",
        "section_title": "Labor",
    }
    async with stage.machine("audit") as client:
        unknown = await client.get("/v1/provisions", params={"version": "9.0"})
    assert unknown.status_code == 422
    assert "RBA 7.0, RBA 8.0" in unknown.json()["detail"]
