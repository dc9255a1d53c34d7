"""Setting up, changing, stopping and withdrawing webhooks."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.clients import REFUSED
from services.scoring.domain.webhook.addresses import Network, may_reach
from services.scoring.models.webhooks import Webhook
from services.scoring.repository import webhooks as repository
from services.scoring.schemas.webhooks import Enabling, NewWebhook, WebhookPatch
from shared import journal
from shared.auth.principal import Actor
from shared.errors import Conflict, FieldError, Invalid
from shared.ids import new_id
from shared.journal import Change
from shared.web.etags import Expected

WITHDRAWN = "The webhook was withdrawn before this was sent."
SKIPPED = "Not sent: whoever enabled the webhook again chose to go on with what happens from then on."
DISABLED = "Disabled by hand."


def feed_state(webhook: Webhook) -> dict[str, Any]:
    """A webhook as the feed tells it: without path and query of its URL, which may hold a token."""
    url = httpx.URL(webhook.url)
    origin = str(url.copy_with(raw_path=b"/"))
    return {"origin": origin, "events": webhook.events, "status": webhook.status}


def check_target(url: str, allowed: tuple[Network, ...]) -> None:
    """Raise Invalid where it is clear from the URL alone that nothing could be sent; names are looked up later."""
    target = httpx.URL(url)
    encrypted = target.scheme == "https"
    try:
        fits = may_reach(ip_address(target.host), allowed, encrypted=encrypted)
    except ValueError:
        fits = encrypted or bool(allowed)
    if not fits:
        raise Invalid("Nothing could be sent there.", code="target-refused", fields=[FieldError("#/url", REFUSED)])


async def create_webhook(
    session: AsyncSession, actor: Actor, new: NewWebhook, sealed_secret: str, feed_pos: int
) -> Webhook:
    """A new webhook that is told of what comes behind `feed_pos`."""
    webhook = Webhook(
        id=new_id(), version=0, url=new.url, events=list(new.events), description=new.description, status="active",
        reason=None, sealed_secret=sealed_secret, old_secrets=[], feed_pos=feed_pos, failures=0, failing_since=None,
        resting_until=None, last_success_at=None, created_by=actor.sub,
    )  # fmt: skip
    session.add(webhook)
    await save(session, actor, webhook, {}, "created")
    return webhook


async def change_webhook(
    session: AsyncSession, actor: Actor, webhook_id: UUID, expected: Expected, patch: WebhookPatch
) -> Webhook:
    """The webhook with the patch's fields; what already waits goes to the new URL."""
    webhook = await lock_live(session, webhook_id, expected)
    before = feed_state(webhook)
    private: dict[str, Any] = {}
    if patch.url is not None and patch.url != webhook.url:
        webhook.url = patch.url
        # Another receiver, perhaps: it is judged by itself.
        webhook.failures, webhook.failing_since, webhook.resting_until = 0, None, None
        private["url"] = ["one", "another"]
    if "description" in patch.model_fields_set and patch.description != webhook.description:
        private["description"] = [webhook.description, patch.description]
        webhook.description = patch.description
    if patch.events is not None:
        webhook.events = list(patch.events)
    if private or feed_state(webhook) != before:
        await save(session, actor, webhook, before, "updated", private)
    return webhook


async def rotate_secret(
    session: AsyncSession, actor: Actor, webhook_id: UUID, sealed_secret: str, overlap_hours: float
) -> Webhook:
    """The webhook with a new secret; those until now sign beside it for that long, unless they end earlier."""
    webhook = await lock_live(session, webhook_id, None)
    now = datetime.now(UTC)
    end = now + timedelta(hours=overlap_hours)
    held = [(webhook.sealed_secret, end), *old_secrets(webhook, now)]
    webhook.old_secrets = [
        {"sealed": sealed, "until": min(until, end).isoformat()} for sealed, until in held if min(until, end) > now
    ]
    webhook.sealed_secret = sealed_secret
    await save(session, actor, webhook, feed_state(webhook), "rotated", {"secret": ["one", "another"]})
    return webhook


def old_secrets(webhook: Webhook, now: datetime) -> list[tuple[str, datetime]]:
    """The earlier secrets that still sign, sealed, each with the time at which it ends."""
    held = [(each["sealed"], datetime.fromisoformat(each["until"])) for each in webhook.old_secrets]
    return [(sealed, until) for sealed, until in held if until > now]


async def disable_webhook(
    session: AsyncSession, actor: Actor, webhook_id: UUID, expected: Expected, reason: str | None
) -> Webhook:
    """The webhook, to which nothing is sent until it is enabled; what waits goes on waiting."""
    webhook = await lock_live(session, webhook_id, expected)
    if webhook.status == "active":
        await stop(session, actor, webhook, reason or DISABLED)
    return webhook


async def stop(session: AsyncSession, actor: Actor, webhook: Webhook, reason: str) -> None:
    """Disable a webhook that is held."""
    before = feed_state(webhook)
    webhook.status, webhook.reason = "disabled", reason
    await save(session, actor, webhook, before, "disabled", {"reason": [None, reason]})


async def enable_webhook(
    session: AsyncSession, actor: Actor, webhook_id: UUID, expected: Expected, body: Enabling, feed_pos: int
) -> Webhook:
    """The webhook, active again: it goes on where it stopped, or behind `feed_pos` if the body says so."""
    webhook = await lock_live(session, webhook_id, expected)
    if webhook.status == "active":
        return webhook
    before, reason = feed_state(webhook), webhook.reason
    webhook.status, webhook.reason = "active", None
    webhook.failures, webhook.failing_since, webhook.resting_until = 0, None, None
    if body.skip_missed:
        webhook.feed_pos = max(webhook.feed_pos, feed_pos)
        await repository.end_pending(session, webhook.id, SKIPPED)
    private = {"reason": [reason, None]} | ({"skip_missed": [None, True]} if body.skip_missed else {})
    await save(session, actor, webhook, before, "enabled", private)
    return webhook


async def withdraw_webhook(
    session: AsyncSession, actor: Actor, webhook_id: UUID, expected: Expected, reason: str | None
) -> Webhook:
    """The webhook, to which nothing is sent any more; its secrets are forgotten, its log stays for a while."""
    webhook = await lock_live(session, webhook_id, expected)
    before = feed_state(webhook)
    webhook.status, webhook.reason = "withdrawn", reason
    webhook.sealed_secret, webhook.old_secrets = "", []
    await repository.end_pending(session, webhook.id, WITHDRAWN)
    await save(session, actor, webhook, before, "withdrawn", {"reason": [None, reason]})
    return webhook


async def lock_live(session: AsyncSession, webhook_id: UUID, expected: Expected | None) -> Webhook:
    """The webhook, held; Conflict where it is withdrawn."""
    webhook = await repository.lock_webhook(session, webhook_id)
    if expected is not None:
        expected.check(webhook.version)
    if webhook.status == "withdrawn":
        raise Conflict("The webhook is withdrawn.", code="webhook-withdrawn")
    return webhook


async def save(
    session: AsyncSession,
    actor: Actor,
    webhook: Webhook,
    before: Mapping[str, Any],
    happened: str,
    private: Mapping[str, Any] | None = None,
) -> None:
    """Write a webhook's change down."""
    webhook.version += 1
    await session.flush()
    change = Change(f"webhook.{happened}", webhook.id, webhook.version, feed_state(webhook), before, private or {})
    await journal.record(session, actor, [change])
