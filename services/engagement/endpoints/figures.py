"""`/v1/opening-balances` and `/v1/summary`."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import Query
from sqlalchemy import select

from services.engagement.endpoints.callers import Reader, Writer
from services.engagement.models import OpeningBalance
from services.engagement.schemas.figures import NewOpeningBalance, OpeningBalanceView, Summary
from services.engagement.service import figures
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

balances_router = new_router("/v1/opening-balances", "figures")
router = new_router("/v1/summary", "figures")


@balances_router.post("", status_code=201)
async def record_opening_balance(body: NewOpeningBalance, session: Transaction, caller: Writer) -> OpeningBalanceView:
    """Record the running totals from before the records here begin. Of several, the latest counts."""
    return OpeningBalanceView.model_validate(await figures.open_balance(session, caller.actor, body))


@balances_router.get("")
async def list_opening_balances(session: Reading, caller: Reader, pages: Pages) -> Page[OpeningBalanceView]:
    """List the opening balances in the order in which they were recorded."""
    caller.refuse_bound("opening balance")
    found, following = await pages.read(session, select(OpeningBalance, OpeningBalance.id), OpeningBalance.id)
    return Page(items=[OpeningBalanceView.model_validate(row.OpeningBalance) for row in found], next_cursor=following)


@router.get("")
async def summarise(
    session: Reading,
    caller: Reader,
    first: Annotated[date | None, Query(alias="from", description="First day (UTC); default: all records")] = None,
    last: Annotated[date | None, Query(alias="to", description="Last day (UTC); default: today")] = None,
) -> Summary:
    """The figures of a period, and the running totals at its end from the opening balance."""
    caller.refuse_bound("summary")
    return await figures.summarise(session, first, last, datetime.now(UTC))
