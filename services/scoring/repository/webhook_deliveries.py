"""Making deliveries out of the feed, leasing them, and forgetting old ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import INTERVAL
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.webhooks import WebhookDelivery
from shared.db import insert_rows, table_of
from shared.feed.tables import event
from shared.ids import new_id


@dataclass(frozen=True, slots=True)
class ToldChange:
    """A change in this service's own feed."""

    id: UUID
    feed_seq: int
    type: str
    resource_id: UUID
    version: int
    time: datetime
    state: dict[str, Any]
    trace: str | None


async def count_waiting(session: AsyncSession, webhook_id: UUID, at_most: int) -> int:
    """How much waits to be sent to a webhook; counted up to a limit."""
    waiting = (
        select(literal(1))
        .select_from(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.status == "pending")
        .limit(at_most)
    )
    return int((await session.execute(select(func.count()).select_from(waiting.subquery()))).scalar_one())


async def list_new_changes(
    session: AsyncSession, types: Sequence[str], after: int, until: int, limit: int
) -> Sequence[tuple[UUID, int, str]]:
    """Id, position and type of the changes of these types in a stretch of the feed, in order."""
    query = (
        select(event.c.id, event.c.feed_seq, event.c.type)
        .where(event.c.feed_seq > after, event.c.feed_seq <= until, event.c.type.in_(types))
        .order_by(event.c.feed_seq)
        .limit(limit)
    )
    return [(row.id, row.feed_seq, row.type) for row in await session.execute(query)]


async def add_deliveries(
    session: AsyncSession, webhook_id: UUID, told: Sequence[tuple[UUID, str]], now: datetime
) -> None:
    """Deliveries of events (id and type), due at once; one that there is already stays as it is."""
    rows = [
        {
            "id": new_id(),
            "version": 1,
            "webhook_id": webhook_id,
            "event_id": event_id,
            "type": event_type,
            "status": "pending",
            "attempts": 0,
            "next_attempt_at": now,
            "created_at": now,
        }
        for event_id, event_type in told
    ]
    if rows:
        statement = insert_rows(table_of(WebhookDelivery), rows)
        await session.execute(statement.on_conflict_do_nothing(index_elements=["webhook_id", "event_id"]))


async def lease_due(
    session: AsyncSession, webhook_id: UUID, limit: int, lease_seconds: int
) -> Sequence[WebhookDelivery]:
    """Deliveries that are due, each attempt counted already; for others they fall due when the lease has run out."""
    due = (
        select(WebhookDelivery.id)
        .where(
            WebhookDelivery.webhook_id == webhook_id,
            WebhookDelivery.status == "pending",
            WebhookDelivery.next_attempt_at <= func.now(),
        )
        .order_by(WebhookDelivery.next_attempt_at, WebhookDelivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    leased = (
        update(WebhookDelivery)
        .where(WebhookDelivery.id == due.c.id)
        .values(
            version=WebhookDelivery.version + 1,
            attempts=WebhookDelivery.attempts + 1,
            last_attempt_at=func.now(),
            next_attempt_at=func.now() + literal(f"{lease_seconds} seconds").cast(INTERVAL),
        )
        .execution_options(synchronize_session=False)
    )
    return (await session.scalars(leased.returning(WebhookDelivery))).all()


async def find_changes(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, ToldChange]:
    """The changes with these ids, as far as the feed still knows them."""
    rows = await session.execute(select(event).where(event.c.id.in_(ids)))
    return {
        row.id: ToldChange(row.id, row.feed_seq, row.type, row.resource_id, row.version, row.time, row.data, row.trace)
        for row in rows
    }


async def update_leased(session: AsyncSession, delivery_id: UUID, version: int, values: Mapping[str, Any]) -> bool:
    """Write what came of an attempt; False where the delivery has gone on without this worker."""
    held = (
        WebhookDelivery.id == delivery_id,
        WebhookDelivery.version == version,
        WebhookDelivery.status == "pending",
    )
    written = (
        update(WebhookDelivery)
        .where(*held)
        .values(version=version + 1, **values)
        .execution_options(synchronize_session=False)
    )
    return (await session.execute(written.returning(WebhookDelivery.id))).first() is not None


async def forget_finished(session: AsyncSession, before: datetime, limit: int) -> int:
    """Delete some deliveries that ended before then; returns how many."""
    old = (
        select(WebhookDelivery.id)
        .where(WebhookDelivery.status != "pending", WebhookDelivery.finished_at < before)
        .limit(limit)
    )
    gone = delete(WebhookDelivery).where(WebhookDelivery.id.in_(old)).execution_options(synchronize_session=False)
    return len((await session.execute(gone.returning(WebhookDelivery.id))).all())
