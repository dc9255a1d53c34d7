"""Current scores as the API shows them, made from nothing but their rows; None where that will not do."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg

from services.scoring.repository import plain_scores
from services.scoring.service.policy.calendar import parsed_before
from shared.db import Database

OURS = ("published_at", "positions", "plain")


async def read_plain_score(database: Database, supplier_id: UUID, today: date) -> tuple[dict[str, Any], str] | None:
    """The score, and its positions as they stand in an ETag."""
    row = await plain_scores.find_plain(database, supplier_id, today)
    names = None if row is None else _category_names(row)
    if row is None or names is None:
        return None
    return _shown(row, names), row["positions"]


async def list_plain_scores(
    database: Database, after: UUID | None, limit: int, today: date
) -> list[dict[str, Any]] | None:
    """At most `limit` scores, by the ids of their suppliers."""
    rows: Sequence[asyncpg.Record] | None = await plain_scores.list_plain(
        database, after or plain_scores.FIRST, limit, today
    )
    if rows is None:
        return None
    names = _category_names(rows[0]) if rows else []
    return None if names is None else [_shown(row, names) for row in rows]


def _category_names(row: asyncpg.Record) -> list[str] | None:
    """Those of the policy in force, which all plain scores were computed by; None where it was not read yet."""
    policy = parsed_before(row["policy_version"], row["published_at"])
    return None if policy is None else [category.code for category in policy.categories]


def _shown(row: asyncpg.Record, names: Sequence[str]) -> dict[str, Any]:
    """The row without what only we had to know; names stand where the order of the policy's categories stood."""
    view = dict(row)
    view["categories"] = dict(zip(names, row["categories"], strict=True))
    for name in OURS:
        view.pop(name, None)
    return view
