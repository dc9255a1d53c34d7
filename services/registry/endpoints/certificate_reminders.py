"""`/v1/certificate-reminders`, and where they are asked for: `/v1/suppliers/{supplier_id}/certificate-reminders`."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response

from services.registry import repository
from services.registry.models import CertificateReminder
from services.registry.schemas.certificate_reminders import (
    CertificateReminderAnswer,
    CertificateReminderBody,
    CertificateReminderView,
)
from services.registry.service import certificate_reminders
from shared.auth.principal import Principal
from shared.auth.tokens import SERVICE_ISSUER
from shared.days import IsoDate
from shared.errors import Forbidden
from shared.web.caller import scoped
from shared.web.etags import IfMatchWhereGiven, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

asking_router = new_router("/v1/suppliers/{supplier_id}/certificate-reminders", "certificate reminders")
router = new_router("/v1/certificate-reminders", "certificate reminders")

Reader = Annotated[Principal, scoped("registry:read")]
Writer = Annotated[Principal, scoped("registry:write")]

ASKING_SERVICE = SERVICE_ISSUER + "engagement"


async def may_ask(caller: Reader) -> Principal:
    """A caller that may change the registry, or the service that knows who completed a course.

    Services' tokens only read; that no more of the registry is opened to them, this one thing is allowed by name.
    """
    if caller.sub != ASKING_SERVICE and not caller.has("registry:write"):
        raise Forbidden("The token lacks the scope registry:write.", code="insufficient-scope")
    return caller


@asking_router.put(
    "/{source_id}", responses={201: {"model": CertificateReminderAnswer, "description": "It was created"}}
)
async def put_certificate_reminder(
    supplier_id: UUID,
    source_id: UUID,
    body: CertificateReminderBody,
    session: Transaction,
    caller: Annotated[Principal, Depends(may_ask)],
    response: Response,
) -> CertificateReminderAnswer:
    """Have the supplier reminded of a certificate, once for each standard and source: the first reminder stays.

    None is made where a certificate of the standard is valid for the next 90 days; `covered_until` then says until
    when. Needs registry:write; the engagement service may do it too, when a course is completed.
    """
    today = datetime.now(UTC).date()
    asked = await certificate_reminders.remind_of_certificate(
        session, caller.actor, supplier_id, source_id, body, today
    )
    if asked.reminder is not None:
        set_etag(response, asked.reminder.version)
        if asked.is_new:
            response.status_code = 201
            response.headers["Location"] = f"/v1/certificate-reminders/{asked.reminder.id}"
    return CertificateReminderAnswer.model_validate(asked)


@router.get("")
async def list_certificate_reminders(
    session: Reading,
    _caller: Reader,
    pages: Pages,
    is_open: Annotated[bool | None, Query(alias="open", description="Not done yet, or done")] = None,
    standard: Annotated[str | None, Query(examples=["ISO 14001"])] = None,
    supplier_id: Annotated[UUID | None, Query()] = None,
    due_before: Annotated[IsoDate | None, Query(description="Due before this day")] = None,
) -> Page[CertificateReminderView]:
    """List reminders in the order in which they were created."""
    query = repository.certificate_reminders_matching(
        is_open=is_open, standard=standard, supplier_id=supplier_id, due_before=due_before
    )
    rows, following = await pages.read(session, query, CertificateReminder.id)
    items = [CertificateReminderView.model_validate(row.CertificateReminder) for row in rows]
    return Page(items=items, next_cursor=following)


@router.get("/{reminder_id}")
async def get_certificate_reminder(
    reminder_id: UUID, session: Reading, _caller: Reader, response: Response
) -> CertificateReminderView:
    """Read one reminder."""
    reminder = await repository.get(session, CertificateReminder, reminder_id, "certificate reminder")
    set_etag(response, reminder.version)
    return CertificateReminderView.model_validate(reminder)


@router.post("/{reminder_id}/done")
async def settle_certificate_reminder(
    reminder_id: UUID, expected: IfMatchWhereGiven, session: Transaction, caller: Writer, response: Response
) -> CertificateReminderView:
    """Settle a reminder whose certificate will not be recorded here. One that is recorded settles it by itself."""
    today = datetime.now(UTC).date()
    reminder = await certificate_reminders.settle_reminder(session, caller.actor, reminder_id, expected, today)
    set_etag(response, reminder.version)
    return CertificateReminderView.model_validate(reminder)
