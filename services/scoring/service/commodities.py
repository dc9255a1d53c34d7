"""Keeping commodities and what the ERPs call them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.sourcing import Commodity, Material
from services.scoring.repository import sourcing as repository
from services.scoring.schemas.sourcing import CommodityFields, CommodityRow, MaterialBody
from shared import holding, journal
from shared.auth.principal import Actor
from shared.errors import Conflict, FieldError, Invalid
from shared.ids import new_id
from shared.imports import Row, RowError
from shared.journal import Change
from shared.web.etags import Expected

LIMITS = ("largest_share", "least_sources")

CommodityChange = tuple[Commodity, dict[str, Any]]
"""A commodity and its state before; an empty one for a new one."""


async def put_commodity(
    session: AsyncSession, actor: Actor, code: str, fields: CommodityFields, expected: Expected
) -> tuple[Commodity, bool]:
    """The commodity as `fields` has it, and whether it was made; Conflict where another has one of its materials."""
    await holding.hold(session, "commodity", code)
    held = await repository.lock_commodities(session, [code])
    known = held.get(code)
    expected.check_upsert(known.version if known else None)
    commodity = known or _build(code)
    before = _state(commodity) if commodity.version else {}
    commodity.description = fields.description
    for name in fields.model_fields_set & set(LIMITS):
        # an equal share in other digits (0.5, 0.50) is no change to write
        if getattr(commodity, name) != getattr(fields, name):
            setattr(commodity, name, getattr(fields, name))
    if fields.materials is not None:
        await _refuse_taken(session, code, fields.materials)
        _set_materials(commodity, fields.materials)
    if _state(commodity) != before:
        await _save(session, actor, [(commodity, before)])
    return commodity, not before


async def apply_rows(session: AsyncSession, actor: Actor, rows: Sequence[Row[CommodityRow]]) -> list[RowError]:
    """Create or describe the commodities of a batch."""
    await holding.hold_all(session, [("commodity", row.data.commodity) for row in rows])
    held = await repository.lock_commodities(session, [row.data.commodity for row in rows])
    changes: list[CommodityChange] = []
    for row in rows:
        commodity = held.get(row.data.commodity) or _build(row.data.commodity)
        before = _state(commodity) if commodity.version else {}
        if "description" in row.given:
            commodity.description = row.data.description
        if _state(commodity) != before:
            changes.append((commodity, before))
    await _save(session, actor, changes)
    return []


def _build(code: str) -> Commodity:
    return Commodity(
        id=new_id(), version=0, code=code, description=code, materials=[], largest_share=None, least_sources=None
    )


def _set_materials(commodity: Commodity, wanted: Sequence[MaterialBody]) -> None:
    known = {(held.system, held.material, held.plant): held for held in commodity.materials}
    kept = []
    for given in wanted:
        key = (given.system, given.material, given.plant)
        material = known.get(key) or Material(system=given.system, material=given.material, plant=given.plant)
        material.base_unit = given.base_unit
        kept.append(material)
    commodity.materials = sorted(kept, key=lambda held: (held.system, held.material, held.plant))


async def _refuse_taken(session: AsyncSession, code: str, wanted: Sequence[MaterialBody]) -> None:
    keys = [(given.system, given.material, given.plant) for given in wanted]
    owners = await repository.find_material_owners(session, keys)
    for n, key in enumerate(keys):
        pointer = f"#/materials/{n}"
        if key in keys[:n]:
            raise Invalid("A material is named twice.", fields=[FieldError(pointer, "is named twice")])
        if owners.get(key, code) != code:
            raise Conflict(
                f"The material {key[1]} at {key[2]} in {key[0]} belongs to the commodity {owners[key]}.",
                code="material-taken",
                fields=[FieldError(pointer, "belongs to another commodity")],
            )


def _state(commodity: Commodity) -> dict[str, Any]:
    return {
        "code": commodity.code,
        "description": commodity.description,
        "materials": [
            {"system": held.system, "material": held.material, "plant": held.plant, "base_unit": held.base_unit}
            for held in commodity.materials
        ],
        "largest_share": None if commodity.largest_share is None else float(commodity.largest_share),
        "least_sources": commodity.least_sources,
    }


async def _save(session: AsyncSession, actor: Actor, changes: Sequence[CommodityChange]) -> None:
    now = datetime.now(UTC)
    for commodity, _ in changes:
        commodity.version += 1
        commodity.updated_at = now
        session.add(commodity)
    await session.flush()
    await journal.record(
        session,
        actor,
        [
            Change(f"commodity.{'updated' if before else 'created'}", row.id, row.version, _state(row), before)
            for row, before in changes
        ],
    )
