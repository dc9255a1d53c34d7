"""The summary of an event, of a supplier, and by topic, kind and supplier."""

from typing import Any

from services.engagement import tasks
from tests.engagement.programme import attend, create_event, create_supplier
from tests.engagement.test_summary import hold_the_year
from tests.stage import Stage

NO_FIGURES = {
    "person_times": 0,
    "distinct_persons": 0,
    "distinct_suppliers": 0,
    "session_hours": 0.0,
    "person_hours": 0.0,
    "satisfaction_percent": None,
    "satisfaction_n": 0,
    "satisfaction_interval": None,
}


def by_key(body: dict[str, Any], *names: str) -> dict[str | None, list[Any]]:
    return {group["key"]: [group[name] for name in names] for group in body["groups"]}


async def test_an_event_has_its_own_figures(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        forum = await hold_the_year(stage, client)
        answer = await client.get(f"/v1/events/{forum['id']}/summary")
        off = (await client.get("/v1/events", params={"event_ref": "OFF"})).json()["items"][0]
        withdrawn = await client.get(f"/v1/events/{off['id']}/summary")
        missing = await client.get("/v1/events/01890000-0000-7000-8000-000000000000/summary")
    assert answer.json() == {
        "event_id": forum["id"],
        "event_ref": "FRM-1",
        "kind": "forum",
        "title": "Human Rights Forum",
        "topic": "Recruitment fees and working hours",
        "person_times": 13,
        "distinct_persons": 3,
        "distinct_suppliers": 3,
        "session_hours": 3.5,
        "person_hours": 43.0,
        "satisfaction_percent": 66.67,
        "satisfaction_n": 3,
        "satisfaction_interval": [20.77, 93.85],
    }
    assert withdrawn.json() == {**withdrawn.json(), **NO_FIGURES}
    assert missing.status_code == 404


async def test_a_supplier_has_its_own_figures(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        await hold_the_year(stage, client)
        listed = await client.get("/v1/summary", params={"group_by": "supplier"})
        supplier_id = next(group["supplier_id"] for group in listed.json()["groups"] if group["key"] == "S1")
        body = (await client.get("/v1/summary", params={"supplier_id": supplier_id})).json()
        unknown = {"supplier_id": "01890000-0000-7000-8000-000000000000"}
        nobody = (await client.get("/v1/summary", params=unknown)).json()
    assert (body["supplier_id"], body["group_by"], body["groups"], body["complete"]) == (supplier_id, None, None, True)
    # the forum twice at 3.5 h and the training from half past on
    assert body["period"] == {
        "person_times": 3,
        "distinct_persons": 2,
        "distinct_suppliers": 1,
        "session_hours": 5.5,
        "person_hours": 8.5,
        "satisfaction_percent": 100.0,
        "satisfaction_n": 2,
        "satisfaction_interval": [34.24, 100.0],
        "course_views": 7,
        "course_completions": 1,
    }
    assert nobody["period"] == {**NO_FIGURES, "course_views": 0, "course_completions": 0}


async def test_groups_are_by_kind_topic_and_supplier(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        await hold_the_year(stage, client)
        times = {"starts_at": "2026-06-01T00:00:00Z", "ends_at": "2026-06-01T01:00:00Z"}
        await create_event(client, event_ref="EMPTY", kind="support_meeting", topic=None, **times)
        kinds = (await client.get("/v1/summary", params={"group_by": "kind"})).json()
        topics = (await client.get("/v1/summary", params={"group_by": "topic", "to": "2026-05-31"})).json()
        suppliers = (await client.get("/v1/summary", params={"group_by": "supplier"})).json()
    hours = ("person_times", "distinct_suppliers", "session_hours", "person_hours", "satisfaction_n")
    assert by_key(kinds, *hours) == {
        "forum": [13, 3, 3.5, 43.0, 3],
        "training": [1, 1, 2.0, 1.5, 0],
        "support_meeting": [0, 0, 1.0, 0.0, 0],
    }
    assert by_key(topics, "person_times", "session_hours") == {"Recruitment fees and working hours": [14, 5.5]}
    assert by_key(suppliers, "title", *hours) == {
        "S3": ["Company S3", 10, 1, 3.5, 35.0, 0],
        "S1": ["Company S1", 3, 1, 5.5, 8.5, 2],
        "S2": ["Company S2", 1, 1, 3.5, 1.0, 1],
    }
    assert [group["key"] for group in suppliers["groups"]] == ["S3", "S1", "S2"]
    assert kinds["period"]["person_times"] == 14


async def test_a_supplier_can_be_broken_down_and_the_most_groups_told(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        await hold_the_year(stage, client)
        listed = (await client.get("/v1/summary", params={"group_by": "supplier", "limit": "2"})).json()
        supplier_id = listed["groups"][1]["supplier_id"]
        own = (await client.get("/v1/summary", params={"supplier_id": supplier_id, "group_by": "kind"})).json()
    assert ([group["key"] for group in listed["groups"]], listed["complete"]) == (["S3", "S1"], False)
    assert by_key(own, "person_times", "session_hours") == {"forum": [2, 3.5], "training": [1, 2.0]}


async def test_a_merged_supplier_is_its_survivor(stage: Stage) -> None:
    one, two = await create_supplier(stage, "S1"), await create_supplier(stage, "S2")
    async with stage.machine("engagement") as client, stage.machine("registry") as registry:
        event = await create_event(client)
        for code in ("S1", "S2"):
            await attend(client, event["id"], supplier_code=code)
        assert (await registry.post(f"/v1/suppliers/{one}/merge", json={"into": two})).status_code == 200
        await tasks.follower(stage.resources("engagement")).pull("registry")
        groups = (await client.get("/v1/summary", params={"group_by": "supplier"})).json()["groups"]
        asked = [
            (await client.get("/v1/summary", params={"supplier_id": each})).json()["period"] for each in (one, two)
        ]
    assert [(group["key"], group["person_times"], group["session_hours"]) for group in groups] == [("S2", 2, 3.5)]
    assert [(period["person_times"], period["distinct_suppliers"]) for period in asked] == [(2, 1), (2, 1)]


async def test_what_makes_no_sense_is_refused_and_no_supplier_looks(stage: Stage) -> None:
    supplier_id = await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        backwards = {"group_by": "kind", "from": "2026-05-01", "to": "2026-04-01"}
        for params in ({"group_by": "colour"}, backwards, {"supplier_id": "S1"}):
            assert (await client.get("/v1/summary", params=params)).status_code == 422
    async with stage.machine("engagement", "engagement:read", supplier_id=supplier_id) as bound:
        for path in (f"/v1/summary?supplier_id={supplier_id}", f"/v1/events/{event['id']}/summary"):
            assert (await bound.get(path)).status_code == 404
