"""Slow, cut and half-open connections to PostgreSQL: an answer in time, no half of a change, all well afterwards."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.registry.main import create_app
from services.scoring.worker import ScoresWorker
from shared import db
from shared.web.resources import open_resources
from tests.faults import invariants
from tests.faults.extent import ROUNDS, seeded
from tests.faults.programme import Programme
from tests.faults.proxy import HEALTHY, Fault, FaultProxy
from tests.stage import Stage, serving, url_of_role
from tests.tried import Tried

STATEMENT = 1
LONGEST_ANSWER = STATEMENT + db.GRACE_SECONDS + 10
"""A statement that is given up, its connection closed, a new one refused or not made; and a busy machine."""
WRITES = {"slow": 3, "never answered": 1}
"""How many of them in a round where they take their time."""
AT_ONCE = 10 if ROUNDS == 1 else 20
"""A pool's full of them in the short form; twice as many in the long one, half of which wait for a connection."""


@pytest.fixture
async def proxy(stage: Stage) -> AsyncIterator[FaultProxy]:
    async with FaultProxy.before(stage.servers.admin_url) as before_postgres:
        yield before_postgres


@asynccontextmanager
async def registry_by_way_of(stage: Stage, proxy: FaultProxy) -> AsyncIterator[tuple[Any, httpx.AsyncClient]]:
    url = proxy.url_of(url_of_role(stage.servers.admin_url, "registry"))
    settings = stage.settings("registry", database_url=url, database_statement_seconds=STATEMENT)
    app = create_app(settings, transport=stage.transport)
    async with stage.machine("registry") as known:
        headers = {"Authorization": known.headers["authorization"]}
    async with serving(app, **headers) as client:
        yield app, client


async def post(client: httpx.AsyncClient, number: int) -> httpx.Response:
    """A supplier under a key of its own, so that it may be posted again when nobody knows what became of it."""
    started = time.monotonic()
    answer = await client.post(
        "/v1/suppliers", json={"code": f"S{number}", "name": "One"}, headers={"Idempotency-Key": str(number)}
    )
    took = time.monotonic() - started
    assert took < LONGEST_ANSWER, f"{took:.1f} s"
    assert answer.status_code in {201, 503}, answer.text
    if answer.status_code == 503:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["retry-after"] == "1"
    return answer


@pytest.mark.parametrize("name", ["slow", "reset in a question", "reset in an answer", "never answered", "refused"])
async def test_writes_by_way_of_a_sick_connection_are_made_once_or_not_at_all(
    stage: Stage, proxy: FaultProxy, name: str, tried: Tried
) -> None:
    chance = seeded(name)
    faults = {
        "slow": lambda: Fault(delay=chance.uniform(0.001, 0.03)),
        "reset in a question": lambda: Fault(cut_question_after=chance.randrange(6000)),
        "reset in an answer": lambda: Fault(cut_answer_after=chance.randrange(1000)),
        "never answered": lambda: Fault(silent=True),
        "refused": lambda: Fault(refuse=True),
    }
    met = refused = 0
    writes = WRITES.get(name, 12) * ROUNDS
    async with registry_by_way_of(stage, proxy) as (app, client):
        for number in range(writes):
            await post(client, -1 - number)  # so that there is a connection to lose
            proxy.suffer(faults[name]())
            answer = await post(client, number)
            met += proxy.met
            proxy.heal()
            refused += answer.status_code == 503
            again = answer if answer.status_code == 201 else await post(client, number)
            assert again.status_code == 201, "it is well again at once"
        assert app.state.resources.database.engine.pool.checkedout() == 0
    assert met
    rows = await stage.psql("registry", "SELECT code FROM supplier")
    told = [event["data"]["code"] for event in await invariants.feed_of(stage, "registry")]
    expected = sorted(f"S{number}" for number in (*range(writes), *range(-writes, 0)))
    assert sorted(row["code"] for row in rows) == expected
    assert sorted(told) == expected, "each change is one event"
    tried(f"network to PostgreSQL: {name}", operations=1, requests=2 * writes + refused, attacks=met)


async def test_many_at_once_on_connections_that_fell_silent_are_answered_and_leave_none_behind(
    stage: Stage, proxy: FaultProxy
) -> None:
    async with registry_by_way_of(stage, proxy) as (app, client):
        await asyncio.gather(*(client.get("/v1/suppliers") for _ in range(AT_ONCE)))
        proxy.suffer(Fault(silent=True))
        started = time.monotonic()
        answers = await asyncio.gather(*(client.get("/v1/suppliers") for _ in range(AT_ONCE)))
        assert time.monotonic() - started < LONGEST_ANSWER + 10, "those behind them wait for a connection at most 10 s"
        assert {answer.status_code for answer in answers} == {503}
        proxy.heal()
        answers = await asyncio.gather(*(client.get("/v1/suppliers") for _ in range(AT_ONCE)))
        assert {answer.status_code for answer in answers} == {200}
        assert app.state.resources.database.engine.pool.checkedout() == 0


async def test_a_statement_has_its_time_and_no_more(stage: Stage) -> None:
    url = url_of_role(stage.servers.admin_url, "registry")
    database = db.connect(url, "registry", statement_seconds=1)
    try:
        with pytest.raises(DBAPIError, match="statement timeout"):
            async with database.snapshot() as session:
                await session.execute(text("SELECT pg_sleep(30)"))
    finally:
        await database.close()


@pytest.mark.parametrize("name", ["reset", "never answered"])
async def test_a_worker_whose_database_is_out_of_reach_goes_on_where_it_was(
    stage: Stage, proxy: FaultProxy, name: str, tried: Tried
) -> None:
    programme = Programme(stage)
    chance = seeded(name)
    url = proxy.url_of(url_of_role(stage.servers.admin_url, "scoring"))
    settings = stage.settings("scoring", database_url=url, database_statement_seconds=STATEMENT)
    met = failed = 0
    async with open_resources(settings, transport=stage.transport) as resources:
        worker = ScoresWorker(resources)
        await programme.add_supplier()
        await worker.tick()
        for _ in range(6 * ROUNDS if name == "reset" else ROUNDS):
            for source in ("registry", "audit"):
                await programme.write(source)
            fault = Fault(cut_answer_after=chance.randrange(1500)) if name == "reset" else Fault(silent=True)
            proxy.suffer(fault)
            started = time.monotonic()
            try:
                await worker.tick()
            except (DBAPIError, OSError):
                failed += 1
            assert time.monotonic() - started < 2 * LONGEST_ANSWER
            met += proxy.met
            proxy.suffer(HEALTHY)
            await worker.tick()
            await invariants.every_event_was_taken_in_once(stage)
        await programme.complete_course(next(iter(programme.suppliers)))
        await worker.tick()
    await invariants.all_holds(stage, programme)
    assert met
    assert failed
    tried(f"scores worker's network to PostgreSQL: {name}", operations=1, requests=programme.written, attacks=met)
