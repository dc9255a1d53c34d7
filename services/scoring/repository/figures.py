"""Figures of the scoring service for those who operate it: what waits, and what verifications found."""

from prometheus_client import Gauge
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.scores import Dirty, Incomplete
from services.scoring.models.webhooks import Webhook, WebhookDelivery
from services.scoring.repository import verifications

DIRTY = Gauge("bellwether_dirty_suppliers", "Suppliers that wait for a new score", ["service"])
PUT_OFF = Gauge("bellwether_dirty_suppliers_put_off", "Those of them that could not be scored", ["service"])
INCOMPLETE = Gauge("bellwether_incomplete_suppliers", "Suppliers about whom an event was parked", ["service"])
WEBHOOKS = Gauge("bellwether_webhooks", "Receivers of events", ["service", "status"])
WAITING = Gauge("bellwether_webhook_deliveries_waiting", "Events on their way to a receiver", ["service"])
CHECKED = Gauge("bellwether_scores_checked", "Stored scores recomputed from the evidence", ["service"])
DRIFTED = Gauge("bellwether_scores_drifted", "Those that came out otherwise; must stay 0", ["service"])
VERIFIED = Gauge(
    "bellwether_scores_verified_timestamp_seconds", "When a verification last came to its end; 0: never", ["service"]
)


async def read_waiting(session: AsyncSession, service: str) -> None:
    """Read what waits."""
    counted = select(func.count(), func.count().filter(Dirty.attempts > 0)).select_from(Dirty)
    dirty, put_off = (await session.execute(counted)).one()
    DIRTY.labels(service).set(dirty)
    PUT_OFF.labels(service).set(put_off)
    incomplete = select(func.count(func.distinct(Incomplete.supplier_id)))
    INCOMPLETE.labels(service).set(await session.scalar(incomplete) or 0)
    for status in ("active", "disabled"):
        of_status = select(func.count()).select_from(Webhook).where(Webhook.status == status)
        WEBHOOKS.labels(service, status).set(await session.scalar(of_status) or 0)
    pending = select(func.count()).select_from(WebhookDelivery).where(WebhookDelivery.status == "pending")
    WAITING.labels(service).set(await session.scalar(pending) or 0)


async def read_verified(session: AsyncSession, service: str) -> None:
    """Read what all verifications found."""
    found = await verifications.read_figures(session)
    CHECKED.labels(service).set(found.checked)
    DRIFTED.labels(service).set(found.drifted)
    VERIFIED.labels(service).set(0 if found.last is None else found.last.timestamp())
