"""Management-system certificates of suppliers."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry import repository
from services.registry.models import Certificate, Supplier
from services.registry.schemas.certificates import CertificateWithdrawal, NewCertificate
from services.registry.service import certificate_reminders
from shared import journal
from shared.auth.principal import Actor
from shared.errors import Conflict, FieldError, Invalid
from shared.ids import new_id
from shared.journal import Change
from shared.web.etags import Expected

LOGGED = ("number", "issuer")
"""What the audit log tells of a new certificate beyond what the feed does."""


def feed_state(certificate: Certificate) -> dict[str, Any]:
    """A certificate as the feed tells it."""
    return {
        "supplier_id": str(certificate.supplier_id),
        "standard": certificate.standard,
        "valid_from": certificate.valid_from.isoformat(),
        "valid_until": certificate.valid_until.isoformat(),
        "withdrawn_on": certificate.withdrawn_on.isoformat() if certificate.withdrawn_on else None,
    }


async def record_certificate(
    session: AsyncSession, actor: Actor, supplier_id: UUID, new: NewCertificate, today: date
) -> Certificate:
    """A new certificate of a supplier; open reminders of its standard are done `today`, the day in UTC."""
    await repository.lock(session, Supplier, supplier_id, "supplier")
    certificate = Certificate(id=new_id(), version=1, supplier_id=supplier_id, **new.model_dump())
    session.add(certificate)
    await session.flush()
    private = {name: [None, value] for name in LOGGED if (value := getattr(certificate, name)) is not None}
    change = Change("certificate.recorded", certificate.id, 1, feed_state(certificate), private=private)
    settled = await certificate_reminders.settle_by_certificate(session, certificate, today)
    await journal.record(session, actor, [change, *settled])
    return certificate


async def withdraw_certificate(
    session: AsyncSession,
    actor: Actor,
    certificate_id: UUID,
    expected: Expected,
    withdrawal: CertificateWithdrawal,
    today: date,
) -> Certificate:
    """The certificate, no longer counting from a day on; Conflict where it was withdrawn before.

    Invalid where that day lies before its first one or after `today`, the day in UTC.
    """
    certificate = await repository.lock(session, Certificate, certificate_id, "certificate")
    expected.check(certificate.version)
    if certificate.withdrawn_on is not None:
        raise Conflict("The certificate is withdrawn.", code="already-withdrawn")
    _refuse_out_of_reach(certificate, withdrawal.withdrawn_on, today)
    before = feed_state(certificate)
    certificate.withdrawn_on = withdrawal.withdrawn_on
    certificate.reason = withdrawal.reason
    certificate.version += 1
    await session.flush()
    private = {"reason": [None, withdrawal.reason]}
    state = feed_state(certificate)
    change = Change("certificate.withdrawn", certificate.id, certificate.version, state, before, private)
    await journal.record(session, actor, [change])
    return certificate


def _refuse_out_of_reach(certificate: Certificate, withdrawn_on: date, today: date) -> None:
    complaint = None
    if withdrawn_on < certificate.valid_from:
        complaint = f"lies before {certificate.valid_from}, the certificate's first day"
    elif withdrawn_on > today:
        complaint = f"lies after {today}, which is today (UTC)"
    if complaint is not None:
        raise Invalid(f"withdrawn_on {complaint}.", fields=[FieldError("#/withdrawn_on", complaint)])
