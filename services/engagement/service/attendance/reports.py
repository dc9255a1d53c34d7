"""Taking in the attendance reports of meeting tools, and deciding about the people who could not be mapped."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import person_refs, rules
from services.engagement.domain.attendance_reports import belonging, people
from services.engagement.domain.attendance_reports.clock import Span
from services.engagement.domain.attendance_reports.layouts import Stay
from services.engagement.domain.attendance_reports.people import Person
from services.engagement.models import AttendanceReport, Event, ReportedPerson
from services.engagement.repository import attendance_reports as repository
from services.engagement.repository import invitations
from services.engagement.repository import suppliers as copies
from services.engagement.service.attendance import reported as reported_attendances
from services.engagement.service.attendance.reported import Seen
from services.engagement.service.event import events
from services.engagement.service.suppliers import Known
from shared import journal
from shared.auth.principal import Actor
from shared.db import Database
from shared.errors import Conflict
from shared.ids import new_id
from shared.journal import Change
from shared.web.etags import Expected

UNDECIDED_KEPT_FOR = timedelta(days=30)
HOUSEKEEPING = Actor(sub="housekeeping", client_id=None)


@dataclass(frozen=True, slots=True)
class Upload:
    """A report as it was handed in and read; without a time zone its clocks are those of the event."""

    sha256: str
    layout: str
    stays: Sequence[Stay]
    time_zone: str | None


def digest_of(data: bytes, *how: str | None) -> str:
    """What makes two reports the same: their bytes, and how they are to be read."""
    return hashlib.sha256(f"{how}\n".encode() + data).hexdigest()


async def take_report(
    session: AsyncSession, key: bytes, actor: Actor, event_id: UUID, upload: Upload
) -> tuple[AttendanceReport, bool]:
    """The report, and whether it is a new one: those who are mapped attend the event from now on.

    `key` makes people unrecognisable in their attendances. Invalid where the report does not fit the event.
    """
    event = await events.lock_live(session, event_id)
    events.refuse(rules.complaints_about_beginning(event.starts_at, datetime.now(UTC)))
    held = await repository.find_same_report(session, event_id, upload.sha256)
    if held is not None:
        return held, False
    zone = ZoneInfo(upload.time_zone or event.time_zone)
    found = people.gather(upload.stays, zone, Span(event.starts_at, event.ends_at))
    suppliers = await _suppliers_of(session, key, event_id, found)
    report = AttendanceReport(
        id=new_id(), version=0, event_id=event_id, layout=upload.layout, sha256=upload.sha256,
        uploaded_by=actor.sub, uploaded_at=datetime.now(UTC),
    )  # fmt: skip
    session.add(report)
    reported = [_reported(report, person, supplier) for person, supplier in zip(found, suppliers, strict=True)]
    seen = {
        row.id: Seen(supplier, reported_attendances.person_ref(key, supplier, person), row.joined_at, row.left_at)
        for row, person, supplier in zip(reported, found, suppliers, strict=True)
        if supplier is not None and row.state == "mapped" and row.joined_at and row.left_at
    }
    attended = await reported_attendances.keep(session, actor, event, list(seen.values()))
    for row in reported:
        if row.id in seen:
            row.attendance_id = attended[seen[row.id].key].id
    await session.flush()
    session.add_all(reported)
    await _save(session, actor, report, "recorded", {})
    return report, True


async def assign_person(
    session: AsyncSession, key: bytes, actor: Actor, place: tuple[UUID, UUID, UUID], expected: Expected, known: Known
) -> ReportedPerson:
    """The person at `place` (event, report, person), whose attendance is recorded as that supplier's from now on."""
    event, report, row = await _lock_undecided(session, place, expected)
    if row.joined_at is None or row.left_at is None:
        raise Conflict("This person was not there during the event.", code="not-there")
    before = await _feed_state(session, report)
    ref = reported_attendances.person_ref(
        key, known.id, Person(row.name or "", row.email or "", frozenset(), None, row.seconds or 0)
    )
    seen = Seen(known.id, ref, row.joined_at, row.left_at)
    attended = await reported_attendances.keep(session, actor, event, [seen])
    row.attendance_id = attended[seen.key].id
    _decide(row, "mapped")
    await _save(session, actor, report, "decided", before, {"mapped_to": [None, str(known.id)]})
    return row


