"""Mails in line, and the one task that sends those of a subject."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Select, and_, case, exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain.mail_wishes import Known
from services.engagement.models import Delivery, Mailbox, SupplierCopy
from shared.db import insert_rows, table_of
from shared.tasks.tables import task

_TASKS = UUID("0d6f0a3e-6c0a-4e5b-9a54-0f1b7c7f6e21")

delivery, mailbox = table_of(Delivery), table_of(Mailbox)


def task_id_of(subject_id: UUID) -> UUID:
    """The id of the task that sends a subject's mails: one, so that no two workers send the same."""
    return uuid5(_TASKS, str(subject_id))


async def insert_new(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> int:
    """Put mails in line, but for those that are or were; returns how many."""
    added = insert_rows(delivery, rows).on_conflict_do_nothing().returning(delivery.c.id)
    return len((await session.execute(added)).all())


async def wake_task(session: AsyncSession, kind: str, payload: Mapping[str, Any], task_id: UUID) -> None:
    """Have the subject's task run now: made, revived where it had ended, left alone where it runs.

    Its row is held from here on: whoever runs it ends it only after having seen what this transaction put in line.
    """
    runs = task.c.status == "running"
    new = insert(task).values(id=task_id, kind=kind, payload=dict(payload))
    await session.execute(
        new.on_conflict_do_update(
            index_elements=[task.c.id],
            set_={
                "status": case((runs, "running"), else_="queued"),
                "attempts": case((runs, task.c.attempts), else_=0),
                "next_attempt_at": case((runs, task.c.next_attempt_at), else_=func.now()),
                "finished_at": None,
                "last_error": None,
            },
        )
    )


async def hold_task(session: AsyncSession, task_id: UUID) -> None:
    """Hold the subject's task. All that changes mails in line holds it first, in this order: no deadlock."""
    await session.execute(select(task.c.id).where(task.c.id == task_id).with_for_update())


async def skip_queued(
    session: AsyncSession, subject_id: UUID, reason: str, invitation_ids: Sequence[UUID] | None = None
) -> int:
    """Take a subject's mails, or those of some invitations, out of line; returns how many."""
    waiting = [delivery.c.subject_id == subject_id, delivery.c.status == "queued"]
    if invitation_ids is not None:
        waiting.append(delivery.c.invitation_id.in_(invitation_ids))
    skipped = update(delivery).where(*waiting).values(status="skipped", detail=reason)
    return len((await session.execute(skipped.returning(delivery.c.id))).all())


async def list_due(session: AsyncSession, subject_id: UUID, most: int) -> list[Delivery]:
    """The mails of a subject whose turn it is."""
    waiting = (Delivery.subject_id == subject_id, Delivery.status == "queued", Delivery.next_attempt_at <= func.now())
    query = select(Delivery).where(*waiting).order_by(Delivery.next_attempt_at, Delivery.id).limit(most)
    return list((await session.execute(query)).scalars())


async def find_wait(session: AsyncSession, subject_id: UUID) -> float | None:
    """How many seconds there are until a subject's next mail is due; None where none is in line."""
    first = func.min(delivery.c.next_attempt_at) - func.now()
    waiting = (delivery.c.subject_id == subject_id, delivery.c.status == "queued")
    seconds = await session.scalar(select(func.extract("epoch", first)).where(*waiting))
    return None if seconds is None else max(float(seconds), 0.0)


async def read_wishes(session: AsyncSession, delivery_id: UUID, purpose: str, address_ref: str) -> list[Known] | None:
    """What is known of a mail's reader, if the mail is still in line; None if not.

    The consent that counts is that under the reference by which the person was found, and that of the address as it is
    now. The task is held by whoever asks, so what is in line stays so.
    """
    # Mail to an address that somebody no longer has says nothing of the one that they have.
    unreachable = case((mailbox.c.person_ref == address_ref, mailbox.c.unreachable_since))
    theirs = mailbox.c.person_ref.in_((delivery.c.person_ref, literal(address_ref)))
    query = (
        select(mailbox.c.person_ref, mailbox.c[purpose], unreachable)
        .select_from(delivery.outerjoin(mailbox, theirs))
        .where(delivery.c.id == delivery_id, delivery.c.status == "queued")
    )
    rows = (await session.execute(query)).all()
    return [Known(consent, since) for person_ref, consent, since in rows if person_ref is not None] if rows else None


async def note(session: AsyncSession, delivery_id: UUID, values: Mapping[str, Any]) -> None:
    """Write down what became of a mail, unless it has come back already."""
    noted = update(delivery).where(delivery.c.id == delivery_id, delivery.c.status != "bounced")
    await session.execute(noted.values(**values))


async def note_all_queued(session: AsyncSession, subject_id: UUID, detail: str) -> None:
    """Write down what keeps a subject's mails in line."""
    waiting = (delivery.c.subject_id == subject_id, delivery.c.status == "queued")
    await session.execute(update(delivery).where(*waiting).values(detail=detail))


async def others_wait(session: AsyncSession, task_id: UUID) -> bool:
    """Whether a worker would find other tasks that are due."""
    due = and_(task.c.status == "queued", task.c.next_attempt_at <= func.now(), task.c.id != task_id)
    return bool(await session.scalar(select(exists().where(due))))


async def find_with_id(session: AsyncSession, delivery_ids: Collection[UUID]) -> Delivery | None:
    """One of these deliveries, held, or None."""
    query = select(Delivery).where(Delivery.id.in_(delivery_ids)).order_by(Delivery.id).limit(1).with_for_update()
    return (await session.execute(query)).scalar_one_or_none()


async def find_last_newsletter(session: AsyncSession, person_ref: str) -> UUID | None:
    """The last newsletter's mail that a person got, or None."""
    theirs = (delivery.c.person_ref == person_ref, delivery.c.kind == "newsletter", delivery.c.sent_at.is_not(None))
    query = select(delivery.c.id).where(*theirs).order_by(delivery.c.id.desc()).limit(1)
    found: UUID | None = await session.scalar(query)
    return found


def deliveries_of(kind: str, subject_id: UUID, status: str | None) -> Select[*tuple[Any, ...]]:
    """The query for the list of a subject's mails."""
    query: Select[*tuple[Any, ...]] = (
        select(Delivery, Delivery.id, SupplierCopy.code.label("supplier_code"))
        .outerjoin(SupplierCopy, SupplierCopy.id == Delivery.supplier_id)
        .where(Delivery.subject_id == subject_id, Delivery.kind == kind)
    )
    return query if status is None else query.where(Delivery.status == status)


async def count_by_status(session: AsyncSession, subject_id: UUID) -> dict[str, int]:
    """How many of a subject's mails are in each state."""
    query = select(delivery.c.status, func.count()).where(delivery.c.subject_id == subject_id)
    rows = (await session.execute(query.group_by(delivery.c.status))).all()
    return {str(status): int(count) for status, count in rows}
