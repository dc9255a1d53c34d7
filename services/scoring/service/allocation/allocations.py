"""Asking for allocations and seeing them proposed."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.quarter import Quarter
from services.scoring.models.allocations import Allocation, AllocationRun
from services.scoring.repository import allocation_grounds as grounds_repository
from services.scoring.repository import allocations as repository
from services.scoring.repository import reviews as reviews_repository
from services.scoring.repository import sourcing as sourcing_repository
from services.scoring.service import freshness, standing
from services.scoring.service.allocation.computing import read_grounds, read_sourced, recommend
from services.scoring.service.allocation.proposals import Proposal, feed_state, values_of
from services.scoring.service.review.computing import ReadStandings
from shared import journal, tasks
from shared.auth.principal import Actor
from shared.errors import BellwetherError, Conflict, FieldError, Invalid
from shared.ids import new_id
from shared.journal import Change
from shared.tasks import GIVEN_UP, Handler, Lease
from shared.web.resources import Resources

TASK_KIND = "allocation"
MOST_ERRORS = 10_000
"""Wrong lines, and unknown suppliers, that a run keeps the names of; `failed` counts all."""

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
    actor = Actor(lease.payload["sub"], lease.payload["client_id"], lease.payload["person"])
    async with resources.database.transaction() as session:
        await lease.extend(session)
        run = await repository.lock_run(session, run_id)
        run.status = "running"
    try:
        await freshness.wait_until_fresh(resources, lease)
        async with resources.database.transaction() as session:
            # the task is this transaction's until it ends, however long that takes
            await lease.complete(session)
            run = await _hold_run(session, run_id)
            # whoever comes second reads second: no older state replaces a newer one
            async with resources.database.snapshot() as reading:
                await _propose_all(reading, session, actor, run, read_standings)
    except BellwetherError as error:
        async with resources.database.transaction() as session:
            await lease.complete(session)
            await _fail(session, actor, await _hold_run(session, run_id), error.detail)
    resources.ring(changed=True, work=False)


async def give_up_run(session: AsyncSession, payload: Mapping[str, Any]) -> None:
    """End the run of a dead task; asking for it once more begins anew."""
    actor = Actor(payload["sub"], payload["client_id"], payload["person"])
    await _fail(session, actor, await repository.lock_run(session, UUID(payload["run_id"])), GIVEN_UP)


async def _hold_run(session: AsyncSession, run_id: UUID) -> AllocationRun:
    run = await repository.get_run(session, run_id)
    await repository.hold_quarter(session, run.qbr_quarter)
    return await repository.lock_run(session, run_id)


async def _fail(session: AsyncSession, actor: Actor, run: AllocationRun, why: str) -> None:
    before = _run_state(run)
    run.status, run.error, run.finished_at = "failed", why, datetime.now(UTC)
    await _save_run(session, actor, run, "failed", before)


async def _propose_all(
    reading: AsyncSession, session: AsyncSession, actor: Actor, run: AllocationRun, read_standings: ReadStandings
) -> None:
    """Compute and store the proposals for all commodities, some thousand lines at a time: all of them or none."""
    quarter, before = Quarter.parse(run.qbr_quarter), _run_state(run)
    run.total = await grounds_repository.count_sourced(reading, run.qbr_quarter)
    if not run.total:
        raise Conflict(f"There is no sourcing in {quarter}.", code="no-sourcing")
    codes = await sourcing_repository.list_supplier_codes(reading, run.qbr_quarter)
    review, grounds = await read_grounds(reading, quarter, codes, read_standings)
    run.proposed, run.infeasible, errors = 0, 0, []
    after = ""
    while commodities := await grounds_repository.list_next_sourced(reading, run.qbr_quarter, after):
        after = commodities[-1]
        proposals, wrong = recommend(await read_sourced(reading, quarter, commodities, grounds), grounds)
        for each in proposals:
            each.values.update(qbr_revision=review.revision, policy_version=grounds.policy.version)
        await _propose(session, actor, run, proposals)
        run.proposed += len(proposals)
        run.infeasible += sum(each.values["infeasible"] for each in proposals)
        errors += wrong
    run.failed, run.errors = run.total - run.proposed, errors[:MOST_ERRORS]
    run.unknown_suppliers = sorted(set(codes) - grounds.known.keys())[:MOST_ERRORS]
    run.status = "succeeded" if not run.failed else "partially_succeeded" if run.proposed else "failed"
    run.finished_at = datetime.now(UTC)
    await _save_run(session, actor, run, run.status, before)


async def _propose(session: AsyncSession, actor: Actor, run: AllocationRun, proposals: Sequence[Proposal]) -> None:
    """Put proposals in the place of older ones on which nobody has decided."""
    if not proposals:
        return
    commodities = [each.values["commodity"] for each in proposals]
    changes = []
    for row, lines in await repository.supersede_undecided(session, run.qbr_quarter, commodities):
        state = feed_state({**row, "status": "superseded"}, lines)
        before = {**state, "status": row["status"]}
        changes.append(Change("allocation.superseded", row["id"], row["version"] + 1, state, before))
    of_run = {
        "version": 1,
        "realised_version": 0,
        "status": "proposed",
        "run_id": run.id,
        "qbr_quarter": run.qbr_quarter,
        "valid_from": run.valid_from,
        "valid_to": run.valid_to,
        "supersedes": None,
        "created_by": run.created_by,
    }
    rows, rows_of_lines = [], []
    for each in proposals:
        row = {"id": new_id(), **of_run, **each.values}
        rows.append(row)
        rows_of_lines += [{"allocation_id": row["id"], **line} for line in each.lines]
        changes.append(Change("allocation.proposed", row["id"], 1, feed_state(row, each.lines)))
    await repository.add_allocations(session, rows, rows_of_lines)
    await journal.record(session, actor, changes)


def state_of(allocation: Allocation) -> dict[str, Any]:
    """A stored allocation as the feed tells it."""
    return feed_state(values_of(allocation), [values_of(line) for line in allocation.lines])


async def save(
    session: AsyncSession,
    actor: Actor,
    changes: Sequence[AllocationChange],
    *,
    happened: str,
    private: Mapping[str, Any] | None = None,
) -> None:
    """Write allocations whose status has changed: one event each, whose place in the feed is that of the change.

    `private` holds what only the audit log is told.
    """
    for allocation, _ in changes:
        allocation.version += 1
        session.add(allocation)
    await session.flush()
    await journal.record(
        session,
        actor,
        [
            Change(f"allocation.{happened}", each.id, each.version, state_of(each), before, private or {})
            for each, before in changes
        ],
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
