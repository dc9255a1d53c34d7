"""Attendances as a meeting tool reports them: recorded, or made longer where a report tells of more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import person_refs
from services.engagement.domain.attendance_reports.people import Person
from services.engagement.models import Attendance, Event
from services.engagement.repository import events as repository
from services.engagement.service.attendance import attendances
from services.engagement.service.event import events
from services.engagement.service.event.events import EventChange
from shared.auth.principal import Actor


@dataclass(frozen=True, slots=True)
class Seen:
    """A person of a supplier who was seen from then to then."""

    supplier_id: UUID
    person_ref: str
    joined_at: datetime
    left_at: datetime

    @property
    def key(self) -> tuple[UUID, str]:
        """Whose attendance it is."""
        return self.supplier_id, self.person_ref


def person_ref(key: bytes, supplier_id: UUID, person: Person) -> str:
    """The same for the same person in every report, and of no use to anybody without the key.

    A name alone is a person only within a supplier.
    """
    if person.email:
        return person_refs.of_address(key, person.email)
    return person_refs.of_name(key, supplier_id, person.name)


async def keep(
    session: AsyncSession, actor: Actor, event: Event, seen: Sequence[Seen]
) -> dict[tuple[UUID, str], Attendance]:
    """The attendances of these people at a locked event; two reports of one meeting tell of one attendance."""
    keys = [(event.id, one.supplier_id, one.person_ref) for one in seen]
    found = await repository.find_attendances(session, keys) if keys else {}
    held = {(one.supplier_id, str(one.person_ref)): one for one in found.values()}
    change = EventChange(event, events.feed_state(event))
    told: list[list[Any]] = [[], []]
    for one in seen:
        attendance = held.get(one.key)
        before = None if attendance is None else attendances.facts(attendance)
        if attendance is None:
            attendance = held[one.key] = attendances.build(event.id, one.supplier_id, one.person_ref)
            session.add(attendance)
            event.person_times += attendance.persons
        attendance.joined_at = min(attendance.joined_at or one.joined_at, one.joined_at)
        attendance.left_at = max(attendance.left_at or one.left_at, one.left_at)
        after = attendances.facts(attendance)
        if after != before:
            attendance.version += 1
            change.suppliers.add(one.supplier_id)
            told[0].extend([] if before is None else [before])
            told[1].append(after)
    if change.suppliers:
        change.private["attendances"] = told
        await events.save(session, actor, [change])
    return held
