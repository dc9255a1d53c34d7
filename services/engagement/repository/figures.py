"""Adding up what was done in stretches of time, and the opening balances."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import OpeningBalance

# An event counts on the day on which it starts (UTC), once it has ended; domain/figures.py says what an hour is.
PERSON_HOURS = """coalesce(sum(persons * extract(epoch FROM
                CASE WHEN least(event.ends_at, left_at) > greatest(event.starts_at, joined_at)
                    THEN least(event.ends_at, left_at) - greatest(event.starts_at, joined_at)
                    ELSE event.ends_at - event.starts_at END)), 0) / 3600 AS person_hours"""
OF_ATTENDANCES = f"""coalesce(sum(persons), 0) AS person_times,
            count(DISTINCT person_ref) AS distinct_persons,
            count(DISTINCT coalesce(supplier_copy.merged_into, attendance.supplier_id)) AS distinct_suppliers,
            {PERSON_HOURS},
            count(rating) AS ratings,
            count(*) FILTER (WHERE rating >= :satisfied_from) AS satisfied"""
ATTENDED = """attendance
        JOIN event ON event.id = attendance.event_id
        LEFT JOIN supplier_copy ON supplier_copy.id = attendance.supplier_id"""
SUPPLIER = "CAST(:supplier_id AS uuid)"
EVENT = "CAST(:event_id AS uuid)"
# The survivor where the supplier asked for was merged, and all that have been merged into it. Like the statement below
# it is put together of this module's own words alone.
THEIRS = f"""SELECT id FROM supplier_copy
    WHERE coalesce(merged_into, id) = (SELECT coalesce(merged_into, id) FROM supplier_copy WHERE id = {SUPPLIER})"""  # noqa: S608

SUMS = text(f"""
    WITH theirs AS ({THEIRS})
    SELECT held.session_hours, attended.*, viewed.course_views, completed.course_completions
    FROM unnest(CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]),
                CAST(:firsts AS date[]), CAST(:lasts AS date[]))
        WITH ORDINALITY AS span (starts, ends, first, last, n)
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(extract(epoch FROM ends_at - starts_at)), 0) / 3600 AS session_hours
        FROM event
        WHERE withdrawn_on IS NULL AND ends_at <= :now AND starts_at BETWEEN span.starts AND span.ends
            AND ({EVENT} IS NULL OR id = {EVENT})
            AND ({SUPPLIER} IS NULL OR EXISTS (
                SELECT FROM attendance WHERE attendance.event_id = event.id AND attendance.withdrawn_on IS NULL
                    AND supplier_id IN (SELECT id FROM theirs)))
    ) AS held
    CROSS JOIN LATERAL (
        SELECT {OF_ATTENDANCES}
        FROM {ATTENDED}
        WHERE attendance.withdrawn_on IS NULL AND event.withdrawn_on IS NULL
            AND event.starts_at BETWEEN span.starts AND span.ends
            AND ({EVENT} IS NULL OR event.id = {EVENT})
            AND ({SUPPLIER} IS NULL OR attendance.supplier_id IN (SELECT id FROM theirs))
    ) AS attended
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(count), 0) AS course_views
        FROM course_view WHERE "on" BETWEEN span.first AND span.last AND {EVENT} IS NULL AND withdrawn_on IS NULL
            AND ({SUPPLIER} IS NULL OR supplier_id IN (SELECT id FROM theirs))
    ) AS viewed
    CROSS JOIN LATERAL (
        SELECT count(*) AS course_completions
        FROM course_completion WHERE "on" BETWEEN span.first AND span.last AND {EVENT} IS NULL
            AND withdrawn_on IS NULL
            AND ({SUPPLIER} IS NULL OR supplier_id IN (SELECT id FROM theirs))
    ) AS completed
    ORDER BY span.n
""")  # noqa: S608


@dataclass(frozen=True, slots=True)
class Sums:
    """What was done in a stretch of time, as far as there are records."""

    person_times: int
    distinct_persons: int
    distinct_suppliers: int
    session_hours: float
    person_hours: float
    ratings: int
    satisfied: int
    course_views: int
    course_completions: int


async def add_up(
    session: AsyncSession,
    spans: Sequence[tuple[date, date]],
    now: datetime,
    satisfied_from: int,
    supplier_id: UUID | None = None,
    event_id: UUID | None = None,
) -> list[Sums]:
    """The sums of each (first day, last day), both included; of one supplier or of one event where it is named.

    The session hours of a supplier are those of the events that it attended.
    """
    asked = {
        "starts": [datetime.combine(first, time.min, UTC) for first, _ in spans],
        "ends": [datetime.combine(last, time.max, UTC) for _, last in spans],
        "firsts": [first for first, _ in spans],
        "lasts": [last for _, last in spans],
        "now": now,
        "satisfied_from": satisfied_from,
        "supplier_id": supplier_id,
        "event_id": event_id,
    }
    return [
        Sums(
            person_times=int(row.person_times),
            distinct_persons=row.distinct_persons,
            distinct_suppliers=row.distinct_suppliers,
            session_hours=float(row.session_hours),
            person_hours=float(row.person_hours),
            ratings=row.ratings,
            satisfied=row.satisfied,
            course_views=int(row.course_views),
            course_completions=row.course_completions,
        )
        for row in await session.execute(SUMS, asked)
    ]


async def find_opening_balance(session: AsyncSession, day: date) -> OpeningBalance | None:
    """The latest opening balance up to that day."""
    query = select(OpeningBalance).where(OpeningBalance.as_of <= day).order_by(OpeningBalance.as_of.desc()).limit(1)
    return (await session.scalars(query)).one_or_none()
