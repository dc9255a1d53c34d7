"""Keeping the performance that the ERP reports."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.performance import Performance
from services.scoring.repository import performance as repository
from services.scoring.schemas.performance import PerformanceFields, PerformanceRow
from shared import holding, journal
from shared.auth.principal import Actor
from shared.errors import NotFound
from shared.ids import new_id
from shared.imports import Row, RowError
from shared.journal import Change
from shared.web.etags import Expected

FIELDS = tuple(PerformanceFields.model_fields)

PerformanceChange = tuple[Performance, dict[str, Any]]
"""A row and its state before; an empty one for a new row."""


async def put_performance(
    session: AsyncSession, actor: Actor, quarter: str, supplier_code: str, fields: PerformanceFields, expected: Expected
) -> tuple[Performance, bool]:
    """The figures as `fields` has them, and whether there were none before. The last writer wins."""
    await holding.hold(session, "performance", quarter, supplier_code)
    held = await repository.lock_performances(session, [(quarter, supplier_code)])
    row = held.get((quarter, supplier_code))
    expected.check_upsert(row.version if row else None)
    is_new = row is None
    row = row or _build(quarter, supplier_code)
    await _save(session, actor, _changed(row, {name: getattr(fields, name) for name in FIELDS}))
    return row, is_new


async def change_performance(
    session: AsyncSession, actor: Actor, quarter: str, supplier_code: str, patch: PerformanceFields, expected: Expected
) -> Performance:
    """The figures with those that the patch names; NotFound where there are none."""
    held = await repository.lock_performances(session, [(quarter, supplier_code)])
    row = held.get((quarter, supplier_code))
    if row is None:
        raise NotFound(f"No performance of {supplier_code} in {quarter}.")
    expected.check(row.version)
    await _save(session, actor, _changed(row, {name: getattr(patch, name) for name in patch.model_fields_set}))
    return row


async def apply_rows(session: AsyncSession, actor: Actor, rows: Sequence[Row[PerformanceRow]]) -> list[RowError]:
    """Create or change the figures of a batch; a blank cell of a new row is an absent figure."""
    keys = {(row.data.quarter, row.data.supplier_code): row for row in rows}
    await holding.hold_all(session, [("performance", *key) for key in keys])
    held = await repository.lock_performances(session, keys)
    changes: list[PerformanceChange] = []
    for key, row in keys.items():
        fields = {name: getattr(row.data, name) for name in row.given & set(FIELDS)}
        changes += _changed(held.get(key) or _build(*key), fields)
    await _save(session, actor, changes)
    return []


def _state(row: Performance) -> dict[str, Any]:
    return {"quarter": row.quarter, "supplier_code": row.supplier_code} | {name: getattr(row, name) for name in FIELDS}


def _build(quarter: str, supplier_code: str) -> Performance:
    return Performance(
        id=new_id(), version=0, quarter=quarter, supplier_code=supplier_code, **dict.fromkeys(FIELDS)
    )  # fmt: skip


def _changed(row: Performance, fields: Mapping[str, Any]) -> list[PerformanceChange]:
    before = _state(row) if row.version else {}
    for name, value in fields.items():
        setattr(row, name, value)
    return [] if _state(row) == before else [(row, before)]


async def _save(session: AsyncSession, actor: Actor, changes: Sequence[PerformanceChange]) -> None:
    now = datetime.now(UTC)
    for row, _ in changes:
        row.version += 1
        row.updated_at = now
        session.add(row)
    await session.flush()
    await journal.record(
        session,
        actor,
        [
            Change(f"performance.{'updated' if before else 'created'}", row.id, row.version, _state(row), before)
            for row, before in changes
        ],
    )
