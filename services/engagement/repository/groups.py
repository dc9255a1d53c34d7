"""Chat groups and their messages."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import ChatGroup, GroupMessage
from shared.errors import NotFound


def groups_matching(
    *, name: str | None, channel: str | None, supplier_id: UUID | None, withdrawn: bool | None
) -> Select[*tuple[Any, ...]]:
    """The query for a list of groups."""
    query: Select[*tuple[Any, ...]] = select(ChatGroup, ChatGroup.id)
    if name is not None:
        query = query.where(ChatGroup.name == name)
    if channel is not None:
        query = query.where(ChatGroup.channel == channel)
    if supplier_id is not None:
        query = query.where(ChatGroup.supplier_ids.contains([supplier_id]))
    if withdrawn is not None:
        query = query.where(ChatGroup.withdrawn_on.is_not(None) == withdrawn)
    return query


def messages_of(group_id: UUID, status: str | None) -> Select[*tuple[Any, ...]]:
    """The query for a group's log."""
    query: Select[*tuple[Any, ...]] = select(GroupMessage, GroupMessage.id).where(GroupMessage.group_id == group_id)
    return query if status is None else query.where(GroupMessage.status == status)


async def has_name(session: AsyncSession, name: str) -> bool:
    """Whether a group has that name, a withdrawn one too."""
    return bool(await session.scalar(select(exists().where(ChatGroup.name == name))))


async def has_robot(session: AsyncSession, sealed_key: str) -> bool:
    """Whether the robot with that sealed key is in a group already."""
    same = exists().where(ChatGroup.sealed_key == sealed_key, ChatGroup.withdrawn_on.is_(None))
    return bool(await session.scalar(select(same)))


async def get_message(session: AsyncSession, group_id: UUID, message_id: UUID) -> GroupMessage:
    """That message of that group, or NotFound."""
    query = select(GroupMessage).where(GroupMessage.group_id == group_id, GroupMessage.id == message_id)
    found = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFound("No such message.")
    return found


async def lock_with_group(session: AsyncSession, message_id: UUID) -> tuple[GroupMessage, ChatGroup]:
    """A message and its group, both held; all that changes a group's messages holds the group."""
    group_id = select(GroupMessage.group_id).where(GroupMessage.id == message_id).scalar_subquery()
    group = (await session.execute(select(ChatGroup).where(ChatGroup.id == group_id).with_for_update())).scalar_one()
    message = await session.get_one(GroupMessage, message_id, with_for_update=True)
    return message, group


async def find_next_queued(session: AsyncSession, group_id: UUID) -> GroupMessage | None:
    """The oldest message that waits in a group."""
    waiting = (GroupMessage.group_id == group_id, GroupMessage.status == "queued")
    query = select(GroupMessage).where(*waiting).order_by(GroupMessage.id).limit(1)
    return (await session.execute(query)).scalar_one_or_none()


async def list_queued(session: AsyncSession, group_id: UUID) -> list[GroupMessage]:
    """All that wait in a group, in order."""
    waiting = (GroupMessage.group_id == group_id, GroupMessage.status == "queued")
    return list((await session.execute(select(GroupMessage).where(*waiting).order_by(GroupMessage.id))).scalars())


async def read_clock(session: AsyncSession) -> datetime:
    """The database's time now, not that of the transaction's beginning: one clock for all workers."""
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return now
