"""`/v1/newsletters/{id}/deliveries` and `/v1/events/{id}/deliveries`: what became of the mails."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.endpoints.callers import Reader
from services.engagement.models import Delivery, Event, Newsletter
from services.engagement.repository import deliveries as repository
from services.engagement.repository import rows
from services.engagement.schemas.deliveries import DeliveryCounts, MailDeliveryView, Status
from shared.web.pages import Page, Pages, Paging
from shared.web.route import new_router
from shared.web.transaction import Reading

newsletters_router = new_router("/v1/newsletters/{newsletter_id}/deliveries", "deliveries")
events_router = new_router("/v1/events/{event_id}/deliveries", "deliveries")

OnlyIn = Annotated[Status | None, Query(description="Only mails in this state")]


def view(row: Row[tuple[Delivery, UUID, str]]) -> MailDeliveryView:
    """A mail as the API shows it."""
    delivery: Delivery = row.Delivery
    shown = {name: getattr(delivery, name) for name in MailDeliveryView.model_fields if name != "supplier_code"}
    if delivery.status != "queued":
        shown["next_attempt_at"] = None
    return MailDeliveryView.model_validate({**shown, "supplier_code": row.supplier_code})


async def _list(
    session: AsyncSession, pages: Paging, kind: str, subject_id: UUID, status: str | None
) -> Page[MailDeliveryView]:
    query = repository.deliveries_of(kind, subject_id, status)
    found, following = await pages.read(session, query, Delivery.id)
    return Page(items=[view(row) for row in found], next_cursor=following)


@newsletters_router.get("")
async def list_newsletter_deliveries(
    newsletter_id: UUID, session: Reading, caller: Reader, pages: Pages, status: OnlyIn = None
) -> Page[MailDeliveryView]:
    """List a newsletter's mails, one for each recipient."""
    caller.refuse_bound("newsletter")
    await rows.get(session, Newsletter, newsletter_id, "newsletter")
    return await _list(session, pages, "newsletter", newsletter_id, status)


@newsletters_router.get("/counts")
async def count_newsletter_deliveries(newsletter_id: UUID, session: Reading, caller: Reader) -> DeliveryCounts:
    """Count a newsletter's mails by state."""
    caller.refuse_bound("newsletter")
    await rows.get(session, Newsletter, newsletter_id, "newsletter")
    return DeliveryCounts(**await repository.count_by_status(session, newsletter_id))


@events_router.get("")
async def list_event_deliveries(
    event_id: UUID, session: Reading, caller: Reader, pages: Pages, status: OnlyIn = None
) -> Page[MailDeliveryView]:
    """List the mails of an event's invitations; who was told of a change or the end has several."""
    caller.refuse_bound("event")
    await rows.get(session, Event, event_id, "event")
    return await _list(session, pages, "invitation", event_id, status)


@events_router.get("/counts")
async def count_event_deliveries(event_id: UUID, session: Reading, caller: Reader) -> DeliveryCounts:
    """Count the mails of an event's invitations by state."""
    caller.refuse_bound("event")
    await rows.get(session, Event, event_id, "event")
    return DeliveryCounts(**await repository.count_by_status(session, event_id))
