"""The summary and the opening balances over HTTP."""

from typing import Any

import httpx
import pytest

from services.engagement import tasks
from tests.engagement.programme import attend, create_event, create_supplier
from tests.engagement.test_courses import create_course
from tests.stage import Stage

BALANCE = {"as_of": "2025-12-31", "person_times": 4037, "session_hours": 669, "note": "Report of 2025"}
NOTHING = {
    "person_times": 0,
    "distinct_persons": 0,
    "distinct_suppliers": 0,
    "session_hours": 0.0,
    "person_hours": 0.0,
    "satisfaction_percent": None,
    "satisfaction_n": 0,
    "satisfaction_interval": None,
    "course_views": 0,
    "course_completions": 0,
}


async def summary(client: httpx.AsyncClient, **days: str) -> dict[str, Any]:
    answer = await client.get("/v1/summary", params={name.rstrip("_"): day for name, day in days.items()})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def hold_the_year(stage: Stage, client: httpx.AsyncClient) -> dict[str, Any]:
    """A forum of 3.5 h in April, a training of 2 h in May, and one that was called off."""
    for code in ("S1", "S2", "S3"):
        await create_supplier(stage, code)
    forum = await create_event(client)
    training = await create_event(
        client, event_ref="T", kind="training", starts_at="2026-05-05T00:00:00Z", ends_at="2026-05-05T02:00:00Z"
    )
    off = await create_event(client, event_ref="OFF")
    await attend(client, forum["id"], supplier_code="S1", person_ref="p-1", rating=5)
    await attend(client, forum["id"], supplier_code="S1", person_ref="p-2", rating=4)
    await attend(client, forum["id"], supplier_code="S2", person_ref="p-3", rating=3, left_at="2026-04-16T06:30:00Z")
    await attend(client, forum["id"], supplier_code="S3", persons=10)
    await attend(client, training["id"], supplier_code="S1", person_ref="p-1", joined_at="2026-05-05T00:30:00Z")
    gone = await attend(client, training["id"], supplier_code="S2", person_ref="p-3", rating=1)
    url = f"/v1/events/{training['id']}/attendances/{gone['id']}/withdraw"
    await client.post(url, json={"reason": "Was not there"}, headers={"If-Match": '"1"'})
    await attend(client, off["id"], supplier_code="S2", person_ref="p-9", rating=1)
    await client.post(f"/v1/events/{off['id']}/withdraw", json={"reason": "Typhoon"}, headers={"If-Match": '"2"'})
    course = f"/v1/courses/{(await create_course(client))['id']}"
    await client.post(f"{course}/views", json={"supplier_code": "S1", "on": "2026-04-30", "count": 7})
    await client.post(f"{course}/views", json={"on": "2026-05-01", "count": 2})
    await client.post(f"{course}/completions", json={"supplier_code": "S1", "person_ref": "p-1", "on": "2026-05-01"})
    return forum


