"""`/v1/allocations` and `/v1/allocation-runs`."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.scoring.domain.allocation import Reason, in_words
from services.scoring.domain.quarter import Quarter
from services.scoring.models.allocations import Allocation, AllocationLine
from services.scoring.repository import allocations as repository
from services.scoring.schemas.allocations import (
    AllocationLineView,
    AllocationPage,
    AllocationStatus,
    AllocationView,
    NewAllocations,
    Override,
    Realised,
    RunView,
)
from services.scoring.schemas.performance import Code, QuarterName
from services.scoring.service import allocation_decisions, allocations
from shared.auth.principal import Principal
from shared.errors import Gone
from shared.feed.reading import read_head
from shared.feed.tables import event
from shared.web.caller import Opened, scoped
from shared.web.etags import IfMatch, set_etag
from shared.web.pages import Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/allocations", "order allocations")
runs_router = new_router("/v1/allocation-runs", "order allocations")

Reader = Annotated[Principal, scoped("scoring:read")]
Writer = Annotated[Principal, scoped("scoring:write")]
Approver = Annotated[Principal, scoped("allocation:approve")]
LARGEST_POSITION = 2**63 - 1


def view(allocation: Allocation) -> AllocationView:
    """An allocation as the API shows it."""
    shown = {name: getattr(allocation, name) for name in AllocationView.model_fields if name != "lines"}
    return AllocationView.model_validate({**shown, "lines": [_line_view(line) for line in allocation.lines]})


def _line_view(line: AllocationLine) -> AllocationLineView:
    recommended, overridden = line.recommended_share, line.overridden_share
    shown = {name: getattr(line, name, None) for name in AllocationLineView.model_fields}
    shown["delta"] = None if recommended is None else recommended - line.baseline_share
    shown["share"] = recommended if overridden is None else overridden
    shown["effects"] = line.effects and {name: Decimal(effect) for name, effect in line.effects.items()}
    shown["reasons"] = [{"code": code, "text": in_words(Reason(code))} for code in line.reasons]
    return AllocationLineView.model_validate(shown)


@router.post("", status_code=202)
async def request_allocations(
    body: NewAllocations, session: Transaction, caller: Writer, response: Response
) -> RunView:
    """Have the orders of all commodities of a quarter's sourcing allocated; needs its review to be published.

    `Location` is the run; its proposals are in `/v1/allocations?quarter=`.
    """
    quarter = Quarter.parse(body.qbr_quarter)
    run = await allocations.request_allocations(session, caller.actor, quarter, body.valid_from, body.valid_to)
    response.headers["Location"] = f"/v1/allocation-runs/{run.id}"
    return RunView.model_validate(run)


@runs_router.get("/{run_id}")
async def get_allocation_run(run_id: UUID, session: Reading, caller: Reader, response: Response) -> RunView:
    """Read how far a run is, and which commodities it could not allocate."""
    caller.refuse_bound("allocation run")
    run = await repository.get_run(session, run_id)
    set_etag(response, run.version, run.status)
    return RunView.model_validate(run)


@router.get("")
async def list_allocations(
    resources: Opened,
    session: Reading,
    caller: Reader,
    pages: Pages,
    response: Response,
    quarter: Annotated[QuarterName | None, Query(description="The quarter of the review")] = None,
    commodity: Annotated[Code | None, Query()] = None,
    status: Annotated[
        AllocationStatus | None, Query(description="`approved` takes in the overridden ones: both are decided")
    ] = None,
    after: Annotated[
        int, Query(ge=0, le=LARGEST_POSITION, description="`next_after` of the last answer: only later changes")
    ] = 0,
) -> AllocationPage:
    """List allocations in the order of their last changes of status, which no late approval can slip behind."""
    caller.refuse_bound("allocation")
    # every event committed by now gets its position before the session's snapshot is taken
    _, head = await read_head(resources.database)
    if after > head:
        raise Gone(f"The feed ends at {head}; read again from after=0.", code="feed-restarted")
    query = repository.allocations_matching(quarter=quarter, commodity=commodity, status=status, after=after, head=head)
    rows, following = await pages.read(session, query, event.c.feed_seq)
    set_etag(response, head)
    return AllocationPage(
        items=[view(row.Allocation) for row in rows],
        next_cursor=following,
        next_after=head if following is None else rows[-1].feed_seq,
    )


@router.get("/{allocation_id}")
async def get_allocation(allocation_id: UUID, session: Reading, caller: Reader, response: Response) -> AllocationView:
    """Read one allocation."""
    caller.refuse_bound("allocation")
    return _answer(await repository.get_allocation(session, allocation_id), response)


@router.post("/{allocation_id}/approve")
async def approve_allocation(
    allocation_id: UUID, expected: IfMatch, session: Transaction, caller: Approver, response: Response
) -> AllocationView:
    """Approve the recommended shares: by a person other than the one who asked for them."""
    allocation = await allocation_decisions.approve_allocation(session, caller, allocation_id, expected)
    return _answer(allocation, response)


@router.post("/{allocation_id}/override")
async def override_allocation(
    allocation_id: UUID,
    body: Override,
    expected: IfMatch,
    session: Transaction,
    caller: Approver,
    response: Response,
) -> AllocationView:
    """Decide on other shares, with the reason: by a person other than the one who asked for the allocation."""
    allocation = await allocation_decisions.override_allocation(session, caller, allocation_id, expected, body)
    return _answer(allocation, response)


@router.post("/{allocation_id}/realised")
async def report_realised(
    allocation_id: UUID, body: Realised, session: Transaction, caller: Writer, response: Response
) -> AllocationView:
    """Report back the shares that were really ordered; the last report counts."""
    allocation = await allocation_decisions.report_realised(session, caller.actor, allocation_id, body.lines)
    return _answer(allocation, response)


def _answer(allocation: Allocation, response: Response) -> AllocationView:
    set_etag(response, allocation.version, allocation.realised_version)
    return view(allocation)
