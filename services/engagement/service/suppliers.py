"""Knowing the suppliers that requests and files name, and following what the registry tells of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement import clients
from services.engagement.repository import suppliers as repository
from services.engagement.schemas.suppliers import MayNameSupplier, SupplierState
from shared.errors import FieldError, Invalid
from shared.feed.following import Event
from shared.web.resources import Resources


@dataclass(frozen=True, slots=True)
class Known:
    """A supplier that exists."""

    id: UUID
    code: str


async def identify(
    resources: Resources, named: Sequence[MayNameSupplier], pointers: Sequence[str]
) -> list[Known | None]:
    """The supplier that each body names, None where it names none.

    Asks the registry about those not known here, so it must run before the request's transaction does anything.
    `pointers` say where in the request each body stands. Invalid names every supplier that does not exist;
    Unavailable where the registry would have to be asked and does not answer.
    """
    by_code, by_id = await learn(
        resources,
        {body.supplier_code for body in named if body.supplier_code is not None},
        {body.supplier_id for body in named if body.supplier_id is not None},
    )
    found: list[Known | None] = []
    errors: list[FieldError] = []
    for body, pointer in zip(named, pointers, strict=True):
        known: Known | None = None
        if body.supplier_code is not None:
            known = by_code.get(body.supplier_code)
            if known is None:
                errors.append(FieldError(f"{pointer}/supplier_code", f"no supplier has the code {body.supplier_code}"))
        elif body.supplier_id is not None:
            known = by_id.get(body.supplier_id)
            if known is None:
                errors.append(FieldError(f"{pointer}/supplier_id", f"no supplier has the id {body.supplier_id}"))
        found.append(known)
    if errors:
        raise Invalid("There is no such supplier.", code="unknown-supplier", fields=errors)
    return found


async def learn(
    resources: Resources, codes: Collection[str], ids: Collection[UUID] = ()
) -> tuple[dict[str, Known], dict[UUID, Known]]:
    """The suppliers with these codes or ids, by code and by id; the unknown ones are asked for and kept."""
    async with resources.database.snapshot() as session:
        found = await repository.find_suppliers(session, codes, ids)
    unknown_codes = set(codes) - {code for _, code in found}
    unknown_ids = set(ids) - {supplier_id for supplier_id, _ in found}
    if unknown_codes or unknown_ids:
        told = await clients.look_up_suppliers(resources, unknown_codes, unknown_ids)
        async with resources.database.transaction() as session:
            await repository.keep_found(session, told)
        found += [(supplier.id, supplier.code) for supplier in told]
    known = [Known(supplier_id, code) for supplier_id, code in found]
    return {one.code: one for one in known}, {one.id: one for one in known}


async def apply_feed(session: AsyncSession, source: str, events: Sequence[Event]) -> None:  # noqa: ARG001
    """Take in what the registry's feed tells of suppliers; all else is not kept here."""
    told = [
        (event.resource_id, event.pos, SupplierState.model_validate(event.data))
        for event in events
        if event.resource == "supplier"
    ]
    await repository.keep_told(session, told)


async def park(session: AsyncSession, source: str, event: Event) -> None:
    """Nothing here depends on an event that could not be read."""
