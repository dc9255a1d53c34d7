"""Reading and locking comments on reviews."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.reviews import QbrComment
from shared.errors import NotFound


def comments_matching(
    quarter: str,
    *,
    supplier_id: UUID | None = None,
    revision: int | None = None,
    about_review: bool | None = None,
    withdrawn: bool | None = None,
) -> Select[*tuple[Any, ...]]:
    """Comments of a quarter; `about_review` tells those on the whole review from those on a supplier."""
    query = select(QbrComment, QbrComment.id).where(QbrComment.quarter == quarter)
    if supplier_id is not None:
        query = query.where(QbrComment.supplier_id == supplier_id)
    if revision is not None:
        query = query.where(QbrComment.revision == revision)
    for column, is_null in (
        (QbrComment.supplier_id, about_review),
        (QbrComment.withdrawn_at, None if withdrawn is None else not withdrawn),
    ):
        if is_null is not None:
            query = query.where(column.is_(None) if is_null else column.is_not(None))
    return query


async def get_comment(session: AsyncSession, quarter: str, comment_id: UUID, *, lock: bool = False) -> QbrComment:
    """The comment with that id, held until the transaction ends if `lock`, or NotFound."""
    found = await session.get(QbrComment, comment_id, with_for_update=lock or None)
    if found is None or found.quarter != quarter:
        raise NotFound("No such comment.")
    return found
