"""`/invitation` and `/calendar`: where whoever is invited replies, gets the calendar file, and says what it was like.

The token of the link is all the authority there is: no cookie, so nothing that another site could make use of.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from services.engagement.domain.replies import Answer
from services.engagement.endpoints.pages import PAGES
from services.engagement.endpoints.pages.feedback_form import (
    FaultKind,
    held_values,
    posted_values,
    question_views,
    read_feedback,
)
from services.engagement.endpoints.pages.invitation_view import invitation_view
from services.engagement.service.event import calendar_files
from services.engagement.service.invitation import invitations, invited
from services.engagement.service.invitation.invited import Invited
from services.engagement.service.mail import links
from shared.errors import Conflict, Invalid, Malformed
from shared.languages import Language, preferred
from shared.web.caller import Opened
from shared.web.html.pages import PRIVATE
from shared.web.html.posted import Fields, read_fields
from shared.web.html.route import page_router
from shared.web.resources import Resources
from shared.web.transaction import Reading

MOST_BYTES = 512 * 1024
ANSWERS: Mapping[str, Answer] = {"accept": "accepted", "tentative": "tentative", "decline": "declined"}
FEEDBACK = "feedback"
SAVED = {"reply": "reply_saved", FEEDBACK: "feedback_saved"}
"""What the address says after a form was sent, and what the page then says."""

router = page_router(PAGES)


@router.api_route(links.INVITATION_PATH + "/{token}", methods=["GET", "HEAD"])
async def show_invitation(token: str, request: Request, session: Reading, resources: Opened) -> Response:
    """The event and what was answered; after it what remains of it, and the questions to those who were there."""
    invitation_id = links.open_token(resources, "invitation", token)
    found = await invited.open_invitation(session, invitation_id, datetime.now(UTC))
    return _page(request, token, found, note=SAVED.get(request.query_params.get("saved", "")))


@router.post(links.INVITATION_PATH + "/{token}")
async def answer_invitation(token: str, request: Request, resources: Opened) -> Response:
    """A reply, or what somebody who was there says of the event."""
    invitation_id = links.open_token(resources, "invitation", token)
    fields = await read_fields(request, MOST_BYTES)
    action = fields.get("action", ("",))[0]
    if action == FEEDBACK:
        return await _take_feedback(request, token, resources, invitation_id, fields)
    if action not in ANSWERS:
        raise Malformed("This is no button of the page.")
    try:
        async with resources.database.sessions() as session:
            await invitations.reply(session, invitation_id, ANSWERS[action], datetime.now(UTC))
            await session.commit()
            resources.ring(changed=session.info.get("rings", False), work=session.info.get("work", False))
    except Conflict:
        return await _as_it_stands(request, token, resources, invitation_id)
    return _back(request, "reply")


@router.api_route(links.CALENDAR_PATH + "/{token}", methods=["GET", "HEAD"])
async def get_invitations_calendar(token: str, request: Request, session: Reading, resources: Opened) -> Response:
    """The event as a calendar file, which phones open by themselves."""
    now = datetime.now(UTC)
    found = await invited.open_invitation(session, links.open_token(resources, "invitation", token), now)
    settings = links.settings_of(resources)
    reply_url = links.invitation_url(resources, found.invitation.id)
    content = calendar_files.published(
        found.event, settings, now, _language(request), reply_url, is_taken_back=not found.is_live
    )
    headers = {**PRIVATE, "Content-Disposition": 'inline; filename="event.ics"'}
    return Response(content, headers=headers, media_type=f"{calendar_files.MEDIA_TYPE}; method=PUBLISH; charset=utf-8")


async def _take_feedback(
    request: Request, token: str, resources: Resources, invitation_id: UUID, fields: Fields
) -> Response:
    now, values = datetime.now(UTC), posted_values(fields)
    async with resources.database.snapshots() as reading:
        found = await invited.open_invitation(reading, invitation_id, now)
    if not found.may_give_feedback:
        return await _as_it_stands(request, token, resources, invitation_id)
    new, faults = read_feedback(found.event.feedback_questions, values)
    if new is None:
        return _page(request, token, found, values=values, faults=faults, status=422)
    try:
        async with resources.database.sessions() as session:
            await invited.give_feedback(session, invitation_id, now, new)
            await session.commit()
            resources.ring(changed=session.info.get("rings", False), work=session.info.get("work", False))
    except (Conflict, Invalid):  # the event, or what it asks, has changed since it was read
        return await _as_it_stands(request, token, resources, invitation_id)
    return _back(request, FEEDBACK)


async def _as_it_stands(request: Request, token: str, resources: Resources, invitation_id: UUID) -> Response:
    """What was sent cannot be taken any more: the page as it is by now, saying so."""
    async with resources.database.snapshots() as reading:
        found = await invited.open_invitation(reading, invitation_id, datetime.now(UTC))
    return _page(request, token, found, note="not_taken", status=409)


def _page(
    request: Request,
    token: str,
    found: Invited,
    *,
    note: str | None = None,
    values: Mapping[str, Any] | None = None,
    faults: Mapping[str, FaultKind] | None = None,
    status: int = 200,
) -> Response:
    language = _language(request)
    rating = found.attendance.rating if found.attendance else None
    shown = held_values(rating, found.answers) if values is None else values
    questions = question_views(found.event.feedback_questions, shown, faults or {}, language)
    return PAGES.page(
        "invitation",
        language,
        status,
        view=invitation_view(found, questions),
        note=note,
        address=_address,
        calendar=f"..{links.CALENDAR_PATH}/{token}?lang={language}",
    )


def _back(request: Request, saved: str) -> Response:
    """To the page, relative to its own address: the door's path is not known here. A reload then posts nothing."""
    return RedirectResponse(f"{_address(_language(request))}&saved={saved}", 303, PRIVATE)


def _address(language: Language) -> str:
    return f"?lang={language}"


def _language(request: Request) -> Language:
    return preferred(request.query_params.get("lang"), request.headers.get("accept-language"))
