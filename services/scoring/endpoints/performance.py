"""`/v1/performance`."""

from typing import Annotated

from fastapi import Path, Query, Response
from sqlalchemy import select

from services.scoring.models.performance import Performance
from services.scoring.repository import performance as repository
from services.scoring.schemas.performance import Code, PerformanceFields, PerformanceView, QuarterName
from services.scoring.service import performance
from shared.auth.principal import Principal
from shared.web.caller import scoped
from shared.web.etags import IfMatch, IfMatchWhereGiven, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/performance", "performance")

Reader = Annotated[Principal, scoped("scoring:read")]
Writer = Annotated[Principal, scoped("scoring:write")]
Quarter = Annotated[QuarterName, Path()]
SupplierCode = Annotated[Code, Path()]


@router.get("")
async def list_performance(
    session: Reading,
    caller: Reader,
    pages: Pages,
    quarter: Annotated[QuarterName | None, Query(description="Only this quarter")] = None,
    supplier_code: Annotated[Code | None, Query(description="Only this supplier")] = None,
) -> Page[PerformanceView]:
    """List performance by quarter and supplier code."""
    caller.refuse_bound("performance")
    query = select(Performance, Performance.quarter, Performance.supplier_code)
    if quarter is not None:
        query = query.where(Performance.quarter == quarter)
    if supplier_code is not None:
        query = query.where(Performance.supplier_code == supplier_code)
    rows, following = await pages.read(session, query, Performance.quarter, Performance.supplier_code)
    return Page(items=[PerformanceView.model_validate(row.Performance) for row in rows], next_cursor=following)


@router.get("/{quarter}/{supplier_code:path}")
async def get_performance(
    quarter: Quarter, supplier_code: SupplierCode, session: Reading, caller: Reader, response: Response
) -> PerformanceView:
    """Read a supplier's figures of a quarter."""
    caller.refuse_bound("performance")
    row = await repository.get_performance(session, quarter, supplier_code)
    set_etag(response, row.version)
    return PerformanceView.model_validate(row)


@router.put(
    "/{quarter}/{supplier_code:path}",
    responses={201: {"model": PerformanceView, "description": "There was none before"}},
)
async def put_performance(
    quarter: Quarter,
    supplier_code: SupplierCode,
    body: PerformanceFields,
    expected: IfMatchWhereGiven,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> PerformanceView:
    """Create or replace a supplier's figures of a quarter. The last writer wins; an equal body changes nothing."""
    row, is_new = await performance.put_performance(session, caller.actor, quarter, supplier_code, body, expected)
    set_etag(response, row.version)
    if is_new:
        response.status_code = 201
    return PerformanceView.model_validate(row)


@router.patch("/{quarter}/{supplier_code:path}")
async def change_performance(
    quarter: Quarter,
    supplier_code: SupplierCode,
    body: PerformanceFields,
    expected: IfMatch,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> PerformanceView:
    """Change the figures that the body names; null takes one away."""
    row = await performance.change_performance(session, caller.actor, quarter, supplier_code, body, expected)
    set_etag(response, row.version)
    return PerformanceView.model_validate(row)
