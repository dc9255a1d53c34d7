"""The figures of a period by kind of event, by topic or by supplier."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.repository.figures import ATTENDED, OF_ATTENDANCES, SUPPLIER, THEIRS

KEYS: Final[Mapping[str, str]] = {
    "kind": "event.kind",
    "topic": "event.topic",
    "supplier": "coalesce(supplier_copy.merged_into, attendance.supplier_id)",
}
"""What a group is."""

PRESENT = f"""{ATTENDED}
        WHERE attendance.withdrawn_on IS NULL AND event.withdrawn_on IS NULL
            AND event.starts_at BETWEEN :starts AND :ends
            AND ({SUPPLIER} IS NULL OR attendance.supplier_id IN (SELECT id FROM theirs))"""  # noqa: S608  # of these modules' own words alone
ALL_EVENTS = "event WHERE event.withdrawn_on IS NULL AND event.starts_at BETWEEN :starts AND :ends"


@dataclass(frozen=True, slots=True)
class GroupSums:
    """What was done at the events of a group; `key` is None for events without a topic."""

    key: str | UUID | None
    code: str | None
    name: str | None
    person_times: int
    distinct_persons: int
    distinct_suppliers: int
    session_hours: float
    person_hours: float
    ratings: int
    satisfied: int


async def add_up_groups(
    session: AsyncSession,
    group_by: str,
    span: tuple[date, date],
    now: datetime,
    satisfied_from: int,
    supplier_id: UUID | None,
    most: int,
) -> list[GroupSums]:
    """At most `most` groups, most person-times first; only what `supplier_id` took part in where it is named."""
    first, last = span
    asked = {
        "starts": datetime.combine(first, time.min, UTC),
        "ends": datetime.combine(last, time.max, UTC),
        "now": now,
        "satisfied_from": satisfied_from,
        "supplier_id": supplier_id,
        "most": most,
    }
    statement = text(_statement(group_by, only_attended=group_by == "supplier" or supplier_id is not None))
    return [
        GroupSums(
            key=row.key,
            code=row.code,
            name=row.name,
            person_times=int(row.person_times or 0),
            distinct_persons=row.distinct_persons or 0,
            distinct_suppliers=row.distinct_suppliers or 0,
            session_hours=float(row.session_hours or 0),
            person_hours=float(row.person_hours or 0),
            ratings=row.ratings or 0,
            satisfied=row.satisfied or 0,
        )
        for row in await session.execute(statement, asked)
    ]


def _statement(group_by: str, *, only_attended: bool) -> str:
    """An event's hours count once in each group; a kind or topic has events that nobody attended, too."""
    key = KEYS[group_by]
    named = group_by == "supplier"
    return f"""
    WITH theirs AS ({THEIRS}), attended AS (
        SELECT {key} AS key, {OF_ATTENDANCES}
        FROM {PRESENT}
        GROUP BY 1
    ), held AS (
        SELECT key, sum(hours) AS session_hours FROM (
            SELECT DISTINCT event.id, {key} AS key,
                CASE WHEN event.ends_at <= :now THEN extract(epoch FROM event.ends_at - event.starts_at) ELSE 0 END
                    / 3600 AS hours
            FROM {PRESENT if only_attended else ALL_EVENTS}
        ) AS each GROUP BY 1
    )
    SELECT held.key, held.session_hours, person_times, distinct_persons, distinct_suppliers, person_hours, ratings,
        satisfied, {"named.code, named.name" if named else "NULL AS code, NULL AS name"}
    FROM held
    LEFT JOIN attended ON attended.key IS NOT DISTINCT FROM held.key
    {"LEFT JOIN supplier_copy AS named ON named.id = held.key" if named else ""}
    ORDER BY coalesce(person_times, 0) DESC, held.key NULLS LAST
    LIMIT :most
    """  # noqa: S608  # put together of this module's own words alone
