"""What engagement asks the registry, answered by the registry's real application."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import httpx
import pytest

from services.engagement import clients, tasks
from services.engagement.repository import suppliers as copies
from services.engagement.service import suppliers
from shared.errors import Unavailable
from shared.ids import new_id
from tests.engagement.programme import attend, create_event, create_supplier
from tests.stage import Stage


@contextmanager
def registry_away(stage: Stage, answering: httpx.AsyncBaseTransport | None = None) -> Iterator[None]:
    """The registry does not answer, or something else does in its place."""
    registry = stage.transport.applications.pop("registry")
    if answering is not None:
        stage.transport.applications["registry"] = answering
    try:
        yield
    finally:
        stage.transport.applications["registry"] = registry


async def test_suppliers_are_looked_up_by_code_and_by_id_and_unknown_ones_left_out(stage: Stage) -> None:
    one, two = await create_supplier(stage, "S1"), await create_supplier(stage, "S2")
    found = await clients.look_up_suppliers(stage.resources("engagement"), {"S1", "S9"}, {new_id()})
    assert [(str(supplier.id), supplier.code, supplier.name) for supplier in found] == [(one, "S1", "Company S1")]
    _, by_id = await suppliers.learn(stage.resources("engagement"), (), [UUID(two)])
    assert by_id == {UUID(two): suppliers.Known(UUID(two), "S2")}


async def test_a_supplier_that_is_known_here_needs_no_registry(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        await attend(client, event["id"], supplier_code="S1", person_ref="p-1")
        with registry_away(stage):
            await attend(client, event["id"], supplier_code="S1", person_ref="p-2")


async def test_a_supplier_that_is_not_known_here_is_503_while_the_registry_is_away(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        with registry_away(stage):
            answer = await client.post(f"/v1/events/{event['id']}/attendances", json={"supplier_code": "S1"})
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (503, "registry-unavailable")
        await attend(client, event["id"], supplier_code="S1")


async def test_an_answer_in_another_shape_is_taken_for_none(stage: Stage) -> None:
    strange = httpx.MockTransport(lambda _: httpx.Response(200, json={"items": [{"id": "not an id"}]}))
    with registry_away(stage, strange), pytest.raises(Unavailable):
        await clients.look_up_suppliers(stage.resources("engagement"), {"S1"}, ())


async def test_an_import_waits_for_the_registry(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    line = "F,forum,Forum,2026-04-16T13:30:00+08:00,2026-04-16T17:00:00+08:00,S1"
    data = f"event_ref,kind,title,starts_at,ends_at,supplier_code\n{line}\n"
    with registry_away(stage):
        run = await stage.import_file("engagement", "attendances", data)
        assert run["status"] == "running"
    await stage.psql("engagement", "UPDATE task SET next_attempt_at = now()")
    await stage.run_tasks("engagement")
    async with stage.machine("engagement") as client:
        run = (await client.get(f"/v1/imports/{run['id']}")).json()
    assert (run["status"], run["succeeded"]) == ("succeeded", 1)


async def test_the_registrys_feed_keeps_the_copies_up_to_date(stage: Stage) -> None:
    supplier_id = await create_supplier(stage, "S1")
    follower = tasks.follower(stage.resources("engagement"))
    async with stage.machine("registry") as registry:
        url = f"/v1/suppliers/{supplier_id}"
        await registry.post(f"{url}/contacts", json={"name": "A", "email": "a@b.example", "role": "quality"})
        assert await follower.pull("registry") is False
        await registry.patch(url, json={"status": "suspended"}, headers={"If-Match": '"1"'})
        await registry.patch(url, json={"name": "New", "country": "TW"}, headers={"If-Match": '"2"'})
        assert await follower.pull("registry") is False
    (copy,) = await stage.psql("engagement", "SELECT * FROM supplier_copy")
    assert (str(copy["id"]), copy["code"], copy["name"], copy["country"], copy["status"]) == (
        supplier_id,
        "S1",
        "New",
        "TW",
        "suspended",
    )
    assert await stage.psql("engagement", "SELECT * FROM feed_parked") == []


async def test_a_copy_that_was_asked_for_never_overwrites_one_that_was_told(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    resources = stage.resources("engagement")
    await tasks.follower(resources).pull("registry")
    (before,) = await stage.psql("engagement", "SELECT * FROM supplier_copy")
    found = await clients.look_up_suppliers(resources, {"S1"}, ())
    async with resources.database.transaction() as session:
        await copies.keep_found(session, [found[0].model_copy(update={"name": "Old"})])
    assert await stage.psql("engagement", "SELECT * FROM supplier_copy") == [before]
