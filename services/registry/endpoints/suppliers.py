"""`/v1/suppliers`."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response

from services.registry import repository
from services.registry.models import Supplier
from services.registry.schemas.fields import Code, Status
from services.registry.schemas.suppliers import (
    Lookup,
    LookupAnswer,
    Merge,
    MoneyView,
    NewSupplier,
    SupplierFields,
    SupplierPatch,
    SupplierView,
)
from services.registry.service import suppliers
from shared.auth.principal import Principal
from shared.web.caller import scoped
from shared.web.etags import IfMatch, IfMatchWhereGiven, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/suppliers", "suppliers")

Reader = Annotated[Principal, scoped("registry:read")]
Writer = Annotated[Principal, scoped("registry:write")]


def view(supplier: Supplier) -> SupplierView:
    """A supplier as the API shows it."""
    spend = supplier.annual_spend
    money = None if spend is None else MoneyView(amount=spend, currency=supplier.currency or "")
    shown = {name: getattr(supplier, name) for name in SupplierView.model_fields if name != "annual_spend"}
    return SupplierView.model_validate({**shown, "annual_spend": money})


@router.post("", status_code=201)
async def create_supplier(body: NewSupplier, session: Transaction, caller: Writer, response: Response) -> SupplierView:
    """Create a supplier. Its code is its natural key and never changes."""
    supplier = await suppliers.create_supplier(session, caller.actor, body)
    set_etag(response, supplier.version)
    response.headers["Location"] = f"/v1/suppliers/{supplier.id}"
    return view(supplier)


@router.get("")
async def list_suppliers(
    session: Reading,
    _caller: Reader,
    pages: Pages,
    code: Annotated[str | None, Query(description="Exactly this code")] = None,
    country: Annotated[str | None, Query(description="ISO 3166-1 alpha-2")] = None,
    supply_tier: Annotated[int | None, Query(description="1 assembly, 2 components, 3 raw materials")] = None,
    status: Annotated[Status | None, Query()] = None,
    commodity: Annotated[str | None, Query(description="Supplies this commodity")] = None,
    identifier: Annotated[str | None, Query(description="Has this identifier in any scheme or system")] = None,
    q: Annotated[str | None, Query(description="Part of the code, the name or an alias", max_length=200)] = None,
) -> Page[SupplierView]:
    """List suppliers in the order in which they were created."""
    query = repository.suppliers_matching(
        code=code,
        country=country,
        supply_tier=supply_tier,
        status=status,
        commodity=commodity,
        identifier=identifier,
        q=q,
    )
    rows, following = await pages.read(session, query, Supplier.id)
    return Page(items=[view(row.Supplier) for row in rows], next_cursor=following)


@router.post("/lookup", response_model=LookupAnswer)
async def look_up_suppliers(body: Lookup, session: Reading, _caller: Reader) -> LookupAnswer:
    """Find many suppliers by code or id at once; changes nothing."""
    found = await repository.find_suppliers(session, body.codes, body.ids)
    return LookupAnswer(items=[{"id": s.id, "version": s.version, **suppliers.feed_state(s)} for s in found])


@router.get("/{supplier_id}")
async def get_supplier(supplier_id: UUID, session: Reading, _caller: Reader, response: Response) -> SupplierView:
    """Read one supplier."""
    supplier = await repository.get(session, Supplier, supplier_id, "supplier")
    set_etag(response, supplier.version)
    return view(supplier)


@router.patch("/{supplier_id}")
async def change_supplier(
    supplier_id: UUID, body: SupplierPatch, expected: IfMatch, session: Transaction, caller: Writer, response: Response
) -> SupplierView:
    """Change the fields that the body names."""
    supplier = await suppliers.change_supplier(session, caller.actor, supplier_id, expected, body)
    set_etag(response, supplier.version)
    return view(supplier)


@router.put("/by-code/{code:path}", responses={201: {"model": SupplierView, "description": "It was created"}})
async def put_supplier(
    code: Annotated[Code, Path()],
    body: SupplierFields,
    expected: IfMatchWhereGiven,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> SupplierView:
    """Create or replace the supplier with this code. An equal body changes nothing; without If-Match the last wins."""
    supplier, created = await suppliers.put_supplier(session, caller.actor, code, expected, body)
    set_etag(response, supplier.version)
    if created:
        response.status_code = 201
        response.headers["Location"] = f"/v1/suppliers/{supplier.id}"
    return view(supplier)


@router.post("/{supplier_id}/merge")
async def merge_supplier(
    supplier_id: UUID, body: Merge, session: Transaction, caller: Writer, response: Response
) -> SupplierView:
    """Score this supplier together with another from now on: both stood for the same company."""
    supplier = await suppliers.merge_suppliers(session, caller.actor, supplier_id, body.into)
    set_etag(response, supplier.version)
    return view(supplier)


@router.post("/{supplier_id}/unmerge")
async def unmerge_supplier(supplier_id: UUID, session: Transaction, caller: Writer, response: Response) -> SupplierView:
    """Undo a merge: the supplier is scored by itself again."""
    supplier = await suppliers.unmerge_supplier(session, caller.actor, supplier_id)
    set_etag(response, supplier.version)
    return view(supplier)
