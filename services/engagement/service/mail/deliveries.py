"""Putting mails in line to be sent, and taking them out again."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.repository import deliveries as repository
from services.engagement.service.mail.kinds import KindName
from shared.ids import new_id

TASK_KIND = "send_mails"
AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class NewMail:
    """A mail to be sent to a person; the last three are an invitation's."""

    contact_id: UUID
    supplier_id: UUID
    person_ref: str
    language: str
    invitation_id: UUID | None = None
    method: str | None = None
    sequence: int | None = None


async def queue(session: AsyncSession, kind: KindName, subject_id: UUID, mails: Sequence[NewMail]) -> int:
    """Have these mails of an event or newsletter sent once the transaction is committed; returns how many are new.

    Who is in line already, or has got this mail, is not put in line again.
    """
    queued = 0
    for start in range(0, len(mails), AT_ONCE):
        rows = [
            {
                "id": new_id(),
                "kind": kind,
                "subject_id": subject_id,
                "invitation_id": mail.invitation_id,
                "method": mail.method,
                "sequence": mail.sequence,
                "supplier_id": mail.supplier_id,
                "contact_id": mail.contact_id,
                "person_ref": mail.person_ref,
                "language": mail.language,
            }
            for mail in mails[start : start + AT_ONCE]
        ]
        queued += await repository.insert_new(session, rows)
    if queued:
        session.info["work"] = True
        payload = {"kind": kind, "subject_id": str(subject_id)}
        await repository.wake_task(session, TASK_KIND, payload, repository.task_id_of(subject_id))
    return queued


async def cancel_queued(
    session: AsyncSession, subject_id: UUID, reason: str, invitation_ids: Sequence[UUID] | None = None
) -> int:
    """Take a subject's mails, or those of some invitations, out of line; returns how many.

    A mail that is being handed in at this moment still goes out, and is then noted as sent.
    """
    await repository.hold_task(session, repository.task_id_of(subject_id))
    return await repository.skip_queued(session, subject_id, reason, invitation_ids)
