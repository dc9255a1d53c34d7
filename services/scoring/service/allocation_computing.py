"""Computing what share of each commodity every supplier should get, from sourcing and a published review."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain import allocation as domain
from services.scoring.domain.policy import Policy
from services.scoring.domain.quarter import Quarter
from services.scoring.models.allocations import Allocation, AllocationLine
from services.scoring.models.sourcing import Sourcing
from services.scoring.repository import reviews as reviews_repository
from services.scoring.repository import sourcing as sourcing_repository
from services.scoring.repository.reviews import KnownSupplier
from services.scoring.service.policies import read_calendar
from services.scoring.service.review_computing import ReadStandings
from shared.errors import Conflict, Invalid
from shared.ids import new_id

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
class Proposals:
    """A computed run; the allocations lack what only the run knows."""

    total: int
    allocations: list[Allocation]
    errors: list[dict[str, Any]] = field(default_factory=list)
    unknown_suppliers: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a run rests on, from one snapshot."""

    revision: int
    sourcings: Sequence[Sourcing]
    known: Mapping[str, KnownSupplier]
    ratings: Mapping[UUID, Rating]
    policy: Policy


async def read_grounds(session: AsyncSession, quarter: Quarter, read_standings: ReadStandings) -> Grounds:
    """What the proposals for all commodities of the quarter's sourcing rest on, as the session's snapshot has it.

    Conflict where there is no published review, or no sourcing.
    """
    review = await reviews_repository.find_revision(session, str(quarter), published=True)
    if review is None:
        raise Conflict(f"The review of {quarter} is not published.", code="qbr-not-published")
    sourcings = await sourcing_repository.list_of_quarter(session, str(quarter))
    if not sourcings:
        raise Conflict(f"There is no sourcing in {quarter}.", code="no-sourcing")
    codes = {line.supplier_code for sourcing in sourcings for line in sourcing.lines}
    known = await reviews_repository.find_known_suppliers(session, codes)
    ratings = {
        card.supplier_id: Rating(card.risk_tier, card.basis, card.priority_missed, card.total, card.grade)
        for card in await reviews_repository.list_scorecards(session, review.id)
    }
    unrated = sorted({each.id for each in known.values()} - ratings.keys())
    for key, each in (await read_standings(session, quarter.last_day, unrated)).items() if unrated else ():
        ratings[key] = Rating(each.risk_tier, each.basis, each.priority_missed)
    calendar = await read_calendar(session)
    policy = calendar.on(quarter.last_day) if review.policy_version is None else calendar.version(review.policy_version)
    return Grounds(review.revision, sourcings, known, ratings, policy)


def compute_proposals(grounds: Grounds) -> Proposals:
    """Proposals for all commodities."""
    allocations, errors = recommend(grounds.sourcings, grounds.known, grounds.ratings, grounds.policy.allocation)
    for allocation in allocations:
        allocation.qbr_revision, allocation.policy_version = grounds.revision, grounds.policy.version
    codes = {line.supplier_code for sourcing in grounds.sourcings for line in sourcing.lines}
    return Proposals(len(grounds.sourcings), allocations, errors, sorted(codes - grounds.known.keys()))


def recommend(
    sourcings: Sequence[Sourcing],
    known: Mapping[str, KnownSupplier],
    ratings: Mapping[UUID, Rating],
    constants: domain.AllocationConstants,
) -> tuple[list[Allocation], list[dict[str, Any]]]:
    """An allocation for each commodity, in one batch; commodities whose lines are wrong come as errors instead."""
    errors: list[dict[str, Any]] = []
    left = [sourcing for sourcing in sourcings if sourcing.lines]
    while left:
        lines = [
            _line(n, sourcing, place, known, ratings)
            for n, sourcing in enumerate(left)
            for place in range(len(sourcing.lines))
        ]
        try:
            results = domain.allocate(domain.AllocationLines.of(lines), constants)
        except Invalid as wrong:
            found = [_complaint(left, lines, each.pointer, each.detail) for each in wrong.fields]
            refused = {each["commodity"] for each in found}
            if not refused:
                raise
            errors += found
            left = [sourcing for sourcing in left if sourcing.commodity not in refused]
            continue
        return _allocations(left, lines, results, known, ratings), errors
    return [], errors


