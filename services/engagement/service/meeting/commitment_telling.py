"""Telling the audit service of commitments: each as it stands, however long that takes and wherever a worker dies."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement import clients
from services.engagement.domain import rules
from services.engagement.models import Commitment, Event
from services.engagement.repository import meetings as repository
from services.engagement.repository import rows
from shared import tasks
from shared.http import RequestFailed
from shared.tasks import GIVEN_UP, Later, Lease
from shared.web.resources import Resources

TASK_KIND = "tell_of_commitments"
PAUSE_SECONDS = 30.0
"""How long to leave an audit service alone that is away; however often, no commitment is given up."""
PASSING = frozenset({401, 403, 408, 425, 429})
"""It may take it another time; that it does not trust this service now is for the operators to mend."""
REFUSALS: Mapping[int, str] = {
    HTTPStatus.NOT_FOUND: "The audit service knows no such finding.",
    HTTPStatus.CONFLICT: "The finding is withdrawn; the audit service takes no commitments about it.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "The audit service does not take it: it is due before the day of its meeting.",
}
KEPT_BEFORE = "It was kept before it was withdrawn here; the audit service goes on with it as kept."

log = structlog.get_logger()


async def enqueue(session: AsyncSession, commitment_ids: Sequence[UUID]) -> None:
    """Have the worker tell of these commitments, once they are committed."""
    await tasks.enqueue(session, TASK_KIND, {"ids": [str(commitment_id) for commitment_id in commitment_ids]})


async def tell_of_commitments(resources: Resources, lease: Lease) -> None:
    """The task: tell of each that the audit service has yet to take down as it stands; Later while it is away.

    One that it refuses is marked with why, and keeps no other waiting.
    """
    for commitment_id in _ids(lease.payload):
        await _tell(resources, lease, commitment_id)
    async with resources.database.transaction() as session:
        await lease.complete(session)


async def give_up(session: AsyncSession, payload: Mapping[str, Any]) -> None:
    """Say so at the commitments that the task could not tell of: something is broken, the operators see what."""
    for held in await repository.lock_commitments(session, _ids(payload)):
        if held.told_at is None:
            held.trouble = GIVEN_UP
            held.version += 1


async def _tell(resources: Resources, lease: Lease, commitment_id: UUID) -> None:
    told: dict[str, Any] | None = None
    trouble: str | None = None
    while True:
        # What was told is compared with what holds by now: of two workers with one commitment, the one that was
        # slower tells it again, so that the newest is told last.
        async with resources.database.transaction() as session:
            await lease.extend(session)
            (held,) = await repository.lock_commitments(session, [commitment_id])
            to_tell = await _as_it_stands(session, held)
            if held.told_at is not None and told is None:
                return
            if told == to_tell:
                held.told_at, held.trouble = (datetime.now(UTC), None) if trouble is None else (None, trouble)
                held.version += 1
                return
        told, trouble = to_tell, await _put(resources, held.finding_id, commitment_id, to_tell)


async def _put(resources: Resources, finding_id: UUID, commitment_id: UUID, body: Mapping[str, Any]) -> str | None:
    """Tell of a commitment once; why it was refused, or None."""
    try:
        await clients.tell_of_commitment(resources, finding_id, commitment_id, body)
    except RequestFailed as error:
        if error.status is None or error.status in PASSING or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.warning("the audit service is away, telling of the commitment later", error=str(error))
            raise Later(PAUSE_SECONDS) from error
        log.warning("the audit service refuses a commitment", error=str(error))
        if error.status == HTTPStatus.CONFLICT and "withdrawn_on" in body:
            return KEPT_BEFORE
        return REFUSALS.get(error.status, f"The audit service refuses it (HTTP {error.status}).")
    return None


async def _as_it_stands(session: AsyncSession, held: Commitment) -> dict[str, Any]:
    """A commitment as the audit service is to take it down."""
    meeting = await rows.get(session, Event, held.event_id, "event")
    body: dict[str, Any] = {
        "what": held.what,
        "meeting": meeting.event_ref,
        "made_on": rules.utc_day(meeting.starts_at).isoformat(),
        "due_on": held.due_on.isoformat(),
    }
    if held.withdrawn_on is not None:
        body |= {"withdrawn_on": held.withdrawn_on.isoformat(), "reason": held.reason}
    return body


def _ids(payload: Mapping[str, Any]) -> list[UUID]:
    return [UUID(commitment_id) for commitment_id in payload["ids"]]
