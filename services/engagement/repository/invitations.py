"""Invitations: who is invited, who has a place, and what mails went to them."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, case, exists, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import Attendance, Delivery, Event, Invitation, SupplierCopy
from shared.db import insert_rows, table_of
from shared.errors import NotFound

TOLD = text("""
    SELECT asked.id FROM unnest(CAST(:ids AS uuid[])) AS asked (id)
    WHERE 'REQUEST' = (
        SELECT method FROM delivery
        WHERE kind = 'invitation' AND invitation_id = asked.id AND status = 'sent'
        ORDER BY sequence DESC LIMIT 1
    )
""")
IN_LINE = text("""
    SELECT invitation.id, invitation.reply, latest.method = 'REQUEST' AS is_told
    FROM (
        SELECT invitation_id FROM delivery
        WHERE subject_id = :event_id AND kind = 'invitation' AND status = 'queued' AND next_attempt_at <= now()
        ORDER BY next_attempt_at, id LIMIT :most
    ) AS due
    JOIN invitation ON invitation.id = due.invitation_id
    LEFT JOIN LATERAL (
        SELECT method FROM delivery AS earlier
        WHERE earlier.kind = 'invitation' AND earlier.invitation_id = invitation.id AND earlier.status = 'sent'
        ORDER BY earlier.sequence DESC LIMIT 1
    ) AS latest ON true
""")
COUNTED = text("""
    SELECT invitation.withdrawn_at IS NOT NULL AS is_withdrawn, invitation.reply, latest.status, count(*) AS people
    FROM invitation LEFT JOIN LATERAL (
        SELECT status FROM delivery WHERE kind = 'invitation' AND invitation_id = invitation.id
        ORDER BY sequence DESC, id DESC LIMIT 1
    ) AS latest ON true
    WHERE invitation.event_id = :event_id
    GROUP BY 1, 2, 3
