"""`/v1/audits`, with the findings of each."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.endpoints.callers import Reader, Writer
from services.audit.endpoints.finding_views import set_finding_etag, single, views
from services.audit.models import Audit, Finding
from services.audit.repository import audits as repository
from services.audit.repository import findings as findings_repository
from services.audit.repository import suppliers as suppliers_repository
from services.audit.schemas.audits import AuditPatch, AuditView, NewAudit, audit_view
from services.audit.schemas.fields import AuditKind, Outcome, Withdrawal
from services.audit.schemas.findings import FindingDetail, FindingView, NewFindingOfAudit
from services.audit.service import audits, findings, suppliers
from services.audit.service.today import today
from shared.web.caller import Opened
from shared.web.etags import IfMatch, IfMatchWhereGiven, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/audits", "audits")


async def read_new_audit(_caller: Writer, body: NewAudit, resources: Opened) -> tuple[NewAudit, suppliers.Supplier]:
    """The body and the supplier that it names, found before the transaction begins."""
    return body, await suppliers.find_supplier(resources, body.supplier_code, body.supplier_id)


@router.post("", status_code=201)
async def record_audit(
    given: Annotated[tuple[NewAudit, suppliers.Supplier], Depends(read_new_audit)],
    session: Transaction,
    caller: Writer,
    response: Response,
) -> AuditView:
    """Record an audit of a supplier."""
    body, supplier = given
    audit = await audits.create_audit(session, caller.actor, supplier.id, body)
    response.headers["Location"] = f"/v1/audits/{audit.id}"
    return await _single(session, audit, response)


@router.get("")
async def list_audits(
    session: Reading,
    caller: Reader,
    pages: Pages,
    supplier_id: Annotated[UUID | None, Query()] = None,
    supplier_code: Annotated[str | None, Query()] = None,
    audit_ref: Annotated[str | None, Query(description="Exactly this reference")] = None,
    kind: Annotated[AuditKind | None, Query()] = None,
    standard: Annotated[str | None, Query()] = None,
    site_code: Annotated[str | None, Query()] = None,
    outcome: Annotated[Outcome | None, Query()] = None,
    conducted_from: Annotated[date | None, Query(description="Conducted on this day or later")] = None,
    conducted_to: Annotated[date | None, Query(description="Conducted on this day or earlier")] = None,
) -> Page[AuditView]:
    """List audits in the order in which they were recorded, withdrawn ones included."""
    caller.refuse_bound("audit")
    query = repository.audits_matching(
        supplier_id=supplier_id,
        supplier_code=supplier_code,
        audit_ref=audit_ref,
        kind=kind,
        standard=standard,
        site_code=site_code,
        outcome=outcome,
        conducted_from=conducted_from,
        conducted_to=conducted_to,
    )
    rows, following = await pages.read(session, query, Audit.id)
    return Page(items=[audit_view(row.Audit, row.supplier_code) for row in rows], next_cursor=following)


@router.get("/{audit_id}")
async def get_audit(audit_id: UUID, session: Reading, caller: Reader, response: Response) -> AuditView:
    """Read one audit."""
    caller.refuse_bound("audit")
    return await _single(session, await repository.get_audit(session, audit_id), response)


@router.patch("/{audit_id}")
async def change_audit(
    audit_id: UUID, body: AuditPatch, expected: IfMatch, session: Transaction, caller: Writer, response: Response
) -> AuditView:
    """Change the fields that the body names; due dates and sites of the audit's findings follow."""
    audit = await audits.change_audit(session, caller.actor, audit_id, expected, body)
    return await _single(session, audit, response)


@router.post("/{audit_id}/withdraw")
async def withdraw_audit(
    audit_id: UUID,
    body: Withdrawal,
    expected: IfMatchWhereGiven,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> AuditView:
    """Withdraw an audit with the reason: it assesses nothing any more. Its findings stay."""
    audit = await audits.withdraw_audit(session, caller.actor, audit_id, expected, body)
    return await _single(session, audit, response)


@router.get("/{audit_id}/findings")
async def list_audit_findings(audit_id: UUID, session: Reading, caller: Reader, pages: Pages) -> Page[FindingView]:
    """List the findings of an audit."""
    caller.refuse_bound("audit")
    await repository.get_audit(session, audit_id)
    query = findings_repository.findings_matching(today=today(), audit_id=audit_id)
    rows, following = await pages.read(session, query, Finding.id)
    return Page(items=views(rows, caller), next_cursor=following)


@router.post("/{audit_id}/findings", status_code=201)
async def record_audit_finding(
    audit_id: UUID, body: NewFindingOfAudit, session: Transaction, caller: Writer, response: Response
) -> FindingDetail:
    """Record a finding of an audit."""
    finding = await findings.create_finding(session, caller.actor, body, supplier_id=None, audit_id=audit_id)
    response.headers["Location"] = f"/v1/findings/{finding.id}"
    set_finding_etag(response, finding)
    return await single(session, finding, caller)


async def _single(session: AsyncSession, audit: Audit, response: Response) -> AuditView:
    codes = await suppliers_repository.get_codes(session, [audit.supplier_id])
    set_etag(response, audit.version)
    return audit_view(audit, codes[audit.supplier_id])
