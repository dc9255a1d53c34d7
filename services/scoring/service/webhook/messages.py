"""What is sent for a delivery: body, headers and signatures."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.scoring.domain.webhook import events
from services.scoring.domain.webhook.signatures import sign
from services.scoring.models.webhooks import Webhook, WebhookDelivery
from services.scoring.repository.webhook_deliveries import ToldChange
from services.scoring.service.webhook.webhooks import old_secrets
from shared.sealing import CannotUnseal, Sealer
from shared.web.rendering import to_json

WELL_FOR = timedelta(minutes=1)
"""How exact the time of a webhook's last success is; so that not each of thousands writes the webhook's row."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One attempt at a delivery; `secrets` are the plain ones that sign, the newest first.

    `is_well` tells that its receiver was doing well a moment ago: a success then is no news about it.
    """

    webhook_id: UUID
    delivery_id: UUID
    version: int
    attempts: int
    url: str
    message_id: str
    body: bytes
    secrets: tuple[str, ...]
    is_well: bool
    trace: str | None

    def headers(self, now: datetime) -> dict[str, str]:
        """The headers of Standard Webhooks, for an attempt made now."""
        timestamp = int(now.timestamp())
        return {
            "Content-Type": "application/json",
            "User-Agent": "Bellwether",
            "webhook-id": self.message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(self.secrets, self.message_id, timestamp, self.body),
        }


def describe(delivery: WebhookDelivery, change: ToldChange | None) -> dict[str, Any] | None:
    """The body of a delivery; None where the feed has forgotten the change."""
    if delivery.type == events.TEST:
        data: dict[str, Any] = {"webhook_id": delivery.webhook_id}
        return {"type": delivery.type, "timestamp": delivery.created_at, "data": data}
    if change is None:
        return None
    # With these a receiver sees whether it holds something newer: messages may overtake each other.
    place = {"id": change.resource_id, "version": change.version, "feed_seq": change.feed_seq}
    data = place | events.tell(delivery.type, change.state)
    return {"type": delivery.type, "timestamp": change.time, "data": data}


def write(
    webhook: Webhook, delivery: WebhookDelivery, secrets: tuple[str, ...], change: ToldChange | None
) -> Outgoing | None:
    """What to send; None where the feed has forgotten the change."""
    body = describe(delivery, change)
    if body is None:
        return None
    now = datetime.now(UTC)
    is_well = not webhook.failures and webhook.last_success_at is not None and now - webhook.last_success_at < WELL_FOR
    return Outgoing(
        webhook_id=webhook.id,
        delivery_id=delivery.id,
        version=delivery.version,
        attempts=delivery.attempts,
        url=webhook.url,
        message_id=str(delivery.event_id),
        body=to_json(body),
        secrets=secrets,
        is_well=is_well,
        trace=None if change is None else change.trace,
    )


def unseal_secrets(webhook: Webhook, sealer: Sealer) -> tuple[str, ...]:
    """The secrets that sign now, the newest first; CannotUnseal where that one is lost. Lost old ones are left out."""
    plain = [sealer.unseal(webhook.sealed_secret)]
    for sealed, _ in old_secrets(webhook, datetime.now(UTC)):
        try:
            plain.append(sealer.unseal(sealed))
        except CannotUnseal:
            continue
    return tuple(plain)
