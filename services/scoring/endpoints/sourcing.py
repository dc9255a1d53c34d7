"""`/v1/sourcing`."""

from typing import Annotated

from fastapi import Path, Response
from sqlalchemy import select

from services.scoring.models.sourcing import Sourcing
from services.scoring.repository import sourcing as repository
from services.scoring.schemas.performance import Code, QuarterName
from services.scoring.schemas.sourcing import SourcingBody, SourcingView
from services.scoring.service import sourcing
from shared.auth.principal import Principal
from shared.web.caller import scoped
from shared.web.etags import IfMatchWhereGiven, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/sourcing", "sourcing")

Reader = Annotated[Principal, scoped("scoring:read")]
Writer = Annotated[Principal, scoped("scoring:write")]
Quarter = Annotated[QuarterName, Path()]
CommodityCode = Annotated[Code, Path()]


@router.get("/{quarter}")
async def list_sourcing(quarter: Quarter, session: Reading, caller: Reader, pages: Pages) -> Page[SourcingView]:
    """List the sourcing of a quarter by commodity."""
    caller.refuse_bound("sourcing")
    query = select(Sourcing, Sourcing.commodity).where(Sourcing.quarter == quarter)
    rows, following = await pages.read(session, query, Sourcing.commodity)
    return Page(items=[SourcingView.model_validate(row.Sourcing) for row in rows], next_cursor=following)


@router.get("/{quarter}/{commodity}")
async def get_sourcing(
    quarter: Quarter, commodity: CommodityCode, session: Reading, caller: Reader, response: Response
) -> SourcingView:
    """Read who supplies a commodity in a quarter."""
    caller.refuse_bound("sourcing")
    found = await repository.get_sourcing(session, quarter, commodity)
    set_etag(response, found.version)
    return SourcingView.model_validate(found)


@router.put("/{quarter}/{commodity}", responses={201: {"model": SourcingView, "description": "There was none before"}})
async def put_sourcing(
    quarter: Quarter,
    commodity: CommodityCode,
    body: SourcingBody,
    expected: IfMatchWhereGiven,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> SourcingView:
    """Replace all lines of a commodity in a quarter. The last writer wins; an equal body changes nothing."""
    stored, is_new = await sourcing.put_sourcing(session, caller.actor, quarter, commodity, body.lines, expected)
    set_etag(response, stored.version)
    if is_new:
        response.status_code = 201
    return SourcingView.model_validate(stored)
