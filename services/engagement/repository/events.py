"""Events and their attendances."""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain.auditors import Present
from services.engagement.models import Attendance, Event, SupplierCopy

AttendanceKey = tuple[UUID, UUID, str | None]
"""Event, supplier and person: the natural key among the attendances that are not withdrawn."""

BY_KEYS = text("""
    SELECT attendance.* FROM attendance
    JOIN unnest(CAST(:events AS uuid[]), CAST(:suppliers AS uuid[]), CAST(:persons AS text[]))
        AS asked (event_id, supplier_id, person_ref)
        ON attendance.event_id = asked.event_id AND attendance.supplier_id = asked.supplier_id
            AND attendance.person_ref IS NOT DISTINCT FROM asked.person_ref
    WHERE attendance.withdrawn_on IS NULL
""")

# A supplier counts together with all that were merged with it: whatever it is called, it is one.
PRESENT = text("""
    WITH there AS (
        SELECT event_id, supplier_id FROM attendance WHERE event_id = ANY(:events) AND withdrawn_on IS NULL
        UNION
        SELECT event_id, supplier_id FROM invitation
        WHERE event_id = ANY(:events) AND withdrawn_at IS NULL AND reply <> 'declined'
        UNION
        SELECT event_id, supplier_id FROM treated_finding WHERE event_id = ANY(:events)
    ), surviving AS (
        SELECT DISTINCT there.event_id, coalesce(merged_into, id) AS id
        FROM there JOIN supplier_copy ON supplier_copy.id = there.supplier_id
    )
    SELECT surviving.event_id, min(survivor.code) AS code, array_agg(kin.code) AS codes, array_agg(kin.name) AS names
    FROM surviving
    JOIN supplier_copy AS kin ON coalesce(kin.merged_into, kin.id) = surviving.id
    LEFT JOIN supplier_copy AS survivor ON survivor.id = surviving.id
    GROUP BY surviving.event_id, surviving.id
    ORDER BY code
""")


def events_matching(
    *,
    event_ref: str | None,
    kind: str | None,
    topic: str | None,
    first: date | None,
    last: date | None,
    upcoming: bool | None,
    withdrawn: bool | None,
    now: datetime,
) -> Select[*tuple[Any, ...]]:
    """The query for a list of events; the days are those on which they start (UTC).

    What is withdrawn is not upcoming, unless it is asked for.
    """
    query: Select[*tuple[Any, ...]] = select(Event, Event.id)
    if event_ref is not None:
        query = query.where(Event.event_ref == event_ref)
    if kind is not None:
        query = query.where(Event.kind == kind)
    if topic is not None:
        query = query.where(Event.topic.icontains(topic, autoescape=True))
    if first is not None:
        query = query.where(Event.starts_at >= datetime.combine(first, time.min, UTC))
    if last is not None:
        query = query.where(Event.starts_at <= datetime.combine(last, time.max, UTC))
    if upcoming is not None:
        query = query.where(Event.ends_at > now if upcoming else Event.ends_at <= now)
    if withdrawn is None and upcoming:
        withdrawn = False
    if withdrawn is not None:
        query = query.where(Event.withdrawn_on.is_not(None) if withdrawn else Event.withdrawn_on.is_(None))
    return query


async def list_present(session: AsyncSession, event_ids: Collection[UUID]) -> dict[UUID, list[Present]]:
    """The suppliers that take part in these events: attended, are invited, or have findings that are treated there."""
    found: dict[UUID, list[Present]] = {event_id: [] for event_id in event_ids}
    for row in await session.execute(PRESENT, {"events": list(event_ids)}):
        found[row.event_id].append(Present(row.code, frozenset(row.codes), frozenset(row.names)))
    return found


async def lock_events_by_ref(session: AsyncSession, refs: Collection[str]) -> dict[str, Event]:
    """The events with these references, held until the transaction ends; in one order, against deadlocks."""
    query = select(Event).where(Event.event_ref == func.any(list(refs))).order_by(Event.id).with_for_update()
    return {event.event_ref: event for event in (await session.scalars(query)).all()}


async def has_event_ref(session: AsyncSession, event_ref: str) -> bool:
    """Whether an event has that reference."""
    return bool(await session.scalar(select(exists().where(Event.event_ref == event_ref))))


def attendances_of(event_id: UUID, supplier_id: UUID | None) -> Select[*tuple[Any, ...]]:
    """The query for an event's attendances with their suppliers' codes; of one supplier where it is named."""
    query: Select[*tuple[Any, ...]] = (
        select(Attendance, Attendance.id, SupplierCopy.code)
        .join(SupplierCopy, SupplierCopy.id == Attendance.supplier_id)
        .where(Attendance.event_id == event_id)
    )
    return query if supplier_id is None else query.where(Attendance.supplier_id == supplier_id)


async def find_attendances(session: AsyncSession, keys: Sequence[AttendanceKey]) -> dict[AttendanceKey, Attendance]:
    """The attendances with these keys that are not withdrawn; those of locked events, so that they stay so."""
    asked = {
        "events": [event_id for event_id, _, _ in keys],
        "suppliers": [supplier_id for _, supplier_id, _ in keys],
        "persons": [person_ref for _, _, person_ref in keys],
    }
    found = await session.scalars(select(Attendance).from_statement(BY_KEYS), asked)
    return {(row.event_id, row.supplier_id, row.person_ref): row for row in found.all()}
