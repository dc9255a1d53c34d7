"""Sending on request: a test event, a delivery once more, or all that died since some time."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.webhook.events import TEST
from services.scoring.models.webhooks import Webhook, WebhookDelivery
from services.scoring.repository import webhooks as repository
from services.scoring.service.webhook.webhooks import feed_state, lock_live
from shared import journal
from shared.auth.principal import Actor
from shared.errors import Conflict
from shared.ids import new_id
from shared.journal import Change

MOST_REPLAYED = 5000


async def send_test(session: AsyncSession, actor: Actor, webhook_id: UUID) -> WebhookDelivery:
    """The delivery of a test event, due at once."""
    await _lock_active(session, webhook_id)
    delivery_id, now = new_id(), datetime.now(UTC)
    delivery = WebhookDelivery(
        id=delivery_id, version=1, webhook_id=webhook_id, event_id=delivery_id, type=TEST, status="pending",
        attempts=0, next_attempt_at=now, last_attempt_at=None, response_status=None, response_excerpt=None,
        error=None, duration_ms=None, created_at=now, finished_at=None,
    )  # fmt: skip
    session.add(delivery)
    await session.flush()
    await _record(session, actor, delivery, "tested")
    return delivery


async def replay_delivery(session: AsyncSession, actor: Actor, webhook_id: UUID, delivery_id: UUID) -> WebhookDelivery:
    """The delivery, due at once and from its first attempt, whatever came of it before."""
    await _lock_active(session, webhook_id)
    delivery = await repository.lock_delivery(session, webhook_id, delivery_id)
    delivery.version += 1
    delivery.status, delivery.attempts, delivery.finished_at = "pending", 0, None
    delivery.next_attempt_at = datetime.now(UTC)
    await session.flush()
    await _record(session, actor, delivery, "replayed")
    return delivery


async def replay_dead(session: AsyncSession, actor: Actor, webhook_id: UUID, since: datetime) -> tuple[int, bool]:
    """How many dead deliveries, made since then, are sent again, and whether there may be more: the oldest go first."""
    webhook = await _lock_active(session, webhook_id)
    replayed = await repository.revive_dead(session, webhook_id, since, MOST_REPLAYED)
    if replayed:
        state = feed_state(webhook)
        private = {"replayed": [None, replayed], "since": [None, since.isoformat()]}
        change = Change("webhook.replayed", webhook.id, webhook.version, state, state, private)
        await journal.record(session, actor, [change])
    return replayed, replayed == MOST_REPLAYED


async def _lock_active(session: AsyncSession, webhook_id: UUID) -> Webhook:
    webhook = await lock_live(session, webhook_id, None)
    if webhook.status != "active":
        raise Conflict("The webhook is disabled: enable it first.", code="webhook-disabled")
    # Whoever asks for it wants it now.
    webhook.resting_until = None
    return webhook


async def _record(session: AsyncSession, actor: Actor, delivery: WebhookDelivery, happened: str) -> None:
    state = {"webhook_id": str(delivery.webhook_id), "event_id": str(delivery.event_id), "type": delivery.type}
    change = Change(f"webhook_delivery.{happened}", delivery.id, delivery.version, state)
    await journal.record(session, actor, [change])
