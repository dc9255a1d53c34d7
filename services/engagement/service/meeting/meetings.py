"""What a support meeting treats: findings, why they arose and what helps."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import Event, FindingCopy, TreatedFinding
from services.engagement.repository import meetings as repository
from services.engagement.schemas.meetings import TreatedFindingBody
from services.engagement.service.event import events
from shared import journal
from shared.auth.principal import Actor
from shared.errors import Conflict, Invalid, NotFound, PreconditionRequired
from shared.ids import new_id
from shared.journal import Change
from shared.web.etags import Expected

ACCOUNTS = ("root_cause", "best_practice")
"""Free text, which may name people: nothing could erase them from the audit log, so that it keeps only how long."""


def feed_state(treated: TreatedFinding, *, is_treated: bool = True) -> dict[str, Any]:
    """A treated finding as the feed tells it: whether there is an account of it, never a word of it."""
    return {
        "event_id": str(treated.event_id),
        "finding_id": str(treated.finding_id),
        "supplier_id": str(treated.supplier_id),
        "has_root_cause": treated.root_cause is not None,
        "has_best_practice": treated.best_practice is not None,
        "is_treated": is_treated,
    }


async def lock_meeting(session: AsyncSession, event_id: UUID) -> Event:
    """The support meeting, held until the transaction ends; Invalid where it is another kind of event."""
    event = await events.lock_live(session, event_id)
    if event.kind != "support_meeting":
        raise Invalid(
            f"Only a support meeting treats findings; this event is a {event.kind}.", code="not-a-support-meeting"
        )
    return event


async def treat_finding(
    session: AsyncSession,
    actor: Actor,
    event_id: UUID,
    finding_id: UUID,
    expected: Expected | None,
    body: TreatedFindingBody,
) -> bool:
    """Have the meeting treat the finding, with these accounts of it; True where it did not before.

    Invalid where audit's feed has not told of the finding, Conflict where it is withdrawn, PreconditionRequired
    where it is treated already and the caller does not say (None) which version the change is based on.
    """
    await lock_meeting(session, event_id)
    held = await repository.find_treated(session, event_id, finding_id)
    if held is not None:
        if expected is None:
            raise PreconditionRequired("Send If-Match with the ETag of the version that your change is based on.")
        expected.check(held.version)
        before = feed_state(held)
        was = {name: getattr(held, name) for name in ACCOUNTS}
    else:
        if expected is not None:
            expected.check_absent()
        finding = await _get_finding(session, finding_id)
        held = TreatedFinding(
            id=new_id(), version=0, event_id=event_id, finding_id=finding_id, supplier_id=finding.supplier_id,
            root_cause=None, best_practice=None, created_by=actor.sub, created_at=datetime.now(UTC),
        )  # fmt: skip
        session.add(held)
        before, was = {}, dict.fromkeys(ACCOUNTS)
    for name in ACCOUNTS:
        setattr(held, name, getattr(body, name))
    private = {name: _lengths(was[name], getattr(held, name)) for name in ACCOUNTS if was[name] != getattr(held, name)}
    if before and not private:
        return False
    held.version += 1
    await session.flush()
    happened = "updated" if before else "created"
    change = Change(f"treated_finding.{happened}", held.id, held.version, feed_state(held), before, private)
    await journal.record(session, actor, [change])
    return not before


async def stop_treating(
    session: AsyncSession, actor: Actor, event_id: UUID, finding_id: UUID, expected: Expected
) -> None:
    """Take the finding out of the meeting; Conflict while something promised about it there holds."""
    await lock_meeting(session, event_id)
    held = await repository.find_treated(session, event_id, finding_id)
    if held is None:
        raise NotFound("The meeting does not treat this finding.")
    expected.check(held.version)
    if await repository.has_commitments(session, event_id, finding_id):
        raise Conflict(
            "The meeting has commitments about this finding; withdraw those that are open first.",
            code="has-commitments",
        )
    private = {name: _lengths(getattr(held, name), None) for name in ACCOUNTS if getattr(held, name) is not None}
    state = feed_state(held, is_treated=False)
    await session.delete(held)
    await session.flush()
    change = Change("treated_finding.removed", held.id, held.version + 1, state, feed_state(held), private)
    await journal.record(session, actor, [change])


def _lengths(before: str | None, after: str | None) -> list[int | None]:
    return [None if text is None else len(text) for text in (before, after)]


async def _get_finding(session: AsyncSession, finding_id: UUID) -> FindingCopy:
    found = await session.get(FindingCopy, finding_id)
    if found is None:
        raise Invalid(
            "No such finding is known here. One that was just recorded becomes known within seconds.",
            code="unknown-finding",
        )
    if found.withdrawn_on is not None:
        raise Conflict("The finding is withdrawn; there is nothing to treat.", code="finding-withdrawn")
    return found
