"""`/v1/standards`, and the `/v1/provisions` of them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.audit.domain.provisions import RBA
from services.audit.endpoints.callers import Reader, Writer
from services.audit.models import Standard
from services.audit.repository import standards as repository
from services.audit.schemas.standards import NewStandard, ProvisionView, StandardView
from services.audit.service import standards
from shared.web.etags import set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1", "standards")
UNCHANGING = 1
"""The version of every edition: a standard that is held never changes."""


@router.post("/standards", status_code=201)
async def add_standard(body: NewStandard, session: Transaction, caller: Writer, response: Response) -> StandardView:
    """Add a standard, or a further version of one, with its provisions; findings can name them from then on."""
    standard = await standards.add_standard(session, caller.actor, body)
    response.headers["Location"] = f"/v1/standards/{standard.id}"
    set_etag(response, UNCHANGING)
    return StandardView.model_validate(standard)


@router.get("/standards")
async def list_standards(
    session: Reading,
    _caller: Reader,
    pages: Pages,
    standard: Annotated[str | None, Query(description="The versions of this standard")] = None,
) -> Page[StandardView]:
    """List the standards and versions that are held."""
    rows, following = await pages.read(session, repository.standards_matching(standard), Standard.id)
    return Page(items=[StandardView.model_validate(row.Standard) for row in rows], next_cursor=following)


@router.get("/standards/{standard_id}")
async def get_standard(standard_id: UUID, session: Reading, _caller: Reader, response: Response) -> StandardView:
    """Read one version of a standard."""
    set_etag(response, UNCHANGING)
    return StandardView.model_validate(await repository.get_standard(session, standard_id))


@router.get("/provisions")
async def list_provisions(
    session: Reading,
    _caller: Reader,
    standard: Annotated[str, Query(description="The standard")] = RBA,
    version: Annotated[str | None, Query(description="Its version; all unless given", examples=["8.0"])] = None,
) -> Page[ProvisionView]:
    """List the provisions that a finding can name, in the order of the standard, all on one page."""
    held = await repository.list_provisions(session, standard, version)
    if not held:
        await standards.check_standard_known(session, standard, version)
    items = [
        ProvisionView.model_validate({**_shown(provision), "section_title": section_title})
        for provision, section_title in held
    ]
    return Page(items=items, next_cursor=None)


def _shown(provision: object) -> dict[str, str]:
    return {name: getattr(provision, name) for name in ProvisionView.model_fields if name != "section_title"}
