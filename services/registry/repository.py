"""Reading and locking the registry's rows."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.models import (
    ApiClient,
    Base,
    Certificate,
    CertificateReminder,
    Contact,
    Identifier,
    Site,
    Supplier,
)
from shared.errors import NotFound

Resource = TypeVar("Resource", bound=Base)


async def get(session: AsyncSession, resource: type[Resource], resource_id: UUID, what: str) -> Resource:
    """The row with that id, or NotFound."""
    found = await session.get(resource, resource_id)
    if found is None:
        raise NotFound(f"No such {what}.")
    return found


async def lock(session: AsyncSession, resource: type[Resource], resource_id: UUID, what: str) -> Resource:
    """The row with that id, held until the transaction ends, or NotFound."""
    found = await session.get(resource, resource_id, with_for_update={"of": resource}, populate_existing=True)
    if found is None:
        raise NotFound(f"No such {what}.")
    return found


async def lock_suppliers_by_code(session: AsyncSession, codes: Collection[str]) -> dict[str, Supplier]:
    """The suppliers with these codes, held until the transaction ends; always in the same order, against deadlocks."""
    query = (
        select(Supplier)
        .where(Supplier.code == func.any(list(codes)))
        .order_by(Supplier.id)
        .with_for_update(of=Supplier)
    )
    return {supplier.code: supplier for supplier in (await session.scalars(query)).all()}


async def find_suppliers(session: AsyncSession, codes: Collection[str], ids: Collection[UUID]) -> Sequence[Supplier]:
    """The suppliers with one of these codes or ids."""
    query = select(Supplier).where(or_(Supplier.code == func.any(list(codes)), Supplier.id == func.any(list(ids))))
    return (await session.scalars(query.order_by(Supplier.id))).all()


async def find_ids_by_code(session: AsyncSession, codes: Collection[str]) -> dict[str, UUID]:
    """Supplier code -> id, for those that exist."""
    query = select(Supplier.code, Supplier.id).where(Supplier.code == func.any(list(codes)))
    return {row.code: row.id for row in await session.execute(query)}


async def find_identifier_owners(
    session: AsyncSession, keys: Collection[tuple[str, str, str]]
) -> dict[tuple[str, str, str], UUID]:
    """Which supplier holds each of these (scheme, system, value)."""
    if not keys:
        return {}
    # All three columns of the primary key, in its order: by the value alone every row would be read.
    query = select(Identifier.scheme, Identifier.system, Identifier.value, Identifier.supplier_id).where(
        Identifier.scheme == func.any(sorted({scheme for scheme, _, _ in keys})),
        Identifier.system == func.any(sorted({system for _, system, _ in keys})),
        Identifier.value == func.any(sorted({value for _, _, value in keys})),
    )
    return {(row.scheme, row.system, row.value): row.supplier_id for row in await session.execute(query)}


async def has_merged_children(session: AsyncSession, supplier_id: UUID) -> bool:
    """Whether another supplier was merged into this one."""
    return bool(await session.scalar(select(exists().where(Supplier.merged_into == supplier_id))))


async def lock_sites(session: AsyncSession, keys: Collection[tuple[UUID, str]]) -> dict[tuple[UUID, str], Site]:
    """The sites with these (supplier, site code), held until the transaction ends."""
    query = (
        select(Site)
        .where(Site.supplier_id == func.any([supplier_id for supplier_id, _ in keys]))
        .where(Site.site_code == func.any([site_code for _, site_code in keys]))
        .order_by(Site.id)
        .with_for_update()
    )
    return {(site.supplier_id, site.site_code): site for site in (await session.scalars(query)).all()}


async def list_contacts_of(
    session: AsyncSession, supplier_ids: Collection[UUID], roles: Collection[str] | None
) -> Sequence[Contact]:
    """The contacts of these suppliers that are not erased, in the order in which they were recorded."""
    query = select(Contact).where(Contact.supplier_id == func.any(list(supplier_ids)), Contact.erased_at.is_(None))
    if roles is not None:
        query = query.where(Contact.role == func.any(list(roles)))
    return (await session.scalars(query.order_by(Contact.id))).all()


async def list_certificates(session: AsyncSession, supplier_id: UUID) -> Sequence[Certificate]:
    """A supplier's certificates, expired and withdrawn ones included."""
    query = select(Certificate).where(Certificate.supplier_id == supplier_id)
    return (await session.scalars(query.order_by(Certificate.id))).all()


async def list_certificate_reminders(session: AsyncSession, supplier_id: UUID) -> Sequence[CertificateReminder]:
    """A supplier's reminders, done ones included, held until the transaction ends."""
    query = select(CertificateReminder).where(CertificateReminder.supplier_id == supplier_id)
    return (await session.scalars(query.order_by(CertificateReminder.id).with_for_update())).all()


def certificate_reminders_matching(
    *, is_open: bool | None, standard: str | None, supplier_id: UUID | None, due_before: date | None
) -> Select[*tuple[Any, ...]]:
    """The query for a list of reminders of certificates."""
    query: Select[*tuple[Any, ...]] = select(CertificateReminder, CertificateReminder.id)
    if is_open is not None:
        query = query.where(CertificateReminder.done_on.is_(None) == is_open)
    if standard is not None:
        query = query.where(CertificateReminder.standard == standard)
    if supplier_id is not None:
        query = query.where(CertificateReminder.supplier_id == supplier_id)
    if due_before is not None:
        query = query.where(CertificateReminder.due_on < due_before)
    return query


async def find_client(session: AsyncSession, client_id: UUID) -> ApiClient | None:
    """The API client with that id, or None."""
    return await session.get(ApiClient, client_id)


def suppliers_matching(
    *,
    code: str | None,
    country: str | None,
    supply_tier: int | None,
    status: str | None,
    commodity: str | None,
    identifier: str | None,
    q: str | None,
) -> Select[*tuple[Any, ...]]:
    """The query for a list of suppliers; `q` looks into codes, names and aliases, without regard to case."""
    query: Select[*tuple[Any, ...]] = select(Supplier, Supplier.id)
    for column, value in (
        (Supplier.code, code),
        (Supplier.country, country),
        (Supplier.supply_tier, supply_tier),
        (Supplier.status, status),
    ):
        if value is not None:
            query = query.where(column == value)
    if commodity is not None:
        query = query.where(Supplier.commodities.contains([commodity]))
    if identifier is not None:
        query = query.where(exists().where(Identifier.supplier_id == Supplier.id, Identifier.value == identifier))
    if q is not None:
        matches = [
            column.icontains(q, autoescape=True)
            for column in (Supplier.code, Supplier.name, func.array_to_string(Supplier.aliases, "\n"))
        ]
        query = query.where(or_(*matches))
    return query
