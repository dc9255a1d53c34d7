"""Trying policies out on the whole population: asked for by people, done by a worker chunk by chunk."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.policy.document import from_dict
from services.scoring.domain.quarter import Quarter
from services.scoring.models.simulations import Simulation
from services.scoring.repository import policies as policies_repository
from services.scoring.repository import simulations as repository
from services.scoring.service.policy.calendar import Calendar, read_calendar
from services.scoring.service.simulation import steps
from services.scoring.service.simulation.plans import Plan, Trial
from shared import journal, tasks
from shared.auth.principal import Actor
from shared.errors import BellwetherError, FieldError, Invalid
from shared.ids import new_id
from shared.journal import Change
from shared.tasks import GIVEN_UP, Handler, Later, Lease
from shared.web.resources import Resources

TASK_KIND = "simulation"
TURN_SECONDS = 15.0
"""For how long a simulation works before other tasks have their turn."""


async def request_simulation(
    session: AsyncSession,
    actor: Actor,
    versions: Sequence[int],
    baseline: int | None,
    days: Sequence[Quarter | date],
    today: date,
) -> Simulation:
    """Have a worker try these policies on some days; NotFound where there is no first one.

    Held against `baseline`, else against the policy in force on each day.
    """
    await policies_repository.get_policy(session, versions[0])
    trials = await _trials(session, baseline, days, today)
    tried = list(dict.fromkeys(versions))
    held = await policies_repository.list_policies(session, [*tried, *(trial.baseline for trial in trials)])
    _check_known(versions, baseline, held.keys())
    rules = {version: replace(from_dict(policy.document), version=version) for version, policy in held.items()}
    simulation = Simulation(
        id=new_id(), version=0, policies=tried, baseline=baseline, days=[trial.name for trial in trials],
        status="queued", done=0, result=[], created_by=actor.sub,
    )  # fmt: skip
    session.add(simulation)
    await _save(session, actor, simulation, "requested", {})
    who = {"sub": actor.sub, "client_id": actor.client_id, "person": actor.person}
    plan = Plan(tried, trials, rules).written()
    await tasks.enqueue(session, TASK_KIND, {"simulation_id": str(simulation.id), **plan, **who})
    await session.refresh(simulation)
    return simulation


def task_handlers(
    resources: Resources, *, at_once: int = steps.AT_ONCE, turn_seconds: float = TURN_SECONDS
) -> dict[str, Handler]:
    """What to do for each kind of task of simulations."""

    async def simulate(lease: Lease) -> None:
        await run_simulation(resources, lease, at_once, turn_seconds)

    return {TASK_KIND: simulate}


async def run_simulation(resources: Resources, lease: Lease, at_once: int, turn_seconds: float) -> None:
    """Go on with the task's simulation, a chunk a transaction, until it is done or others should have their turn."""
    simulation_id = UUID(lease.payload["simulation_id"])
    plan = Plan.read(lease.payload)
    ends = time.monotonic() + turn_seconds
    failure: str | None = None
    try:
        while await steps.take_step(resources.database, lease, simulation_id, plan, at_once):
            if time.monotonic() >= ends:
                raise Later(0, has_advanced=True)
    except BellwetherError as error:
        failure = error.detail
    async with resources.database.transaction() as session:
        await lease.complete(session)
        await _finish(session, simulation_id, lease.payload, failure)
    resources.ring(changed=True, work=False)


async def give_up_simulation(session: AsyncSession, payload: Mapping[str, Any]) -> None:
    """End the simulation of a dead task; asking for it once more begins anew."""
    await _finish(session, UUID(payload["simulation_id"]), payload, GIVEN_UP)


async def _trials(
    session: AsyncSession, baseline: int | None, days: Sequence[Quarter | date], today: date
) -> list[Trial]:
    calendar = await read_calendar(session)
    trials = []
    for n, each in enumerate(days):
        if isinstance(each, Quarter):
            if each.last_day >= today:
                detail = f"{each} ends on {each.last_day}; it can be tried from the day after"
                raise Invalid(f"{detail}.", fields=[FieldError(f"#/quarters/{n}", detail)])
            trials.append(Trial(str(each), each.last_day, str(each), _version_on(calendar, each.last_day, baseline)))
        else:
            if each > today:
                raise Invalid("Nothing is known of a day to come.", fields=[FieldError("#/day", "lies in the future")])
            quarter = await repository.find_latest_quarter(session, str(Quarter.holding(each)))
            trials.append(Trial(str(each), each, quarter, _version_on(calendar, each, baseline)))
    return trials


def _version_on(calendar: Calendar, day: date, baseline: int | None) -> int:
    return calendar.on(day).version if baseline is None else baseline


def _check_known(versions: Sequence[int], baseline: int | None, known: Any) -> None:
    named = [(f"#/policies/{n}", version) for n, version in enumerate(versions[1:])]
    named += [] if baseline is None else [("#/baseline", baseline)]
    unknown = [(pointer, version) for pointer, version in named if version not in known]
    if unknown:
        raise Invalid(
            f"There is no policy {', '.join(str(version) for _, version in unknown)}.",
            fields=[FieldError(pointer, "no such policy") for pointer, _ in unknown],
        )


async def _finish(session: AsyncSession, simulation_id: UUID, payload: Mapping[str, Any], failure: str | None) -> None:
    simulation = await repository.lock_simulation(session, simulation_id)
    before = _state(simulation)
    simulation.finished_at, simulation.error, simulation.progress = datetime.now(UTC), failure, None
    simulation.status = "succeeded" if failure is None else "failed"
    actor = Actor(payload["sub"], payload["client_id"], payload["person"])
    await _save(session, actor, simulation, simulation.status, before)


def _state(simulation: Simulation) -> dict[str, Any]:
    return {name: getattr(simulation, name) for name in ("policies", "baseline", "days", "status", "error", "total")}


async def _save(
    session: AsyncSession, actor: Actor, simulation: Simulation, happened: str, before: Mapping[str, Any]
) -> None:
    simulation.version += 1
    await session.flush()
    change = Change(f"simulation.{happened}", simulation.id, simulation.version, _state(simulation), before)
    await journal.record(session, actor, [change])
