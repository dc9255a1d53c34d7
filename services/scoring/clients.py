"""What scoring asks of the services whose feeds it follows."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, TypeAdapter, ValidationError

from shared import http
from shared.feed.following import PAGE
from shared.web.resources import Resources


class FedEvent(BaseModel):
    """What scoring needs of a CloudEvent."""

    type: str
    subject: UUID
    feedseq: int
    data: dict[str, Any]


class FedPage(BaseModel):
    """What scoring needs of a page of a feed."""

    epoch: UUID
    events: list[FedEvent]
    next: int
    head: int


_page = TypeAdapter(FedPage)


class SourcesClient:
    """The feeds of the other services."""

    def __init__(self, resources: Resources) -> None:
        """Ask with the process's own client and keys."""
        self._resources = resources

    async def fetch_page(self, source: str, after: int, epoch: UUID | None) -> dict[str, Any]:
        """A page of a feed; http.RequestFailed where the source is away, answers nonsense, or says to start over."""
        params: dict[str, Any] = {"after": after, "limit": PAGE}
        if epoch is not None:
            params["epoch"] = str(epoch)
        answer = await self._resources.ask(source, "/v1/feed", params=params)
        try:
            _page.validate_python(answer)
        except ValidationError as error:
            raise http.RequestFailed(f"the feed of {source} is not of the agreed shape", 502) from error
        page: dict[str, Any] = answer
        return page

    async def read_head(self, source: str) -> int:
        """The position of the newest event of a source."""
        answer = await self._resources.ask(source, "/v1/feed", params={"after": 0, "limit": 1})
        return int(answer["head"])
