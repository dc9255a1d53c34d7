"""`/v1/events`."""

import zlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain.auditors import EventWarning
from services.engagement.endpoints.callers import Reader, Writer
from services.engagement.models import Event
from services.engagement.repository import events as repository
from services.engagement.repository import rows
from services.engagement.schemas.events import EventPatch, EventView, NewEvent
from services.engagement.schemas.fields import Kind, Withdrawal
from services.engagement.service.event import auditors, events
from shared.days import IsoDate
from shared.web.etags import IfMatch, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/events", "events")


def view(event: Event, warnings: Sequence[EventWarning]) -> EventView:
    """An event as the API shows it."""
    computed = {"warnings": [asdict(warning) for warning in warnings]}
    kept = {name: getattr(event, name) for name in EventView.model_fields if name not in computed}
    return EventView.model_validate(kept | computed)


async def shown(session: AsyncSession, event: Event, response: Response) -> EventView:
    """An event as the API shows it; the ETag tells of its warnings too, which others' attendances bring about."""
    warnings = (await auditors.list_warnings(session, [event]))[event.id]
    mark = [f"{zlib.crc32(repr(warnings).encode()):x}"] if warnings else []
    # It grows with what is written to those invited too, which changes nothing about the event.
    number = [f"s{event.sequence}"] if event.sequence else []
    set_etag(response, event.version, *number, *mark)
    return view(event, warnings)


@router.post("", status_code=201)
async def create_event(body: NewEvent, session: Transaction, caller: Writer, response: Response) -> EventView:
    """Create a forum, a training or a support meeting. Its reference is its natural key and never changes."""
    event = await events.create_event(session, caller.actor, body)
    response.headers["Location"] = f"/v1/events/{event.id}"
    return await shown(session, event, response)


@router.get("")
async def list_events(
    session: Reading,
    caller: Reader,
    pages: Pages,
    event_ref: Annotated[str | None, Query(description="Exactly this reference")] = None,
    kind: Annotated[Kind | None, Query()] = None,
    topic: Annotated[str | None, Query(description="Part of the topic", max_length=200)] = None,
    first: Annotated[IsoDate | None, Query(alias="from", description="Starts on this day (UTC) or later")] = None,
    last: Annotated[IsoDate | None, Query(alias="to", description="Starts on this day (UTC) or earlier")] = None,
    upcoming: Annotated[
        bool | None, Query(description="Not over yet; without those withdrawn, unless they are asked for")
    ] = None,
    withdrawn: Annotated[bool | None, Query()] = None,
) -> Page[EventView]:
    """List events in the order in which they were created."""
    caller.refuse_bound("event")
    query = repository.events_matching(
        event_ref=event_ref,
        kind=kind,
        topic=topic,
        first=first,
        last=last,
        upcoming=upcoming,
        withdrawn=withdrawn,
        now=datetime.now(UTC),
    )
    found, following = await pages.read(session, query, Event.id)
    warnings = await auditors.list_warnings(session, [row.Event for row in found])
    return Page(items=[view(row.Event, warnings[row.Event.id]) for row in found], next_cursor=following)


@router.get("/{event_id}")
async def get_event(event_id: UUID, session: Reading, caller: Reader, response: Response) -> EventView:
    """Read one event."""
    caller.refuse_bound("event")
    event = await rows.get(session, Event, event_id, "event")
    return await shown(session, event, response)


@router.patch("/{event_id}")
async def change_event(
    event_id: UUID, body: EventPatch, expected: IfMatch, session: Transaction, caller: Writer, response: Response
) -> EventView:
    """Change the fields that the body names."""
    event = await events.change_event(session, caller.actor, event_id, expected, body)
    return await shown(session, event, response)


@router.post("/{event_id}/withdraw")
async def withdraw_event(
    event_id: UUID, body: Withdrawal, expected: IfMatch, session: Transaction, caller: Writer, response: Response
) -> EventView:
    """Withdraw an event that did not take place: it counts in no figure and no credit."""
    event = await events.withdraw_event(session, caller.actor, event_id, expected, body)
    return await shown(session, event, response)
