"""The task that has a group's robot say a message, part by part, as fast as the robot may.

Before a part goes out its time is committed on the group's row, so the limit holds over all workers; after WeCom has
taken it, that it was sent. A worker that dies in between, or does not hear the answer, has that one part said twice:
WeCom offers nothing by which it would know it again. One that is told to stop first writes down what was sent.
"""

from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.clients import RobotRefused, RobotTooFast, WeComAway, WeComClient
from services.engagement.domain import group_messages as limits
from services.engagement.models import ChatGroup, GroupMessage
from services.engagement.repository import groups as repository
from services.engagement.service.group import messages
from services.engagement.settings import EngagementSettings
from shared import sealing
from shared.tasks import Later, Lease, to_its_end
from shared.web.resources import Resources

SECONDS_TO_SLOW_DOWN = limits.WINDOW.total_seconds()
KEY_IS_LOST = (
    "The robot's key can no longer be read here, since this service's own key was changed. Give the group its key "
    "again, then post the message again."
)


async def send_message(resources: Resources, lease: Lease) -> None:
    """Say what is left of the task's message; Later where the robot must be silent first.

    WeComAway leaves the message queued for the task's next attempt; what WeCom refuses for good ends it as failed.
    """
    settings = cast("EngagementSettings", resources.settings)
    sending = Sending(resources, lease)
    async with WeComClient.open(settings.wecom_url, settings.outbound) as robots:
        while (part := await sending.prepare()) is not None:
            if await to_its_end(sending.say(robots, *part)):
                return


class Sending:
    """One attempt at a message."""

    def __init__(self, resources: Resources, lease: Lease) -> None:
        """For the message that the lease's task is about."""
        self._database = resources.database
        self._sealer = sealing.sealer_of(resources)
        self._lease = lease
        self._message_id = UUID(lease.payload["message_id"])

    async def prepare(self) -> tuple[str, str, str] | None:
        """The robot's key, the format and the next part, whose time is noted; None where there is nothing to say."""
        async with self._database.transaction() as session:
            await self._lease.extend(session)
            message, group = await repository.lock_with_group(session, self._message_id)
            if not await self._is_in_turn(session, message, group):
                await self._lease.complete(session)
                return None
            parts = limits.split(message.content, limits.MOST_BYTES[message.format])
            now = await repository.read_clock(session)
            wait = limits.seconds_to_wait(group.sent_times, now)
            try:
                key = self._sealer.unseal(group.sealed_key or "")
            except sealing.CannotUnseal:
                await messages.conclude(session, message, KEY_IS_LOST)
                await self._lease.complete(session)
                return None
            if not wait:
                group.sent_times = limits.with_one_more(group.sent_times, now)
        if wait:
            raise Later(wait)
        return key, message.format, parts[message.parts_sent]

    async def say(self, robots: WeComClient, key: str, msgtype: str, part: str) -> bool:
        """Have the robot say a part, and write down what came of it; whether that was the end of the message."""
        try:
            # WeCom refuses what is empty, and nobody misses a lone line break.
            if part.strip():
                await robots.post(key, msgtype, part)
        except RobotRefused as refusal:
            return await self._note(failure=str(refusal))
        except RobotTooFast as refusal:
            await self._note(trouble=str(refusal))
            raise Later(SECONDS_TO_SLOW_DOWN) from None
        except WeComAway as error:
            await self._note(trouble=error.detail)
            raise
        return await self._note(sent=1)

    async def _is_in_turn(self, session: AsyncSession, message: GroupMessage, group: ChatGroup) -> bool:
        """Whether to go on. A failed message whose task an operator has replayed waits again, in its old place."""
        if group.withdrawn_on is not None or message.status == "sent":
            return False
        if message.status == "queued":
            return True
        another = await repository.find_next_queued(session, group.id)
        before = messages.feed_state(message)
        message.status, message.last_error = "queued", None
        await messages.save(session, messages.ROBOT, message, before, "queued")
        return another is None

    async def _note(self, sent: int = 0, trouble: str | None = None, failure: str | None = None) -> bool:
        """Write down what came of a part; whether there is nothing more to do for the message."""
        async with self._database.transaction() as session:
            await self._lease.extend(session)
            message, _ = await repository.lock_with_group(session, self._message_id)
            message.parts_sent += sent
            message.version += 1
            # Where the group was withdrawn meanwhile, the message has ended already.
            if message.status == "queued":
                message.last_error = trouble
                if failure is not None or message.parts_sent == message.parts:
                    await messages.conclude(session, message, failure)
            if message.status != "queued":
                await self._lease.complete(session)
        return message.status != "queued"
