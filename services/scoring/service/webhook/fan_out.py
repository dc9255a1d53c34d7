"""Making deliveries: each webhook goes through this service's own feed at its own pace.

So a recalculation writes nothing for webhooks, whether there are any or not, and a receiver that is away for long has a
place in the feed, not millions of rows. Place and deliveries move in one transaction: nothing is left out or doubled.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from services.scoring.domain.webhook.events import EVENT_OF_CHANGE, changes_for
from services.scoring.repository import webhook_deliveries as deliveries
from services.scoring.repository import webhooks as repository
from shared.db import Database
from shared.feed import reading


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is done in one transaction, and in all.

    `most_waiting` deliveries of one webhook wait at most; the others are still to be read in the feed.
    `longest_stretch` is how many positions of the feed are gone through at once, whoever they are for.
    """

    most_waiting: int = 5000
    made_at_once: int = 1000
    longest_stretch: int = 20_000


PACE = Pace()


async def fan_out(database: Database, pace: Pace = PACE) -> bool:
    """Make deliveries of what the feed has new for each active webhook; whether there may be more at once."""
    async with database.snapshot() as session:
        listening = await repository.list_listening(session)
    if not listening:
        return False
    _, head = await reading.read_head(database)
    more = False
    for webhook_id, feed_pos in listening:
        if feed_pos < head:
            more |= await _go_on(database, webhook_id, head, pace)
    return more


async def _go_on(database: Database, webhook_id: UUID, head: int, pace: Pace) -> bool:
    """Take one stretch of the feed for one webhook; whether there is more that it has room for."""
    async with database.transaction() as session:
        webhook = await repository.find_idle_webhook(session, webhook_id)
        if webhook is None:
            return False
        room = pace.most_waiting - await deliveries.count_waiting(session, webhook_id, pace.most_waiting)
        until = min(head, webhook.feed_pos + pace.longest_stretch)
        if room <= 0 or until <= webhook.feed_pos:
            return False
        limit = min(room, pace.made_at_once)
        types = changes_for(webhook.events)
        changes = await deliveries.list_new_changes(session, types, webhook.feed_pos, until, limit)
        told = [(change_id, EVENT_OF_CHANGE[change]) for change_id, _, change in changes]
        await deliveries.add_deliveries(session, webhook_id, told, datetime.now(UTC))
        webhook.feed_pos = changes[-1][1] if len(changes) == limit else until
        return webhook.feed_pos < head and len(changes) < room
