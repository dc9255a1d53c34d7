"""Suppliers of a file that are not stored yet: plain objects, since thousands of mapped ones only cost time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.models import Identifier, Supplier
from services.registry.schemas.suppliers import IdentifierBody
from shared.db import insert_rows, table_of

COLUMNS = (
    "id", "code", "name", "aliases", "country", "supply_tier", "kind", "status", "parent_code", "commodities",
    "annual_spend", "currency", "email", "merged_into", "created_by",
)  # fmt: skip


@dataclass(slots=True)
class Draft:
    """A supplier to be, with the fields of a stored one."""

    id: UUID
    code: str
    name: str
    created_by: str
    version: int = 0
    aliases: list[str] = field(default_factory=list)
    country: str | None = None
    supply_tier: int | None = None
    kind: str = "general"
    status: str = "active"
    parent_code: str | None = None
    commodities: list[str] = field(default_factory=list)
    annual_spend: Decimal | None = None
    currency: str | None = None
    email: str | None = None
    merged_into: UUID | None = None
    identifiers: list[IdentifierBody] = field(default_factory=list)


async def store(session: AsyncSession, drafts: Sequence[Draft]) -> None:
    """Write the drafts as suppliers of version 1."""
    rows = [{name: getattr(draft, name) for name in COLUMNS} | {"version": 1} for draft in drafts]
    await session.execute(insert_rows(table_of(Supplier), rows))
    identifiers = [
        {"scheme": held.scheme, "system": held.system, "value": held.value, "supplier_id": draft.id}
        for draft in drafts
        for held in draft.identifiers
    ]
    if identifiers:
        await session.execute(insert_rows(table_of(Identifier), identifiers))
