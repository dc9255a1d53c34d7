"""`GET /v1/feed`: every change of this service's resources, in order, for those who follow."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import BaseModel, Field

from shared.auth.principal import Principal
from shared.feed import reading
from shared.leaving import Leaving
from shared.web.caller import Opened, scoped
from shared.web.rendering import json_response
from shared.web.route import new_router

router = new_router("/v1/feed", "feed")


class CloudEvent(BaseModel):
    """A change, as a CloudEvent 1.0; `data` is the resource's full new state."""

    specversion: str = Field(examples=["1.0"])
    id: UUID
    source: str = Field(examples=["/audit"])
    type: str = Field(examples=["finding.closed"])
    subject: UUID = Field(description="The resource's id")
    time: datetime
    datacontenttype: str = Field(examples=["application/json"])
    feedseq: int = Field(description="The position in the feed")
    traceparent: str | None = Field(
        default=None, description="The trace (W3C) of the request that brought it about; left out where there was none"
    )
    data: dict[str, Any]


class FeedPage(BaseModel):
    """Events behind `after`; continue with `after=next`."""

    epoch: UUID = Field(description="Another one means that the feed was restored: start over from 0")
    after: int = Field(description="The position that was asked for: no cache and no proxy answers with another page")
    events: list[CloudEvent]
    next: int
    head: int = Field(description="The newest position there is")


@router.get("", response_model=FeedPage)
async def read_feed(
    request: Request,
    resources: Opened,
    caller: Annotated[Principal, scoped("feed:read")],
    after: Annotated[int, Query(ge=0, description="The position read up to; 0 for all")] = 0,
    limit: Annotated[int, Query(ge=1, le=5000)] = 500,
    wait: Annotated[float, Query(ge=0, le=25, description="Seconds to wait for the first event")] = 0,
    epoch: Annotated[UUID | None, Query(description="The epoch that `after` belongs to; 410 if it is over")] = None,
) -> Response:
    """Read every change in order. Nothing is ever skipped; 410 tells that reading must start over from 0."""
    caller.refuse_bound("feed")
    leaving: Leaving = request.app.state.leaving
    page = await reading.read_page(resources.database, resources.settings.service, after, limit, wait, epoch, leaving)
    return json_response(
        {"epoch": page.epoch, "after": after, "events": page.events, "next": page.next, "head": page.head}
    )
