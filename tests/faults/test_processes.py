"""Real processes die, hang and come back under a mixed load: nothing is lost, wrong or done twice."""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.faults.extent import KILLS, ROUNDS, SEED, SHORT, chosen, seeded
from tests.faults.processes.arming import Trap
from tests.faults.processes.client import Client, Tally
from tests.faults.processes.crashing import crash
from tests.faults.processes.ground import SERVERS, Ground, ground_on
from tests.faults.processes.invariants import (
    LEASE_SECONDS,
    Found,
    check,
    let_leases_end,
    wait_for_scores,
    wait_for_tasks,
)
from tests.faults.processes.load import Load, start_import
from tests.faults.processes.points import BETWEEN_BATCHES, POINTS, Point
from tests.faults.processes.storm import Storm
from tests.faults.processes.world import LAST_YEAR, World, ago, build
from tests.scoring.webhook_receiver import Receiver, receiver
from tests.tried import Tried

BATCH = 1000
IMPORTED = 1500 if SHORT else 12_000
AUDIT_WORKERS = ("audit-worker", "audit-worker-2")
LOOK_SECONDS = 0.02
BACKLOG_SECONDS = 90.0 if SHORT else 30.0
"""The promise is 30 s; in the short form many tests share the machine."""

pytestmark = pytest.mark.timeout(3000)


@pytest.fixture(scope="module")
def trap(tmp_path_factory: pytest.TempPathFactory) -> Trap:
    return Trap(tmp_path_factory.mktemp("trap"))


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory, trap: Trap) -> Iterator[Ground]:
    with ground_on(tmp_path_factory.mktemp("ground"), **trap.environment) as running:
        yield running


@pytest.fixture
async def callers(ground: Ground) -> AsyncIterator[list[Client]]:
    """A machine that may do everything, and two people."""
    tally = Tally()
    async with contextlib.AsyncExitStack() as end:
        made = [Client(ground.stack.addresses, each, tally) for each in ground.credentials]
        for each in made:
            end.push_async_callback(each.close)
        yield made


@pytest.fixture(scope="module")
async def erp(ground: Ground) -> AsyncIterator[Receiver]:
    """Somebody who is told of every change of a score, from the first on."""
    async with receiver() as taking:
        ground.api.post("scoring", "/v1/webhooks", {"url": taking.url, "events": ["score.changed"]})
        yield taking


@pytest.fixture(scope="module")
async def quiet_world(ground: Ground, erp: Receiver) -> AsyncIterator[World]:  # noqa: ARG001  # is told of it all
    """What those tests act on that do one thing at a time."""
    async with contextlib.AsyncExitStack() as end:
        made = [Client(ground.stack.addresses, each, Tally()) for each in ground.credentials]
        for each in made:
            end.push_async_callback(each.close)
        client, *people = made
        yield await build(client, people, "QUIET", LAST_YEAR)


async def settled(ground: Ground, world: World, client: Client, erp: Receiver) -> tuple[float, Found]:
    """The seconds from quiet on until nothing waited for its score, and what was found wrong once all was done."""
    await asyncio.to_thread(ground.wait_until_healed)
    scored = await wait_for_scores(client, BACKLOG_SECONDS)
    if SHORT:
        await let_leases_end(ground)
    await wait_for_tasks(ground, BACKLOG_SECONDS + LEASE_SECONDS)
    for change in last_changes(client, quiet_ref=f"LAST-{uuid4().hex[:8]}"):
        await change
        await wait_for_scores(client, BACKLOG_SECONDS)
    await wait_for_tasks(ground, BACKLOG_SECONDS + LEASE_SECONDS)
    found = await check(ground, world, client)
    told = {taken.id: taken.event for taken in erp.taken}
    heard = {(event["data"]["id"], event["data"]["version"]) for event in told.values()}
    async with ground.database("scoring") as connection:
        rows = await connection.fetch("SELECT resource_id, version FROM feed_event WHERE type = 'score.changed'")
    found.lost += [f"delivery of {row}" for row in rows if (str(row["resource_id"]), row["version"]) not in heard]
    if len(told) != len(heard):
        found.doubled.append(f"{len(told)} deliveries of {len(heard)} changes")
    return scored, found


def last_changes(client: Client, quiet_ref: str) -> Iterator[Coroutine[Any, Any, Any]]:
    """A supplier and then its finding, which no recalculation comes after: it would make up for a forgotten mark."""
    yield client.made("registry", "/v1/suppliers", {"code": quiet_ref, "name": quiet_ref})
    finding = {"finding_ref": quiet_ref, "supplier_code": quiet_ref, "code_version": "8.0", "provision": "A3"}
    yield client.made("audit", "/v1/findings", {**finding, "severity": "major", "discovered_on": ago(60)})


async def test_whoever_dies_nothing_that_was_answered_is_lost_wrong_or_done_twice(
    ground: Ground, callers: list[Client], erp: Receiver, tried: Tried
) -> None:
    client, *people = callers
    world = await build(client, people, "STORM")
    storm, load = Storm(ground, seeded("kills"), KILLS), Load(world, client, people, seeded("load"))
    async with load.running():
        await storm.rage()
        last = time.monotonic()
        await asyncio.to_thread(ground.wait_until_healed)
    scored, found = await settled(ground, world, client, erp)
    since_last = time.monotonic() - last
    tally = client.tally
    print(  # noqa: T201
        f"\nstorm, seed {SEED}: {tally.requests} requests, {tally.unanswered} not answered, {world.written} writes"
        f" answered, {dict(sorted(ground.kills.items()))}, {storm.flushes} flushes, {storm.hangs} hangs,"
        f" {len(erp.taken)} deliveries; scored {scored:.1f} s after the load, all was done after {since_last:.0f} s"
    )
    tried(
        "the storm", requests=tally.requests, kills=KILLS, faults=storm.flushes + storm.hangs,
        backlog=round(scored, 1), **found.counts,
    )  # fmt: skip
    found.assert_nothing()


