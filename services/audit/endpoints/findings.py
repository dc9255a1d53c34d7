"""`/v1/findings`: recording, listing, reading, changing."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response

from services.audit.domain.due_dates import Severity
from services.audit.domain.findings import State
from services.audit.endpoints.callers import Reader, Writer
from services.audit.endpoints.export_tables import finding_table
from services.audit.endpoints.finding_views import get_own, just_recorded, set_finding_etag, single, views
from services.audit.models import Finding
from services.audit.repository import findings as repository
from services.audit.schemas.findings import FindingDetail, FindingPatch, FindingView, NewFinding
from services.audit.service import findings, suppliers
from services.audit.service.today import today
from shared.days import IsoDate
from shared.web import exports
from shared.web.caller import Opened
from shared.web.etags import IfMatch
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/findings", "findings")


async def read_new_finding(
    _caller: Writer, body: NewFinding, resources: Opened
) -> tuple[NewFinding, suppliers.Supplier | None]:
    """The body and the supplier that it names, if it names one, found before the transaction begins."""
    if body.supplier_code is None and body.supplier_id is None:
        return body, None
    return body, await suppliers.find_supplier(resources, body.supplier_code, body.supplier_id)


@router.post("", status_code=201)
async def record_finding(
    given: Annotated[tuple[NewFinding, suppliers.Supplier | None], Depends(read_new_finding)],
    session: Transaction,
    caller: Writer,
    response: Response,
) -> FindingDetail:
    """Record a finding: of an audit, or of a supplier without one."""
    body, supplier = given
    finding = await findings.create_finding(
        session, caller.actor, body, supplier_id=supplier.id if supplier else None, audit_id=body.audit_id
    )
    response.headers["Location"] = f"/v1/findings/{finding.id}"
    set_finding_etag(response, finding)
    return await just_recorded(session, finding, supplier.code if supplier else None, caller)


@router.get("", response_model=Page[FindingView], responses=exports.AS_FILE)
async def list_findings(
    session: Reading,
    resources: Opened,
    wanted: exports.WantedFile,
    caller: Reader,
    pages: Pages,
    supplier_id: Annotated[UUID | None, Query()] = None,
    supplier_code: Annotated[str | None, Query()] = None,
    audit_id: Annotated[UUID | None, Query()] = None,
    finding_ref: Annotated[str | None, Query(description="Exactly this reference")] = None,
    provision: Annotated[str | None, Query(description="Read it together with code_version")] = None,
    code_version: Annotated[str | None, Query()] = None,
    standard: Annotated[str | None, Query()] = None,
    severity: Annotated[Severity | None, Query()] = None,
    status: Annotated[State | None, Query()] = None,
    country: Annotated[str | None, Query(description="The supplier's, ISO 3166-1 alpha-2")] = None,
    supply_tier: Annotated[int | None, Query(ge=1, le=9, description="The supplier's")] = None,
    discovered_from: Annotated[IsoDate | None, Query()] = None,
    discovered_to: Annotated[IsoDate | None, Query(description="That day included")] = None,
    due_before: Annotated[IsoDate | None, Query(description="Due before that day, whatever its status")] = None,
    overdue: Annotated[bool | None, Query(description="Past the due date today (UTC) and not implemented")] = None,
    plan_overdue: Annotated[
        bool | None, Query(description="Open or its plan rejected, and the plan was due before today (UTC)")
    ] = None,
) -> Page[FindingView] | Response:
    """List findings in the order in which they were recorded; a supplier sees its own. A file has all of them."""
    if caller.supplier_id is not None:
        if supplier_id is not None:
            caller.see_only_own(supplier_id, "supplier")
        supplier_id = caller.supplier_id
    query = repository.findings_matching(
        today=today(),
        supplier_id=supplier_id,
        supplier_code=supplier_code,
        audit_id=audit_id,
        finding_ref=finding_ref,
        provision=provision,
        code_version=code_version,
        standard=standard,
        severity=severity,
        status=status,
        country=country,
        supply_tier=supply_tier,
        discovered_from=discovered_from,
        discovered_to=discovered_to,
        due_before=due_before,
        overdue=overdue,
        plan_overdue=plan_overdue,
    )
    if wanted is not None:
        return await exports.export(resources, wanted, finding_table(caller, query.order_by(Finding.id)))
    rows, following = await pages.read(session, query, Finding.id)
    return Page(items=views(rows, caller), next_cursor=following)


@router.get("/{finding_id}")
async def get_finding(finding_id: UUID, session: Reading, caller: Reader, response: Response) -> FindingDetail:
    """Read one finding with its life."""
    finding = await get_own(session, finding_id, caller)
    detail = await single(session, finding, caller)
    set_finding_etag(response, finding, detail)
    return detail


@router.patch("/{finding_id}")
async def change_finding(
    finding_id: UUID, body: FindingPatch, expected: IfMatch, session: Transaction, caller: Writer, response: Response
) -> FindingDetail:
    """Correct what a finding says; its due dates follow unless they were given."""
    finding = await findings.change_finding(session, caller, finding_id, expected, body)
    set_finding_etag(response, finding)
    return await single(session, finding, caller)
