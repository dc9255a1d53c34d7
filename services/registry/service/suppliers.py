"""Creating, changing and merging suppliers."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry import repository
from services.registry.models import Identifier, Supplier
from services.registry.schemas.suppliers import IdentifierBody, Money, NewSupplier, SupplierFields, SupplierPatch
from services.registry.service.drafts import Draft
from shared import journal
from shared.auth.principal import Actor
from shared.errors import Conflict, FieldError, Invalid
from shared.holding import hold
from shared.ids import new_id
from shared.journal import Change
from shared.web.etags import Expected

IdentifierKey = tuple[str, str, str]
CENT = Decimal("0.01")
PLAIN_FIELDS = ("name", "aliases", "country", "supply_tier", "kind", "status", "parent_code", "commodities", "email")


def feed_state(supplier: Supplier | Draft) -> dict[str, Any]:
    """A supplier as the feed tells it: everything that others need, no mailbox."""
    return {
        "code": supplier.code,
        "name": supplier.name,
        "aliases": supplier.aliases,
        "country": supplier.country,
        "supply_tier": supplier.supply_tier,
        "kind": supplier.kind,
        "status": supplier.status,
        "parent_code": supplier.parent_code,
        "commodities": supplier.commodities,
        "identifiers": [
            {"scheme": held.scheme, "system": held.system, "value": held.value} for held in supplier.identifiers
        ],
        "annual_spend": None
        if supplier.annual_spend is None
        else {"amount": str(supplier.annual_spend), "currency": supplier.currency},
        "email_domain": supplier.email.rpartition("@")[2].lower() if supplier.email else None,
        "merged_into": str(supplier.merged_into) if supplier.merged_into else None,
    }


def build(actor: Actor, code: str) -> Supplier:
    """A supplier that has nothing yet but its code."""
    return Supplier(
        id=new_id(), version=0, code=code, name=code, aliases=[], commodities=[], kind="general", status="active",
        created_by=actor.sub, identifiers=[],
    )  # fmt: skip


def apply_fields(supplier: Supplier, fields: Mapping[str, Any]) -> bool:
    """Set the given fields; whether anything differs. That no other supplier has the identifiers is for the caller."""
    _refuse_own_parent(supplier, fields)
    before = _comparable(supplier) if supplier.version else None
    _set_plain(supplier, fields)
    if "identifiers" in fields:
        wanted: dict[IdentifierKey, IdentifierBody] = {(i.scheme, i.system, i.value): i for i in fields["identifiers"]}
        kept = [held for held in supplier.identifiers if (held.scheme, held.system, held.value) in wanted]
        held_keys = {(held.scheme, held.system, held.value) for held in kept}
        added = [Identifier(scheme=s, system=y, value=v) for s, y, v in wanted if (s, y, v) not in held_keys]
        supplier.identifiers = sorted([*kept, *added], key=lambda held: (held.scheme, held.system, held.value))
    return before is None or _comparable(supplier) != before


def fill_draft(draft: Draft, fields: Mapping[str, Any]) -> None:
    """Set the given fields of a supplier that is not stored yet, as `apply_fields` does of one that is."""
    _refuse_own_parent(draft, fields)
    _set_plain(draft, fields)
    wanted = {(i.scheme, i.system, i.value): i for i in fields.get("identifiers", ())}
    draft.identifiers = [wanted[key] for key in sorted(wanted)]


async def refuse_taken_identifiers(session: AsyncSession, owner: UUID, wanted: Sequence[IdentifierBody]) -> None:
    """Raise Conflict where another supplier has one of these identifiers."""
    owners = await repository.find_identifier_owners(session, [(i.scheme, i.system, i.value) for i in wanted])
    for n, identifier in enumerate(wanted):
        holder = owners.get((identifier.scheme, identifier.system, identifier.value), owner)
        if holder != owner:
            raise Conflict(
                f"The {identifier.scheme} {identifier.value} belongs to supplier {holder}.",
                code="identifier-taken",
                fields=[FieldError(f"#/identifiers/{n}", "belongs to another supplier")],
            )


async def create_supplier(session: AsyncSession, actor: Actor, new: NewSupplier) -> Supplier:
    """A new supplier; Conflict where its code or an identifier is taken."""
    await hold(session, "supplier", new.code)
    if await repository.find_ids_by_code(session, [new.code]):
        raise Conflict(f"There is a supplier with the code {new.code}.", code="code-taken")
    supplier = build(actor, new.code)
    await refuse_taken_identifiers(session, supplier.id, new.identifiers)
    apply_fields(supplier, _given(new))
    session.add(supplier)
    await save(session, actor, [(supplier, {})])
    return supplier


async def change_supplier(
    session: AsyncSession, actor: Actor, supplier_id: UUID, expected: Expected, patch: SupplierPatch
) -> Supplier:
    """The supplier with the patch's fields; its version stays where nothing differs."""
    supplier = await repository.lock(session, Supplier, supplier_id, "supplier")
    expected.check(supplier.version)
    await _change(session, actor, supplier, _given(patch), patch.identifiers or [])
    return supplier


