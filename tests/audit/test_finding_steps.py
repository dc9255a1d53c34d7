"""A finding's life over HTTP: who may take which step, and when."""

import pytest

from tests.audit.programme import PLAN, TODAY, add_audit, add_finding, add_supplier, ago, finding_in, read, step
from tests.stage import Stage


async def test_a_finding_goes_the_whole_way_and_its_steps_can_be_read_back(stage: Stage) -> None:
    await add_supplier(stage)
    finding = await add_finding(stage, await add_audit(stage))
    taken = [
        ("plan", {}), ("plan/reject", {"on": TODAY.isoformat(), "reason": "No root cause"}), ("plan", {}),
        ("plan/approve", {"reason": "Well done"}), ("implement", {}), ("reopen", {}), ("plan", {}),
        ("plan/approve", {}), ("implement", {}), ("close", {}),
    ]  # fmt: skip
    for name, body in taken:
        answer = await step(stage, finding["id"], name, **body)
        assert answer.status_code == 200, (name, answer.text)
    closed = await read(stage, f"/v1/findings/{finding['id']}")
    assert (closed["status"], closed["version"]) == ("closed", 11)
    assert [t["to"] for t in closed["transitions"]] == [
        "plan_submitted", "plan_rejected", "plan_submitted", "plan_approved", "implemented", "reopened",
        "plan_submitted", "plan_approved", "implemented", "closed",
    ]  # fmt: skip
    assert closed["transitions"][1]["reason"] == "No root cause"
    assert [t["by"].rpartition("|")[2] for t in (closed["transitions"][0], closed["transitions"][-1])] == ["sam", "ann"]
    plan = await read(stage, f"/v1/findings/{finding['id']}/plan")
    assert (plan["n"], plan["root_cause"]) == (3, PLAN["root_cause"])
    assert plan["submitted_by"].endswith("|sam")


@pytest.mark.parametrize(
    ("on", "said"), [(ago(-1), "future"), (ago(101), "before the discovery"), (ago(1), "plan_submitted since")]
)
async def test_a_step_has_a_day_that_can_be(stage: Stage, on: str, said: str) -> None:
    await add_supplier(stage)
    finding = await finding_in(stage, await add_audit(stage), "plan_submitted")
    answer = await step(stage, finding["id"], "plan/approve", on=on)
    assert answer.status_code == 422
    assert said in answer.json()["errors"][0]["detail"]
    assert await read(stage, f"/v1/findings/{finding['id']}") == finding


@pytest.mark.parametrize(
    ("name", "state"), [("plan/approve", "plan_submitted"), ("plan/reject", "plan_submitted"), ("close", "implemented")]
)
async def test_deciding_needs_a_second_person_and_the_current_version(stage: Stage, name: str, state: str) -> None:
    await add_supplier(stage)
    finding = await finding_in(stage, await add_audit(stage), state)
    url, body = f"/v1/findings/{finding['id']}/{name}", {"reason": "Seen"}
    current = {"If-Match": f'"{finding["version"]}"'}
    async with stage.person("audit", "bea") as other, stage.person("audit", "sam") as submitter:
        assert (await other.post(url, json=body)).status_code == 428
        assert (await other.post(url, json=body, headers={"If-Match": '"1"'})).status_code == 412
        same = await submitter.post(url, json=body, headers=current)
    async with stage.machine("audit") as machine:
        by_machine = await machine.post(url, json=body, headers=current)
    async with stage.person("audit", "cid", ["auditor"]) as auditor:
        unfit = await auditor.post(url, json=body, headers=current)
    assert (same.status_code, same.json()["type"].rpartition("/")[2]) == (409, "second-person-required")
    assert (by_machine.status_code, by_machine.json()["type"].rpartition("/")[2]) == (403, "person-required")
    assert unfit.status_code == (200 if name == "close" else 403)


