"""`/v1/qbrs/{quarter}/scorecards/{supplier_id}/trend`, `/v1/qbrs/{quarter}/trends|changes|late-performance`."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import Row, select

from services.scoring.endpoints.qbrs import OfQuarter, Reader, Revision, visible_revision
from services.scoring.models.reviews import Scorecard
from services.scoring.repository import review_changes
from services.scoring.repository import reviews as repository
from services.scoring.schemas.review_history import (
    CardSide,
    ChangesPage,
    Gap,
    LatePage,
    LatePerformance,
    SupplierChange,
    TrendPoint,
    TrendView,
)
from services.scoring.service.review import reviews
from services.scoring.service.review import trends as review_trends
from services.scoring.service.review.computing import REVIEWED_STATUSES
from shared.web.etags import set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading

router = new_router("/v1/qbrs", "quarterly business reviews")

Quarters = Annotated[int, Query(ge=1, le=review_trends.MOST_QUARTERS, description="How many, up to this one")]


@router.get("/{quarter}/scorecards/{supplier_id}/trend")
async def get_trend(
    quarter: OfQuarter,
    supplier_id: UUID,
    session: Reading,
    caller: Reader,
    response: Response,
    revision: Revision = None,
    quarters: Quarters = 8,
) -> TrendView:
    """Read a supplier's last quarters: totals, grades, dimensions, and how they moved from each to the next.

    Earlier quarters as they are published now, so that a correction of one shows.
    """
    caller.see_only_own(supplier_id, "scorecard")
    qbr = await visible_revision(session, caller, quarter, revision)
    card = await repository.get_scorecard(session, qbr.id, supplier_id)
    revisions = await review_trends.find_revisions(session, qbr, quarters)
    trends = await review_trends.read_trends(session, qbr, [supplier_id], quarters)
    set_etag(response, qbr.version, *(each or 0 for each in revisions.values()))
    return _trend(card, revisions, trends[supplier_id])


@router.get("/{quarter}/trends")
async def list_trends(
    quarter: OfQuarter,
    session: Reading,
    caller: Reader,
    pages: Pages,
    revision: Revision = None,
    quarters: Quarters = 8,
) -> Page[TrendView]:
    """List the trends of all suppliers in a review, the best total first."""
    qbr = await visible_revision(session, caller, quarter, revision)
    query = select(Scorecard, Scorecard.rank).where(Scorecard.qbr_id == qbr.id)
    if caller.supplier_id is not None:
        query = query.where(Scorecard.supplier_id == caller.supplier_id)
    rows, following = await pages.read(session, query, Scorecard.rank)
    cards = [row.Scorecard for row in rows]
    revisions = await review_trends.find_revisions(session, qbr, quarters)
    trends = await review_trends.read_trends(session, qbr, [card.supplier_id for card in cards], quarters)
    return Page(items=[_trend(card, revisions, trends[card.supplier_id]) for card in cards], next_cursor=following)


@router.get("/{quarter}/changes")
async def list_review_changes(
    quarter: OfQuarter, session: Reading, caller: Reader, pages: Pages, revision: Revision = None
) -> ChangesPage:
    """List what a revision changed against the one before it, supplier by supplier."""
    caller.refuse_bound("review")
    before, after = await reviews.get_revision_and_one_before(session, quarter, revision)
    changes = review_changes.changes_between(before.id, after.id)
    counts = {row.change: row.suppliers for row in await session.execute(review_changes.counts_of(changes))}
    keys: Any = changes.c
    rows, following = await pages.read(session, select(changes), keys.supplier_code, keys.supplier_id)
    return ChangesPage(
        items=[_change(row) for row in rows],
        next_cursor=following,
        quarter=quarter,
        revision=after.revision,
        compared_with=before.revision,
        **{change: counts.get(change, 0) for change in ("added", "dropped", "changed")},
    )


@router.get("/{quarter}/late-performance")
async def list_late_performance(
    quarter: OfQuarter, session: Reading, caller: Reader, pages: Pages, revision: Revision = None
) -> LatePage:
    """List performance that came or changed after the review was computed: a reason to ask for another revision."""
    caller.refuse_bound("review")
    qbr = await reviews.get_computed_revision(session, quarter, revision)
    late = review_changes.late_performance(qbr.id, quarter, REVIEWED_STATUSES)
    keys: Any = late.c
    rows, following = await pages.read(session, select(late), keys.supplier_code)
    return LatePage(items=[_late(row) for row in rows], next_cursor=following, quarter=quarter, revision=qbr.revision)


def _trend(card: Scorecard, revisions: Mapping[str, int | None], points: Sequence[Mapping[str, Any]]) -> TrendView:
    held = {point["quarter"] for point in points}
    return TrendView(
        supplier_id=card.supplier_id,
        supplier_code=card.supplier_code,
        quarter=points[-1]["quarter"],
        points=[TrendPoint.model_validate(point) for point in points],
        gaps=[
            Gap(quarter=name, reason="not_reviewed" if published else "not_published")
            for name, published in revisions.items()
            if name > points[0]["quarter"] and name not in held
        ],
    )


def _change(row: Row[Any]) -> SupplierChange:
    before, after = _side(row, "before_"), _side(row, "after_")
    both = before is not None and after is not None
    return SupplierChange(
        supplier_id=row.supplier_id,
        supplier_code=row.supplier_code,
        change=row.change,
        fields=[
            name for name in review_changes.COMPARED if both and _of(row, "before_", name) != _of(row, "after_", name)
        ],
        before=before,
        after=after,
    )


def _of(row: Row[Any], side: str, name: str) -> Any:
    return getattr(row, f"{side}{name}")


def _side(row: Row[Any], side: str) -> CardSide | None:
    if _of(row, side, "grade") is None:
        return None
    columns = {name: _of(row, side, name) for name in review_changes.TOLD}
    return CardSide.model_validate(columns | {"dimensions": columns})


def _late(row: Row[Any]) -> LatePerformance:
    sides = {
        side: {name: _of(row, f"{side}_", name) for name in review_changes.REPORTED}
        for side in ("reported", "reviewed")
    }
    return LatePerformance.model_validate(
        {
            "supplier_id": row.supplier_id,
            "supplier_code": row.supplier_code,
            "updated_at": row.updated_at,
            "reported": sides["reported"],
            "reviewed": sides["reviewed"] if row.is_reviewed else None,
        }
    )
