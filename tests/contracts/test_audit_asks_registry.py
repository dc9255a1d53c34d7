"""The audit service's questions against the registry's real application, and without it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import httpx

from services.audit import tasks
from services.audit.clients import RegistryClient
from shared.ids import new_id
from tests.stage import Stage

AUDIT = {"kind": "vap", "standard": "RBA", "conducted_on": "2026-01-05"}
SUPPLIER = {"name": "Jade River", "country": "TW", "supply_tier": 2, "kind": "key"}


async def add_supplier(stage: Stage, code: str) -> UUID:
    async with stage.machine("registry") as client:
        answer = await client.post("/v1/suppliers", json={"code": code, **SUPPLIER})
        return UUID(answer.json()["id"])


@contextmanager
def registry_away(stage: Stage) -> Iterator[None]:
    application = stage.transport.applications.pop("registry")
    try:
        yield
    finally:
        stage.transport.applications["registry"] = application


@contextmanager
def registry_answering(stage: Stage, answer: httpx.Response) -> Iterator[None]:
    application = stage.transport.applications["registry"]
    stage.transport.applications["registry"] = httpx.MockTransport(lambda _request: answer)
    try:
        yield
    finally:
        stage.transport.applications["registry"] = application


async def post_audit(stage: Stage, **named: Any) -> httpx.Response:
    async with stage.machine("audit") as client:
        return await client.post("/v1/audits", json={**AUDIT, **named})


async def copies(stage: Stage) -> list[dict[str, Any]]:
    return [dict(row) for row in await stage.psql("audit", "SELECT * FROM supplier_copy ORDER BY code")]


async def pull(stage: Stage) -> None:
    follower = tasks.follower(stage.resources("audit"))
    while await follower.pull("registry"):
        pass


async def test_suppliers_are_looked_up_by_code_and_id_and_unknown_ones_left_out(stage: Stage) -> None:
    first, second = await add_supplier(stage, "S1"), await add_supplier(stage, "S2")
    known = await RegistryClient(stage.resources("audit")).look_up({"S1", "S9"}, {second, new_id()})
    assert {(supplier.id, supplier.code) for supplier in known} == {(first, "S1"), (second, "S2")}
    assert (known[0].name, known[0].country, known[0].supply_tier, known[0].kind) == ("Jade River", "TW", 2, "key")


async def test_more_suppliers_than_fit_one_question_are_asked_about_in_several(stage: Stage) -> None:
    await add_supplier(stage, "S1")
    many = {f"X{n}" for n in range(5000)} | {"S1"}
    known = await RegistryClient(stage.resources("audit")).look_up(many, ())
    assert [supplier.code for supplier in known] == ["S1"]


async def test_a_supplier_once_asked_about_is_known_while_the_registry_is_away(stage: Stage) -> None:
    supplier_id = await add_supplier(stage, "S1")
    assert (await post_audit(stage, supplier_code="S1")).status_code == 201
    with registry_away(stage):
        assert (await post_audit(stage, supplier_code="S1")).status_code == 201
        assert (await post_audit(stage, supplier_id=str(supplier_id))).status_code == 201


async def test_an_unknown_supplier_is_503_while_the_registry_is_away_and_422_when_it_answers(stage: Stage) -> None:
    assert (await post_audit(stage, supplier_code="S1")).status_code == 422
    with registry_away(stage):
        away = await post_audit(stage, supplier_code="S1")
    assert (away.status_code, away.json()["type"].rpartition("/")[2]) == (503, "registry-away")
    assert away.headers["retry-after"] == "1"
    with registry_answering(stage, httpx.Response(200, json={"items": [{"id": "x"}]})):
        assert (await post_audit(stage, supplier_code="S1")).status_code == 503
    assert await copies(stage) == []


async def test_an_import_waits_for_the_registry(stage: Stage) -> None:
    await add_supplier(stage, "S1")
    file = "audit_ref,supplier_code,kind,standard,conducted_on\nA1,S1,vap,RBA,2026-01-05\n"
    with registry_away(stage):
        waiting = await stage.import_file("audit", "audits", file)
    assert waiting["status"] == "running"
    await stage.psql("audit", "UPDATE task SET next_attempt_at = now()")
    await stage.run_tasks("audit")
    async with stage.machine("audit") as client:
        run = (await client.get(f"/v1/imports/{waiting['id']}")).json()
    assert (run["status"], run["succeeded"]) == ("succeeded", 1)


async def test_the_copies_follow_the_registrys_feed(stage: Stage) -> None:
    supplier_id = await add_supplier(stage, "S1")
    await add_supplier(stage, "S2")
    await post_audit(stage, supplier_code="S1")
    assert [(copy["code"], copy["pos"]) for copy in await copies(stage)] == [("S1", 0)]
    await pull(stage)
    async with stage.machine("registry") as client:
        url = f"/v1/suppliers/{supplier_id}"
        await client.patch(url, json={"country": "VN", "status": "suspended"}, headers={"If-Match": '"1"'})
        await client.patch(url, json={"supply_tier": 3}, headers={"If-Match": '"2"'})
        site = {"site_code": "P1", "address": "1 Dock Road", "country": "VN"}
        assert (await client.post(f"{url}/sites", json=site)).status_code == 201
    await pull(stage)
    first, second = await copies(stage)
    assert (first["country"], first["status"], first["supply_tier"], first["pos"]) == ("VN", "suspended", 3, 4)
    assert (second["code"], second["country"]) == ("S2", "TW")


async def test_a_feed_that_starts_over_brings_older_news_behind_the_newer(stage: Stage) -> None:
    await add_supplier(stage, "S1")
    await pull(stage)
    await stage.psql("registry", "UPDATE feed_state SET epoch = gen_random_uuid()")
    await pull(stage)
    assert [(copy["code"], copy["pos"]) for copy in await copies(stage)] == [("S1", 2)]
    assert await stage.psql("audit", "SELECT * FROM feed_parked") == []
