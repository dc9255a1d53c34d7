"""Reading and locking the actions of reviews."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, not_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from services.scoring.models.reviews import Action
from shared.errors import NotFound


def actions_matching(
    equal: Mapping[InstrumentedAttribute[Any], Any],
    *,
    today: date,
    owner: str | None = None,
    overdue: bool | None = None,
    due_by: date | None = None,
) -> Select[*tuple[Any, ...]]:
    """Actions whose columns have these values, as far as they are not None; an empty `owner` is nobody."""
    query = select(Action, Action.id)
    for column, value in equal.items():
        if value is not None:
            query = query.where(column == value)
    if owner is not None:
        query = query.where(Action.owner == owner if owner else Action.owner.is_(None))
    if overdue is not None:
        late = and_(Action.state == "open", Action.due_on < today)
        query = query.where(late if overdue else not_(late))
    if due_by is not None:
        query = query.where(Action.due_on <= due_by)
    return query


async def get_action(session: AsyncSession, action_id: UUID) -> Action:
    """The action with that id, or NotFound."""
    found = await session.get(Action, action_id)
    if found is None:
        raise NotFound("No such action.")
    return found


async def lock_action(session: AsyncSession, action_id: UUID) -> Action:
    """The action with that id, held until the transaction ends, or NotFound."""
    found = await session.get(Action, action_id, with_for_update=True)
    if found is None:
        raise NotFound("No such action.")
    return found


async def lock_actions_of_quarter(session: AsyncSession, quarter: str) -> Sequence[Action]:
    """The actions of a quarter that are not cancelled, held until the transaction ends."""
    query = select(Action).where(Action.quarter == quarter, Action.state != "cancelled").order_by(Action.id)
    return (await session.scalars(query.with_for_update())).all()
