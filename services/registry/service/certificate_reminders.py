"""Reminding of certificates: whom to ask for which, until it comes or the matter is settled."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry import repository
from services.registry.domain.certificates import is_same_standard, is_valid_for_long
from services.registry.models import Certificate, CertificateReminder, Supplier
from services.registry.schemas.certificate_reminders import CertificateReminderBody
from shared import journal
from shared.auth.principal import Actor
from shared.errors import Conflict
from shared.ids import new_id
from shared.journal import Change
from shared.web.etags import Expected


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of a wish to remind: the reminder, or the last day of the certificate that makes it needless."""

    reminder: CertificateReminder | None
    is_new: bool = False
    covered_until: date | None = None


def feed_state(reminder: CertificateReminder) -> dict[str, Any]:
    """A reminder as the feed tells it."""
    return {
        "supplier_id": str(reminder.supplier_id),
        "standard": reminder.standard,
        "source_id": str(reminder.source_id),
        "due_on": reminder.due_on.isoformat(),
        "done_on": reminder.done_on.isoformat() if reminder.done_on else None,
    }


async def remind_of_certificate(
    session: AsyncSession,
    actor: Actor,
    supplier_id: UUID,
    source_id: UUID,
    body: CertificateReminderBody,
    today: date,
) -> Asked:
    """The one reminder of this supplier, standard and source.

    The first stays as it is, also when it is done: a repetition, whatever it says, neither moves its day nor opens it
    again. None is made where a certificate of the standard is valid for the next 90 days from `today` (UTC).
    """
    # Held, so that a certificate that is being recorded comes wholly before this or wholly after.
    await repository.lock(session, Supplier, supplier_id, "supplier")
    held = await repository.list_certificate_reminders(session, supplier_id)
    same = [one for one in held if one.source_id == source_id and is_same_standard(one.standard, body.standard)]
    if same:
        return Asked(same[0])
    until = [
        one.valid_until
        for one in await repository.list_certificates(session, supplier_id)
        if is_same_standard(one.standard, body.standard)
        and is_valid_for_long(one.valid_from, one.valid_until, one.withdrawn_on, today)
    ]
    if until:
        return Asked(None, covered_until=max(until))
    reminder = CertificateReminder(
        id=new_id(),
        version=1,
        supplier_id=supplier_id,
        source_id=source_id,
        created_by=actor.sub,
        created_at=datetime.now(UTC),
        **body.model_dump(),
    )
    session.add(reminder)
    await session.flush()
    change = Change("certificate_reminder.created", reminder.id, 1, feed_state(reminder), private=_reason(reminder))
    await journal.record(session, actor, [change])
    return Asked(reminder, is_new=True)


async def settle_reminder(
    session: AsyncSession, actor: Actor, reminder_id: UUID, expected: Expected, today: date
) -> CertificateReminder:
    """The reminder, done today; Conflict where it was done before."""
    reminder = await repository.lock(session, CertificateReminder, reminder_id, "certificate reminder")
    expected.check(reminder.version)
    if reminder.done_on is not None:
        raise Conflict("The reminder is done.", code="already-done")
    await journal.record(session, actor, [_settle(reminder, today)])
    return reminder


async def settle_by_certificate(session: AsyncSession, certificate: Certificate, today: date) -> list[Change]:
    """What has to be recorded because this certificate came: open reminders of its standard are done.

    One that ended before `today` settles nothing. The caller holds the supplier.
    """
    if certificate.valid_until < today:
        return []
    return [
        _settle(reminder, today)
        for reminder in await repository.list_certificate_reminders(session, certificate.supplier_id)
        if reminder.done_on is None and is_same_standard(reminder.standard, certificate.standard)
    ]


def _settle(reminder: CertificateReminder, today: date) -> Change:
    before = feed_state(reminder)
    reminder.done_on = today
    reminder.version += 1
    return Change("certificate_reminder.done", reminder.id, reminder.version, feed_state(reminder), before)


def _reason(reminder: CertificateReminder) -> dict[str, list[str | None]]:
    """Free text: for the audit log alone."""
    return {"reason": [None, reminder.reason]}
