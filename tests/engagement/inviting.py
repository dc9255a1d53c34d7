"""Suppliers with contacts, invitations to an event, and the worker that sends their mails to a real mail server."""

from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import httpx
import icalendar

from services.engagement import tasks
from shared.tasks import run_due
from tests.engagement.mailed import event_in
from tests.engagement.programme import create_supplier
from tests.shared.smtp_sink import Sink
from tests.stage import Stage

EVERYBODY = {"audience": {"everybody": True}}


async def add_contact(stage: Stage, supplier_id: str, email: str, name: str = "Lin Mei", **more: str) -> str:
    """A contact at the registry; returns its id."""
    async with stage.machine("registry") as client:
        body = {"name": name, "email": email, "role": "sustainability", **more}
        answer = await client.post(f"/v1/suppliers/{supplier_id}/contacts", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


async def follow_registry(stage: Stage) -> None:
    """Take in what the registry tells of suppliers."""
    follower = tasks.follower(stage.resources("engagement"))
    while await follower.pull("registry"):
        pass


async def people(stage: Stage, **languages: str) -> dict[str, str]:
    """A supplier for each name, with a contact who reads that language at name@NAME.example; name -> supplier's id."""
    made = {}
    for name, language in languages.items():
        made[name] = await create_supplier(stage, name.upper())
        await add_contact(stage, made[name], f"{name}@{name}.example", name=name.capitalize(), language=language)
    await follow_registry(stage)
    return made


async def planned(stage: Stage, **fields: Any) -> dict[str, Any]:
    """An event in ten days."""
    return await event_in(stage, 10, speakers=[], **fields)


async def invite(stage: Stage, event: dict[str, Any], body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Invite everybody, or the given audience; returns the figures."""
    async with stage.machine("engagement") as client:
        answer = await client.post(f"/v1/events/{event['id']}/invitations", json=body or EVERYBODY)
        assert answer.status_code == 201, answer.text
        figures: dict[str, Any] = answer.json()
        return figures


async def invitations(stage: Stage, event: dict[str, Any], **params: Any) -> dict[str, dict[str, Any]]:
    """The event's invitations by their suppliers' codes in small letters."""
    async with stage.machine("engagement", "engagement:read") as client:
        answer = await client.get(f"/v1/events/{event['id']}/invitations", params=params)
        assert answer.status_code == 200, answer.text
        return {item["supplier_code"].lower(): item for item in answer.json()["items"]}


async def reply(stage: Stage, invitation: dict[str, Any], answer: str) -> httpx.Response:
    """Record what somebody answered."""
    async with stage.machine("engagement") as client:
        url = f"/v1/events/{invitation['event_id']}/invitations/{invitation['id']}/reply"
        return await client.put(url, json={"reply": answer})


async def change(stage: Stage, event: dict[str, Any], **fields: Any) -> None:
    """Change an event."""
    async with stage.machine("engagement") as client:
        answer = await client.patch(f"/v1/events/{event['id']}", json=fields, headers={"If-Match": "*"})
        assert answer.status_code == 200, answer.text


async def withdraw(stage: Stage, url: str, reason: str = "Too few came") -> httpx.Response:
    """Withdraw an event or an invitation."""
    async with stage.machine("engagement") as client:
        return await client.post(f"{url}/withdraw", json={"reason": reason}, headers={"If-Match": "*"})


async def work(stage: Stage, sink: Sink) -> list[tuple[str, EmailMessage]]:
    """Have the worker send what is in line; returns what the mail server took meanwhile, by address."""
    resources = stage.resources("engagement")
    settings = resources.settings.model_copy(update={"smtp_url": sink.url, "mails_per_minute": 60_000})
    resources = replace(resources, settings=settings)
    before = len(sink.taken)
    await run_due(resources.database, tasks.handlers(resources), tasks.GIVE_UP)
    return sorted(sink.taken[before:], key=lambda one: one[0])


def calendar_in(message: EmailMessage) -> icalendar.Calendar:
    """What a mail program hands to the calendar."""
    part = next(part for part in message.walk() if part.get_content_type() == "text/calendar")
    data = part.get_payload(decode=True)
    assert isinstance(data, bytes)
    calendar = icalendar.Calendar.from_ical(data)
    assert isinstance(calendar, icalendar.Calendar)
    assert str(calendar["METHOD"]) == part.get_param("method")
    return calendar


def entry_in(message: EmailMessage) -> icalendar.Event:
    """The calendar's one event."""
    (event,) = calendar_in(message).walk("VEVENT")
    assert isinstance(event, icalendar.Event)
    return event


def text_of(message: EmailMessage) -> str:
    """The mail as plain text."""
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def html_of(message: EmailMessage) -> str:
    """The mail as HTML."""
    body = message.get_body(("html",))
    assert body is not None
    return str(body.get_content())
