"""Looking at some suppliers, or some commodities, as they would be under several policies; stores nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.policy import Policy
from services.scoring.domain.quarter import Quarter
from services.scoring.domain.simulation import Outcome
from services.scoring.domain.simulation.shares import Shares
from services.scoring.models.performance import Performance
from services.scoring.repository import allocation_grounds
from services.scoring.repository import reviews as reviews_repository
from services.scoring.repository import simulations as repository
from services.scoring.service.allocation.computing import Grounds, Rating, read_sourced, recommend
from services.scoring.service.policy.calendar import Calendar
from services.scoring.service.review.computing import REVIEWED_STATUSES, grade_suppliers, performance_by_supplier
from services.scoring.service.simulation.plans import Plan, Trial
from services.scoring.service.standing import Standing, read_standings


@dataclass(frozen=True, slots=True)
class Reported:
    """Who is reviewed in a quarter, and what was reported of them."""

    reviewed: frozenset[UUID] = frozenset()
    performance: Mapping[UUID, Performance] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """Suppliers under one policy: everybody's standing, and the scorecards of those that are reviewed."""

    standings: Mapping[UUID, Standing]
    cards: Mapping[UUID, Mapping[str, Any]]

    def outcome(self, supplier_id: UUID) -> Outcome:
        """A supplier's outcome."""
        standing, card = self.standings[supplier_id], self.cards.get(supplier_id, {})
        return Outcome(standing.score, standing.risk_tier, card.get("total"), card.get("grade"))

    def ratings(self) -> dict[UUID, Rating]:
        """What the allocation of orders rests on."""
        ratings = {}
        for supplier_id, each in self.standings.items():
            card = self.cards.get(supplier_id)
            result = {} if card is None else {"total": card["total"], "grade": card["grade"]}
            ratings[supplier_id] = Rating(each.risk_tier, each.basis, each.priority_missed, **result)
        return ratings


async def judge(session: AsyncSession, plan: Plan, trial: Trial, supplier_ids: Sequence[UUID]) -> dict[int, Judged]:
    """Version -> how these suppliers stand under it; the session must be a snapshot."""
    reported = Reported() if trial.quarter is None else await _read_reported(session, trial.quarter, supplier_ids)
    return {
        version: await _judge_by(session, plan.rules[version], calendar, trial, supplier_ids, reported)
        for version, calendar in plan.calendars(trial).items()
    }


async def share_out(
    session: AsyncSession, plan: Plan, trial: Trial, quarter: Quarter, commodities: Sequence[str]
) -> dict[int, dict[str, Shares]]:
    """Version -> commodity -> shares that would be recommended; commodities whose sourcing is wrong are left out."""
    codes = {line.supplier_code for line in await allocation_grounds.list_lines(session, str(quarter), commodities)}
    known = await reviews_repository.find_known_suppliers(session, codes)
    judged = await judge(session, plan, trial, sorted({each.id for each in known.values()}))
    shares: dict[int, dict[str, Shares]] = {}
    for version, under in judged.items():
        grounds = Grounds(plan.rules[version], known, under.ratings())
        proposals, _ = recommend(await read_sourced(session, quarter, commodities, grounds), grounds)
        shares[version] = {
            each.values["commodity"]: {
                line["supplier_code"]: None if (share := line["recommended_share"]) is None else float(share)
                for line in each.lines
            }
            for each in proposals
        }
    return shares


async def _judge_by(
    session: AsyncSession,
    rules: Policy,
    calendar: Calendar,
    trial: Trial,
    supplier_ids: Sequence[UUID],
    reported: Reported,
) -> Judged:
    standings = await read_standings(session, trial.day, supplier_ids, calendar=calendar)
    reviewed = {
        key: each for key, each in standings.items() if key in reported.reviewed and each.status in REVIEWED_STATUSES
    }
    if not reviewed or trial.quarter is None:
        return Judged(standings, {})
    cards = grade_suppliers(
        Quarter.parse(trial.quarter), reviewed, reported.performance, {}, {}, rules.qbr, compared=False
    )
    return Judged(standings, {card["supplier_id"]: card for card in cards})


async def _read_reported(session: AsyncSession, quarter: str, supplier_ids: Sequence[UUID]) -> Reported:
    codes = await repository.list_codes(session, supplier_ids)
    rows = {row.supplier_code: row for row in await repository.list_performance(session, quarter, codes)}
    named = {*rows, *await repository.list_sourced(session, quarter, codes)}
    known = await reviews_repository.find_known_suppliers(session, named)
    return Reported(frozenset(each.id for each in known.values()), performance_by_supplier(rows, known))
