"""Newsletters, their links, and how far their mails have got."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import Delivery, Newsletter, NewsletterLink, SupplierCopy
from shared.errors import NotFound
from shared.ids import new_id


def newsletters_matching(
    *, newsletter_ref: str | None, status: str | None, event_id: UUID | None
) -> Select[*tuple[Any, ...]]:
    """The query for a list of newsletters."""
    query: Select[*tuple[Any, ...]] = select(Newsletter, Newsletter.id)
    if newsletter_ref is not None:
        query = query.where(Newsletter.newsletter_ref == newsletter_ref)
    if status is not None:
        query = query.where(Newsletter.status == status)
    return query if event_id is None else query.where(Newsletter.event_id == event_id)


async def has_ref(session: AsyncSession, newsletter_ref: str) -> bool:
    """Whether a newsletter has that reference, a withdrawn one too."""
    return bool(await session.scalar(select(exists().where(Newsletter.newsletter_ref == newsletter_ref))))


async def list_recaps(session: AsyncSession, event_id: UUID, prefix: str) -> list[Newsletter]:
    """An event's newsletters whose reference begins so, withdrawn ones too, in the order of their making."""
    of_event = (Newsletter.event_id == event_id, Newsletter.newsletter_ref.startswith(prefix, autoescape=True))
    return list((await session.scalars(select(Newsletter).where(*of_event).order_by(Newsletter.id))).all())


async def count_deliveries(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    """How many mails of each newsletter are in each state."""
    query = (
        select(Delivery.subject_id, Delivery.status, func.count())
        .where(Delivery.subject_id == func.any(list(ids)), Delivery.kind == "newsletter")
        .group_by(Delivery.subject_id, Delivery.status)
        .order_by(Delivery.status)
    )
    counts: dict[UUID, dict[str, int]] = defaultdict(dict)
    for newsletter_id, status, count in (await session.execute(query)).all():
        counts[newsletter_id][status] = count
    return counts


async def list_links(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, list[NewsletterLink]]:
    """The links of each newsletter, in the order in which they stand in it."""
    query = select(NewsletterLink).where(NewsletterLink.newsletter_id == func.any(list(ids)))
    links: dict[UUID, list[NewsletterLink]] = defaultdict(list)
    for link in (await session.scalars(query.order_by(NewsletterLink.id))).all():
        links[link.newsletter_id].append(link)
    return links


def add_links(session: AsyncSession, newsletter_id: UUID, urls: Iterable[str]) -> None:
    """Count from now on how often these addresses are followed."""
    session.add_all(NewsletterLink(id=new_id(), newsletter_id=newsletter_id, url=url, clicks=0) for url in urls)


async def count_click(session: AsyncSession, link_id: UUID) -> str:
    """The address of a link that was followed once more, or NotFound."""
    counted = (
        update(NewsletterLink)
        .where(NewsletterLink.id == link_id)
        .values(clicks=NewsletterLink.clicks + 1)
        .returning(NewsletterLink.url)
    )
    url = (await session.execute(counted)).scalar_one_or_none()
    if url is None:
        raise NotFound("This link leads nowhere.")
    return str(url)


async def name_recipients(session: AsyncSession, newsletter_id: UUID) -> dict[UUID, tuple[str, str]]:
    """Name and code of the suppliers whose people have not got their mail yet."""
    waiting = select(Delivery.supplier_id).where(
        Delivery.subject_id == newsletter_id, Delivery.kind == "newsletter", Delivery.status == "queued"
    )
    query = select(SupplierCopy.id, SupplierCopy.name, SupplierCopy.code).where(SupplierCopy.id.in_(waiting))
    return {supplier_id: (name, code) for supplier_id, name, code in (await session.execute(query)).all()}
