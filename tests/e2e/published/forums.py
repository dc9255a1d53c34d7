"""A forum from the finding that it takes up to the eNews for those who could not come."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import httpx
import icalendar

from tests.e2e.published import cast
from tests.e2e.published.reports import Seen
from tests.engagement import inviting
from tests.engagement.inviting import entry_in, html_of
from tests.engagement.mailed import FORMS, address_in, browser, move, path_of, press, show
from tests.engagement.programme import attend
from tests.engagement.publishing import read, send
from tests.html_forms import Page
from tests.shared.smtp_sink import Sink
from tests.stage import Stage

HOURS = timedelta(hours=4.5)
QUESTIONS = [
    {"code": aspect, "kind": "rating", "aspect": aspect, "text": {"en": f"How was the {aspect}?"}}
    for aspect in ("content", "organisation")
]


@dataclass
class Forum:
    """A forum, and what came of each step towards it."""

    event: dict[str, Any]
    suggestion: dict[str, Any]
    preview: dict[str, Any] = field(default_factory=dict)
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)
    report: dict[str, Any] = field(default_factory=dict)
    recap: dict[str, Any] = field(default_factory=dict)
    recap_preview: dict[str, Any] = field(default_factory=dict)
    recap_mails: list[tuple[str, EmailMessage]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"/v1/events/{self.event['id']}"


async def plan(client: httpx.AsyncClient, suggestion: dict[str, Any], **more: Any) -> Forum:
    """A forum in ten days on what a suggestion names."""
    starts_at = (datetime.now(UTC) + timedelta(days=10)).replace(hour=5, minute=30, second=0, microsecond=0)
    body = {
        "kind": suggestion["kind"],
        "title": suggestion["suggested_title"],
        "topic": suggestion["topic"],
        "provisions": [one["provision"] for one in suggestion["provisions"]],
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + HOURS).isoformat(),
        "time_zone": "Asia/Taipei",
        "channel": "hybrid",
        "join_url": "https://meet.example/j/1",
        "agenda": [{"title": "What the audits found", "minutes": 120}, {"title": "What helps"}],
        "materials": [{"title": "Guide", "url": "https://files.example/guide.pdf"}],
        **more,
    }
    answer = await client.post("/v1/events", json=body)
    assert answer.status_code == 201, answer.text
    return Forum(answer.json(), suggestion)


async def invite(stage: Stage, client: httpx.AsyncClient, sink: Sink, forum: Forum) -> None:
    """Look first, then invite whom the rule means, and have the worker send the mails."""
    provisions = forum.event["provisions"]
    findings = {"provisions": provisions, "only_open": False, **cast.YEAR_OF_FINDINGS}
    rule = {"audience": {"any_of": [{"kinds": ["key", "oem"]}, {"findings": findings}]}}
    forum.preview = (await client.post(f"{forum.url}/invitations/preview", json=rule)).json()
    before = len(sink.taken)
    await inviting.work(stage, sink)
    assert len(sink.taken) == before, "a preview writes to nobody"
    await inviting.invite(stage, forum.event, rule)
    forum.mails = await inviting.work(stage, sink)


async def reply_on_the_page(stage: Stage, mail: EmailMessage) -> None:
    """Open the link in the mail and press the button."""
    async with browser(stage) as reader:
        path = path_of(re.findall(r'href="([^"]+/invitation/[^"]+)"', html_of(mail))[0])
        answer, _ = await press(reader, path, await show(reader, path), "accept")
        assert answer.status_code == 200


async def reply_from_the_calendar(client: httpx.AsyncClient, mail: EmailMessage) -> None:
    """What a calendar sends to the organiser once somebody declines in it, handed in by the mail server."""
    entry = entry_in(mail)
    attendee = icalendar.vCalAddress(str(entry["ATTENDEE"]))
    attendee.params["PARTSTAT"] = "DECLINED"
    answered = icalendar.Event()
    for name in ("UID", "SEQUENCE", "DTSTAMP", "DTSTART", "ORGANIZER"):
        answered[name] = entry[name]
    answered["ATTENDEE"] = attendee
    calendar = icalendar.Calendar({"VERSION": "2.0", "PRODID": "-//mail program//EN", "METHOD": "REPLY"})
    calendar.add_component(answered)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = mail["To"], mail["From"], "Declined"
    message.set_content("I cannot come.")
    message.add_alternative(calendar.to_ical(), "text", "calendar", params={"method": "REPLY"})
    answer = await client.post(
        "/v1/inbound-mails", content=message.as_bytes(), headers={"Content-Type": "message/rfc822"}
    )
    assert (answer.status_code, answer.json()["understood"]) == (200, "reply"), answer.text


async def hold(stage: Stage, client: httpx.AsyncClient, forum: Forum, days_ago: int) -> datetime:
    """The day comes and passes; when it began."""
    await move(stage, forum.event, -(days_ago + 10))
    forum.event = (await client.get(forum.url)).json()
    return datetime.fromisoformat(forum.event["starts_at"])


async def hand_in(client: httpx.AsyncClient, forum: Forum, report: bytes, **params: str) -> None:
    """The meeting tool's report."""
    answer = await client.post(
        f"{forum.url}/attendance-reports", content=report, params=params, headers={"Content-Type": "text/csv"}
    )
    assert answer.status_code == 201, answer.text
    forum.report = answer.json()


