"""`/v1/audits`, with the findings of each."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response

from services.audit.domain.audits import AuditStatus
from services.audit.endpoints import audit_views
from services.audit.endpoints.callers import Reader, Writer
from services.audit.endpoints.export_tables import audit_table
from services.audit.endpoints.finding_views import just_recorded, set_finding_etag, views
from services.audit.models import Audit, Finding
from services.audit.repository import audits as repository
from services.audit.repository import findings as findings_repository
from services.audit.schemas.audits import AuditPatch, AuditView, NewAudit
from services.audit.schemas.fields import AuditKind, AuditWithdrawal, Outcome
from services.audit.schemas.findings import FindingDetail, FindingView, NewFindingOfAudit
from services.audit.service import audits, findings, suppliers
from services.audit.service.today import today
from shared.days import Day
from shared.web import exports
from shared.web.caller import Opened
from shared.web.etags import IfMatch, IfMatchWhereGiven
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
    """Record an audit of a supplier, or plan one."""
    body, supplier = given
    audit = await audits.create_audit(session, caller.actor, supplier.id, body)
    response.headers["Location"] = f"/v1/audits/{audit.id}"
    return await audit_views.single(session, audit, response)


@router.get("", response_model=Page[AuditView], responses=exports.AS_FILE)
async def list_audits(
    session: Reading,
    resources: Opened,
    wanted: exports.WantedFile,
    caller: Reader,
    pages: Pages,
    supplier_id: Annotated[UUID | None, Query()] = None,
    supplier_code: Annotated[str | None, Query()] = None,
    audit_ref: Annotated[str | None, Query(description="Exactly this reference")] = None,
    kind: Annotated[AuditKind | None, Query()] = None,
    standard: Annotated[str | None, Query()] = None,
    site_code: Annotated[str | None, Query()] = None,
    outcome: Annotated[Outcome | None, Query()] = None,
    follows_audit_id: Annotated[UUID | None, Query(description="The closure audits that follow this one")] = None,
    status: Annotated[AuditStatus | None, Query(description="Where it stands today (UTC)")] = None,
    planned_from: Annotated[Day | None, Query(description="Planned for this day or later")] = None,
    planned_to: Annotated[Day | None, Query(description="Planned for this day or earlier")] = None,
    conducted_from: Annotated[Day | None, Query(description="Conducted on this day or later")] = None,
    conducted_to: Annotated[Day | None, Query(description="Conducted on this day or earlier")] = None,
    valid_on: Annotated[Day | None, Query(description="Those that count on this day")] = None,
    expires_before: Annotated[
        Day | None,
        Query(description="Those whose last valid day lies before this one; with valid_on, those about to expire"),
    ] = None,
) -> Page[AuditView] | Response:
    """List audits in the order in which they were recorded, planned and withdrawn ones included; a file has all."""
    caller.refuse_bound("audit")
    query = repository.audits_matching(
        today=today(),
        supplier_id=supplier_id,
        supplier_code=supplier_code,
        audit_ref=audit_ref,
        kind=kind,
        standard=standard,
        site_code=site_code,
        outcome=outcome,
        follows_audit_id=follows_audit_id,
        status=status,
        planned_from=planned_from,
        planned_to=planned_to,
        conducted_from=conducted_from,
        conducted_to=conducted_to,
        valid_on=valid_on,
        expires_before=expires_before,
    )
    if wanted is not None:
        return await exports.export(resources, wanted, audit_table(query.order_by(Audit.id)))
    rows, following = await pages.read(session, query, Audit.id)
    return Page(items=await audit_views.views(session, rows), next_cursor=following)


@router.get("/{audit_id}")
async def get_audit(audit_id: UUID, session: Reading, caller: Reader, response: Response) -> AuditView:
    """Read one audit."""
    caller.refuse_bound("audit")
    return await audit_views.single(session, await repository.get_audit(session, audit_id), response)


@router.patch("/{audit_id}")
async def change_audit(
    audit_id: UUID, body: AuditPatch, expected: IfMatch, session: Transaction, caller: Writer, response: Response
) -> AuditView:
    """Change the fields that the body names; due dates and sites of the audit's findings follow."""
    audit = await audits.change_audit(session, caller.actor, audit_id, expected, body)
    return await audit_views.single(session, audit, response)


@router.post("/{audit_id}/withdraw")
async def withdraw_audit(
    audit_id: UUID,
    body: AuditWithdrawal,
    expected: IfMatchWhereGiven,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> AuditView:
    """Withdraw an audit with the reason: it assesses nothing any more, its findings stay; one planned is cancelled."""
    audit = await audits.withdraw_audit(session, caller.actor, audit_id, expected, body)
    return await audit_views.single(session, audit, response)


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
    return await just_recorded(session, finding, None, caller)
