"""Taking in files of attendances, a batch at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import rules
from services.engagement.models import Attendance, Event
from services.engagement.repository import events as repository
from services.engagement.repository import suppliers as copies
from services.engagement.repository.events import AttendanceKey
from services.engagement.schemas.attendances import AttendanceRow
from services.engagement.service import suppliers
from services.engagement.service.attendance import attendances
from services.engagement.service.event import events
from services.engagement.service.event.events import EventChange
from shared.auth.principal import Actor
from shared.imports import ImportKind, Row, RowError
from shared.web.resources import Resources

AttendanceLine = Row[AttendanceRow]

EVENT_COLUMNS = ("kind", "title", "starts_at", "ends_at")


async def know_suppliers(resources: Resources, rows: Sequence[AttendanceLine]) -> None:
    """Ask the registry about the suppliers of a batch that are not known here."""
    await suppliers.learn(resources, {row.data.supplier_code for row in rows})


async def apply_attendances(session: AsyncSession, actor: Actor, rows: Sequence[AttendanceLine]) -> list[RowError]:
    """Record or change the attendances of a batch, and the events that they name."""
    codes = {row.data.supplier_code for row in rows}
    ids = {code: supplier_id for supplier_id, code in await copies.find_suppliers(session, codes, ())}
    held = await repository.lock_events_by_ref(session, {row.data.event_ref for row in rows})
    batch = _Batch(actor, datetime.now(UTC), ids, {ref: _EventLines(event) for ref, event in held.items()})
    keys = [key for row in rows if (key := batch.key_of(row)) is not None]
    batch.attended = await repository.find_attendances(session, keys) if keys else {}
    # Changed rows first: the new ones have to agree with the events as this file leaves them, whatever its order.
    for row in sorted(rows, key=lambda row: row.is_new):
        batch.take(row)
    changed = [lines.change for lines in batch.events.values() if lines.change is not None]
    for change in changed:
        session.add(change.event)
    await session.flush()
    session.add_all(batch.added)
    await events.save(session, actor, changed)
    return batch.errors


@dataclass(slots=True)
class _EventLines:
    """An event that a batch names, and what the batch has changed of it."""

    event: Event
    change: EventChange | None = None

    def changing(self) -> EventChange:
        """The change of this event, begun before the first of its fields is set."""
        if self.change is None:
            before = events.feed_state(self.event) if self.event.version else {}
            self.change = EventChange(self.event, before)
        return self.change


@dataclass(slots=True)
class _Batch:
    """The lines of a batch on their way into events and attendances."""

    actor: Actor
    now: datetime
    supplier_ids: dict[str, UUID]
    events: dict[str, _EventLines]
    attended: dict[AttendanceKey, Attendance] = field(default_factory=dict)
    added: list[Attendance] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)

    def key_of(self, row: AttendanceLine) -> AttendanceKey | None:
        """The attendance that a row is about; None where it cannot exist yet."""
        lines, supplier_id = self.events.get(row.data.event_ref), self.supplier_ids.get(row.data.supplier_code)
        return None if lines is None or supplier_id is None else (lines.event.id, supplier_id, row.data.person_ref)

    def take(self, row: AttendanceLine) -> None:
        """Apply one row as a whole, or refuse it as a whole."""
        complaints = self._complaints(row)
        if complaints:
            self.errors.extend(RowError(row.line, column, message) for column, message in complaints)
            return
        lines = self._event_of(row)
        attendance = self._attendance_of(row, lines)
        before = attendances.facts(attendance) if attendance.version else None
        for name in row.given & set(attendances.FIELDS):
            setattr(attendance, name, getattr(row.data, name))
        after = attendances.facts(attendance)
        if after == before:
            return
        attendance.version += 1
        change = lines.changing()
        change.event.person_times += attendance.persons - (int(before["persons"]) if before else 0)
        change.suppliers.add(attendance.supplier_id)
        noted: list[Any] = change.private.setdefault("attendances", [[], []])
        noted[0].extend([before] if before else [])
        noted[1].append(after)

    def _complaints(self, row: AttendanceLine) -> list[rules.Complaint]:
        data = row.data
        if "persons" in row.given and "persons" not in data.model_fields_set:
            return [("persons", "cannot be emptied; name the new number")]
        if data.supplier_code not in self.supplier_ids:
            return [("supplier_code", f"no supplier has the code {data.supplier_code}")]
        lines = self.events.get(data.event_ref)
        times = {name: getattr(data, name) for name in ("starts_at", "ends_at")}
        if lines is not None:
            if lines.event.withdrawn_on is not None:
                return [("event_ref", "the event is withdrawn")]
            if row.is_new:
                return (
                    self._disagreements(data, lines.event)
                    or rules.complaints_about_beginning(lines.event.starts_at, self.now)
                    or self._misfits(row, lines.event)
                )
            times = {name: times[name] if name in row.given else getattr(lines.event, name) for name in times}
            if self.key_of(row) not in self.attended:
                return [("", "the attendance was withdrawn since this file was last imported")]
        return (
            rules.complaints_about_event(times["starts_at"], times["ends_at"])
            or rules.complaints_about_beginning(times["starts_at"], self.now)
            or self._misfits(row, Event(**times))
        )

    def _disagreements(self, data: AttendanceRow, event: Event) -> list[rules.Complaint]:
        return [
            (name, f"the event {event.event_ref} has another: {_shown(getattr(event, name))}")
            for name in EVENT_COLUMNS
            if getattr(data, name) != getattr(event, name)
        ]

    def _misfits(self, row: AttendanceLine, event: Event) -> list[rules.Complaint]:
        """What is wrong with the attendance as the row leaves it."""
        key = self.key_of(row)
        held = self.attended.get(key) if key is not None else None
        after = {
            name: getattr(row.data if held is None or name in row.given else held, name)
            for name in ("joined_at", "left_at", "persons")
        }
        return attendances.complaints(event, person_ref=row.data.person_ref, **after)

    def _event_of(self, row: AttendanceLine) -> _EventLines:
        """The row's event with what the row changes of it, made where there is none."""
        fields = {name: getattr(row.data, name) for name in EVENT_COLUMNS if name in row.given}
        lines = self.events.get(row.data.event_ref)
        if lines is None:
            fields = {name: getattr(row.data, name) for name in EVENT_COLUMNS}
            lines = _EventLines(events.build(self.actor, row.data.event_ref, fields))
            self.events[row.data.event_ref] = lines
            lines.changing()
        elif any(getattr(lines.event, name) != value for name, value in fields.items()):
            lines.changing()
            events.set_fields(lines.event, fields)
        return lines

    def _attendance_of(self, row: AttendanceLine, lines: _EventLines) -> Attendance:
        key = (lines.event.id, self.supplier_ids[row.data.supplier_code], row.data.person_ref)
        held = self.attended.get(key)
        if held is None:
            held = self.attended[key] = attendances.build(*key)
            self.added.append(held)
        return held


def _shown(value: Any) -> str:
    return events.as_text(value) or "" if isinstance(value, datetime) else str(value)


KINDS = (
    ImportKind(
        "attendances",
        AttendanceRow,
        ("event_ref", "supplier_code", "person_ref"),
        "engagement:write",
        apply_attendances,
        know_suppliers,
        prose=frozenset({"title"}),
    ),
)
