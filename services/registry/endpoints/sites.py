"""`/v1/suppliers/{supplier_id}/sites`."""

from typing import Annotated
from uuid import UUID

from fastapi import Response
from sqlalchemy import select

from services.registry import repository
from services.registry.models import Site, Supplier
from services.registry.schemas.sites import NewSite, SiteFields, SiteView
from services.registry.service import sites
from shared.auth.principal import Principal
from shared.errors import NotFound
from shared.web.caller import scoped
from shared.web.etags import IfMatch, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/suppliers/{supplier_id}/sites", "sites")

Reader = Annotated[Principal, scoped("registry:read")]
Writer = Annotated[Principal, scoped("registry:write")]


@router.get("")
async def list_sites(supplier_id: UUID, session: Reading, _caller: Reader, pages: Pages) -> Page[SiteView]:
    """List a supplier's sites."""
    await repository.get(session, Supplier, supplier_id, "supplier")
    rows, following = await pages.read(session, select(Site, Site.id).where(Site.supplier_id == supplier_id), Site.id)
    return Page(items=[SiteView.model_validate(row.Site) for row in rows], next_cursor=following)


@router.post("", status_code=201)
async def create_site(
    supplier_id: UUID, body: NewSite, session: Transaction, caller: Writer, response: Response
) -> SiteView:
    """Create a site."""
    site = await sites.create_site(session, caller.actor, supplier_id, body)
    set_etag(response, site.version)
    response.headers["Location"] = f"/v1/suppliers/{supplier_id}/sites/{site.id}"
    return SiteView.model_validate(site)


@router.get("/{site_id}")
async def get_site(supplier_id: UUID, site_id: UUID, session: Reading, _caller: Reader, response: Response) -> SiteView:
    """Read one site."""
    site = await repository.get(session, Site, site_id, "site")
    if site.supplier_id != supplier_id:
        raise NotFound("No such site.")
    set_etag(response, site.version)
    return SiteView.model_validate(site)


@router.put("/{site_id}")
async def put_site(
    supplier_id: UUID,
    site_id: UUID,
    body: SiteFields,
    expected: IfMatch,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> SiteView:
    """Replace what is known of a site."""
    if (await repository.get(session, Site, site_id, "site")).supplier_id != supplier_id:
        raise NotFound("No such site.")
    site = await sites.put_site(session, caller.actor, site_id, expected, body)
    set_etag(response, site.version)
    return SiteView.model_validate(site)