""")


async def find_suppliers(session: AsyncSession, event_id: UUID, person_refs: Collection[str]) -> dict[str, UUID]:
    """For which suppliers these people are or were invited to the event; merged ones count as the one that is left."""
    query = (
        select(Invitation.person_ref, func.coalesce(SupplierCopy.merged_into, SupplierCopy.id).label("id"))
        .join(SupplierCopy, SupplierCopy.id == Invitation.supplier_id)
        .where(Invitation.event_id == event_id, Invitation.person_ref == func.any(list(person_refs)))
    )
    return {row.person_ref: row.id for row in await session.execute(query)}


def latest_status() -> ScalarSelect[str]:
    """What became of the latest mail to whoever is invited."""
    return (
        select(Delivery.status)
        .where(Delivery.kind == "invitation", Delivery.invitation_id == Invitation.id)
        .order_by(Delivery.sequence.desc(), Delivery.id.desc())
        .limit(1)
        .correlate(Invitation)
        .scalar_subquery()
    )


def attended(*, by_person: bool) -> ColumnElement[bool]:
    """Whether the person, or anybody of the supplier, is recorded as having attended the event."""
    same = (
        Attendance.person_ref == Invitation.person_ref
        if by_person
        else Attendance.supplier_id == Invitation.supplier_id
    )
    there = (Attendance.event_id == Invitation.event_id, Attendance.withdrawn_on.is_(None), same)
    return exists().where(*there).correlate(Invitation)


def _shown() -> Select[*tuple[Any, ...]]:
    attendance = case((attended(by_person=True), "person"), (attended(by_person=False), "supplier"))
    return select(
        Invitation, Invitation.id, SupplierCopy.code, latest_status().label("mail"), attendance.label("attended")
    ).join(SupplierCopy, SupplierCopy.id == Invitation.supplier_id)


def invitations_matching(
    event_id: UUID, *, reply: str | None, supplier_id: UUID | None, has_attended: bool | None, withdrawn: bool | None
) -> Select[*tuple[Any, ...]]:
    """The query for a list of an event's invitations, each with its supplier's code and what came of it."""
    query = _shown().where(Invitation.event_id == event_id)
    if reply is not None:
        query = query.where(Invitation.reply == reply)
    if supplier_id is not None:
        query = query.where(Invitation.supplier_id == supplier_id)
    if withdrawn is not None:
        query = query.where(Invitation.withdrawn_at.is_not(None) == withdrawn)
    if has_attended is not None:
        query = query.where((attended(by_person=True) | attended(by_person=False)) == has_attended)
    return query


async def get_shown(session: AsyncSession, event_id: UUID, invitation_id: UUID) -> Any:
    """The row of such a list for one invitation of that event, or NotFound."""
    query = _shown().where(Invitation.event_id == event_id, Invitation.id == invitation_id)
    found = (await session.execute(query)).first()
    if found is None:
        raise NotFound("No such invitation.")
    return found


async def count(session: AsyncSession, event_id: UUID) -> Sequence[Any]:
    """How many people are invited, by whether that was withdrawn, reply, and what became of the latest mail."""
    return (await session.execute(COUNTED, {"event_id": event_id})).all()


async def find_by_person(session: AsyncSession, event_id: UUID, person_ref: str) -> UUID | None:
    """The invitation of that person to that event."""
    query = select(Invitation.id).where(Invitation.event_id == event_id, Invitation.person_ref == person_ref)
    return (await session.execute(query)).scalar_one_or_none()


async def list_by_person(session: AsyncSession, event_id: UUID, person_refs: Collection[str]) -> dict[str, Invitation]:
    """The invitations of these people to that event, withdrawn ones included."""
    query = select(Invitation).where(
        Invitation.event_id == event_id, Invitation.person_ref == func.any(list(person_refs))
    )
    return {invitation.person_ref: invitation for invitation in (await session.scalars(query)).all()}


async def list_live(session: AsyncSession, event_id: UUID) -> list[Invitation]:
    """Those who are invited to an event."""
    query = select(Invitation).where(Invitation.event_id == event_id, Invitation.withdrawn_at.is_(None))
    return list((await session.scalars(query.order_by(Invitation.id))).all())


async def list_gone(session: AsyncSession, event: Event) -> list[Invitation]:
    """Those whose invitation is withdrawn; all who were ever invited where the event is."""
    query = select(Invitation).where(Invitation.event_id == event.id)
    if event.withdrawn_on is None:
        query = query.where(Invitation.withdrawn_at.is_not(None))
    return list((await session.scalars(query)).all())


async def list_waiting(session: AsyncSession, event_id: UUID, most: int | None) -> list[Invitation]:
    """Those who wait for a place and can be told of it, whoever said so first in front."""
    waiting = (Invitation.event_id == event_id, Invitation.withdrawn_at.is_(None), Invitation.reply == "waiting")
    query = (
        select(Invitation)
        .where(*waiting, Invitation.contact_id.is_not(None))
        .order_by(Invitation.replied_at, Invitation.id)
        .limit(most)
    )
    return list((await session.scalars(query)).all())


async def count_accepted(session: AsyncSession, event_id: UUID) -> int:
    """How many places of an event are taken."""
    taken = (Invitation.event_id == event_id, Invitation.withdrawn_at.is_(None), Invitation.reply == "accepted")
    return int(await session.scalar(select(func.count()).select_from(Invitation).where(*taken)) or 0)


async def insert(session: AsyncSession, invitations: Sequence[Invitation]) -> None:
    """Add invitations of people who had none: as rows, for they may be a thousand."""
    table = table_of(Invitation)
    names = [column.name for column in table.columns if column.server_default is None]
    rows = [{name: getattr(invitation, name) for name in names} for invitation in invitations]
    await session.execute(insert_rows(table, rows))


async def told_of(session: AsyncSession, invitation_ids: Collection[UUID]) -> set[UUID]:
    """Those of these whose calendars know the event: an invitation went out, and nothing that took it back."""
    return set((await session.scalars(TOLD, {"ids": list(invitation_ids)})).all())


async def latest_sequence(session: AsyncSession, invitation_id: UUID) -> int | None:
    """The number of the newest invitation that was written to this person."""
    newest = (Delivery.invitation_id == invitation_id, Delivery.method == "REQUEST", Delivery.kind == "invitation")
    number: int | None = await session.scalar(select(func.max(Delivery.sequence)).where(*newest))
    return number


async def list_in_line(session: AsyncSession, event_id: UUID, most: int) -> dict[UUID, tuple[str, bool]]:
    """Those next in line for a mail about an event: the reply, and whether an earlier mail told of the event."""
    found = (await session.execute(IN_LINE, {"event_id": event_id, "most": most})).all()
    return {row.id: (row.reply, bool(row.is_told)) for row in found}
