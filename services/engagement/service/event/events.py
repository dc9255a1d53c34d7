"""Creating, changing and withdrawing events."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import rules
from services.engagement.models import Event
from services.engagement.repository import events as repository
from services.engagement.repository import participations, rows
from services.engagement.schemas.events import EventFields, EventPatch, NewEvent
from services.engagement.schemas.fields import Withdrawal
from services.engagement.service import participation
from services.engagement.service.event import announcing, auditors, places
from services.engagement.service.meeting import commitments
from shared import journal
from shared.auth.principal import Actor
from shared.errors import Conflict, FieldError, Invalid
from shared.ids import new_id
from shared.journal import Change
from shared.web.etags import Expected

TOLD = (
    "event_ref",
    "kind",
    "title",
    "topic",
    "provisions",
    "time_zone",
    "language",
    "channel",
    "capacity",
    "person_times",
)
COUNTED = ("materials", "recordings")
"""Of these the feed tells how many there are."""
UNTOLD = ("location", "join_url", "speakers", "agenda", "materials", "recordings")
"""Persons, places and ways in: they stay with the event, neither feed nor audit log holds them."""
PARTS = frozenset({"speakers", "agenda", "materials", "recordings"})
DECIDES_AGENDA = frozenset({"starts_at", "ends_at", "agenda"})
DECIDES_SPEAKERS = frozenset({"starts_at", "ends_at", "time_zone", "speakers"})
DECIDES_WHO_COUNTS = ("kind", "starts_at", "withdrawn_on")


@dataclass(slots=True)
class EventChange:
    """An event and its state before (empty for a new one), with what changed in its attendances.

    `suppliers` are those whose attendances changed; `private` goes to the audit log alone.
    """

    event: Event
    before: dict[str, Any]
    suppliers: set[UUID] = field(default_factory=set)
    private: dict[str, Any] = field(default_factory=dict)


def feed_state(event: Event) -> dict[str, Any]:
    """An event as the feed tells it: without persons, and without where a meeting is joined."""
    return {name: getattr(event, name) for name in TOLD} | {
        **{name: len(getattr(event, name)) for name in COUNTED},
        "starts_at": as_text(event.starts_at),
        "ends_at": as_text(event.ends_at),
        "withdrawn_on": event.withdrawn_on.isoformat() if event.withdrawn_on else None,
    }


def as_text(moment: datetime | None) -> str | None:
    """A time as the feed tells it, in UTC."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def build(actor: Actor, event_ref: str | None, fields: Mapping[str, Any]) -> Event:
    """A new event, with a reference made for it where none is given."""
    event_id = new_id()
    event = Event(
        id=event_id, version=0, event_ref=event_ref or f"EVT-{event_id.hex[-12:].upper()}", topic=None, provisions=[],
        time_zone="UTC", language=None, channel=None, location=None, join_url=None, capacity=None, speakers=[],
        agenda=[], materials=[], recordings=[], feedback_questions=[], sequence=0, person_times=0,
        withdrawn_on=None, reason=None, created_by=actor.sub,
    )  # fmt: skip
    set_fields(event, fields)
    return event


def set_fields(event: Event, fields: Mapping[str, Any]) -> None:
    """Set the given fields; that they obey the rules is for the caller."""
    for name, value in fields.items():
        setattr(event, name, [part.model_dump(mode="json") for part in value] if name in PARTS else value)


async def create_event(session: AsyncSession, actor: Actor, new: NewEvent) -> Event:
    """A new event; Conflict where its reference is taken."""
    refuse(rules.complaints_about_event(new.starts_at, new.ends_at))
    if new.event_ref is not None and await repository.has_event_ref(session, new.event_ref):
        raise Conflict(f"There is an event with the reference {new.event_ref}.", code="event-ref-taken")
    event = build(actor, new.event_ref, {name: getattr(new, name) for name in EventFields.model_fields})
    refuse(complaints_about_parts(event, EventFields.model_fields.keys()))
    session.add(event)
    await save(session, actor, [EventChange(event, {})])
    return event


