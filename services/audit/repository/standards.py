"""The code catalogue: editions of standards and their provisions."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Select, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.domain.provisions import Catalogue, ProvisionName
from services.audit.models import Provision, Standard
from shared.db import table_of
from shared.errors import NotFound

# Put together once: every finding that is written asks it. As plain text it sees nothing that is not flushed.
KNOWN = text("""
    SELECT standard, version, code FROM provision
    JOIN unnest(CAST(:standards AS text[]), CAST(:versions AS text[]), CAST(:codes AS text[]))
        AS given (standard, version, code) USING (standard, version, code)
""")


async def find_known(session: AsyncSession, named: Collection[ProvisionName]) -> set[ProvisionName]:
    """Those of these provisions that there are."""
    if not named:
        return set()
    standards, versions, codes = (list(column) for column in zip(*named, strict=True))
    found = await session.execute(KNOWN, {"standards": standards, "versions": versions, "codes": codes})
    return {ProvisionName(*row) for row in found}


async def load_catalogue(session: AsyncSession) -> Catalogue:
    """All editions held, each with its provisions in their own order."""
    query = select(Provision).order_by(Provision.standard, Provision.version, Provision.position)
    catalogue: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for provision in await session.scalars(query):
        catalogue[provision.standard, provision.version][provision.code] = provision.title
    return catalogue


async def edition_is_taken(session: AsyncSession, standard: str, version: str) -> bool:
    """Whether this version of the standard is held."""
    query = select(Standard.id).where(Standard.standard == standard, Standard.version == version)
    return await session.scalar(query) is not None


async def get_standard(session: AsyncSession, standard_id: UUID) -> Standard:
    """The edition with that id, or NotFound."""
    found = await session.get(Standard, standard_id)
    if found is None:
        raise NotFound("No such standard.")
    return found


async def add_provisions(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    """Write an edition's provisions."""
    await session.execute(insert(table_of(Provision)), rows)


async def list_provisions(session: AsyncSession, standard: str, version: str | None) -> list[tuple[Provision, str]]:
    """The provisions of a standard, or of one version of it, each with its section's title; in their own order."""
    query = (
        select(Provision, Standard.sections)
        .join(Standard, (Standard.standard == Provision.standard) & (Standard.version == Provision.version))
        .where(Provision.standard == standard)
        .order_by(Provision.version, Provision.position)
    )
    if version is not None:
        query = query.where(Provision.version == version)
    return [(row.Provision, row.sections[row.Provision.section]) for row in await session.execute(query)]


def standards_matching(standard: str | None) -> Select[*tuple[Any, ...]]:
    """The query for a list of editions."""
    query: Select[*tuple[Any, ...]] = select(Standard, Standard.id)
    return query if standard is None else query.where(Standard.standard == standard)
