"""Copies of suppliers: found, remembered, kept up to date."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.models import SupplierCopy
from shared.db import Database

TABLE = cast("Table", SupplierCopy.__table__)
NAMED = "SELECT id, code FROM supplier_copy WHERE code = ANY($1::text[]) OR id = ANY($2::uuid[])"
FIELDS = ("code", "name", "country", "supply_tier", "kind", "status", "merged_into")


async def find_suppliers(database: Database, codes: Collection[str], ids: Collection[UUID]) -> list[tuple[UUID, str]]:
    """Id and code of the copies with one of these codes or ids."""
    return [(row["id"], row["code"]) for row in await database.fetch(NAMED, list(codes), list(ids))]


async def find_ids_by_code(session: AsyncSession, codes: Collection[str]) -> dict[str, UUID]:
    """Supplier code -> id, for those that are known here."""
    query = select(SupplierCopy.code, SupplierCopy.id).where(SupplierCopy.code == func.any(list(codes)))
    return {row.code: row.id for row in await session.execute(query)}


async def get_codes(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Supplier id -> code; every supplier that something here belongs to has a copy."""
    query = select(SupplierCopy.id, SupplierCopy.code).where(SupplierCopy.id == func.any(list(ids)))
    return {row.id: row.code for row in await session.execute(query)}


async def remember(session: AsyncSession, copies: Sequence[Mapping[str, Any]]) -> None:
    """Keep copies, each with its `pos` in the registry's feed; only a newer one overwrites."""
    if not copies:
        return
    # Always in the same order, so that two who remember the same suppliers cannot block each other.
    in_order = sorted(copies, key=lambda copy: str(copy["id"]))
    statement = upsert(TABLE)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["id"],
            set_={name: statement.excluded[name] for name in ("pos", *FIELDS)},
            where=TABLE.c.pos < statement.excluded.pos,
        ),
        in_order,
    )
