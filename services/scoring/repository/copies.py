"""Storing new versions of copies: the old ones stay, and only what differs counts as changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Table, Uuid, bindparam, func, literal_column, select, true, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.evidence import Copy
from shared.db import write_rows

NOT_COMPARED = ("id", "pos", "superseded_pos")


@dataclass(frozen=True, slots=True)
class Version:
    """A resource's state at a position of its source's feed; `values` by column."""

    id: UUID
    pos: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Changed:
    """A new version, and the values of the one before (None for the first)."""

    version: Version
    before: Mapping[str, Any] | None


async def store_versions(session: AsyncSession, kind: type[Copy], versions: Sequence[Version]) -> list[Changed]:
    """Store `versions` (in the order of their positions) where they differ from what is known; returns those.

    A version older than the one known is left out, so that nothing is taken back by a repeated or replayed event.
    """
    table = kind.__table__  # type: ignore[attr-defined]  # every copy is also a model
    columns = [column for column in table.columns if column.name not in NOT_COMPARED]
    ids = sorted({version.id for version in versions})
    held: dict[UUID, tuple[int, dict[str, Any]]] = {}
    for known in (await session.execute(_current(table), {"ids": ids})).mappings():
        held[UUID(str(known["id"]))] = (known["pos"], {column.name: known[column.name] for column in columns})
    superseded: list[dict[str, Any]] = []
    fresh: dict[UUID, dict[str, Any]] = {}
    rows: list[dict[str, Any]] = []
    changed: list[Changed] = []
    for version in versions:
        pos, before = held.get(version.id, (-1, None))
        if version.pos <= pos or (before is not None and _equal(before, version.values)):
            continue
        if version.id in fresh:
            fresh[version.id]["superseded_pos"] = version.pos
        elif before is not None:
            superseded.append({"this": version.id, "held_pos": pos, "new_pos": version.pos})
        row = {"id": version.id, "pos": version.pos, "superseded_pos": None, **version.values}
        fresh[version.id] = row
        rows.append(row)
        changed.append(Changed(version, before))
        held[version.id] = (version.pos, dict(version.values))
    if superseded:
        await session.execute(
            update(table)
            .where(table.c.id == bindparam("this"), table.c.pos == bindparam("held_pos"))
            .values(superseded_pos=bindparam("new_pos")),
            superseded,
        )
    await write_rows(session, (table, rows))
    return changed


@cache
def _current(table: Table) -> Select[Any]:
    """The newest version of each of `ids`.

    Looked up one by one: by `= ANY` they would be sought among all that are current, wherever the planner has no
    statistics yet: through the first hours' imports.
    """
    wanted = func.unnest(bindparam("ids", type_=ARRAY(Uuid))).table_valued("id", name="wanted").render_derived()
    newest = (
        select(table).where(table.c.id == wanted.c.id).order_by(table.c.pos.desc()).limit(literal_column("1")).lateral()
    )
    return select(newest).select_from(wanted.join(newest, true()))


def _equal(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return all(before[name] == value for name, value in after.items())
