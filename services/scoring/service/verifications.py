"""Recomputing what is stored: on request all of it, every hour a sample; whatever comes out otherwise is drift."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.recalculations import Verification
from services.scoring.repository import verifications as repository
from services.scoring.service import recomputing, scoring
from services.scoring.service.policy.calendar import read_calendar
from shared import holding, journal, tasks
from shared.auth.principal import Actor
from shared.ids import new_id
from shared.journal import Change
from shared.tasks import GIVEN_UP, Handler, Later, Lease
from shared.web.resources import Resources

TASK_KIND = "verification"
CHUNK = scoring.BATCH
CHUNKS_AT_ONCE = 10
SAMPLE = 2000
MOST_SHOWN = 100
HOURLY = Actor(sub="hourly-sample", client_id=None)
TABLES: dict[str, tuple[str, ...]] = {"all": ("score", "score_history"), "current": ("score",), "sample": ("score",)}
COORDINATES = ("policy_version", "as_of", "registry_pos", "audit_pos", "engagement_pos", "scoring_pos")

Scope = Literal["all", "current", "sample"]

log = structlog.get_logger()


async def request_verification(session: AsyncSession, actor: Actor, scope: Scope) -> Verification:
    """Have a worker recompute stored scores: the current ones and their history, the current ones, or a sample."""
    run = Verification(
        id=new_id(),
        version=0,
        scope=scope,
        status="queued",
        looking_at="score",
        checked=0,
        drifted=0,
        drifts=[],
        created_by=actor.sub,
        created_at=datetime.now(UTC),
    )
    session.add(run)
    await _save(session, actor, run, "requested", {})
    who = {"sub": actor.sub, "client_id": actor.client_id, "person": actor.person}
    await tasks.enqueue(session, TASK_KIND, {"verification_id": str(run.id), **who})
    return run


def task_handlers(resources: Resources, *, chunk: int = CHUNK) -> dict[str, Handler]:
    """What to do for each kind of task of verifications."""

    async def verify(lease: Lease) -> None:
        await run_verification(resources, lease, chunk)

    return {TASK_KIND: verify}


async def run_verification(resources: Resources, lease: Lease, chunk: int) -> None:
    """Look at the scores chunk by chunk, each in a transaction with its progress: one that died goes on from there.

    After some of them others' tasks have their turn.
    """
    for number in range(CHUNKS_AT_ONCE):
        async with resources.database.transaction() as session:
            await lease.extend(session, has_advanced=number > 0)
            run = await repository.lock_verification(session, UUID(lease.payload["verification_id"]))
            is_over = await _look_at_some(session, run, chunk)
            if is_over:
                before = _state(run)
                run.status, run.finished_at = "succeeded", datetime.now(UTC)
                await _save(session, _actor(lease.payload), run, "succeeded", before)
                await lease.complete(session)
        if is_over:
            resources.ring(changed=True, work=False)
            return
    raise Later(0, has_advanced=True)


async def give_up_verification(session: AsyncSession, payload: Mapping[str, Any]) -> None:
    """End the verification of a dead task; what it found so far stays."""
    run = await repository.lock_verification(session, UUID(payload["verification_id"]))
    before = _state(run)
    run.status, run.error, run.finished_at = "failed", GIVEN_UP, datetime.now(UTC)
    await _save(session, _actor(payload), run, "failed", before)


class HourlySample:
    """Has a sample looked at in each hour by the clock, however many workers there are."""

    def __init__(self, resources: Resources) -> None:
        """Asks in that service's schema."""
        self._resources = resources

    async def ask(self, now: datetime) -> bool:
        """Ask for a sample where nobody has since the hour began; whether that was so."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        async with self._resources.database.transaction() as session:
            await holding.hold(session, "verification", "sample")
            if await repository.has_sample_since(session, hour):
                return False
            await request_verification(session, HOURLY, "sample")
        self._resources.ring(changed=True, work=True)
        return True


async def _look_at_some(session: AsyncSession, run: Verification, chunk: int) -> bool:
    """Look at the next scores and keep the progress; whether there are no more."""
    if run.total is None:
        held = await repository.count_stored(session, TABLES[run.scope])
        run.status, run.total = "running", min(held, SAMPLE) if run.scope == "sample" else held
    if run.scope == "sample":
        await _compare(session, run, await repository.list_sample(session, SAMPLE))
        return True
    stored = await repository.list_stored(session, run.looking_at, run.after_id, chunk)
    await _compare(session, run, stored)
    if len(stored) == chunk:
        run.after_id = stored[-1].id if run.looking_at == "score_history" else stored[-1].supplier_id
        return False
    if run.looking_at == TABLES[run.scope][-1]:
        return True
    run.looking_at, run.after_id = "score_history", None
    return False


async def _compare(session: AsyncSession, run: Verification, stored: Sequence[Any]) -> None:
    found = await recomputing.recompute(session, stored, await read_calendar(session))
    drifts = []
    for row, recomputed in zip(stored, found, strict=True):
        differing = recomputed.differences(row)
        if differing:
            drifts.append(_drift(run.looking_at, row, recomputed, differing))
    run.checked += len(stored)
    run.drifted += len(drifts)
    run.drifts = [*run.drifts, *drifts[: MOST_SHOWN - len(run.drifts)]]
    if drifts:
        suppliers = [drift["supplier_id"] for drift in drifts[:MOST_SHOWN]]
        log.error("stored scores drifted", verification_id=str(run.id), drifted=len(drifts), suppliers=suppliers)


def _drift(table: str, row: Any, recomputed: recomputing.Recomputed, differing: list[str]) -> dict[str, Any]:
    """A score that came out otherwise, as the API shows it."""
    coordinates = {name: getattr(row, name) for name in COORDINATES}
    return {
        "supplier_id": str(row.supplier_id),
        "history_id": str(row.id) if table == "score_history" else None,
        **coordinates,
        "as_of": row.as_of.isoformat(),
        "differing": differing,
        "stored": {name: getattr(row, name) for name in scoring.DIGITS},
        "recomputed": recomputed.digits,
        "error": recomputed.error,
    }


def _actor(payload: Mapping[str, Any]) -> Actor:
    return Actor(payload["sub"], payload["client_id"], payload["person"])


def _state(run: Verification) -> dict[str, Any]:
    names = ("scope", "status", "error", "total", "checked", "drifted")
    return {name: getattr(run, name) for name in names}


async def _save(session: AsyncSession, actor: Actor, run: Verification, what: str, before: Mapping[str, Any]) -> None:
    run.version += 1
    await session.flush()
    await journal.record(session, actor, [Change(f"verification.{what}", run.id, run.version, _state(run), before)])
