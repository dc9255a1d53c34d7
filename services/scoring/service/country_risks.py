"""Country risks: the evidence that is kept here, versioned at positions of this service's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.evidence import CountryRisk
from services.scoring.repository import scores
from services.scoring.schemas.country_risks import CountryRiskRow
from shared import journal
from shared.auth.principal import Actor
from shared.db import table_of
from shared.feed.following import cursor
from shared.ids import new_id
from shared.imports import Row, RowError
from shared.journal import Change
from shared.web.etags import Expected

OWN_SOURCE = "scoring"
Key = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Figure:
    """A country's mean percentile rank (0 worst, 100 best) of a year, by one source."""

    country: str
    year: int
    source: str
    mean_percentile_rank: float

    @property
    def key(self) -> Key:
        """What there is one figure of."""
        return (self.country, self.year, self.source)


async def next_own_position(session: AsyncSession) -> int:
    """The next position of this service's own evidence.

    The row stays locked until the commit, so positions become visible in their order, as the feeds' do.
    """
    statement = upsert(cursor).values(source=OWN_SOURCE, seq=1)
    moved = statement.on_conflict_do_update(index_elements=["source"], set_={"seq": cursor.c.seq + 1})
    row = (await session.execute(moved.returning(cursor.c.base + cursor.c.seq))).one()
    return int(row[0])


async def put_figures(
    session: AsyncSession, actor: Actor, figures: Sequence[Figure], expected: Expected | None = None
) -> Sequence[CountryRisk]:
    """Store figures, each as a new version where it differs, and mark the suppliers of those countries."""
    await scores.hold_evidence(session)
    pos = await next_own_position(session)
    held = await _read_current(session, [figure.key for figure in figures])
    rows: list[CountryRisk] = []
    changes: list[Change] = []
    result: list[CountryRisk] = []
    replaced: list[UUID] = []
    for figure in figures:
        before = held.get(figure.key)
        if expected is not None:
            expected.check_upsert(before.version if before else None)
        if before is not None and before.mean_percentile_rank == figure.mean_percentile_rank:
            result.append(before)
            continue
        row = CountryRisk(
            id=new_id() if before is None else before.id,
            version=1 if before is None else before.version + 1,
            pos=pos,
            superseded_pos=None,
            country=figure.country,
            year=figure.year,
            source=figure.source,
            mean_percentile_rank=figure.mean_percentile_rank,
        )
        rows.append(row)
        result.append(row)
        if before is not None:
            replaced.append(before.id)
        state = {name: getattr(figure, name) for name in Figure.__slots__}
        was = {} if before is None else {name: getattr(before, name) for name in Figure.__slots__}
        changes.append(Change("country_risk.recorded", row.id, row.version, state, was))
    if rows:
        await session.execute(
            update(CountryRisk)
            .where(CountryRisk.id == func.any(replaced), CountryRisk.superseded_pos.is_(None))
            .values(superseded_pos=pos)
            .execution_options(synchronize_session=False)
        )
        columns = [column.name for column in table_of(CountryRisk).columns]
        await session.execute(
            insert(table_of(CountryRisk)), [{name: getattr(row, name) for name in columns} for row in rows]
        )
        await scores.mark_countries(session, {row.country for row in rows})
        await journal.record(session, actor, changes)
    return result


async def apply_rows(session: AsyncSession, actor: Actor, rows: Sequence[Row[CountryRiskRow]]) -> list[RowError]:
    """Take a batch of a `country-risks` file in."""
    figures = [Figure(r.data.country, r.data.year, r.data.source, r.data.mean_percentile_rank) for r in rows]
    await put_figures(session, actor, figures)
    return []


async def _read_current(session: AsyncSession, keys: Sequence[Key]) -> dict[Key, CountryRisk]:
    query = select(CountryRisk).where(
        tuple_(CountryRisk.country, CountryRisk.year, CountryRisk.source).in_(list(keys)),
        CountryRisk.superseded_pos.is_(None),
    )
    return {(row.country, row.year, row.source): row for row in (await session.scalars(query)).all()}