async def decide(client: httpx.AsyncClient, forum: Forum, name: str, step: str, **body: str) -> None:
    """About somebody whom nobody could be sure of."""
    url = f"{forum.url}/attendance-reports/{forum.report['id']}/people"
    undecided = (await client.get(url, params={"state": "undecided"})).json()["items"]
    (person,) = (one for one in undecided if one["name"] == name)
    headers = {"If-Match": f'"{person["version"]}"'}
    answer = await client.post(f"{url}/{person['id']}/{step}", json=body, headers=headers)
    assert answer.status_code == 200, answer.text


async def count(client: httpx.AsyncClient, forum: Forum, supplier_code: str, persons: int) -> None:
    """A delegation on site, of whom nobody took the names."""
    await attend(client, forum.event["id"], supplier_code=supplier_code, persons=persons)


async def ask(client: httpx.AsyncClient, forum: Forum) -> None:
    """Set what those who were there are asked."""
    answer = await client.put(
        f"{forum.url}/feedback-questions", json={"questions": QUESTIONS}, headers={"If-Match": "*"}
    )
    assert answer.status_code == 200, answer.text


async def rate(client: httpx.AsyncClient, forum: Forum, ratings: Sequence[int]) -> None:
    """So many of those who were there say what it was like."""
    found = (await client.get(f"{forum.url}/attendances", params={"limit": 200})).json()["items"]
    silent = [one for one in found if one["persons"] == 1 and one["person_ref"] and one["rating"] is None]
    assert len(silent) >= len(ratings)
    for one, rating in zip(silent, ratings, strict=False):
        body = {"attendance_id": one["id"], "rating": rating, "answers": {"content": rating, "organisation": 5}}
        answer = await client.post(f"{forum.url}/feedback", json=body)
        assert answer.status_code in (200, 201), answer.text


async def rate_on_the_page(stage: Stage, mail: EmailMessage) -> None:
    """Somebody who was there opens the link again, which asks now how it was."""
    async with browser(stage) as reader:
        path = path_of(re.findall(r'href="([^"]+/invitation/[^"]+)"', html_of(mail))[0])
        page = await show(reader, path)
        for name in ("rating", "answer.content", "answer.organisation"):
            page.fill(name, "5")
        answer, _ = await press(reader, path, page, "feedback")
        assert answer.status_code == 200, answer.text


async def tell_the_absent(stage: Stage, client: httpx.AsyncClient, sink: Sink, forum: Forum) -> None:
    """Draft the eNews from the forum's record, look at whom it would reach, and send it."""
    answer = await client.post(f"{forum.url}/recap")
    assert answer.status_code == 201, answer.text
    forum.recap = answer.json()
    forum.recap_preview = (await client.post(f"/v1/newsletters/{forum.recap['id']}/preview")).json()
    assert (await send(client, forum.recap)).status_code == 202
    forum.recap_mails = await inviting.work(stage, sink)
    forum.recap = await read(client, forum.recap)


async def unsubscribe_as_a_mail_program_does(stage: Stage, mail: EmailMessage) -> None:
    """One POST to the header's address, which a GET before it has not set off (RFC 8058)."""
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = address_in(str(mail["List-Unsubscribe"]).split(", ")[0])
    async with stage.caller("engagement") as program:
        assert Page.of((await program.get(path)).text).title
        answer = await program.post(path, content=str(mail["List-Unsubscribe-Post"]), **FORMS)
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, "text/plain")


async def follow_the_link_to_the_guide(stage: Stage, mail: EmailMessage) -> str:
    """Click on it; where that leads."""
    (counted,) = re.findall(r'href="([^"]+/link/[^"]+)"', html_of(mail))
    async with stage.caller("engagement") as reader:
        return str((await reader.get(path_of(counted))).headers["location"])


def seen(addresses: Sequence[str]) -> list[Seen]:
    """People whom the meeting tool knows by their address."""
    return [Seen(one.partition("@")[0].capitalize(), one) for one in sorted(addresses)]


def addresses(mails: Sequence[tuple[str, EmailMessage]]) -> list[str]:
    """Who got one, each as often as they did."""
    return sorted(recipient for recipient, _ in mails)


def left_out(preview: dict[str, Any]) -> Counter[str]:
    """How many a preview leaves out, by why."""
    return Counter(one["reason"] for one in preview["left_out"])