async def test_where_nothing_happened_every_figure_is_nothing(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        found = await summary(client, from_="2026-01-01", to="2026-12-31")
    assert found == {
        "from": "2026-01-01",
        "to": "2026-12-31",
        "period": NOTHING,
        "cumulative": NOTHING,
        "opening_balance": None,
    }


async def test_the_figures_are_those_computed_by_hand(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        await hold_the_year(stage, client)
        found = await summary(client, from_="2026-04-01", to="2026-05-31")
    assert found["period"] == {
        "person_times": 14,
        "distinct_persons": 3,
        "distinct_suppliers": 3,
        "session_hours": 5.5,
        # the forum: two at 3.5 h, one for 1 h, ten counted at 3.5 h; the training: one for 1.5 h
        "person_hours": 7 + 1 + 35 + 1.5,
        "satisfaction_percent": 66.67,
        "satisfaction_n": 3,
        "satisfaction_interval": [20.77, 93.85],
        "course_views": 9,
        "course_completions": 1,
    }
    assert found["cumulative"] == found["period"]


async def test_a_period_has_what_began_in_it(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        await hold_the_year(stage, client)
        april = (await summary(client, from_="2026-04-16", to="2026-04-30"))["period"]
        may = (await summary(client, from_="2026-05-01", to="2026-05-05"))["period"]
        none = (await summary(client, from_="2026-05-06", to="2026-05-06"))["period"]
        everything = (await summary(client))["period"]
    assert (april["person_times"], april["session_hours"], april["course_views"]) == (13, 3.5, 7)
    assert (may["person_times"], may["session_hours"], may["course_views"], may["course_completions"]) == (1, 2.0, 2, 1)
    assert (may["satisfaction_n"], may["satisfaction_percent"]) == (0, None)
    assert none == NOTHING
    assert everything["person_times"] == 14


async def test_running_totals_begin_at_the_latest_balance_up_to_the_day(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        await hold_the_year(stage, client)
        opened = await client.post("/v1/opening-balances", json=BALANCE)
        read = await client.get(opened.headers["location"])
        later = {**BALANCE, "as_of": "2026-04-30", "person_times": 5000, "session_hours": 700, "course_views": 100}
        await client.post("/v1/opening-balances", json=later)
        before = await summary(client, to="2025-12-30")
        april = await summary(client, from_="2026-04-01", to="2026-04-29")
        may = await summary(client, from_="2026-05-01", to="2026-05-31")
        listed = (await client.get("/v1/opening-balances")).json()["items"]
    assert opened.status_code == 201
    assert (read.json(), read.headers["etag"]) == (opened.json(), opened.headers["etag"])
    assert [item["as_of"] for item in listed] == ["2025-12-31", "2026-04-30"]
    assert (before["opening_balance"], before["cumulative"]) == (None, NOTHING)
    assert april["opening_balance"]["person_times"] == 4037
    assert (april["cumulative"]["person_times"], april["cumulative"]["session_hours"]) == (4050, 672.5)
    assert april["period"]["person_times"] == 13
    # What the later balance covers is not counted once more.
    assert (may["cumulative"]["person_times"], may["cumulative"]["session_hours"]) == (5001, 702.0)
    assert may["cumulative"]["course_views"] == 102


async def test_there_is_one_opening_balance_of_a_day_and_none_of_tomorrow(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        await client.post("/v1/opening-balances", json=BALANCE)
        again = await client.post("/v1/opening-balances", json=BALANCE)
        future = await client.post("/v1/opening-balances", json={**BALANCE, "as_of": "2199-12-31"})
        nameless = await client.post("/v1/opening-balances", json={**BALANCE, "note": ""})
        negative = await client.post("/v1/opening-balances", json={**BALANCE, "person_times": -1})
    assert again.status_code == 409
    assert [answer.json()["errors"][0]["pointer"] for answer in (future, nameless, negative)] == [
        "#/as_of",
        "#/note",
        "#/person_times",
    ]


@pytest.mark.parametrize("days", [{"from": "2026-05-01", "to": "2026-04-01"}, {"to": "yesterday"}])
async def test_a_period_that_is_none_is_refused(stage: Stage, days: dict[str, str]) -> None:
    async with stage.machine("engagement") as client:
        assert (await client.get("/v1/summary", params=days)).status_code == 422


async def test_the_ends_of_time_are_days_too(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        assert (await summary(client, from_="0001-01-01", to="9999-12-31"))["period"] == NOTHING


async def test_merged_suppliers_count_as_one(stage: Stage) -> None:
    one, two = await create_supplier(stage, "S1"), await create_supplier(stage, "S2")
    async with stage.machine("engagement") as client, stage.machine("registry") as registry:
        event = await create_event(client)
        for code in ("S1", "S2"):
            await attend(client, event["id"], supplier_code=code)
        assert (await summary(client))["period"]["distinct_suppliers"] == 2
        assert (await registry.post(f"/v1/suppliers/{one}/merge", json={"into": two})).status_code == 200
        await tasks.follower(stage.resources("engagement")).pull("registry")
        assert (await summary(client))["period"]["distinct_suppliers"] == 1
