"""What webhooks send, as the receiver's side of the API's description; nobody calls these here."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header

from services.scoring.schemas.webhook_messages import (
    AllocationApproved,
    QbrPublished,
    RiskTierChanged,
    ScoreChanged,
    WebhookTest,
)


def signed(
    message_id: Annotated[
        str, Header(alias="webhook-id", description="Names the change, in every attempt and replay: take each once")
    ],
    timestamp: Annotated[str, Header(alias="webhook-timestamp", description="Seconds since 1970 of this attempt")],
    signature: Annotated[
        str,
        Header(
            alias="webhook-signature",
            description="`v1,` and an HMAC-SHA256 of id, timestamp and raw body; several while a secret is rotated",
        ),
    ],
) -> None:
    """The headers of Standard Webhooks 1.0: verify them with a library of the standard."""


router = APIRouter(
    tags=["webhooks"], dependencies=[Depends(signed)], generate_unique_id_function=lambda route: route.name
)


@router.post("score.changed", status_code=204)
def on_score_changed(body: ScoreChanged) -> None:
    """A supplier's score has changed. Answer 2xx within 15 seconds; expect no order."""


@router.post("risk_tier.changed", status_code=204)
def on_risk_tier_changed(body: RiskTierChanged) -> None:
    """A supplier is in another risk tier."""


@router.post("qbr.published", status_code=204)
def on_qbr_published(body: QbrPublished) -> None:
    """A quarterly business review was published: its scorecards can be read."""


@router.post("allocation.approved", status_code=204)
def on_allocation_approved(body: AllocationApproved) -> None:
    """An allocation was approved, or overridden: orders are to be placed by these shares."""


@router.post("webhook.test", status_code=204)
def on_webhook_test(body: WebhookTest) -> None:
    """Somebody asked for a test of this webhook."""
