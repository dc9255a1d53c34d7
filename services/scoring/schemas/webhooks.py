"""What the API takes and gives of webhooks and their deliveries."""

import re
from datetime import datetime
from ipaddress import ip_address
from typing import Annotated, Any, Literal
from uuid import UUID

import httpx
from pydantic import AfterValidator, Field, StringConstraints

from services.scoring.schemas.performance import Body, View
from shared.days import IsoMoment

EventType = Literal["score.changed", "risk_tier.changed", "qbr.published", "allocation.approved"]
WebhookStatus = Literal["active", "disabled", "withdrawn"]
DeliveryStatus = Literal["pending", "delivered", "dead"]
LAST_PORT = 65535


def _is_host(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return re.fullmatch(r"[A-Za-z0-9._-]+", host) is not None
    return True


def _is_target(given: str) -> str:
    if not given.isprintable() or any(character.isspace() or character == "\\" for character in given):
        raise ValueError("must not hold blanks, control characters or backslashes")
    try:
        url = httpx.URL(given)
        host = url.raw_host
    except (httpx.InvalidURL, UnicodeError):
        raise ValueError("is no URL") from None
    if url.scheme not in ("https", "http") or not _is_host(host.decode("ascii")):
        raise ValueError("must begin with https:// and name a host")
    if url.userinfo or "@" in given.split("/")[2]:
        raise ValueError("must hold no user name or password: receivers know us by the signature")
    if "#" in given:
        raise ValueError("must have no fragment: it would not be sent")
    if url.port is not None and not 1 <= url.port <= LAST_PORT:
        raise ValueError("has a port that there is not")
    return given


def _once_each(events: list[EventType]) -> list[EventType]:
    return list(dict.fromkeys(events))


Target = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000),
    AfterValidator(_is_target),
    Field(
        description="Where to send: https, any port. http, and addresses that are not public, only in networks that "
        "the operator allows (WEBHOOK_ALLOWED_NETWORKS)",
        examples=["https://erp.example.com/hooks/bellwether"],
    ),
]
Events = Annotated[list[EventType], Field(min_length=1), AfterValidator(_once_each)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class NewWebhook(Body):
    """A receiver to set up; it is told of what happens from now on."""

    url: Target
    events: Events
    description: Words | None = None


class WebhookPatch(Body):
    """The fields to change; those left out stay."""

    url: Target | None = None
    events: Events | None = None
    description: Words | None = None


class Rotation(Body):
    """How to change over to a new secret."""

    overlap_hours: float = Field(
        default=24, ge=0, le=168, description="How long the secrets until now go on signing beside the new one"
    )


class Disabling(Body):
    """Why nothing is to be sent for now."""

    reason: Words | None = None


class Enabling(Body):
    """How to go on."""

    skip_missed: bool = Field(
        default=False, description="Begin with what happens from now on, instead of where sending stopped"
    )


class Replay(Body):
    """What to send again."""

    since: IsoMoment = Field(description="Dead deliveries made at this time or later")


class WebhookView(View):
    """A receiver of events, and how it is doing."""

    id: UUID
    url: str
    events: list[EventType]
    description: str | None
    status: WebhookStatus = Field(description="`disabled` by a person, by its own 410, or after five days of failures")
    reason: str | None = Field(description="Why it is not active")
    old_secrets_until: datetime | None = Field(description="Until then earlier secrets sign too")
    failures: int = Field(description="Attempts that failed since the last that did not")
    failing_since: datetime | None
    last_success_at: datetime | None
    created_by: str
    created_at: datetime


class WebhookWithSecret(WebhookView):
    """A webhook with its new secret, which is shown this once."""

    secret: str = Field(description="For verifying signatures", examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD..."])


class DeliveryView(View):
    """An event on its way to a receiver, or what came of it."""

    id: UUID
    webhook_id: UUID
    event_id: UUID = Field(
        description="The header `webhook-id`: the same in every attempt, and the feed's id of the change"
    )
    type: str = Field(examples=["risk_tier.changed"])
    status: DeliveryStatus = Field(description="`dead` after ten failed attempts: replay it when the cause is mended")
    attempts: int
    next_attempt_at: datetime | None = Field(
        description="Not before; while one is under way, when it is taken for lost"
    )
    last_attempt_at: datetime | None
    response_status: int | None = Field(description="Of the last attempt; null where nothing was answered")
    response_excerpt: str | None = Field(description="The first 1,000 characters that were answered")
    error: str | None = Field(description="Why nothing was answered, or nothing sent")
    duration_ms: int | None
    created_at: datetime
    finished_at: datetime | None


class DeliveryWithBody(DeliveryView):
    """A delivery with what is sent."""

    body: dict[str, Any] | None = Field(description="Null once the feed has forgotten the change")


class Replayed(View):
    """How many deliveries are sent again."""

    replayed: int
    more: bool = Field(description="There are further ones: ask once more")
