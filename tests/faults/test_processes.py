"""Real processes die, hang and come back under a mixed load: nothing is lost, wrong or done twice."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.faults.client import Client, Tally
from tests.faults.extent import KILLS, SEED, SHORT, chance
from tests.faults.ground import Ground, ground_on
from tests.faults.invariants import LEASE_SECONDS, check, let_leases_end, wait_for_scores, wait_for_tasks
from tests.faults.load import Load
from tests.faults.storm import Storm
from tests.faults.world import build
from tests.scoring.webhook_receiver import receiver
from tests.tried import Tried

BACKLOG_SECONDS = 90.0 if SHORT else 30.0
"""The promise is 30 s; in the short form many tests share the machine."""

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ground_on(tmp_path_factory.mktemp("ground")) as running:
        yield running


@pytest.fixture
async def callers(ground: Ground) -> AsyncIterator[list[Client]]:
    """A machine that may do everything, and two people."""
    tally = Tally()
    addresses = ground.stack.addresses
    async with contextlib.AsyncExitStack() as end:
        made = [Client(addresses, each, tally) for each in (ground.stack.create_client("storm"), *ground.stack.people)]
        for each in made:
            end.push_async_callback(each.close)
        yield made


async def test_whoever_dies_nothing_that_was_answered_is_lost_wrong_or_done_twice(
    ground: Ground, callers: list[Client], tried: Tried
) -> None:
    client, *people = callers
    async with receiver() as erp:
        await client.made("scoring", "/v1/webhooks", {"url": erp.url, "events": ["score.changed"]})
        world = await build(client, people, "STORM")
        storm, load = Storm(ground, chance("kills"), KILLS), Load(world, client, people, chance("load"))
        async with load.running():
            await storm.rage()
            last = time.monotonic()
            await asyncio.to_thread(ground.wait_until_healed)
        scored = await wait_for_scores(client, BACKLOG_SECONDS, last)
        if SHORT:
            await let_leases_end(ground)
        done = await wait_for_tasks(ground, BACKLOG_SECONDS + LEASE_SECONDS)
        await wait_for_scores(client, BACKLOG_SECONDS)
        found = await check(ground, world, client)
        told = {taken.id: taken.event for taken in erp.taken}
    async with ground.database("scoring") as connection:
        rows = await connection.fetch("SELECT resource_id, version FROM feed_event WHERE type = 'score.changed'")
    heard = {(event["data"]["id"], event["data"]["version"]) for event in told.values()}
    found.lost += [f"delivery of {row}" for row in rows if (str(row["resource_id"]), row["version"]) not in heard]
    if len(told) != len(heard):
        found.doubled.append(f"{len(told)} deliveries of {len(heard)} changes")
    tally = client.tally
    print(  # noqa: T201
        f"\nstorm, seed {SEED}: {tally.requests} requests, {tally.unanswered} not answered, {world.written} writes"
        f" answered, {dict(sorted(ground.kills.items()))}, {storm.flushes} flushes, {storm.hangs} hangs of Valkey,"
        f" {len(erp.taken)} deliveries of {len(told)} events; scored after {scored:.1f} s, tasks done {done:.1f} s on"
    )
    tried(
        f"storm, seed {SEED}", requests=tally.requests, kills=KILLS, faults=storm.flushes + storm.hangs,
        backlog=round(scored, 1), **found.counts,
    )  # fmt: skip
    found.assert_nothing()
