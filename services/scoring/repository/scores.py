"""Scores, their history, and who waits for a new one."""

# ruff: noqa: S608 - statements are put together from the names in our own files and nothing else

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.evidence import SupplierCopy
from services.scoring.models.scores import Dirty, Score, ScoreHistory
from services.scoring.repository.evidence_sql import looked_up
from shared import holding
from shared.db import table_of

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)

SCORE = table_of(Score)
HISTORY = table_of(ScoreHistory)

MARK = text(f"""
    INSERT INTO dirty (supplier_id, evidence, since, trace)
    SELECT concerned.id AS supplier_id, true, min(given.since), min(given.trace)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:since AS timestamptz[]), CAST(:traces AS text[])) AS given(id, since, trace)
    CROSS JOIN {looked_up("supplier_copy", "s.id = given.id AND s.superseded_pos IS NULL", "s")},
    unnest(ARRAY[s.scored_as, s.id]) AS concerned(id)
    GROUP BY concerned.id
    ORDER BY supplier_id
    ON CONFLICT (supplier_id) DO UPDATE
    SET mark = nextval('dirty_mark'), evidence = true, not_before = now(), attempts = 0,
        since = LEAST(dirty.since, excluded.since), trace = COALESCE(dirty.trace, excluded.trace)
""")

# A country's suppliers go behind whoever is marked by evidence of its own: numbers that no single mark will ever reach.
MARK_COUNTRIES = text("""
    INSERT INTO dirty (supplier_id, mark, evidence)
    SELECT id, nextval('dirty_mark') + CAST(2 ^ 62 AS bigint), true FROM supplier_copy
    WHERE superseded_pos IS NULL AND country = ANY(CAST(:countries AS text[])) AND id = scored_as
    ORDER BY id
    ON CONFLICT (supplier_id) DO UPDATE
    SET mark = nextval('dirty_mark'), evidence = true, not_before = now(), attempts = 0
""")

MARK_EXPIRED = text("""
    INSERT INTO dirty (supplier_id, evidence)
    SELECT supplier_id, false FROM score WHERE valid_until < :today ORDER BY supplier_id LIMIT :limit
    ON CONFLICT (supplier_id) DO NOTHING
""")


LOCK_SCORES = text("""
    SELECT FROM score WHERE supplier_id = ANY(CAST(:ids AS uuid[])) ORDER BY supplier_id FOR NO KEY UPDATE
""")


WAIT_FOR_DRAINS = text("""
    SELECT FROM dirty WHERE supplier_id BETWEEN :first AND :last ORDER BY supplier_id FOR KEY SHARE
""")

LOCK_RANGE = text("""
    WITH locked AS (
        SELECT supplier_id FROM score
        WHERE supplier_id BETWEEN :first AND :last
            AND NOT EXISTS (SELECT FROM dirty WHERE dirty.supplier_id = score.supplier_id)
        ORDER BY supplier_id FOR NO KEY UPDATE OF score
    )
    SELECT array_agg(supplier_id) FROM locked
""")


class News(NamedTuple):
    """When something happened that bears on a supplier, and the trace that it belongs to."""

    time: datetime | None
    trace: str | None


async def hold_evidence(session: AsyncSession) -> None:
    """Let whoever changes evidence do so one after the other; computing scores goes on meanwhile.

    A mark is made on the suppliers that are known when it is made. Were a supplier, or a merge, and a piece of evidence
    on it taken in at the same time, neither would see the other, and the score would stay without it. To be taken in a
    statement of its own, before anything is read.
    """
    await holding.hold(session, "evidence")


async def mark_dirty(session: AsyncSession, touched: Mapping[UUID, News]) -> None:
    """Have these suppliers' scores, and those of the suppliers they are merged into, computed anew.

    A supplier that the registry has not told of is left out: its evidence waits until it does. A mark that is there
    gets a new number: leaving it as it is would lose this change if a worker is just computing without it.
    """
    if touched:
        ids = sorted(touched)
        news = {"since": [touched[i].time for i in ids], "traces": [touched[i].trace for i in ids]}
        await session.execute(MARK, {"ids": ids, **news})


async def mark_countries(session: AsyncSession, countries: Collection[str]) -> None:
    """Have the scores of all suppliers of some countries computed anew, after those of whom there is other news.

    A mark that is there keeps its place before them, under a new number.
    """
    await session.execute(MARK_COUNTRIES, {"countries": list(countries)})


