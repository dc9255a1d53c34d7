"""What published reviews ask for: opening actions, and following them up."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain import qbr as domain
from services.scoring.models.reviews import Action, Qbr, Scorecard
from services.scoring.repository import reviews as repository
from services.scoring.schemas.reviews import ActionPatch
from shared import journal
from shared.auth.principal import Actor
from shared.errors import Conflict
from shared.ids import new_id
from shared.journal import Change
from shared.web.etags import Expected

ActionChange = tuple[Action, dict[str, Any], str | None]
"""An action, its state before (an empty one for a new one), and its note before."""


async def open_actions(
    session: AsyncSession,
    actor: Actor,
    qbr: Qbr,
    scorecards: Sequence[Scorecard],
    rules: domain.QbrConstants,
    published_on: date,
) -> None:
    """Open what the revision asks for and no earlier one did; cancel what is open and no more asked for.

    `rules` are those by which it was graded.
    """
    held = {
        (each.supplier_id, each.kind): each for each in await repository.lock_actions_of_quarter(session, qbr.quarter)
    }
    wanted = {(card.supplier_id, kind): card for card in scorecards for kind in card.actions}
    changes: list[ActionChange] = []
    for key, action in held.items():
        if key not in wanted and action.state == "open":
            change = (action, _state(action), action.note)
            action.note = f"Revision {qbr.revision} of the review no longer asks for it."
            _close(action, actor, "cancelled")
            changes.append(change)
    for (supplier_id, kind), card in wanted.items():
        if (supplier_id, kind) not in held:
            changes.append((_build(qbr, card, rules.rule(domain.ActionKind(kind)), published_on), {}, None))
    await _save(session, actor, changes)


async def change_action(
    session: AsyncSession, actor: Actor, action_id: UUID, expected: Expected, patch: ActionPatch
) -> Action:
    """The action with the patch's fields; Conflict where it is already done or cancelled."""
    action = await repository.lock_action(session, action_id)
    expected.check(action.version)
    if action.state != "open":
        raise Conflict(f"The action is already {action.state}.", code="action-closed")
    change = (action, _state(action), action.note)
    fields: Mapping[str, Any] = {name: getattr(patch, name) for name in patch.model_fields_set}
    if "owner" in fields:
        action.owner = fields["owner"]
    if "note" in fields:
        action.note = fields["note"]
    if fields.get("state", "open") != "open":
        _close(action, actor, fields["state"])
    if (action, _state(action), action.note) != change:
        await _save(session, actor, [change])
    return action


def _build(qbr: Qbr, card: Scorecard, rule: domain.ActionRule, published_on: date) -> Action:
    (due,) = domain.Consequences(domain.Standing(card.consequence), (rule,)).due(published_on)
    return Action(
        id=new_id(),
        version=0,
        quarter=qbr.quarter,
        revision=qbr.revision,
        supplier_id=card.supplier_id,
        supplier_code=card.supplier_code,
        kind=str(due.kind),
        owner_role=str(due.owner_role),
        due_on=due.due_on,
        state="open",
    )


def _close(action: Action, actor: Actor, state: str) -> None:
    action.state, action.closed_by, action.closed_at = state, actor.sub, datetime.now(UTC)


def _state(action: Action) -> dict[str, Any]:
    """An action as the feed tells it; `note` may hold names, so it stays out."""
    names = ("quarter", "revision", "supplier_code", "kind", "owner_role", "owner", "state")
    dated = {"supplier_id": str(action.supplier_id), "due_on": action.due_on.isoformat()}
    return dated | {name: getattr(action, name) for name in names}


def _happened(action: Action, before: Mapping[str, Any]) -> str:
    if not before:
        return "opened"
    return "changed" if before["state"] == action.state else action.state


async def _save(session: AsyncSession, actor: Actor, changes: Sequence[ActionChange]) -> None:
    for action, _, _ in changes:
        action.version += 1
        session.add(action)
    await session.flush()
    await journal.record(
        session,
        actor,
        [
            Change(
                f"action.{_happened(action, before)}",
                action.id,
                action.version,
                _state(action),
                before,
                {} if action.note == note else {"note": [note, action.note]},
            )
            for action, before, note in changes
        ],
    )
