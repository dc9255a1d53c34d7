"""Attendances over HTTP."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.engagement.programme import attend, create_event, create_supplier, told
from tests.stage import Stage


async def test_an_attendance_is_read_back_as_it_was_recorded(stage: Stage) -> None:
    supplier_id = await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        url = f"/v1/events/{event['id']}/attendances"
        answer = await client.post(
            url,
            json={"supplier_code": "S1", "person_ref": "p-1", "joined_at": "2026-04-16T14:00:00+08:00", "rating": 5},
        )
        recorded = answer.json()
        read = await client.get(answer.headers["location"])
        listed = (await client.get(url)).json()["items"]
        counted = (await client.get(f"/v1/events/{event['id']}")).json()["person_times"]
    assert answer.status_code == 201
    assert read.json() == recorded
    assert read.headers["etag"] == answer.headers["etag"]
    assert listed == [recorded]
    assert (recorded["supplier_id"], recorded["supplier_code"], recorded["person_hours"]) == (supplier_id, "S1", 3.0)
    assert counted == 1


async def test_a_list_is_recorded_as_a_whole_or_not_at_all(stage: Stage) -> None:
    one = await create_supplier(stage, "S1")
    await create_supplier(stage, "S2")
    good = [{"supplier_id": one, "person_ref": "p-1"}, {"supplier_code": "S2", "persons": 20}]
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        url = f"/v1/events/{event['id']}/attendances"
        bad = await client.post(url, json=[*good, {"supplier_code": "S1", "joined_at": "2026-04-18T14:00:00Z"}])
        assert (await client.get(url)).json()["items"] == []
        answer = await client.post(url, json=good)
        listed = (await client.get(url, params={"supplier_id": one})).json()["items"]
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "#/2/joined_at")
    assert answer.status_code == 201
    assert [item["persons"] for item in answer.json()["items"]] == [1, 20]
    assert [item["person_ref"] for item in listed] == ["p-1"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"rating": 6}, "#/rating"),
        ({"persons": 0}, "#/persons"),
        ({"persons": 2, "person_ref": "p-1"}, "#/persons"),
        ({"person_ref": "ann@company.example"}, "#/person_ref"),
        ({"joined_at": "2026-04-16T14:00:00"}, "#/joined_at"),
        ({"joined_at": "2026-04-15T14:00:00Z"}, "#/joined_at"),
        ({"left_at": "2026-04-16T05:30:00Z"}, "#/left_at"),
        ({"left_at": "2026-04-17T05:30:00Z"}, "#/left_at"),
        ({"joined_at": "2026-04-16T07:00:00Z", "left_at": "2026-04-16T06:00:00Z"}, "#/left_at"),
        ({"supplier_code": "S9"}, "#/supplier_code"),
        ({"supplier_code": None, "supplier_id": "01990000-0000-7000-8000-000000000000"}, "#/supplier_id"),
        ({"supplier_code": None}, "#"),
        ({"supplier_id": "01990000-0000-7000-8000-000000000000"}, "#"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_recorded(
    stage: Stage, change: dict[str, Any], pointer: str
) -> None:
    await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        url = f"/v1/events/{event['id']}/attendances"
        answer = await client.post(url, json={"supplier_code": "S1", **change})
        assert answer.status_code == 422, answer.text
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
        assert (await client.get(url)).json()["items"] == []


async def test_at_most_five_hundred_attendances_come_at_once(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        url = f"/v1/events/{event['id']}/attendances"
        assert (await client.post(url, json=[{"supplier_code": "S1"}] * 501)).status_code == 422
        assert (await client.post(url, json=[])).status_code == 422


async def test_the_same_person_of_a_supplier_attends_an_event_once(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    person = {"supplier_code": "S1", "person_ref": "p-1"}
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        url = f"/v1/events/{event['id']}/attendances"
        twice = await client.post(url, json=[person, person])
        await attend(client, event["id"], **person)
        await attend(client, event["id"], supplier_code="S1", persons=9)
        again = await client.post(url, json=person)
        counted_again = await client.post(url, json={"supplier_code": "S1"})
    assert (twice.status_code, twice.json()["errors"][0]["pointer"]) == (409, "#/1")
    assert (again.status_code, counted_again.status_code) == (409, 409)


async def test_of_two_who_record_the_same_at_once_one_is_told_so(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    person = {"supplier_code": "S1", "person_ref": "p-1"}
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        url = f"/v1/events/{event['id']}/attendances"
        answers = await asyncio.gather(*(client.post(url, json=person) for _ in range(5)))
        counted = (await client.get(f"/v1/events/{event['id']}")).json()["person_times"]
        participations = await told(client, "participation")
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert (counted, len(participations)) == (1, 1)


async def test_nobody_has_attended_what_is_still_to_come(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    soon = datetime.now(UTC) + timedelta(days=3)
    times = {"starts_at": soon.isoformat(), "ends_at": (soon + timedelta(hours=1)).isoformat()}
    async with stage.machine("engagement") as client:
        event = await create_event(client, **times)
        answer = await client.post(f"/v1/events/{event['id']}/attendances", json={"supplier_code": "S1"})
    assert answer.status_code == 422


async def test_a_rating_can_come_later(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        attendance = await attend(client, event["id"], supplier_code="S1", person_ref="p-1")
        url = f"/v1/events/{event['id']}/attendances/{attendance['id']}"
        assert (await client.patch(url, json={"rating": 4})).status_code == 428
        etag = (await client.get(url)).headers["etag"]
        rated = await client.patch(url, json={"rating": 4}, headers={"If-Match": etag})
        stale = await client.patch(url, json={"rating": 1}, headers={"If-Match": etag})
        wrong = await client.patch(url, json={"persons": 2}, headers={"If-Match": rated.headers["etag"]})
        read = await client.get(url)
    assert (rated.status_code, rated.json()["rating"], rated.json()["version"]) == (200, 4, 2)
    assert (stale.status_code, wrong.status_code) == (412, 422)
    assert read.json() == rated.json()
    assert read.headers["etag"] == rated.headers["etag"]


async def test_a_withdrawn_attendance_counts_no_longer_and_can_be_recorded_anew(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    person = {"supplier_code": "S1", "person_ref": "p-1"}
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        attendance = await attend(client, event["id"], **person)
        url = f"/v1/events/{event['id']}/attendances/{attendance['id']}"
        withdrawn = await client.post(f"{url}/withdraw", json={"reason": "Mistake"}, headers={"If-Match": '"1"'})
        again = await client.post(f"{url}/withdraw", json={"reason": "Mistake"}, headers={"If-Match": '"2"'})
        left = (await client.get(f"/v1/events/{event['id']}")).json()["person_times"]
        await attend(client, event["id"], **person)
    assert (withdrawn.status_code, withdrawn.json()["reason"], again.status_code) == (200, "Mistake", 409)
    assert left == 0


async def test_an_attendance_is_found_only_at_its_event(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        one, other = await create_event(client), await create_event(client, event_ref="FRM-2")
        attendance = await attend(client, one["id"], supplier_code="S1")
        answer = await client.get(f"/v1/events/{other['id']}/attendances/{attendance['id']}")
        nowhere = await client.post(f"/v1/events/{attendance['id']}/attendances", json={"supplier_code": "S1"})
    assert (answer.status_code, nowhere.status_code) == (404, 404)


async def test_a_repeated_post_with_its_key_records_once(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        url = f"/v1/events/{event['id']}/attendances"
        body, headers = {"supplier_code": "S1", "persons": 3}, {"Idempotency-Key": "room-1"}
        first = await client.post(url, json=body, headers=headers)
        second = await client.post(url, json=body, headers=headers)
        assert len((await client.get(url)).json()["items"]) == 1
    assert (first.status_code, second.status_code, second.content) == (201, 201, first.content)


async def test_the_audit_log_knows_what_changed_and_not_who_was_there(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        attendance = await attend(client, event["id"], supplier_code="S1", person_ref="p-secret")
        url = f"/v1/events/{event['id']}/attendances/{attendance['id']}"
        await client.patch(url, json={"rating": 2}, headers={"If-Match": '"1"'})
        log = (await client.get("/v1/audit-log", params={"resource_id": event["id"]})).json()["items"]
        feed = await told(client, "event")
    assert [entry["action"] for entry in log] == ["event.created", "event.attended", "event.attended"]
    assert log[1]["changes"]["person_times"] == [0, 1]
    before, after = log[2]["changes"]["attendances"]
    assert (before[0]["rating"], after[0]["rating"]) == (None, 2)
    assert [one["data"]["version"] for one in feed] == [1, 2, 3]
    assert "p-secret" not in str((log, feed))


async def test_the_audit_log_keeps_the_reason_of_a_withdrawal(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        attendance = await attend(client, event["id"], supplier_code="S1", person_ref="p-1")
        url = f"/v1/events/{event['id']}/attendances/{attendance['id']}/withdraw"
        await client.post(url, json={"reason": "Was another company"}, headers={"If-Match": '"1"'})
        log = (await client.get("/v1/audit-log", params={"resource_id": event["id"]})).json()["items"]
    before, after = log[-1]["changes"]["attendances"]
    assert [before[0]["reason"], after[0]["reason"]] == [None, "Was another company"]
    assert before[0]["withdrawn_on"] is None
    assert after[0]["withdrawn_on"] == datetime.now(UTC).date().isoformat()


async def test_events_attendances_and_figures_are_no_suppliers_business(stage: Stage) -> None:
    one = await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        own = await attend(client, event["id"], supplier_code="S1")
        balance = await client.post("/v1/opening-balances", json={
            "as_of": "2025-12-31", "person_times": 1, "session_hours": 1, "note": "Spreadsheet",
        })  # fmt: skip
    async with stage.machine("engagement", "engagement:read", supplier_id=one) as bound:
        for path in (
            "/v1/events",
            f"/v1/events/{event['id']}",
            f"/v1/events/{event['id']}/attendances",
            f"/v1/events/{event['id']}/attendances/{own['id']}",
            "/v1/summary",
            "/v1/opening-balances",
            f"/v1/opening-balances/{balance.json()['id']}",
            "/v1/imports",
        ):
            assert (await bound.get(path)).status_code == 404, path
