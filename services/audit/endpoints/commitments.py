"""`/v1/findings/{finding_id}/commitments` and `/v1/commitments`: what suppliers promised in support meetings."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.domain.commitments import Standing
from services.audit.endpoints.callers import Reader, Writer
from services.audit.endpoints.finding_views import get_own
from services.audit.models import FindingCommitment
from services.audit.repository import commitments as repository
from services.audit.schemas.commitments import (
    CommitmentBody,
    CommitmentReopening,
    CommitmentView,
    KeptBody,
    commitment_view,
)
from services.audit.service import commitments
from services.audit.service.today import today
from shared.auth.principal import Principal
from shared.auth.tokens import SERVICE_ISSUER
from shared.days import IsoDate
from shared.errors import Forbidden
from shared.web.etags import IfMatchWhereGiven, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

finding_router = new_router("/v1/findings/{finding_id}/commitments", "commitments")
router = new_router("/v1/commitments", "commitments")

TELLING_SERVICE = SERVICE_ISSUER + "engagement"


async def may_tell(caller: Reader) -> Principal:
    """A caller that may record audits, or the service that keeps the record of support meetings.

    Services' tokens only read; that no more of this service is opened to them, this one thing is allowed by name.
    """
    if caller.sub != TELLING_SERVICE and not caller.has("audit:write"):
        raise Forbidden("The token lacks the scope audit:write.", code="insufficient-scope")
    return caller


@finding_router.put("/{commitment_id}", responses={201: {"model": CommitmentView, "description": "It was taken down"}})
async def put_commitment(
    finding_id: UUID,
    commitment_id: UUID,
    body: CommitmentBody,
    session: Transaction,
    caller: Annotated[Principal, Depends(may_tell)],
    response: Response,
) -> CommitmentView:
    """Take down what the supplier promised about the finding, or that it was withdrawn; repeating it changes nothing.

    Whoever tells of it gives the id. A closed finding takes commitments too (on what keeps it from coming back), a
    withdrawn one does not. Needs audit:write; the engagement service may do it too, for its support meetings.
    """
    is_new = await commitments.take_down(session, caller.actor, finding_id, commitment_id, body)
    response.status_code = 201 if is_new else 200
    if is_new:
        response.headers["Location"] = f"/v1/findings/{finding_id}/commitments/{commitment_id}"
    return await _single(session, finding_id, commitment_id, response)


@finding_router.get("")
async def list_commitments_of_finding(
    finding_id: UUID, session: Reading, caller: Reader, pages: Pages
) -> Page[CommitmentView]:
    """List what the supplier promised about the finding, oldest first."""
    await get_own(session, finding_id, caller)
    day = today()
    query = repository.commitments_matching(today=day, finding_id=finding_id)
    rows, following = await pages.read(session, query, FindingCommitment.id)
    return Page(items=[commitment_view(row, day) for row in rows], next_cursor=following)


@finding_router.get("/{commitment_id}")
async def get_commitment(
    finding_id: UUID, commitment_id: UUID, session: Reading, caller: Reader, response: Response
) -> CommitmentView:
    """Read one commitment."""
    await get_own(session, finding_id, caller)
    return await _single(session, finding_id, commitment_id, response)


@finding_router.post("/{commitment_id}/kept")
async def confirm_commitment(
    finding_id: UUID,
    commitment_id: UUID,
    expected: IfMatchWhereGiven,
    session: Transaction,
    caller: Writer,
    response: Response,
    body: KeptBody | None = None,
) -> CommitmentView:
    """Confirm that the commitment was kept. That is not for the supplier to say; what shows it is evidence."""
    await commitments.confirm_kept(session, caller.actor, finding_id, commitment_id, expected, body or KeptBody())
    return await _single(session, finding_id, commitment_id, response)


@finding_router.post("/{commitment_id}/reopen")
async def reopen_commitment(
    finding_id: UUID,
    commitment_id: UUID,
    body: CommitmentReopening,
    expected: IfMatchWhereGiven,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> CommitmentView:
    """Open a commitment again that was marked as kept by mistake; the audit log keeps why."""
    await commitments.reopen(session, caller.actor, finding_id, commitment_id, expected, body.reason)
    return await _single(session, finding_id, commitment_id, response)


@router.get("")
async def list_commitments(
    session: Reading,
    caller: Reader,
    pages: Pages,
    supplier_id: Annotated[UUID | None, Query()] = None,
    supplier_code: Annotated[str | None, Query()] = None,
    finding_id: Annotated[UUID | None, Query()] = None,
    meeting: Annotated[str | None, Query(description="Exactly this reference of a meeting")] = None,
    status: Annotated[Standing | None, Query()] = None,
    overdue: Annotated[
        bool | None, Query(description="Open past the due date today (UTC), its finding not withdrawn")
    ] = None,
    due_before: Annotated[IsoDate | None, Query(description="Due before this day, whatever its status")] = None,
) -> Page[CommitmentView]:
    """List commitments in the order in which they were made; a supplier sees its own."""
    if caller.supplier_id is not None:
        if supplier_id is not None:
            caller.see_only_own(supplier_id, "supplier")
        supplier_id = caller.supplier_id
    day = today()
    query = repository.commitments_matching(
        today=day,
        finding_id=finding_id,
        supplier_id=supplier_id,
        supplier_code=supplier_code,
        meeting=meeting,
        status=status,
        overdue=overdue,
        due_before=due_before,
    )
    rows, following = await pages.read(session, query, FindingCommitment.id)
    return Page(items=[commitment_view(row, day) for row in rows], next_cursor=following)


async def _single(session: AsyncSession, finding_id: UUID, commitment_id: UUID, response: Response) -> CommitmentView:
    day = today()
    row = await repository.get_row(session, finding_id, commitment_id, day)
    # Whether it is overdue depends on the finding and on the day.
    set_etag(response, row.FindingCommitment.version, row.finding_version, day)
    return commitment_view(row, day)
