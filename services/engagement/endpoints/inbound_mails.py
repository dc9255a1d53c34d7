"""`/v1/inbound-mails`: what a mail server pipes in of the mails that come back."""

from typing import Annotated

from fastapi import Depends, Request

from services.engagement.domain.delivery_reports import Report
from services.engagement.endpoints.callers import Writer
from services.engagement.schemas.inbound_mails import InboundMailView
from services.engagement.service.mail import inbound
from shared.errors import Unsupported
from shared.web.caller import Opened
from shared.web.route import new_router
from shared.web.transaction import Transaction

router = new_router("/v1/inbound-mails", "inbound mails")

MEDIA_TYPE = "message/rfc822"
MAIL_BODY = {
    "requestBody": {"required": True, "content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
}


async def read_mail(request: Request, caller: Writer) -> Report:
    """What the request's mail says, read before the transaction begins."""
    caller.refuse_bound("mail")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise Unsupported(f"Send the mail as it came in, as {MEDIA_TYPE}.")
    # The middleware lets no more than 1 MiB through.
    return await inbound.read_mail(await request.body())


@router.post("", openapi_extra=MAIL_BODY)
async def take_mail(
    report: Annotated[Report, Depends(read_mail)], session: Transaction, resources: Opened, _caller: Writer
) -> InboundMailView:
    """Hand in a mail that came to the address of the bounces or of the sender; the answer says what was understood.

    Delivery status notifications (RFC 3464) mark the mail as bounced, and where the mailbox is at fault nobody writes
    to it any more. Abuse reports (RFC 5965) and mails whose subject is `unsubscribe` and the token of a mail's link
    withdraw consent. Answers of calendars (RFC 5546) reply to the invitation. The same mail again changes nothing.
    The mail is not kept.
    """
    return await inbound.take(session, resources, report)
