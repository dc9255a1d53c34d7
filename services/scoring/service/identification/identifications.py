"""Asking for a year's risk identification, and what becomes of it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.identifications import RiskIdentification
from services.scoring.repository import identifications as repository
from shared import holding, journal, tasks
from shared.auth.principal import Actor
from shared.errors import Conflict, FieldError, Invalid
from shared.ids import new_id
from shared.journal import Change
from shared.tasks import GIVEN_UP

TASK_KIND = "risk_identification"
TOLD = ("year", "revision", "status", "error", "policy_version", "identified")


async def request_identification(
    session: AsyncSession, actor: Actor, year: int, as_of: date | None, today: date
) -> RiskIdentification:
    """Have a worker identify the year's risks: the next revision, or once more where the last attempt failed.

    One that is being computed stays as it is: whoever asks for it again gets it, whoever asks for another day is told.
    """
    day = _day_of(year, as_of, today)
    await holding.hold(session, "risk_identification", str(year))
    run = await repository.lock_latest(session, year)
    if run is not None and run.status == "computing":
        if as_of not in (None, run.as_of):
            raise Conflict(
                f"The risk identification of {year} is being computed as of {run.as_of}; ask again afterwards.",
                code="already-computing",
            )
        return run
    before: dict[str, Any] = {}
    if run is None or run.status == "frozen":
        run = RiskIdentification(
            id=new_id(),
            version=run.version if run else 0,
            year=year,
            revision=run.revision + 1 if run else 1,
        )
        session.add(run)
    else:
        before = _state(run)
    run.status, run.error, run.as_of, run.created_by, run.created_at = "computing", None, day, actor.sub, _now()
    run.known_at, run.policy_version, run.previous_id, run.total, run.after_id = None, None, None, None, None
    run.registry_pos, run.audit_pos, run.engagement_pos, run.scoring_pos = None, None, None, None
    run.done, run.identified, run.left_out = 0, 0, {}
    run.tiers, run.supply_tiers, run.category_means = {}, {}, {}
    await save(session, actor, run, "requested", before)
    who = {"sub": actor.sub, "client_id": actor.client_id, "person": actor.person}
    await tasks.enqueue(session, TASK_KIND, {"identification_id": str(run.id), "version": run.version, **who})
    return run


async def freeze(session: AsyncSession, run: RiskIdentification, actor: Actor, summary: Mapping[str, Any]) -> None:
    """Make the run visible, for good."""
    before = _state(run)
    run.status, run.frozen_at = "frozen", _now()
    for name, value in summary.items():
        setattr(run, name, value)
    await save(session, actor, run, "frozen", before)


async def fail(session: AsyncSession, run: RiskIdentification, actor: Actor, error: str) -> None:
    """End the run without a result; asking for the year once more begins anew."""
    before = _state(run)
    run.status, run.error = "failed", error
    await save(session, actor, run, "failed", before)


async def give_up_identification(session: AsyncSession, payload: Mapping[str, Any]) -> None:
    """End the run of a dead task."""
    run = await repository.lock_identification(session, UUID(payload["identification_id"]))
    if is_wanted(run, payload):
        await fail(session, run, actor_of(payload), GIVEN_UP)


def is_wanted(run: RiskIdentification, payload: Mapping[str, Any]) -> bool:
    """Whether the run still waits for this task: one that is replayed may come after another request."""
    return run.status == "computing" and run.version == payload["version"]


def actor_of(payload: Mapping[str, Any]) -> Actor:
    """Who asked for a task's run."""
    return Actor(payload["sub"], payload["client_id"], payload["person"])


async def save(
    session: AsyncSession, actor: Actor, run: RiskIdentification, happened: str, before: Mapping[str, Any]
) -> None:
    """Write the run down with its event."""
    run.version += 1
    await session.flush()
    change = Change(f"risk_identification.{happened}", run.id, run.version, _state(run), before)
    await journal.record(session, actor, [change])


def _day_of(year: int, as_of: date | None, today: date) -> date:
    if date(year, 1, 1) > today:
        raise Invalid(f"The year {year} has not begun.", fields=[FieldError("#/year", "has not begun")])
    day = min(date(year, 12, 31), today) if as_of is None else as_of
    fault = "lies in the future" if day > today else f"is no day of {year}" if day.year != year else None
    if fault is not None:
        raise Invalid(f"Risks cannot be identified as of {day}.", fields=[FieldError("#/as_of", fault)])
    return day


def _state(run: RiskIdentification) -> dict[str, Any]:
    """A run as the feed tells it."""
    left_out = {reason: each["suppliers"] for reason, each in run.left_out.items()} if run.status == "frozen" else {}
    result = {"left_out": left_out, "risk_tiers": run.tiers}
    return {"as_of": run.as_of.isoformat(), **{name: getattr(run, name) for name in TOLD}, **result}


def _now() -> datetime:
    return datetime.now(UTC)
