"""`/v1/commodities`."""

from typing import Annotated

from fastapi import Path, Response
from sqlalchemy import select

from services.scoring.models.sourcing import Commodity
from services.scoring.repository import sourcing as repository
from services.scoring.schemas.performance import Code
from services.scoring.schemas.sourcing import CommodityFields, CommodityView
from services.scoring.service import commodities
from shared.auth.principal import Principal
from shared.web.caller import scoped
from shared.web.etags import IfMatchWhereGiven, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/commodities", "commodities")

Reader = Annotated[Principal, scoped("scoring:read")]
Writer = Annotated[Principal, scoped("scoring:write")]
CommodityCode = Annotated[Code, Path()]


@router.get("")
async def list_commodities(session: Reading, caller: Reader, pages: Pages) -> Page[CommodityView]:
    """List commodities by code."""
    caller.refuse_bound("commodity")
    rows, following = await pages.read(session, select(Commodity, Commodity.code), Commodity.code)
    return Page(items=[CommodityView.model_validate(row.Commodity) for row in rows], next_cursor=following)


@router.get("/{code:path}")
async def get_commodity(code: CommodityCode, session: Reading, caller: Reader, response: Response) -> CommodityView:
    """Read one commodity."""
    caller.refuse_bound("commodity")
    commodity = await repository.get_commodity(session, code)
    set_etag(response, commodity.version)
    return CommodityView.model_validate(commodity)


@router.put("/{code:path}", responses={201: {"model": CommodityView, "description": "It was created"}})
async def put_commodity(
    code: CommodityCode,
    body: CommodityFields,
    expected: IfMatchWhereGiven,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> CommodityView:
    """Create or replace a commodity. The last writer wins; an equal body changes nothing."""
    commodity, is_new = await commodities.put_commodity(session, caller.actor, code, body, expected)
    set_etag(response, commodity.version)
    if is_new:
        response.status_code = 201
    return CommodityView.model_validate(commodity)
