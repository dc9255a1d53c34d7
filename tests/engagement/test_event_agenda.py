"""Agendas of events."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from services.engagement.domain import rules
from tests.engagement.mailed import browser, invite, show
from tests.engagement.programme import FORUM, create_event
from tests.stage import Stage

STARTS = datetime(2026, 4, 16, 5, 30, tzinfo=UTC)
ENDS = STARTS + timedelta(hours=3, minutes=30)
AGENDA = [
    {"title": "Welcome", "minutes": 10, "speaker": "Lin Mei"},
    {"title": "What the audits found", "starts_at": "2026-04-16T13:45:00+08:00", "minutes": 45},
    {"title": "Fees: how to pay them back"},
    {"title": "Questions", "starts_at": "2026-04-16T16:30:00+08:00", "minutes": 30},
]


def item(minutes_in: int | None = None, minutes: int | None = None) -> dict[str, Any]:
    """An item of an agenda as it is kept."""
    starts_at = None if minutes_in is None else (STARTS + timedelta(minutes=minutes_in)).isoformat()
    return {"title": "Item", "starts_at": starts_at, "minutes": minutes, "speaker": None}


@pytest.mark.parametrize(
    ("agenda", "minutes_in"),
    [
        ([item(None, 60), item(None, 90), item()], [0, 60, 150]),
        ([item(), item(), item(90, 30), item()], [0, None, 90, 120]),
        ([item(0, 60), item(0, 120), item(30, 10), item()], [0, 0, 30, 120]),
    ],
)
def test_an_item_begins_when_it_says_else_after_the_longest_above_it_else_nobody_knows(
    agenda: list[dict[str, Any]], minutes_in: list[int | None]
) -> None:
    times = rules.times_of_agenda(STARTS, agenda)
    assert times == [None if n is None else STARTS + timedelta(minutes=n) for n in minutes_in]


async def test_mails_calendars_pages_and_recaps_show_the_same_times(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        event = await create_event(client, agenda=AGENDA)
        recap = (await client.post(f"/v1/events/{event['id']}/recap")).json()
        calendar = Calendar.from_ical((await client.get(f"/v1/events/{event['id']}/calendar.ics")).content)
    _, path = await invite(stage, event)
    async with browser(stage) as guest:
        page = " ".join((await show(guest, path)).text.split())
    (entry,) = calendar.walk("VEVENT")
    for line in ("13:30 Welcome", "13:45 What the audits found", "14:30 Fees: how to pay them back", "16:30 Questions"):
        assert line in page
        assert line in entry["DESCRIPTION"]
        assert line in recap["articles"][0]["texts"]["en"]["body"].replace("\\", "")


async def test_an_agenda_is_read_back_in_its_order(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        event = await create_event(client, agenda=AGENDA)
    assert [part["title"] for part in event["agenda"]] == [part["title"] for part in AGENDA]
    assert event["agenda"][0] == {"title": "Welcome", "starts_at": None, "minutes": 10, "speaker": "Lin Mei"}
    assert event["agenda"][1]["starts_at"] == "2026-04-16T05:45:00Z"


@pytest.mark.parametrize(
    ("agenda", "pointer"),
    [
        ([{"title": "Early", "starts_at": "2026-04-16T13:29:00+08:00"}], "#/agenda/0/starts_at"),
        ([{"title": "Late", "starts_at": "2026-04-16T17:00:00+08:00"}], "#/agenda/0/starts_at"),
        ([*AGENDA, {"title": "Back", "starts_at": "2026-04-16T16:29:00+08:00"}], "#/agenda/4/starts_at"),
        ([{"title": "Long", "minutes": 211}], "#/agenda/0/minutes"),
        ([{"title": "Long", "minutes": 200}, {"title": "Longer", "minutes": 20}], "#/agenda/1/minutes"),
        ([{"title": "None", "minutes": 0}], "#/agenda/0/minutes"),
        ([{"title": "Local", "starts_at": "2026-04-16T14:00:00"}], "#/agenda/0/starts_at"),
        ([{"minutes": 5}], "#/agenda/0/title"),
    ],
)
async def test_an_agenda_that_does_not_fit_the_event_is_refused_where_it_does_not(
    stage: Stage, agenda: list[Any], pointer: str
) -> None:
    async with stage.machine("engagement") as client:
        answer = await client.post("/v1/events", json={**FORUM, "agenda": agenda})
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])


async def test_an_event_is_not_moved_away_from_its_agenda_but_together_with_it(stage: Stage) -> None:
    times = {"starts_at": "2026-04-15T13:30:00+08:00", "ends_at": "2026-04-15T17:00:00+08:00"}
    moved = [{"title": "Fees", "starts_at": "2026-04-15T14:00:00+08:00"}]
    async with stage.machine("engagement") as client:
        url = f"/v1/events/{(await create_event(client, agenda=AGENDA))['id']}"
        alone = await client.patch(url, json=times, headers={"If-Match": '"1"'})
        together = await client.patch(url, json={**times, "agenda": moved}, headers={"If-Match": '"1"'})
    assert alone.status_code == 422
    assert {error["pointer"] for error in alone.json()["errors"]} == {"#/agenda/1/starts_at", "#/agenda/3/starts_at"}
    assert (together.status_code, together.json()["agenda"][0]["title"]) == (200, "Fees")


async def test_another_order_of_the_same_items_is_a_change(stage: Stage) -> None:
    agenda = [{"title": "One"}, {"title": "Two"}]
    async with stage.machine("engagement") as client:
        url = f"/v1/events/{(await create_event(client, agenda=agenda))['id']}"
        same = await client.patch(url, json={"agenda": agenda}, headers={"If-Match": '"1"'})
        turned = await client.patch(url, json={"agenda": agenda[::-1]}, headers={"If-Match": '"1"'})
    assert (same.headers["etag"], turned.headers["etag"]) == ('"1"', '"2"')


def test_sessions_side_by_side_are_no_error() -> None:
    agenda = [item(0, 60), item(0, 60), item(30, 90), item(30)]
    assert rules.complaints_about_agenda(STARTS, ENDS, agenda) == []


def test_an_item_without_a_time_begins_when_the_longest_above_it_is_over() -> None:
    agenda = [item(0, 200), item(30, 10), item(None, 11)]
    assert rules.complaints_about_agenda(STARTS, ENDS, agenda) == [("agenda/2/minutes", "last longer than the event")]


@given(st.lists(st.integers(1, 60), max_size=12))
def test_items_that_follow_each_other_fit_exactly_as_long_as_their_minutes_do(lengths: list[int]) -> None:
    fits = rules.complaints_about_agenda(STARTS, ENDS, [item(None, minutes) for minutes in lengths]) == []
    assert fits == (sum(lengths) <= (ENDS - STARTS).total_seconds() / 60)


@given(st.lists(st.integers(0, 209), max_size=12))
def test_times_in_order_are_accepted_and_no_others(times: list[int]) -> None:
    complaints = rules.complaints_about_agenda(STARTS, ENDS, [item(minutes_in) for minutes_in in times])
    assert (complaints == []) == (times == sorted(times))


def test_an_event_has_the_days_of_the_place_where_it_is_held() -> None:
    evening = datetime(2026, 4, 16, 15, 0, tzinfo=UTC)
    assert rules.days_there(evening, evening + timedelta(hours=1), "Asia/Taipei") == (date(2026, 4, 16),) * 2
    assert rules.days_there(evening, evening + timedelta(hours=2), "Asia/Taipei")[1] == date(2026, 4, 17)
    assert rules.days_there(evening, evening + timedelta(hours=2), "America/New_York") == (date(2026, 4, 16),) * 2
