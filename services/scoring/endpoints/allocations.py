"""`/v1/allocations` and `/v1/allocation-runs`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.scoring.domain.quarter import Quarter
from services.scoring.endpoints.allocation_formats import Format, WantedFormat, also, as_csv, as_sap
from services.scoring.endpoints.allocation_views import show_tried, view
from services.scoring.models.allocations import Allocation
from services.scoring.repository import allocations as repository
from services.scoring.repository import quota_mappings
from services.scoring.schemas.allocation_what_if import WhatIf, WhatIfView
from services.scoring.schemas.allocations import (
    AllocationPage,
    AllocationStatus,
    AllocationView,
    NewAllocations,
    Override,
    Realised,
    Rejection,
    RunView,
)
from services.scoring.schemas.performance import Code, QuarterName
from services.scoring.schemas.quota_arrangements import QuotaArrangementPage, QuotaArrangements
from services.scoring.service import standing
from services.scoring.service.allocation import allocations, decisions, quota_arrangements, what_if
from shared.auth.principal import Principal
from shared.errors import Gone
from shared.feed.reading import read_head
from shared.feed.tables import event
from shared.web.caller import Opened, scoped
from shared.web.etags import IfMatch, answer_conditionally, set_etag
from shared.web.pages import Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/allocations", "order allocations")
runs_router = new_router("/v1/allocation-runs", "order allocations")

Reader = Annotated[Principal, scoped("scoring:read")]
Writer = Annotated[Principal, scoped("scoring:write")]
Approver = Annotated[Principal, scoped("allocation:approve")]
LARGEST_POSITION = 2**63 - 1


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


@router.post("/what-if")
async def try_allocations(body: WhatIf, session: Reading, caller: Reader) -> WhatIfView:
    """Try commodities of a quarter with scores, grades, tiers, bounds, blocks or limits changed.

    The result stands beside the one that things as they are now would give; nothing is stored.
    """
    caller.refuse_bound("allocation")
    quarter = Quarter.parse(body.qbr_quarter)
    review, grounds, tried = await what_if.try_changes(session, quarter, body.changes, standing.read_standings)
    return WhatIfView(
        qbr_quarter=str(quarter),
        qbr_revision=review.revision,
        policy_version=grounds.policy.version,
        items=[show_tried(each) for each in tried],
    )


@router.get("", response_model=AllocationPage, responses=also(QuotaArrangementPage))
async def list_allocations(
    request: Request,
    resources: Opened,
    session: Reading,
    caller: Reader,
    pages: Pages,
    response: Response,
    wanted: WantedFormat,
    quarter: Annotated[QuarterName | None, Query(description="The quarter of the review")] = None,
    commodity: Annotated[Code | None, Query()] = None,
    status: Annotated[
        AllocationStatus | None, Query(description="`approved` takes in the overridden ones: both are decided")
    ] = None,
    after: Annotated[
        int, Query(ge=0, le=LARGEST_POSITION, description="`next_after` of the last answer: only later changes")
    ] = 0,
    epoch: Annotated[
        UUID | None, Query(description="`epoch` of the last answer: 410 where positions have begun anew since")
    ] = None,
    system: Annotated[str | None, Query(description="Quota arrangements of this ERP's materials alone")] = None,
) -> Response | AllocationPage:
    """List allocations in the order of their last changes of status, which no late approval can slip behind.

    `Next-After` says the same as `next_after`, in every format. As quota arrangements only what is approved is listed.
    """
    caller.refuse_bound("allocation")
    # every event committed by now gets its position before the session's snapshot is taken
    current, head = await read_head(resources.database)
    if after > head or epoch not in (None, current):
        raise Gone("The positions begin anew; read again from after=0, without an epoch.", code="feed-restarted")
    state = [current.hex[:8], wanted]
    if wanted is Format.SAP:
        status = status or "approved"
        state.append(str(await quota_mappings.find_registry_position(session)))
    set_etag(response, head, *state)
    if answer_conditionally(request, response) is not response:
        return Response(status_code=304, headers=dict(response.headers))
    query = repository.allocations_matching(quarter=quarter, commodity=commodity, status=status, after=after, head=head)
    rows, following = await pages.read(session, query, event.c.feed_seq)
    next_after = head if following is None else rows[-1].feed_seq
    response.headers["Next-After"] = str(next_after)
    found = [row.Allocation for row in rows]
    if wanted is Format.SAP:
        items = await quota_arrangements.arrange(session, found, system)
        page = {"items": items, "next_cursor": following, "next_after": next_after, "epoch": current}
        return as_sap(QuotaArrangementPage.model_validate(page), response.headers)
    views = [view(each) for each in found]
    if wanted is Format.CSV:
        return as_csv(views, response.headers)
    return AllocationPage(items=views, next_cursor=following, next_after=next_after, epoch=current)


@router.get("/{allocation_id}", response_model=AllocationView, responses=also(QuotaArrangements))
async def get_allocation(
    allocation_id: UUID,
    resources: Opened,
    session: Reading,
    caller: Reader,
    response: Response,
    wanted: WantedFormat,
    system: Annotated[str | None, Query(description="Quota arrangements of this ERP's materials alone")] = None,
) -> Response | AllocationView:
    """Read one allocation, also as CSV, or once it is approved as quota arrangements."""
    caller.refuse_bound("allocation")
    # materials and vendor numbers are no part of the allocation: what was known of them before the snapshot is
    _, head = await read_head(resources.database) if wanted is Format.SAP else (None, 0)
    allocation = await repository.get_allocation(session, allocation_id)
    state = [allocation.realised_version]
    if wanted is Format.SAP:
        positions = [head, await quota_mappings.find_registry_position(session)]
        set_etag(response, allocation.version, *state, wanted, *positions)
        items = await quota_arrangements.arrange(session, [allocation], system)
        return as_sap(QuotaArrangements.model_validate({"items": items}), response.headers)
    if wanted is Format.CSV:
        set_etag(response, allocation.version, *state, wanted)
        return as_csv([view(allocation)], response.headers)
    return _answer(allocation, response)


@router.post("/{allocation_id}/approve")
async def approve_allocation(
    allocation_id: UUID, expected: IfMatch, session: Transaction, caller: Approver, response: Response
) -> AllocationView:
    """Approve the recommended shares: by a person other than the one who asked for them."""
    allocation = await decisions.approve_allocation(session, caller, allocation_id, expected)
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
    """Decide on other shares, with the reason: by a person other than the one who asked for the allocation.

    Where more of the orders moves than the policy leaves to one person, it is `override_pending` until another person
    confirms it.
    """
    allocation = await decisions.override_allocation(session, caller, allocation_id, expected, body)
    return _answer(allocation, response)


@router.post("/{allocation_id}/confirm-override")
async def confirm_override(
    allocation_id: UUID, expected: IfMatch, session: Transaction, caller: Approver, response: Response
) -> AllocationView:
    """Confirm an override that moves much: by a person who asked neither for the allocation nor for the override."""
    allocation = await decisions.confirm_override(session, caller, allocation_id, expected)
    return _answer(allocation, response)


@router.post("/{allocation_id}/reject-override")
async def reject_override(
    allocation_id: UUID,
    body: Rejection,
    expected: IfMatch,
    session: Transaction,
    caller: Approver,
    response: Response,
) -> AllocationView:
    """Reject an override that waits, with the reason: what was recommended is proposed again.

    Whoever wanted it may take it back this way.
    """
    allocation = await decisions.reject_override(session, caller, allocation_id, expected, body.reason)
    return _answer(allocation, response)


@router.post("/{allocation_id}/realised")
async def report_realised(
    allocation_id: UUID, body: Realised, session: Transaction, caller: Writer, response: Response
) -> AllocationView:
    """Report back the shares that were really ordered; the last report counts."""
    allocation = await decisions.report_realised(session, caller.actor, allocation_id, body.lines)
    return _answer(allocation, response)


def _answer(allocation: Allocation, response: Response) -> AllocationView:
    set_etag(response, allocation.version, allocation.realised_version)
    return view(allocation)
