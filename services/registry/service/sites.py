"""Sites of suppliers."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry import repository
from services.registry.models import Site, Supplier
from services.registry.schemas.sites import NewSite, SiteFields
from shared import journal
from shared.auth.principal import Actor
from shared.errors import Conflict
from shared.ids import new_id
from shared.journal import Change
from shared.web.etags import Expected

FIELDS = tuple(SiteFields.model_fields)

SiteChange = tuple[Site, dict[str, Any]]
"""A site and its state before; an empty one for a new site."""


def feed_state(site: Site) -> dict[str, Any]:
    """A site as the feed tells it."""
    return {"supplier_id": str(site.supplier_id), "site_code": site.site_code} | {
        name: getattr(site, name) for name in FIELDS
    }


def build(supplier_id: UUID, site_code: str) -> Site:
    """A site that has nothing yet but its code."""
    return Site(id=new_id(), version=0, supplier_id=supplier_id, site_code=site_code)


def apply_fields(site: Site, fields: Mapping[str, Any]) -> SiteChange | None:
    """Set the given fields; None where nothing differs."""
    before = feed_state(site) if site.version else {}
    for name, value in fields.items():
        setattr(site, name, value)
    return None if feed_state(site) == before else (site, before)


async def create_site(session: AsyncSession, actor: Actor, supplier_id: UUID, new: NewSite) -> Site:
    """A new site; Conflict where the supplier has one with that code."""
    await repository.get(session, Supplier, supplier_id, "supplier")
    if await repository.lock_sites(session, [(supplier_id, new.site_code)]):
        raise Conflict(f"The supplier has a site with the code {new.site_code}.", code="code-taken")
    site = build(supplier_id, new.site_code)
    apply_fields(site, {name: getattr(new, name) for name in FIELDS})
    session.add(site)
    await save(session, actor, [(site, {})])
    return site


async def put_site(session: AsyncSession, actor: Actor, site_id: UUID, expected: Expected, fields: SiteFields) -> Site:
    """The site as `fields` has it."""
    site = await repository.lock(session, Site, site_id, "site")
    expected.check(site.version)
    change = apply_fields(site, {name: getattr(fields, name) for name in FIELDS})
    if change is not None:
        await save(session, actor, [change])
    return site


async def save(session: AsyncSession, actor: Actor, changes: Sequence[SiteChange]) -> None:
    """Write changed sites and what happened to them."""
    for site, _ in changes:
        site.version += 1
    await session.flush()
    await journal.record(
        session,
        actor,
        [
            Change(f"site.{'updated' if before else 'created'}", site.id, site.version, feed_state(site), before)
            for site, before in changes
        ],
    )