async def put_supplier(
    session: AsyncSession, actor: Actor, code: str, expected: Expected, fields: SupplierFields
) -> tuple[Supplier, bool]:
    """The supplier with that code as `fields` has it, made where there is none; and whether it was made."""
    await hold(session, "supplier", code)
    held = await repository.lock_suppliers_by_code(session, [code])
    if code not in held:
        expected.check_absent()
        return await create_supplier(session, actor, NewSupplier(code=code, **fields.model_dump())), True
    expected.check(held[code].version)
    everything = {name: getattr(fields, name) for name in SupplierFields.model_fields}
    await _change(session, actor, held[code], everything, fields.identifiers)
    return held[code], False


async def merge_suppliers(session: AsyncSession, actor: Actor, supplier_id: UUID, into: UUID) -> Supplier:
    """`supplier_id`, from now on scored with `into`; Conflict where a merge already involves it otherwise."""
    if supplier_id == into:
        raise Invalid("A supplier cannot be merged into itself.", fields=[FieldError("#/into", "is the same supplier")])
    first, second = sorted((supplier_id, into))
    locked = {i: await repository.lock(session, Supplier, i, "supplier") for i in (first, second)}
    supplier, survivor = locked[supplier_id], locked[into]
    if supplier.merged_into is not None:
        raise Conflict(f"It is merged into {supplier.merged_into}; unmerge it first.", code="already-merged")
    if survivor.merged_into is not None:
        raise Conflict(f"{into} is itself merged into {survivor.merged_into}; name that one.", code="survivor-merged")
    if await repository.has_merged_children(session, supplier_id):
        raise Conflict("Others are merged into it; unmerge them first.", code="has-merged")
    before = feed_state(supplier)
    supplier.merged_into = into
    await save(session, actor, [(supplier, before)], happened="merged")
    return supplier


async def unmerge_supplier(session: AsyncSession, actor: Actor, supplier_id: UUID) -> Supplier:
    """The supplier stands for itself again."""
    supplier = await repository.lock(session, Supplier, supplier_id, "supplier")
    if supplier.merged_into is None:
        raise Conflict("It is not merged.", code="not-merged")
    before = feed_state(supplier)
    supplier.merged_into = None
    await save(session, actor, [(supplier, before)], happened="unmerged")
    return supplier


async def save(
    session: AsyncSession, actor: Actor, changed: Sequence[tuple[Supplier, Mapping[str, Any]]], *, happened: str = ""
) -> None:
    """Write changed suppliers, each with its state before, and what happened to them."""
    if not changed:
        return
    now = datetime.now(UTC)
    for supplier, _ in changed:
        supplier.version += 1
        supplier.updated_at = now
    await session.flush()
    await journal.record(
        session,
        actor,
        [
            Change(
                f"supplier.{happened or ('updated' if before else 'created')}",
                supplier.id,
                supplier.version,
                feed_state(supplier),
                before,
            )
            for supplier, before in changed
        ],
    )


def _refuse_own_parent(supplier: Supplier | Draft, fields: Mapping[str, Any]) -> None:
    if fields.get("parent_code") == supplier.code:
        raise Invalid(
            "A supplier cannot be its own parent.", fields=[FieldError("#/parent_code", "is the supplier itself")]
        )


def _set_plain(supplier: Supplier | Draft, fields: Mapping[str, Any]) -> None:
    """Set what stands in columns of the supplier's own."""
    for name in PLAIN_FIELDS:
        if name in fields:
            setattr(supplier, name, fields[name])
    if "annual_spend" in fields:
        spend: Money | None = fields["annual_spend"]
        supplier.annual_spend = None if spend is None else spend.amount.quantize(CENT)
        supplier.currency = None if spend is None else spend.currency


async def _change(
    session: AsyncSession,
    actor: Actor,
    supplier: Supplier,
    fields: Mapping[str, Any],
    identifiers: Sequence[IdentifierBody],
) -> None:
    await refuse_taken_identifiers(session, supplier.id, identifiers)
    before = feed_state(supplier)
    if apply_fields(supplier, fields):
        await save(session, actor, [(supplier, before)])


def _given(body: SupplierFields | SupplierPatch) -> dict[str, Any]:
    """The fields that the request names, with their values as models."""
    return {name: getattr(body, name) for name in body.model_fields_set}


def _comparable(supplier: Supplier) -> tuple[Any, ...]:
    return (*(getattr(supplier, name) for name in PLAIN_FIELDS), feed_state(supplier))
