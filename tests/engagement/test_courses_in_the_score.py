"""Completed courses in a supplier's credit."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.engagement.programme import create_supplier
from tests.engagement.test_courses import create_course
from tests.engagement.test_xapi import COMPLETED, VIEWED, send, statement
from tests.stage import Stage


async def credit(stage: Stage, supplier_id: str) -> float:
    await stage.settle()
    async with stage.machine("scoring") as client:
        return float((await client.get(f"/v1/scores/{supplier_id}")).json()["credit"])


async def test_each_course_that_a_learning_system_tells_of_counts_once_in_the_suppliers_credit(stage: Stage) -> None:
    supplier_id, other = await create_supplier(stage, "S1"), await create_supplier(stage, "S2")
    now = datetime.now(UTC)

    def done(code: str, days_ago: int, verb: str = COMPLETED) -> dict[str, Any]:
        moment = (now - timedelta(days=days_ago)).isoformat()
        return statement(verb, object={"id": f"urn:bellwether:course:{code}"}, timestamp=moment)

    seen = []
    async with stage.machine("engagement") as client:
        for code in ("CRS-1", "CRS-2", "CRS-3", "CRS-4"):
            await create_course(client, code=code, links=[])
        first = done("CRS-1", 10)
        for batch in (
            [done("CRS-1", 11, VIEWED)],
            [first],
            [first, done("CRS-1", 9)],
            [done("CRS-2", 30), done("CRS-3", 40)],
            [done("CRS-4", 800)],
        ):
            assert (await send(client, batch)).status_code == 200
            seen.append(await credit(stage, supplier_id))
    assert seen == [0.0, 0.25, 0.25, 0.75, 0.75]
    assert await credit(stage, other) == 0.0
