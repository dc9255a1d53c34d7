"""Figures of the scoring service for those who operate it."""

from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.repository import verifications

CHECKED = Gauge("bellwether_scores_checked", "Stored scores recomputed from the evidence", ["service"])
DRIFTED = Gauge("bellwether_scores_drifted", "Those that came out otherwise; must stay 0", ["service"])
VERIFIED = Gauge(
    "bellwether_scores_verified_timestamp_seconds", "When a verification last came to its end; 0: never", ["service"]
)


async def read_verified(session: AsyncSession, service: str) -> None:
    """Read what all verifications found."""
    found = await verifications.read_figures(session)
    CHECKED.labels(service).set(found.checked)
    DRIFTED.labels(service).set(found.drifted)
    VERIFIED.labels(service).set(0 if found.last is None else found.last.timestamp())
