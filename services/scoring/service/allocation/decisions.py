"""Deciding on proposed allocations, and reporting back what was really ordered."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.allocations import Allocation
from services.scoring.repository import allocations as repository
from services.scoring.schemas.allocations import Override, ShareBody
from services.scoring.service.allocation import limits
from services.scoring.service.allocation.allocations import save, state_of
from services.scoring.service.policy.calendar import read_calendar
from shared import journal
from shared.auth.principal import Actor, Principal
from shared.errors import Conflict, FieldError, Invalid
from shared.journal import Change
from shared.web.etags import Expected

MOST_REALISED = Decimal("1.001")
"""Realised shares may lack some supplier, and are rounded by whoever reports them."""


async def approve_allocation(
    session: AsyncSession, caller: Principal, allocation_id: UUID, expected: Expected
) -> Allocation:
    """The allocation, approved by a second person; an earlier decision on that commodity is superseded."""
    allocation = await repository.lock_allocation(session, allocation_id)
    _refuse_deciding(caller, allocation, expected, "Approving")
    if allocation.infeasible:
        raise Conflict(
            "An infeasible allocation recommends nothing that could be approved; override it.", code="infeasible"
        )
    await _decide(session, caller, allocation, "approved", state_of(allocation))
    return allocation


async def override_allocation(
    session: AsyncSession, caller: Principal, allocation_id: UUID, expected: Expected, override: Override
) -> Allocation:
    """The allocation with a second person's own shares; for the ERP it is then as good as approved.

    Where they move more of the orders than the policy leaves to one person, yet another has to confirm them first.
    """
    allocation = await repository.lock_allocation(session, allocation_id)
    _refuse_deciding(caller, allocation, expected, "Overriding")
    shares = _shares_of_lines(allocation, override.lines)
    total = sum(shares.values(), Decimal(0))
    if total != 1:
        detail = f"The shares sum to {total.normalize():f}; they must sum to exactly 1."
        raise Invalid(detail, code="shares-do-not-sum-to-1", fields=[FieldError("#/lines", detail)])
    before = state_of(allocation)
    for line in allocation.lines:
        line.overridden_share = shares.get(line.supplier_code, Decimal(0))
    allocation.reason, allocation.overridden_by = override.reason, caller.sub
    allocation.limits = limits.with_override(
        allocation.limits, {line.supplier_code: line.overridden_share or Decimal(0) for line in allocation.lines}
    )
    policy = (await read_calendar(session)).on(datetime.now(UTC).date())
    if moved_by_override(allocation) > Decimal(str(policy.overrides.second_person_above_shift)):
        allocation.status = "override_pending"
        await save(session, caller.actor, [(allocation, before)], happened="override_requested")
    else:
        await _decide(session, caller, allocation, "overridden", before)
    return allocation


async def confirm_override(
    session: AsyncSession, caller: Principal, allocation_id: UUID, expected: Expected
) -> Allocation:
    """The allocation with the other shares, confirmed by somebody who neither asked for it nor for them."""
    allocation = await repository.lock_allocation(session, allocation_id)
    caller.second_person(allocation.created_by, "Confirming an override")
    caller.second_person(allocation.overridden_by, "Confirming an override")
    _refuse_where_nothing_waits(allocation, expected)
    await _decide(session, caller, allocation, "overridden", state_of(allocation))
    return allocation


async def reject_override(
    session: AsyncSession, caller: Principal, allocation_id: UUID, expected: Expected, reason: str
) -> Allocation:
    """The allocation as it was proposed; whoever wanted other shares may take them back, too."""
    allocation = await repository.lock_allocation(session, allocation_id)
    caller.second_person(allocation.created_by, "Rejecting an override")
    _refuse_where_nothing_waits(allocation, expected)
    before = state_of(allocation)
    for line in allocation.lines:
        line.overridden_share = None
    allocation.status, allocation.reason, allocation.overridden_by = "proposed", None, None
    allocation.limits = limits.without_override(allocation.limits)
    private = {"rejection_reason": [None, reason]}
    await save(session, caller.actor, [(allocation, before)], happened="override_rejected", private=private)
    return allocation


def moved_by_override(allocation: Allocation) -> Decimal:
    """Which part of the orders goes elsewhere than recommended (where nothing is, than before)."""
    moved = Decimal(0)
    for line in allocation.lines:
        held = line.baseline_share if line.recommended_share is None else line.recommended_share
        moved += abs((line.overridden_share or Decimal(0)) - held)
    return moved / 2


async def report_realised(
    session: AsyncSession, actor: Actor, allocation_id: UUID, realised: Sequence[ShareBody]
) -> Allocation:
    """The allocation with the shares that were really ordered beside it; suppliers left out are not known."""
    allocation = await repository.lock_allocation(session, allocation_id)
    if allocation.decided_at is None:
        raise Conflict("Nobody has decided on this allocation, so nothing can have come of it.", code="not-decided")
    shares = _shares_of_lines(allocation, realised)
    if sum(shares.values()) > MOST_REALISED:
        raise Invalid("The realised shares sum to more than 1.", fields=[FieldError("#/lines", "sum to more than 1")])
    before = _realised_state(allocation) if allocation.realised_version else {}
    for line in allocation.lines:
        line.realised_share = shares.get(line.supplier_code)
    after = _realised_state(allocation)
    if after != before:
        allocation.realised_version += 1
        await session.flush()
        # a resource of its own: an `allocation` event would move the allocation in the order in which the ERP reads
        happened = "allocation_realisation.reported"
        await journal.record(
            session, actor, [Change(happened, allocation.id, allocation.realised_version, after, before)]
        )
    return allocation


def _refuse_deciding(caller: Principal, allocation: Allocation, expected: Expected, step: str) -> None:
    caller.second_person(allocation.created_by, step)
    expected.check(allocation.version)
    if allocation.status != "proposed":
        raise Conflict(f"Only a proposed allocation can be decided on; this one is {allocation.status}.")


def _shares_of_lines(allocation: Allocation, given: Sequence[ShareBody]) -> dict[str, Decimal]:
    """Supplier code -> share; Invalid names whoever is no supplier of this allocation, or named twice."""
    known = {line.supplier_code for line in allocation.lines}
    shares: dict[str, Decimal] = {}
    for n, line in enumerate(given):
        code = line.supplier_code
        complaint = "is named twice" if code in shares else None if code in known else "has no line in this allocation"
        if complaint is not None:
            raise Invalid(
                f"The supplier {code} {complaint}.", fields=[FieldError(f"#/lines/{n}/supplier_code", complaint)]
            )
        shares[code] = line.share
    return shares


async def _decide(
    session: AsyncSession, caller: Principal, allocation: Allocation, status: str, before: Mapping[str, Any]
) -> None:
    # first out with the old decision: only one may live
    live = await repository.lock_live(session, allocation.qbr_quarter, allocation.commodity)
    if live is not None:
        live_before = state_of(live)
        live.status = "superseded"
        await save(session, caller.actor, [(live, live_before)], happened="superseded")
    allocation.status = status
    allocation.decided_by, allocation.decided_at = caller.sub, datetime.now(UTC)
    allocation.supersedes = None if live is None else live.id
    await save(session, caller.actor, [(allocation, before)], happened=status)


def _refuse_where_nothing_waits(allocation: Allocation, expected: Expected) -> None:
    expected.check(allocation.version)
    if allocation.status != "override_pending":
        raise Conflict(
            f"No override of this allocation waits to be confirmed; it is {allocation.status}.",
            code="no-override-pending",
        )


def _realised_state(allocation: Allocation) -> dict[str, Any]:
    return {
        "qbr_quarter": allocation.qbr_quarter,
        "commodity": allocation.commodity,
        "lines": [
            {
                "supplier_code": line.supplier_code,
                "realised_share": None if line.realised_share is None else float(line.realised_share),
            }
            for line in allocation.lines
        ],
    }
