"""People who got mails about events or a newsletter, and the browsers in which they open what the mails link to."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx

from services.engagement.service.mail import links
from shared.ids import new_id
from tests.engagement.programme import create_event, create_supplier
from tests.html_forms import Page, check_accessible
from tests.stage import Stage

FORMS = {"headers": {"Content-Type": "application/x-www-form-urlencoded"}}
PERSON = "person-of-s1"
ONLINE = {
    "location": "Taipei, Building 2",
    "join_url": "https://meet.example/j/1",
    "agenda": [{"title": "Fees", "minutes": 30, "speaker": "Lin Mei"}, {"title": "<b>Hours</b>"}],
    "materials": [{"title": "Slides", "url": "https://files.example/a.pdf", "language": "zh-TW"}],
    "recordings": [{"title": "Film", "url": "https://files.example/film"}],
}


def browser(stage: Stage, language: str = "en") -> httpx.AsyncClient:
    """Somebody's browser: no token, follows redirects."""
    client = stage.caller("engagement")
    client.headers["Accept-Language"] = language
    client.follow_redirects = True
    return client


def path_of(url: str) -> str:
    """Where behind the door an address in a mail leads."""
    path = urlsplit(url).path
    assert path.startswith("/engagement/")
    return path.removeprefix("/engagement")


async def event_in(stage: Stage, days: float, **fields: Any) -> dict[str, Any]:
    """An event that starts in so many days and lasts two hours."""
    starts_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
    times = {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + timedelta(hours=2)).isoformat()}
    async with stage.machine("engagement") as client:
        return await create_event(client, **{**times, **fields})


async def move(stage: Stage, event: dict[str, Any], days: float) -> None:
    """Have the event take place so many days later, or earlier: time passes."""
    query = "UPDATE event SET starts_at = starts_at + $2, ends_at = ends_at + $2 WHERE id = $1"
    await stage.psql("engagement", query, UUID(event["id"]), timedelta(days=days))


async def invite(
    stage: Stage, event: dict[str, Any], person: str = PERSON, *, reply: str = "needs_action", supplier_id: str = ""
) -> tuple[UUID, str]:
    """An invitation as it stands once its mail was written; its id, and the address in the mail."""
    invitation_id = new_id()
    query = (
        "INSERT INTO invitation (id, version, event_id, supplier_id, contact_id, person_ref, language, reasons, reply,"
        " created_by) VALUES ($1, 1, $2, $3, $4, $5, 'en', '{}', $6, 'ann')"
    )
    supplier = UUID(supplier_id) if supplier_id else new_id()
    await stage.psql("engagement", query, invitation_id, UUID(event["id"]), supplier, new_id(), person, reply)
    return invitation_id, path_of(links.invitation_url(stage.resources("engagement"), invitation_id))


async def mail(
    stage: Stage,
    kind: str = "newsletter",
    person: str = PERSON,
    *,
    status: str = "sent",
    invitation_id: UUID | None = None,
) -> str:
    """A mail to that person; what its List-Unsubscribe header holds."""
    delivery_id = new_id()
    query = (
        "INSERT INTO delivery (id, kind, subject_id, invitation_id, method, sequence, supplier_id, contact_id,"
        " person_ref, language, status) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'en', $10)"
    )
    more = (invitation_id, "REQUEST", 0) if kind == "invitation" else (None, None, None)
    await stage.psql("engagement", query, delivery_id, kind, new_id(), *more, new_id(), new_id(), person, status)
    return f"<{links.unsubscribe_url(stage.resources('engagement'), delivery_id)}>"


def address_in(header: str) -> str:
    """The address for unsubscribing that a mail program finds in the header, behind the door."""
    assert header.startswith("<http")
    assert header.endswith(">")
    return path_of(header[1:-1])


async def mailbox(stage: Stage, person: str = PERSON) -> dict[str, Any] | None:
    """What is known of a person's wishes."""
    found = await stage.psql("engagement", "SELECT * FROM mailbox WHERE person_ref = $1", person)
    return dict(found[0]) if found else None


async def press(client: httpx.AsyncClient, path: str, page: Page, action: str) -> tuple[httpx.Response, Page]:
    """Send what the page's form would send, to where it would."""
    assert page.action.startswith("?")
    answer = await client.request(page.method.upper(), path + page.action, data=page.sent(action))
    return answer, Page.of(answer.text)


async def supplier(stage: Stage, code: str = "S1") -> str:
    """A supplier; its id."""
    return await create_supplier(stage, code)


async def show(client: httpx.AsyncClient, path: str) -> Page:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    page = Page.of(answer.text)
    check_accessible(page)
    return page
