"""Asking for allocations and seeing them proposed."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.quarter import Quarter
from services.scoring.models.allocations import Allocation, AllocationRun
from services.scoring.repository import allocations as repository
from services.scoring.repository import reviews as reviews_repository
from services.scoring.service import freshness, standing
from services.scoring.service.allocation_computing import Proposals, compute_proposals, read_grounds
from services.scoring.service.review_computing import ReadStandings
from shared import journal, tasks
from shared.auth.principal import Actor
from shared.errors import BellwetherError, Conflict, FieldError, Invalid
from shared.ids import new_id
from shared.journal import Change
from shared.tasks import GIVEN_UP, Handler, Lease
from shared.web.resources import Resources

TASK_KIND = "allocation"
WRITTEN_AT_ONCE = 500
ON_LINES = ("baseline_share", "recommended_share", "overridden_share", "capacity_share", "max_share", "min_share")

AllocationChange = tuple[Allocation, Mapping[str, Any]]
"""An allocation and its state before; an empty one for a new one."""


async def request_allocations(
    session: AsyncSession, actor: Actor, quarter: Quarter, valid_from: date | None, valid_to: date | None
) -> AllocationRun:
    """Have a worker allocate all commodities of the quarter's sourcing; Conflict without a published review.

    What is not said of the validity is taken from the quarter after the review.
    """
    starts = valid_from or quarter.next.first_day
    ends = valid_to or quarter.next.last_day
    if ends < starts:
        detail = f"The allocation would end on {ends}, before it begins on {starts}."
        raise Invalid(detail, fields=[FieldError("#/valid_to", "is before valid_from")])
    if await reviews_repository.find_revision(session, str(quarter), published=True) is None:
        raise Conflict(f"Allocating needs a published review of {quarter}.", code="qbr-not-published")
    run = AllocationRun(
        id=new_id(),
        version=0,
        qbr_quarter=str(quarter),
        valid_from=starts,
        valid_to=ends,
        status="queued",
        proposed=0,
        infeasible=0,
        failed=0,
        errors=[],
        unknown_suppliers=[],
        created_by=actor.sub,
    )
    session.add(run)
    await _save_run(session, actor, run, "requested", {})
    who = {"sub": actor.sub, "client_id": actor.client_id, "person": actor.person}
    await tasks.enqueue(session, TASK_KIND, {"run_id": str(run.id), **who})
    return run


def task_handlers(
    resources: Resources, *, read_standings: ReadStandings = standing.read_standings
) -> dict[str, Handler]:
    """What to do for each kind of task of allocations."""

    async def compute(lease: Lease) -> None:
        await compute_run(resources, lease, read_standings)

    return {TASK_KIND: compute}


async def compute_run(resources: Resources, lease: Lease, read_standings: ReadStandings) -> None:
    """Propose what the task's run asks for once everything known is scored, or say why not."""
    run_id = UUID(lease.payload["run_id"])
    proposals, failure = None, None
    async with resources.database.transaction() as session:
        await lease.extend(session)
        run = await repository.lock_run(session, run_id)
        run.status = "running"
    try:
        await freshness.wait_until_fresh(resources, lease)
        async with resources.database.transaction() as session:
            await lease.extend(session)
        async with resources.database.snapshot() as session:
            grounds = await read_grounds(session, Quarter.parse(run.qbr_quarter), read_standings)
        proposals = compute_proposals(grounds)
    except BellwetherError as error:
        failure = error.detail
    actor = Actor(lease.payload["sub"], lease.payload["client_id"], lease.payload["person"])
    async with resources.database.transaction() as session:
        await lease.complete(session)
        await repository.hold_quarter(session, run.qbr_quarter)
        run = await repository.lock_run(session, run_id)
        await _store(session, actor, run, proposals, failure)
    resources.ring(changed=True, work=False)


async def give_up_run(session: AsyncSession, payload: Mapping[str, Any]) -> None:
    """End the run of a dead task; asking for it once more begins anew."""
    run = await repository.lock_run(session, UUID(payload["run_id"]))
    await _store(session, Actor(payload["sub"], payload["client_id"], payload["person"]), run, None, GIVEN_UP)


