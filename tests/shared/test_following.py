"""Following a feed: effects once, all or nothing with the cursor, and no event that holds the others up."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from shared import http
from shared.db import Database
from shared.feed.following import Event, Follower, read_cursor
from tests.stage import Stage, url_of_role

FIRST, SECOND = UUID(int=1), UUID(int=2)


class Source:
    """A feed as another service would answer it."""

    def __init__(self) -> None:
        self.epoch = FIRST
        self.numbers: list[int] = []
        self.asked: list[tuple[int, UUID | None]] = []
        self.limit = 3

    async def fetch(self, _source: str, after: int, epoch: UUID | None) -> dict[str, Any]:
        self.asked.append((after, epoch))
        if (epoch is not None and epoch != self.epoch) or after > len(self.numbers):
            raise http.RequestFailed("gone", 410)
        events = [
            {"type": "thing.made", "subject": str(UUID(int=number)), "feedseq": seq, "data": {"number": number}}
            for seq, number in enumerate(self.numbers, start=1)
            if after < seq <= after + self.limit
        ]
        head = len(self.numbers)
        return {"epoch": str(self.epoch), "events": events, "next": min(after + self.limit, head), "head": head}


@pytest.fixture
def database(stage: Stage) -> Database:
    return stage.resources("scoring").database


@pytest.fixture
async def effects(stage: Stage) -> AsyncIterator[asyncpg.Connection]:
    """A table for what following does, gone afterwards."""
    connection = await asyncpg.connect(url_of_role(stage.servers.admin_url, "migrator"))
    await connection.execute("CREATE TABLE scoring.effect (n serial, source text, pos bigint, number int)")
    yield connection
    await connection.execute("DROP TABLE scoring.effect")
    await connection.close()


async def apply(session: AsyncSession, source: str, events: Sequence[Event]) -> None:
    for event in events:
        await session.execute(
            text("INSERT INTO effect (source, pos, number) VALUES (:source, :pos, :number)"),
            {"source": source, "pos": event.pos, "number": event.data["number"]},
        )
        if event.data["number"] == 13:
            raise ValueError("thirteen")


async def park(session: AsyncSession, source: str, event: Event) -> None:
    await session.execute(
        text("INSERT INTO effect (source, pos, number) VALUES (:source, :pos, -1)"),
        {"source": source, "pos": event.pos},
    )


async def pull_all(follower: Follower) -> None:
    while await follower.pull("things"):
        pass


async def applied(effects: asyncpg.Connection) -> list[tuple[int, int]]:
    rows = await effects.fetch("SELECT pos, number FROM scoring.effect ORDER BY n")
    return [(row["pos"], row["number"]) for row in rows]


async def test_pages_are_taken_in_until_the_head(database: Database, effects: asyncpg.Connection) -> None:
    source = Source()
    source.numbers = [10, 20, 30, 40]
    await pull_all(Follower(database, source.fetch, apply, park))
    assert await applied(effects) == [(1, 10), (2, 20), (3, 30), (4, 40)]
    held = await read_cursor(database, "things")
    assert (held.epoch, held.seq, held.pos) == (FIRST, 4, 4)


async def test_two_pullers_at_once_have_every_effect_once(database: Database, effects: asyncpg.Connection) -> None:
    source = Source()
    source.numbers = list(range(20, 50))
    both_have_the_page = asyncio.Barrier(2)

    async def fetch_together(name: str, after: int, epoch: UUID | None) -> dict[str, Any]:
        page = await source.fetch(name, after, epoch)
        if after == 0:
            await both_have_the_page.wait()
        return page

    followers = [Follower(database, fetch_together, apply, park) for _ in range(2)]
    await asyncio.gather(*(pull_all(follower) for follower in followers))
    assert await applied(effects) == list(enumerate(range(20, 50), start=1))


async def test_a_page_and_the_cursor_are_one_transaction(database: Database, effects: asyncpg.Connection) -> None:
    source = Source()
    source.numbers = [10]

    async def apply_and_stop(session: AsyncSession, name: str, events: Sequence[Event]) -> None:
        await apply(session, name, events)
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await Follower(database, source.fetch, apply_and_stop, park).pull("things")
    assert await applied(effects) == []
    assert (await read_cursor(database, "things")).pos == 0
    await pull_all(Follower(database, source.fetch, apply, park))
    assert await applied(effects) == [(1, 10)]


async def test_a_poison_event_is_parked_and_the_rest_goes_on(
    stage: Stage, database: Database, effects: asyncpg.Connection
) -> None:
    source = Source()
    source.numbers = [10, 13, 30, 40]
    await pull_all(Follower(database, source.fetch, apply, park))
    assert await applied(effects) == [(1, 10), (2, -1), (3, 30), (4, 40)]
    parked = await stage.psql("scoring", "SELECT source, pos, error FROM feed_parked")
    assert [tuple(row) for row in parked] == [("things", 2, "ValueError: thirteen")]
    assert (await read_cursor(database, "things")).pos == 4


async def test_what_fails_only_for_now_is_not_parked_but_comes_again(
    stage: Stage, database: Database, effects: asyncpg.Connection
) -> None:
    source = Source()
    source.numbers = [10, 20]

    async def apply_under_lock(session: AsyncSession, name: str, events: Sequence[Event]) -> None:
        await session.execute(text("SET LOCAL lock_timeout = '50ms'"))
        await apply(session, name, events)

    follower = Follower(database, source.fetch, apply_under_lock, park)
    async with effects.transaction():
        await effects.execute("LOCK TABLE scoring.effect IN EXCLUSIVE MODE")
        with pytest.raises(DBAPIError):
            await follower.pull("things")
    assert await stage.psql("scoring", "SELECT 1 FROM feed_parked") == []
    await pull_all(follower)
    assert await applied(effects) == [(1, 10), (2, 20)]


@pytest.mark.parametrize("answers", ["gone", "another epoch"])
async def test_a_source_that_begins_anew_is_read_from_the_start_and_positions_never_fall(
    database: Database, effects: asyncpg.Connection, answers: str
) -> None:
    source = Source()
    source.numbers = [10, 20, 30, 40]

    async def fetch_whatever_the_epoch(name: str, after: int, _epoch: UUID | None) -> dict[str, Any]:
        return await source.fetch(name, min(after, len(source.numbers)), None)

    follower = Follower(database, source.fetch if answers == "gone" else fetch_whatever_the_epoch, apply, park)
    await pull_all(follower)
    source.epoch, source.numbers = SECOND, [11, 21]
    await pull_all(follower)
    assert await applied(effects) == [(1, 10), (2, 20), (3, 30), (4, 40), (5, 11), (6, 21)]
    held = await read_cursor(database, "things")
    assert (held.epoch, held.seq, held.base, held.pos) == (SECOND, 2, 4, 6)


async def test_a_source_that_is_away_leaves_the_cursor_where_it_is(database: Database) -> None:
    async def fail(_source: str, _after: int, _epoch: UUID | None) -> dict[str, Any]:
        raise http.RequestFailed("away", 503)

    with pytest.raises(http.RequestFailed):
        await Follower(database, fail, apply, park).pull("things")
    assert (await read_cursor(database, "things")).pos == 0


async def test_nothing_new_moves_nothing(database: Database, effects: asyncpg.Connection) -> None:
    source = Source()
    follower = Follower(database, source.fetch, apply, park)
    assert not await follower.pull("things")
    assert (await read_cursor(database, "things")).epoch == FIRST
    assert not await follower.pull("things")
    assert await applied(effects) == []
