"""`/v1/webhooks`: who is told of what happens here."""

import secrets
from datetime import UTC, datetime
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlalchemy import select

from services.scoring.domain.webhook.signatures import SECRET_BYTES, write_secret
from services.scoring.models.webhooks import Webhook
from services.scoring.repository import webhooks as repository
from services.scoring.schemas.webhooks import (
    Disabling,
    Enabling,
    NewWebhook,
    Rotation,
    WebhookPatch,
    WebhookStatus,
    WebhookView,
    WebhookWithSecret,
    Words,
)
from services.scoring.service.webhook import webhooks
from services.scoring.settings import ScoringSettings
from shared.auth.principal import Principal
from shared.feed import reading
from shared.sealing import sealer_of
from shared.web.caller import Opened, scoped
from shared.web.etags import IfMatch, IfMatchWhereGiven, set_etag
from shared.web.pages import Page, Pages
from shared.web.resources import Resources
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/webhooks", "webhooks")

# Also for reading: a receiver's URL may hold a token that is its owners' alone.
Keeper = Annotated[Principal, scoped("scoring:write")]


async def feed_head(resources: Opened, _caller: Keeper) -> int:
    """The newest position of the feed, read before the transaction begins."""
    _, head = await reading.read_head(resources.database)
    return head


Head = Annotated[int, Depends(feed_head)]


def show(webhook: Webhook) -> WebhookView:
    """A webhook as the API shows it."""
    old = webhooks.old_secrets(webhook, datetime.now(UTC))
    until = max((until for _, until in old), default=None)
    names = WebhookView.model_fields.keys() - {"old_secrets_until"}
    return WebhookView.model_validate({"old_secrets_until": until} | {name: getattr(webhook, name) for name in names})


def view(webhook: Webhook, response: Response) -> WebhookView:
    """The same, as the answer; how the webhook is doing is part of its ETag, not of its version."""
    shown = show(webhook)
    doing = (shown.failures, shown.failing_since, shown.last_success_at, shown.old_secrets_until)
    set_etag(
        response,
        webhook.version,
        *(int(each.timestamp()) if isinstance(each, datetime) else each or 0 for each in doing),
    )
    return shown


def view_with_secret(webhook: Webhook, secret: str, response: Response) -> WebhookWithSecret:
    """A webhook with its new secret, which no cache may keep."""
    shown = view(webhook, response)
    response.headers["Cache-Control"] = "no-store"
    return WebhookWithSecret(**shown.model_dump(), secret=secret)


def check_target(url: str, resources: Resources) -> None:
    """Raise Invalid where nothing could be sent to the URL."""
    webhooks.check_target(url, cast("ScoringSettings", resources.settings).webhook_allowed_networks)


@router.post("", status_code=201)
async def create_webhook(
    body: NewWebhook, head: Head, resources: Opened, session: Transaction, caller: Keeper, response: Response
) -> WebhookWithSecret:
    """Have events sent to a URL from now on. The secret that verifies them is in this answer and nowhere else."""
    caller.refuse_bound("webhook")
    check_target(body.url, resources)
    secret = write_secret(secrets.token_bytes(SECRET_BYTES))
    sealed = sealer_of(resources).seal(secret)
    webhook = await webhooks.create_webhook(session, caller.actor, body, sealed, head)
    response.headers["Location"] = f"/v1/webhooks/{webhook.id}"
    return view_with_secret(webhook, secret, response)


@router.get("")
async def list_webhooks(
    session: Reading,
    caller: Keeper,
    pages: Pages,
    status: Annotated[WebhookStatus | None, Query(description="Only webhooks in this state")] = None,
) -> Page[WebhookView]:
    """List webhooks, the withdrawn ones too, in the order in which they were set up."""
    caller.refuse_bound("webhook")
    query = select(Webhook, Webhook.id)
    if status is not None:
        query = query.where(Webhook.status == status)
    rows, following = await pages.read(session, query, Webhook.id)
    return Page(items=[show(row.Webhook) for row in rows], next_cursor=following)


@router.get("/{webhook_id}")
async def get_webhook(webhook_id: UUID, session: Reading, caller: Keeper, response: Response) -> WebhookView:
    """Read one webhook, and how it is doing."""
    caller.refuse_bound("webhook")
    return view(await repository.get_webhook(session, webhook_id), response)


@router.patch("/{webhook_id}")
async def change_webhook(
    webhook_id: UUID,
    body: WebhookPatch,
    expected: IfMatch,
    resources: Opened,
    session: Transaction,
    caller: Keeper,
    response: Response,
) -> WebhookView:
    """Change where to, what, or the description; what already waits goes to the new URL."""
    caller.refuse_bound("webhook")
    if body.url is not None:
        check_target(body.url, resources)
    return view(await webhooks.change_webhook(session, caller.actor, webhook_id, expected, body), response)


@router.post("/{webhook_id}/rotate")
async def rotate_secret(
    webhook_id: UUID,
    resources: Opened,
    session: Transaction,
    caller: Keeper,
    response: Response,
    body: Rotation | None = None,
) -> WebhookWithSecret:
    """Give a webhook a new secret; for a day, unless told otherwise, messages are signed with the old one too."""
    caller.refuse_bound("webhook")
    secret = write_secret(secrets.token_bytes(SECRET_BYTES))
    sealed = sealer_of(resources).seal(secret)
    hours = (body or Rotation()).overlap_hours
    webhook = await webhooks.rotate_secret(session, caller.actor, webhook_id, sealed, hours)
    return view_with_secret(webhook, secret, response)


@router.post("/{webhook_id}/disable")
async def disable_webhook(
    webhook_id: UUID,
    expected: IfMatch,
    session: Transaction,
    caller: Keeper,
    response: Response,
    body: Disabling | None = None,
) -> WebhookView:
    """Send nothing until the webhook is enabled again; what waits, and what happens meanwhile, is not lost."""
    caller.refuse_bound("webhook")
    reason = (body or Disabling()).reason
    return view(await webhooks.disable_webhook(session, caller.actor, webhook_id, expected, reason), response)


@router.post("/{webhook_id}/enable")
async def enable_webhook(
    webhook_id: UUID,
    expected: IfMatch,
    head: Head,
    session: Transaction,
    caller: Keeper,
    response: Response,
    body: Enabling | None = None,
) -> WebhookView:
    """Go on where sending stopped; with `skip_missed`, from what happens now."""
    caller.refuse_bound("webhook")
    given = body or Enabling()
    return view(await webhooks.enable_webhook(session, caller.actor, webhook_id, expected, given, head), response)


@router.delete("/{webhook_id}", status_code=204)
async def withdraw_webhook(
    webhook_id: UUID,
    expected: IfMatchWhereGiven,
    session: Transaction,
    caller: Keeper,
    reason: Annotated[Words | None, Query()] = None,
) -> None:
    """Withdraw a webhook for good: nothing more is sent, its secrets are forgotten; it can still be read."""
    caller.refuse_bound("webhook")
    await webhooks.withdraw_webhook(session, caller.actor, webhook_id, expected, reason)
