"""Where a person's reference stands: counted, and replaced by one that leads to nobody."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, func, select, text, union, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import (
    Attendance,
    AttendanceReport,
    CourseCompletion,
    Delivery,
    Event,
    Invitation,
    ReportedPerson,
)

COUNTS = text("""
    SELECT found.supplier_id, supplier_copy.code AS supplier_code,
        count(*) FILTER (WHERE what = 'attendance') AS attendances,
        count(*) FILTER (WHERE what = 'completion') AS completions,
        count(*) FILTER (WHERE what = 'invitation') AS invitations,
        count(*) FILTER (WHERE what = 'mail') AS mails
    FROM (
        SELECT supplier_id, 'attendance' AS what FROM attendance WHERE person_ref = :person_ref
        UNION ALL SELECT supplier_id, 'completion' FROM course_completion WHERE person_ref = :person_ref
        UNION ALL SELECT supplier_id, 'invitation' FROM invitation WHERE person_ref = :person_ref
        UNION ALL SELECT supplier_id, 'mail' FROM delivery WHERE person_ref = :person_ref
    ) AS found
    LEFT JOIN supplier_copy ON supplier_copy.id = found.supplier_id
    GROUP BY found.supplier_id, supplier_copy.code
    ORDER BY supplier_copy.code, found.supplier_id
""")


@dataclass(frozen=True, slots=True)
class AtSupplier:
    """How often a person is named as one of a supplier's, in what was withdrawn too."""

    supplier_id: UUID
    supplier_code: str | None
    attendances: int
    completions: int
    invitations: int
    mails: int


@dataclass(frozen=True, slots=True)
class Undecided:
    """Somebody in an attendance report whose name and address are still kept."""

    id: UUID
    report_id: UUID
    event_id: UUID
    name: str | None
    email: str | None


async def count_by_supplier(session: AsyncSession, person_ref: str) -> list[AtSupplier]:
    """Where a person is named, in the order of the suppliers' codes."""
    return [AtSupplier(*row) for row in await session.execute(COUNTS, {"person_ref": person_ref})]


async def refs_of_contacts(session: AsyncSession, contact_ids: Collection[UUID]) -> list[str]:
    """The references of the people to whom these contacts of the registry were written or will be, in order."""
    asked = list(contact_ids)
    query = union(
        select(Invitation.person_ref).where(Invitation.contact_id == func.any(asked)),
        select(Delivery.person_ref).where(Delivery.contact_id == func.any(asked)),
    )
    return sorted(row.person_ref for row in await session.execute(query))


async def list_undecided(session: AsyncSession) -> list[Undecided]:
    """All people in reports about whom nobody has decided yet; of the last 30 days alone."""
    columns = (ReportedPerson.id, ReportedPerson.report_id, AttendanceReport.event_id)
    query = (
        select(*columns, ReportedPerson.name, ReportedPerson.email)
        .join(AttendanceReport, AttendanceReport.id == ReportedPerson.report_id)
        .where(ReportedPerson.state == "undecided")
    )
    return [Undecided(*row) for row in await session.execute(query)]


async def lock_events_of(session: AsyncSession, person_ref: str, others: Collection[UUID]) -> None:
    """Hold the events at which a person was or to which they are invited, and others; in one order, as all do."""
    theirs = union(
        select(Attendance.event_id).where(Attendance.person_ref == person_ref),
        select(Invitation.event_id).where(Invitation.person_ref == person_ref),
    )
    found = [row.event_id for row in await session.execute(theirs)]
    ids = [*found, *others]
    await session.execute(select(Event.id).where(Event.id == func.any(ids)).order_by(Event.id).with_for_update())


async def replace_ref(session: AsyncSession, person_ref: str, fresh: str) -> dict[str, int]:
    """Name a person by another reference everywhere; returns how often.

    Contacts are forgotten, what mail servers said (it may hold an address) too, and nothing more is sent.
    """
    unsent = text("CASE WHEN status = 'queued' THEN 'skipped' ELSE status END")
    why = text("CASE WHEN status = 'queued' THEN 'erased' END")
    changes: dict[str, tuple[Any, dict[str, Any]]] = {
        "attendances": (Attendance, {"version": Attendance.version + 1}),
        "completions": (CourseCompletion, {"version": CourseCompletion.version + 1}),
        "invitations": (Invitation, {"contact_id": None, "version": Invitation.version + 1}),
        "mails": (Delivery, {"contact_id": None, "status": unsent, "detail": why}),
    }
    counts: dict[str, int] = {}
    for name, (model, values) in changes.items():
        query = update(model).where(model.person_ref == person_ref).values(person_ref=fresh, **values)
        changed = await session.execute(query, execution_options={"synchronize_session": False})
        counts[name] = cast("CursorResult[Any]", changed).rowcount
    return counts
