"""What is past its time is forgotten, and nothing else."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from shared import feed
from shared.feed import NewEvent
from shared.housekeeping import Housekeeping
from shared.ids import new_id
from tests.stage import Stage


async def append(stage: Stage, resource_id: UUID, version: int, days_ago: int) -> None:
    async with stage.resources("audit").database.transaction() as session:
        then = datetime.now(UTC) - timedelta(days=days_ago)
        await feed.append(session, [NewEvent("finding.updated", resource_id, version, {})], then)


async def test_of_old_events_the_newest_of_each_resource_is_kept(stage: Stage) -> None:
    changed, quiet = new_id(), new_id()
    await append(stage, changed, 1, days_ago=200)
    await append(stage, quiet, 1, days_ago=199)
    await append(stage, changed, 2, days_ago=198)
    await append(stage, changed, 3, days_ago=1)
    async with stage.machine("audit") as client:
        assert len((await client.get("/v1/feed")).json()["events"]) == 4
        await Housekeeping(stage.resources("audit").database).tidy()
        events = (await client.get("/v1/feed")).json()["events"]
    assert [(UUID(event["subject"]), event["data"]["version"]) for event in events] == [(quiet, 1), (changed, 3)]


async def test_an_old_event_that_nobody_has_read_is_kept(stage: Stage) -> None:
    resource_id = new_id()
    await append(stage, resource_id, 1, days_ago=200)
    await append(stage, resource_id, 2, days_ago=199)
    await Housekeeping(stage.resources("audit").database).tidy()
    async with stage.machine("audit") as client:
        assert len((await client.get("/v1/feed")).json()["events"]) == 2
