"""`/v1/suppliers/{supplier_id}/certificates`."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Response
from sqlalchemy import select

from services.registry import repository
from services.registry.models import Certificate, Supplier
from services.registry.schemas.certificates import CertificateView, CertificateWithdrawal, NewCertificate
from services.registry.service import certificates
from shared.auth.principal import Principal
from shared.errors import NotFound
from shared.web.caller import scoped
from shared.web.etags import IfMatch, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/suppliers/{supplier_id}/certificates", "certificates")

Reader = Annotated[Principal, scoped("registry:read")]
Writer = Annotated[Principal, scoped("registry:write")]


@router.get("")
async def list_certificates(
    supplier_id: UUID, session: Reading, _caller: Reader, pages: Pages
) -> Page[CertificateView]:
    """List a supplier's certificates, expired and withdrawn ones included."""
    await repository.get(session, Supplier, supplier_id, "supplier")
    query = select(Certificate, Certificate.id).where(Certificate.supplier_id == supplier_id)
    rows, following = await pages.read(session, query, Certificate.id)
    return Page(items=[CertificateView.model_validate(row.Certificate) for row in rows], next_cursor=following)


@router.post("", status_code=201)
async def record_certificate(
    supplier_id: UUID, body: NewCertificate, session: Transaction, caller: Writer, response: Response
) -> CertificateView:
    """Record a certificate; a valid one for ISO 14001, 45001 or 50001 counts in the supplier's score.

    Open reminders of a certificate of that standard are done by it.
    """
    today = datetime.now(UTC).date()
    certificate = await certificates.record_certificate(session, caller.actor, supplier_id, body, today)
    set_etag(response, certificate.version)
    response.headers["Location"] = f"/v1/suppliers/{supplier_id}/certificates/{certificate.id}"
    return CertificateView.model_validate(certificate)


@router.get("/{certificate_id}")
async def get_certificate(
    supplier_id: UUID, certificate_id: UUID, session: Reading, _caller: Reader, response: Response
) -> CertificateView:
    """Read one certificate."""
    certificate = await repository.get(session, Certificate, certificate_id, "certificate")
    if certificate.supplier_id != supplier_id:
        raise NotFound("No such certificate.")
    set_etag(response, certificate.version)
    return CertificateView.model_validate(certificate)


@router.post("/{certificate_id}/withdraw")
async def withdraw_certificate(
    supplier_id: UUID,
    certificate_id: UUID,
    body: CertificateWithdrawal,
    expected: IfMatch,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> CertificateView:
    """Withdraw a certificate from a day on, with the reason."""
    if (await repository.get(session, Certificate, certificate_id, "certificate")).supplier_id != supplier_id:
        raise NotFound("No such certificate.")
    today = datetime.now(UTC).date()
    certificate = await certificates.withdraw_certificate(session, caller.actor, certificate_id, expected, body, today)
    set_etag(response, certificate.version)
    return CertificateView.model_validate(certificate)
