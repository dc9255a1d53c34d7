"""Reading and locking webhooks, and what waits to be sent to them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.webhooks import Webhook, WebhookDelivery
from shared.errors import NotFound


async def get_webhook(session: AsyncSession, webhook_id: UUID) -> Webhook:
    """The webhook with that id, or NotFound."""
    found = await session.get(Webhook, webhook_id)
    if found is None:
        raise NotFound("No such webhook.")
    return found


async def lock_webhook(session: AsyncSession, webhook_id: UUID) -> Webhook:
    """The webhook with that id, held until the transaction ends, or NotFound; to be held before its deliveries."""
    # Not against inserts of deliveries, which only ask that the webhook stays.
    found = await session.get(Webhook, webhook_id, with_for_update={"key_share": True})
    if found is None:
        raise NotFound("No such webhook.")
    return found


async def find_idle_webhook(session: AsyncSession, webhook_id: UUID) -> Webhook | None:
    """An active webhook, held until the transaction ends; None where it is not active, or another holds it."""
    query = select(Webhook).where(Webhook.id == webhook_id, Webhook.status == "active")
    return (await session.scalars(query.with_for_update(key_share=True, skip_locked=True))).one_or_none()


async def list_listening(session: AsyncSession) -> Sequence[tuple[UUID, int]]:
    """The active webhooks, and up to which position of the feed their deliveries have been made."""
    query = select(Webhook.id, Webhook.feed_pos).where(Webhook.status == "active").order_by(Webhook.id)
    return [(row.id, row.feed_pos) for row in await session.execute(query)]


async def list_due(session: AsyncSession) -> Sequence[UUID]:
    """The webhooks to which something is to be sent now."""
    waiting = select(WebhookDelivery.id).where(
        WebhookDelivery.webhook_id == Webhook.id,
        WebhookDelivery.status == "pending",
        WebhookDelivery.next_attempt_at <= func.now(),
    )
    rested = or_(Webhook.resting_until.is_(None), Webhook.resting_until <= func.now())
    query = select(Webhook.id).where(Webhook.status == "active", rested, waiting.exists())
    return (await session.scalars(query.order_by(func.random()))).all()


async def get_delivery(session: AsyncSession, webhook_id: UUID, delivery_id: UUID) -> WebhookDelivery:
    """A webhook's delivery, or NotFound."""
    found = await session.get(WebhookDelivery, delivery_id)
    if found is None or found.webhook_id != webhook_id:
        raise NotFound("No such delivery.")
    return found


async def lock_delivery(session: AsyncSession, webhook_id: UUID, delivery_id: UUID) -> WebhookDelivery:
    """A webhook's delivery, held until the transaction ends, or NotFound."""
    found = await session.get(WebhookDelivery, delivery_id, with_for_update=True)
    if found is None or found.webhook_id != webhook_id:
        raise NotFound("No such delivery.")
    return found


def deliveries_of(webhook_id: UUID, status: str | None, event_type: str | None) -> Select[WebhookDelivery, UUID]:
    """The query for a webhook's deliveries."""
    query = select(WebhookDelivery, WebhookDelivery.id).where(WebhookDelivery.webhook_id == webhook_id)
    if status is not None:
        query = query.where(WebhookDelivery.status == status)
    return query if event_type is None else query.where(WebhookDelivery.type == event_type)


async def revive_dead(session: AsyncSession, webhook_id: UUID, since: datetime, limit: int) -> int:
    """Have the oldest dead deliveries made since then tried again from their first attempt; returns how many."""
    dead = (
        select(WebhookDelivery.id)
        .where(
            WebhookDelivery.webhook_id == webhook_id,
            WebhookDelivery.status == "dead",
            WebhookDelivery.created_at >= since,
        )
        .order_by(WebhookDelivery.id)
        .limit(limit)
    )
    revived = (
        update(WebhookDelivery)
        .where(WebhookDelivery.id.in_(dead), WebhookDelivery.status == "dead")
        .values(
            status="pending",
            version=WebhookDelivery.version + 1,
            attempts=0,
            next_attempt_at=func.now(),
            finished_at=None,
        )
        .execution_options(synchronize_session=False)
    )
    return len((await session.execute(revived.returning(WebhookDelivery.id))).all())


async def end_pending(session: AsyncSession, webhook_id: UUID, error: str) -> None:
    """End all that waits to be sent to a webhook."""
    await session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.status == "pending")
        .values(status="dead", version=WebhookDelivery.version + 1, error=error, finished_at=func.now())
        .execution_options(synchronize_session=False)
    )
