"""Events over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.engagement.programme import FORUM, attend, create_event, create_supplier, told
from tests.stage import Stage

PLACE = {"location": "Taipei, Building 2", "join_url": "https://meet.example/j/1?pwd=secret", "capacity": 30}


async def test_an_event_is_read_back_as_it_was_created_in_utc(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        created = await create_event(client)
        answer = await client.get(f"/v1/events/{created['id']}")
    assert answer.json() == created
    assert answer.headers["etag"] == '"1"'
    assert created["starts_at"] == "2026-04-16T05:30:00Z"
    assert created["time_zone"] == "Asia/Taipei"
    (speaker,) = created["speakers"]
    assert (speaker["name"], speaker["role"], speaker["kind"]) == ("Lin Mei", "third-party auditor", "speaker")
    assert created["person_times"] == 0


async def test_an_event_without_a_reference_gets_one(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        first = await create_event(client, event_ref=None)
        second = await create_event(client, event_ref=None, speakers=["Chen Yi"])
    assert first["event_ref"].startswith("EVT-")
    assert first["event_ref"] != second["event_ref"]
    assert second["speakers"][0]["name"] == "Chen Yi"


async def test_a_reference_is_taken_once(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        await create_event(client)
        answer = await client.post("/v1/events", json=FORUM)
    assert (answer.status_code, answer.json()["detail"]) == (409, "There is an event with the reference FRM-1.")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "party"),
        ("title", ""),
        ("starts_at", "2026-04-16T13:30:00"),
        ("starts_at", 1776317400),
        ("starts_at", "0001-01-01T00:00:00+14:00"),
        ("ends_at", "2026-04-16T13:30:00+08:00"),
        ("ends_at", "2027-04-16T13:30:00+08:00"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("language", "Chinese please"),
        ("join_url", "http://meet.example/j/1"),
        ("join_url", "https:///j/1"),
        ("capacity", 0),
        ("colour", "green"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_created(stage: Stage, field: str, value: Any) -> None:
    async with stage.machine("engagement") as client:
        answer = await client.post("/v1/events", json={**FORUM, field: value})
        assert answer.status_code == 422, answer.text
        assert [error["pointer"] for error in answer.json()["errors"]] == [f"#/{field}"]
        assert (await client.get("/v1/events")).json()["items"] == []


async def test_events_are_found_by_kind_topic_reference_and_day(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        await create_event(client)
        times = {"starts_at": "2026-09-10T00:30:00+08:00", "ends_at": "2026-09-10T02:00:00+08:00"}
        await create_event(client, event_ref="TRN-1", kind="training", topic="Carbon", **times)

        async def found(params: dict[str, str]) -> list[str]:
            items = (await client.get("/v1/events", params=params)).json()["items"]
            return [item["event_ref"] for item in items]

        assert await found({"kind": "training"}) == ["TRN-1"]
        assert await found({"topic": "working HOURS"}) == ["FRM-1"]
        assert await found({"event_ref": "FRM-1"}) == ["FRM-1"]
        assert await found({"from": "2026-04-17"}) == ["TRN-1"]
        # It starts in Taipei on the tenth, and so on the ninth in UTC.
        assert await found({"to": "2026-09-09"}) == ["FRM-1", "TRN-1"]
        assert await found({"to": "2026-09-08"}) == ["FRM-1"]


async def test_what_is_not_over_and_what_is_withdrawn_can_be_asked_for(stage: Stage) -> None:
    soon = datetime.now(UTC) + timedelta(days=3)
    times = {"starts_at": soon.isoformat(), "ends_at": (soon + timedelta(hours=1)).isoformat()}
    async with stage.machine("engagement") as client:
        await create_event(client)
        await create_event(client, event_ref="NEXT", **times)
        dropped = await create_event(client, event_ref="DROPPED", **times)
        answer = await client.post(
            f"/v1/events/{dropped['id']}/withdraw", json={"reason": "Typhoon"}, headers={"If-Match": '"1"'}
        )
        assert answer.status_code == 200

        async def found(params: dict[str, str]) -> list[str]:
            items = (await client.get("/v1/events", params=params)).json()["items"]
            return [item["event_ref"] for item in items]

        assert await found({"upcoming": "true"}) == ["NEXT"]
        assert await found({"upcoming": "true", "withdrawn": "true"}) == ["DROPPED"]
        assert await found({"upcoming": "false"}) == ["FRM-1"]
        assert await found({"withdrawn": "true"}) == ["DROPPED"]
        assert await found({"withdrawn": "false"}) == ["FRM-1", "NEXT"]


async def test_where_it_is_held_how_many_fit_and_what_is_handed_out_are_read_back_and_changed(stage: Stage) -> None:
    document = {"title": "Guide to working hours", "url": "https://files.example/hours.pdf", "language": "zh-TW"}
    async with stage.machine("engagement") as client:
        event = await create_event(client, **PLACE, materials=[document])
        url = f"/v1/events/{event['id']}"
        recording = {"title": "Recording", "url": "https://video.example/1"}
        later = {"recordings": [recording], "capacity": None, "materials": [document, {**document, "language": "en"}]}
        changed = (await client.patch(url, json=later, headers={"If-Match": '"1"'})).json()
        null = await client.patch(url, json={"materials": None}, headers={"If-Match": '"2"'})
        gone = (await client.patch(url, json={"join_url": None}, headers={"If-Match": '"2"'})).json()
    assert {name: event[name] for name in PLACE} == PLACE
    assert (event["materials"], event["recordings"], event["agenda"], event["sequence"]) == ([document], [], [], 0)
    assert changed["recordings"] == [{**recording, "language": None}]
    assert [material["language"] for material in changed["materials"]] == ["zh-TW", "en"]
    assert (changed["capacity"], changed["location"]) == (None, PLACE["location"])
    assert (null.status_code, "materials cannot be null" in null.text) == (422, True)
    assert (gone["join_url"], gone["version"]) == (None, 3)


@pytest.mark.parametrize(
    ("material", "pointer"),
    [
        ({"title": "Guide", "url": "javascript:alert(1)"}, "#/materials/0/url"),
        ({"title": "Guide", "url": "https://"}, "#/materials/0/url"),
        ({"title": "Guide", "url": "https://files.example", "language": "all of them"}, "#/materials/0/language"),
        ({"title": " ", "url": "https://files.example"}, "#/materials/0/title"),
        ({"title": "Guide", "url": "https://files.example", "colour": "red"}, "#/materials/0/colour"),
    ],
)
async def test_what_is_wrong_with_a_material_is_named(stage: Stage, material: Any, pointer: str) -> None:
    async with stage.machine("engagement") as client:
        answer = await client.post("/v1/events", json={**FORUM, "materials": [material]})
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])


async def test_no_way_into_a_meeting_is_told_by_feed_or_audit_log(stage: Stage) -> None:
    agenda = [{"title": "Fees", "speaker": "Wu Jun"}]
    document = {"title": "Guide", "url": "https://files.example/hours.pdf"}
    async with stage.machine("engagement") as client:
        event = await create_event(client, **PLACE, agenda=agenda, materials=[document])
        url = f"/v1/events/{event['id']}"
        moved = {"join_url": "https://meet.example/j/other", "agenda": [{"title": "Fees", "speaker": "Chen Yi"}]}
        await client.patch(url, json=moved, headers={"If-Match": '"1"'})
        events = await told(client, "event")
        log = (await client.get("/v1/audit-log", params={"resource_id": event["id"]})).json()["items"]
    assert (events[-1]["data"]["capacity"], events[-1]["data"]["materials"]) == (30, 1)
    assert log[-1]["changes"] == {"join_url": [True, True], "agenda": [1, 1]}
    for held_back in ("meet.example", "files.example", "Wu Jun", "Chen Yi", "Building 2"):
        assert held_back not in str((events, log))


async def test_a_supplier_s_client_sees_no_event_and_so_no_way_into_one(stage: Stage) -> None:
    supplier_id = await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        event = await create_event(client, **PLACE)
    async with stage.machine("engagement", "engagement:read", supplier_id=supplier_id) as bound:
        assert (await bound.get(f"/v1/events/{event['id']}")).status_code == 404


async def test_a_change_needs_the_current_version_and_an_equal_one_changes_nothing(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        url = f"/v1/events/{(await create_event(client))['id']}"
        assert (await client.patch(url, json={"title": "New"})).status_code == 428
        assert (await client.patch(url, json={"title": "New"}, headers={"If-Match": '"7"'})).status_code == 412
        changed = await client.patch(url, json={"title": "New"}, headers={"If-Match": '"1"'})
        again = await client.patch(url, json={"title": "New"}, headers={"If-Match": '"2"'})
        wrong = await client.patch(url, json={"ends_at": FORUM["starts_at"]}, headers={"If-Match": '"2"'})
        null = await client.patch(url, json={"title": None}, headers={"If-Match": '"2"'})
    assert (changed.status_code, changed.json()["title"], changed.headers["etag"]) == (200, "New", '"2"')
    assert again.headers["etag"] == '"2"'
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "#/ends_at")
    assert null.status_code == 422


async def test_an_event_that_people_attended_cannot_be_moved_into_the_future(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    soon = datetime.now(UTC) + timedelta(days=3)
    times = {"starts_at": soon.isoformat(), "ends_at": (soon + timedelta(hours=1)).isoformat()}
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        await attend(client, event["id"], supplier_code="S1")
        answer = await client.patch(f"/v1/events/{event['id']}", json=times, headers={"If-Match": '"2"'})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/starts_at")


async def test_a_withdrawn_event_stays_withdrawn(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        url = f"/v1/events/{event['id']}"
        assert (await client.post(f"{url}/withdraw", json={"reason": "Typhoon"})).status_code == 428
        current = {"If-Match": '"1"'}
        late = {"reason": "Typhoon", "withdrawn_on": "2199-01-01"}
        assert (await client.post(f"{url}/withdraw", json=late, headers=current)).status_code == 422
        withdrawn = await client.post(f"{url}/withdraw", json={"reason": "Typhoon"}, headers=current)
        again = await client.post(f"{url}/withdraw", json={"reason": "Again"}, headers={"If-Match": '"2"'})
        change = await client.patch(url, json={"title": "New"}, headers={"If-Match": '"2"'})
        attended = await client.post(f"{url}/attendances", json={"supplier_code": "S1"})
    assert withdrawn.json()["withdrawn_on"] == datetime.now(UTC).date().isoformat()
    assert withdrawn.json()["reason"] == "Typhoon"
    assert [answer.status_code for answer in (again, change, attended)] == [409, 409, 409]


async def test_changes_are_on_the_feed_and_in_the_audit_log_without_the_speakers_names(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        url = f"/v1/events/{event['id']}"
        await client.patch(url, json={"speakers": [{"name": "Wu Jun"}]}, headers={"If-Match": '"1"'})
        await client.patch(url, json={"topic": "Fees"}, headers={"If-Match": '"2"'})
        events = await told(client, "event")
        log = (await client.get("/v1/audit-log", params={"resource_id": event["id"]})).json()["items"]
    assert [one["type"] for one in events] == ["event.created", "event.updated", "event.updated"]
    assert events[-1]["data"]["topic"] == "Fees"
    assert events[-1]["data"]["starts_at"] == "2026-04-16T05:30:00Z"
    assert log[1]["changes"] == {"speakers": [1, 1]}
    assert log[2]["changes"] == {"topic": [FORUM["topic"], "Fees"]}
    assert not any(name in str((events, log)) for name in ("Lin Mei", "Wu Jun"))


async def test_scopes_are_held_to(stage: Stage) -> None:
    async with stage.machine("engagement", "engagement:read") as reader, stage.caller("engagement") as nobody:
        assert (await reader.post("/v1/events", json=FORUM)).status_code == 403
        assert (await nobody.get("/v1/events")).status_code == 401
        assert (await reader.get(f"/v1/events/{'0' * 8}-0000-7000-8000-{'0' * 12}")).status_code == 404
