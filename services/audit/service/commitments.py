"""Following up what suppliers promised about findings: taken down, kept, opened again, withdrawn by who told of it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.domain import commitments as rules
from services.audit.models import Finding, FindingCommitment
from services.audit.repository import commitments as repository
from services.audit.repository import findings as findings_repository
from services.audit.schemas.commitments import CommitmentBody, KeptBody
from services.audit.service.today import today
from shared import journal
from shared.auth.principal import Actor
from shared.errors import Conflict, Forbidden
from shared.journal import Change
from shared.web.etags import Expected

TOLD = ("what", "meeting", "made_on", "due_on")
DAYS = ("made_on", "due_on", "kept_on", "withdrawn_on")
PRIVATE = ("what", "note")
"""Free text, which may name people: nothing could erase them from the audit log, so that it keeps only how long."""


@dataclass(frozen=True, slots=True)
class _Before:
    """A commitment as it was until now."""

    state: dict[str, Any]
    private: dict[str, str | None]


def feed_state(commitment: FindingCommitment, supplier_id: UUID) -> dict[str, Any]:
    """A commitment as the feed tells it: without a word of what was promised, which may name people."""
    days = {name: getattr(commitment, name) for name in DAYS}
    return {
        "finding_id": str(commitment.finding_id),
        "supplier_id": str(supplier_id),
        "meeting": commitment.meeting,
        **{name: day.isoformat() if day else None for name, day in days.items()},
    }


async def take_down(
    session: AsyncSession, actor: Actor, finding_id: UUID, commitment_id: UUID, body: CommitmentBody
) -> bool:
    """Keep the commitment as it is told; True where it is new.

    Repeating it changes nothing, and a repetition that comes late does not undo the withdrawal that overtook it.
    Conflict where it is about a withdrawn finding, or another one, or withdrawn after it was kept; Forbidden where
    somebody else told of it.
    """
    rules.check_due(body.made_on, body.due_on)
    # Held, so that two who tell of the same commitment come one after the other.
    finding = await findings_repository.lock_finding(session, finding_id)
    held = await repository.find_commitment(session, commitment_id)
    if held is None:
        _check_takes_commitments(finding, body)
        held = FindingCommitment(id=commitment_id, version=0, finding_id=finding_id, created_by=actor.sub)
        held.created_at = datetime.now(UTC)
        session.add(held)
        _set(held, actor, body)
        await _save(session, actor, finding, held, None, "withdrawn" if body.withdrawn_on else "made")
        return True
    if held.finding_id != finding_id:
        raise Conflict("There is a commitment with that id about another finding.", code="commitment-id-taken")
    if body.withdrawn_on is not None and held.kept_on is not None:
        raise Conflict(f"It was kept on {held.kept_on}; it cannot be withdrawn.", code="commitment-kept")
    if not _differs(held, body):
        return False
    if held.created_by != actor.sub:
        raise Forbidden("Only who told of a commitment may change or withdraw it.", code="not-the-teller")
    before, was_withdrawn = _before(finding, held), held.withdrawn_on is not None
    _set(held, actor, body)
    happened = "updated" if was_withdrawn or body.withdrawn_on is None else "withdrawn"
    await _save(session, actor, finding, held, before, happened)
    return False


async def confirm_kept(
    session: AsyncSession, actor: Actor, finding_id: UUID, commitment_id: UUID, expected: Expected, body: KeptBody
) -> None:
    """The commitment was kept; Conflict where that was said before, or where it is withdrawn."""
    finding = await findings_repository.lock_finding(session, finding_id)
    held = await repository.lock_commitment(session, finding_id, commitment_id)
    expected.check(held.version)
    if held.withdrawn_on is not None:
        raise Conflict(f"The commitment was withdrawn on {held.withdrawn_on}.", code="commitment-withdrawn")
    if held.kept_on is not None:
        raise Conflict(f"The commitment was kept on {held.kept_on}.", code="already-kept")
    kept_on = body.kept_on or today()
    rules.check_kept(held.made_on, kept_on, today())
    before = _before(finding, held)
    held.kept_on, held.note, held.ended_by, held.ended_at = kept_on, body.note, actor.sub, datetime.now(UTC)
    await _save(session, actor, finding, held, before, "kept")


async def reopen(
    session: AsyncSession, actor: Actor, finding_id: UUID, commitment_id: UUID, expected: Expected, reason: str
) -> None:
    """The commitment is open again, marked as kept by mistake; Conflict where it is not kept."""
    finding = await findings_repository.lock_finding(session, finding_id)
    held = await repository.lock_commitment(session, finding_id, commitment_id)
    expected.check(held.version)
    if held.kept_on is None:
        raise Conflict("The commitment is not marked as kept.", code="not-kept")
    before = _before(finding, held)
    held.kept_on = held.note = held.ended_by = held.ended_at = None
    await _save(session, actor, finding, held, before, "reopened", reason)


def _check_takes_commitments(finding: Finding, body: CommitmentBody) -> None:
    # About a closed finding there may be some: what keeps it from coming back. One that was made and withdrawn
    # before it got here is taken down all the same, so that nobody waits for it to be.
    if finding.status == rules.MOOT and body.withdrawn_on is None:
        raise Conflict("The finding is withdrawn; it takes no commitments.", code="finding-withdrawn")


def _differs(held: FindingCommitment, body: CommitmentBody) -> bool:
    if any(getattr(held, name) != getattr(body, name) for name in TOLD):
        return True
    return body.withdrawn_on is not None and (held.withdrawn_on, held.note) != (body.withdrawn_on, body.reason)


def _set(held: FindingCommitment, actor: Actor, body: CommitmentBody) -> None:
    for name in TOLD:
        setattr(held, name, getattr(body, name))
    if body.withdrawn_on is not None:
        held.withdrawn_on, held.note = body.withdrawn_on, body.reason
        held.ended_by, held.ended_at = actor.sub, datetime.now(UTC)


def _before(finding: Finding, held: FindingCommitment) -> _Before:
    return _Before(feed_state(held, finding.supplier_id), {name: getattr(held, name) for name in PRIVATE})


async def _save(
    session: AsyncSession,
    actor: Actor,
    finding: Finding,
    held: FindingCommitment,
    before: _Before | None,
    happened: str,
    reason: str | None = None,
) -> None:
    held.version += 1
    await session.flush()
    was = before.private if before else dict.fromkeys(PRIVATE)
    private: dict[str, Any] = {
        name: [_length(was[name]), _length(getattr(held, name))] for name in PRIVATE if was[name] != getattr(held, name)
    }
    if reason is not None:
        private["reason"] = [None, reason]
    state = feed_state(held, finding.supplier_id)
    change = Change(
        f"finding_commitment.{happened}", held.id, held.version, state, before.state if before else {}, private
    )
    await journal.record(session, actor, [change])


def _length(text: str | None) -> int | None:
    return None if text is None else len(text)
