"""`/v1/verifications`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import select

from services.scoring.models.recalculations import Verification
from services.scoring.repository import verifications as repository
from services.scoring.schemas.verifications import (
    NewVerification,
    VerificationScope,
    VerificationStatus,
    VerificationView,
)
from services.scoring.service import verifications
from shared.auth.principal import Principal
from shared.web.caller import scoped
from shared.web.etags import set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/verifications", "verifications")

Reader = Annotated[Principal, scoped("scoring:read")]
Writer = Annotated[Principal, scoped("scoring:write")]


@router.post("", status_code=202)
async def request_verification(
    session: Transaction, caller: Writer, response: Response, body: NewVerification | None = None
) -> VerificationView:
    """Have stored scores recomputed from the evidence at their coordinates; none may come out otherwise."""
    scope: VerificationScope = "all" if body is None else body.scope
    run = await verifications.request_verification(session, caller.actor, scope)
    response.headers["Location"] = f"/v1/verifications/{run.id}"
    return VerificationView.model_validate(run)


@router.get("")
async def list_verifications(
    session: Reading,
    caller: Reader,
    pages: Pages,
    scope: Annotated[VerificationScope | None, Query()] = None,
    status: Annotated[VerificationStatus | None, Query()] = None,
    drifted: Annotated[bool | None, Query(description="Only those that found drift, or that found none")] = None,
) -> Page[VerificationView]:
    """List verifications, newest first."""
    caller.refuse_bound("verification")
    query = select(Verification, Verification.id)
    if scope is not None:
        query = query.where(Verification.scope == scope)
    if status is not None:
        query = query.where(Verification.status == status)
    if drifted is not None:
        query = query.where((Verification.drifted > 0) == drifted)
    rows, following = await pages.read(session, query, Verification.id, descending=True)
    return Page(items=[VerificationView.model_validate(row.Verification) for row in rows], next_cursor=following)


@router.get("/{verification_id}")
async def get_verification(
    verification_id: UUID, session: Reading, caller: Reader, response: Response
) -> VerificationView:
    """Read how far a verification has come and what it found."""
    caller.refuse_bound("verification")
    run = await repository.get_verification(session, verification_id)
    set_etag(response, run.version, run.status, run.checked)
    return VerificationView.model_validate(run)
