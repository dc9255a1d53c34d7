"""What those who attended events said of them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import Attendance, EventFeedback

# The statements ask for what counts: feedback of attendances that are not withdrawn.
BY_ASPECT = text("""
    SELECT question ->> 'aspect' AS aspect, CAST(answers ->> (question ->> 'code') AS int) AS rating,
        count(*) AS n, array_agg(DISTINCT event.id) AS event_ids
    FROM event
    CROSS JOIN LATERAL jsonb_array_elements(event.feedback_questions) AS question
    JOIN event_feedback ON event_feedback.event_id = event.id
    JOIN attendance ON attendance.id = event_feedback.attendance_id AND attendance.withdrawn_on IS NULL
    WHERE event.withdrawn_on IS NULL AND event.starts_at BETWEEN :starts AND :ends
        AND (CAST(:kind AS text) IS NULL OR event.kind = :kind)
        AND question ->> 'kind' = 'rating' AND question ->> 'aspect' IS NOT NULL
        AND jsonb_typeof(answers -> (question ->> 'code')) = 'number'
    GROUP BY 1, 2
""")

# Who answered stays counted; only what they wrote goes.
EMPTY_TEXTS = text("""
    UPDATE event_feedback SET version = event_feedback.version + 1, answers = event_feedback.answers || emptied.texts
    FROM (
        SELECT event_feedback.id, jsonb_object_agg(question ->> 'code', '') AS texts
        FROM event_feedback
        JOIN event ON event.id = event_feedback.event_id
        CROSS JOIN LATERAL jsonb_array_elements(event.feedback_questions) AS question
        JOIN attendance ON attendance.id = event_feedback.attendance_id
        WHERE attendance.person_ref = :person_ref AND question ->> 'kind' = 'text'
            AND event_feedback.answers ->> (question ->> 'code') <> ''
        GROUP BY event_feedback.id
    ) AS emptied
    WHERE event_feedback.id = emptied.id
    RETURNING event_feedback.id
""")


@dataclass(frozen=True, slots=True)
class Response:
    """How many can be asked about an event, and how many of them have said anything."""

    attendances: int
    counted_only: int
    answered: int


async def find_feedback(session: AsyncSession, attendance_id: UUID) -> EventFeedback | None:
    """The feedback of an attendance."""
    query = select(EventFeedback).where(EventFeedback.attendance_id == attendance_id)
    return (await session.scalars(query)).one_or_none()


async def has_answers(session: AsyncSession, event_id: UUID) -> bool:
    """Whether a question about the event was answered in feedback that counts."""
    query = select(
        exists().where(
            EventFeedback.event_id == event_id,
            EventFeedback.answers != {},
            EventFeedback.attendance_id == Attendance.id,
            Attendance.withdrawn_on.is_(None),
        )
    )
    return bool(await session.scalar(query))


async def list_answers(session: AsyncSession, event_id: UUID) -> list[dict[str, Any]]:
    """The answers about an event that count."""
    query = (
        select(EventFeedback.answers)
        .join(Attendance, Attendance.id == EventFeedback.attendance_id)
        .where(EventFeedback.event_id == event_id, Attendance.withdrawn_on.is_(None))
    )
    return list((await session.scalars(query)).all())


async def count_ratings(session: AsyncSession, event_id: UUID) -> dict[int, int]:
    """How often each rating of the event as a whole was given."""
    query = (
        select(Attendance.rating, func.count().label("n"))
        .where(Attendance.event_id == event_id, Attendance.withdrawn_on.is_(None), Attendance.rating.is_not(None))
        .group_by(Attendance.rating)
    )
    return {row.rating: row.n for row in await session.execute(query)}


async def count_response(session: AsyncSession, event_id: UUID) -> Response:
    """How many of those who attended can be asked, and how many have answered."""
    one = Attendance.persons == 1
    said = or_(Attendance.rating.is_not(None), EventFeedback.id.is_not(None))
    query = (
        select(
            func.count().filter(one).label("attendances"),
            func.coalesce(func.sum(Attendance.persons).filter(~one), 0).label("counted_only"),
            func.count().filter(one, said).label("answered"),
        )
        .select_from(Attendance)
        .outerjoin(EventFeedback, EventFeedback.attendance_id == Attendance.id)
        .where(Attendance.event_id == event_id, Attendance.withdrawn_on.is_(None))
    )
    row = (await session.execute(query)).one()
    return Response(row.attendances, int(row.counted_only), row.answered)


async def add_up_aspects(
    session: AsyncSession, first: date, last: date, kind: str | None
) -> dict[str, tuple[dict[int, int], set[UUID]]]:
    """By aspect: how often each rating was given, and at which events; of events that start on these days (UTC)."""
    asked = {
        "starts": datetime.combine(first, time.min, UTC),
        "ends": datetime.combine(last, time.max, UTC),
        "kind": kind,
    }
    found: dict[str, tuple[dict[int, int], set[UUID]]] = {}
    for row in await session.execute(BY_ASPECT, asked):
        counts, event_ids = found.setdefault(row.aspect, ({}, set()))
        counts[row.rating] = row.n
        event_ids.update(row.event_ids)
    return found


async def empty_texts(session: AsyncSession, person_ref: str) -> int:
    """Empty what a person wrote freely about events; the number of events of which anything was written."""
    emptied = await session.execute(EMPTY_TEXTS, {"person_ref": person_ref})
    return len(emptied.all())
