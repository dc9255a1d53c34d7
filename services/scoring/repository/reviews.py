"""Reading and locking reviews and scorecards."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.scoring.models.evidence import SupplierCopy
from services.scoring.models.reviews import Qbr, Scorecard
from shared.errors import NotFound


@dataclass(frozen=True, slots=True)
class KnownSupplier:
    """Who stands behind a code: where the supplier was merged, `id` and `status` are those of the survivor."""

    id: UUID
    status: str
    merged: bool


async def find_known_suppliers(session: AsyncSession, codes: Collection[str]) -> dict[str, KnownSupplier]:
    """Code -> supplier, for those that the registry has told of."""
    survivor = aliased(SupplierCopy)
    query = (
        select(SupplierCopy.code, SupplierCopy.id, SupplierCopy.scored_as, survivor.status)
        .join(survivor, and_(survivor.id == SupplierCopy.scored_as, survivor.superseded_pos.is_(None)))
        .where(SupplierCopy.code == func.any(list(codes)), SupplierCopy.superseded_pos.is_(None))
    )
    return {
        row.code: KnownSupplier(row.scored_as, row.status, merged=row.scored_as != row.id)
        for row in await session.execute(query)
    }


async def find_revision(
    session: AsyncSession, quarter: str, revision: int | None = None, *, published: bool = False
) -> Qbr | None:
    """That revision, else the latest one (of the published ones), or None."""
    query = select(Qbr).where(Qbr.quarter == quarter)
    if revision is not None:
        query = query.where(Qbr.revision == revision)
    if published:
        query = query.where(Qbr.status == "published")
    return (await session.scalars(query.order_by(Qbr.revision.desc()).limit(1))).one_or_none()


async def get_revision(
    session: AsyncSession, quarter: str, revision: int | None = None, *, published: bool = False
) -> Qbr:
    """That revision, else the latest one (of the published ones), or NotFound."""
    found = await find_revision(session, quarter, revision, published=published)
    if found is None:
        raise NotFound(f"No such review of {quarter}.")
    return found


async def lock_latest(session: AsyncSession, quarter: str) -> Qbr | None:
    """The latest revision, held until the transaction ends, or None."""
    query = select(Qbr).where(Qbr.quarter == quarter).order_by(Qbr.revision.desc()).limit(1)
    return (await session.scalars(query.with_for_update())).one_or_none()


async def list_scorecards(session: AsyncSession, qbr_id: UUID) -> Sequence[Scorecard]:
    """All scorecards of a revision, the best first."""
    query = select(Scorecard).where(Scorecard.qbr_id == qbr_id).order_by(Scorecard.rank)
    return (await session.scalars(query)).all()


async def get_scorecard(session: AsyncSession, qbr_id: UUID, supplier_id: UUID) -> Scorecard:
    """A supplier's scorecard in a revision, or NotFound."""
    found = await session.get(Scorecard, (qbr_id, supplier_id))
    if found is None:
        raise NotFound("No such scorecard.")
    return found
