"""`/v1/actions`."""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.scoring.domain.qbr import ActionKind, OwnerRole
from services.scoring.models.reviews import Action
from services.scoring.repository import actions as repository
from services.scoring.schemas.actions import ActionPatch, ActionState, ActionView
from services.scoring.schemas.performance import Code, QuarterName
from services.scoring.service import actions
from shared.auth.principal import Principal
from shared.days import IsoDate
from shared.web.caller import scoped
from shared.web.etags import IfMatch, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/actions", "actions")

Reader = Annotated[Principal, scoped("scoring:read")]
Writer = Annotated[Principal, scoped("scoring:write")]


def view(action: Action, today: date) -> ActionView:
    """An action as the API shows it on a day."""
    own = {name: getattr(action, name, None) for name in ActionView.model_fields}
    return ActionView.model_validate(own | {"overdue": action.state == "open" and action.due_on < today})


@router.get("")
async def list_actions(
    session: Reading,
    caller: Reader,
    pages: Pages,
    quarter: Annotated[QuarterName | None, Query(description="Of this quarter's review")] = None,
    state: Annotated[ActionState | None, Query()] = None,
    supplier_id: Annotated[UUID | None, Query()] = None,
    supplier_code: Annotated[Code | None, Query()] = None,
    kind: Annotated[ActionKind | None, Query()] = None,
    owner: Annotated[str | None, Query(description="The person who sees it through; empty: nobody yet")] = None,
    owner_role: Annotated[OwnerRole | None, Query()] = None,
    overdue: Annotated[bool | None, Query(description="Open past the due date today (UTC), or not")] = None,
    due_by: Annotated[IsoDate | None, Query(description="Due on this day or before")] = None,
) -> Page[ActionView]:
    """List the actions of published reviews, oldest first."""
    caller.refuse_bound("action")
    today = datetime.now(UTC).date()
    query = repository.actions_matching(
        {
            Action.quarter: quarter,
            Action.state: state,
            Action.supplier_id: supplier_id,
            Action.supplier_code: supplier_code,
            Action.kind: kind,
            Action.owner_role: owner_role,
        },
        today=today,
        owner=owner,
        overdue=overdue,
        due_by=due_by,
    )
    rows, following = await pages.read(session, query, Action.id)
    return Page(items=[view(row.Action, today) for row in rows], next_cursor=following)


@router.get("/{action_id}")
async def get_action(action_id: UUID, session: Reading, caller: Reader, response: Response) -> ActionView:
    """Read one action."""
    caller.refuse_bound("action")
    return _show(await repository.get_action(session, action_id), response)


@router.patch("/{action_id}")
async def change_action(
    action_id: UUID, body: ActionPatch, expected: IfMatch, session: Transaction, caller: Writer, response: Response
) -> ActionView:
    """Give an action to a person, note something, move its due date, or set it done or cancelled, which is final."""
    today = datetime.now(UTC).date()
    return _show(await actions.change_action(session, caller.actor, action_id, expected, body, today), response)


def _show(action: Action, response: Response) -> ActionView:
    today = datetime.now(UTC).date()
    set_etag(response, action.version, today)  # whether it is overdue depends on the day
    return view(action, today)