async def mark_expired(session: AsyncSession, today: date, limit: int = 10_000) -> int:
    """Have scores computed anew that time alone has made out of date; returns how many, at most `limit`.

    A mark that is there already leads to a new score on the new day, so it is left as it is.
    """
    result = await session.execute(MARK_EXPIRED, {"today": today, "limit": limit})
    return result.rowcount  # type: ignore[attr-defined,no-any-return,unused-ignore]


async def lock_dirty(session: AsyncSession, limit: int) -> dict[UUID, bool]:
    """The suppliers that have waited longest and that no other worker holds; whether new evidence came for each."""
    query = (
        select(Dirty.supplier_id, Dirty.evidence)
        .where(Dirty.not_before <= func.now())
        .order_by(Dirty.mark)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return {row.supplier_id: row.evidence for row in await session.execute(query)}


async def list_news(session: AsyncSession, supplier_ids: Collection[UUID]) -> list[News]:
    """The oldest news that each of these marks was made for."""
    query = select(Dirty.since, Dirty.trace).where(Dirty.supplier_id == func.any(list(supplier_ids)))
    return [News(*row) for row in await session.execute(query)]


async def clear_dirty(session: AsyncSession, supplier_ids: Collection[UUID]) -> None:
    """Take the marks away, in the transaction that holds them."""
    await session.execute(delete(Dirty).where(Dirty.supplier_id == func.any(list(supplier_ids))))


async def put_off(session: AsyncSession, supplier_id: UUID, error: str) -> None:
    """Leave a supplier that cannot be scored for later, each time four times as long, so that it holds nobody up."""
    pause = func.least(FIRST_PAUSE * func.power(4, Dirty.attempts), LONGEST_PAUSE)
    first = {"not_before": func.now() + FIRST_PAUSE, "attempts": 1, "last_error": error[:2000]}
    again = {"not_before": func.now() + pause, "attempts": Dirty.attempts + 1, "last_error": error[:2000]}
    await session.execute(
        upsert(Dirty)
        .values(supplier_id=supplier_id, evidence=False, **first)
        .on_conflict_do_update(index_elements=["supplier_id"], set_=again)
    )


async def count_dirty(session: AsyncSession) -> int:
    """How many suppliers wait for a new score."""
    return int((await session.execute(select(func.count()).select_from(Dirty))).scalar_one())


async def list_put_off(session: AsyncSession, limit: int) -> list[str]:
    """The codes of suppliers that wait because they could not be scored, at most `limit`."""
    query = (
        select(SupplierCopy.code)
        .join(Dirty, Dirty.supplier_id == SupplierCopy.id)
        .where(SupplierCopy.superseded_pos.is_(None), Dirty.last_error.is_not(None))
        .order_by(SupplierCopy.code)
        .limit(limit)
    )
    return list((await session.scalars(query)).all())


async def lock_scores(session: AsyncSession, supplier_ids: Collection[UUID]) -> None:
    """Keep others from writing the scores of these suppliers until the transaction ends."""
    await session.execute(LOCK_SCORES, {"ids": list(supplier_ids)})


async def wait_for_drains(session: AsyncSession, first_id: UUID, last_id: UUID) -> None:
    """Wait until whoever is scoring a dirty supplier of this range is done; no mark is taken or kept from anybody."""
    await session.execute(WAIT_FOR_DRAINS, {"first": first_id, "last": last_id})


async def lock_range(session: AsyncSession, first_id: UUID, last_id: UUID) -> list[UUID]:
    """Keep others from writing the scores of a range of suppliers; returns those, without the dirty ones."""
    ids = (await session.execute(LOCK_RANGE, {"first": first_id, "last": last_id})).scalar_one()
    return list(ids or [])


async def forget_scores(session: AsyncSession, supplier_ids: Collection[UUID]) -> None:
    """Take away the scores of suppliers that have none of their own any more."""
    if supplier_ids:
        await session.execute(delete(Score).where(Score.supplier_id == func.any(list(supplier_ids))))


async def find_history_at(session: AsyncSession, supplier_id: UUID, known_at: datetime) -> Any | None:
    """The last score of a supplier that had been computed by `known_at`, or None."""
    query = (
        select(HISTORY)
        .where(ScoreHistory.supplier_id == supplier_id, ScoreHistory.computed_at <= known_at)
        .order_by(ScoreHistory.id.desc())
        .limit(1)
    )
    return (await session.execute(query)).one_or_none()


def current_scores() -> Any:
    """The query for current scores with what the registry tells of their suppliers."""
    return select(SCORE, SupplierCopy.code.label("supplier_code"), SupplierCopy.supply_tier, SupplierCopy.name).join(
        SupplierCopy, (SupplierCopy.id == Score.supplier_id) & SupplierCopy.superseded_pos.is_(None)
    )
