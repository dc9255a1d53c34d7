"""What is on record of an event, without who was there."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import figures
from services.engagement.domain.plain_texts import unnamed
from services.engagement.models import Attendance, Commitment, Event, SupplierCopy, TreatedFinding


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event, and what its attendances and treated findings add up to; no names but those of its speakers."""

    event: Event
    suppliers: int
    satisfaction: figures.Satisfaction
    root_causes: list[str]
    best_practices: list[str]
    commitments: list[str]


async def read_record(session: AsyncSession, event: Event) -> EventRecord:
    """The record of an event as it stands now."""
    attended = (Attendance.event_id == event.id, Attendance.withdrawn_on.is_(None))
    satisfied = func.count().filter(Attendance.rating >= figures.SATISFIED_FROM)
    counts = select(func.count(Attendance.supplier_id.distinct()), func.count(Attendance.rating), satisfied)
    suppliers, rated, content = (await session.execute(counts.where(*attended))).one()
    named = (SupplierCopy.name, SupplierCopy.code)
    treated = (
        select(TreatedFinding.root_cause, TreatedFinding.best_practice, *named)
        .outerjoin(SupplierCopy, SupplierCopy.id == TreatedFinding.supplier_id)
        .where(TreatedFinding.event_id == event.id)
        .order_by(TreatedFinding.id)
    )
    promised = (
        select(Commitment.what, *named)
        .outerjoin(SupplierCopy, SupplierCopy.id == Commitment.supplier_id)
        .where(Commitment.event_id == event.id, Commitment.status != "withdrawn")
        .order_by(Commitment.id)
    )
    findings = (await session.execute(treated)).all()
    promises = (await session.execute(promised)).all()
    return EventRecord(
        event=event,
        suppliers=suppliers,
        satisfaction=figures.satisfaction(content, rated),
        root_causes=_once(unnamed(row.root_cause, row.name, row.code) for row in findings),
        best_practices=_once(unnamed(row.best_practice, row.name, row.code) for row in findings),
        commitments=_once(unnamed(row.what, row.name, row.code) for row in promises),
    )


def _once(texts: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))
