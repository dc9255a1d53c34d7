"""`/unsubscribe`: wanting no more of such mails, by a mail program's one click (RFC 8058) or by a button on a page.

A GET only ever shows: programs that look at all links of a mail before its reader does unsubscribe nobody.
"""

from fastapi import Request, Response
from fastapi.responses import PlainTextResponse

from services.engagement.endpoints.pages import PAGES
from services.engagement.service.mail import links, unsubscribing
from services.engagement.service.mail.unsubscribing import Subscription
from shared.errors import Malformed
from shared.languages import Language, preferred
from shared.web.caller import Opened
from shared.web.html.pages import PRIVATE
from shared.web.html.posted import read_fields
from shared.web.html.route import page_router
from shared.web.transaction import OpenTransaction, Reading

MOST_BYTES = 4096
ONE_CLICK = {"List-Unsubscribe": ("One-Click",)}
STOP, AGAIN = "stop", "again"

router = page_router(PAGES)


@router.api_route(links.UNSUBSCRIBE_PATH + "/{token}", methods=["GET", "HEAD"])
async def show_subscription(token: str, request: Request, session: Reading, resources: Opened) -> Response:
    """What the reader gets, and the button that ends it."""
    delivery_id = links.open_token(resources, "unsubscribe", token)
    return _page(request, await unsubscribing.find_subscription(session, delivery_id))


@router.post(links.UNSUBSCRIBE_PATH + "/{token}")
async def change_subscription(token: str, request: Request, session: OpenTransaction, resources: Opened) -> Response:
    """A mail program's one click, or a button of the page; anything else changes nothing."""
    delivery_id = links.open_token(resources, "unsubscribe", token)
    fields = await read_fields(request, MOST_BYTES)
    if fields == ONE_CLICK:
        await unsubscribing.stop_mails(session, delivery_id)
        return PlainTextResponse("Unsubscribed.\n", headers=PRIVATE)
    if fields.get("action") == (STOP,):
        return _page(request, await unsubscribing.stop_mails(session, delivery_id), was_changed=True)
    if fields.get("action") == (AGAIN,):
        subscription = await unsubscribing.resume_mails(session, delivery_id)
        return _page(request, subscription, was_changed=True)
    raise Malformed("This is neither a one-click unsubscription nor a button of the page.")


def _page(request: Request, subscription: Subscription, *, was_changed: bool = False) -> Response:
    language = preferred(request.query_params.get("lang"), request.headers.get("accept-language"))
    return PAGES.page("unsubscribe", language, subscription=subscription, was_changed=was_changed, address=_address)


def _address(language: Language) -> str:
    return f"?lang={language}"
