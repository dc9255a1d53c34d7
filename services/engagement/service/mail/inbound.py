"""Mails that come in: what bounced is noted, who complains or has enough gets no more, calendars' answers count."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import delivery_reports, person_refs
from services.engagement.domain.delivery_reports import Report
from services.engagement.models import Delivery
from services.engagement.repository import deliveries as repository
from services.engagement.schemas.inbound_mails import InboundMailView
from services.engagement.service import people
from services.engagement.service.invitation import calendar_replies, invitations
from services.engagement.service.mail import links, unsubscribing
from shared.errors import Malformed, NotFound
from shared.mail import in_short
from shared.web.resources import Resources

NOTHING = InboundMailView(understood="nothing", delivery_id=None, invitation_id=None)


async def read_mail(raw: bytes) -> Report:
    """What a mail says, or Malformed; beside the other requests, since a large one takes a while."""
    try:
        return await asyncio.to_thread(delivery_reports.read, raw)
    except delivery_reports.NoMail:
        raise Malformed("This is no mail: it has no headers, or too many parts within parts.") from None


async def take(session: AsyncSession, resources: Resources, report: Report) -> InboundMailView:
    """Do what the mail calls for; the same mail again changes nothing."""
    if report.what == "reply":
        return await _take_reply(session, resources, report)
    if report.what == "unsubscription":
        return await _take_unsubscription(session, resources, report)
    delivery = await repository.find_with_id(session, report.named) if report.named else None
    if delivery is None:
        return NOTHING
    said = in_short(f"{report.status} {report.said}".strip()) or None
    if report.what == "bounce":
        await _note_bounce(session, delivery, report.status, said)
    elif report.what == "delay":
        if delivery.status == "sent":
            delivery.detail = said
    else:
        await unsubscribing.stop_mails(session, delivery.id)
    return InboundMailView(understood=report.what, delivery_id=delivery.id, invitation_id=delivery.invitation_id)


async def _note_bounce(session: AsyncSession, delivery: Delivery, status: str, said: str | None) -> None:
    now = datetime.now(UTC)
    if delivery.status != "bounced":
        delivery.status, delivery.bounced_at, delivery.detail = "bounced", now, said
    if delivery_reports.is_about_the_mailbox(status):
        await people.mark_unreachable(session, delivery.person_ref, now)


async def _take_reply(session: AsyncSession, resources: Resources, report: Report) -> InboundMailView:
    reply = calendar_replies.read_reply(report.calendar)
    if reply is None:
        return NOTHING
    invitation = await invitations.take_calendar_reply(
        session, resources.cursor_key, reply.uid, reply.address, reply.partstat, reply.sequence
    )
    if invitation is None:
        return NOTHING
    return InboundMailView(understood="reply", delivery_id=None, invitation_id=invitation.id)


async def _take_unsubscription(session: AsyncSession, resources: Resources, report: Report) -> InboundMailView:
    try:
        delivery_id = await _find_unsubscribed(session, resources, report)
        if delivery_id is None:
            return NOTHING
        await unsubscribing.stop_mails(session, delivery_id)
    except NotFound:
        return NOTHING
    return InboundMailView(understood="unsubscription", delivery_id=delivery_id, invitation_id=None)


async def _find_unsubscribed(session: AsyncSession, resources: Resources, report: Report) -> UUID | None:
    """The mail of whose kind there shall be no more: that of the token, else the sender's last newsletter."""
    if report.token:
        return links.open_token(resources, "unsubscribe", report.token)
    ref = person_refs.of_address(resources.cursor_key, report.sender)
    return await repository.find_last_newsletter(session, ref)
