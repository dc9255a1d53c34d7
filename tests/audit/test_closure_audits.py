"""Closure audits: which audit they follow, and what they close, all or nothing."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.audit.closing import add_closure, close_by, implemented
from tests.audit.programme import TODAY, add_audit, add_finding, add_supplier, ago, events, finding_in, read, step
from tests.stage import Stage

IMPLEMENTED = "finding_ref,audit_ref,supplier_code,provision,code_version,severity,discovered_on,implemented_on\n"


async def refused(stage: Stage, **fields: Any) -> list[str]:
    """The pointers of the errors that a new closure audit ends in."""
    body = {"supplier_code": "S1", "kind": "closure", "standard": "RBA", "conducted_on": ago(20), **fields}
    async with stage.machine("audit") as client:
        answer = await client.post("/v1/audits", json=body)
    assert answer.status_code == 422, answer.text
    return [error["pointer"] for error in answer.json()["errors"]]


async def states(stage: Stage, *findings: dict[str, Any]) -> list[str]:
    return [(await read(stage, f"/v1/findings/{finding['id']}"))["status"] for finding in findings]


async def test_a_closure_audit_follows_a_conducted_audit_of_its_supplier(stage: Stage) -> None:
    await add_supplier(stage)
    await add_supplier(stage, "S2")
    audit = await add_audit(stage)
    closure = await add_closure(stage, audit)
    assert closure["follows_audit_id"] == audit["id"]
    others = await add_audit(stage, supplier_code="S2")
    planned = await add_audit(stage, conducted_on=None, planned_on=ago(-9))
    withdrawn = await add_audit(stage)
    async with stage.machine("audit") as client:
        await client.post(f"/v1/audits/{withdrawn['id']}/withdraw", json={"reason": "Wrong"})
    for followed in (others, closure, planned, withdrawn, {"id": str(uuid4())}):
        assert await refused(stage, follows_audit_id=followed["id"]) == ["#/follows_audit_id"]
    assert await refused(stage, follows_audit_id=audit["id"], kind="vap") == ["#/follows_audit_id"]
    assert await refused(stage, follows_audit_id=audit["id"], conducted_on=ago(101)) == ["#/conducted_on"]
    listed = (await read(stage, "/v1/audits", follows_audit_id=audit["id"]))["items"]
    assert [item["id"] for item in listed] == [closure["id"]]


async def test_a_closure_audit_may_be_planned_before_it_is_conducted(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage)
    planned = await add_closure(stage, audit, conducted_on=None, planned_on=ago(-9))
    async with stage.machine("audit") as client:
        url = f"/v1/audits/{planned['id']}"
        early = await client.patch(url, json={"conducted_on": ago(101)}, headers={"If-Match": '"1"'})
        done = await client.patch(url, json={"conducted_on": ago(1)}, headers={"If-Match": '"1"'})
    assert (early.status_code, done.status_code) == (422, 200)
    assert early.json()["errors"][0]["pointer"] == "#/conducted_on"


async def test_whom_it_follows_can_be_set_later_and_taken_back(stage: Stage) -> None:
    await add_supplier(stage)
    audit, other = await add_audit(stage), await add_audit(stage)
    closure = await add_audit(stage, kind="closure", conducted_on=ago(20))
    url = f"/v1/audits/{closure['id']}"
    async with stage.machine("audit") as client:

        async def patch(url: str = url, **fields: Any) -> int:
            return (await client.patch(url, json=fields, headers={"If-Match": "*"})).status_code

        assert await patch(follows_audit_id=closure["id"]) == 422
        assert await patch(follows_audit_id=audit["id"]) == 200
        assert await patch(kind="vap") == 422
        assert await patch(f"/v1/audits/{audit['id']}", kind="closure") == 409
        assert await patch(f"/v1/audits/{audit['id']}", conducted_on=ago(19)) == 409
        assert await patch(f"/v1/audits/{audit['id']}", conducted_on=ago(20)) == 200
        assert await patch(follows_audit_id=other["id"]) == 200
        assert await patch(follows_audit_id=None) == 200
        assert await patch(kind="internal") == 200
        assert await patch(f"/v1/audits/{uuid4()}", kind="internal") == 404
    log = await stage.psql("audit", "SELECT changes FROM audit_log WHERE resource_id = $1 ORDER BY id", closure["id"])
    assert '"follows_audit_id"' in log[1]["changes"]


async def test_a_closure_audit_closes_many_findings_in_one_step(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage)
    findings = [await implemented(stage, audit) for _ in range(3)]
    closure = await add_closure(stage, audit)
    answer = await close_by(stage, closure, findings, reason="Seen on site")
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "audit_id": closure["id"],
        "findings": [
            {
                "id": finding["id"],
                "version": finding["version"] + 1,
                "finding_ref": finding["finding_ref"],
                "status": "closed",
                "closed_on": TODAY.isoformat(),
            }
            for finding in findings
        ],
    }
    told = await events(stage, "finding.closed")
    assert {event["subject"] for event in told} == {finding["id"] for finding in findings}
    rows = await stage.psql("audit", "SELECT audit_id, reason, by FROM finding_transition WHERE \"to\" = 'closed'")
    assert [(str(row["audit_id"]), row["reason"], row["by"]) for row in rows] == [
        (closure["id"], "Seen on site", "http://people|vera")
    ] * 3


async def test_one_that_may_not_be_closed_keeps_all_of_them_open_and_each_is_told(stage: Stage) -> None:
    await add_supplier(stage)
    await add_supplier(stage, "S2")
    audit = await add_audit(stage)
    ready, still_open = await implemented(stage, audit), await add_finding(stage, audit)
    stale = {**(await implemented(stage, audit)), "version": 1}
    elsewhere = await implemented(stage, await add_audit(stage, supplier_code="S2"))
    unknown = {"id": str(uuid4()), "version": 1}
    closure = await add_closure(stage, audit)
    before = await events(stage)
    for wrong, status in ((still_open, 409), (stale, 412), (elsewhere, 422), (unknown, 404)):
        answer = await close_by(stage, closure, [ready, wrong])
        assert answer.status_code == status, answer.text
        (error,) = answer.json()["errors"]
        assert error["pointer"] == "#/findings/1"
        assert wrong["id"] in error["detail"]
    many = await close_by(stage, closure, [stale, ready, still_open, unknown])
    assert many.status_code == 412
    assert [error["pointer"] for error in many.json()["errors"]] == [f"#/findings/{place}" for place in (0, 2, 3)]
    assert "3 of 4 findings" in many.json()["detail"]
    assert await states(stage, ready, still_open, stale, elsewhere) == [
        "implemented",
        "open",
        "implemented",
        "implemented",
    ]
    assert await events(stage) == before


async def test_who_submitted_the_plan_or_reported_it_done_cannot_close_this_way_either(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage)
    finding = await implemented(stage, audit)
    closure = await add_closure(stage, audit)
    own = await close_by(stage, closure, [finding], person="sam")
    assert (own.status_code, own.json()["type"].rsplit("/", 1)[1]) == (409, "second-person-required")
    body = {"findings": [{"finding_id": finding["id"], "version": finding["version"]}]}
    url = f"/v1/audits/{closure['id']}/close-findings"
    async with stage.machine("audit") as machine:
        assert (await machine.post(url, json=body)).status_code == 403
    async with stage.machine("audit", "audit:read", "audit:write", "audit:approve") as unentitled:
        assert (await unentitled.post(url, json=body)).status_code == 403
    assert await states(stage, finding) == ["implemented"]


async def test_only_a_conducted_closure_audit_that_counts_closes_findings(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage)
    finding = await implemented(stage, audit)
    planned = await add_closure(stage, audit, conducted_on=None, planned_on=ago(-9))
    withdrawn = await add_closure(stage, audit)
    async with stage.machine("audit") as client:
        await client.post(f"/v1/audits/{withdrawn['id']}/withdraw", json={"reason": "Wrong"})
    for closure, code in (
        (audit, "not-a-closure-audit"),
        (planned, "audit-not-conducted"),
        (withdrawn, "audit-withdrawn"),
    ):
        answer = await close_by(stage, closure, [finding])
        assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (409, code)
    assert (await close_by(stage, {"id": str(uuid4())}, [finding])).status_code == 404
    assert await states(stage, finding) == ["implemented"]


async def test_nothing_is_verified_before_the_closure_audit_or_after_today(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage)
    finding = await implemented(stage, audit)
    closure = await add_closure(stage, audit, conducted_on=ago(2))
    for on in (ago(3), ago(-1)):
        answer = await close_by(stage, closure, [finding], on=on)
        assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, ["#/on"])
    # It was reported as implemented today, so it cannot have been verified yesterday
    assert (await close_by(stage, closure, [finding], on=ago(1))).status_code == 422
    assert (await close_by(stage, closure, [finding], on=ago(0))).status_code == 200


async def test_findings_of_another_audit_are_not_its_to_close(stage: Stage) -> None:
    await add_supplier(stage)
    audit, other = await add_audit(stage), await add_audit(stage)
    finding = await implemented(stage, other)
    answer = await close_by(stage, await add_closure(stage, audit), [finding])
    assert answer.status_code == 422
    free = await add_audit(stage, kind="closure", conducted_on=ago(20))
    assert (await close_by(stage, free, [finding])).status_code == 200


@pytest.mark.parametrize("findings", [[], "twice", 201, [{"finding_id": "x", "version": 1}]])
async def test_a_wrong_list_of_findings_is_refused(stage: Stage, findings: Any) -> None:
    await add_supplier(stage)
    closure = await add_closure(stage, await add_audit(stage))
    if findings == "twice":
        findings = [{"finding_id": closure["id"], "version": version} for version in (1, 2)]
    elif findings == 201:
        findings = [{"finding_id": str(uuid4()), "version": 1} for _ in range(findings)]
    async with stage.person("audit", "vera") as client:
        answer = await client.post(f"/v1/audits/{closure['id']}/close-findings", json={"findings": findings})
    assert answer.status_code == 422


async def test_no_supplier_closes_by_an_audit(stage: Stage) -> None:
    supplier_id = await add_supplier(stage)
    audit = await add_audit(stage)
    finding = await implemented(stage, audit)
    closure = await add_closure(stage, audit)
    body = {"findings": [{"finding_id": finding["id"], "version": finding["version"]}]}
    async with stage.machine("audit", "audit:read", "audit:submit", supplier_id=supplier_id) as bound:
        assert (await bound.post(f"/v1/audits/{closure['id']}/close-findings", json=body)).status_code == 403
    async with stage.machine("audit", "audit:verify", supplier_id=supplier_id) as bound:
        assert (await bound.post(f"/v1/audits/{closure['id']}/close-findings", json=body)).status_code == 404


async def test_of_two_who_close_the_same_findings_at_once_one_wins(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage)
    findings = [await implemented(stage, audit) for _ in range(4)]
    first, second = await add_closure(stage, audit), await add_closure(stage, audit)
    answers = await asyncio.gather(
        close_by(stage, first, findings), close_by(stage, second, list(reversed(findings)), person="otto")
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert await states(stage, *findings) == ["closed"] * 4
    assert len(await events(stage, "finding.closed")) == 4


async def test_a_closing_that_is_too_late_for_one_finding_leaves_the_others(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage)
    ready, withdrawn = await implemented(stage, audit), await finding_in(stage, audit, "implemented")
    assert (await step(stage, withdrawn["id"], "withdraw")).status_code == 200
    closure = await add_closure(stage, audit)
    answer = await close_by(stage, closure, [withdrawn, ready])
    assert answer.status_code == 412
    assert await states(stage, ready, withdrawn) == ["implemented", "withdrawn"]


async def test_what_has_closed_findings_stays_a_closure_audit_of_no_later_day(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage)
    row = f"F1,{audit['audit_ref']},S1,A3,8.0,major,{ago(100)},{ago(30)}\n"
    run = await stage.import_file("audit", "findings", IMPLEMENTED + row)
    assert run["status"] == "succeeded", run
    (finding,) = (await read(stage, "/v1/findings"))["items"]
    closure = await add_audit(stage, audit_ref="C1", kind="closure", conducted_on=ago(20))
    assert (await close_by(stage, closure, [finding], on=ago(10))).status_code == 200
    url = f"/v1/audits/{closure['id']}"
    async with stage.machine("audit") as client:

        async def patch(**fields: Any) -> int:
            return (await client.patch(url, json=fields, headers={"If-Match": "*"})).status_code

        assert await patch(kind="internal") == 409
        assert await patch(conducted_on=ago(9)) == 409
        assert await patch(conducted_on=ago(10)) == 200
        assert await patch(follows_audit_id=audit["id"]) == 200


async def test_a_file_keeps_to_what_closure_audits_allow(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage, audit_ref="A1")
    await add_closure(stage, audit, audit_ref="C1")
    columns = "audit_ref,supplier_code,kind,standard,conducted_on\n"

    async def refusals(ref: str, kind: str, day: str) -> list[str]:
        run = await stage.import_file("audit", "audits", f"{columns}{ref},S1,{kind},RBA,{day}\n")
        return [error["column"] for error in run["errors"]]

    assert await refusals("A1", "closure", ago(100)) == ["kind"]
    assert await refusals("A1", "vap", ago(19)) == ["conducted_on"]
    assert await refusals("C1", "closure", ago(101)) == ["conducted_on"]
    assert await refusals("A1", "vap", ago(20)) == []
    assert await refusals("C1", "closure", ago(19)) == []
    assert [item["conducted_on"] for item in (await read(stage, "/v1/audits"))["items"]] == [ago(20), ago(19)]


async def test_a_step_that_is_forbidden_says_which_are_allowed_here_too(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage)
    answer = await close_by(stage, await add_closure(stage, audit), [await add_finding(stage, audit)])
    assert (answer.status_code, answer.json()["allowed"]) == (409, ["plan_submitted", "withdrawn"])
