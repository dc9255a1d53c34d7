"""`/link`: the counted way to an address that a newsletter names. It counts how often, not who."""

from uuid import UUID

from fastapi import Response
from fastapi.responses import RedirectResponse

from services.engagement.endpoints.pages import PAGES
from services.engagement.models import NewsletterLink
from services.engagement.repository import rows
from services.engagement.service.mail import links
from services.engagement.service.newsletter import newsletters
from shared.errors import NotFound
from shared.web.html.pages import PRIVATE
from shared.web.html.route import page_router
from shared.web.transaction import OpenTransaction, Reading

router = page_router(PAGES)


@router.get(links.LINK_PATH + "/{link_id}")
async def follow_link(link_id: str, session: OpenTransaction) -> Response:
    """To the address, counted; only addresses that a newsletter named are led to."""
    return _to(await newsletters.follow_link(session, _id_of(link_id)))


@router.head(links.LINK_PATH + "/{link_id}")
async def look_at_link(link_id: str, session: Reading) -> Response:
    """The same for programs that only look where a link leads: they are not counted."""
    return _to((await rows.get(session, NewsletterLink, _id_of(link_id), "link")).url)


def _to(url: str) -> Response:
    return RedirectResponse(url, 302, PRIVATE)


def _id_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("This link leads nowhere; perhaps it was cut off.") from None
