"""The worker's side of a risk identification: chunk by chunk at fixed coordinates, then frozen as a whole."""

import time
from datetime import UTC, datetime
from uuid import UUID

from services.scoring.models.identifications import RiskIdentification
from services.scoring.repository import evidence
from services.scoring.repository import identifications as repository
from services.scoring.service import freshness, scoring
from services.scoring.service.identification import computing, identifications
from services.scoring.service.policy.calendar import read_calendar
from shared import holding
from shared.errors import BellwetherError
from shared.tasks import Handler, Later, Lease
from shared.web.resources import Resources

DELETED_AT_ONCE = 20_000
TURN_SECONDS = 20.0
"""Then whoever else waits for the worker has its turn; a rung job would be cut off at 30 s."""


def task_handlers(
    resources: Resources,
    *,
    patience: float = freshness.PATIENCE_SECONDS,
    chunk: int = scoring.BATCH,
    turn: float = TURN_SECONDS,
) -> dict[str, Handler]:
    """What to do for each kind of task of risk identifications."""

    async def identify(lease: Lease) -> None:
        await run_identification(resources, lease, patience=patience, chunk=chunk, turn=turn)

    return {identifications.TASK_KIND: identify}


async def run_identification(resources: Resources, lease: Lease, *, patience: float, chunk: int, turn: float) -> None:
    """See the task's run through, from where it is: after a death the next worker goes on at the last chunk.

    Before the first chunk everything known must be scored. From then on evidence, registry, policy and overrides count
    as they were at that moment, so that all chunks see the same state, whenever they are computed.
    """
    started = time.monotonic()
    async with resources.database.snapshot() as session:
        run = await session.get_one(RiskIdentification, UUID(lease.payload["identification_id"]))
    if not identifications.is_wanted(run, lease.payload):
        async with resources.database.transaction() as session:
            await lease.complete(session)
        return
    if run.known_at is None:
        try:
            await freshness.wait_until_fresh(resources, lease, patience)
        except BellwetherError as error:
            await _fail(resources, lease, run, error.detail)
            return
        await _clear(resources, lease, run)
        await _begin(resources, lease, run)
    while await _identify_chunk(resources, lease, run, chunk):
        if time.monotonic() - started >= turn:
            raise Later(0, has_advanced=True)
    await _freeze(resources, lease, run)


async def _clear(resources: Resources, lease: Lease, run: RiskIdentification) -> None:
    """Remove what an attempt that was given up has left."""
    removed = DELETED_AT_ONCE
    while removed == DELETED_AT_ONCE:
        async with resources.database.transaction() as session:
            await lease.extend(session)
            removed = await repository.delete_risks(session, run.id, DELETED_AT_ONCE)


async def _begin(resources: Resources, lease: Lease, run: RiskIdentification) -> None:
    """Fix the coordinates."""
    async with resources.database.transaction() as session:
        await lease.extend(session)
        begun = await repository.lock_identification(session, run.id)
        policy = (await read_calendar(session)).on(begun.as_of)
        known = (await evidence.load_evidence(session, [], begun.as_of, policy)).positions
        begun.known_at, begun.policy_version = datetime.now(UTC), policy.version
        begun.registry_pos, begun.audit_pos = known.registry, known.audit
        begun.engagement_pos, begun.scoring_pos = known.engagement, known.scoring
        begun.total = await repository.count_suppliers(session, known.registry)
        previous = await repository.find_identification(session, begun.year - 1, frozen=True)
        begun.previous_id = None if previous is None else previous.id


async def _identify_chunk(resources: Resources, lease: Lease, run: RiskIdentification, limit: int) -> bool:
    """Identify the risks of the next suppliers, and note how far that came, in one transaction; False at the end."""
    async with resources.database.transaction() as session:
        await lease.extend(session, has_advanced=True)
        held = await repository.lock_identification(session, run.id)
        policy = (await read_calendar(session)).version(held.policy_version or 0)
        registry_pos = computing.positions_of(held).registry
        suppliers = await repository.list_suppliers(session, registry_pos, held.after_id, limit)
        if not suppliers:
            return False
        looked_at, held.left_out = computing.sort_out(suppliers, policy, held.left_out)
        rows = await computing.identify(session, held, policy, looked_at)
        await repository.insert_risks(session, rows)
        held.done, held.after_id = held.done + len(suppliers), suppliers[-1].id
        return len(suppliers) == limit


async def _freeze(resources: Resources, lease: Lease, run: RiskIdentification) -> None:
    async with resources.database.transaction() as session:
        await lease.complete(session)
        await holding.hold(session, "risk_identification", str(run.year))
        held = await repository.lock_identification(session, run.id)
        policy = (await read_calendar(session)).version(held.policy_version or 0)
        summary = await computing.sum_up(session, held, policy)
        await identifications.freeze(session, held, identifications.actor_of(lease.payload), summary)
    resources.ring(changed=True, work=False)


async def _fail(resources: Resources, lease: Lease, run: RiskIdentification, error: str) -> None:
    async with resources.database.transaction() as session:
        await lease.complete(session)
        await holding.hold(session, "risk_identification", str(run.year))
        held = await repository.lock_identification(session, run.id)
        await identifications.fail(session, held, identifications.actor_of(lease.payload), error)
    resources.ring(changed=True, work=False)