def _rating(code: str, known: Mapping[str, KnownSupplier], ratings: Mapping[UUID, Rating]) -> Rating | None:
    supplier = known.get(code)
    return None if supplier is None else ratings.get(supplier.id)


def _line(
    commodity: int,
    sourcing: Sourcing,
    place: int,
    known: Mapping[str, KnownSupplier],
    ratings: Mapping[UUID, Rating],
) -> domain.SourcingLine:
    line = sourcing.lines[place]
    rating = _rating(line.supplier_code, known, ratings) or Rating("low", "assumed", priority_missed=False)
    supplier = known.get(line.supplier_code)
    return domain.SourcingLine(
        commodity=commodity,
        supplier_code=line.supplier_code,
        baseline_share=line.baseline_share,
        qbr_total=rating.total,
        grade=rating.grade,
        risk_tier=rating.risk_tier,
        basis=rating.basis,
        priority_missed=rating.priority_missed,
        capacity_share=line.capacity_share,
        max_share=line.max_share,
        min_share=line.min_share,
        blocked=line.blocked or (supplier is not None and supplier.status in BLOCKED_STATUSES),
    )


def _complaint(
    sourcings: Sequence[Sourcing], lines: Sequence[domain.SourcingLine], pointer: str, detail: str
) -> dict[str, Any]:
    _, _, place, column = pointer.split("/")
    line = lines[int(place)]
    of_whole = column == "baseline_share" and "sum to" in detail
    return {
        "commodity": sourcings[line.commodity].commodity,
        "supplier_code": None if of_whole else line.supplier_code,
        "column": column,
        "detail": detail,
    }


def _allocations(
    sourcings: Sequence[Sourcing],
    lines: Sequence[domain.SourcingLine],
    results: domain.AllocationResults,
    known: Mapping[str, KnownSupplier],
    ratings: Mapping[UUID, Rating],
) -> list[Allocation]:
    allocations = []
    for n, sourcing in enumerate(sourcings):
        advice = results.of_commodity(n)
        allocations.append(
            Allocation(
                id=new_id(),
                version=0,
                realised_version=0,
                commodity=sourcing.commodity,
                status="proposed",
                infeasible=advice.infeasible,
                relaxed=[str(group) for group in advice.relaxed],
                unallocated_share=advice.unallocated_share,
                overcommitted_share=advice.overcommitted_share,
                lambda_=advice.lambda_,
                average_score=advice.average_score,
                lines=[],
            )
        )
    for place, line in enumerate(lines):
        rating = _rating(line.supplier_code, known, ratings)
        supplier = known.get(line.supplier_code)
        advised = _advised_line(line, results.line(place), rating, None if supplier is None else supplier.id)
        allocations[line.commodity].lines.append(advised)
    return allocations


def _advised_line(
    line: domain.SourcingLine, advice: domain.LineAdvice, rating: Rating | None, supplier_id: UUID | None
) -> AllocationLine:
    effects: dict[str, Decimal] = {}
    if advice.effects is not None:
        effects = {name: getattr(advice.effects, name) for name in advice.effects.__slots__}
    return AllocationLine(
        supplier_code=line.supplier_code,
        supplier_id=supplier_id,
        baseline_share=advice.baseline_share,
        recommended_share=advice.recommended_share,
        overridden_share=None,
        realised_share=None,
        qbr_total=line.qbr_total,
        grade=line.grade,
        multiplier=advice.multiplier,
        risk_tier=None if rating is None else rating.risk_tier,
        basis=None if rating is None else rating.basis,
        capacity_share=line.capacity_share,
        max_share=line.max_share,
        min_share=line.min_share,
        blocked=line.blocked,
        bound=advice.bound.name.lower(),
        effects={name: f"{effect:f}" for name, effect in effects.items()} or None,
        reasons=[str(reason) for reason in advice.reasons],
    )
