"""Replies by API, page and mail: counted once, in time, and never more of them accepted than there are places."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from services.engagement.models import Invitation
from services.engagement.service.invitation import invitations as service
from shared.errors import Conflict
from shared.ids import new_id
from tests.engagement.inviting import (
    add_contact,
    change,
    entry_in,
    follow_registry,
    invitations,
    invite,
    people,
    planned,
    reply,
    text_of,
    withdraw,
    work,
)
from tests.engagement.mailed import move
from tests.engagement.programme import create_supplier
from tests.shared.smtp_sink import Sink, smtp_sink
from tests.stage import Stage


@pytest.fixture
def sink() -> Iterator[Sink]:
    with smtp_sink() as running:
        yield running


async def replies(stage: Stage, event: dict[str, Any]) -> dict[str, str]:
    return {name: row["reply"] for name, row in (await invitations(stage, event)).items()}


async def invited(stage: Stage, capacity: int | None, *names: str) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    await people(stage, **dict.fromkeys(names, "en"))
    event = await planned(stage, capacity=capacity)
    await invite(stage, event)
    return event, await invitations(stage, event)


async def by_mail(
    stage: Stage, event: dict[str, Any], address: str, partstat: str, sequence: int | None = None, domain: str = "x"
) -> Invitation | None:
    resources = stage.resources("engagement")
    async with resources.database.transaction() as session:
        return await service.take_calendar_reply(
            session, resources.cursor_key, f"{event['id']}@{domain}", address, partstat, sequence
        )


async def test_a_reply_is_kept_and_may_be_changed(stage: Stage) -> None:
    event, listed = await invited(stage, None, "amy")
    first = await reply(stage, listed["amy"], "tentative")
    assert (first.status_code, first.json()["reply"], first.headers["etag"]) == (200, "tentative", '"2-queued-None"')
    assert (await reply(stage, listed["amy"], "accepted")).json()["version"] == 3
    again = await reply(stage, listed["amy"], "accepted")
    assert (again.json()["version"], again.json()["reply"]) == (3, "accepted")
    async with stage.machine("engagement") as client:
        url = f"/v1/events/{event['id']}/invitations/{listed['amy']['id']}/reply"
        stale = await client.put(url, json={"reply": "declined"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412


async def test_whoever_accepts_when_all_places_are_taken_waits_and_the_longest_waiting_gets_the_next(
    stage: Stage, sink: Sink
) -> None:
    event, listed = await invited(stage, 1, "amy", "bo", "cy")
    await work(stage, sink)
    for name in ("amy", "cy", "bo"):
        assert (await reply(stage, listed[name], "accepted")).status_code == 200
    assert await replies(stage, event) == {"amy": "accepted", "bo": "waiting", "cy": "waiting"}
    # Saying it again neither helps nor harms.
    await reply(stage, listed["cy"], "accepted")
    await reply(stage, listed["amy"], "declined")
    assert await replies(stage, event) == {"amy": "declined", "bo": "waiting", "cy": "accepted"}
    ((address, message),) = await work(stage, sink)
    assert address == "cy@cy.example"
    assert "You have accepted, and you have a place." in text_of(message)
    assert entry_in(message)["SEQUENCE"] == 1
    await withdraw(stage, f"/v1/events/{event['id']}/invitations/{listed['cy']['id']}")
    assert (await replies(stage, event))["bo"] == "accepted"


async def test_an_events_etag_tells_of_the_number_that_its_calendar_entries_have(stage: Stage) -> None:
    event, listed = await invited(stage, 1, "amy", "bo")
    async with stage.machine("engagement", "engagement:read") as client:
        before = await client.get(f"/v1/events/{event['id']}")
        for name, answer in (("amy", "accepted"), ("bo", "accepted"), ("amy", "declined")):
            await reply(stage, listed[name], answer)
        after = await client.get(f"/v1/events/{event['id']}", headers={"If-None-Match": before.headers["etag"]})
    assert (after.status_code, after.json()["sequence"], after.json()["version"]) == (200, 1, event["version"])


async def test_those_who_wait_get_the_places_that_are_added_and_one_mail_each(stage: Stage, sink: Sink) -> None:
    event, listed = await invited(stage, 1, "amy", "bo", "cy", "di")
    await work(stage, sink)
    for name in ("amy", "bo", "cy", "di"):
        await reply(stage, listed[name], "accepted")
    await change(stage, event, capacity=3)
    assert await replies(stage, event) == {"amy": "accepted", "bo": "accepted", "cy": "accepted", "di": "waiting"}
    assert [address for address, _ in await work(stage, sink)] == ["bo@bo.example", "cy@cy.example"]
    await change(stage, event, capacity=None, title="New")
    assert set((await replies(stage, event)).values()) == {"accepted"}
    assert len(await work(stage, sink)) == 4


async def test_an_erased_person_gets_no_place_of_which_nobody_could_tell_them(stage: Stage) -> None:
    event, listed = await invited(stage, 1, "amy", "bo", "cy")
    for name in ("amy", "bo", "cy"):
        await reply(stage, listed[name], "accepted")
    erased = UUID(listed["bo"]["id"])
    await stage.psql("engagement", "UPDATE invitation SET contact_id = NULL WHERE id = $1", erased)
    await reply(stage, listed["amy"], "declined")
    assert await replies(stage, event) == {"amy": "declined", "bo": "waiting", "cy": "accepted"}


async def test_fewer_places_take_nobodys_place_away_and_give_none(stage: Stage) -> None:
    event, listed = await invited(stage, 3, "amy", "bo", "cy")
    await reply(stage, listed["amy"], "accepted")
    await reply(stage, listed["bo"], "accepted")
    await change(stage, event, capacity=1)
    await reply(stage, listed["cy"], "accepted")
    await reply(stage, listed["amy"], "declined")
    assert await replies(stage, event) == {"amy": "declined", "bo": "accepted", "cy": "waiting"}


async def test_however_many_answer_at_once_no_more_are_accepted_than_there_are_places(stage: Stage) -> None:
    event = await planned(stage, capacity=5)
    supplier_id = await create_supplier(stage, "S1")
    for n in range(16):
        await add_contact(stage, supplier_id, f"p{n}@s.example")
    await follow_registry(stage)
    await invite(stage, event)
    rows = await stage.psql("engagement", "SELECT id FROM invitation ORDER BY id")
    database = stage.resources("engagement").database

    async def answer(invitation_id: UUID, given: service.Answer) -> None:
        async with database.transaction() as session:
            await service.reply(session, invitation_id, given, datetime.now(UTC))

    query = "SELECT reply, count(*) FROM invitation GROUP BY 1 ORDER BY 1"
    await asyncio.gather(*(answer(row["id"], "accepted") for row in rows))
    assert await stage.psql("engagement", query) == [("accepted", 5), ("waiting", 11)]
    # Some leave while others change their minds.
    held = await stage.psql("engagement", "SELECT id FROM invitation WHERE reply = 'accepted' LIMIT 3")
    waiting = await stage.psql("engagement", "SELECT id FROM invitation WHERE reply = 'waiting' LIMIT 4")
    await asyncio.gather(
        *(answer(row["id"], "declined") for row in held), *(answer(row["id"], "tentative") for row in waiting)
    )
    assert await stage.psql("engagement", query) == [("accepted", 5), ("declined", 3), ("tentative", 4), ("waiting", 4)]


async def test_the_same_audience_invited_twice_at_once_is_invited_once(stage: Stage) -> None:
    await people(stage, amy="en", bo="en")
    event = await planned(stage)
    figures = await asyncio.gather(invite(stage, event), invite(stage, event))
    assert sorted(one["to_invite"] for one in figures) == [0, 2]
    assert await stage.psql("engagement", "SELECT count(*) FROM delivery") == [(2,)]


async def test_a_calendars_answer_is_known_by_the_event_and_the_address(stage: Stage, sink: Sink) -> None:
    event, _ = await invited(stage, None, "amy", "bo")
    await work(stage, sink)
    taken = await by_mail(stage, event, "Amy@AMY.example", "accepted", 0)
    assert taken is not None
    assert taken.reply == "accepted"
    assert await replies(stage, event) == {"amy": "accepted", "bo": "needs_action"}
    assert await by_mail(stage, event, "nobody@amy.example", "ACCEPTED") is None
    assert await by_mail(stage, {"id": new_id()}, "amy@amy.example", "ACCEPTED") is None
    assert await by_mail(stage, {"id": "not-ours"}, "amy@amy.example", "ACCEPTED") is None
    odd = await by_mail(stage, event, "amy@amy.example", "DELEGATED")
    assert odd is not None
    assert odd.reply == "accepted"
    (line,) = await stage.psql("engagement", "SELECT sub FROM audit_log WHERE action = 'invitation.replied'")
    assert line["sub"] == f"invitation:{taken.id}"


async def test_a_calendars_answer_to_what_has_changed_since_says_nothing(stage: Stage, sink: Sink) -> None:
    event, _ = await invited(stage, None, "amy")
    await work(stage, sink)
    later = {"starts_at": "2031-04-16T13:30:00+08:00", "ends_at": "2031-04-16T17:00:00+08:00"}
    await change(stage, event, **later)
    await by_mail(stage, event, "amy@amy.example", "ACCEPTED", 0)
    assert await replies(stage, event) == {"amy": "needs_action"}
    await by_mail(stage, event, "amy@amy.example", "ACCEPTED", 1)
    assert await replies(stage, event) == {"amy": "accepted"}


async def test_no_answer_counts_once_the_event_is_over_or_withdrawn(stage: Stage) -> None:
    event, listed = await invited(stage, None, "amy")
    await move(stage, event, -20)
    late = await reply(stage, listed["amy"], "accepted")
    assert (late.status_code, late.json()["detail"]) == (409, "The event is over.")
    unchanged = await by_mail(stage, event, "amy@amy.example", "ACCEPTED")
    assert unchanged is not None
    assert unchanged.reply == "needs_action"
    gone = await withdraw(stage, f"/v1/events/{event['id']}/invitations/{listed['amy']['id']}")
    assert gone.status_code == 409
    await move(stage, event, 20)
    await withdraw(stage, f"/v1/events/{event['id']}")
    async with stage.resources("engagement").database.transaction() as session:
        with pytest.raises(Conflict, match="withdrawn"):
            await service.reply(session, UUID(listed["amy"]["id"]), "accepted", datetime.now(UTC))
