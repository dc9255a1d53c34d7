"""Closing a finding on the word of a closure audit."""

from typing import Any

import pytest

from tests.audit.programme import add_audit, add_supplier, ago, finding_in, read, step
from tests.stage import Stage


async def implemented(stage: Stage) -> tuple[dict[str, Any], dict[str, Any]]:
    await add_supplier(stage)
    audit = await add_audit(stage)
    return audit, await finding_in(stage, audit, "implemented")


async def follow(stage: Stage, closure: dict[str, Any], followed: dict[str, Any] | None, **columns: Any) -> None:
    """What the closure audit's own requests would set of it."""
    sets = {"follows_audit_id": followed["id"] if followed else None, **columns}
    for name, value in sets.items():
        text = "NULL" if value is None else f"'{value}'"
        await stage.psql("audit", f"UPDATE audit SET {name} = {text} WHERE id = '{closure['id']}'")


async def test_a_closing_names_the_audit_that_verified_it(stage: Stage) -> None:
    audit, finding = await implemented(stage)
    closure = await add_audit(stage, kind="closure", conducted_on=ago(0))
    await follow(stage, closure, audit)
    answer = await step(stage, finding["id"], "close", closure_audit_id=closure["id"])
    assert answer.status_code == 200, answer.text
    closed = answer.json()
    assert (closed["status"], closed["closed_on"]) == ("closed", ago(0))
    assert [taken["audit_id"] for taken in closed["transitions"]] == [None, None, None, closure["id"]]
    log = (await read(stage, "/v1/audit-log", resource_id=finding["id"]))["items"]
    assert log[-1]["changes"]["closure_audit_id"] == [None, closure["id"]]
    told = (await read(stage, f"/v1/findings/{finding['id']}/history"))["items"]
    assert told[-1]["details"] == {"audit_id": closure["id"]}


async def test_a_closure_audit_that_follows_none_in_particular_may_verify_any_finding_of_its_supplier(
    stage: Stage,
) -> None:
    _, finding = await implemented(stage)
    closure = await add_audit(stage, kind="closure", conducted_on=ago(0))
    assert (await step(stage, finding["id"], "close", closure_audit_id=closure["id"])).status_code == 200


@pytest.mark.parametrize(
    ("fields", "status", "pointer", "said"),
    [
        ({"kind": "vap"}, 422, "#/closure_audit_id", "of kind vap"),
        ({"supplier_code": "S2"}, 422, "#/closure_audit_id", "another supplier"),
        ({"on": ago(1)}, 422, "#/on", "before the closure audit"),
    ],
)
async def test_an_audit_that_cannot_have_verified_it_closes_nothing(
    stage: Stage, fields: dict[str, Any], status: int, pointer: str, said: str
) -> None:
    _, finding = await implemented(stage)
    await add_supplier(stage, "S2")
    on = {name: fields.pop(name) for name in ("on",) if name in fields}
    closure = await add_audit(stage, **{"kind": "closure", "conducted_on": ago(0), **fields})
    answer = await step(stage, finding["id"], "close", closure_audit_id=closure["id"], **on)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (status, pointer)
    assert said in error["detail"]
    assert await read(stage, f"/v1/findings/{finding['id']}") == finding


async def test_neither_a_planned_nor_a_withdrawn_nor_another_audits_closure_nor_none_at_all_verifies(
    stage: Stage,
) -> None:
    _, finding = await implemented(stage)
    other = await add_audit(stage)
    closure = await add_audit(stage, kind="closure", conducted_on=ago(0))

    async def refusal(audit_id: str) -> tuple[int, str]:
        answer = await step(stage, finding["id"], "close", closure_audit_id=audit_id)
        (error,) = answer.json()["errors"]
        assert error["pointer"] == "#/closure_audit_id"
        return answer.status_code, answer.json()["type"].rpartition("/")[2]

    await follow(stage, closure, other)
    assert await refusal(closure["id"]) == (422, "closure-audit-unfit")
    await follow(stage, closure, None, planned_on=ago(0), conducted_on=None)
    assert await refusal(closure["id"]) == (409, "audit-not-conducted")
    await follow(stage, closure, None, conducted_on=ago(0), withdrawn_on=ago(0))
    assert await refusal(closure["id"]) == (409, "audit-withdrawn")
    assert await refusal(finding["id"]) == (422, "closure-audit-unfit")
    assert await read(stage, f"/v1/findings/{finding['id']}") == finding
