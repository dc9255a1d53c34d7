"""How many mails wait, for those who operate the service."""

from prometheus_client import Gauge
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import Delivery

WAITING = Gauge("bellwether_mails_waiting", "Mails in line", ["service"])
WAIT = Gauge("bellwether_mails_wait_seconds", "For how long the mail that is due longest has waited", ["service"])


async def read_mails(session: AsyncSession, service: str) -> None:
    """Read what is in line."""
    due_for = func.extract("epoch", func.now() - func.min(Delivery.next_attempt_at))
    counted = select(func.count(), due_for).where(Delivery.status == "queued")
    waiting, seconds = (await session.execute(counted)).one()
    WAITING.labels(service).set(waiting)
    WAIT.labels(service).set(max(0.0, float(seconds or 0)))
