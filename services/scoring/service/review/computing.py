"""Computing a quarter's scorecards from performance and frozen standings."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain import qbr
from services.scoring.domain.quarter import Quarter
from services.scoring.models.performance import Performance
from services.scoring.models.reviews import Scorecard
from services.scoring.repository import performance as performance_repository
from services.scoring.repository import review_history
from services.scoring.repository import reviews as repository
from services.scoring.repository import sourcing as sourcing_repository
from services.scoring.service.policy.calendar import read_calendar
from services.scoring.service.review import trends
from services.scoring.service.standing import Standing
from shared.journal.writing import differences

REVIEWED_STATUSES = ("active", "probation")
REPORTED = ("quality", "cost", "delivery", "service")
COMPARED = (*qbr.Dimension, "total", "coverage", "grade", "previous_grade", "limits", "risk_tier", "basis")
FROZEN = tuple(each.name for each in fields(Standing) if each.name not in ("supplier_id", "supplier_code", "name"))
"""What a scorecard keeps of a standing."""
NAN = float("nan")

ReadStandings = Callable[[AsyncSession, date, Sequence[UUID]], Awaitable[Mapping[UUID, Standing]]]
"""What the suppliers' scores are on a day, as `standing.read_standings` tells."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A computed review: the columns of each scorecard (all but `qbr_id`), best first."""

    scorecards: list[dict[str, Any]]
    policy_version: int | None = None
    unknown_suppliers: list[str] = field(default_factory=list)
    dropped_suppliers: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


async def compute_draft(session: AsyncSession, quarter: Quarter, revision: int, read_standings: ReadStandings) -> Draft:
    """The review of a quarter as the session's snapshot has it; `revision` says which one it is compared with."""
    reported = {row.supplier_code: row for row in await performance_repository.list_of_quarter(session, str(quarter))}
    codes = {*reported, *await sourcing_repository.list_supplier_codes(session, str(quarter))}
    known = await repository.find_known_suppliers(session, codes)
    standings = await read_standings(session, quarter.last_day, sorted({each.id for each in known.values()}))
    reviewed = {key: each for key, each in standings.items() if each.status in REVIEWED_STATUSES}
    performance = performance_by_supplier(reported, known)
    before: dict[UUID, Scorecard] = {}
    if revision > 1:
        earlier = await repository.get_revision(session, str(quarter), revision - 1)
        before = {card.supplier_id: card for card in await repository.list_scorecards(session, earlier.id)}
    previous = await read_previous(session, quarter)
    policy = (await read_calendar(session)).on(quarter.last_day)
    cards = grade_suppliers(
        quarter,
        reviewed,
        performance,
        {key: row.grade for key, row in previous.items()},
        before,
        policy.qbr,
        compared=revision > 1,
    )
    trends.add_previous(cards, previous, policy.version)
    return Draft(
        scorecards=cards,
        policy_version=policy.version,
        unknown_suppliers=sorted(code for code in codes if code not in known or known[code].id not in standings),
        dropped_suppliers=sorted(card.supplier_code for key, card in before.items() if key not in reviewed),
        warnings=qbr.warnings_of([card["total"] for card in cards], [card["grade"] for card in cards], policy.qbr),
    )


async def read_previous(session: AsyncSession, quarter: Quarter) -> dict[UUID, Row[Any]]:
    """Supplier -> its scorecard of the quarter just before, as it is published now; empty where that is not."""
    previous = str(quarter.previous)
    return {row.supplier_id: row for row in await review_history.list_figures(session, previous, previous)}


def performance_by_supplier(
    reported: Mapping[str, Performance], known: Mapping[str, repository.KnownSupplier]
) -> dict[UUID, Performance]:
    """What was reported of each company; of several codes that stand for it, the survivor's own counts."""
    performance: dict[UUID, Performance] = {}
    for code in sorted(reported.keys() & known.keys(), key=lambda code: (known[code].merged, code)):
        performance.setdefault(known[code].id, reported[code])
    return performance


def grade_suppliers(
    quarter: Quarter,
    standings: Mapping[UUID, Standing],
    performance: Mapping[UUID, Performance],
    previous_grades: Mapping[UUID, str],
    before: Mapping[UUID, Scorecard],
    rules: qbr.QbrConstants,
    *,
    compared: bool,
) -> list[dict[str, Any]]:
    """The columns of each supplier's scorecard, ranked; `before` are those of the revision before, if `compared`."""
    people = list(standings.values())
    dimensions = [_dimensions(performance.get(each.supplier_id), each) for each in people]
    reviews = qbr.grade(
        dimensions,
        risk_tier=[each.risk_tier for each in people],
        basis=[each.basis for each in people],
        priority_missed=[each.priority_missed for each in people],
        constants=rules,
    )
    cards = []
    for each, figures, review in zip(people, dimensions, reviews, strict=True):
        previous = previous_grades.get(each.supplier_id)
        card = _card(quarter, each, figures, review, None if previous is None else qbr.Grade(previous), rules)
        card["changes"] = _changes(before.get(each.supplier_id), card) if compared else {}
        cards.append(card)
    cards.sort(key=lambda card: (card["total"] is None, -(card["total"] or 0), card["supplier_code"]))
    for rank, card in enumerate(cards, start=1):
        card["rank"] = rank
    return cards


def _dimensions(reported: Performance | None, standing: Standing) -> list[float]:
    figures = [getattr(reported, name, None) for name in REPORTED]
    return [*(NAN if figure is None else figure for figure in figures), standing.score]


def _card(
    quarter: Quarter,
    standing: Standing,
    figures: Sequence[float],
    review: qbr.Review,
    previous: qbr.Grade | None,
    rules: qbr.QbrConstants,
) -> dict[str, Any]:
    follows = qbr.consequences(review.grade, previous_grade=previous, limits=review.limits, constants=rules)
    frozen = {name: getattr(standing, name) for name in FROZEN}
    present = {
        str(name): None if figure != figure else figure  # noqa: PLR0124  # only NaN differs from itself
        for name, figure in zip(qbr.Dimension, figures, strict=True)
    }
    return {
        "supplier_id": standing.supplier_id,
        "supplier_code": standing.supplier_code,
        "name": standing.name,
        **present,
        "total": review.total,
        "coverage": review.coverage,
        "grade": str(review.grade),
        "previous_grade": None if previous is None else str(previous),
        "limits": [str(limit) for limit in review.limits],
        "consequence": str(follows.standing),
        "actions": [str(rule.kind) for rule in follows.actions],
        "reasons": qbr.reasons_of(review, follows, quarters=(str(quarter.previous), str(quarter)), constants=rules),
        "risk_tier": standing.risk_tier,
        "basis": standing.basis,
        "priority_missed": standing.priority_missed,
        "standing": frozen | {"tier_reasons": list(standing.tier_reasons), "categories": dict(standing.categories)},
    }


def _changes(before: Scorecard | None, card: Mapping[str, Any]) -> dict[str, list[Any]]:
    was = {} if before is None else {str(name): getattr(before, name) for name in COMPARED}
    return differences(was, {str(name): card[name] for name in COMPARED})
