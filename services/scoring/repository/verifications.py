"""Verifications, and the stored scores that they look at."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.recalculations import Verification
from services.scoring.repository.scores import HISTORY, SCORE
from shared.errors import NotFound

TABLES: dict[str, Table] = {"score": SCORE, "score_history": HISTORY}
KEYS = {"score": SCORE.c.supplier_id, "score_history": HISTORY.c.id}


async def get_verification(session: AsyncSession, verification_id: UUID) -> Verification:
    """The verification, or NotFound."""
    found = await session.get(Verification, verification_id)
    if found is None:
        raise NotFound("No such verification.")
    return found


async def lock_verification(session: AsyncSession, verification_id: UUID) -> Verification:
    """The verification as it is now, held until the transaction ends; it has to exist."""
    return await session.get_one(Verification, verification_id, with_for_update=True, populate_existing=True)


async def has_sample_since(session: AsyncSession, moment: datetime) -> bool:
    """Whether a sample was asked for since `moment`."""
    query = select(Verification.id).where(Verification.scope == "sample", Verification.created_at >= moment).limit(1)
    return (await session.execute(query)).first() is not None


async def count_stored(session: AsyncSession, tables: Sequence[str]) -> int:
    """How many scores these tables hold."""
    counts = [select(func.count()).select_from(TABLES[name]).scalar_subquery() for name in tables]
    return sum((await session.execute(select(*counts))).one())


async def list_stored(session: AsyncSession, table: str, after: UUID | None, limit: int) -> Sequence[Any]:
    """The next stored scores of a table, in the order of their keys."""
    key = KEYS[table]
    query = select(TABLES[table]).order_by(key).limit(limit)
    return (await session.execute(query if after is None else query.where(key > after))).all()


async def list_sample(session: AsyncSession, size: int) -> Sequence[Any]:
    """Current scores picked at random, each as likely as any other."""
    picked = select(SCORE.c.supplier_id).order_by(func.random()).limit(size)
    return (await session.execute(select(SCORE).where(SCORE.c.supplier_id.in_(picked)))).all()


async def read_figures(session: AsyncSession) -> Any:
    """Over all verifications: how many scores were `checked` and how many `drifted`; when the last one succeeded."""
    succeeded = Verification.status == "succeeded"
    query = select(
        func.coalesce(func.sum(Verification.checked), 0).label("checked"),
        func.coalesce(func.sum(Verification.drifted), 0).label("drifted"),
        func.max(Verification.finished_at).filter(succeeded).label("last"),
    )
    return (await session.execute(query)).one()
