"""`/v1/provisions`."""

from typing import Annotated

from fastapi import Query

from services.audit.domain import provisions
from services.audit.endpoints.callers import Reader
from services.audit.schemas.audits import ProvisionView
from shared.errors import Invalid
from shared.web.pages import Page
from shared.web.route import new_router

router = new_router("/v1/provisions", "provisions")


@router.get("")
async def list_provisions(
    _caller: Reader,
    standard: Annotated[str, Query(description="The standard")] = provisions.RBA,
    version: Annotated[str | None, Query(description="Its version; all unless given", examples=["8.0"])] = None,
) -> Page[ProvisionView]:
    """List the provisions that a finding can name, in the order of the standard, all on one page."""
    held = [edition for edition in provisions.CATALOGUE if edition[0] == standard and version in (None, edition[1])]
    if not held:
        raise Invalid(
            f"There is no {' '.join(filter(None, (standard, version)))}; held are {provisions.editions()}.",
            code="standard-unknown",
        )
    items = [ProvisionView.model_validate(p) for edition in held for p in provisions.CATALOGUE[edition].values()]
    return Page(items=items, next_cursor=None)
