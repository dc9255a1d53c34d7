"""What engagement asks other services."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from services.engagement.schemas.suppliers import FoundSupplier, LookupAnswer
from shared.errors import Unavailable
from shared.feed.following import PAGE
from shared.http import RequestFailed
from shared.web.resources import Resources


async def look_up_suppliers(resources: Resources, codes: Collection[str], ids: Collection[UUID]) -> list[FoundSupplier]:
    """Those of these suppliers that the registry knows; Unavailable where it does not answer."""
    question = {"codes": sorted(codes), "ids": sorted(map(str, ids))}
    try:
        answer = await resources.ask_about("registry", "/v1/suppliers/lookup", question)
        return LookupAnswer.model_validate(answer).items
    except (RequestFailed, ValidationError) as error:
        raise Unavailable(
            "The registry cannot be asked about a supplier that is not known here yet; nothing was changed. Try again.",
            code="registry-unavailable",
        ) from error


async def fetch_feed_page(resources: Resources, source: str, after: int, epoch: UUID | None) -> dict[str, Any]:
    """A page of another service's feed; RequestFailed where it does not answer, 410 where it begins anew."""
    params: dict[str, Any] = {"after": after, "limit": PAGE}
    if epoch is not None:
        params["epoch"] = str(epoch)
    page: dict[str, Any] = await resources.ask(source, "/v1/feed", params=params)
    return page
