"""Whether the suppliers that a request names exist: looked up here first, then asked of the registry."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.clients import KnownSupplier, RegistryClient
from services.audit.repository import suppliers as repository
from shared.errors import FieldError, Invalid
from shared.feed.following import Event
from shared.web.resources import Resources


class Supplier(NamedTuple):
    """A supplier that exists."""

    id: UUID
    code: str


@dataclass(frozen=True, slots=True)
class Suppliers:
    """The suppliers found."""

    by_code: Mapping[str, Supplier]
    by_id: Mapping[UUID, Supplier]

    @classmethod
    def of(cls, found: Sequence[Supplier]) -> "Suppliers":
        """These suppliers, to be found by either name."""
        return cls({supplier.code: supplier for supplier in found}, {supplier.id: supplier for supplier in found})

    def joined(self, others: "Suppliers") -> "Suppliers":
        """These and the others."""
        return Suppliers({**self.by_code, **others.by_code}, {**self.by_id, **others.by_id})


async def find_suppliers(resources: Resources, codes: Collection[str], ids: Collection[UUID]) -> Suppliers:
    """Those of the suppliers that exist. To be called outside any transaction: it may ask the registry.

    Unavailable where one is not known here and the registry is away.
    """
    here = await _find_here(resources, codes, ids)
    return here.joined(await _ask_registry(resources, set(codes) - here.by_code.keys(), set(ids) - here.by_id.keys()))


async def find_supplier(resources: Resources, code: str | None, supplier_id: UUID | None) -> Supplier:
    """The supplier with that code or id; Invalid names the field where there is none."""
    found = await find_suppliers(resources, [code] if code else [], [supplier_id] if supplier_id else [])
    supplier = found.by_code.get(code) if code else found.by_id.get(supplier_id) if supplier_id else None
    if supplier is None:
        field, named = ("supplier_code", f"code {code}") if code else ("supplier_id", f"id {supplier_id}")
        raise Invalid(
            f"There is no supplier with the {named}.",
            code="supplier-unknown",
            fields=[FieldError(f"#/{field}", "no such supplier")],
        )
    return supplier


async def find_named_suppliers(resources: Resources, names: Sequence[str]) -> list[Supplier]:
    """The suppliers with these ids or codes, each once; Invalid names every entry that is neither."""
    # A code may look like an id, so each name is tried as a code first.
    ids = {name: known for name in names if (known := _as_id(name)) is not None}
    found = await _find_here(resources, names, list(ids.values()))
    missing = {name for name in names if name not in found.by_code and ids.get(name) not in found.by_id}
    found = found.joined(await _ask_registry(resources, missing, {ids[name] for name in missing & ids.keys()}))
    suppliers = [found.by_code.get(name) or (found.by_id.get(ids[name]) if name in ids else None) for name in names]
    unknown = [n for n, supplier in enumerate(suppliers) if supplier is None]
    if unknown:
        raise Invalid(
            f"There is no supplier {', '.join(names[n] for n in unknown[:20])}.",
            code="supplier-unknown",
            fields=[FieldError(f"#/suppliers/{n}", "no such supplier") for n in unknown],
        )
    return list(dict.fromkeys(supplier for supplier in suppliers if supplier is not None))


async def apply_feed(session: AsyncSession, source: str, events: Sequence[Event]) -> None:  # noqa: ARG001  # one source
    """Bring the copies up to date with a page of the registry's feed."""
    copies = [
        KnownSupplier.model_validate({"id": event.resource_id, **event.data}).model_dump() | {"pos": event.pos}
        for event in events
        if event.resource == "supplier"
    ]
    await repository.remember(session, copies)


async def park(session: AsyncSession, source: str, event: Event) -> None:
    """A supplier whose news cannot be read keeps the copy that there is; the parked event tells of it."""


async def _find_here(resources: Resources, codes: Collection[str], ids: Collection[UUID]) -> Suppliers:
    found = await repository.find_suppliers(resources.database, codes, ids)
    return Suppliers.of([Supplier(*each) for each in found])


async def _ask_registry(resources: Resources, codes: Collection[str], ids: Collection[UUID]) -> Suppliers:
    """Those that the registry knows, remembered from now on."""
    answered = await RegistryClient(resources).look_up(codes, ids)
    if answered:
        async with resources.database.transaction() as session:
            await repository.remember(session, [known.model_dump() | {"pos": 0} for known in answered])
    return Suppliers.of([Supplier(known.id, known.code) for known in answered])


def _as_id(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None
