"""Messages to groups: posting them, and bringing each to its end in its turn.

Of the messages that wait in a group only the oldest has a task; whatever ends it gives the next one its task, in the
same transaction, in which the group's row is held. So the order in a group is kept, and no two workers speak there.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import group_messages as limits
from services.engagement.domain import rules
from services.engagement.models import ChatGroup, GroupMessage
from services.engagement.repository import groups as repository
from services.engagement.repository import rows
from services.engagement.schemas.groups import NewMessage
from services.engagement.service.event.events import as_text, refuse
from shared import journal, tasks
from shared.auth.principal import Actor
from shared.errors import Conflict
from shared.ids import new_id
from shared.journal import Change

SEND_TASK = "send_group_message"
ROBOT = Actor(sub="groups", client_id=None)


def feed_state(message: GroupMessage) -> dict[str, Any]:
    """A message as the feed tells it: without what it says, which may name people."""
    return {
        "group_id": str(message.group_id),
        "format": message.format,
        "status": message.status,
        "parts": message.parts,
        "posted_on": message.posted_on.isoformat(),
        "sent_at": as_text(message.sent_at),
    }


async def post_message(session: AsyncSession, actor: Actor, group_id: UUID, new: NewMessage) -> GroupMessage:
    """A message for the group's robot to say, or one that people posted themselves."""
    group = await rows.lock(session, ChatGroup, group_id, "group")
    if group.withdrawn_on is not None:
        raise Conflict("The group is withdrawn.", code="group-withdrawn")
    now = datetime.now(UTC)
    posted_on, by_robot = new.posted_on or rules.utc_day(now), group.channel == "wecom"
    parts = 1
    if by_robot:
        parts = limits.count_parts(new.content, new.format)
        refuse(limits.complaints_about_message(parts, is_dated=new.posted_on is not None))
    refuse(rules.complaints_about_day("posted_on", posted_on, now))
    is_next = by_robot and await repository.find_next_queued(session, group_id) is None
    message = GroupMessage(
        id=new_id(), version=0, group_id=group_id, format=new.format, content=new.content,
        status="queued" if by_robot else "recorded", parts=parts, parts_sent=0 if by_robot else parts,
        last_error=None, posted_on=posted_on, created_by=actor.sub, sent_at=None,
    )  # fmt: skip
    session.add(message)
    await save(session, actor, message, {}, "created")
    if is_next:
        await _give_task(session, message)
    return message


async def conclude(session: AsyncSession, message: GroupMessage, failure: str | None = None) -> None:
    """End a message, as sent or with what made it fail, and let the group's next one go; the group must be held."""
    before = feed_state(message)
    message.last_error = failure
    if failure is None:
        message.status, message.sent_at = "sent", datetime.now(UTC)
        message.posted_on = rules.utc_day(message.sent_at)
    else:
        message.status = "failed"
    await save(session, ROBOT, message, before, message.status)
    following = await repository.find_next_queued(session, message.group_id)
    if following is not None:
        await _give_task(session, following)


async def fail_all_queued(session: AsyncSession, actor: Actor, group_id: UUID, failure: str) -> None:
    """End all that wait in a group that is held: nobody will say them."""
    changes: list[Change] = []
    for message in await repository.list_queued(session, group_id):
        before = feed_state(message)
        message.status, message.last_error = "failed", failure
        message.version += 1
        changes.append(_change(message, before, "failed"))
    await session.flush()
    await journal.record(session, actor, changes)


async def give_up(session: AsyncSession, payload: Mapping[str, Any]) -> None:
    """Note that a message's task is not tried again, and let the next one go."""
    message, _ = await repository.lock_with_group(session, UUID(payload["message_id"]))
    if message.status == "queued":
        await conclude(session, message, f"{message.last_error or ''} {tasks.GIVEN_UP}".strip())


async def save(
    session: AsyncSession, actor: Actor, message: GroupMessage, before: Mapping[str, Any], happened: str
) -> None:
    """Write a message with what happened to it."""
    message.version += 1
    await session.flush()
    await journal.record(session, actor, [_change(message, before, happened)])


def _change(message: GroupMessage, before: Mapping[str, Any], happened: str) -> Change:
    return Change(f"group_message.{happened}", message.id, message.version, feed_state(message), before)


async def _give_task(session: AsyncSession, message: GroupMessage) -> None:
    await tasks.enqueue(session, SEND_TASK, {"message_id": str(message.id)})
