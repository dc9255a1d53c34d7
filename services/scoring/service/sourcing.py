"""Keeping commodities, and who supplies which share of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.allocation import AllocationConstants
from services.scoring.models.sourcing import Sourcing, SourcingLine
from services.scoring.repository import sourcing as repository
from services.scoring.schemas.sourcing import LineBody, LineFields, SourcingRow
from shared import holding, journal
from shared.auth.principal import Actor
from shared.errors import FieldError, Invalid
from shared.ids import new_id
from shared.imports import Row, RowError
from shared.journal import Change
from shared.web.etags import Expected

SHARES = ("baseline_share", "capacity_share", "max_share", "min_share")
FIELDS = tuple(LineFields.model_fields)

SourcingChange = tuple[Sourcing, dict[str, Any]]
"""A commodity's sourcing and its state before; an empty one for a new one."""


async def put_sourcing(
    session: AsyncSession, actor: Actor, quarter: str, commodity: str, lines: Sequence[LineBody], expected: Expected
) -> tuple[Sourcing, bool]:
    """The commodity's sourcing with these lines alone, and whether there was none before; the last writer wins."""
    _refuse_repeated(lines)
    _refuse_wrong_sum(line.baseline_share for line in lines)
    await holding.hold(session, "sourcing", quarter, commodity)
    held = await repository.lock_sourcings(session, [(quarter, commodity)])
    known_sourcing = held.get((quarter, commodity))
    expected.check_upsert(known_sourcing.version if known_sourcing else None)
    sourcing = known_sourcing or _build(quarter, commodity)
    before = _state(sourcing) if sourcing.version else {}
    known = {line.supplier_code: line for line in sourcing.lines}
    wanted = {line.supplier_code: {name: getattr(line, name) for name in FIELDS} for line in lines}
    for code, fields in wanted.items():
        _set_line(sourcing, known, code, fields)
    for code in known.keys() - wanted.keys():
        sourcing.lines.remove(known[code])
    if _state(sourcing) != before:
        await _save(session, actor, [(sourcing, before)])
    return sourcing, not before


async def apply_rows(session: AsyncSession, actor: Actor, rows: Sequence[Row[SourcingRow]]) -> list[RowError]:
    """Create or change lines; whether the shares of a commodity sum to 1 is looked at when all are taken in."""
    keys = {(row.data.quarter, row.data.commodity) for row in rows}
    await holding.hold_all(session, [("sourcing", *key) for key in keys])
    held = await repository.lock_sourcings(session, keys)
    sourcings = {key: held.get(key) or _build(*key) for key in sorted(keys)}
    before = {key: _state(sourcing) if sourcing.version else {} for key, sourcing in sourcings.items()}
    lines = {key: {line.supplier_code: line for line in sourcing.lines} for key, sourcing in sourcings.items()}
    for row in rows:
        key = (row.data.quarter, row.data.commodity)
        fields = {name: getattr(row.data, name) for name in row.given & set(FIELDS)}
        _set_line(sourcings[key], lines[key], row.data.supplier_code, fields)
    changes = [(sourcing, before[key]) for key, sourcing in sourcings.items() if _state(sourcing) != before[key]]
    await _save(session, actor, changes)
    return []


async def check_sums(session: AsyncSession, rows: Sequence[Row[SourcingRow]]) -> list[RowError]:
    """The first line of each commodity of a file whose shares, taken together, do not sum to 1."""
    first: dict[tuple[str, str], int] = {}
    for row in rows:
        first.setdefault((row.data.quarter, row.data.commodity), row.line)
    errors = []
    for key, sourcing in (await repository.lock_sourcings(session, first)).items():
        complaint = _wrong_sum(line.baseline_share for line in sourcing.lines)
        if complaint is not None:
            message = f"{complaint} The lines of {key[1]} in {key[0]} are kept; no orders can be allocated by them."
            errors.append(RowError(first[key], "baseline_share", message))
    return errors


def _build(quarter: str, commodity: str) -> Sourcing:
    return Sourcing(id=new_id(), version=0, quarter=quarter, commodity=commodity, lines=[])


def _set_line(
    sourcing: Sourcing, known: dict[str, SourcingLine], supplier_code: str, fields: Mapping[str, Any]
) -> None:
    line = known.get(supplier_code)
    if line is None:
        line = SourcingLine(supplier_code=supplier_code, **{"blocked": False, **fields})
        known[supplier_code] = line
        sourcing.lines.append(line)
    for name, value in fields.items():
        # an equal share in other digits (0.4, 0.40) is no change to write
        if getattr(line, name) != value:
            setattr(line, name, value)


def _state(sourcing: Sourcing) -> dict[str, Any]:
    lines = sorted(sourcing.lines, key=lambda line: line.supplier_code)
    return {
        "quarter": sourcing.quarter,
        "commodity": sourcing.commodity,
        "lines": [
            {"supplier_code": line.supplier_code, "blocked": line.blocked}
            | {name: None if (share := getattr(line, name)) is None else float(share) for name in SHARES}
            for line in lines
        ],
    }


def _refuse_repeated(lines: Sequence[LineBody]) -> None:
    seen: set[str] = set()
    for n, line in enumerate(lines):
        if line.supplier_code in seen:
            pointer = f"#/lines/{n}/supplier_code"
            raise Invalid("A supplier is named twice.", fields=[FieldError(pointer, "is named twice")])
        seen.add(line.supplier_code)


def _refuse_wrong_sum(shares: Iterable[Decimal]) -> None:
    detail = _wrong_sum(shares)
    if detail is not None:
        raise Invalid(detail, code="shares-do-not-sum-to-1", fields=[FieldError("#/lines", detail)])


def _wrong_sum(shares: Iterable[Decimal]) -> str | None:
    total = sum(shares, Decimal(0))
    if abs(total - 1) <= Decimal(str(AllocationConstants().share_sum_tolerance)):
        return None
    return f"The baseline shares sum to {total.normalize():f}, not to 1."


async def _save(session: AsyncSession, actor: Actor, changes: Sequence[SourcingChange]) -> None:
    now = datetime.now(UTC)
    for sourcing, _ in changes:
        sourcing.version += 1
        sourcing.updated_at = now
        session.add(sourcing)
    await session.flush()
    await journal.record(
        session,
        actor,
        [
            Change(f"sourcing.{'updated' if before else 'created'}", row.id, row.version, _state(row), before)
            for row, before in changes
        ],
    )
