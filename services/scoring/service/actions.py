"""What published reviews ask for: opening actions, and following them up."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain import qbr as domain
from services.scoring.models.reviews import Action, Qbr, Scorecard
from services.scoring.repository import actions as repository
from services.scoring.repository import review_history
from services.scoring.schemas.actions import ActionPatch
from shared import journal
from shared.auth.principal import Actor
from shared.errors import Conflict, FieldError, Invalid
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
    """Open what the revision asks for and the one before did not; cancel what is open and no more asked for.

    What is done stays done, and what a person has cancelled stays so while nothing else is asked for. `rules` are those
    by which it was graded.
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
    asked_before = await review_history.find_asked_for(session, qbr.quarter, qbr.revision - 1)
    for key, card in wanted.items():
        if key not in held and key not in asked_before:
            rule = rules.rule(domain.ActionKind(key[1]))
            changes.append((_build(qbr, card, rule, published_on), {}, None))
    await _save(session, actor, changes)


async def change_action(
    session: AsyncSession, actor: Actor, action_id: UUID, expected: Expected, patch: ActionPatch, today: date
) -> Action:
    """The action with the patch's fields; Conflict where it is already done or cancelled."""
    fields: Mapping[str, Any] = {name: getattr(patch, name) for name in patch.model_fields_set}
    action = await repository.lock_action(session, action_id)
    expected.check(action.version)
    if action.state != "open":
        raise Conflict(f"The action is already {action.state}.", code="action-closed")
    _refuse_unexplained(action, fields, today)
    change = (action, _state(action), action.note)
    if "owner" in fields:
        action.owner = fields["owner"]
    if "note" in fields:
        action.note = fields["note"]
    if fields.get("due_on", action.due_on) != action.due_on:
        action.first_due_on = action.first_due_on or action.due_on
        action.due_on = fields["due_on"]
    if fields.get("state", "open") != "open":
        _close(action, actor, fields["state"])
    if (action, _state(action), action.note) != change:
        await _save(session, actor, [change])
    return action


def _refuse_unexplained(action: Action, fields: Mapping[str, Any], today: date) -> None:
    """Invalid where something is cancelled or put off without a word, or put off into the past."""
    moved = fields.get("due_on", action.due_on) != action.due_on
    if moved and fields["due_on"] < today:
        raise Invalid("The due date lies in the past.", fields=[FieldError("#/due_on", "must not lie in the past")])
    if (moved or fields.get("state") == "cancelled") and not fields.get("note"):
        what = "moving the due date" if moved else "cancelling"
        detail = f"{what} needs a note that says why"
        raise Invalid(f"{detail.capitalize()}.", code="note-required", fields=[FieldError("#/note", detail)])


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
        reasons=card.reasons[str(due.kind)],
        state="open",
    )


def _close(action: Action, actor: Actor, state: str) -> None:
    action.state, action.closed_by, action.closed_at = state, actor.sub, datetime.now(UTC)


def _state(action: Action) -> dict[str, Any]:
    """An action as the feed tells it; `note` may hold names, so it stays out."""
    names = ("quarter", "revision", "supplier_code", "kind", "reasons", "owner_role", "owner", "state")
    return {name: getattr(action, name) for name in names} | {
        "supplier_id": str(action.supplier_id),
        "due_on": action.due_on.isoformat(),
        "first_due_on": None if action.first_due_on is None else action.first_due_on.isoformat(),
    }


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
