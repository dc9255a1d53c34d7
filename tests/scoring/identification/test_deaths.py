"""Workers die, lag or come too late in the middle of a risk identification; nobody ever sees half of one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.scoring import tasks
from services.scoring.service.identification import running
from shared.tasks import Lease, LeaseLost, run_due
from shared.tasks.leasing import MOST_ATTEMPTS, _claim
from tests.scoring.identification.risk_year import PATH, THIS, RiskYear
from tests.scoring.test_webhook_workers import worker_process

RUN = f"{PATH}/{THIS}"
LEASES_OVER = "UPDATE task SET locked_until = now() - interval '1 second' WHERE status = 'running'"


async def claim(risk_year: RiskYear) -> Lease:
    claimed = await _claim(risk_year.stage.resources("scoring").database, tuple(tasks.GIVE_UP))
    assert claimed is not None
    return claimed[1]


async def carry_on(risk_year: RiskYear, lease: Lease, chunk: int = 50) -> None:
    resources = risk_year.stage.resources("scoring")
    await running.run_identification(resources, lease, patience=1, chunk=chunk, turn=60)


async def die_after(risk_year: RiskYear, done: int) -> Lease:
    """A worker takes the run, comes as far as that many suppliers, and is gone without a word."""
    await risk_year.stage.psql("scoring", LEASES_OVER)
    lease = await claim(risk_year)
    working = asyncio.create_task(carry_on(risk_year, lease))
    while (await risk_year.get(RUN))["done"] < done:  # noqa: ASYNC110  # it happens inside PostgreSQL
        await asyncio.sleep(0.005)
    working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working
    return lease


async def fingerprint(risk_year: RiskYear) -> list[Any]:
    """Everything that a run found, and over whom."""
    risks = await risk_year.risks()
    run = await risk_year.get(RUN)
    return [[run[name] for name in ("risk_tiers", "supply_tiers", "category_means", "left_out", "identified")], risks]


async def test_a_run_whose_workers_die_is_finished_as_one_that_nobody_disturbed(risk_year: RiskYear) -> None:
    await risk_year.know_many(1500)
    await risk_year.ask()
    for done in (100, 400, 1100):
        await die_after(risk_year, done)
        half = await risk_year.get(RUN)
        assert (half["status"], half["total"], half["done"] >= done) == ("computing", 1500, True)
        assert (half["identified"], half["left_out"], half["risk_tiers"]) == (0, {}, {})
        for path in (f"{RUN}/risks", f"{RUN}/comparison"):
            refused = await risk_year.read(path)
            assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "not-frozen")
        assert (await risk_year.read(f"{RUN}/risks", accept="text/csv")).status_code == 409
    await risk_year.stage.psql("scoring", LEASES_OVER)
    await risk_year.work()
    disturbed = await fingerprint(risk_year)
    await risk_year.ask()
    await risk_year.work()
    assert await fingerprint(risk_year) == disturbed
    assert (await risk_year.get(RUN))["revision"] == 2


@contextlib.asynccontextmanager
async def run_held(risk_year: RiskYear) -> AsyncIterator[None]:
    """Whoever wants to write the run's next chunk waits in its middle."""
    async with risk_year.stage.resources("scoring").database.transaction() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("LOCK TABLE identified_risk IN SHARE MODE")
        yield


async def test_a_worker_killed_in_the_middle_of_a_chunk_leaves_nothing_of_it(risk_year: RiskYear) -> None:
    await risk_year.know_many(300)
    await risk_year.ask()
    await die_after(risk_year, 50)
    before = await risk_year.get(RUN)
    waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'identified_risk'::regclass"
    async with run_held(risk_year):
        await risk_year.stage.psql("scoring", LEASES_OVER)
        async with worker_process(risk_year.stage) as worker:
            while not await risk_year.stage.psql("scoring", waiting):  # noqa: ASYNC110  # it happens inside PostgreSQL
                await asyncio.sleep(0.02)
            worker.kill()
    assert await risk_year.get(RUN) == before
    await risk_year.work()
    assert await risk_year.get(RUN) == before, "the dead worker's lease holds"
    await risk_year.stage.psql("scoring", LEASES_OVER)
    await risk_year.work()
    assert (await risk_year.get(RUN))["status"] == "frozen"
    assert len(await risk_year.risks()) == 270


