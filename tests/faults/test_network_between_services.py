"""Slow, cut, half-open and lying networks between services: late or refused at worst, never wrong."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import pytest

from services.audit import main as audit
from services.scoring.worker import ScoresWorker
from shared import http
from shared.web.resources import Resources, open_resources
from tests.faults import invariants
from tests.faults.extent import ROUNDS, seeded
from tests.faults.programme import SOURCES, TODAY, Programme
from tests.faults.proxy import Fault, FaultProxy
from tests.stage import Stage, over_http, serving
from tests.tried import Tried

SILENT, WHOLE = 0.3, 0.8
LONGEST_PULL = 3 * WHOLE + 2
"""Three tries at a sick source; a margin for a busy machine."""
BACKLOG_GONE = 30.0
FAULTS = {
    "slow": Fault(delay=0.1),
    "dripping": Fault(drip=0.02),
    "reset in the middle of a question": Fault(cut_question_after=60),
    "reset in the middle of an answer": Fault(cut_answer_after=200),
    "ended in the middle of an answer": Fault(end_answer_after=400),
    "taken and never answered": Fault(silent=True),
    "refused": Fault(refuse=True),
}


@dataclass
class Street:
    """Scoring's worker, and a proxy on its way to each service."""

    stage: Stage
    resources: Resources
    worker: ScoresWorker
    proxies: dict[str, FaultProxy]

    async def cursor(self, source: str) -> int:
        rows = await self.stage.psql("scoring", "SELECT seq FROM feed_cursor WHERE source = $1", source)
        return int(rows[0]["seq"]) if rows else 0

    async def head(self, source: str) -> int:
        async with self.stage.machine(source) as client:
            return int((await client.get("/v1/feed", params={"limit": 1})).json()["head"])

    async def until_caught_up(self) -> None:
        deadline = time.monotonic() + BACKLOG_GONE
        while [await self.cursor(source) for source in SOURCES] != [await self.head(source) for source in SOURCES]:
            assert time.monotonic() < deadline, "the backlog is still there"
            await self.worker.tick()


@pytest.fixture
async def street(stage: Stage) -> AsyncIterator[Street]:
    async with AsyncExitStack() as opened:
        proxies, urls = {}, {}
        for source in SOURCES:
            url = await opened.enter_async_context(over_http(stage, source))
            proxies[source] = await opened.enter_async_context(FaultProxy.before(url))
            urls[f"{source}_url"] = proxies[source].url_of(url)
        resources = await opened.enter_async_context(open_resources(stage.settings("scoring", **urls)))
        client = http.Client(silent_seconds=SILENT, whole_seconds=WHOLE)
        opened.push_async_callback(client.close)
        yield Street(stage, resources, ScoresWorker(replace(resources, client=client)), proxies)


async def live_through(street: Street, programme: Programme, sick: str, fault: Fault) -> None:
    """Evidence comes from everywhere while the way to one source is sick; afterwards nothing is missing or wrong."""
    street.proxies[sick].suffer(fault)
    before = await street.cursor(sick)
    for source in SOURCES:
        await programme.write(source)
    started = time.monotonic()
    await street.worker.tick()
    took = time.monotonic() - started
    assert street.proxies[sick].met, "the fault was not met"
    assert took < LONGEST_PULL, f"{took:.1f} s"
    for source in SOURCES:
        if source != sick:
            assert await street.cursor(source) == await street.head(source), f"{source} was held up by {sick}"
    if not fault.delay:
        assert await street.cursor(sick) == before
    street.proxies[sick].heal()
    await street.until_caught_up()
    await invariants.all_holds(street.stage, programme)


@pytest.mark.parametrize("name", FAULTS)
async def test_the_way_to_one_source_is_sick(street: Street, name: str, tried: Tried) -> None:
    order = seeded(name)
    programme = Programme(street.stage)
    await programme.add_supplier()
    await street.until_caught_up()
    for _ in range(ROUNDS):
        # In the long form each source in turn, in the short one any of them.
        for sick in order.sample(SOURCES, k=1 if ROUNDS == 1 else len(SOURCES)):
            await live_through(street, programme, sick, FAULTS[name])
            tried(f"network to a source: {name}", operations=1, attacks=street.proxies[sick].met)
    tried(f"network to a source: {name}", requests=programme.written)


@pytest.mark.parametrize("name", FAULTS)
async def test_a_request_that_needs_another_service_is_refused_in_time_and_changes_nothing(
    stage: Stage, name: str, tried: Tried
) -> None:
    """A finding on a supplier that audit has not heard of: it asks the registry."""
    async with AsyncExitStack() as opened:
        registry = await opened.enter_async_context(over_http(stage, "registry"))
        proxy = await opened.enter_async_context(FaultProxy.before(registry))
        app = audit.create_app(stage.settings("audit", registry_url=proxy.url_of(registry)), transport=None)
        caller = await opened.enter_async_context(serving(app, **dict(stage.machine("audit").headers)))
        client = http.Client(silent_seconds=SILENT, whole_seconds=WHOLE)
        opened.push_async_callback(client.close)
        assert (await caller.get("/v1/findings")).status_code == 200  # it knows the key of clients' tokens from now on
        app.state.resources = replace(app.state.resources, client=client)
        for number in range(ROUNDS):
            code = f"NEW-{number}"
            async with stage.machine("registry") as maker:
                assert (await maker.post("/v1/suppliers", json={"code": code, "name": code})).status_code == 201
            finding = {
                "finding_ref": code, "supplier_code": code, "code_version": "8.0", "provision": "A3",
                "severity": "major", "discovered_on": TODAY.isoformat(),
            }  # fmt: skip
            proxy.suffer(FAULTS[name])
            started = time.monotonic()
            sick = await caller.post("/v1/findings", json=finding, headers={"Idempotency-Key": code})
            assert proxy.met, "the fault was not met"
            assert time.monotonic() - started < LONGEST_PULL
            kept = await stage.psql("audit", "SELECT id FROM finding WHERE finding_ref = $1", code)
            if FAULTS[name].delay:
                assert (sick.status_code, len(kept)) == (201, 1)
            else:
                assert (sick.status_code, sick.headers["retry-after"].isdigit(), kept) == (503, True, [])
            attacks = proxy.met
            proxy.heal()
            again = await caller.post("/v1/findings", json=finding, headers={"Idempotency-Key": code})
            assert (again.status_code, again.json()["supplier_code"]) == (201, code)
            tried(f"network to a service that is asked: {name}", operations=1, requests=2, attacks=attacks)


async def test_while_one_source_says_nothing_the_others_are_taken_in_and_scored(street: Street) -> None:
    programme = Programme(street.stage)
    supplier_id = await programme.add_supplier()
    await street.until_caught_up()
    patient = http.Client(silent_seconds=20, whole_seconds=20)
    worker = ScoresWorker(replace(street.resources, client=patient))
    street.proxies["registry"].suffer(Fault(silent=True))
    for source in ("audit", "engagement"):
        await programme.write(source)
    ticking = asyncio.create_task(worker.tick())
    async with asyncio.timeout(15), street.stage.machine("scoring") as client:
        while (await client.get(f"/v1/scores/{supplier_id}")).json()["score"] != programme.expected(supplier_id).score:
            assert not ticking.done()
            await asyncio.sleep(0.05)
    assert street.proxies["registry"].met == 1, "it still waits for the first answer"
    ticking.cancel()
    await asyncio.gather(ticking, return_exceptions=True)
    await patient.close()
