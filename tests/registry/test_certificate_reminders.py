"""Reminders of certificates over HTTP."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.auth.tokens import ServiceTokens
from tests.stage import Stage

TODAY = datetime.now(UTC).date()
WANTED = {"standard": "ISO 14001", "reason": "Course CRS-14001 was completed.", "due_on": "2026-07-06"}


async def create_supplier(client: httpx.AsyncClient, code: str = "S1") -> str:
    answer = await client.post("/v1/suppliers", json={"code": code, "name": f"Company {code}"})
    return f"/v1/suppliers/{answer.json()['id']}"


async def remind(client: httpx.AsyncClient, supplier: str, source: Any = None, **changes: Any) -> httpx.Response:
    return await client.put(f"{supplier}/certificate-reminders/{source or uuid4()}", json={**WANTED, **changes})


async def certify(client: httpx.AsyncClient, supplier: str, until: date, standard: str = "ISO 14001") -> dict[str, Any]:
    body = {"standard": standard, "valid_from": "2024-01-01", "valid_until": until.isoformat()}
    answer = await client.post(f"{supplier}/certificates", json=body)
    assert answer.status_code == 201, answer.text
    recorded: dict[str, Any] = answer.json()
    return recorded


async def listed(client: httpx.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    answer = await client.get("/v1/certificate-reminders", params=params)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_reminder_is_made_once_for_each_supplier_standard_and_source(stage: Stage) -> None:
    source = uuid4()
    async with stage.machine("registry") as client:
        supplier = await create_supplier(client)
        made = await remind(client, supplier, source)
        # The second person to complete the course moves nothing.
        again = await remind(client, supplier, source, standard="iso14001:2015", due_on="2027-01-01", reason="Another")
        other = await remind(client, supplier, source, standard="ISO 45001")
        read = await client.get(made.headers["location"])
        log = (await client.get("/v1/audit-log", params={"resource_id": read.json()["id"]})).json()["items"]
        events = (await client.get("/v1/feed")).json()["events"]
    assert [answer.status_code for answer in (made, again, other)] == [201, 200, 201]
    assert made.json() == again.json() == {"reminder": read.json(), "covered_until": None}
    assert made.headers["etag"] == read.headers["etag"] == '"1"'
    assert {name: read.json()[name] for name in WANTED} == WANTED
    assert [entry["changes"]["reason"] for entry in log] == [[None, WANTED["reason"]]]
    told = [event for event in events if event["type"] == "certificate_reminder.created"]
    assert len(told) == 2
    assert told[0]["data"] == {
        "supplier_id": read.json()["supplier_id"],
        "standard": "ISO 14001",
        "source_id": str(source),
        "due_on": "2026-07-06",
        "done_on": None,
        "version": 1,
    }


async def test_asked_for_many_times_at_once_it_is_made_once(stage: Stage) -> None:
    source = uuid4()
    async with stage.machine("registry") as client:
        supplier = await create_supplier(client)
        answers = await asyncio.gather(*(remind(client, supplier, source) for _ in range(6)))
        assert len(await listed(client)) == 1
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]


@pytest.mark.parametrize(
    ("days", "standard", "is_made"),
    [(90, "ISO 14001", False), (89, "ISO 14001", True), (900, "iso 14001:2015", False), (900, "ISO 45001", True)],
)
async def test_none_is_made_where_a_certificate_of_the_standard_is_valid_for_the_next_90_days(
    stage: Stage, days: int, standard: str, is_made: bool
) -> None:
    until = TODAY + timedelta(days=days)
    async with stage.machine("registry") as client:
        supplier = await create_supplier(client)
        await certify(client, supplier, until, standard)
        answer = await remind(client, supplier)
    assert (answer.json()["reminder"] is not None) == is_made
    assert answer.json()["covered_until"] == (None if is_made else until.isoformat())
    assert answer.status_code == (201 if is_made else 200)


async def test_a_certificate_that_was_withdrawn_is_none(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        supplier = await create_supplier(client)
        held = await certify(client, supplier, TODAY + timedelta(days=900))
        url = f"{supplier}/certificates/{held['id']}/withdraw"
        withdrawn_on = {"withdrawn_on": TODAY.isoformat(), "reason": "Failed surveillance audit"}
        await client.post(url, json=withdrawn_on, headers={"If-Match": "*"})
        assert (await remind(client, supplier)).status_code == 201


async def test_a_certificate_of_the_standard_settles_the_suppliers_open_reminders(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        supplier, other = await create_supplier(client), await create_supplier(client, "S2")
        source = uuid4()
        for one, standard in ((supplier, "ISO 14001"), (supplier, "ISO 50001"), (other, "ISO 14001")):
            await remind(client, one, source, standard=standard)
        await certify(client, supplier, TODAY - timedelta(days=1))
        assert len(await listed(client, open=True)) == 3
        await certify(client, supplier, TODAY + timedelta(days=1000), "ISO 14001:2015")
        (done,) = await listed(client, open=False)
        again = await remind(client, supplier, source)
        events = (await client.get("/v1/feed")).json()["events"]
    assert f"/v1/suppliers/{done['supplier_id']}" == supplier
    assert (done["standard"], done["done_on"], done["version"]) == ("ISO 14001", TODAY.isoformat(), 2)
    assert again.json()["reminder"] == done
    assert [event["type"] for event in events[-2:]] == ["certificate.recorded", "certificate_reminder.done"]


async def test_a_person_settles_a_reminder_once_and_on_its_current_version(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        supplier = await create_supplier(client)
        url = (await remind(client, supplier)).headers["location"] + "/done"
        stale = await client.post(url, headers={"If-Match": '"7"'})
        done = await client.post(url)
        again = await client.post(url)
        unknown = await client.post(f"/v1/certificate-reminders/{uuid4()}/done")
    assert [answer.status_code for answer in (stale, done, again, unknown)] == [412, 200, 409, 404]
    assert (done.json()["done_on"], done.headers["etag"]) == (TODAY.isoformat(), '"2"')


async def test_reminders_are_found_by_state_standard_supplier_and_day(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        one, two = await create_supplier(client), await create_supplier(client, "S2")
        first = (await remind(client, one)).json()["reminder"]["id"]
        second = (await remind(client, two, standard="ISO 45001", due_on="2026-09-01")).json()["reminder"]["id"]
        await client.post(f"/v1/certificate-reminders/{first}/done")
        found = [
            [item["id"] for item in await listed(client, **params)]
            for params in (
                {},
                {"open": True},
                {"open": False},
                {"standard": "ISO 45001"},
                {"supplier_id": one.rpartition("/")[2]},
                {"due_before": "2026-09-01"},
            )
        ]
    assert found == [[first, second], [second], [first], [second], [first], [first]]


async def test_whoever_may_change_the_registry_asks_and_of_the_services_only_engagement(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        supplier = await create_supplier(client)
    seen = {}
    for name in ("engagement", "audit"):
        tokens: ServiceTokens = stage.resources(name).service_tokens
        async with stage.caller("registry", tokens.token_for("registry")) as service:
            made = await remind(service, supplier)
            # Nothing else in the registry is open to it.
            other = await service.post("/v1/suppliers", json={"code": "S9", "name": "Company"})
            done = await service.post(f"/v1/certificate-reminders/{uuid4()}/done")
            seen[name] = (made.status_code, other.status_code, done.status_code)
    async with stage.machine("registry", "registry:read") as reader:
        read_only = await remind(reader, supplier)
    async with stage.machine("registry", "registry:write", "registry:read") as writer:
        written = await remind(writer, supplier)
    assert seen == {"engagement": (201, 403, 403), "audit": (403, 403, 403)}
    assert (read_only.status_code, written.status_code) == (403, 201)


async def test_what_is_wrong_with_a_reminder_is_named(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        supplier = await create_supplier(client)
        unknown = await remind(client, f"/v1/suppliers/{uuid4()}")
        blank = await remind(client, supplier, standard=" ")
        never = await remind(client, supplier, due_on="9999-12-31")
    assert unknown.status_code == 404
    assert [answer.json()["errors"][0]["pointer"] for answer in (blank, never)] == ["#/standard", "#/due_on"]
