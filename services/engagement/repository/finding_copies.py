"""The copies of findings."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import FindingCopy
from shared.db import insert_rows, table_of

Copy = Mapping[str, Any]
"""A row of finding_copy."""


async def keep_told(session: AsyncSession, told: Sequence[Copy]) -> None:
    """Keep findings as the feed tells them, each once; an older position never overwrites a newer one."""
    if not told:
        return
    table = table_of(FindingCopy)
    statement = insert_rows(table, sorted(told, key=lambda copy: str(copy["id"])))
    changed = {column.name: statement.excluded[column.name] for column in table.columns if column.name != "id"}
    newer = statement.on_conflict_do_update(
        index_elements=["id"], set_=changed, where=table.c.pos < statement.excluded.pos
    )
    await session.execute(newer)
