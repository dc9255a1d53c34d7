"""Reading scorecards over quarters and revisions, many suppliers at a time."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.reviews import Qbr, Scorecard


async def list_figures(
    session: AsyncSession,
    first: str,
    last: str,
    *,
    supplier_ids: Collection[UUID] | None = None,
    also: UUID | None = None,
) -> Sequence[Row[Any]]:
    """Scorecards of the latest published revision of each quarter from `first` to `last`, by supplier and quarter.

    `also` is a revision of a later quarter that counts whether it is published or not. All suppliers, where none are
    named. Without what the scores rest on.
    """
    wanted = Qbr.quarter.between(first, last) & (Qbr.status == "published")
    reviews = (
        select(Qbr.id, Qbr.quarter, Qbr.revision, Qbr.status, Qbr.policy_version)
        .where(wanted if also is None else or_(wanted, Qbr.id == also))
        .ext(distinct_on(Qbr.quarter))
        .order_by(Qbr.quarter, Qbr.revision.desc())
        .subquery()
    )
    query = select(
        reviews.c.quarter,
        reviews.c.revision,
        reviews.c.status,
        reviews.c.policy_version,
        Scorecard.supplier_id,
        Scorecard.rank,
        Scorecard.quality,
        Scorecard.cost,
        Scorecard.delivery,
        Scorecard.service,
        Scorecard.sustainability,
        Scorecard.total,
        Scorecard.coverage,
        Scorecard.grade,
        Scorecard.limits,
        Scorecard.consequence,
        Scorecard.risk_tier,
        Scorecard.basis,
    ).join(Scorecard, Scorecard.qbr_id == reviews.c.id)
    if supplier_ids is not None:
        query = query.where(Scorecard.supplier_id == func.any(list(supplier_ids)))
    return (await session.execute(query.order_by(Scorecard.supplier_id, reviews.c.quarter))).all()


async def find_published_revisions(session: AsyncSession, first: str, last: str) -> dict[str, int]:
    """Quarter -> its latest published revision, for the quarters from `first` to `last` that have one."""
    query = (
        select(Qbr.quarter, func.max(Qbr.revision).label("revision"))
        .where(Qbr.quarter.between(first, last), Qbr.status == "published")
        .group_by(Qbr.quarter)
    )
    return {row.quarter: row.revision for row in await session.execute(query)}


async def find_asked_for(session: AsyncSession, quarter: str, revision: int) -> set[tuple[UUID, str]]:
    """The supplier and kind of each action that a revision asked for."""
    query = (
        select(Scorecard.supplier_id, Scorecard.actions)
        .join(Qbr, Qbr.id == Scorecard.qbr_id)
        .where(Qbr.quarter == quarter, Qbr.revision == revision)
    )
    return {(row.supplier_id, kind) for row in await session.execute(query) for kind in row.actions}
