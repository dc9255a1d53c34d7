"""Health: what a process says of itself, and the figures that Prometheus reads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from local.ports import free_port
from migrations.histories import SERVICES
from services.registry.main import create_app
from shared.health import readiness
from shared.health.worker import serving_health
from shared.tasks.tables import enqueue
from shared.web.resources import open_resources
from tests.stage import Stage, serving

READY = {"status": "ready", "database": True, "migrations": True, "redis": True}


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_is_ready_with_its_database_its_schema_and_redis(stage: Stage, service: str) -> None:
    async with stage.caller(service) as client:
        assert (await client.get("/readyz")).json() == READY


async def test_without_redis_a_service_is_only_degraded(stage: Stage) -> None:
    settings = stage.settings("registry", redis_url="redis://127.0.0.1:1/0")
    async with serving(create_app(settings, transport=stage.transport)) as client:
        answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {**READY, "status": "degraded", "redis": False})


async def test_a_service_is_ready_on_a_newer_schema_and_not_on_an_older_one(stage: Stage) -> None:
    resources = stage.resources("registry")
    newest = resources.settings.schema_step
    for needed, status in ((newest - 1, "ready"), (newest, "ready"), (newest + 1, "unready")):
        found = await readiness.check(resources.database, resources.doorbell, needed)
        assert (found.status, found.database, found.migrations) == (status, True, status == "ready")


async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take a connection and never answer, as behind a firewall that drops packets."""
    await reader.read()
    writer.close()


async def test_a_database_that_hangs_is_not_waited_for(stage: Stage) -> None:
    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = stage.settings("registry", database_url=f"postgresql://registry:x@127.0.0.1:{port}/bellwether")
    async with server, serving(create_app(settings, transport=stage.transport)) as client:
        async with asyncio.timeout(readiness.PATIENCE_SECONDS + 2):
            answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, False)


def value(text: str, name: str, **labels: str) -> float | None:
    """What the metric says under these labels; None where it does not say anything."""
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return float(sample.value)
    return None


async def test_metrics_count_requests_by_route_and_not_by_address(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        created = (await client.post("/v1/suppliers", json={"code": "S1", "name": "One"})).json()
        await client.get(f"/v1/suppliers/{created['id']}")
        text = (await client.get("/metrics")).text
    assert created["id"] not in text
    of_one = {"service": "registry", "route": "/v1/suppliers/{supplier_id}", "method": "GET"}
    assert (value(text, "bellwether_http_requests_total", **of_one, status="200") or 0) >= 1
    assert (value(text, "bellwether_http_request_seconds_count", **of_one) or 0) >= 1


async def test_metrics_tell_of_tasks_feeds_and_the_pool(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        await client.post("/v1/suppliers", json={"code": "S1", "name": "One"})
        async with stage.resources("registry").database.transaction() as session:
            await enqueue(session, "something", {})
        await stage.psql("registry", "UPDATE task SET next_attempt_at = now() - interval '90 seconds'")
        told = (await client.get("/metrics")).text
        await stage.psql("registry", "UPDATE task SET status = 'dead'")
        later = (await client.get("/metrics")).text
    assert value(told, "bellwether_tasks", service="registry", kind="something", status="queued") == 1
    assert 90 <= (value(told, "bellwether_tasks_wait_seconds", service="registry") or 0) < 150
    assert value(later, "bellwether_tasks", service="registry", kind="something", status="queued") is None
    assert value(later, "bellwether_tasks", service="registry", kind="something", status="dead") == 1
    assert value(later, "bellwether_tasks_wait_seconds", service="registry") == 0
    assert value(told, "bellwether_feed_unnumbered", service="registry") == 1
    assert value(told, "bellwether_pool_connections", service="registry") == 10
    assert value(told, "bellwether_figures_failed", service="registry") == 0


async def test_metrics_tell_how_far_each_feed_has_been_read(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        await client.post("/v1/suppliers", json={"code": "S1", "name": "One"})
        await stage.settle()
        head = value((await client.get("/metrics")).text, "bellwether_feed_head", service="registry")
    assert head == 1
    async with stage.machine("scoring") as follower:
        told = (await follower.get("/metrics")).text
    assert value(told, "bellwether_feed_cursor", service="scoring", source="registry") == head
    assert value(told, "bellwether_feed_parked", service="scoring", source="registry") == 0
    assert (value(told, "bellwether_feed_cursor_age_seconds", service="scoring", source="registry") or 0) < 60


async def test_without_its_database_a_service_still_tells_its_own_figures(stage: Stage) -> None:
    settings = stage.settings("registry", database_url="postgresql://registry:x@127.0.0.1:1/bellwether")
    async with serving(create_app(settings, transport=stage.transport)) as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert value(answer.text, "bellwether_figures_failed", service="registry") == 1


@asynccontextmanager
async def workers_door(stage: Stage, **changes: object) -> AsyncIterator[httpx.AsyncClient]:
    port = free_port()
    settings = stage.settings("registry", host="127.0.0.1", health_port=port, **changes)
    async with (
        open_resources(settings, transport=stage.transport) as resources,
        serving_health(resources),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):
        for _ in range(100):
            try:
                await client.get("/livez")
                break
            except httpx.TransportError:
                await asyncio.sleep(0.02)
        yield client


async def test_a_worker_says_how_it_fares_at_its_own_port(stage: Stage) -> None:
    async with workers_door(stage) as client:
        assert (await client.get("/livez")).json() == {"status": "alive"}
        assert (await client.get("/readyz")).json() == READY
        assert "bellwether_http_requests_total" in (await client.get("/metrics")).text
        assert (await client.get("/v1/suppliers")).status_code == 404


async def test_a_worker_without_its_database_lives_and_is_not_ready(stage: Stage) -> None:
    async with workers_door(stage, database_url="postgresql://registry:x@127.0.0.1:1/bellwether") as client:
        assert (await client.get("/livez")).status_code == 200
        assert (await client.get("/readyz")).status_code == 503


async def test_a_worker_without_a_port_for_it_serves_nothing(stage: Stage) -> None:
    async with open_resources(stage.settings("registry"), transport=stage.transport) as resources:
        before = len(asyncio.all_tasks())
        async with serving_health(resources):
            assert len(asyncio.all_tasks()) == before
