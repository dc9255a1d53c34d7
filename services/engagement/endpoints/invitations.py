"""`/v1/events/{event_id}/invitations` and the event as a calendar file."""

from collections import Counter
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Body, Depends, Query, Response

from services.engagement.domain.replies import REPLIES, Reply, places_left
from services.engagement.endpoints.callers import Reader, Writer
from services.engagement.models import Event, Invitation
from services.engagement.repository import invitations as repository
from services.engagement.repository import rows
from services.engagement.schemas.invitations import (
    InvitationFigures,
    InvitationReply,
    InvitationSummary,
    InvitationView,
    InvitationWithdrawal,
    NewInvitations,
    NotInvitedView,
    RecipientView,
)
from services.engagement.service.audience import audiences
from services.engagement.service.audience.audiences import Audience
from services.engagement.service.event import calendar_files
from services.engagement.service.invitation import invitations, inviting
from services.engagement.service.invitation.inviting import Invited
from services.engagement.service.mail import links
from shared.web.caller import Opened
from shared.web.etags import IfMatch, IfMatchWhereGiven, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/events/{event_id}/invitations", "invitations")
calendar_router = new_router("/v1/events/{event_id}/calendar.ics", "invitations")


async def meant(body: Annotated[NewInvitations, Body()], resources: Opened, _caller: Writer) -> Audience:
    """Whom the body means, which other services are asked before the transaction begins."""
    return await audiences.find_audience(resources, body.audience, "invitations")


Meant = Annotated[Audience, Depends(meant)]


def figures(invited: Invited) -> InvitationFigures:
    """Whom an audience means, as the API shows it."""
    audience = invited.audience
    return InvitationFigures(
        people=len(audience.recipients),
        suppliers=invited.suppliers,
        to_invite=len(invited.to_invite),
        already_invited=len(invited.already),
        by_reason=dict(invited.by_reason),
        by_language=dict(invited.by_language),
        recipients=[
            RecipientView(
                contact_id=recipient.contact_id,
                supplier_id=recipient.supplier_id,
                supplier_code=recipient.supplier_code,
                language=recipient.language,
                reasons=list(recipient.reasons),
                already_invited=recipient.person_ref in invited.already,
            )
            for recipient in audience.recipients
        ],
        left_out=[NotInvitedView.model_validate(left_out) for left_out in audience.left_out],
    )


def view(row: Any) -> InvitationView:
    """An invitation as the API shows it, of a row of the list."""
    computed = {"supplier_code": row.code, "mail": row.mail, "attended": row.attended}
    kept = {name: getattr(row.Invitation, name) for name in InvitationView.model_fields if name not in computed}
    return InvitationView.model_validate(kept | computed)


@router.post("/preview")
async def preview_invitations(event_id: UUID, given: Meant, session: Reading, _caller: Writer) -> InvitationFigures:
    """Show whom inviting this audience would invite; nothing is changed and nobody is written to."""
    return figures(await inviting.preview(session, event_id, given, datetime.now(UTC)))


@router.post("", status_code=201)
async def invite(event_id: UUID, given: Meant, session: Transaction, caller: Writer) -> InvitationFigures:
    """Invite whom this audience means, each person once; those who are invited already are left as they are."""
    return figures(await inviting.invite(session, caller.actor, event_id, given, datetime.now(UTC)))


@router.get("")
async def list_invitations(
    event_id: UUID,
    session: Reading,
    caller: Reader,
    pages: Pages,
    reply: Annotated[Reply | None, Query()] = None,
    supplier_id: Annotated[UUID | None, Query(description="Only this supplier's")] = None,
    attended: Annotated[bool | None, Query(description="Whether the person or its supplier attended")] = None,
    withdrawn: Annotated[bool | None, Query(description="Only those withdrawn, or only the others")] = None,
) -> Page[InvitationView]:
    """List who is invited, withdrawn ones included; a supplier sees its own people."""
    await rows.get(session, Event, event_id, "event")
    query = repository.invitations_matching(
        event_id, reply=reply, supplier_id=supplier_id, has_attended=attended, withdrawn=withdrawn
    )
    if caller.supplier_id is not None:
        query = query.where(Invitation.supplier_id == caller.supplier_id)
    found, following = await pages.read(session, query, Invitation.id)
    return Page(items=[view(row) for row in found], next_cursor=following)


