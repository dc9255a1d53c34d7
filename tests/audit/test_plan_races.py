"""Two people who decide on the same finding at once: one wins, and the other is told."""

import asyncio
from typing import Any

import pytest

from tests.audit.programme import add_audit, add_supplier, finding_in, read
from tests.stage import Stage

ROUNDS = 20
RACES = [
    # the state, the two requests, and the steps of which one is taken
    ("plan_submitted", "plan/approve", "plan/approve", {"plan_approved"}),
    ("plan_submitted", "plan/approve", "plan/reject", {"plan_approved", "plan_rejected"}),
    ("implemented", "close", "reopen", {"closed", "reopened"}),
]


@pytest.mark.parametrize("named", ["version", "*"])
@pytest.mark.parametrize(("state", "one", "other", "steps"), RACES)
async def test_of_two_who_decide_at_once_one_wins_and_one_step_is_taken(
    stage: Stage, state: str, one: str, other: str, steps: set[str], named: str
) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage)
    fresh = [await finding_in(stage, audit, state) for _ in range(ROUNDS if named == "version" else 5)]
    async with stage.person("audit", "ann") as ann, stage.person("audit", "bea") as bea:

        async def send(client: Any, request: str, finding: dict[str, Any]) -> str:
            expected = f'"{finding["version"]}"' if named == "version" else "*"
            answer = await client.post(
                f"/v1/findings/{finding['id']}/{request}", json={"reason": "Seen"}, headers={"If-Match": expected}
            )
            return "won" if answer.status_code == 200 else str(answer.json()["type"].rpartition("/")[2])

        for number, finding in enumerate(fresh):
            both = (send(ann, one, finding), send(bea, other, finding))
            answers = await asyncio.gather(*(both if number % 2 else reversed(both)))
            after = await read(stage, f"/v1/findings/{finding['id']}")
            taken = [step["to"] for step in after["transitions"][len(finding["transitions"]) :]]
            if answers == ["won", "won"]:
                # Whoever names no version may reopen what was closed a moment before; that is no lost decision.
                assert (named, taken) == ("*", ["closed", "reopened"])
                continue
            assert answers.count("won") == 1, answers
            assert set(answers) - {"won"} == {"version-mismatch" if named == "version" else "step-forbidden"}
            assert len(taken) == 1
            assert taken[0] in steps
            assert after["version"] == finding["version"] + 1
    logged = await stage.psql("audit", "SELECT resource_id FROM audit_log WHERE action = 'finding.plan_approved'")
    assert len(logged) == len({row["resource_id"] for row in logged})
