"""People named in corrective action plans: kept where they are needed, told nowhere else, erased on request."""

from typing import Any

import pytest

from tests.audit.programme import PLAN, add_audit, add_finding, add_supplier, ago, events, read, step
from tests.stage import Stage

CONTACT = {"contact_name": "Lin Mei-Hua", "contact_email": "mei@supplier.example"}


async def found(stage: Stage) -> dict[str, Any]:
    await add_supplier(stage)
    return await add_finding(stage, await add_audit(stage))


async def test_a_plan_says_when_it_starts_and_whom_to_ask(stage: Stage) -> None:
    finding = await found(stage)
    body = {**CONTACT, "starts_on": ago(3), "completes_on": ago(-30)}
    answer = await step(stage, finding["id"], "plan", **body)
    assert answer.status_code == 200, answer.text
    plan = await read(stage, f"/v1/findings/{finding['id']}/plan")
    assert plan == answer.json()
    assert {name: plan[name] for name in body} == body


async def test_a_plan_needs_neither_a_start_nor_a_contact(stage: Stage) -> None:
    finding = await found(stage)
    plan = (await step(stage, finding["id"], "plan")).json()
    assert [plan[name] for name in ("starts_on", "completes_on", "contact_name", "contact_email")] == [None] * 4


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"starts_on": ago(-5), "completes_on": ago(-4)}, "#/completes_on"),
        ({"contact_email": "mei at supplier"}, "#/contact_email"),
        ({"contact_email": "mei@supplier"}, "#/contact_email"),
        ({"contact_email": f"{'m' * 250}@supplier.example"}, "#/contact_email"),
        ({"contact_name": ""}, "#/contact_name"),
        ({"contact_name": "Lin Mei-Hua"}, "#/contact_email"),
    ],
)
async def test_a_plan_that_cannot_be_is_refused_at_its_field(
    stage: Stage, fields: dict[str, str], pointer: str
) -> None:
    finding = await found(stage)
    answer = await step(stage, finding["id"], "plan", **fields)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert await read(stage, f"/v1/findings/{finding['id']}") == finding


async def test_a_person_is_erased_from_every_plan_and_nobody_else_is(stage: Stage) -> None:
    finding = await found(stage)
    other = await add_finding(stage, await add_audit(stage))
    await step(stage, finding["id"], "plan", **CONTACT)
    await step(stage, finding["id"], "plan", **{**CONTACT, "contact_email": "MEI@Supplier.example"})
    await step(stage, other["id"], "plan", contact_name="Chen", contact_email="chen@supplier.example")
    untouched = await read(stage, f"/v1/findings/{other['id']}/plan")
    async with stage.machine("audit", "audit:write") as writer:
        answer = await writer.post("/v1/plan-contacts/erase", json={"email": "Mei@supplier.example"})
        again = await writer.post("/v1/plan-contacts/erase", json={"email": "mei@supplier.example"})
    assert (answer.status_code, answer.json(), again.json()) == (200, {"erased": 2}, {"erased": 0})
    plans = (await read(stage, f"/v1/findings/{finding['id']}/plans"))["items"]
    assert [(plan["contact_name"], plan["contact_email"]) for plan in plans] == [(None, None)] * 2
    assert [plan["root_cause"] for plan in plans] == [PLAN["root_cause"]] * 2
    assert await read(stage, f"/v1/findings/{other['id']}/plan") == untouched
    after = await read(stage, f"/v1/findings/{finding['id']}")
    assert (after["status"], after["version"]) == ("plan_submitted", 4)
    log = (await read(stage, "/v1/audit-log", resource_id=finding["id"]))["items"]
    assert (log[-1]["action"], log[-1]["changes"]) == ("finding.contacts_erased", {"plan_contacts": [2, 0]})


async def test_no_name_and_no_address_of_a_contact_is_told_or_logged(
    stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    finding = await found(stage)
    await step(stage, finding["id"], "plan", **CONTACT)
    await step(stage, finding["id"], "plan", **{**CONTACT, "contact_email": "mei@supplier"})
    async with stage.machine("audit") as client:
        await client.post("/v1/plan-contacts/erase", json={"email": CONTACT["contact_email"]})
        log = (await client.get("/v1/audit-log")).text
        history = (await client.get(f"/v1/findings/{finding['id']}/history")).text
    written = "".join(capfd.readouterr())
    for text in (str(await events(stage)), log, history, written):
        assert "Mei" not in text
        assert "mei@" not in text
    kept = await stage.psql("audit", "SELECT contact_name, contact_email FROM plan")
    assert [tuple(row) for row in kept] == [(None, None)]


async def test_only_who_may_write_erases_and_no_supplier_does(stage: Stage) -> None:
    supplier_id = await add_supplier(stage)
    body = {"email": CONTACT["contact_email"]}
    async with stage.machine("audit", "audit:read", "audit:submit") as reader:
        assert (await reader.post("/v1/plan-contacts/erase", json=body)).status_code == 403
    async with stage.machine("audit", "audit:write", supplier_id=supplier_id) as bound:
        assert (await bound.post("/v1/plan-contacts/erase", json=body)).status_code == 404
    async with stage.machine("audit") as client:
        assert (await client.post("/v1/plan-contacts/erase", json={"email": "mei"})).status_code == 422
