"""What a revision of a review changed, and what came after it: computed where the rows are."""

from uuid import UUID

from sqlalchemy import Select, Subquery, and_, case, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from services.scoring.models.evidence import SupplierCopy
from services.scoring.models.performance import Performance
from services.scoring.models.reviews import Scorecard

COMPARED = (
    "quality", "cost", "delivery", "service", "sustainability", "total", "coverage", "grade", "previous_grade",
    "limits", "consequence", "actions", "risk_tier", "basis", "priority_missed",
)  # fmt: skip
TOLD = ("name", *COMPARED)
REPORTED = ("quality", "cost", "delivery", "service")


def changes_between(before_id: UUID, after_id: UUID) -> Subquery:
    """Whoever is in one of two revisions alone, or stands otherwise in the second: the columns of both sides.

    `before_grade`, `after_grade` and so on are null where the supplier is not in that revision; `change` says
    `added`, `dropped` or `changed`.
    """
    before = select(Scorecard).where(Scorecard.qbr_id == before_id).subquery("before")
    after = select(Scorecard).where(Scorecard.qbr_id == after_id).subquery("after")
    differs = tuple_(*(before.c[name] for name in COMPARED)).is_distinct_from(
        tuple_(*(after.c[name] for name in COMPARED))
    )
    change = case(
        (before.c.supplier_id.is_(None), "added"), (after.c.supplier_id.is_(None), "dropped"), else_="changed"
    )
    return (
        select(
            func.coalesce(after.c.supplier_id, before.c.supplier_id).label("supplier_id"),
            func.coalesce(after.c.supplier_code, before.c.supplier_code).label("supplier_code"),
            change.label("change"),
            *(before.c[name].label(f"before_{name}") for name in TOLD),
            *(after.c[name].label(f"after_{name}") for name in TOLD),
        )
        .select_from(before.join(after, before.c.supplier_id == after.c.supplier_id, full=True))
        .where(or_(before.c.supplier_id.is_(None), after.c.supplier_id.is_(None), differs))
        .subquery("changes")
    )


def counts_of(changes: Subquery) -> Select[tuple[str, int]]:
    """How many were added, dropped and changed."""
    return select(changes.c.change, func.count().label("suppliers")).select_from(changes).group_by(changes.c.change)


def late_performance(qbr_id: UUID, quarter: str, reviewed_statuses: tuple[str, ...]) -> Subquery:
    """Performance of the quarter that a revision does not rest on, and that the next one would take in.

    Of the rows that stand for one company, the one counts that a review takes: that of its own code, else of the first
    code merged into it.
    """
    survivor = aliased(SupplierCopy)
    counting = (
        select(
            survivor.id.label("supplier_id"),
            survivor.code.label("supplier_code"),
            survivor.status,
            Performance.updated_at,
            *(getattr(Performance, name) for name in REPORTED),
        )
        .join(SupplierCopy, and_(SupplierCopy.code == Performance.supplier_code, SupplierCopy.superseded_pos.is_(None)))
        .join(survivor, and_(survivor.id == SupplierCopy.scored_as, survivor.superseded_pos.is_(None)))
        .where(Performance.quarter == quarter)
        .ext(distinct_on(survivor.id))
        .order_by(survivor.id, SupplierCopy.id != survivor.id, Performance.supplier_code)
        .subquery("counting")
    )
    card = select(Scorecard).where(Scorecard.qbr_id == qbr_id).subquery("card")
    differs = tuple_(*(counting.c[name] for name in REPORTED)).is_distinct_from(
        tuple_(*(card.c[name] for name in REPORTED))
    )
    return (
        select(
            counting.c.supplier_id,
            counting.c.supplier_code,
            counting.c.updated_at,
            *(counting.c[name].label(f"reported_{name}") for name in REPORTED),
            card.c.supplier_id.is_not(None).label("is_reviewed"),
            *(card.c[name].label(f"reviewed_{name}") for name in REPORTED),
        )
        .select_from(counting.outerjoin(card, card.c.supplier_id == counting.c.supplier_id))
        .where(
            or_(
                and_(card.c.supplier_id.is_(None), counting.c.status.in_(reviewed_statuses)),
                and_(card.c.supplier_id.is_not(None), differs),
            )
        )
        .subquery("late")
    )
