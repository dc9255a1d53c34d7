"""`/v1/country-risks`."""

from typing import Annotated

from fastapi import Query, Response
from sqlalchemy import select

from services.scoring.models.evidence import CountryRisk
from services.scoring.schemas.country_risks import Country, CountryRiskBody, CountryRiskView, Year
from services.scoring.service import country_risks
from shared.auth.principal import Principal
from shared.web.caller import scoped
from shared.web.etags import IfMatchWhereGiven, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/country-risks", "country risks")


@router.get("")
async def list_country_risks(
    session: Reading,
    caller: Annotated[Principal, scoped("scoring:read")],
    pages: Pages,
    country: Annotated[str | None, Query(description="ISO 3166-1 alpha-2")] = None,
    year: Annotated[int | None, Query()] = None,
) -> Page[CountryRiskView]:
    """List the figures held; a supplier is scored with the latest year up to the day's, else the earliest held."""
    caller.refuse_bound("country risk")
    query = select(CountryRisk, CountryRisk.id).where(CountryRisk.superseded_pos.is_(None))
    if country is not None:
        query = query.where(CountryRisk.country == country)
    if year is not None:
        query = query.where(CountryRisk.year == year)
    rows, following = await pages.read(session, query, CountryRisk.id)
    return Page(items=[CountryRiskView.model_validate(row.CountryRisk) for row in rows], next_cursor=following)


@router.put("/{country}/{year}")
async def put_country_risk(
    country: Country,
    year: Year,
    body: CountryRiskBody,
    expected: IfMatchWhereGiven,
    session: Transaction,
    caller: Annotated[Principal, scoped("scoring:write")],
    response: Response,
) -> CountryRiskView:
    """Set a country's figure for a year; its suppliers are scored anew. The last writer wins."""
    figure = country_risks.Figure(country, year, body.source, body.mean_percentile_rank)
    (row,) = await country_risks.put_figures(session, caller.actor, [figure], expected)
    set_etag(response, row.version)
    return CountryRiskView.model_validate(row)
