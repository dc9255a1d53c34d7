"""Publishing takes a second person and a day that has not passed; on that day everybody is scored anew."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from services.scoring.service.policy import starts
from services.scoring.worker import ScoresWorker
from tests.scoring.policy_makers import STRICT, TODAY, PolicyMakers
from tests.stage import Stage

TOMORROW = TODAY + timedelta(1)


@pytest.fixture
def makers(stage: Stage) -> PolicyMakers:
    return PolicyMakers(stage)


async def create_supplier(stage: Stage, code: str = "S1") -> str:
    """One of whom nothing is known but its country: medium risk by the default policy."""
    async with stage.machine("registry") as client, stage.machine("scoring") as scoring:
        body = {"source": "World Bank WGI", "mean_percentile_rank": 62.5}
        assert (await scoring.put("/v1/country-risks/TW/2024", json=body)).status_code == 200
        answer = await client.post("/v1/suppliers", json={"code": code, "name": code, "country": "TW"})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


async def get(stage: Stage, path: str, **params: Any) -> Any:
    async with stage.machine("scoring", "scoring:read") as client:
        answer = await client.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()


async def start(stage: Stage, day: date) -> bool:
    """What a worker does on that day."""
    async with stage.resources("scoring").database.transaction() as session:
        return await starts.start_due_policies(session, day)


async def ordered(stage: Stage) -> int:
    """How many recalculations of everybody are open."""
    query = "SELECT count(*) AS n FROM recalculation WHERE status IN ('queued', 'running')"
    (row,) = await stage.psql("scoring", query)
    return int(row["n"])


async def test_a_person_who_wrote_nothing_of_it_publishes_a_policy(makers: PolicyMakers) -> None:
    draft = await makers.draft()
    await makers.send("PUT", "/2", {"document": {**draft["document"], "credit": None}}, by="cat", edition=1)
    for by, status in (("ann", 409), ("cat", 409), ("machine", 403)):
        assert (await makers.publish(draft, by=by, edition=2)).status_code == status
    assert (await makers.publish(draft, edition=1)).status_code == 412
    answer = await makers.publish(draft, edition=2)
    assert answer.status_code == 200, answer.text
    published = answer.json()
    assert (published["status"], published["valid_from"], published["edition"]) == ("published", TODAY.isoformat(), 3)
    assert published["published_by"].endswith("ben")
    assert (await makers.publish(draft, edition=3)).status_code == 409
    body = {"document": draft["document"]}
    assert (await makers.send("PUT", "/2", body, edition=3)).json()["type"].endswith("not-a-draft")


async def test_no_policy_comes_into_force_in_the_past(makers: PolicyMakers) -> None:
    answer = await makers.publish(await makers.draft(), TODAY - timedelta(1))
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"pointer": "#/valid_from", "detail": "lies in the past"}]
    assert (await makers.send("GET", "/2")).json()["status"] == "draft"


async def test_everybody_is_scored_by_a_policy_that_is_in_force_at_once(stage: Stage, makers: PolicyMakers) -> None:
    supplier_id = await create_supplier(stage)
    await stage.settle()
    before = await get(stage, f"/v1/scores/{supplier_id}")
    async with stage.machine("scoring", "scoring:read") as client:
        etag = (await client.get(f"/v1/scores/{supplier_id}")).headers["etag"]
        await makers.published(STRICT)
        # The stored score is still the one by policy 1, and is not shown any more.
        answer = await client.get(f"/v1/scores/{supplier_id}", headers={"If-None-Match": etag})
        assert answer.status_code == 200
        now = answer.json()
        listed = (await client.get("/v1/scores", params={"risk_tier": "high"})).json()["items"]
        assert (await client.get("/v1/scores", params={"risk_tier": "medium"})).json()["items"] == []
    assert (before["score"], before["risk_tier"], before["policy_version"]) == (62.75, "medium", 1)
    assert (now["score"], now["risk_tier"], now["policy_version"]) == (32.25, "high", 2)
    assert [each["score"] for each in listed] == [now["score"]]
    assert await ordered(stage) == 1
    await stage.settle()
    assert await ordered(stage) == 0
    (stored,) = await stage.psql("scoring", "SELECT score, policy_version, version FROM score")
    assert (stored["score"], stored["policy_version"], stored["version"]) == (now["score"], 2, 2)
    history = (await get(stage, f"/v1/scores/{supplier_id}/history"))["items"]
    assert [entry["policy_version"] for entry in history] == [2, 1]


async def test_a_policy_to_come_scores_nobody_until_its_day_and_everybody_once_on_it(
    stage: Stage, makers: PolicyMakers
) -> None:
    supplier_id = await create_supplier(stage)
    await stage.settle()
    assert (await get(stage, f"/v1/scores/{supplier_id}"))["valid_until"] is None
    await makers.published(STRICT, TOMORROW)
    now = await get(stage, f"/v1/scores/{supplier_id}")
    assert (now["policy_version"], now["valid_until"]) == (1, TODAY.isoformat())
    assert not await start(stage, TODAY)
    assert await ordered(stage) == 0
    started = await asyncio.gather(*(start(stage, TOMORROW) for _ in range(4)))
    assert sorted(started) == [False, False, False, True]
    assert await ordered(stage) == 1
    assert not await start(stage, TOMORROW + timedelta(1))


async def test_a_worker_that_dies_over_a_policys_start_leaves_it_to_the_next(
    stage: Stage, makers: PolicyMakers
) -> None:
    await create_supplier(stage)
    await stage.settle()
    await makers.published(STRICT, TOMORROW)
    async with stage.resources("scoring").database.sessions() as session:
        assert await starts.start_due_policies(session, TOMORROW)
        await session.rollback()
    assert await ordered(stage) == 0
    assert await start(stage, TOMORROW)
    assert await ordered(stage) == 1


async def test_policies_whose_days_passed_while_no_worker_ran_are_started_together(
    stage: Stage, makers: PolicyMakers
) -> None:
    await create_supplier(stage)
    await stage.settle()
    await makers.published(STRICT, TOMORROW)
    await makers.published({}, TOMORROW + timedelta(1))
    assert await start(stage, TOMORROW + timedelta(9))
    assert await ordered(stage) == 1
    (row,) = await stage.psql("scoring", "SELECT count(*) AS n FROM policy WHERE rescored_at IS NULL")
    assert row["n"] == 0


async def test_the_workers_tick_starts_what_is_due(stage: Stage, makers: PolicyMakers) -> None:
    supplier_id = await create_supplier(stage)
    await stage.settle()
    await makers.published(STRICT, TOMORROW)
    # As if it had been published yesterday: nobody has been scored by it.
    await stage.psql("scoring", "UPDATE policy SET valid_from = CURRENT_DATE WHERE version = 2")
    await ScoresWorker(stage.resources("scoring")).tick()
    assert await ordered(stage) == 1
    await stage.settle()
    (stored,) = await stage.psql("scoring", "SELECT policy_version FROM score")
    assert stored["policy_version"] == 2
    assert (await get(stage, f"/v1/scores/{supplier_id}"))["policy_version"] == 2


async def test_a_published_policy_is_withdrawn_by_a_person_before_its_day_alone(
    stage: Stage, makers: PolicyMakers
) -> None:
    supplier_id = await create_supplier(stage)
    await stage.settle()
    await makers.published(STRICT, TOMORROW)
    await stage.psql("scoring", "UPDATE score SET policy_version = 2")  # as in the moment of midnight
    reason = {"reason": "not agreed with procurement"}
    machine = await makers.send("POST", "/2/withdraw", reason, by="machine", edition=2)
    assert machine.json()["type"].endswith("person-required")
    answer = await makers.send("POST", "/2/withdraw", reason, edition=2)
    assert answer.status_code == 200, answer.text
    assert not await start(stage, TOMORROW)
    assert (await get(stage, "/v1/policies", on=TOMORROW.isoformat()))["items"][0]["version"] == 1
    assert (await get(stage, f"/v1/scores/{supplier_id}"))["policy_version"] == 1
    await makers.published(STRICT)
    in_force = await makers.send("POST", "/3/withdraw", reason, edition=2)
    assert (in_force.status_code, in_force.json()["type"].rsplit("/")[-1]) == (409, "in-force")


async def test_a_roll_back_is_a_new_version_with_an_earlier_document(stage: Stage, makers: PolicyMakers) -> None:
    supplier_id = await create_supplier(stage)
    await stage.settle()
    before = await get(stage, f"/v1/scores/{supplier_id}")
    await makers.published(STRICT)
    assert (await get(stage, f"/v1/scores/{supplier_id}"))["score"] != before["score"]
    answer = await makers.send("POST", "/1/restore", {"note": "too strict"})
    assert answer.status_code == 201, answer.text
    restored = answer.json()
    assert (restored["version"], restored["restores"], restored["status"]) == (3, 1, "draft")
    assert restored["document"] == (await makers.send("GET", "/1")).json()["document"] | {"version": 3}
    assert (await makers.publish(restored, by="ann")).status_code == 409
    assert (await makers.publish(restored)).status_code == 200
    now = await get(stage, f"/v1/scores/{supplier_id}")
    assert (now["score"], now["policy_version"]) == (before["score"], 3)
    await makers.draft()
    assert (await makers.send("POST", "/4/restore", {})).json()["type"].endswith("not-published")


async def test_a_version_that_would_never_be_in_force_is_not_published(makers: PolicyMakers) -> None:
    older, newer = await makers.draft(), await makers.draft(STRICT)
    assert (await makers.publish(newer, TOMORROW)).status_code == 200
    answer = await makers.publish(older, TOMORROW)
    assert (answer.status_code, answer.json()["type"].rsplit("/")[-1]) == (409, "overtaken")
    assert (await makers.publish(older, TODAY)).status_code == 200


async def test_of_two_people_who_publish_at_once_one_does(makers: PolicyMakers) -> None:
    draft = await makers.draft()
    answers = await asyncio.gather(*(makers.publish(draft, by=by) for by in ("ben", "cat", "dan")))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]


async def test_who_may_not_write_may_not_publish(stage: Stage, makers: PolicyMakers) -> None:
    draft = await makers.draft()
    async with stage.machine("scoring", "scoring:read") as client:
        body = {"valid_from": TODAY.isoformat()}
        answer = await client.post("/v1/policies/2/publish", json=body, headers={"If-Match": '"1"'})
        assert (answer.status_code, answer.json()["type"].rsplit("/")[-1]) == (403, "insufficient-scope")
    assert (await makers.send("POST", f"/{draft['version']}/publish", body, by="ben")).status_code == 428
