"""Whether the third-party auditors of events are what they are called, given who takes part."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import auditors, rules
from services.engagement.domain.auditors import EventWarning, Speaker
from services.engagement.models import Event
from services.engagement.repository import events as repository


def complaints(event: Event, today: date) -> list[rules.Complaint]:
    """What is wrong with the speakers of an event, whoever takes part in it."""
    _, last_day = rules.days_there(event.starts_at, event.ends_at, event.time_zone)
    return auditors.complaints_about_speakers(_speakers(event), last_day, today)


async def complaints_about_belonging(session: AsyncSession, event: Event) -> list[rules.Complaint]:
    """Which auditors of an event belong to suppliers that take part in it by now."""
    speakers = _speakers(event)
    if not any(speaker.is_auditor for speaker in speakers):
        return []
    present = await repository.list_present(session, [event.id])
    return auditors.complaints_about_belonging(speakers, present[event.id])


async def list_warnings(session: AsyncSession, events: Sequence[Event]) -> dict[UUID, list[EventWarning]]:
    """What to know about the auditors of each of these events."""
    speakers = {event.id: _speakers(event) for event in events}
    advised = [event_id for event_id, found in speakers.items() if any(speaker.is_auditor for speaker in found)]
    present = await repository.list_present(session, advised) if advised else {}
    return {
        event.id: auditors.warnings_about(
            event.kind,
            speakers[event.id],
            rules.days_there(event.starts_at, event.ends_at, event.time_zone)[0],
            present.get(event.id, []),
        )
        for event in events
    }


def _speakers(event: Event) -> list[Speaker]:
    return [Speaker.read(kept) for kept in event.speakers]
