"""Inviting an audience: shown before it happens, everybody once, and nobody to what is over."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event as listen

from services.engagement.service.audience.audiences import Audience, Recipient
from services.engagement.service.invitation import inviting
from shared.auth.principal import Actor
from shared.ids import new_id
from tests.engagement.inviting import (
    EVERYBODY,
    add_contact,
    follow_registry,
    invitations,
    invite,
    people,
    planned,
    reply,
    withdraw,
)
from tests.engagement.mailed import move
from tests.engagement.programme import attend, create_supplier, told
from tests.stage import Stage


async def test_a_preview_shows_whom_an_invitation_would_reach_and_changes_nothing(stage: Stage) -> None:
    await people(stage, amy="en", bo="zh-TW")
    await add_contact(stage, await create_supplier(stage, "C"), "amy@amy.example", name="Amy")
    await create_supplier(stage, "D")
    await follow_registry(stage)
    event = await planned(stage)
    async with stage.machine("engagement") as client:
        url = f"/v1/events/{event['id']}/invitations"
        previewed = await client.post(f"{url}/preview", json=EVERYBODY)
        assert previewed.status_code == 200, previewed.text
        figures = previewed.json()
        assert (await client.get(url)).json()["items"] == []
        invited = await client.post(url, json=EVERYBODY)
    assert await stage.psql("engagement", "SELECT FROM delivery") != []
    assert {name: figures[name] for name in ("people", "suppliers", "to_invite", "already_invited")} == {
        "people": 2,
        "suppliers": 2,
        "to_invite": 2,
        "already_invited": 0,
    }
    assert figures["by_language"] == {"en": 1, "zh-TW": 1}
    assert sum(figures["by_reason"].values()) >= 2
    assert {(row["supplier_code"], row["reason"]) for row in figures["left_out"]} == {
        ("C", "duplicate"),
        ("D", "no_contact"),
    }
    assert (invited.status_code, invited.json()) == (201, figures)
    assert "example" not in previewed.text
    assert "Amy" not in previewed.text


async def test_who_is_invited_already_is_left_as_they_are(stage: Stage) -> None:
    await people(stage, amy="en", bo="en")
    event = await planned(stage)
    first = await invite(stage, event, {"audience": {"supplier_codes": ["AMY"]}})
    held = (await invitations(stage, event))["amy"]
    again = await invite(stage, event)
    assert [first["to_invite"], again["to_invite"], again["already_invited"], again["people"]] == [1, 1, 1, 2]
    assert {row["supplier_code"]: row["already_invited"] for row in again["recipients"]} == {"AMY": True, "BO": False}
    assert (await invitations(stage, event))["amy"] == held
    assert await stage.psql("engagement", "SELECT count(*) FROM delivery") == [(2,)]


async def test_somebody_whose_invitation_was_withdrawn_may_be_invited_again(stage: Stage) -> None:
    await people(stage, amy="en")
    event = await planned(stage)
    await invite(stage, event)
    held = (await invitations(stage, event))["amy"]
    await reply(stage, held, "accepted")
    url = f"/v1/events/{event['id']}/invitations/{held['id']}"
    assert (await withdraw(stage, url)).json()["withdrawn_at"] is not None
    second = await withdraw(stage, url)
    assert (second.status_code, second.json()["type"].rsplit("/", 1)[-1]) == (409, "invitation-withdrawn")
    assert (await reply(stage, held, "accepted")).status_code == 409
    assert (await invite(stage, event))["to_invite"] == 1
    anew = (await invitations(stage, event))["amy"]
    assert (anew["id"], anew["reply"], anew["withdrawn_at"]) == (held["id"], "needs_action", None)


@pytest.mark.parametrize("step", ["", "/preview"])
async def test_nobody_is_invited_to_what_is_over_or_withdrawn(stage: Stage, step: str) -> None:
    await people(stage, amy="en")
    past, withdrawn = await planned(stage), await planned(stage, event_ref="FRM-2")
    await move(stage, past, -20)
    await withdraw(stage, f"/v1/events/{withdrawn['id']}")
    async with stage.machine("engagement") as client:
        answers = [
            await client.post(f"/v1/events/{event['id']}/invitations{step}", json=EVERYBODY)
            for event in (past, withdrawn)
        ]
    said = [(answer.status_code, answer.json()["detail"]) for answer in answers]
    assert said == [(409, "The event is over."), (409, "The event is withdrawn.")]


async def test_the_feed_and_the_audit_log_hold_no_person(stage: Stage) -> None:
    suppliers = await people(stage, amy="en")
    event = await planned(stage)
    await invite(stage, event)
    held = (await invitations(stage, event))["amy"]
    await reply(stage, held, "declined")
    await withdraw(stage, f"/v1/events/{event['id']}/invitations/{held['id']}", "No longer a supplier")
    async with stage.machine("engagement") as client:
        events = await told(client, "invitation")
    assert [one["type"] for one in events] == ["invitation.created", "invitation.replied", "invitation.withdrawn"]
    assert events[-1]["data"] == {
        "event_id": event["id"],
        "supplier_id": suppliers["amy"],
        "reply": "declined",
        "withdrawn": True,
        "version": 3,
    }
    log = await stage.psql("engagement", "SELECT changes::text FROM audit_log WHERE action LIKE 'invitation.%'")
    assert held["person_ref"] not in str(events) + str(log)
    assert "No longer a supplier" in str(log)


async def test_attendance_recorded_under_the_same_reference_is_found_with_the_invitation(stage: Stage) -> None:
    suppliers = await people(stage, amy="en", bo="en", cy="en")
    event = await planned(stage)
    await invite(stage, event)
    listed = await invitations(stage, event)
    await move(stage, event, -10)
    async with stage.machine("engagement") as client:
        await attend(client, event["id"], supplier_code="AMY", person_ref=listed["amy"]["person_ref"])
        await attend(client, event["id"], supplier_id=suppliers["bo"], persons=3)
    listed = await invitations(stage, event)
    assert {name: row["attended"] for name, row in listed.items()} == {"amy": "person", "bo": "supplier", "cy": None}
    assert sorted(await invitations(stage, event, attended=True)) == ["amy", "bo"]
    assert sorted(await invitations(stage, event, attended=False)) == ["cy"]


async def test_a_supplier_sees_its_own_people_alone(stage: Stage) -> None:
    suppliers = await people(stage, amy="en", bo="en")
    event = await planned(stage)
    await invite(stage, event)
    listed = await invitations(stage, event)
    url = f"/v1/events/{event['id']}/invitations"
    async with stage.machine("engagement", "engagement:read", supplier_id=suppliers["amy"]) as own:
        items = (await own.get(url)).json()["items"]
        assert [item["supplier_code"] for item in items] == ["AMY"]
        assert (await own.get(f"{url}/{listed['amy']['id']}")).status_code == 200
        assert (await own.get(f"{url}/{listed['bo']['id']}")).status_code == 404
        assert (await own.get(f"{url}/summary")).status_code == 404
        assert (await own.get(f"/v1/events/{event['id']}/calendar.ics")).status_code == 404
        assert (await own.put(f"{url}/{listed['amy']['id']}/reply", json={"reply": "accepted"})).status_code == 403


async def test_the_summary_counts_replies_mails_and_places(stage: Stage) -> None:
    await people(stage, amy="en", bo="en", cy="en", di="en")
    event = await planned(stage, capacity=1)
    await invite(stage, event)
    listed = await invitations(stage, event)
    for name, answer in {"amy": "accepted", "bo": "accepted", "cy": "declined"}.items():
        assert (await reply(stage, listed[name], answer)).status_code == 200
    await withdraw(stage, f"/v1/events/{event['id']}/invitations/{listed['di']['id']}")
    async with stage.machine("engagement") as client:
        summary = (await client.get(f"/v1/events/{event['id']}/invitations/summary")).json()
    assert summary == {
        "invited": 3,
        "withdrawn": 1,
        "by_reply": {"needs_action": 0, "accepted": 1, "declined": 1, "tentative": 0, "waiting": 1},
        "by_mail": {"queued": 3},
        "capacity": 1,
        "places_left": 0,
    }
    assert list(await invitations(stage, event, reply="waiting")) == ["bo"]
    assert list(await invitations(stage, event, withdrawn=True)) == ["di"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "", {"audience": {}}, 422),
        ("POST", "", {}, 422),
        ("POST", "/preview", {"audience": {"colour": "green"}}, 422),
        ("PUT", "/00000000-0000-7000-8000-000000000000/reply", {"reply": "accepted"}, 404),
        ("PUT", "/00000000-0000-7000-8000-000000000000/reply", {"reply": "waiting"}, 422),
        ("GET", "/00000000-0000-7000-8000-000000000000", None, 404),
        ("POST", "/00000000-0000-7000-8000-000000000000/withdraw", {"reason": "x"}, 428),
    ],
)
async def test_wrong_requests_are_refused(stage: Stage, method: str, path: str, body: Any, status: int) -> None:
    event = await planned(stage)
    async with stage.machine("engagement") as client:
        answer = await client.request(method, f"/v1/events/{event['id']}/invitations{path}", json=body)
    assert answer.status_code == status, answer.text


async def test_an_invitation_is_found_under_its_own_event_alone(stage: Stage) -> None:
    await people(stage, amy="en")
    event, other = await planned(stage), await planned(stage, event_ref="FRM-2")
    await invite(stage, event)
    held = (await invitations(stage, event))["amy"]
    async with stage.machine("engagement") as client:
        url = f"/v1/events/{other['id']}/invitations/{held['id']}"
        assert (await client.get(url)).status_code == 404
        assert (await client.put(f"{url}/reply", json={"reply": "accepted"})).status_code == 404
    assert (await withdraw(stage, url)).status_code == 404


async def test_nobody_is_invited_while_the_registry_cannot_be_asked(stage: Stage) -> None:
    await people(stage, amy="en")
    event = await planned(stage)
    registry = stage.transport.applications.pop("registry")
    try:
        async with stage.machine("engagement") as client:
            answer = await client.post(f"/v1/events/{event['id']}/invitations", json=EVERYBODY)
    finally:
        stage.transport.applications["registry"] = registry
    assert answer.status_code == 503
    assert await invitations(stage, event) == {}


async def test_a_reader_cannot_invite_and_is_told_so_before_anybody_is_asked(stage: Stage) -> None:
    event = await planned(stage)
    async with stage.machine("engagement", "engagement:read") as client:
        answer = await client.post(f"/v1/events/{event['id']}/invitations", json=EVERYBODY)
    assert answer.status_code == 403


def crowd(size: int) -> Audience:
    supplier_id = new_id()
    return Audience(
        [Recipient(new_id(), supplier_id, "S1", f"m-{new_id()}", "en", ("everybody",)) for _ in range(size)], []
    )


async def test_a_thousand_people_are_invited_in_as_many_statements_as_one(stage: Stage) -> None:
    database = stage.resources("engagement").database
    statements: list[str] = []

    def note(*arguments: Any) -> None:
        statements.append(arguments[2])

    async def statements_to_invite(size: int, event_id: str) -> int:
        statements.clear()
        async with database.transaction() as session:
            await inviting.invite(session, Actor("ann", None), UUID(event_id), crowd(size), datetime.now(UTC))
        return len(statements)

    event, other = await planned(stage), await planned(stage, event_ref="FRM-2")
    listen.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        one = await statements_to_invite(1, event["id"])
        assert await statements_to_invite(1000, event["id"]) == one
        assert await statements_to_invite(3000, other["id"]) <= 3 * one
    finally:
        listen.remove(database.engine.sync_engine, "before_cursor_execute", note)
    query = "SELECT count(DISTINCT invitation_id), count(*) FROM delivery WHERE status = 'queued'"
    assert await stage.psql("engagement", query) == [(4001, 4001)]
