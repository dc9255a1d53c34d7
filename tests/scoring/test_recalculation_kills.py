"""Workers are killed at random while all scores are computed anew and findings come in: nothing is lost or done twice.

`RECALCULATION_KILLS=30000,10` has so many suppliers and kills, `RECALCULATION_KILLS_SEED` repeats a run.
"""

import asyncio
import os
import random
from uuid import UUID

import asyncpg
import numpy as np
import pytest
from sqlalchemy import text

from services.scoring.repository import score_columns, scores
from services.scoring.service import recalculating, recalculations, scoring
from services.scoring.service.policy.calendar import read_calendar
from shared.auth.principal import Actor
from tests.faults import extent
from tests.oracle.sql_scoring import RECALCULATE
from tests.scoring.feeding import finding_event, take_in
from tests.scoring.population import populate
from tests.scoring.worker_processes import running_workers, start_worker
from tests.stage import Stage, url_of_role

SUPPLIERS, KILLS = (int(number) for number in os.environ.get("RECALCULATION_KILLS", "4000,2").split(","))
SEED = int(os.environ.get("RECALCULATION_KILLS_SEED") or extent.SEED)
CHUNKS = 60
LOOK_SECONDS = 0.02
FIRST_POSITION = 10**9
VERSIONS = """
    SELECT count(*) FROM score JOIN (
        SELECT resource_id, count(*) AS events, count(DISTINCT version) AS versions, max(version) AS last
        FROM feed_event WHERE resource = 'score' GROUP BY resource_id
    ) AS told ON told.resource_id = score.supplier_id
    WHERE told.events <> score.version OR told.versions <> score.version OR told.last <> score.version
"""


async def fill(stage: Stage, suppliers: int) -> list[UUID]:
    """Suppliers with evidence of every kind, whose scores are then all spoilt, and a recalculation cut into chunks."""
    url = url_of_role(stage.servers.admin_url, "migrator")
    connection = await asyncpg.connect(url, server_settings={"search_path": "scoring"})
    try:
        await populate(connection, suppliers, scoring.today())
        await connection.execute(RECALCULATE, scoring.today())
        await connection.execute("UPDATE score SET base = base + 1")
        await connection.execute("ANALYZE")
        ids = [row[0] for row in await connection.fetch("SELECT supplier_id FROM score ORDER BY supplier_id")]
    finally:
        await connection.close()
    database = stage.resources("scoring").database
    async with database.transaction() as session:
        await recalculations.order_recalculation(session, Actor("tests", None), "all are spoilt")
    assert await recalculating.start_or_finish(database, -(-len(ids) // CHUNKS))
    return ids


async def done(stage: Stage) -> tuple[str, int]:
    """The recalculation's status, and how many of its chunks are done."""
    query = "SELECT status, (SELECT count(done_at) FROM recalculation_chunk) FROM recalculation"
    async with stage.resources("scoring").database.snapshot() as session:
        status, chunks = (await session.execute(text(query))).one()
        return str(status), int(chunks)


async def until_done(stage: Stage, chunks: int) -> None:
    while (await done(stage))[1] < chunks:  # noqa: ASYNC110  # it happens in another process
        await asyncio.sleep(LOOK_SECONDS)


async def until_nobody_is_dirty(stage: Stage) -> None:
    while True:
        async with stage.resources("scoring").database.snapshot() as session:
            if await scores.count_dirty(session) == 0:
                return
        await asyncio.sleep(LOOK_SECONDS)


async def drifted(stage: Stage, supplier_ids: list[UUID]) -> int:
    """How many stored scores say something else than the evidence."""
    async with stage.resources("scoring").database.snapshot() as session:
        calendar = await read_calendar(session)
        policy = calendar.on(scoring.today())
        drift = 0
        for start in range(0, len(supplier_ids), scoring.BATCH):
            part = supplier_ids[start : start + scoring.BATCH]
            _, computed = await scoring.compute(session, part, scoring.today(), calendar)
            held = await score_columns.read_digits(session, part, len(policy.categories), scoring.NAMES)
            same = (held.score == computed.score) & (held.base == computed.base) & (held.credit == computed.credit)
            same &= (held.categories == computed.categories).all(axis=1) & (held.risk_tier == computed.tiers.tier)
            same &= (held.basis == computed.basis) & (held.valid_until == computed.valid_until)
            drift += int(np.count_nonzero(~same))
        return drift


@pytest.mark.timeout(1800)
async def test_workers_that_are_killed_do_each_chunk_once_and_lose_no_finding(stage: Stage) -> None:
    chance = random.Random(SEED)
    suppliers = await fill(stage, SUPPLIERS)
    taken_in = 0

    async def findings_come() -> None:
        nonlocal taken_in
        while (await done(stage))[0] == "running":
            supplier_id = chance.choice(suppliers)
            await take_in(stage, "audit", finding_event(FIRST_POSITION + taken_in, supplier_id))
            taken_in += 1
            await asyncio.sleep(chance.uniform(0, 0.1))

    async with running_workers(stage, 2) as workers:
        coming = asyncio.create_task(findings_come())
        for after in sorted(chance.sample(range(1, CHUNKS - 10), KILLS)):
            await until_done(stage, after)
            await asyncio.sleep(chance.uniform(0, 0.1))
            killed = workers.pop(chance.randrange(len(workers)))
            killed.kill()
            await killed.wait()
            workers.append(await start_worker(stage))
        await coming
        await until_nobody_is_dirty(stage)
    print(f"seed {SEED}: {len(suppliers)} suppliers, {KILLS} kills, {taken_in} findings")  # noqa: T201
    assert await done(stage) == ("succeeded", CHUNKS)
    assert await drifted(stage, suppliers) == 0
    # Every change was told once, under the version that it made.
    assert (await stage.psql("scoring", VERSIONS))[0][0] == 0
    told = "SELECT count(*) FROM feed_event WHERE type = 'recalculation.succeeded'"
    assert (await stage.psql("scoring", told))[0][0] == 1
    # Chunks corrected each spoilt score once, but for those that a drain came to first.
    (counted,) = await stage.psql("scoring", "SELECT sum(changed) AS changed FROM recalculation_chunk")
    assert len(suppliers) - taken_in <= counted["changed"] <= len(suppliers)


@pytest.mark.timeout(600)
async def test_a_finding_is_in_its_tier_long_before_the_recalculation_ends_which_can_then_be_called_off(
    stage: Stage,
) -> None:
    suppliers = await fill(stage, 4000)
    async with running_workers(stage, 1):
        await until_done(stage, 5)
        _, before = await done(stage)
        await take_in(stage, "audit", finding_event(FIRST_POSITION, suppliers[-1], severity="priority"))
        await until_nobody_is_dirty(stage)
        status, after = await done(stage)
        (score,) = await stage.psql("scoring", "SELECT risk_tier FROM score WHERE supplier_id = $1", suppliers[-1])
        assert (status, score["risk_tier"]) == ("running", "high")
        assert after - before < CHUNKS // 4
        async with stage.machine("scoring", "scoring:write", "scoring:read") as client:
            (running,) = (await client.get("/v1/recalculations")).json()["items"]
            path = f"/v1/recalculations/{running['id']}"
            cancelled = await client.post(f"{path}/cancel", headers={"If-Match": f'"{running["version"]}"'})
            assert cancelled.status_code == 200, cancelled.text
    status, chunks = await done(stage)
    assert (status, chunks <= cancelled.json()["chunks_done"] + 1) == ("cancelled", True)
    assert chunks < CHUNKS
    assert not await recalculating.take_step(stage.resources("scoring").database)
