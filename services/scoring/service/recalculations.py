"""Ordering that every supplier is scored anew, and calling it off; workers do it chunk by chunk (`recalculating`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.recalculations import Recalculation
from services.scoring.repository import recalculations as repository
from services.scoring.repository.recalculations import Progress
from shared import journal
from shared.auth.principal import Actor
from shared.errors import Conflict
from shared.ids import new_id
from shared.journal import Change
from shared.web.etags import Expected


async def order_recalculation(session: AsyncSession, actor: Actor, reason: str) -> Recalculation:
    """Have every supplier scored anew, by what holds once this transaction is committed.

    One that is open ends and this one takes its place, from the start: what it has done already was done without
    whatever this one is ordered for.
    """
    await repository.hold_orders(session)
    superseded = await repository.lock_open(session)
    if superseded is not None:
        await end(session, actor, superseded, "cancelled", happened="superseded")
    recalculation = Recalculation(
        id=new_id(),
        version=0,
        status="queued",
        reason=reason,
        total=0,
        created_by=actor.sub,
        started_at=None,
        finished_at=None,
    )
    session.add(recalculation)
    await save(session, actor, recalculation, "ordered", {}, private={"reason": [None, reason]})
    return recalculation


async def request_recalculation(session: AsyncSession, actor: Actor, reason: str) -> Recalculation:
    """The same where nothing in particular has changed: Conflict while one is open, which does as well."""
    await repository.hold_orders(session)
    running = await repository.lock_open(session)
    if running is not None:
        raise Conflict(
            "A recalculation is open already: wait for it, or cancel it first.",
            code="recalculation-open",
            members={"recalculation_id": str(running.id)},
        )
    return await order_recalculation(session, actor, reason)


async def cancel_recalculation(
    session: AsyncSession, actor: Actor, recalculation_id: UUID, expected: Expected
) -> Recalculation:
    """Call one off: chunks that are done stay done, one that a worker has in hand is still finished."""
    recalculation = await repository.lock_recalculation(session, recalculation_id)
    expected.check(recalculation.version)
    if recalculation.status not in repository.OPEN:
        raise Conflict(f"This recalculation is {recalculation.status} already.", code="recalculation-closed")
    await end(session, actor, recalculation, "cancelled", happened="cancelled")
    return recalculation


async def end(session: AsyncSession, actor: Actor, recalculation: Recalculation, status: str, *, happened: str) -> None:
    """Close an open recalculation that this transaction has locked."""
    before = feed_state(recalculation)
    recalculation.status = status
    recalculation.finished_at = datetime.now(UTC)
    await save(session, actor, recalculation, happened, before)


async def save(
    session: AsyncSession,
    actor: Actor,
    recalculation: Recalculation,
    happened: str,
    before: Mapping[str, Any],
    *,
    private: Mapping[str, Any] | None = None,
) -> None:
    """Write a changed recalculation, and what happened to it."""
    recalculation.version += 1
    await session.flush()
    await session.refresh(recalculation)
    state = feed_state(recalculation)
    change = Change(
        f"recalculation.{happened}", recalculation.id, recalculation.version, state, before, private=private or {}
    )
    await journal.record(session, actor, [change])


def feed_state(recalculation: Recalculation) -> dict[str, Any]:
    """A recalculation as the feed tells it: without its reason, in which people write what they like."""
    return {"status": recalculation.status, "total": recalculation.total}


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the last chunks were done (suppliers a second), and when, at that pace, the last one will be."""

    suppliers_per_second: float | None
    expected_at: datetime | None


def pace_of(recalculation: Recalculation, progress: Progress) -> Pace:
    """The pace of a recalculation; nothing is known of it before its first chunk is done."""
    since = progress.recent_since or recalculation.started_at
    if since is None or progress.last_at is None:
        return Pace(None, None)
    seconds = (progress.last_at - since).total_seconds()
    if seconds <= 0 or progress.recent == 0:
        return Pace(None, None)
    rate = progress.recent / seconds
    if recalculation.status != "running":
        return Pace(round(rate, 1), None)
    left = max(0, recalculation.total - progress.done)
    return Pace(round(rate, 1), progress.last_at + timedelta(seconds=left / rate))
