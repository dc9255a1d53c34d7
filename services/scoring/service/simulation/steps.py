"""One step of a simulation: a chunk is looked at in a snapshot, then counted in a transaction with its progress."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.qbr import warnings_of
from services.scoring.domain.quarter import Quarter
from services.scoring.domain.simulation import ShareTally, SupplierTally
from services.scoring.repository import allocation_grounds
from services.scoring.repository import simulations as repository
from services.scoring.service.simulation.chunks import Judged, judge, share_out
from services.scoring.service.simulation.plans import Plan, Trial
from shared.db import Database
from shared.tasks import Lease

AT_ONCE = 2000
"""Suppliers, or lines of commodities."""

SUPPLIERS, COMMODITIES = "suppliers", "commodities"
BEGINNING: Mapping[str, Any] = {"day": 0, "stage": SUPPLIERS, "after": None, "suppliers": {}, "shares": {}}


@dataclass(frozen=True, slots=True)
class Step:
    """What came of a chunk: the progress after it, the suppliers it had, and whose tier or grade changes."""

    progress: Mapping[str, Any]
    suppliers: int = 0
    changes: Sequence[Mapping[str, Any]] = ()
    result: Sequence[dict[str, Any]] = ()


async def take_step(database: Database, lease: Lease, simulation_id: UUID, plan: Plan, at_once: int) -> bool:
    """Look at the next chunk and count it in; whether there is more to do."""
    total: int | None = None
    async with database.snapshot() as session:
        simulation = await repository.get_simulation(session, simulation_id)
        progress = simulation.progress or BEGINNING
        if progress["day"] >= len(plan.trials):
            return False
        if simulation.total is None:
            total = await repository.count_scored(session) * len(plan.trials)
        step = await _look(session, plan, progress, at_once)
    async with database.transaction() as session:
        await lease.extend(session, has_advanced=True)
        simulation = await repository.lock_simulation(session, simulation_id)
        simulation.status, simulation.progress = "running", dict(step.progress)
        simulation.total = simulation.total if total is None else total
        simulation.done += step.suppliers
        simulation.result = [*simulation.result, *step.result]
        if step.changes:
            rows = [{"simulation_id": simulation_id, **change} for change in step.changes]
            await session.execute(insert(repository.CHANGE), rows)
    return True


async def _look(session: AsyncSession, plan: Plan, progress: Mapping[str, Any], at_once: int) -> Step:
    trial = plan.trials[progress["day"]]
    if progress["stage"] == SUPPLIERS:
        return await _look_at_suppliers(session, plan, trial, progress, at_once)
    return await _look_at_commodities(session, plan, trial, progress, at_once)


async def _look_at_suppliers(
    session: AsyncSession, plan: Plan, trial: Trial, progress: Mapping[str, Any], limit: int
) -> Step:
    after = None if progress["after"] is None else UUID(progress["after"])
    ids = await repository.list_scored_after(session, after, limit)
    if not ids:
        if trial.quarter is None:
            return _end_day(plan, trial, progress)
        return Step({**progress, "stage": COMMODITIES, "after": ""})
    judged = await judge(session, plan, trial, ids)
    changes: list[Mapping[str, Any]] = []
    states = {}
    for version in plan.tried:
        tally = SupplierTally(progress["suppliers"].get(str(version)))
        changes += _count(tally, trial, version, judged[trial.baseline], judged[version])
        states[str(version)] = tally.state
    return Step({**progress, "after": str(ids[-1]), "suppliers": states}, len(ids), changes)


def _count(
    tally: SupplierTally, trial: Trial, version: int, before: Judged, after: Judged
) -> Sequence[Mapping[str, Any]]:
    """Count suppliers in; returns those whose tier or grade would be another."""
    changes = []
    for supplier_id, standing in before.standings.items():
        one, other = before.outcome(supplier_id), after.outcome(supplier_id)
        tally.add(one, other)
        if (one.risk_tier, one.grade) != (other.risk_tier, other.grade):
            changes.append(
                {
                    "day": trial.name,
                    "policy_version": version,
                    "supplier_id": supplier_id,
                    "supplier_code": standing.supplier_code,
                    "score_before": one.score,
                    "score_after": other.score,
                    "tier_before": one.risk_tier,
                    "tier_after": other.risk_tier,
                    "grade_before": one.grade,
                    "grade_after": other.grade,
                }
            )
    return changes


async def _look_at_commodities(
    session: AsyncSession, plan: Plan, trial: Trial, progress: Mapping[str, Any], lines: int
) -> Step:
    quarter = Quarter.parse(str(trial.quarter))
    commodities = await allocation_grounds.list_next_sourced(
        session, str(quarter), progress["after"], lines_at_once=lines
    )
    if not commodities:
        return _end_day(plan, trial, progress)
    shares = await share_out(session, plan, trial, quarter, commodities)
    states = {}
    for version in plan.tried:
        tally = ShareTally(progress["shares"].get(str(version)))
        for commodity in commodities:
            tally.add(commodity, shares[trial.baseline].get(commodity), shares[version].get(commodity))
        states[str(version)] = tally.state
    return Step({**progress, "after": commodities[-1], "shares": states})


def _end_day(plan: Plan, trial: Trial, progress: Mapping[str, Any]) -> Step:
    """The day's results; the next one begins with nothing counted."""
    results = []
    for version in plan.tried:
        tally = SupplierTally(progress["suppliers"].get(str(version)))
        shares = progress["shares"].get(str(version))
        results.append(
            {
                "day": trial.name,
                "as_of": trial.day.isoformat(),
                "policy_version": version,
                "baseline_version": trial.baseline,
                "quarter": trial.quarter,
                "tiers": tally.tiers(),
                "grades": None if trial.quarter is None else tally.grades(),
                "warnings": warnings_of(*tally.totals("after"), plan.rules[version].qbr),
                "allocations": None if shares is None else ShareTally(shares).result(),
            }
        )
    return Step({**BEGINNING, "day": progress["day"] + 1}, result=results)