@pytest.mark.parametrize("point", chosen(POINTS, of="lines", short=3), ids=lambda point: point.name)
async def test_whatever_dies_on_a_line_that_matters_has_its_work_done_once(
    ground: Ground, callers: list[Client], erp: Receiver, trap: Trap, quiet_world: World, tried: Tried, point: Point
) -> None:
    client = callers[0]
    found = Found()
    for _ in range(ROUNDS):
        await crash(trap, quiet_world, client, point, quiet_world.next_ref(), found)
        await let_leases_end(ground)
        await wait_for_scores(client, BACKLOG_SECONDS)
    scored, after = await settled(ground, quiet_world, client, erp)
    after.add(found)
    tried(
        "dying on named lines", requests=client.tally.requests, kills=ROUNDS, backlog=round(scored, 1), **after.counts
    )
    after.assert_nothing()


async def test_an_import_whose_worker_dies_again_and_again_takes_in_exactly_its_rows(
    ground: Ground, callers: list[Client], erp: Receiver, quiet_world: World, tried: Tried
) -> None:
    """200 ms after each step forward everybody who may go on with it is killed: hardly anybody takes two more."""
    client = callers[0]
    run_id = await start_import(client, quiet_world, IMPORTED, quiet_world.next_ref())
    kills, seen = 0, -1
    while (at := await progress_of(ground, run_id)) is not None:
        if at != seen:
            seen = at
            await asyncio.sleep(0.2)
            for name in AUDIT_WORKERS:
                ground.kill(name)
            kills += 1
            await let_leases_end(ground)
        await asyncio.sleep(LOOK_SECONDS)
    scored, found = await settled(ground, quiet_world, client, erp)
    assert kills >= max(2, IMPORTED // BATCH // 3)
    tried(
        "killing an import 200 ms after each step", requests=client.tally.requests, kills=2 * kills,
        backlog=round(scored, 1), **found.counts,
    )  # fmt: skip
    found.assert_nothing()


async def test_a_worker_that_was_stopped_past_its_lease_does_nothing_that_another_has_taken_over(
    ground: Ground, callers: list[Client], erp: Receiver, trap: Trap, quiet_world: World, tried: Tried
) -> None:
    client = callers[0]
    stopped, other = AUDIT_WORKERS
    said = len(ground.said(stopped))
    pid = ground.supervisor.pid_of(stopped)
    try:
        with ground.stopped(other):
            trap.set(BETWEEN_BATCHES, signal.SIGSTOP)
            run_id = await start_import(client, quiet_world, 8 * BATCH, quiet_world.next_ref())
            await stand_still_outside_of_transactions(ground, trap, pid)
        at = await progress_of(ground, run_id)
        assert at is not None, "it is stopped in the middle"
        await let_leases_end(ground)
        await until_it_moves(ground, run_id, at)
    finally:
        trap.disarm()
        ground.go_on(pid)
    scored, found = await settled(ground, quiet_world, client, erp)
    async with asyncio.timeout(BACKLOG_SECONDS):
        while "lease lost" not in ground.said(stopped)[said:]:  # noqa: ASYNC110  # by another process
            await asyncio.sleep(LOOK_SECONDS)
    tried("stopping a worker past its lease", requests=client.tally.requests, faults=2, backlog=scored, **found.counts)
    found.assert_nothing()


async def test_processes_that_are_restarted_one_after_the_other_leave_every_request_answered(
    ground: Ground, callers: list[Client], erp: Receiver, tried: Tried
) -> None:
    client, *people = callers
    world = await build(client, people, "ROLLING", LAST_YEAR - 1)
    load = Load(world, client, people, seeded("rolling"))
    names = chosen([name for name in ground.mortals if name not in SERVERS], of="rolling", short=1)
    async with load.running():
        for name in names:
            await asyncio.to_thread(ground.restart, name)
    scored, found = await settled(ground, world, client, erp)
    tried(
        "restarting one after the other", requests=client.tally.requests, faults=len(names), backlog=round(scored, 1),
        **found.counts,
    )  # fmt: skip
    found.assert_nothing()


async def progress_of(ground: Ground, run_id: str) -> int | None:
    """How many rows are taken in; None once the import has ended."""
    async with ground.database("audit") as connection:
        query = "SELECT processed FROM import_run WHERE id = $1 AND status IN ('queued', 'running')"
        processed: int | None = await connection.fetchval(query, UUID(run_id))
        return processed


async def until_it_moves(ground: Ground, run_id: str, at: int) -> None:
    while True:
        if await progress_of(ground, run_id) != at:
            return
        await asyncio.sleep(LOOK_SECONDS)


async def stand_still_outside_of_transactions(ground: Ground, trap: Trap, pid: int) -> None:
    """Return once the worker stands between two batches: one inside a transaction is ended only after a minute.

    What else it does beside the import, such as keeping its lease, may be inside of one; then it goes on for a batch.
    """
    while True:
        await trap.sprung(BETWEEN_BATCHES, BACKLOG_SECONDS)
        async with ground.database("audit") as connection:
            query = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'audit' AND xact_start IS NOT NULL"
            if not await connection.fetchval(query):
                return
        trap.set(BETWEEN_BATCHES, signal.SIGSTOP)
        ground.go_on(pid)
