"""What people want to get, and whether mail reaches them."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import Mailbox
from shared.ids import new_id


async def find(session: AsyncSession, person_refs: Collection[str]) -> dict[str, Mailbox]:
    """What is known of these people's mailboxes; nothing of most."""
    rows = await session.scalars(select(Mailbox).where(Mailbox.person_ref == func.any(list(person_refs))))
    return {row.person_ref: row for row in rows}


async def lock(session: AsyncSession, person_ref: str) -> Mailbox | None:
    """What is known of a mailbox, held until the transaction ends."""
    query = select(Mailbox).where(Mailbox.person_ref == person_ref).with_for_update()
    return (await session.scalars(query, execution_options={"populate_existing": True})).one_or_none()


async def lock_or_make(session: AsyncSession, person_ref: str, by: str, at: datetime) -> Mailbox:
    """A mailbox, held until the transaction ends; of one of which nothing was known version 0, which says nothing."""
    new = {"person_ref": person_ref, "id": new_id(), "version": 0, "changed_by": by, "changed_at": at}
    await session.execute(upsert(Mailbox).values(new).on_conflict_do_nothing())
    held = await lock(session, person_ref)
    assert held is not None  # noqa: S101  # it was there, or was made, and nobody removes what is not committed
    return held


async def remove(session: AsyncSession, person_ref: str, *, keep_objections: bool) -> bool:
    """Know nothing of a mailbox any more, unless it holds that mail is not wanted and that is to be kept."""
    query = delete(Mailbox).where(Mailbox.person_ref == person_ref)
    if keep_objections:
        query = query.where(~or_(Mailbox.invitations.is_(False), Mailbox.newsletters.is_(False)).is_(True))
    removed = await session.execute(
        query.returning(Mailbox.person_ref), execution_options={"synchronize_session": False}
    )
    return removed.first() is not None
