"""What suppliers promise in support meetings: made and withdrawn here, kept as the audit service tells it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NoReturn
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import rules
from services.engagement.domain.commitments import standing_after_news
from services.engagement.models import Commitment, Event, FindingCopy
from services.engagement.repository import meetings as repository
from services.engagement.schemas.meetings import CommitmentState, NewCommitment
from services.engagement.service.meeting import commitment_telling
from shared import journal
from shared.auth.principal import Actor
from shared.auth.tokens import SERVICE_ISSUER
from shared.errors import Conflict, FieldError, Invalid
from shared.feed.following import Event as Told
from shared.ids import new_id
from shared.journal import Change
from shared.web.etags import Expected

AUDIT = Actor(sub=SERVICE_ISSUER + "audit", client_id=SERVICE_ISSUER + "audit")
MEETING_WITHDRAWN = "The meeting was withdrawn."


def feed_state(commitment: Commitment) -> dict[str, Any]:
    """A commitment as the feed tells it: without a word of what was promised, which may name people."""
    return {
        "event_id": str(commitment.event_id),
        "finding_id": str(commitment.finding_id),
        "supplier_id": str(commitment.supplier_id),
        "due_on": commitment.due_on.isoformat(),
        "status": commitment.status,
        "kept_on": commitment.kept_on.isoformat() if commitment.kept_on else None,
        "withdrawn_on": commitment.withdrawn_on.isoformat() if commitment.withdrawn_on else None,
    }


async def make_commitment(
    session: AsyncSession, actor: Actor, meeting: Event, new: NewCommitment, now: datetime
) -> Commitment:
    """A new commitment of the meeting, which the caller holds; the audit service is told once it is committed.

    Conflict before the meeting's day or where the finding is withdrawn, Invalid where the meeting does not treat it.
    """
    made_on = rules.utc_day(meeting.starts_at)
    if made_on > rules.utc_day(now):
        raise Conflict(f"The meeting is on {made_on}; nothing was promised in it yet.", code="meeting-to-come")
    if new.due_on < made_on:
        _refuse("due_on", f"It lies before the meeting on {made_on}.", "due-before-made")
    treated = await repository.find_treated(session, meeting.id, new.finding_id)
    if treated is None:
        _refuse("finding_id", "The meeting does not treat this finding; have it treat it first.", "finding-not-treated")
    finding = await session.get(FindingCopy, new.finding_id)
    if finding is not None and finding.withdrawn_on is not None:
        raise Conflict("The finding is withdrawn; it takes no commitments.", code="finding-withdrawn")
    made = Commitment(
        id=new_id(), version=0, event_id=meeting.id, supplier_id=treated.supplier_id, status="open", kept_on=None,
        withdrawn_on=None, reason=None, told_at=None, trouble=None, pos=0, created_by=actor.sub, created_at=now,
        **new.model_dump(),
    )  # fmt: skip
    session.add(made)
    await _save(session, actor, [made], {}, "made", {})
    await commitment_telling.enqueue(session, [made.id])
    return made


async def withdraw_commitment(
    session: AsyncSession, actor: Actor, event_id: UUID, commitment_id: UUID, expected: Expected, reason: str
) -> None:
    """The commitment holds no longer, and the audit service is told; Conflict where it was kept or withdrawn before."""
    held = await repository.lock_commitment(session, event_id, commitment_id)
    expected.check(held.version)
    if held.status != "open":
        raise Conflict(f"The commitment is {held.status}.", code=f"commitment-{held.status}")
    await _withdraw(session, actor, [held], rules.utc_day(datetime.now(UTC)), reason)


async def follow_meetings(session: AsyncSession, actor: Actor, meetings: Iterable[Event], today: date) -> None:
    """Have commitments follow meetings that were moved or withdrawn, in as many statements for many as for one.

    What is still open of a withdrawn meeting is withdrawn with it; of a moved one the audit service hears the new day.
    """
    by_id = {meeting.id: meeting for meeting in meetings}
    if not by_id:
        return
    held = await repository.lock_commitments_of(session, by_id)
    ended = [one for one in held if by_id[one.event_id].withdrawn_on is not None and one.status == "open"]
    if ended:
        await _withdraw(session, actor, ended, today, MEETING_WITHDRAWN)
    moved = [one for one in held if by_id[one.event_id].withdrawn_on is None and one.status != "withdrawn"]
    if moved:
        for one in moved:
            one.told_at = one.trouble = None
            one.version += 1
        await session.flush()
        await commitment_telling.enqueue(session, [one.id for one in moved])


async def take_told(session: AsyncSession, told: Sequence[Told]) -> None:
    """Take in what audit's feed tells of commitments that were made here; only a newer position changes anything."""
    newest = {event.resource_id: event for event in told if event.resource == "finding_commitment"}
    if not newest:
        return
    changed, before = [], {}
    for held in await repository.lock_commitments(session, newest):
        event = newest[held.id]
        if event.pos <= held.pos:
            continue
        held.pos = event.pos
        state = CommitmentState.model_validate(event.data)
        standing = standing_after_news(held.withdrawn_on, state.kept_on, state.withdrawn_on)
        was = feed_state(held)
        held.status, held.kept_on, held.withdrawn_on = standing.status, standing.kept_on, standing.withdrawn_on
        if standing.status != "withdrawn":
            held.reason = None
        if feed_state(held) != was:
            changed.append(held)
            before[held.id] = was
    await _save(session, AUDIT, changed, before, None, {})


async def _withdraw(session: AsyncSession, actor: Actor, held: Sequence[Commitment], on: date, reason: str) -> None:
    before = {one.id: feed_state(one) for one in held}
    for one in held:
        one.status, one.withdrawn_on, one.reason = "withdrawn", on, reason
        one.told_at = one.trouble = None
    await _save(session, actor, held, before, "withdrawn", {one.id: {"reason": [None, reason]} for one in held})
    await commitment_telling.enqueue(session, [one.id for one in held])


async def _save(
    session: AsyncSession,
    actor: Actor,
    changed: Sequence[Commitment],
    before: Mapping[UUID, Mapping[str, Any]],
    happened: str | None,
    private: Mapping[UUID, Mapping[str, Any]],
) -> None:
    """Write changed commitments and what happened to them: where nothing is named, they are now as their status says.

    `before` and `private` go by the commitment's id.
    """
    for one in changed:
        one.version += 1
    await session.flush()
    changes = [
        Change(
            f"commitment.{happened or _arrived_at(one)}",
            one.id,
            one.version,
            feed_state(one),
            before.get(one.id, {}),
            private.get(one.id, {}),
        )
        for one in changed
    ]
    await journal.record(session, actor, changes)


def _arrived_at(commitment: Commitment) -> str:
    return "reopened" if commitment.status == "open" else commitment.status


def _refuse(field: str, detail: str, code: str) -> NoReturn:
    raise Invalid(detail, code=code, fields=[FieldError(f"#/{field}", detail)])
