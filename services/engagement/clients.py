"""What engagement asks other services."""

from collections.abc import Collection
from uuid import UUID

from pydantic import ValidationError

from services.engagement.schemas.suppliers import FoundSupplier, LookupAnswer
from shared.errors import Unavailable
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
