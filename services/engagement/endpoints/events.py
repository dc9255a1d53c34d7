"""`/v1/events`."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.engagement.endpoints.callers import Reader, Writer
from services.engagement.models import Event
from services.engagement.repository import events as repository
from services.engagement.repository import rows
from services.engagement.schemas.events import EventPatch, EventView, NewEvent
from services.engagement.schemas.fields import Kind, Withdrawal
from services.engagement.service import events
from shared.web.etags import IfMatch, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/events", "events")


@router.post("", status_code=201)
async def create_event(body: NewEvent, session: Transaction, caller: Writer, response: Response) -> EventView:
    """Create a forum, a training or a support meeting. Its reference is its natural key and never changes."""
    event = await events.create_event(session, caller.actor, body)
    set_etag(response, event.version)
    response.headers["Location"] = f"/v1/events/{event.id}"
    return EventView.model_validate(event)


@router.get("")
async def list_events(
    session: Reading,
    caller: Reader,
    pages: Pages,
    event_ref: Annotated[str | None, Query(description="Exactly this reference")] = None,
    kind: Annotated[Kind | None, Query()] = None,
    topic: Annotated[str | None, Query(description="Part of the topic", max_length=200)] = None,
    first: Annotated[date | None, Query(alias="from", description="Starts on this day (UTC) or later")] = None,
    last: Annotated[date | None, Query(alias="to", description="Starts on this day (UTC) or earlier")] = None,
) -> Page[EventView]:
    """List events in the order in which they were created."""
    caller.refuse_bound("event")
    query = repository.events_matching(event_ref=event_ref, kind=kind, topic=topic, first=first, last=last)
    found, following = await pages.read(session, query, Event.id)
    return Page(items=[EventView.model_validate(row.Event) for row in found], next_cursor=following)


@router.get("/{event_id}")
async def get_event(event_id: UUID, session: Reading, caller: Reader, response: Response) -> EventView:
    """Read one event."""
    caller.refuse_bound("event")
    event = await rows.get(session, Event, event_id, "event")
    set_etag(response, event.version)
    return EventView.model_validate(event)


@router.patch("/{event_id}")
async def change_event(
    event_id: UUID, body: EventPatch, expected: IfMatch, session: Transaction, caller: Writer, response: Response
) -> EventView:
    """Change the fields that the body names."""
    event = await events.change_event(session, caller.actor, event_id, expected, body)
    set_etag(response, event.version)
    return EventView.model_validate(event)


@router.post("/{event_id}/withdraw")
async def withdraw_event(
    event_id: UUID, body: Withdrawal, expected: IfMatch, session: Transaction, caller: Writer, response: Response
) -> EventView:
    """Withdraw an event that did not take place: it counts in no figure and no credit."""
    event = await events.withdraw_event(session, caller.actor, event_id, expected, body)
    set_etag(response, event.version)
    return EventView.model_validate(event)
