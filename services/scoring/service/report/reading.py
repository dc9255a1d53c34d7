"""Reading all that a revision's pack shows from one snapshot."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.policy import Policy
from services.scoring.domain.qbr import ActionKind, Dimension
from services.scoring.domain.quarter import Quarter
from services.scoring.domain.report import QUARTERS_SHOWN, Asked, Card, Earlier, Edition, Pack, compile_pack
from services.scoring.models.reviews import Qbr, Scorecard
from services.scoring.repository import reports, reviews
from services.scoring.service.policy.calendar import read_calendar
from shared.errors import Conflict


async def read_pack(session: AsyncSession, qbr: Qbr) -> Pack:
    """The pack of a revision that is a draft or published, in a constant number of statements.

    It holds what was known when the revision was computed, so that the same revision gives the same pack for ever.
    """
    check_computed(qbr)
    assert qbr.computed_at is not None and qbr.policy_version is not None  # noqa: S101, PT018  # it is computed
    policy = (await read_calendar(session)).version(qbr.policy_version)
    cards = [_card(row) for row in await reviews.list_scorecards(session, qbr.id)]
    earlier = await reports.list_earlier_results(
        session, since=_first_quarter(qbr.quarter), before=qbr.quarter, known_at=qbr.computed_at
    )
    return compile_pack(
        Edition(
            quarter=qbr.quarter,
            revision=qbr.revision,
            computed_at=qbr.computed_at,
            created_by=qbr.created_by,
            published_by=qbr.published_by,
            published_at=qbr.published_at,
            warnings=qbr.warnings,
            unknown_suppliers=qbr.unknown_suppliers,
            dropped_suppliers=qbr.dropped_suppliers,
        ),
        policy,
        cards,
        [
            Earlier(
                quarter=row.quarter,
                supplier_id=row.supplier_id,
                dimensions={name: getattr(row, name) for name in Dimension},
                total=row.total,
                grade=row.grade,
                risk_tier=row.risk_tier,
                categories=row.categories,
            )
            for row in earlier
        ],
        await _asked(session, qbr, cards, policy),
    )


def check_computed(qbr: Qbr) -> None:
    """Conflict where the revision has no scorecards: it is still computed, or that has failed."""
    if qbr.status not in ("draft", "published"):
        raise Conflict(f"There is no report yet: the review is {qbr.status}.", code="not-computed")


def check_fits(qbr: Qbr, most: int) -> None:
    """Conflict where the revision has more suppliers than what is asked for can hold."""
    suppliers = sum(qbr.grades.values())
    if suppliers > most:
        raise Conflict(
            f"With a page for each supplier this takes at most {most} of them; the review has {suppliers}. "
            "The workbook takes them all.",
            code="report-too-large",
        )


def _first_quarter(quarter: str) -> str:
    first = Quarter.parse(quarter)
    for _ in range(QUARTERS_SHOWN - 1):
        first = first.previous if first > Quarter(1, 1) else first
    return str(first)


async def _asked(session: AsyncSession, qbr: Qbr, cards: Sequence[Card], policy: Policy) -> list[Asked]:
    """What the cards ask for, with the days of the actions once it is published."""
    actions = {}
    if qbr.status == "published":
        found = await reports.list_asked_actions(session, qbr.quarter, qbr.revision)
        actions = {(action.supplier_id, action.kind): action for action in found}
    asked = []
    for card in cards:
        for kind in card.actions:
            rule, action = policy.qbr.rule(ActionKind(kind)), actions.get((card.supplier_id, kind))
            asked.append(
                Asked(
                    supplier_id=card.supplier_id,
                    kind=kind,
                    owner_role=str(rule.owner_role) if action is None else action.owner_role,
                    due_on=None if action is None else action.due_on,
                    due_days=rule.due_days,
                )
            )
    return asked


def _card(row: Scorecard) -> Card:
    standing = row.standing
    return Card(
        supplier_id=row.supplier_id,
        code=row.supplier_code,
        name=row.name,
        country=standing.get("country"),  # reviews of before it was kept have none
        dimensions={name: getattr(row, name) for name in Dimension},
        total=row.total,
        coverage=row.coverage,
        grade=row.grade,
        previous_grade=row.previous_grade,
        limits=row.limits,
        consequence=row.consequence,
        actions=row.actions,
        risk_tier=row.risk_tier,
        tier_reasons=[str(reason) for reason in standing["tier_reasons"]],
        basis=row.basis,
        confidence=standing["confidence"],
        base=standing["base"],
        credit=standing["credit"],
        categories=standing["categories"],
        changes=row.changes,
    )
