"""`/v1/opening-balances`, `/v1/summary` and `/v1/events/{id}/summary`."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import select

from services.engagement.endpoints.callers import Reader, Writer
from services.engagement.models import Event, OpeningBalance
from services.engagement.repository import rows
from services.engagement.schemas.figures import (
    Breakdown,
    EventSummary,
    GroupBy,
    NewOpeningBalance,
    OpeningBalanceView,
    Summary,
)
from services.engagement.service import figures
from shared.days import IsoDate
from shared.web.etags import set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

balances_router = new_router("/v1/opening-balances", "figures")
router = new_router("/v1/summary", "figures")
events_router = new_router("/v1/events", "figures")

ONLY_VERSION = 1
"""An opening balance never changes: a later one takes its place."""


@balances_router.post("", status_code=201)
async def record_opening_balance(
    body: NewOpeningBalance, session: Transaction, caller: Writer, response: Response
) -> OpeningBalanceView:
    """Record the running totals from before the records here begin. Of several, the latest counts."""
    balance = await figures.open_balance(session, caller.actor, body)
    set_etag(response, ONLY_VERSION)
    response.headers["Location"] = f"/v1/opening-balances/{balance.id}"
    return OpeningBalanceView.model_validate(balance)


@balances_router.get("")
async def list_opening_balances(session: Reading, caller: Reader, pages: Pages) -> Page[OpeningBalanceView]:
    """List the opening balances in the order in which they were recorded."""
    caller.refuse_bound("opening balance")
    found, following = await pages.read(session, select(OpeningBalance, OpeningBalance.id), OpeningBalance.id)
    return Page(items=[OpeningBalanceView.model_validate(row.OpeningBalance) for row in found], next_cursor=following)


@balances_router.get("/{balance_id}")
async def get_opening_balance(
    balance_id: UUID, session: Reading, caller: Reader, response: Response
) -> OpeningBalanceView:
    """Read one opening balance."""
    caller.refuse_bound("opening balance")
    balance = await rows.get(session, OpeningBalance, balance_id, "opening balance")
    set_etag(response, ONLY_VERSION)
    return OpeningBalanceView.model_validate(balance)


@router.get("")
async def summarise(
    session: Reading,
    caller: Reader,
    first: Annotated[IsoDate | None, Query(alias="from", description="First day (UTC); default: all records")] = None,
    last: Annotated[IsoDate | None, Query(alias="to", description="Last day (UTC); default: today")] = None,
    supplier_id: Annotated[UUID | None, Query(description="Only what this supplier took part in")] = None,
    group_by: Annotated[GroupBy | None, Query(description="Break the period down")] = None,
    limit: Annotated[int, Query(ge=1, le=20_000, description="The most groups; the largest are given")] = 1000,
) -> Summary | Breakdown:
    """The figures of a period, and the running totals at its end from the opening balance.

    With `supplier_id` or `group_by` it is the period alone, for that supplier or by group.
    """
    caller.refuse_bound("summary")
    now = datetime.now(UTC)
    if supplier_id is None and group_by is None:
        return await figures.summarise(session, first, last, now)
    return await figures.break_down(session, figures.Question(first, last, supplier_id, group_by, limit), now)


@events_router.get("/{event_id}/summary")
async def summarise_event(event_id: UUID, session: Reading, caller: Reader) -> EventSummary:
    """The figures of one event."""
    caller.refuse_bound("event")
    event = await rows.get(session, Event, event_id, "event")
    return await figures.summarise_event(session, event, datetime.now(UTC))
