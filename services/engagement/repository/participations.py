"""Who takes part in what, as it is and as the feed last told it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import rules
from services.engagement.models import Participation

Pair = tuple[UUID, UUID]
"""An event or course, and a supplier."""

EVENT_PAIRS = text("""
    SELECT pair.event_id, pair.supplier_id, event.kind, event.starts_at,
        event.withdrawn_on IS NULL AND EXISTS (
            SELECT 1 FROM attendance
            WHERE attendance.event_id = pair.event_id AND attendance.supplier_id = pair.supplier_id
                AND attendance.withdrawn_on IS NULL) AS counts
    FROM unnest(CAST(:events AS uuid[]), CAST(:suppliers AS uuid[])) AS pair (event_id, supplier_id)
    JOIN event ON event.id = pair.event_id
""")


@dataclass(frozen=True, slots=True)
class Found:
    """A supplier's part in an event or course, as it is."""

    subject_id: UUID
    supplier_id: UUID
    kind: str
    on: date
    counts: bool


async def read_event_pairs(session: AsyncSession, pairs: Collection[Pair]) -> list[Found]:
    """How these suppliers take part in these events."""
    asked = {"events": [event_id for event_id, _ in pairs], "suppliers": [supplier_id for _, supplier_id in pairs]}
    return [
        Found(row.event_id, row.supplier_id, row.kind, rules.utc_day(row.starts_at), row.counts)
        for row in await session.execute(EVENT_PAIRS, asked)
    ]


async def pairs_of(session: AsyncSession, subject_ids: Collection[UUID]) -> list[Pair]:
    """All suppliers of which the feed has told at these events."""
    query = select(Participation.subject_id, Participation.supplier_id).where(
        Participation.subject_id == func.any(list(subject_ids))
    )
    return [(row.subject_id, row.supplier_id) for row in await session.execute(query)]


async def find_told(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Participation]:
    """What the feed last told, by the participation's id."""
    query = select(Participation).where(Participation.id == func.any(list(ids)))
    return {row.id: row for row in (await session.scalars(query)).all()}
