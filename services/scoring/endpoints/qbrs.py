"""`/v1/qbrs`."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.qbr import Grade
from services.scoring.domain.quarter import Quarter
from services.scoring.models.reviews import Qbr, Scorecard
from services.scoring.repository import reviews as repository
from services.scoring.schemas.performance import Code, QuarterName
from services.scoring.schemas.reviews import NewQbr, QbrStatus, QbrView, ScorecardView
from services.scoring.service.review import reviews
from shared.auth.principal import Principal
from shared.web.caller import scoped
from shared.web.etags import IfMatch, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/qbrs", "quarterly business reviews")

Reader = Annotated[Principal, scoped("scoring:read")]
Writer = Annotated[Principal, scoped("scoring:write")]
OfQuarter = Annotated[QuarterName, Path()]
Revision = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="This revision instead of the latest")]


def view(qbr: Qbr, card: Scorecard) -> ScorecardView:
    """A scorecard as the API shows it."""
    own = {name: getattr(card, name, None) for name in ScorecardView.model_fields}
    of_review = {"quarter": qbr.quarter, "revision": qbr.revision, "status": qbr.status}
    return ScorecardView.model_validate({**own, **of_review, "dimensions": card}, from_attributes=True)


async def visible_revision(session: AsyncSession, caller: Principal, quarter: str, revision: int | None) -> Qbr:
    """The revision asked for, else the latest; a supplier's client sees published ones alone."""
    return await repository.get_revision(session, quarter, revision, published=caller.supplier_id is not None)


@router.post("", status_code=202)
async def request_qbr(body: NewQbr, session: Transaction, caller: Writer, response: Response) -> QbrView:
    """Have a quarter reviewed: a new draft, or the next revision where it is already published."""
    today = datetime.now(UTC).date()
    qbr = await reviews.request_review(session, caller.actor, Quarter.parse(body.quarter), today)
    response.headers["Location"] = f"/v1/qbrs/{qbr.quarter}"
    return QbrView.model_validate(qbr)


@router.get("")
async def list_qbrs(
    session: Reading,
    caller: Reader,
    pages: Pages,
    quarter: Annotated[QuarterName | None, Query(description="Only revisions of this quarter")] = None,
    status: Annotated[QbrStatus | None, Query()] = None,
) -> Page[QbrView]:
    """List the revisions of all reviews, the latest quarter first."""
    caller.refuse_bound("review")
    query = select(Qbr, Qbr.quarter, Qbr.revision)
    if quarter is not None:
        query = query.where(Qbr.quarter == quarter)
    if status is not None:
        query = query.where(Qbr.status == status)
    rows, following = await pages.read(session, query, Qbr.quarter, Qbr.revision, descending=True)
    return Page(items=[QbrView.model_validate(row.Qbr) for row in rows], next_cursor=following)


@router.get("/{quarter}")
async def get_qbr(
    quarter: OfQuarter, session: Reading, caller: Reader, response: Response, revision: Revision = None
) -> QbrView:
    """Read a quarter's review; `status` is `computing` until a worker has done it."""
    caller.refuse_bound("review")
    qbr = await repository.get_revision(session, quarter, revision)
    set_etag(response, qbr.version)
    return QbrView.model_validate(qbr)


@router.get("/{quarter}/scorecards")
async def list_scorecards(
    quarter: OfQuarter,
    session: Reading,
    caller: Reader,
    pages: Pages,
    revision: Revision = None,
    grade: Annotated[Grade | None, Query(description="Only this grade")] = None,
    supplier_code: Annotated[Code | None, Query(description="Only this supplier")] = None,
) -> Page[ScorecardView]:
    """List a review's scorecards, the best total first."""
    qbr = await visible_revision(session, caller, quarter, revision)
    query = select(Scorecard, Scorecard.rank).where(Scorecard.qbr_id == qbr.id)
    if caller.supplier_id is not None:
        query = query.where(Scorecard.supplier_id == caller.supplier_id)
    if grade is not None:
        query = query.where(Scorecard.grade == grade)
    if supplier_code is not None:
        query = query.where(Scorecard.supplier_code == supplier_code)
    rows, following = await pages.read(session, query, Scorecard.rank)
    return Page(items=[view(qbr, row.Scorecard) for row in rows], next_cursor=following)


@router.get("/{quarter}/scorecards/{supplier_id}")
async def get_scorecard(
    quarter: OfQuarter,
    supplier_id: UUID,
    session: Reading,
    caller: Reader,
    response: Response,
    revision: Revision = None,
) -> ScorecardView:
    """Read a supplier's scorecard."""
    caller.see_only_own(supplier_id, "scorecard")
    qbr = await visible_revision(session, caller, quarter, revision)
    card = await repository.get_scorecard(session, qbr.id, supplier_id)
    set_etag(response, qbr.version)
    return view(qbr, card)


@router.post("/{quarter}/publish")
async def publish_qbr(
    quarter: OfQuarter, expected: IfMatch, session: Transaction, caller: Writer, response: Response
) -> QbrView:
    """Publish the draft: by a person other than the one who asked for it, and for good."""
    qbr = await reviews.publish_review(session, caller, Quarter.parse(quarter), expected)
    set_etag(response, qbr.version)
    return QbrView.model_validate(qbr)