async def ignore_person(
    session: AsyncSession, actor: Actor, place: tuple[UUID, UUID, UUID], expected: Expected, reason: str
) -> ReportedPerson:
    """The person at `place` (event, report, person), who is no supplier's attendance."""
    _, report, row = await _lock_undecided(session, place, expected)
    before = await _feed_state(session, report)
    _decide(row, "ignored")
    await _save(session, actor, report, "decided", before, {"ignored_as": [None, reason]})
    return row


async def forget_people(session: AsyncSession, actor: Actor, named: Mapping[UUID, Collection[UUID]]) -> None:
    """Empty the names of these people by report, as far as they are still undecided; they count as ignored."""
    reports = await repository.lock_reports(session, named)
    before = [await _feed_state(session, report) for report in reports]
    await repository.ignore_people(session, [person for report in reports for person in named[report.id]])
    for report, state in zip(reports, before, strict=True):
        await _save(session, actor, report, "forgotten", state)


class Forgetting:
    """Empties the names of people about whom nobody has decided in 30 days; they count as ignored."""

    def __init__(self, database: Database) -> None:
        """Forgets in that database."""
        self._database = database

    async def forget(self, now: datetime) -> int:
        """Forget in some of the reports that are old enough; returns in how many."""
        async with self._database.transaction() as session:
            reports = await repository.lock_undecided(session, now - UNDECIDED_KEPT_FOR)
            before = [await _feed_state(session, report) for report in reports]
            await repository.ignore_undecided(session, [report.id for report in reports])
            for report, state in zip(reports, before, strict=True):
                await _save(session, HOUSEKEEPING, report, "forgotten", state)
        return len(reports)


async def _suppliers_of(
    session: AsyncSession, key: bytes, event_id: UUID, found: Sequence[Person]
) -> list[UUID | None]:
    codes = {code for person in found for code in belonging.named_codes(person)}
    domains = {domain for person in found if (domain := belonging.domain_of(person)) is not None}
    # Only among the copies here: what stands before a dash may be somebody's name, and names are not sent around.
    by_code = await copies.find_by_code(session, codes)
    by_domain = await copies.find_by_email_domain(session, domains)
    refs = {person.email: person_refs.of_address(key, person.email) for person in found if person.email}
    invited = await invitations.find_suppliers(session, event_id, refs.values())
    return [
        belonging.supplier_of(person, by_code, invited.get(refs.get(person.email, "")), by_domain) for person in found
    ]


def _reported(report: AttendanceReport, person: Person, supplier: UUID | None) -> ReportedPerson:
    """The row of a person; name and address stay only where there is something to decide."""
    state = "ignored" if person.whole is None else "undecided" if supplier is None else "mapped"
    is_open = state == "undecided"
    return ReportedPerson(
        id=new_id(), version=1, report_id=report.id, state=state, attendance_id=None, seconds=person.seconds,
        name=person.name or None if is_open else None,
        email=person.email or None if is_open else None,
        joined_at=person.whole.start if person.whole else None,
        left_at=person.whole.end if person.whole else None,
    )  # fmt: skip


async def _lock_undecided(
    session: AsyncSession, place: tuple[UUID, UUID, UUID], expected: Expected
) -> tuple[Event, AttendanceReport, ReportedPerson]:
    event_id, report_id, person_id = place
    event = await events.lock_live(session, event_id)
    report = await repository.get_report(session, event_id, report_id, lock=True)
    row = await repository.get_person(session, report_id, person_id)
    expected.check(row.version)
    if row.state != "undecided":
        raise Conflict(f"This person is {row.state} already.", code="already-decided")
    return event, report, row


def _decide(row: ReportedPerson, state: str) -> None:
    row.state, row.name, row.email = state, None, None
    row.version += 1


async def _save(
    session: AsyncSession,
    actor: Actor,
    report: AttendanceReport,
    happened: str,
    before: dict[str, Any],
    private: dict[str, Any] | None = None,
) -> None:
    report.version += 1
    await session.flush()
    after = await _feed_state(session, report)
    change = Change(f"attendance_report.{happened}", report.id, report.version, after, before, private or {})
    await journal.record(session, actor, [change])


async def _feed_state(session: AsyncSession, report: AttendanceReport) -> dict[str, Any]:
    """A report as the feed tells it: how many, never who."""
    counts = (await repository.count_people(session, [report.id]))[report.id]
    return {"event_id": str(report.event_id), "layout": report.layout, **asdict(counts)}
