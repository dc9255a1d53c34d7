"""`/v1/newsletters`: the eNews, from a draft to the last mail."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.endpoints.callers import Reader, Writer
from services.engagement.models import Newsletter
from services.engagement.repository import newsletters as repository
from services.engagement.repository import rows
from services.engagement.schemas.fields import Language
from services.engagement.schemas.groups import MessageView
from services.engagement.schemas.newsletters import (
    Format,
    NewGroupPost,
    NewNewsletter,
    NewsletterPatch,
    NewsletterView,
    NewsletterWithdrawal,
    PreviewView,
    Status,
)
from services.engagement.service.newsletter import newsletters, posts, previews
from services.engagement.service.newsletter.newsletters import FoundAudience
from shared.web.caller import Opened
from shared.web.etags import IfMatch, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/newsletters", "newsletters")

# What was written comes without a script anyway; a browser is told so as well.
SAFELY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}


async def found_audience(newsletter_id: UUID, resources: Opened, caller: Writer) -> FoundAudience | None:
    """Whom the draft's rule finds, asked before the transaction begins."""
    caller.refuse_bound("newsletter")
    return await newsletters.find_audience(resources, newsletter_id)


async def views_of(session: AsyncSession, found: Sequence[Newsletter]) -> list[NewsletterView]:
    """Newsletters with how far their mails have got, and how often their links were followed."""
    ids = [newsletter.id for newsletter in found]
    counts, links = await repository.count_deliveries(session, ids), await repository.list_links(session, ids)
    own = set(NewsletterView.model_fields) - {"deliveries", "links"}
    return [
        NewsletterView.model_validate(
            {name: getattr(row, name) for name in own}
            | {"deliveries": counts.get(row.id, {}), "links": links.get(row.id, [])}
        )
        for row in found
    ]


async def answer(session: AsyncSession, response: Response, newsletter: Newsletter) -> NewsletterView:
    """The newsletter, with an ETag that changes with its counts too."""
    [view] = await views_of(session, [newsletter])
    counts = [f"{status}{count}" for status, count in sorted(view.deliveries.items())]
    set_etag(response, newsletter.version, *counts, sum(link.clicks for link in view.links))
    return view


@router.post("", status_code=201)
async def create_newsletter(
    body: NewNewsletter, session: Transaction, caller: Writer, response: Response
) -> NewsletterView:
    """Draft an issue. Its texts are read and filled in once: what could not be sent is refused now, with its line."""
    newsletter = await newsletters.create_newsletter(session, caller.actor, body)
    response.headers["Location"] = f"/v1/newsletters/{newsletter.id}"
    return await answer(session, response, newsletter)


@router.get("")
async def list_newsletters(
    session: Reading,
    caller: Reader,
    pages: Pages,
    newsletter_ref: Annotated[str | None, Query(description="Exactly this reference")] = None,
    status: Annotated[Status | None, Query(description="Only issues in this state")] = None,
    event_id: Annotated[UUID | None, Query(description="Only those that tell of this event")] = None,
) -> Page[NewsletterView]:
    """List issues in the order in which they were drafted."""
    caller.refuse_bound("newsletter")
    query = repository.newsletters_matching(newsletter_ref=newsletter_ref, status=status, event_id=event_id)
    found, following = await pages.read(session, query, Newsletter.id)
    return Page(items=await views_of(session, [row.Newsletter for row in found]), next_cursor=following)


@router.get("/{newsletter_id}")
async def get_newsletter(newsletter_id: UUID, session: Reading, caller: Reader, response: Response) -> NewsletterView:
    """Read one issue, how many of its mails are in which state, and how often its links were followed."""
    caller.refuse_bound("newsletter")
    return await answer(session, response, await rows.get(session, Newsletter, newsletter_id, "newsletter"))


@router.patch("/{newsletter_id}")
async def change_newsletter(
    newsletter_id: UUID,
    body: NewsletterPatch,
    expected: IfMatch,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> NewsletterView:
    """Change the fields that the body names, as long as the issue is a draft."""
    newsletter = await newsletters.change_newsletter(session, caller.actor, newsletter_id, expected, body)
    return await answer(session, response, newsletter)


@router.post("/{newsletter_id}/withdraw")
async def withdraw_newsletter(
    newsletter_id: UUID,
    body: NewsletterWithdrawal,
    expected: IfMatch,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> NewsletterView:
    """Send nothing more of an issue: a draft is done with, of one being sent what has gone out stays."""
    newsletter = await newsletters.withdraw_newsletter(session, caller.actor, newsletter_id, expected, body.reason)
    return await answer(session, response, newsletter)


@router.post("/{newsletter_id}/preview")
async def preview_newsletter(newsletter_id: UUID, resources: Opened, caller: Reader) -> PreviewView:
    """Whom sending it now would reach and whom not, and how it reads in each language; this changes nothing."""
    caller.refuse_bound("newsletter")
    return await previews.preview(resources, newsletter_id)


@router.get(
    "/{newsletter_id}/rendered",
    response_class=Response,
    responses={200: {"content": {"text/html": {}, "text/plain": {}}, "description": "The issue"}},
)
async def render_newsletter(
    newsletter_id: UUID,
    resources: Opened,
    session: Reading,
    caller: Reader,
    language: Annotated[Language | None, Query(description="The reader's; default: the issue's")] = None,
    wanted: Annotated[Format, Query(alias="format")] = "html",
) -> Response:
    """Read an issue as its readers get it; its links lead straight to where they lead, and are not counted."""
    caller.refuse_bound("newsletter")
    newsletter = await rows.get(session, Newsletter, newsletter_id, "newsletter")
    rendered = await previews.render(resources, session, newsletter, language)
    headers = {**SAFELY, "Content-Language": rendered.language}
    if wanted == "text":
        return Response(rendered.text, media_type="text/plain", headers=headers)
    return Response(rendered.html, media_type="text/html", headers=headers)


@router.post("/{newsletter_id}/send", status_code=202)
async def send_newsletter(
    newsletter_id: UUID,
    found: Annotated[FoundAudience | None, Depends(found_audience)],
    expected: IfMatch,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> NewsletterView:
    """Send an issue to everybody whom its rule finds now, one mail each; a second time is refused."""
    newsletter = await newsletters.send_newsletter(session, caller.actor, newsletter_id, expected, found)
    return await answer(session, response, newsletter)


@router.post(
    "/{newsletter_id}/group-posts",
    status_code=201,
    responses={202: {"model": MessageView, "description": "Queued: the group's robot posts it as soon as it may"}},
)
async def post_newsletter(
    newsletter_id: UUID, body: NewGroupPost, resources: Opened, session: Transaction, caller: Writer, response: Response
) -> MessageView:
    """Post an issue that goes or went out to a chat group: its titles, how they begin, and its counted links."""
    message = await posts.post_issue(resources, session, caller.actor, newsletter_id, body)
    response.status_code = 202 if message.status == "queued" else 201
    set_etag(response, message.version)
    response.headers["Location"] = f"/v1/groups/{message.group_id}/messages/{message.id}"
    return MessageView.model_validate(message)
