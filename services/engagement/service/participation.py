"""Telling who takes part in what: once for each supplier and event or course, and again when that changes."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import rules
from services.engagement.models import Participation
from services.engagement.repository import participations
from services.engagement.repository.participations import Found
from shared.journal import Change


def participation_id(found: Found) -> UUID:
    """The id of a supplier's part in an event or course: the same however often it is told.

    An event may move to another day and stays one participation. A course is completed on many days, and each counts
    in its own window, so its day is part of the id.
    """
    of_course = found.kind == rules.COURSE_KIND
    return uuid5(found.subject_id, f"{found.supplier_id} {found.on}" if of_course else str(found.supplier_id))


def feed_state(told: Participation) -> dict[str, Any]:
    """A participation as the feed tells it."""
    return {
        "supplier_id": str(told.supplier_id),
        "subject_id": str(told.subject_id),
        "kind": told.kind,
        "on": told.on.isoformat(),
        "counts": told.counts,
    }


async def tell(session: AsyncSession, found: Sequence[Found]) -> list[Change]:
    """What has to be recorded so that the feed tells what was found; nothing where it already does."""
    ids = [participation_id(one) for one in found]
    held = await participations.find_told(session, ids) if ids else {}
    changes: list[Change] = []
    for told_id, one in zip(ids, found, strict=True):
        told = held.get(told_id)
        before: dict[str, Any] = {}
        if told is not None:
            before = feed_state(told)
        elif one.counts:
            told = Participation(id=told_id, version=0, subject_id=one.subject_id, supplier_id=one.supplier_id)
            session.add(told)
        else:
            continue
        told.kind, told.on, told.counts = one.kind, one.on, one.counts
        state = feed_state(told)
        if state == before:
            continue
        told.version += 1
        happened = "withdrawn" if not one.counts else "changed" if before else "recorded"
        changes.append(Change(f"participation.{happened}", told_id, told.version, state, before))
    await session.flush()
    return changes
