"""Processes whose clock is wrong: refused in plain words or let in, and never a reason for anything lost or wrong."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import httpx
import pytest

from local.ports import free_port
from services.audit import tasks
from services.scoring.worker import ScoresWorker
from shared.auth.tokens import LEEWAY_SECONDS
from tests.audit.programme import add_supplier
from tests.faults import invariants
from tests.faults.extent import chosen
from tests.faults.programme import SOURCES, TODAY, Programme
from tests.faults.skewed_processes import Skewed, skewed
from tests.shared.test_token_endpoint import GRANT, make_client
from tests.stage import Stage, over_http
from tests.tried import Tried

TEN_MINUTES = 600
WITHIN = LEEWAY_SECONDS - 10
PATIENCE_SECONDS = 60.0
LEASED, IN_FIVE_MINUTES, LEFT, DUE = "LEASED", "IN5", "LEFT", "DUE"
STATES = {
    LEASED: "status = 'running', lease = 1, attempts = 1, locked_until = now() + interval '5 minutes'",
    LEFT: "status = 'running', lease = 1, attempts = 1, locked_until = now() - interval '1 second'",
    IN_FIVE_MINUTES: "next_attempt_at = now() + interval '5 minutes'",
    DUE: "next_attempt_at = now()",
}
"""Tasks by the code of the supplier that each brings in."""


@pytest.fixture
async def urls(stage: Stage) -> AsyncIterator[dict[str, str]]:
    """Where each source is, for other processes."""
    async with AsyncExitStack() as opened:
        yield {source: await opened.enter_async_context(over_http(stage, source)) for source in SOURCES}


async def until(holds: Callable[[], Awaitable[bool]], process: Skewed) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not await holds():
        assert time.monotonic() < deadline, process.said[-3000:]
        await asyncio.sleep(0.05)


async def cursors(stage: Stage) -> dict[str, int]:
    rows = await stage.psql("scoring", "SELECT source, seq FROM feed_cursor")
    return {row["source"]: row["seq"] for row in rows}


@pytest.mark.parametrize("off_by", chosen([TEN_MINUTES, -TEN_MINUTES], of="refused clocks", short=1))
async def test_a_worker_whose_clock_is_far_off_is_refused_in_plain_words_and_loses_nothing(
    stage: Stage, urls: dict[str, str], off_by: int, tried: Tried
) -> None:
    programme, right = Programme(stage), ScoresWorker(stage.resources("scoring"))
    await programme.add_supplier()
    await right.tick()
    before = await cursors(stage)
    for source in SOURCES:
        await programme.write(source)
    why = "not valid yet: the clock that issued it is ahead" if off_by > 0 else "has expired"
    async with skewed(stage, off_by, "services.scoring.worker", "scores", urls=urls) as worker:

        async def is_refused_everywhere() -> bool:
            refused = [line for line in worker.said.splitlines() if "feed not read" in line and why in line]
            return all(any(f'"source":"{source}"' in line for line in refused) for source in SOURCES)

        await until(is_refused_everywhere, worker)
    assert await cursors(stage) == before
    await right.tick()
    await invariants.all_holds(stage, programme)
    tried("a scores worker ten minutes off", operations=1, requests=programme.written, faults=1)


@pytest.mark.parametrize("off_by", chosen([WITHIN, -WITHIN], of="clocks that are let in", short=1))
async def test_a_worker_whose_clock_is_a_little_off_scores_as_any_other(
    stage: Stage, urls: dict[str, str], off_by: int, tried: Tried
) -> None:
    programme = Programme(stage)
    await programme.add_supplier()
    async with skewed(stage, off_by, "services.scoring.worker", "scores", urls=urls) as worker:
        for source in SOURCES:
            await programme.write(source)

        async def is_fresh() -> bool:
            async with stage.machine("scoring") as client:
                return bool((await client.get("/v1/freshness")).json()["fresh"])

        await until(is_fresh, worker)
    await invariants.all_holds(stage, programme)
    tried(f"a scores worker {WITHIN} s off", operations=1, requests=programme.written, faults=1)


@pytest.mark.parametrize("off_by", chosen([TEN_MINUTES, -TEN_MINUTES], of="clocks of leases", short=1))
async def test_a_worker_whose_clock_is_far_off_takes_the_tasks_that_are_due_by_the_databases_clock(
    stage: Stage, urls: dict[str, str], off_by: int, tried: Tried
) -> None:
    for code in STATES:
        await add_supplier(stage, code)
    await tasks.follower(stage.resources("audit")).pull("registry")
    for code, state in STATES.items():
        async with stage.machine("audit") as client:
            row = f"{code},{TODAY.year},labor_employment,50,{TODAY}"
            content = f"supplier_code,year,category,score,submitted_on\n{row}\n"
            headers = {"Content-Type": "text/csv"}
            handed_in = await client.post("/v1/imports/surveys", content=content, headers=headers)
            assert handed_in.status_code == 202, handed_in.text
        change = f"UPDATE task SET {state} WHERE payload::text LIKE '%' || $1 || '%'"
        await stage.psql("audit", change, handed_in.json()["id"])

    async def done() -> set[str]:
        rows = await stage.psql(
            "audit", "SELECT code FROM survey_response r JOIN supplier_copy s ON s.id = r.supplier_id"
        )
        return {row["code"] for row in rows}

    async with skewed(stage, off_by, "services.audit.worker", urls=urls) as worker:

        async def is_done() -> bool:
            return await done() >= {LEFT, DUE}

        await until(is_done, worker)
    assert await done() == {LEFT, DUE}
    (leased,) = await stage.psql("audit", "SELECT lease FROM task WHERE status = 'running'")
    assert leased["lease"] == 1
    tried("an audit worker ten minutes off", operations=1, requests=2 * len(STATES), faults=1)


class ByWayOf(Programme):
    """A programme whose suppliers are written at a registry of its own."""

    def __init__(self, stage: Stage, url: str, token: str) -> None:
        super().__init__(stage)
        self._url, self._token = url, token

    def caller(self, service: str) -> httpx.AsyncClient:
        if service != "registry":
            return super().caller(service)
        return httpx.AsyncClient(base_url=self._url, headers={"Authorization": f"Bearer {self._token}"})


@pytest.mark.parametrize("off_by", chosen([TEN_MINUTES, -TEN_MINUTES, WITHIN, -WITHIN], of="clocks of tokens", short=1))
async def test_tokens_by_a_wrong_clock_are_refused_in_plain_words_or_good_and_what_was_written_there_counts(
    stage: Stage, urls: dict[str, str], off_by: int, tried: Tried
) -> None:
    made = await make_client(stage, "admin")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with skewed(stage, off_by, "services.registry.main", urls=urls, port=port) as registry:

        async def is_ready() -> bool:
            try:
                async with httpx.AsyncClient() as client:
                    return (await client.get(f"{url}/readyz")).is_success
            except httpx.TransportError:
                return False

        await until(is_ready, registry)
        async with httpx.AsyncClient(base_url=url) as client:
            answer = await client.post("/oauth2/token", data=GRANT, auth=(made["client_id"], made["client_secret"]))
        assert answer.status_code == 200, answer.text
        token = answer.json()["access_token"]
        programme = ByWayOf(stage, url, token)
        supplier_id = await programme.add_supplier()
        await programme.add_certificate(supplier_id)
    body = {"supplier_id": supplier_id, "kind": "vap", "standard": "RBA VAP 8.0", "conducted_on": TODAY.isoformat()}
    async with stage.caller("audit", token) as client:
        answer = await client.post("/v1/audits", json=body)
        held = len(await stage.psql("audit", "SELECT 1 FROM audit"))
    if abs(off_by) > LEEWAY_SECONDS:
        assert (answer.status_code, held) == (401, 1)
        assert ("has expired" if off_by < 0 else "the clock that issued it is ahead") in answer.json()["detail"]
    else:
        assert (answer.status_code, held) == (201, 2)
    await ScoresWorker(stage.resources("scoring")).tick()
    await invariants.every_event_was_taken_in_once(stage)
    if abs(off_by) > LEEWAY_SECONDS:
        await invariants.every_score_is_what_the_evidence_comes_to(stage, programme)
    tried("a registry whose clock is off", operations=1, requests=programme.written + 2, faults=1)
