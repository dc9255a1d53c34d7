"""`/v1/webhooks/{id}/deliveries`: what was sent and what came of it; sending again, and test events."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.scoring.endpoints.webhooks import Keeper
from services.scoring.models.webhooks import WebhookDelivery
from services.scoring.repository import webhook_deliveries, webhooks
from services.scoring.schemas.webhooks import DeliveryStatus, DeliveryView, DeliveryWithBody, Replay, Replayed
from services.scoring.service.webhook import messages, replays
from shared.web.etags import set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/webhooks/{webhook_id}", "webhooks")


def view(delivery: WebhookDelivery) -> DeliveryView:
    """A delivery as the API shows it."""
    shown = DeliveryView.model_validate(delivery)
    return shown if delivery.status == "pending" else shown.model_copy(update={"next_attempt_at": None})


@router.get("/deliveries")
async def list_deliveries(
    webhook_id: UUID,
    session: Reading,
    caller: Keeper,
    pages: Pages,
    status: Annotated[DeliveryStatus | None, Query(description="Only deliveries in this state")] = None,
    type: Annotated[str | None, Query(description="Only events of this type")] = None,  # noqa: A002  # the API's name
) -> Page[DeliveryView]:
    """Read a webhook's log, the newest first; what has ended is kept for 30 days."""
    caller.refuse_bound("webhook")
    await webhooks.get_webhook(session, webhook_id)
    query = webhooks.deliveries_of(webhook_id, status, type)
    rows, following = await pages.read(session, query, WebhookDelivery.id, descending=True)
    return Page(items=[view(row.WebhookDelivery) for row in rows], next_cursor=following)


@router.get("/deliveries/{delivery_id}")
async def get_delivery(
    webhook_id: UUID, delivery_id: UUID, session: Reading, caller: Keeper, response: Response
) -> DeliveryWithBody:
    """Read one delivery with what is sent."""
    caller.refuse_bound("delivery")
    delivery = await webhooks.get_delivery(session, webhook_id, delivery_id)
    changes = await webhook_deliveries.find_changes(session, [delivery.event_id])
    set_etag(response, delivery.version)
    body = messages.describe(delivery, changes.get(delivery.event_id))
    return DeliveryWithBody(**view(delivery).model_dump(), body=body)


@router.post("/deliveries/{delivery_id}/replay", status_code=202)
async def replay_delivery(
    webhook_id: UUID, delivery_id: UUID, session: Transaction, caller: Keeper, response: Response
) -> DeliveryView:
    """Send a delivery once more, under the same `webhook-id`, whatever came of it before."""
    caller.refuse_bound("delivery")
    delivery = await replays.replay_delivery(session, caller.actor, webhook_id, delivery_id)
    set_etag(response, delivery.version)
    return view(delivery)


@router.post("/replay", status_code=202)
async def replay_dead_deliveries(webhook_id: UUID, body: Replay, session: Transaction, caller: Keeper) -> Replayed:
    """Send again what died since some time, the oldest first, at most 5,000 at once."""
    caller.refuse_bound("webhook")
    replayed, more = await replays.replay_dead(session, caller.actor, webhook_id, body.since)
    return Replayed(replayed=replayed, more=more)


@router.post("/test", status_code=202)
async def send_test_event(webhook_id: UUID, session: Transaction, caller: Keeper, response: Response) -> DeliveryView:
    """Send a `webhook.test` event; the log tells what came of it."""
    caller.refuse_bound("webhook")
    delivery = await replays.send_test(session, caller.actor, webhook_id)
    set_etag(response, delivery.version)
    response.headers["Location"] = f"/v1/webhooks/{webhook_id}/deliveries/{delivery.id}"
    return view(delivery)
