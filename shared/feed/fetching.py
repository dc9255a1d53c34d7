"""Asking another service for its feed, over HTTP and under its contract."""

from itertools import pairwise
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ValidationError

from shared import http
from shared.feed.following import PAGE, FetchPage
from shared.web.resources import Resources


class FedEvent(BaseModel):
    """What a page of events needs of each; one whose rest makes no sense is set aside by itself."""

    feedseq: int


class FedPage(BaseModel):
    """What a consumer needs of a page."""

    epoch: UUID
    after: int | None = None
    events: list[FedEvent]
    next: int
    head: int


def page_fetcher(resources: Resources) -> FetchPage:
    """What a follower fetches its pages with.

    http.RequestFailed where the source is away, answers nonsense, or (410) says to start over.
    """

    async def fetch_page(source: str, after: int, epoch: UUID | None) -> dict[str, Any]:
        params: dict[str, Any] = {"after": after, "limit": PAGE}
        if epoch is not None:
            params["epoch"] = str(epoch)
        answer = await resources.ask(source, "/v1/feed", params=params)
        _check(source, answer, after)
        page: dict[str, Any] = answer
        return page

    return fetch_page


async def read_head(resources: Resources, source: str) -> tuple[UUID, int]:
    """The epoch of a source's feed and the position of its newest event; http.RequestFailed where it is away."""
    answer = await resources.ask(source, "/v1/feed", params={"after": 0, "limit": 1})
    _check(source, answer, 0)
    return UUID(answer["epoch"]), int(answer["head"])


def _check(source: str, answer: Any, after: int) -> None:
    """Refuse what is no page, and a page that is not the whole answer to the question: late is better than gone.

    Gaps are lawful, where events were superseded long ago; but the newest event of all is never forgotten, so that
    an empty page leads nowhere.
    """
    try:
        page = FedPage.model_validate(answer)
    except ValidationError as error:
        raise http.RequestFailed(f"the feed of {source} is not of the agreed shape", 502) from error
    places = [event.feedseq for event in page.events]
    is_in_order = all(one < other for one, other in pairwise([after, *places]))
    is_whole = page.next == (places[-1] if places else after) <= page.head
    if page.after not in (None, after) or not is_in_order or not is_whole:
        raise http.RequestFailed(f"the feed of {source} answers with another page than that behind {after}", 502)
