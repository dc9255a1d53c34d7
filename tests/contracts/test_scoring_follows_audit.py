"""What the scoring service makes of the audit service's events, in process and over its real feed."""

from typing import Any

from tests.audit.programme import add_audit, add_supplier, ago
from tests.stage import Stage


async def score(stage: Stage, supplier_id: str) -> dict[str, Any]:
    await stage.settle()
    async with stage.machine("scoring") as client:
        answer = await client.get(f"/v1/scores/{supplier_id}")
        assert answer.status_code == 200, answer.text
        held: dict[str, Any] = answer.json()
        return held


async def test_a_planned_audit_changes_no_score_and_once_conducted_it_does(stage: Stage) -> None:
    supplier_id = await add_supplier(stage)
    before = await score(stage, supplier_id)
    planned = await add_audit(stage, conducted_on=None, planned_on=ago(-30))
    assert (await score(stage, supplier_id))["score"] == before["score"]
    assert await stage.psql("scoring", "SELECT pos FROM feed_parked") == []
    assert await stage.psql("scoring", "SELECT id FROM audit_copy") == []
    async with stage.machine("audit") as client:
        url = f"/v1/audits/{planned['id']}"
        answer = await client.patch(url, json={"conducted_on": ago(1)}, headers={"If-Match": '"1"'})
        assert answer.status_code == 200
    after = await score(stage, supplier_id)
    assert (after["score"], after["basis"]) != (before["score"], before["basis"])
    # An assessment without findings counts 100 where 60 was assumed, by half
    assert after["score"] == before["score"] + 20


async def test_a_planned_audit_that_is_cancelled_never_counted(stage: Stage) -> None:
    supplier_id = await add_supplier(stage)
    before = await score(stage, supplier_id)
    planned = await add_audit(stage, conducted_on=None, planned_on=ago(-30))
    async with stage.machine("audit") as client:
        assert (await client.post(f"/v1/audits/{planned['id']}/withdraw", json={"reason": "Moved"})).status_code == 200
    assert (await score(stage, supplier_id))["score"] == before["score"]
    assert await stage.psql("scoring", "SELECT pos FROM feed_parked") == []
