"""Taking in files of suppliers and sites, a batch at a time."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry import repository
from services.registry.models import Supplier
from services.registry.schemas import IdentifierBody, Money, SiteRow, SupplierRow
from services.registry.service import sites, suppliers
from shared.auth.principal import Actor
from shared.errors import BellwetherError
from shared.imports import ImportKind, Row, RowError

FIELDS_OF_COLUMN = {name: name for name in suppliers.PLAIN_FIELDS} | {
    "annual_spend": "annual_spend",
    "currency": "annual_spend",
}


async def apply_suppliers(session: AsyncSession, actor: Actor, rows: Sequence[Row[SupplierRow]]) -> list[RowError]:
    """Create or change the suppliers of a batch; refuses rows that name another supplier's identifier."""
    errors: list[RowError] = []
    held = await repository.lock_suppliers_by_code(session, [row.data.code for row in rows])
    wanted = [key for row in rows for key in _identifiers(row)]
    owners = await repository.find_identifier_owners(session, wanted)
    changed: list[tuple[Supplier, dict[str, Any]]] = []
    for row in rows:
        known = row.data.code in held
        supplier = held[row.data.code] if known else suppliers.build(actor, row.data.code)
        own = _identifiers(row)
        taken = [key for key in own if owners.setdefault(key, supplier.id) != supplier.id]
        if taken:
            errors.append(RowError(row.line, _column_of(taken[0]), f"{taken[0][2]} belongs to another supplier"))
            continue
        before = suppliers.feed_state(supplier) if known else {}
        try:
            differs = suppliers.apply_fields(supplier, _fields(row, supplier, own))
        except BellwetherError as error:
            errors.append(RowError(row.line, "", error.detail))
            continue
        if differs:
            changed.append((supplier, before))
            if not known:
                session.add(supplier)
    await suppliers.save(session, actor, changed)
    return errors


def _fields(row: Row[SupplierRow], supplier: Supplier, own: Sequence[suppliers.IdentifierKey]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for column in row.given & FIELDS_OF_COLUMN.keys():
        if FIELDS_OF_COLUMN[column] == "annual_spend":
            amount, currency = row.data.annual_spend, row.data.currency
            fields["annual_spend"] = (
                None if amount is None or currency is None else Money(amount=amount, currency=currency)
            )
        else:
            fields[column] = getattr(row.data, column)
    if own:
        slots = {(scheme, system) for scheme, system, _ in own}
        kept = [(held.scheme, held.system, held.value) for held in supplier.identifiers]
        kept = [key for key in kept if (key[0], key[1]) not in slots]
        fields["identifiers"] = [IdentifierBody(scheme=s, system=y, value=v) for s, y, v in (*kept, *own)]
    return fields


def _identifiers(row: Row[SupplierRow]) -> list[suppliers.IdentifierKey]:
    """The identifiers that a row sets: one of each scheme and system."""
    found: list[suppliers.IdentifierKey] = []
    if row.data.erp_id and row.given & {"erp_id", "erp_system"}:
        found.append(("erp", row.data.erp_system or "", row.data.erp_id))
    if row.data.duns and "duns" in row.given:
        found.append(("duns", "", row.data.duns))
    if row.data.lei and "lei" in row.given:
        found.append(("lei", "", row.data.lei))
    return found


def _column_of(key: suppliers.IdentifierKey) -> str:
    return "erp_id" if key[0] == "erp" else key[0]


async def apply_sites(session: AsyncSession, actor: Actor, rows: Sequence[Row[SiteRow]]) -> list[RowError]:
    """Create or change the sites of a batch; refuses rows of unknown suppliers."""
    errors: list[RowError] = []
    ids = await repository.find_ids_by_code(session, [row.data.supplier_code for row in rows])
    known = [row for row in rows if row.data.supplier_code in ids]
    errors.extend(
        RowError(row.line, "supplier_code", f"no supplier has the code {row.data.supplier_code}")
        for row in rows
        if row.data.supplier_code not in ids
    )
    keys = {(ids[row.data.supplier_code], row.data.site_code): row for row in known}
    held = await repository.lock_sites(session, list(keys))
    changes = []
    for (supplier_id, site_code), row in keys.items():
        fields = {name: getattr(row.data, name) for name in row.given & set(sites.FIELDS)}
        site = held.get((supplier_id, site_code)) or sites.build(supplier_id, site_code)
        change = sites.apply_fields(site, fields)
        if change is not None:
            changes.append(change)
            session.add(site)
    await sites.save(session, actor, changes)
    return errors


KINDS = (
    ImportKind("suppliers", SupplierRow, ("code",), "registry:write", apply_suppliers),
    ImportKind("sites", SiteRow, ("supplier_code", "site_code"), "registry:write", apply_sites),
)
