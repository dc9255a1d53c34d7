"""Sending what is due: a lane for each webhook, so that a receiver that is slow or away delays nobody else's events.

Before something goes out its attempt is committed as a lease, after it what came of it. A worker that dies in between
has it sent again, with the same `webhook-id`, when the lease has run out.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID

import structlog

from services.scoring.clients import WebhookClient
from services.scoring.domain.webhook.retries import MOST_ATTEMPTS
from services.scoring.repository import webhook_deliveries as deliveries
from services.scoring.repository import webhooks as repository
from services.scoring.service.webhook import messages, outcomes
from services.scoring.service.webhook.fan_out import PACE, Pace, fan_out
from services.scoring.service.webhook.messages import Outgoing
from services.scoring.settings import ScoringSettings
from shared import tracing
from shared.db import Database
from shared.sealing import CannotUnseal, sealer_of
from shared.web.resources import Resources

TICK_SECONDS = 1.0
LEASE_SECONDS = 60
"""Longer than any attempt takes."""
SENT_AT_ONCE = 8
"""Messages under way to one webhook, in one process."""
MOST_LANES = 32
GRACE_SECONDS = 5.0
KEPT_FOR = timedelta(days=30)
FORGOTTEN_AT_ONCE = 10_000

log = structlog.get_logger()


class Deliverer:
    """Sends the deliveries of all webhooks; any number of processes may do so side by side."""

    def __init__(self, resources: Resources, client: WebhookClient, pace: Pace = PACE) -> None:
        """Send by `client`, and go through the feed at that pace."""
        self._pace = pace
        self._database = resources.database
        self._sealer = sealer_of(resources)
        self._client = client
        self._lanes: dict[UUID, asyncio.Task[None]] = {}
        self._stopping = False

    async def run(self) -> None:
        """Look every second whether something is due, for ever."""
        while True:
            try:
                await self.tick()
            except Exception:
                log.exception("webhooks not served")
            await asyncio.sleep(TICK_SECONDS)

    async def tick(self) -> None:
        """Make deliveries of what is new, and begin to send what is due."""
        while await fan_out(self._database, self._pace):
            await self._open_lanes()
        await self._open_lanes()

    async def wait_for_lanes(self) -> None:
        """Wait until nothing is under way and nothing is due at once."""
        while self._lanes:
            await asyncio.wait(self._lanes.values())

    async def close(self, grace: float = GRACE_SECONDS) -> None:
        """Let what is under way end, for `grace` seconds; the rest is sent again by whoever comes next."""
        self._stopping = True
        lanes = list(self._lanes.values())
        if lanes:
            _, late = await asyncio.wait(lanes, timeout=grace)
            for lane in late:
                lane.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _open_lanes(self) -> None:
        async with self._database.snapshot() as session:
            due = await repository.list_due(session)
        for webhook_id in due:
            if webhook_id not in self._lanes and len(self._lanes) < MOST_LANES:
                self._lanes[webhook_id] = asyncio.create_task(self._serve(webhook_id))

    async def _serve(self, webhook_id: UUID) -> None:
        """Send to one webhook until nothing more is due."""
        try:
            while not self._stopping and (outgoing := await self._lease(webhook_id)):
                await asyncio.gather(*(self._attempt(each) for each in outgoing))
        except Exception:
            # Whoever looks next goes on.
            log.exception("webhook not served", webhook_id=str(webhook_id))
        finally:
            self._lanes.pop(webhook_id, None)

    async def _attempt(self, outgoing: Outgoing) -> None:
        with tracing.following(outgoing.trace, "deliver webhook", "client") as span:
            span.attributes |= {"webhook.id": str(outgoing.webhook_id), "attempts": outgoing.attempts}
            answer = await self._client.post(outgoing.url, outgoing.headers(datetime.now(UTC)), outgoing.body)
            try:
                await outcomes.note(self._database, outgoing, answer)
            except Exception as error:
                # Its lease runs out, and it is sent again; the others of its lane have nothing to do with it.
                tracing.failed(error)
                log.exception("delivery not noted", delivery_id=str(outgoing.delivery_id))

    async def _lease(self, webhook_id: UUID) -> list[Outgoing]:
        """The next messages for a webhook, each leased; none where there is nothing to send now."""
        async with self._database.transaction() as session:
            webhook = await repository.get_webhook(session, webhook_id)
            now = datetime.now(UTC)
            if webhook.status != "active" or (webhook.resting_until is not None and webhook.resting_until > now):
                return []
            try:
                secrets = messages.unseal_secrets(webhook, self._sealer)
            except CannotUnseal:
                secrets = ()
            outgoing = []
            if secrets:
                leased = await deliveries.lease_due(session, webhook_id, SENT_AT_ONCE, LEASE_SECONDS)
                changes = await deliveries.find_changes(session, [delivery.event_id for delivery in leased])
                for delivery in leased:
                    message = messages.write(webhook, delivery, secrets, changes.get(delivery.event_id))
                    if message is None:
                        outcomes.end(delivery, outcomes.FORGOTTEN)
                    elif delivery.attempts > MOST_ATTEMPTS:
                        outcomes.end(delivery, outcomes.WORKERS_DIED)
                    else:
                        outgoing.append(message)
        if not secrets:
            await outcomes.stop_unsigned(self._database, webhook)
        return outgoing


@asynccontextmanager
async def delivering(resources: Resources) -> AsyncIterator[None]:
    """Send webhooks for the length of a block."""
    settings = cast("ScoringSettings", resources.settings)
    deliverer = Deliverer(resources, WebhookClient(settings.webhook_allowed_networks, settings.outbound))
    running = asyncio.create_task(deliverer.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await deliverer.close()


class Forgetting:
    """Deletes deliveries that ended 30 days ago."""

    def __init__(self, database: Database) -> None:
        """Forgets in that database."""
        self._database = database

    async def forget(self, now: datetime) -> int:
        """Forget some of what is old enough; returns how many."""
        async with self._database.transaction() as session:
            return await deliveries.forget_finished(session, now - KEPT_FOR, FORGOTTEN_AT_ONCE)
