"""Taking in files of suppliers and sites, a batch at a time."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry import repository
from services.registry.models import Supplier
from services.registry.schemas.sites import SiteRow
from services.registry.schemas.suppliers import IdentifierBody, Money, SupplierRow
from services.registry.service import drafts, sites, suppliers
from services.registry.service.drafts import Draft
from shared import journal
from shared.auth.principal import Actor
from shared.errors import BellwetherError
from shared.ids import new_id
from shared.imports import ImportKind, Row, RowError
from shared.journal import Change

NEVER_EMPTY = ("status", "kind")
"""Columns that a new line may leave out for what is usual, but that cannot be cleared: what was set would be lost."""
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
    new: list[Draft] = []
    changed: list[tuple[Supplier, dict[str, Any]]] = []
    for row in rows:
        code = row.data.code
        supplier = held.get(code) or Draft(id=new_id(), code=code, name=code, created_by=actor.sub)
        own = _identifiers(row)
        taken = [key for key in own if owners.setdefault(key, supplier.id) != supplier.id]
        if taken:
            errors.append(RowError(row.line, _column_of(taken[0]), f"{taken[0][2]} belongs to another supplier"))
            continue
        cleared = [name for name in NEVER_EMPTY if name in row.given and name not in row.data.model_fields_set]
        if cleared:
            errors.extend(RowError(row.line, name, "cannot be emptied; name the new value") for name in cleared)
            continue
        try:
            fields = _fields(row, supplier, own)
            if isinstance(supplier, Draft):
                suppliers.fill_draft(supplier, fields)
                new.append(supplier)
                continue
            before = suppliers.feed_state(supplier)
            if suppliers.apply_fields(supplier, fields):
                changed.append((supplier, before))
        except BellwetherError as error:
            errors.append(RowError(row.line, "", error.detail))
    await _create(session, actor, new)
    await suppliers.save(session, actor, changed)
    return errors


async def _create(session: AsyncSession, actor: Actor, new: Sequence[Draft]) -> None:
    if new:
        await drafts.store(session, new)
    changes = [Change("supplier.created", draft.id, 1, suppliers.feed_state(draft)) for draft in new]
    await journal.record(session, actor, changes)


def _fields(
    row: Row[SupplierRow], supplier: Supplier | Draft, own: Sequence[suppliers.IdentifierKey]
) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for column in row.given & FIELDS_OF_COLUMN.keys():
        if FIELDS_OF_COLUMN[column] == "annual_spend":
            amount, currency = row.data.annual_spend, row.data.currency
            fields["annual_spend"] = (
                None if amount is None or currency is None else Money(amount=amount, currency=currency)
            )
        else:
            fields[column] = getattr(row.data, column)
    slots = {(scheme, system) for scheme, system, _ in own} | _blanked(row)
    if slots:
        kept = [(held.scheme, held.system, held.value) for held in supplier.identifiers]
        kept = [key for key in kept if (key[0], key[1]) not in slots]
        # Not validated once more: the stored ones and those of a row have been.
        fields["identifiers"] = [
            IdentifierBody.model_construct(scheme=s, system=y, value=v) for s, y, v in (*kept, *own)
        ]
    return fields


def _blanked(row: Row[SupplierRow]) -> set[tuple[str, str]]:
    """The kinds of identifier, as (scheme, system), that a row takes away by a blank where there was a value."""
    held = {"duns": ("duns", ""), "lei": ("lei", ""), "erp_id": ("erp", row.data.erp_system or "")}
    return {slot for column, slot in held.items() if column in row.given and not getattr(row.data, column)}


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
    ImportKind(
        "suppliers",
        SupplierRow,
        ("code",),
        "registry:write",
        apply_suppliers,
        prose=frozenset({"name", "aliases"}),
        private=frozenset({"email"}),
    ),
    ImportKind(
        "sites",
        SiteRow,
        ("supplier_code", "site_code"),
        "registry:write",
        apply_sites,
        prose=frozenset({"name", "address"}),
    ),
)