async def test_a_worker_that_wakes_up_late_changes_nothing(risk_year: RiskYear) -> None:
    await risk_year.know_many(200)
    await risk_year.ask()
    late = await die_after(risk_year, 50)
    await risk_year.stage.psql("scoring", LEASES_OVER)
    current = await claim(risk_year)
    with pytest.raises(LeaseLost):
        await carry_on(risk_year, late)
    await carry_on(risk_year, current)
    assert len(await risk_year.risks()) == 180


async def test_a_long_run_lets_others_have_their_turn(risk_year: RiskYear) -> None:
    await risk_year.know_many(100)
    await risk_year.ask()
    async with risk_year.stage.machine("scoring") as client:
        headers = {"Content-Type": "text/csv"}
        imported = await client.post(
            "/v1/imports/commodities", content="commodity,description\nC1,One\n", headers=headers
        )
    resources = risk_year.stage.resources("scoring")
    order: list[str] = []
    database = resources.database

    async def note(lease: Lease) -> None:
        order.append("import")
        async with database.transaction() as session:
            await lease.complete(session)

    identify = running.task_handlers(resources, chunk=30, turn=0)["risk_identification"]

    async def identify_noting(lease: Lease) -> None:
        order.append("identification")
        await identify(lease)

    assert imported.status_code == 202
    await run_due(database, {"import": note, "risk_identification": identify_noting})
    assert order == ["identification", "import", "identification", "identification", "identification"]
    assert (await risk_year.get(RUN))["status"] == "frozen"


async def test_while_a_source_lags_the_run_fails_and_says_who_and_asking_again_mends_it(risk_year: RiskYear) -> None:
    await risk_year.know("S1")
    await risk_year.ask(by="ann")
    await risk_year.work(patience=0)
    failed = await risk_year.get(RUN)
    assert (failed["status"], "registry read up to 0 of 1" in failed["error"]) == ("failed", True)
    assert (await risk_year.read(f"{RUN}/risks")).status_code == 409
    run = await risk_year.identify()
    assert (run["revision"], run["error"], run["identified"]) == (1, None, 1)


async def test_a_run_that_is_given_up_says_so_and_leaves_nothing_to_the_next_attempt(risk_year: RiskYear) -> None:
    await risk_year.know_many(200)
    await risk_year.ask()
    await die_after(risk_year, 50)
    await risk_year.stage.psql("scoring", "UPDATE task SET attempts = $1", MOST_ATTEMPTS)
    await risk_year.stage.psql("scoring", LEASES_OVER)
    await risk_year.work()
    given_up = await risk_year.get(RUN)
    assert (given_up["status"], "given up" in given_up["error"]) == ("failed", True)
    (dead,) = await risk_year.stage.psql("scoring", "SELECT id FROM task WHERE status = 'dead'")
    await risk_year.ask()
    async with risk_year.stage.machine("scoring") as client:
        assert (await client.post(f"/v1/tasks/{dead['id']}/replay")).is_success
    await risk_year.work()
    run = await risk_year.get(RUN)
    assert (run["status"], run["revision"], run["identified"]) == ("frozen", 1, 180)
    assert len(await risk_year.risks()) == 180
    assert [row["status"] for row in await risk_year.stage.psql("scoring", "SELECT status FROM task")] == [
        "succeeded",
        "succeeded",
    ]


async def test_a_frozen_revision_is_read_while_the_next_is_computed(risk_year: RiskYear) -> None:
    await risk_year.know_many(120)
    first = await risk_year.identify()
    await risk_year.ask()
    await die_after(risk_year, 50)
    assert (await risk_year.get(RUN))["revision"] == 2
    assert len(await risk_year.risks()) == first["identified"]
    assert (await risk_year.read(f"{RUN}/risks", revision=2)).status_code == 409
