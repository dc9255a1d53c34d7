"""What a review's pack is made of, and the packs that are kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.reports import QbrReport
from services.scoring.models.reviews import Action, Qbr, Scorecard

EarlierRow = Row[tuple[str, UUID, float, float, float, float, float, float, str, str, Mapping[str, float]]]


async def list_earlier_results(
    session: AsyncSession, *, since: str, before: str, known_at: datetime
) -> Sequence[EarlierRow]:
    """Every supplier's result in the quarters from `since` on and before `before`, as it was published by `known_at`.

    What was published later is left out, so that a revision's pack stays what it was.
    """
    editions = (
        select(Qbr.id, Qbr.quarter)
        .ext(distinct_on(Qbr.quarter))
        .where(Qbr.quarter >= since, Qbr.quarter < before, Qbr.published_at <= known_at)
        .order_by(Qbr.quarter, Qbr.revision.desc())
        .subquery()
    )
    query = (
        select(
            editions.c.quarter,
            Scorecard.supplier_id,
            Scorecard.quality,
            Scorecard.cost,
            Scorecard.delivery,
            Scorecard.service,
            Scorecard.sustainability,
            Scorecard.total,
            Scorecard.grade,
            Scorecard.risk_tier,
            Scorecard.standing["categories"].label("categories"),
        )
        .join(editions, editions.c.id == Scorecard.qbr_id)
        .order_by(editions.c.quarter, Scorecard.rank)
    )
    return (await session.execute(query)).all()


async def list_asked_actions(session: AsyncSession, quarter: str, revision: int) -> Sequence[Action]:
    """The actions that a published revision stood for, whatever became of them: asked for by it or by one before."""
    query = (
        select(Action)
        .ext(distinct_on(Action.supplier_id, Action.kind))
        .where(Action.quarter == quarter, Action.revision <= revision)
        .order_by(Action.supplier_id, Action.kind, Action.revision.desc(), Action.id.desc())
    )
    return (await session.scalars(query)).all()


async def find_report(session: AsyncSession, qbr_id: UUID, language: str, version: int) -> QbrReport | None:
    """The pack of that version of a revision, or None where nobody has asked for it."""
    query = select(QbrReport).where(QbrReport.qbr_id == qbr_id, QbrReport.language == language)
    return (await session.scalars(query.where(QbrReport.version == version))).one_or_none()


async def queue_report(session: AsyncSession, qbr_id: UUID, language: str, version: int) -> bool:
    """Have a place for the pack of that version, in that of an older one; False where there is one already."""
    values = {"version": version, "status": "queued", "error": None, "content": None, "made_at": None}
    queued = (
        insert(QbrReport)
        .values(qbr_id=qbr_id, language=language, asked_at=func.now(), **values)
        .on_conflict_do_update(
            index_elements=[QbrReport.qbr_id, QbrReport.language],
            set_={**values, "asked_at": func.now()},
            where=QbrReport.version < version,
        )
        .returning(QbrReport.version)
    )
    return (await session.execute(queued)).first() is not None


async def keep_report(session: AsyncSession, qbr_id: UUID, language: str, version: int, content: bytes) -> None:
    """Keep the pack where it is still asked for."""
    await _set(session, qbr_id, language, version, status="made", error=None, content=content, made_at=func.now())


async def fail_report(session: AsyncSession, qbr_id: UUID, language: str, version: int, error: str) -> None:
    """Note that there will be no pack."""
    await _set(session, qbr_id, language, version, status="failed", error=error)


async def drop_outdated(session: AsyncSession, qbr_id: UUID, version: int) -> None:
    """Let go of the packs of older versions of a revision, in all languages."""
    await session.execute(delete(QbrReport).where(QbrReport.qbr_id == qbr_id, QbrReport.version < version))


async def _set(session: AsyncSession, qbr_id: UUID, language: str, version: int, **values: object) -> None:
    wanted = (QbrReport.qbr_id == qbr_id, QbrReport.language == language, QbrReport.version == version)
    await session.execute(update(QbrReport).where(*wanted, QbrReport.status != "made").values(**values))