@pytest.mark.parametrize("severity", ["priority", "major"])
@pytest.mark.parametrize("decision", ["approve", "reject"])
async def test_no_scope_lets_a_machine_or_the_submitter_decide_on_a_plan(
    stage: Stage, severity: str, decision: str
) -> None:
    supplier_id = await add_supplier(stage)
    finding = await add_finding(stage, await add_audit(stage), severity=severity)
    url = f"/v1/findings/{finding['id']}"
    async with stage.person("audit", "bea") as bea:
        assert (await bea.put(f"{url}/plan", json=PLAN)).status_code == 200
    before = await read(stage, url)
    body = {"reason": "Seen"}
    machines = [
        stage.machine("audit"),
        stage.machine("audit", "audit:approve", "audit:write", "audit:submit", "audit:verify"),
        stage.machine("audit", "admin", supplier_id=supplier_id),
    ]
    for client in (*machines, stage.person("audit", "bea"), stage.person("audit", "cid", ["auditor"])):
        async with client:
            answer = await client.post(f"{url}/plan/{decision}", json=body, headers={"If-Match": "*"})
            assert answer.status_code in {403, 409}, answer.text
            code = answer.json()["type"].rpartition("/")[2]
            assert code in {"person-required", "second-person-required", "insufficient-scope"}
    assert await read(stage, url) == before
    async with stage.person("audit", "ann") as ann:
        answer = await ann.post(f"{url}/plan/{decision}", json=body, headers={"If-Match": "*"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("scope", "may"),
    [
        ("audit:submit", {"plan", "implement"}),
        ("audit:approve", {"plan/approve", "plan/reject", "withdraw", "extend"}),
        ("audit:verify", {"close", "reopen"}),
        ("audit:write", {"implement"}),
        ("audit:read", set()),
    ],
)
async def test_each_scope_opens_its_own_steps_and_no_other(stage: Stage, scope: str, may: set[str]) -> None:
    await add_supplier(stage)
    finding = await finding_in(stage, await add_audit(stage), "withdrawn")
    bodies = {"plan": PLAN, "extend": {"due_on": ago(-900), "reason": "Parts"}}
    opened = set()
    async with stage.machine("audit", scope) as client:
        for name in ("plan", "plan/approve", "plan/reject", "implement", "close", "reopen", "withdraw", "extend"):
            answer = await client.request(
                "PUT" if name == "plan" else "POST",
                f"/v1/findings/{finding['id']}/{name}",
                json=bodies.get(name, {"reason": "Seen"}),
                headers={"If-Match": "*"},
            )
            # Whoever may take the step at all is told that a withdrawn finding allows none.
            if answer.status_code == 409:
                opened.add(name)
            else:
                assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (403, "insufficient-scope")
    assert opened == may


async def test_who_reported_it_implemented_cannot_close_it(stage: Stage) -> None:
    await add_supplier(stage)
    finding = await finding_in(stage, await add_audit(stage), "plan_approved")
    url = f"/v1/findings/{finding['id']}"
    async with stage.person("audit", "ann") as ann:
        assert (await ann.post(f"{url}/implement")).status_code == 200
        answer = await ann.post(f"{url}/close", headers={"If-Match": "*"})
    assert answer.status_code == 409


async def test_the_supplier_submits_and_implements_with_its_own_client(stage: Stage) -> None:
    supplier_id = await add_supplier(stage)
    finding = await add_finding(stage, await add_audit(stage))
    url = f"/v1/findings/{finding['id']}"
    async with stage.machine("audit", "audit:read", "audit:submit", supplier_id=supplier_id) as supplier:
        assert (await supplier.get(f"{url}/plan")).status_code == 404
        first = await supplier.put(f"{url}/plan", json=PLAN)
        assert (await supplier.put(f"{url}/plan", json=PLAN)).status_code == 428
        second = await supplier.put(f"{url}/plan", json=PLAN, headers={"If-Match": first.headers["etag"]})
        assert (first.status_code, second.json()["n"]) == (200, 2)
        assert (await step(stage, finding["id"], "plan/approve")).status_code == 200
        assert (await supplier.post(f"{url}/close", headers={"If-Match": "*"})).status_code == 403
        done = await supplier.post(f"{url}/implement", json={"on": TODAY.isoformat()})
    assert (done.status_code, done.json()["status"]) == (200, "implemented")
    async with stage.machine("audit", "audit:read") as reader, stage.machine("audit", "audit:write") as writer:
        assert (await reader.post(f"{url}/implement")).status_code == 403
        assert (await writer.post(f"{url}/implement")).status_code == 409


async def test_rejecting_reopening_and_withdrawing_need_a_reason(stage: Stage) -> None:
    await add_supplier(stage)
    finding = await finding_in(stage, await add_audit(stage), "plan_submitted")
    async with stage.person("audit", "ann") as ann:
        for name in ("plan/reject", "reopen", "withdraw"):
            answer = await ann.post(f"/v1/findings/{finding['id']}/{name}", json={}, headers={"If-Match": "*"})
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["pointer"] == "#/reason"


async def test_an_extension_is_later_reasoned_and_holds_against_the_clocks(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage)
    finding = await add_finding(stage, audit, due_on=ago(5))
    assert (await read(stage, f"/v1/findings/{finding['id']}"))["overdue"] is True
    early = await step(stage, finding["id"], "extend", due_on=ago(5), reason="Parts are late")
    assert (early.status_code, early.json()["errors"][0]["pointer"]) == (422, "#/due_on")
    extended = await step(stage, finding["id"], "extend", due_on=ago(-30), reason="Parts are late")
    assert (extended.json()["due_on"], extended.json()["overdue"]) == (ago(-30), False)
    assert [(e["due_on_before"], e["reason"]) for e in extended.json()["extensions"]] == [(ago(5), "Parts are late")]
    async with stage.machine("audit") as client:
        await client.patch(
            f"/v1/audits/{audit['id']}", json={"report_received_on": ago(1)}, headers={"If-Match": '"1"'}
        )
    assert (await read(stage, f"/v1/findings/{finding['id']}"))["due_on"] == ago(-30)
    closed = await finding_in(stage, audit, "closed")
    late = await step(stage, closed["id"], "extend", due_on=ago(-999), reason="Too late")
    assert late.status_code == 409