@router.get("/summary")
async def summarise_invitations(event_id: UUID, session: Reading, caller: Reader) -> InvitationSummary:
    """Count who is invited, by reply and by what became of the mails."""
    caller.refuse_bound("event")
    event = await rows.get(session, Event, event_id, "event")
    by_reply: Counter[str] = Counter(dict.fromkeys(REPLIES, 0))
    by_mail: Counter[str] = Counter()
    withdrawn = 0
    for row in await repository.count(session, event_id):
        if row.is_withdrawn:
            withdrawn += row.people
            continue
        by_reply[row.reply] += row.people
        if row.status is not None:
            by_mail[row.status] += row.people
    return InvitationSummary.model_validate(
        {
            "invited": by_reply.total(),
            "withdrawn": withdrawn,
            "by_reply": by_reply,
            "by_mail": by_mail,
            "capacity": event.capacity,
            "places_left": places_left(event.capacity, by_reply["accepted"]),
        }
    )


@router.get("/{invitation_id}")
async def get_invitation(
    event_id: UUID, invitation_id: UUID, session: Reading, caller: Reader, response: Response
) -> InvitationView:
    """Read one invitation."""
    row = await repository.get_shown(session, event_id, invitation_id)
    caller.see_only_own(row.Invitation.supplier_id, "invitation")
    # What became of the mail, and whether the person came, is no change of the invitation.
    set_etag(response, row.Invitation.version, row.mail, row.attended)
    return view(row)


@router.post("/{invitation_id}/withdraw")
async def withdraw_invitation(
    event_id: UUID,
    invitation_id: UUID,
    body: InvitationWithdrawal,
    expected: IfMatch,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> InvitationView:
    """Take an invitation back: the person's calendar is told if it knows of the event, and the place is free."""
    await repository.get_shown(session, event_id, invitation_id)
    invitation = await invitations.withdraw_invitation(
        session, caller.actor, event_id, invitation_id, expected, body.reason
    )
    return await _shown(session, invitation, response)


@router.put("/{invitation_id}/reply")
async def reply_to_invitation(
    event_id: UUID,
    invitation_id: UUID,
    body: InvitationReply,
    expected: IfMatchWhereGiven,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> InvitationView:
    """Record what somebody answered; whoever accepts when all places are taken waits for one."""
    await repository.get_shown(session, event_id, invitation_id)
    invitation = await invitations.reply(
        session, invitation_id, body.reply, datetime.now(UTC), actor=caller.actor, expected=expected
    )
    return await _shown(session, invitation, response)


@calendar_router.get(
    "",
    response_class=Response,
    responses={200: {"content": {calendar_files.MEDIA_TYPE: {"schema": {"type": "string"}}}}},
)
async def get_calendar(event_id: UUID, session: Reading, caller: Reader, resources: Opened) -> Response:
    """Fetch the event as a calendar file (RFC 5545) that names nobody who is invited."""
    caller.refuse_bound("event")
    event = await rows.get(session, Event, event_id, "event")
    file = calendar_files.published(event, links.settings_of(resources), datetime.now(UTC))
    return Response(file, media_type=f"{calendar_files.MEDIA_TYPE}; charset=utf-8; method=PUBLISH")


async def _shown(session: Transaction, invitation: Invitation, response: Response) -> InvitationView:
    row = await repository.get_shown(session, invitation.event_id, invitation.id)
    set_etag(response, invitation.version, row.mail, row.attended)
    return view(row)
