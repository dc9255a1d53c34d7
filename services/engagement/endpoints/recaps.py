"""`/v1/events/{id}/recap` and `/v1/events/{id}/group-reminders`: what an event leads to in newsletters and groups."""

from uuid import UUID

from fastapi import Response

from services.engagement.endpoints.callers import Writer
from services.engagement.endpoints.newsletters import answer
from services.engagement.schemas.groups import MessageView
from services.engagement.schemas.newsletters import NewGroupPost, NewRecap, NewsletterView
from services.engagement.service.newsletter import posts, recaps
from shared.web.etags import set_etag
from shared.web.route import new_router
from shared.web.transaction import Transaction

router = new_router("/v1/events", "newsletters")


@router.post("/{event_id}/recap", status_code=201)
async def draft_recap(
    event_id: UUID, session: Transaction, caller: Writer, response: Response, body: NewRecap | None = None
) -> NewsletterView:
    """Draft the issue that tells of an event to those who were invited and absent, from what is recorded of it."""
    newsletter = await recaps.draft_recap(session, caller.actor, event_id, body or NewRecap())
    response.headers["Location"] = f"/v1/newsletters/{newsletter.id}"
    return await answer(session, response, newsletter)


@router.post(
    "/{event_id}/group-reminders",
    status_code=201,
    responses={202: {"model": MessageView, "description": "Queued: the group's robot posts it as soon as it may"}},
)
async def remind_group(
    event_id: UUID, body: NewGroupPost, session: Transaction, caller: Writer, response: Response
) -> MessageView:
    """Remind a chat group of an event that is still to come; where it is joined stays in the invitations."""
    message = await posts.remind_group(session, caller.actor, event_id, body)
    response.status_code = 202 if message.status == "queued" else 201
    set_etag(response, message.version)
    response.headers["Location"] = f"/v1/groups/{message.group_id}/messages/{message.id}"
    return MessageView.model_validate(message)