async def _store(
    session: AsyncSession, actor: Actor, run: AllocationRun, proposals: Proposals | None, failure: str | None
) -> None:
    before = _run_state(run)
    run.finished_at = datetime.now(UTC)
    if proposals is None:
        run.status, run.error = "failed", failure
    else:
        run.total, run.proposed = proposals.total, len(proposals.allocations)
        run.infeasible = sum(each.infeasible for each in proposals.allocations)
        run.failed = run.total - run.proposed
        run.errors, run.unknown_suppliers = proposals.errors, proposals.unknown_suppliers
        run.status = "succeeded" if not run.failed else "partially_succeeded" if run.proposed else "failed"
        await _propose(session, actor, run, proposals.allocations)
    await _save_run(session, actor, run, run.status, before)


async def _propose(session: AsyncSession, actor: Actor, run: AllocationRun, proposed: Sequence[Allocation]) -> None:
    """Put the proposals in the place of older ones on which nobody has decided."""
    for start in range(0, len(proposed), WRITTEN_AT_ONCE):
        chunk = proposed[start : start + WRITTEN_AT_ONCE]
        older = await repository.lock_proposed(session, run.qbr_quarter, [each.commodity for each in chunk])
        before = [(each, feed_state(each)) for each in older]
        for each in older:
            each.status = "superseded"
        await save(session, actor, before, happened="superseded")
        for each in chunk:
            each.run_id, each.created_by, each.qbr_quarter = run.id, run.created_by, run.qbr_quarter
            each.valid_from, each.valid_to = run.valid_from, run.valid_to
        await save(session, actor, [(each, {}) for each in chunk], happened="proposed")


def feed_state(allocation: Allocation) -> dict[str, Any]:
    """An allocation as the feed tells it, with all its lines."""
    names = ("qbr_quarter", "qbr_revision", "commodity", "status", "infeasible", "relaxed", "average_score")
    return {
        **{name: getattr(allocation, name) for name in names},
        "valid_from": allocation.valid_from.isoformat(),
        "valid_to": allocation.valid_to.isoformat(),
        "supersedes": None if allocation.supersedes is None else str(allocation.supersedes),
        "unallocated_share": float(allocation.unallocated_share),
        "overcommitted_share": float(allocation.overcommitted_share),
        "lambda": allocation.lambda_,
        "lines": [
            {
                "supplier_id": None if line.supplier_id is None else str(line.supplier_id),
                **{name: getattr(line, name) for name in ("supplier_code", "qbr_total", "grade", "multiplier")},
                **{name: getattr(line, name) for name in ("risk_tier", "basis", "blocked", "reasons")},
                **{name: None if (share := getattr(line, name)) is None else float(share) for name in ON_LINES},
            }
            for line in sorted(allocation.lines, key=lambda line: line.supplier_code)
        ],
    }


async def save(session: AsyncSession, actor: Actor, changes: Sequence[AllocationChange], *, happened: str) -> None:
    """Write allocations whose status has changed: one event each, whose place in the feed is that of the change."""
    for allocation, _ in changes:
        allocation.version += 1
        session.add(allocation)
    await session.flush()
    await journal.record(
        session,
        actor,
        [Change(f"allocation.{happened}", each.id, each.version, feed_state(each), before) for each, before in changes],
    )


def _run_state(run: AllocationRun) -> dict[str, Any]:
    names = ("qbr_quarter", "status", "error", "total", "proposed", "infeasible", "failed", "unknown_suppliers")
    dated = {"valid_from": run.valid_from.isoformat(), "valid_to": run.valid_to.isoformat()}
    return dated | {name: getattr(run, name) for name in names}


async def _save_run(
    session: AsyncSession, actor: Actor, run: AllocationRun, happened: str, before: dict[str, Any]
) -> None:
    run.version += 1
    await session.flush()
    change = Change(f"allocation_run.{happened}", run.id, run.version, _run_state(run), before)
    await journal.record(session, actor, [change])
