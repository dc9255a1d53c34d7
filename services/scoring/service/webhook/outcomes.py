"""Writing down what came of an attempt, and drawing the consequences for its webhook."""

import random
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.clients import Answer
from services.scoring.domain.webhook import retries
from services.scoring.models.webhooks import Webhook, WebhookDelivery
from services.scoring.repository import webhook_deliveries as deliveries
from services.scoring.repository import webhooks as repository
from services.scoring.service.webhook import webhooks
from services.scoring.service.webhook.messages import Outgoing
from shared.auth.principal import Actor
from shared.db import Database

ATTEMPTS = Counter("bellwether_webhook_attempts_total", "Attempts to deliver an event", ["outcome"])

DELIVERY = Actor(sub="webhooks", client_id=None)
"""In whose name a webhook is disabled."""

GONE = "The receiver answered 410 Gone: it wants nothing more."
NOBODY_THERE = "Every attempt of the last five days failed."
FORGOTTEN = "Not sent: the feed has forgotten this change, which is older than 90 days and superseded."
WORKERS_DIED = "Given up: the workers that sent it died, again and again."
UNSIGNED = (
    "The secret can no longer be read here, since this service's own key was changed. Rotate it, give the receiver "
    "the new one, then enable the webhook."
)


async def note(database: Database, outgoing: Outgoing, answer: Answer) -> None:
    """Write down what came of an attempt; nothing where the delivery has gone on without it."""
    now = datetime.now(UTC)
    known: dict[str, Any] = {
        "response_status": answer.status,
        "response_excerpt": answer.excerpt if answer.status is not None else None,
        "error": answer.error,
        "duration_ms": round(answer.seconds * 1000),
    }
    if answer.is_success:
        known |= {"status": "delivered", "finished_at": now}
    else:
        retry_after = retries.read_retry_after(answer.retry_after, now)
        wait = _time_to_wait(outgoing, answer, retry_after)
        known |= {"status": "dead", "finished_at": now} if wait is None else {"next_attempt_at": now + wait}
    ATTEMPTS.labels(known.get("status", "failed")).inc()
    async with database.transaction() as session:
        # Where all goes well the webhook is not held, so that many deliveries of one end side by side.
        webhook = None
        if not (answer.is_success and outgoing.is_well):
            webhook = await repository.lock_webhook(session, outgoing.webhook_id)
        is_noted = await deliveries.update_leased(session, outgoing.delivery_id, outgoing.version, known)
        if webhook is None or not is_noted:
            return
        if answer.is_success:
            webhook.failures, webhook.failing_since, webhook.resting_until = 0, None, None
            webhook.last_success_at = now
        else:
            await _note_failure(session, webhook, answer.status, retry_after, now)


def end(delivery: WebhookDelivery, error: str) -> None:
    """End a delivery that there is no sense in sending."""
    delivery.version += 1
    delivery.status, delivery.error, delivery.finished_at = "dead", error, datetime.now(UTC)


async def stop_unsigned(database: Database, webhook: Webhook) -> None:
    """Disable a webhook whose messages cannot be signed any more."""
    async with database.transaction() as session:
        held = await repository.lock_webhook(session, webhook.id)
        if held.status == "active" and held.sealed_secret == webhook.sealed_secret:
            await webhooks.stop(session, DELIVERY, held, UNSIGNED)


def _time_to_wait(outgoing: Outgoing, answer: Answer, retry_after: float | None) -> timedelta | None:
    """How long until the next attempt, None where there is no other."""
    if answer.status == HTTPStatus.GONE:
        return None
    chance = random.random()  # noqa: S311  # spreads load, guards nothing
    seconds = retries.seconds_to_next(outgoing.attempts, chance, retry_after)
    return None if seconds is None else timedelta(seconds=seconds)


async def _note_failure(
    session: AsyncSession, webhook: Webhook, status: int | None, retry_after: float | None, now: datetime
) -> None:
    webhook.failures += 1
    webhook.failing_since = webhook.failing_since or now
    rest = retries.seconds_to_rest(webhook.failures, status, retry_after)
    if rest:
        webhook.resting_until = now + timedelta(seconds=rest)
    if webhook.status == "active":
        if status == HTTPStatus.GONE:
            await webhooks.stop(session, DELIVERY, webhook, GONE)
        elif retries.is_given_up(webhook.failing_since, webhook.failures, now):
            await webhooks.stop(session, DELIVERY, webhook, NOBODY_THERE)
