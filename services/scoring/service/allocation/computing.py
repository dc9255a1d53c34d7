"""Computing what share of each commodity every supplier should get, from sourcing and a published review."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain import allocation as domain
from services.scoring.domain.policy import Policy
from services.scoring.domain.quarter import Quarter
from services.scoring.models.reviews import Qbr
from services.scoring.repository import allocation_grounds as repository
from services.scoring.repository import reviews as reviews_repository
from services.scoring.repository.reviews import KnownSupplier
from services.scoring.service.allocation import limits as allocation_limits
from services.scoring.service.allocation.proposals import Proposal, commodity_values, line_values
from services.scoring.service.policy.calendar import read_calendar
from services.scoring.service.review.computing import ReadStandings
from shared.errors import Conflict, Invalid

BLOCKED_STATUSES = ("suspended", "inactive")


@dataclass(frozen=True, slots=True)
class Rating:
    """What is known of a supplier: its published result, or for want of one its standing alone."""

    risk_tier: str
    basis: str
    priority_missed: bool
    total: float | None = None
    grade: str = "not_rated"


@dataclass(frozen=True, slots=True)
class Grounds:
    """What allocations rest on beside sourcing: a policy's rules, and what is known of the suppliers concerned."""

    policy: Policy
    known: Mapping[str, KnownSupplier]
    ratings: Mapping[UUID, Rating]

    def rating(self, supplier_code: str) -> Rating | None:
        """What is known of whoever stands behind a code; None where the registry does not know it."""
        supplier = self.known.get(supplier_code)
        return None if supplier is None else self.ratings.get(supplier.id)


@dataclass(frozen=True, slots=True)
class Sourced:
    """A commodity with its lines, by supplier code, and its limits of concentration."""

    commodity: str
    lines: Sequence[domain.SourcingLine]
    least_sources: int | None


async def read_grounds(
    session: AsyncSession, quarter: Quarter, supplier_codes: Collection[str], read_standings: ReadStandings
) -> tuple[Qbr, Grounds]:
    """The published review, and what the allocations of these suppliers' commodities rest on, from one snapshot.

    Conflict where there is no published review.
    """
    review = await reviews_repository.find_revision(session, str(quarter), published=True)
    if review is None:
        raise Conflict(f"The review of {quarter} is not published.", code="qbr-not-published")
    known = await reviews_repository.find_known_suppliers(session, supplier_codes)
    ids = {each.id for each in known.values()}
    ratings = {
        card.supplier_id: Rating(card.risk_tier, card.basis, card.priority_missed, card.total, card.grade)
        for card in await repository.list_ratings(session, review.id, ids)
    }
    unrated = sorted(ids - ratings.keys())
    for key, each in (await read_standings(session, quarter.last_day, unrated)).items() if unrated else ():
        ratings[key] = Rating(each.risk_tier, each.basis, each.priority_missed)
    calendar = await read_calendar(session)
    policy = calendar.on(quarter.last_day) if review.policy_version is None else calendar.version(review.policy_version)
    return review, Grounds(policy, known, ratings)


async def read_sourced(
    session: AsyncSession, quarter: Quarter, commodities: Collection[str], grounds: Grounds
) -> list[Sourced]:
    """These commodities as they are sourced in the quarter; those without lines are left out."""
    limits = await repository.find_limits(session, commodities)
    lines: dict[str, list[domain.SourcingLine]] = {}
    for row in await repository.list_lines(session, str(quarter), commodities):
        of_commodity = lines.setdefault(row.commodity, [])
        of_commodity.append(_line(row, limits.get(row.commodity), grounds))
    return [
        Sourced(commodity, given, limits[commodity].least_sources if commodity in limits else None)
        for commodity, given in lines.items()
    ]


def recommend(sourced: Sequence[Sourced], grounds: Grounds) -> tuple[list[Proposal], list[dict[str, Any]]]:
    """A proposal for each commodity, in one batch; commodities whose lines are wrong come as errors instead."""
    errors: list[dict[str, Any]] = []
    left = list(sourced)
    while left:
        lines = numbered_lines(left)
        try:
            results = domain.allocate(domain.AllocationLines.of(lines), grounds.policy.allocation)
        except Invalid as wrong:
            found = [_complaint(left, lines, each.pointer, each.detail) for each in wrong.fields]
            refused = {each["commodity"] for each in found}
            if not refused:
                raise
            errors += found
            left = [each for each in left if each.commodity not in refused]
            continue
        return _proposals(left, lines, results, grounds), errors
    return [], errors


def numbered_lines(sourced: Sequence[Sourced]) -> list[domain.SourcingLine]:
    """The lines of all commodities, each with its commodity's place."""
    return [replace(line, commodity=n) for n, each in enumerate(sourced) for line in each.lines]


def _line(row: Any, limits: Any | None, grounds: Grounds) -> domain.SourcingLine:
    rating = grounds.rating(row.supplier_code) or Rating("low", "assumed", priority_missed=False)
    supplier = grounds.known.get(row.supplier_code)
    return domain.SourcingLine(
        commodity=0,
        supplier_code=row.supplier_code,
        baseline_share=row.baseline_share,
        qbr_total=rating.total,
        grade=rating.grade,
        risk_tier=rating.risk_tier,
        basis=rating.basis,
        priority_missed=rating.priority_missed,
        capacity_share=row.capacity_share,
        max_share=row.max_share,
        min_share=row.min_share,
        blocked=row.blocked or (supplier is not None and supplier.status in BLOCKED_STATUSES),
        largest_share=None if limits is None else limits.largest_share,
    )


def _complaint(
    sourced: Sequence[Sourced], lines: Sequence[domain.SourcingLine], pointer: str, detail: str
) -> dict[str, Any]:
    _, _, place, column = pointer.split("/")
    line = lines[int(place)]
    of_whole = column == "baseline_share" and "sum to" in detail
    return {
        "commodity": sourced[line.commodity].commodity,
        "supplier_code": None if of_whole else line.supplier_code,
        "column": column,
        "detail": detail,
    }


def _proposals(
    sourced: Sequence[Sourced],
    lines: Sequence[domain.SourcingLine],
    results: domain.AllocationResults,
    grounds: Grounds,
) -> list[Proposal]:
    limits = allocation_limits.describe(results, lines, [each.least_sources for each in sourced])
    proposals = [
        Proposal(commodity_values(each.commodity, results.of_commodity(n), limits[n]), [])
        for n, each in enumerate(sourced)
    ]
    for place, line in enumerate(lines):
        supplier = grounds.known.get(line.supplier_code)
        is_known = grounds.rating(line.supplier_code) is not None
        values = line_values(line, results.line(place), None if supplier is None else supplier.id, is_known=is_known)
        proposals[line.commodity].lines.append(values)
    return proposals
