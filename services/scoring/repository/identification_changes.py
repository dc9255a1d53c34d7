"""What differs between two risk identifications, in one statement each."""

from typing import Any
from typing import cast as typed
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Select, Subquery, and_, case, func, literal, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.scoring.domain.identification import Change
from services.scoring.domain.tier_overrides import STRICTNESS
from services.scoring.models.identifications import IdentifiedRisk


async def count_moves(
    session: AsyncSession, before_id: UUID, after_id: UUID
) -> list[tuple[str | None, str | None, int]]:
    """Tier before, tier after, and how many suppliers: None where they are in the other run alone."""
    before, after = (
        select(IdentifiedRisk.supplier_id, IdentifiedRisk.risk_tier)
        .where(IdentifiedRisk.identification_id == identification_id)
        .subquery()
        for identification_id in (before_id, after_id)
    )
    both = before.join(after, before.c.supplier_id == after.c.supplier_id, full=True)
    query = (
        select(before.c.risk_tier, after.c.risk_tier, func.count())
        .select_from(both)
        .group_by(before.c.risk_tier, after.c.risk_tier)
    )
    return [(was, is_now, count) for was, is_now, count in await session.execute(query)]


class Changes:
    """Suppliers whose tier is another than before, who are new, or gone; of one kind of change where it is named."""

    def __init__(self, before_id: UUID, after_id: UUID, kind: Change | None) -> None:
        """Nothing is read yet."""
        parts = [] if kind == "gone" else [_moved_or_new(before_id, after_id, kind)]
        if kind in (None, "gone"):
            parts.append(_gone(before_id, after_id))
        self._rows: Subquery = (parts[0] if len(parts) == 1 else union_all(*parts)).subquery("changes")

    @property
    def query(self) -> Select[*tuple[Any, ...]]:
        """The query for them."""
        return select(self._rows)

    @property
    def keys(self) -> tuple[Column[Any], Column[Any]]:
        """The columns that order them."""
        return typed("Column[Any]", self._rows.c.supplier_code), typed("Column[Any]", self._rows.c.supplier_id)


def _moved_or_new(before_id: UUID, after_id: UUID, kind: Change | None) -> Select[*tuple[Any, ...]]:
    before, after = aliased(IdentifiedRisk), aliased(IdentifiedRisk)
    was, is_now = _strictness(before.risk_tier), _strictness(after.risk_tier)
    conditions: dict[Change, ColumnElement[bool]] = {
        "new": before.risk_tier.is_(None),
        "rose": is_now > was,
        "fell": is_now < was,
    }
    change = case(*((condition, literal(name)) for name, condition in conditions.items()))
    wanted = conditions[kind] if kind is not None else change.is_not(None)
    same_supplier = and_(before.identification_id == before_id, before.supplier_id == after.supplier_id)
    return (
        select(
            *_described(after),
            change.label("change"),
            before.risk_tier.label("risk_tier_before"),
            after.risk_tier.label("risk_tier_after"),
            before.score.label("score_before"),
            after.score.label("score_after"),
        )
        .select_from(after)
        .join(before, same_supplier, isouter=True)
        .where(after.identification_id == after_id, wanted)
    )


def _gone(before_id: UUID, after_id: UUID) -> Select[*tuple[Any, ...]]:
    before, after = aliased(IdentifiedRisk), aliased(IdentifiedRisk)
    still_there = select(after.supplier_id).where(
        after.identification_id == after_id, after.supplier_id == before.supplier_id
    )
    return select(
        *_described(before),
        literal("gone").label("change"),
        before.risk_tier.label("risk_tier_before"),
        null().label("risk_tier_after"),
        before.score.label("score_before"),
        null().label("score_after"),
    ).where(before.identification_id == before_id, ~still_there.exists())


def _described(risk: Any) -> tuple[Any, ...]:
    return risk.supplier_id, risk.supplier_code, risk.name, risk.country, risk.supply_tier


def _strictness(tier: Any) -> ColumnElement[int]:
    return case(*((tier == name, literal(strictness)) for name, strictness in STRICTNESS.items()))
