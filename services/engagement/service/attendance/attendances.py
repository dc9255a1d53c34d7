"""Recording, changing and withdrawing attendances."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import rules
from services.engagement.models import Attendance, Event
from services.engagement.repository import events as repository
from services.engagement.repository import rows
from services.engagement.schemas.attendances import AttendancePatch, NewAttendance
from services.engagement.schemas.fields import Withdrawal
from services.engagement.service.event import events
from services.engagement.service.event.events import EventChange
from services.engagement.service.suppliers import Known
from shared.auth.principal import Actor
from shared.errors import Conflict, FieldError, NotFound
from shared.ids import new_id
from shared.web.etags import Expected

FIELDS = ("persons", "joined_at", "left_at", "rating")


def facts(attendance: Attendance) -> dict[str, Any]:
    """An attendance as the audit log keeps it: without the person, who may be erased one day."""
    return {
        "id": str(attendance.id),
        "supplier_id": str(attendance.supplier_id),
        "persons": attendance.persons,
        "joined_at": events.as_text(attendance.joined_at),
        "left_at": events.as_text(attendance.left_at),
        "rating": attendance.rating,
        "withdrawn_on": attendance.withdrawn_on.isoformat() if attendance.withdrawn_on else None,
        "reason": attendance.reason,
    }


def build(event_id: UUID, supplier_id: UUID, person_ref: str | None) -> Attendance:
    """An attendance of which nothing is known yet but who was where."""
    return Attendance(
        id=new_id(), version=0, event_id=event_id, supplier_id=supplier_id, person_ref=person_ref, persons=1,
        joined_at=None, left_at=None, rating=None, withdrawn_on=None, reason=None,
    )  # fmt: skip


async def record_attendances(
    session: AsyncSession,
    actor: Actor,
    event_id: UUID,
    news: Sequence[tuple[NewAttendance, Known, str]],
) -> list[Attendance]:
    """The new attendances of an event, all or none; each comes with its supplier and its place in the request.

    Invalid where one does not fit the event; Conflict where one is recorded already, or twice in the request.
    """
    event = await events.lock_live(session, event_id)
    events.refuse(rules.complaints_about_beginning(event.starts_at, datetime.now(UTC)))
    for new, _, pointer in news:
        events.refuse(complaints(event, new.joined_at, new.left_at, new.person_ref, new.persons), pointer)
    keys = [(event_id, known.id, new.person_ref) for new, known, _ in news]
    held = await repository.find_attendances(session, keys)
    taken = [
        FieldError(pointer or "#", "is recorded already")
        for n, (key, (_, _, pointer)) in enumerate(zip(keys, news, strict=True))
        if key in held or key in keys[:n]
    ]
    if taken:
        raise Conflict(
            "An attendance with this event, supplier and person_ref is recorded already; change that one.",
            code="already-attended",
            fields=taken,
        )
    before = events.feed_state(event)
    added = []
    for new, known, _ in news:
        attendance = build(event_id, known.id, new.person_ref)
        for name in FIELDS:
            setattr(attendance, name, getattr(new, name))
        attendance.version = 1
        added.append(attendance)
    session.add_all(added)
    event.person_times += sum(attendance.persons for attendance in added)
    private = {"attendances": [None, [facts(attendance) for attendance in added]]}
    change = EventChange(event, before, {attendance.supplier_id for attendance in added}, private)
    await events.save(session, actor, [change])
    return added


async def change_attendance(
    session: AsyncSession,
    actor: Actor,
    event_id: UUID,
    attendance_id: UUID,
    expected: Expected,
    patch: AttendancePatch,
) -> tuple[Event, Attendance]:
    """The attendance with the patch's fields, and its event; its version stays where nothing differs."""
    event, attendance = await _lock(session, event_id, attendance_id, expected)
    state, held = events.feed_state(event), facts(attendance)
    for name in patch.model_fields_set:
        setattr(attendance, name, getattr(patch, name))
    events.refuse(
        complaints(event, attendance.joined_at, attendance.left_at, attendance.person_ref, attendance.persons)
    )
    if facts(attendance) != held:
        await _save(session, actor, event, attendance, state, held)
    return event, attendance


async def rate_event(
    session: AsyncSession, actor: Actor, event: Event, attendance: Attendance, rating: int | None
) -> None:
    """Note how somebody who was there rates the event; whoever calls holds the event, and nothing else is judged."""
    if attendance.rating != rating:
        state, held = events.feed_state(event), facts(attendance)
        attendance.rating = rating
        await _save(session, actor, event, attendance, state, held)


async def withdraw_attendance(
    session: AsyncSession,
    actor: Actor,
    event_id: UUID,
    attendance_id: UUID,
    expected: Expected,
    withdrawal: Withdrawal,
) -> tuple[Event, Attendance]:
    """The attendance, no longer counting, and its event."""
    event, attendance = await _lock(session, event_id, attendance_id, expected)
    now = datetime.now(UTC)
    on = withdrawal.withdrawn_on or rules.utc_day(now)
    events.refuse(rules.complaints_about_day("withdrawn_on", on, now))
    state, held = events.feed_state(event), facts(attendance)
    attendance.withdrawn_on, attendance.reason = on, withdrawal.reason
    await _save(session, actor, event, attendance, state, held)
    return event, attendance


def complaints(
    event: Event, joined_at: datetime | None, left_at: datetime | None, person_ref: str | None, persons: int
) -> list[rules.Complaint]:
    """What is wrong with an attendance of this event."""
    return rules.complaints_about_attendance(event.starts_at, event.ends_at, joined_at, left_at, person_ref, persons)


async def get_attendance(session: AsyncSession, event_id: UUID, attendance_id: UUID) -> Attendance:
    """An attendance of that event, or NotFound."""
    attendance = await rows.get(session, Attendance, attendance_id, "attendance")
    if attendance.event_id != event_id:
        raise NotFound("No such attendance.")
    return attendance


async def _lock(
    session: AsyncSession, event_id: UUID, attendance_id: UUID, expected: Expected
) -> tuple[Event, Attendance]:
    """The event and an attendance of it; whoever holds the event holds its attendances."""
    event = await events.lock_live(session, event_id)
    attendance = await get_attendance(session, event_id, attendance_id)
    expected.check(attendance.version)
    if attendance.withdrawn_on is not None:
        raise Conflict("The attendance is withdrawn.", code="attendance-withdrawn")
    return event, attendance


async def _save(
    session: AsyncSession,
    actor: Actor,
    event: Event,
    attendance: Attendance,
    state: dict[str, Any],
    held: dict[str, Any],
) -> None:
    attendance.version += 1
    left = 0 if attendance.withdrawn_on is not None else attendance.persons
    event.person_times += left - int(held["persons"])
    private = {"attendances": [[held], [facts(attendance)]]}
    await events.save(session, actor, [EventChange(event, state, {attendance.supplier_id}, private)])
