"""`/v1/actions`."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import select

from services.scoring.models.reviews import Action
from services.scoring.repository import reviews as repository
from services.scoring.schemas.performance import QuarterName
from services.scoring.schemas.reviews import ActionPatch, ActionState, ActionView
from services.scoring.service import actions
from shared.auth.principal import Principal
from shared.web.caller import scoped
from shared.web.etags import IfMatch, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/actions", "actions")

Reader = Annotated[Principal, scoped("scoring:read")]
Writer = Annotated[Principal, scoped("scoring:write")]


@router.get("")
async def list_actions(
    session: Reading,
    caller: Reader,
    pages: Pages,
    quarter: Annotated[QuarterName | None, Query(description="Of this quarter's review")] = None,
    state: Annotated[ActionState | None, Query()] = None,
    supplier_id: Annotated[UUID | None, Query()] = None,
    due_by: Annotated[date | None, Query(description="Due on this day or before")] = None,
) -> Page[ActionView]:
    """List the actions of published reviews, oldest first."""
    caller.refuse_bound("action")
    query = select(Action, Action.id)
    for column, value in ((Action.quarter, quarter), (Action.state, state), (Action.supplier_id, supplier_id)):
        if value is not None:
            query = query.where(column == value)
    if due_by is not None:
        query = query.where(Action.due_on <= due_by)
    rows, following = await pages.read(session, query, Action.id)
    return Page(items=[ActionView.model_validate(row.Action) for row in rows], next_cursor=following)


@router.get("/{action_id}")
async def get_action(action_id: UUID, session: Reading, caller: Reader, response: Response) -> ActionView:
    """Read one action."""
    caller.refuse_bound("action")
    action = await repository.get_action(session, action_id)
    set_etag(response, action.version)
    return ActionView.model_validate(action)


@router.patch("/{action_id}")
async def change_action(
    action_id: UUID, body: ActionPatch, expected: IfMatch, session: Transaction, caller: Writer, response: Response
) -> ActionView:
    """Give an action to a person, note something, or set it done or cancelled, which is final."""
    action = await actions.change_action(session, caller.actor, action_id, expected, body)
    set_etag(response, action.version)
    return ActionView.model_validate(action)