async def change_event(
    session: AsyncSession, actor: Actor, event_id: UUID, expected: Expected, patch: EventPatch
) -> Event:
    """The event with the patch's fields; its version stays where nothing differs."""
    event = await lock_live(session, event_id, expected)
    fields = {name: getattr(patch, name) for name in patch.model_fields_set}
    before, untold = feed_state(event), {name: getattr(event, name) for name in UNTOLD}
    noticed = announcing.noticed(event)
    starts_at, ends_at = fields.get("starts_at", event.starts_at), fields.get("ends_at", event.ends_at)
    refuse(rules.complaints_about_event(starts_at, ends_at))
    if event.person_times:
        refuse(rules.complaints_about_beginning(starts_at, datetime.now(UTC)))
    set_fields(event, fields)
    refuse(complaints_about_parts(event, fields.keys()))
    if "speakers" in fields:
        refuse(await auditors.complaints_about_belonging(session, event))
    changed = {name for name, value in untold.items() if getattr(event, name) != value}
    if changed or feed_state(event) != before:
        private = {name: [_extent(untold[name]), _extent(getattr(event, name))] for name in sorted(changed)}
        await save(session, actor, [EventChange(event, before, private=private)])
        # First who has a place now, so that everybody gets one mail.
        await places.fill(session, actor, event, datetime.now(UTC))
        if announcing.noticed(event) != noticed:
            await announcing.announce(session, event, is_cancelled=False)
    return event


def complaints_about_parts(event: Event, fields: Collection[str]) -> list[rules.Complaint]:
    """What is wrong with an event's agenda and speakers, as far as these fields of it decide that."""
    complaints: list[rules.Complaint] = []
    if not DECIDES_AGENDA.isdisjoint(fields):
        complaints += rules.complaints_about_agenda(event.starts_at, event.ends_at, event.agenda)
    if not DECIDES_SPEAKERS.isdisjoint(fields):
        complaints += auditors.complaints(event, rules.utc_day(datetime.now(UTC)))
    return complaints


async def withdraw_event(
    session: AsyncSession, actor: Actor, event_id: UUID, expected: Expected, withdrawal: Withdrawal
) -> Event:
    """The event, no longer counting in any figure or credit; Conflict where it was withdrawn before."""
    event = await lock_live(session, event_id, expected)
    now = datetime.now(UTC)
    on = withdrawal.withdrawn_on or rules.utc_day(now)
    refuse(rules.complaints_about_day("withdrawn_on", on, now))
    before = feed_state(event)
    event.withdrawn_on, event.reason = on, withdrawal.reason
    await save(session, actor, [EventChange(event, before, private={"reason": [None, withdrawal.reason]})])
    await announcing.announce(session, event, is_cancelled=True)
    return event


async def lock_live(session: AsyncSession, event_id: UUID, expected: Expected | None = None) -> Event:
    """The event, held until the transaction ends; Conflict where it was withdrawn."""
    event = await rows.lock(session, Event, event_id, "event")
    if expected is not None:
        expected.check(event.version)
    if event.withdrawn_on is not None:
        raise Conflict("The event is withdrawn.", code="event-withdrawn")
    return event


def refuse(complaints: Sequence[rules.Complaint], pointer: str = "#") -> None:
    """Raise Invalid where there are complaints about what stands at `pointer` of the request."""
    if complaints:
        fields = [FieldError(f"{pointer}/{name}", detail) for name, detail in complaints]
        raise Invalid("; ".join(f"{name} {detail}" for name, detail in complaints) + ".", fields=fields)


async def save(session: AsyncSession, actor: Actor, changes: Sequence[EventChange]) -> None:
    """Write changed events with their attendances, what happened to them, and who takes part since."""
    for change in changes:
        change.event.version += 1
    await session.flush()
    pairs = {(change.event.id, supplier_id) for change in changes for supplier_id in change.suppliers}
    moved = [change.event for change in changes if change.before and _counts_differently(change)]
    if moved:
        pairs.update(await participations.pairs_of(session, [event.id for event in moved]))
        await commitments.follow_meetings(session, actor, moved, rules.utc_day(datetime.now(UTC)))
    found = await participations.read_event_pairs(session, sorted(pairs)) if pairs else []
    told = await participation.tell(session, found)
    happened = [
        Change(
            f"event.{_happened(change)}",
            change.event.id,
            change.event.version,
            feed_state(change.event),
            change.before,
            change.private,
        )
        for change in changes
    ]
    await journal.record(session, actor, [*happened, *told])


def _extent(value: Any) -> Any:
    """How much there is of what is not told: nothing could erase a name from the audit log."""
    return len(value) if isinstance(value, list) else value is not None


def _counts_differently(change: EventChange) -> bool:
    after = feed_state(change.event)
    return any(change.before[name] != after[name] for name in DECIDES_WHO_COUNTS)


def _happened(change: EventChange) -> str:
    if not change.before:
        return "created"
    if change.event.withdrawn_on is not None:
        return "withdrawn"
    after = feed_state(change.event)
    same = all(after[name] == value for name, value in change.before.items() if name != "person_times")
    return "attended" if same and "attendances" in change.private else "updated"
