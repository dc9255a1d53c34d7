"""Tasks: done at least once, by one worker at a time, late ones fenced off, hopeless ones laid aside."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import text

from shared import tasks
from shared.db import Database
from shared.ids import new_id
from shared.tasks import Later, Lease, LeaseLost
from shared.tasks.leasing import BACKOFF_SECONDS, Handler, run_due
from tests.stage import Stage


@pytest.fixture
def database(stage: Stage) -> Database:
    return stage.resources("registry").database


async def enqueue(database: Database, count: int = 1) -> None:
    async with database.transaction() as session:
        for n in range(count):
            await tasks.enqueue(session, "chore", {"n": n})


async def row(stage: Stage) -> Any:
    return (await stage.psql("registry", "SELECT *, next_attempt_at - now() AS pause FROM task"))[0]


async def let_leases_run_out(stage: Stage) -> None:
    await stage.psql("registry", "UPDATE task SET locked_until = now() - interval '1 second'")


def completing(database: Database, done: list[int]) -> dict[str, Handler]:
    async def handle(lease: Lease) -> None:
        async with database.transaction() as session:
            await lease.complete(session)
        done.append(lease.payload["n"])

    return {"chore": handle}


async def note(session: Any, code: str) -> None:
    """An effect of a task, as a row that tests can look for."""
    await session.execute(
        text("INSERT INTO import_row (kind, key, values) VALUES ('chore', :code, '{}')"), {"code": code}
    )


async def test_a_task_is_done_once_and_then_finished(stage: Stage, database: Database) -> None:
    done: list[int] = []
    await enqueue(database)
    assert await run_due(database, completing(database, done)) == 1
    assert await run_due(database, completing(database, done)) == 0
    held = await row(stage)
    assert (done, held["status"], held["attempts"], held["finished_at"] is None) == ([0], "succeeded", 1, False)


async def test_a_task_that_is_not_committed_does_not_exist(stage: Stage, database: Database) -> None:
    async with database.sessions() as session:
        await tasks.enqueue(session, "chore", {"n": 1})
        assert await run_due(database, completing(database, [])) == 0
    assert await stage.psql("registry", "SELECT 1 FROM task") == []


async def test_workers_at_once_never_do_one_task_twice(database: Database) -> None:
    started: Counter[int] = Counter()
    await enqueue(database, 40)

    async def handle(lease: Lease) -> None:
        started[lease.payload["n"]] += 1
        await asyncio.sleep(0.002)
        async with database.transaction() as session:
            await lease.complete(session)

    await asyncio.gather(*(run_due(database, {"chore": handle}) for _ in range(4)))
    assert started == Counter(range(40))


async def test_a_dead_workers_task_is_taken_over_and_the_late_worker_changes_nothing_more(
    stage: Stage, database: Database
) -> None:
    await enqueue(database)
    taken_over, may_go_on = asyncio.Event(), asyncio.Event()
    refused: list[bool] = []

    async def slow(lease: Lease) -> None:
        taken_over.set()
        await may_go_on.wait()
        try:
            async with database.transaction() as session:
                await note(session, "late")
                await lease.complete(session)
        except LeaseLost:
            refused.append(True)
            raise

    async def quick(lease: Lease) -> None:
        async with database.transaction() as session:
            await lease.extend(session)
            await note(session, "in time")
            await lease.complete(session)

    late = asyncio.create_task(run_due(database, {"chore": slow}))
    await taken_over.wait()
    assert await run_due(database, {"chore": quick}) == 0, "the lease still holds"
    await let_leases_run_out(stage)
    assert await run_due(database, {"chore": quick}) == 1
    may_go_on.set()
    await late
    assert refused == [True]
    assert [row["key"] for row in await stage.psql("registry", "SELECT key FROM import_row")] == ["in time"]
    held = await row(stage)
    assert (held["status"], held["attempts"], held["lease"]) == ("succeeded", 2, 2)


async def test_later_puts_a_task_back_without_counting(stage: Stage, database: Database) -> None:
    await enqueue(database)

    async def not_yet(_lease: Lease) -> None:
        raise Later(40)

    await run_due(database, {"chore": not_yet})
    held = await row(stage)
    assert (held["status"], held["attempts"], held["last_error"]) == ("queued", 0, None)
    assert 35 < held["pause"].total_seconds() <= 40


async def test_a_failing_task_waits_longer_each_time_and_ends_as_a_dead_letter(
    stage: Stage, database: Database
) -> None:
    await enqueue(database)

    async def fail(_lease: Lease) -> None:
        raise ValueError("no such printer")

    for seconds in BACKOFF_SECONDS:
        await run_due(database, {"chore": fail})
        held = await row(stage)
        assert held["status"] == "queued"
        assert seconds - 1 < held["pause"].total_seconds() <= seconds
        await stage.psql("registry", "UPDATE task SET next_attempt_at = now()")
    await run_due(database, {"chore": fail})
    held = await row(stage)
    assert (held["status"], held["attempts"]) == ("dead", len(BACKOFF_SECONDS) + 1)
    assert held["last_error"] == "ValueError: no such printer"


async def test_a_task_that_kills_every_worker_is_laid_aside_too(stage: Stage, database: Database) -> None:
    await enqueue(database)
    attempts = len(BACKOFF_SECONDS) + 1
    await stage.psql(
        "registry",
        "UPDATE task SET status = 'running', attempts = $1, locked_until = now() - interval '1 second'",
        attempts,
    )
    done: list[int] = []
    await run_due(database, completing(database, done))
    held = await row(stage)
    assert (done, held["status"], held["last_error"]) == ([], "dead", "WorkerDied: ")


async def test_workers_that_die_over_a_long_task_do_not_count_against_it_while_it_gets_on(
    stage: Stage, database: Database
) -> None:
    await enqueue(database)

    async def advance_and_die(lease: Lease) -> None:
        async with database.transaction() as session:
            await lease.extend(session, has_advanced=True)
        raise LeaseLost

    for _ in range(len(BACKOFF_SECONDS) + 3):
        await run_due(database, {"chore": advance_and_die})
        assert (await row(stage))["attempts"] == 1
        await let_leases_run_out(stage)

    async def rest(_lease: Lease) -> None:
        raise Later(60, has_advanced=True)

    await run_due(database, {"chore": rest})
    held = await row(stage)
    assert (held["status"], held["attempts"]) == ("queued", 0)


async def test_failures_of_a_long_task_do_not_count_against_it_while_it_gets_on(
    stage: Stage, database: Database
) -> None:
    await enqueue(database)

    async def advance_and_fail(lease: Lease) -> None:
        async with database.transaction() as session:
            await lease.extend(session, has_advanced=True)
        raise RuntimeError("The mail server hung up.")

    for _ in range(len(BACKOFF_SECONDS) + 3):
        await run_due(database, {"chore": advance_and_fail})
        held = await row(stage)
        assert (held["status"], held["attempts"]) == ("queued", 1)
        await stage.psql("registry", "UPDATE task SET next_attempt_at = now()")


async def test_a_task_that_fails_after_its_last_effect_stays_done(stage: Stage, database: Database) -> None:
    await enqueue(database)
    await stage.psql("registry", "UPDATE task SET attempts = $1", len(BACKOFF_SECONDS))

    async def complete_and_fail(lease: Lease) -> None:
        async with database.transaction() as session:
            await lease.complete(session)
        raise ValueError("too late to matter")

    await run_due(database, {"chore": complete_and_fail})
    assert (await row(stage))["status"] == "succeeded"


async def test_a_stopped_worker_gives_its_task_back_at_once(stage: Stage, database: Database) -> None:
    await enqueue(database)
    begun = asyncio.Event()

    async def never_ends(_lease: Lease) -> None:
        begun.set()
        await asyncio.Event().wait()

    working = asyncio.create_task(run_due(database, {"chore": never_ends}))
    await begun.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    held = await row(stage)
    assert (held["status"], held["attempts"], held["locked_until"]) == ("queued", 0, None)


async def test_a_dead_letter_is_listed_and_can_be_replayed_once(stage: Stage, database: Database) -> None:
    await enqueue(database)
    await stage.psql("registry", "UPDATE task SET status = 'dead', attempts = 7, last_error = 'x'")
    async with stage.machine("registry") as client, stage.machine("registry", "registry:write") as other:
        dead = (await client.get("/v1/tasks", params={"status": "dead"})).json()["items"]
        url = f"/v1/tasks/{dead[0]['id']}/replay"
        assert (await other.post(url)).status_code == 403
        revived = await client.post(url)
        again = await client.post(url)
        unknown = await client.post(f"/v1/tasks/{new_id()}/replay")
    assert (revived.status_code, again.status_code, unknown.status_code) == (200, 409, 404)
    assert (revived.json()["status"], revived.json()["attempts"]) == ("queued", 0)
    done: list[int] = []
    await run_due(database, completing(database, done))
    assert done == [0]
