"""The feed: every committed event once, in order, and nothing behind a position that was read."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import feed
from shared.db import Database
from shared.feed import reading
from shared.housekeeping import Housekeeping
from shared.ids import new_id
from tests.stage import Stage


async def tell(session: AsyncSession, number: int, resource_id: UUID | None = None, *, days_ago: int = 0) -> None:
    event = feed.NewEvent("thing.made", resource_id or new_id(), 1, {"number": number})
    await feed.append(session, [event], datetime.now(UTC) - timedelta(days=days_ago))


async def tell_and_commit(database: Database, *numbers: int) -> None:
    async with database.transaction() as session:
        for number in numbers:
            await tell(session, number)


@asynccontextmanager
async def database_of(stage: Stage) -> AsyncIterator[Database]:
    yield stage.resources("registry").database


async def read(stage: Stage, **params: Any) -> Any:
    async with stage.machine("registry", "feed:read") as client:
        answer = await client.get("/v1/feed", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()


def numbers_of(page: Any) -> list[int]:
    return [event["data"]["number"] for event in page["events"]]


async def test_what_commits_late_comes_behind_what_was_read_before(stage: Stage) -> None:
    async with database_of(stage) as database, database.sessions() as late:
        await tell(late, 1)  # the older id, still uncommitted
        await tell_and_commit(database, 2)
        first = await read(stage)
        await late.commit()
        second = await read(stage, after=first["next"])
    assert (numbers_of(first), numbers_of(second)) == ([2], [1])
    assert [event["feedseq"] for event in first["events"] + second["events"]] == [1, 2]


async def test_what_is_rolled_back_leaves_no_gap(stage: Stage) -> None:
    async with database_of(stage) as database:
        async with database.sessions() as session:
            await tell(session, 1)
            await session.rollback()
        await tell_and_commit(database, 2, 3)
    page = await read(stage)
    assert [(event["feedseq"], event["data"]["number"]) for event in page["events"]] == [(1, 2), (2, 3)]


async def test_many_writers_and_readers_at_once_lose_double_and_disorder_nothing(stage: Stage) -> None:
    writers, each = 8, 12
    order = random.Random(7)
    written = asyncio.Event()

    async def write(database: Database, writer: int) -> None:
        for n in range(each):
            async with database.transaction() as session:
                await tell(session, writer * each + n)
                await asyncio.sleep(order.random() / 100)

    async def follow() -> list[dict[str, Any]]:
        seen: list[dict[str, Any]] = []
        after = 0
        while True:
            finished = written.is_set()
            page = await read(stage, after=after, limit=7)
            assert all(event["feedseq"] > after for event in page["events"])
            seen += page["events"]
            after = page["next"]
            if finished and after == page["head"]:
                return seen

    async with database_of(stage) as database:
        readers = [asyncio.create_task(follow()) for _ in range(2)]
        await asyncio.gather(*(write(database, writer) for writer in range(writers)))
        written.set()
        one, two = await asyncio.gather(*readers)
    assert one == two
    assert [event["feedseq"] for event in one] == list(range(1, writers * each + 1))
    assert sorted(event["data"]["number"] for event in one) == list(range(writers * each))


async def test_pages_are_as_long_as_asked_and_end_at_the_head(stage: Stage) -> None:
    async with database_of(stage) as database:
        await tell_and_commit(database, 1, 2, 3)
    first = await read(stage, limit=2)
    last = await read(stage, after=2, limit=2)
    assert (numbers_of(first), first["next"], first["head"]) == ([1, 2], 2, 3)
    assert (numbers_of(last), last["next"], last["head"]) == ([3], 3, 3)
    assert (await read(stage, after=3))["events"] == []
    async with stage.machine("registry", "feed:read") as client:
        for limit in (0, 5001):
            assert (await client.get("/v1/feed", params={"limit": limit})).status_code == 422


async def test_an_event_is_a_cloud_event_with_the_resources_state(stage: Stage) -> None:
    thing = new_id()
    async with database_of(stage) as database, database.transaction() as session:
        await tell(session, 5, thing)
    async with stage.resources("registry").database.transaction() as session:
        await session.execute(text("UPDATE feed_event SET time = '2026-07-01T23:04:05.000678+08:00'"))
    event = (await read(stage))["events"][0]
    assert UUID(event.pop("id")).version == 7
    assert event == {
        "specversion": "1.0",
        "source": "/registry",
        "type": "thing.made",
        "subject": str(thing),
        "time": "2026-07-01T15:04:05.000678Z",
        "datacontenttype": "application/json",
        "feedseq": 1,
        "data": {"number": 5, "version": 1},
    }


@pytest.mark.parametrize("odd", ['"}\\', "a\nb\t", "\u2028 台 😀 \\u0041", "', ${x} :name %s", ""])
async def test_a_state_is_told_as_it_is_whatever_characters_it_has(stage: Stage, odd: str) -> None:
    state: dict[str, Any] = {"text": odd, odd: [None, True, 1.5, {}]}
    told: list[dict[str, Any]] = [{}, state]
    async with database_of(stage) as database, database.transaction() as session:
        events = [feed.NewEvent("thing.made", new_id(), 3, each) for each in told]
        await feed.append(session, events, datetime.now(UTC))
    page = await read(stage)
    assert [event["data"] for event in page["events"]] == [{**each, "version": 3} for each in told]


async def test_no_state_has_a_version_of_its_own_which_the_resources_would_hide() -> None:
    with pytest.raises(ValueError, match="created has a version of its own"):
        feed.NewEvent("standard.created", new_id(), 1, {"version": "8.0"})


async def test_a_position_that_the_feed_does_not_have_is_gone(stage: Stage) -> None:
    epoch = (await read(stage))["epoch"]
    async with stage.machine("registry", "feed:read") as client:
        beyond = await client.get("/v1/feed", params={"after": 1})
        other = await client.get("/v1/feed", params={"epoch": str(new_id())})
        same = await client.get("/v1/feed", params={"epoch": epoch})
    assert (beyond.status_code, other.status_code, same.status_code) == (410, 410, 200)
    assert beyond.json()["type"].endswith("/feed-restarted")


async def test_a_restored_feed_has_another_epoch_and_goes_on_counting(stage: Stage) -> None:
    async with database_of(stage) as database:
        await tell_and_commit(database, 1, 2)
        before = await read(stage)
        async with database.transaction() as session:
            await reading.begin_epoch(session, new_id())
        await tell_and_commit(database, 3)
        after = await read(stage)
    assert before["epoch"] != after["epoch"]
    assert [event["feedseq"] for event in after["events"]] == [1, 2, 3]


async def test_waiting_ends_with_the_first_event(stage: Stage) -> None:
    loop = asyncio.get_running_loop()
    async with database_of(stage) as database:
        started = loop.time()
        waiting = asyncio.create_task(read(stage, wait=20))
        await asyncio.sleep(0.3)  # long enough to have looked in vain, far from long enough to give up
        await tell_and_commit(database, 1)
        assert numbers_of(await waiting) == [1]
    assert loop.time() - started < 5


async def test_waiting_in_vain_ends_with_an_empty_page(stage: Stage) -> None:
    assert (await read(stage, wait=0.2))["events"] == []


async def test_housekeeping_forgets_old_events_but_never_the_newest_of_a_resource(stage: Stage) -> None:
    busy, quiet, fresh = new_id(), new_id(), new_id()
    async with database_of(stage) as database:
        async with database.transaction() as session:
            await tell(session, 1, busy, days_ago=200)
            await tell(session, 2, busy, days_ago=100)
            await tell(session, 3, quiet, days_ago=300)
            await tell(session, 4, fresh, days_ago=80)
            await tell(session, 5, fresh)
            await tell(session, 6, busy, days_ago=95)
        await read(stage)
        await Housekeeping(database).tidy()
    page = await read(stage)
    assert numbers_of(page) == [3, 4, 5, 6]
    assert (page["next"], page["head"]) == (6, 6)


async def test_a_feed_needs_its_scope_and_is_not_for_suppliers(stage: Stage) -> None:
    bound = stage.machine("registry", "feed:read", supplier_id=new_id())
    async with stage.machine("registry", "registry:read") as reader, bound:
        assert (await reader.get("/v1/feed")).status_code == 403
        assert (await bound.get("/v1/feed")).status_code == 404


@pytest.mark.parametrize("params", [{"after": -1}, {"wait": 26}, {"epoch": "yesterday"}])
async def test_a_senseless_question_is_refused(stage: Stage, params: dict[str, Any]) -> None:
    async with stage.machine("registry", "feed:read") as client:
        assert (await client.get("/v1/feed", params=params)).status_code == 422


async def test_a_resources_changes_keep_their_order_when_the_clocks_of_two_processes_differ(stage: Stage) -> None:
    """The later change was written by a process whose clock, and so its id, is behind."""
    resource, other = new_id(), new_id()
    early, between, late = new_id(), new_id(), new_id()
    insert = (
        "INSERT INTO feed_event (id, type, resource, resource_id, version, time, data)"
        " VALUES ($1, 'thing.changed', 'thing', $2, $3, now(), '{}')"
    )
    for event_id, resource_id, version in ((late, resource, 1), (between, other, 1), (early, resource, 2)):
        await stage.psql("registry", insert, event_id, resource_id, version)
    async with stage.machine("registry") as client:
        events = (await client.get("/v1/feed")).json()["events"]
    assert [(event["subject"], event["data"]["version"]) for event in events] == [
        (str(resource), 1),
        (str(other), 1),
        (str(resource), 2),
    ]
