"""Reminding suppliers that have not answered the survey: which rounds are due, and sending them.

A row in survey_reminder is the memory that a supplier was reminded. It is written right after its mails, one supplier
at a time, so a worker that dies in between costs those few people a second mail and nobody the only one; one that is
told to stop, as it is every half a minute, first writes that row. However many die over a round, it is seen through
as long as each reminds somebody.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.domain import reminders as rules
from services.audit.models import Survey, SurveyResponse
from services.audit.repository import survey_reminders as repository
from services.audit.repository import surveys as surveys_repository
from services.audit.service import reminder_mails, survey_links
from services.audit.service.reminder_mails import Reminder
from services.audit.service.today import today
from shared import tasks
from shared.auth.principal import Actor
from shared.contacts import ContactsClient, KnownContact
from shared.errors import Conflict
from shared.holding import hold
from shared.mail import MailAway, Mailer, MailPutOff
from shared.tasks import Lease, to_its_end
from shared.web.resources import Resources

ROUND_TASK = "send_reminders"
ONE_TASK = "send_put_off_reminder"
AT_ONCE = 500
PUT_OFF_FOR = timedelta(minutes=5)
"""Servers that do not know us yet (greylisting) take nothing sooner."""

SENDER = Actor(sub="reminders", client_id=None)
_ROUNDS = UUID("5b0f0a53-6f0e-4c0e-9d43-3f0f7d1b7c6a")

log = structlog.get_logger()


@dataclass
class Sent:
    """What became of the mails to one supplier."""

    taken: int = 0
    refused: list[str] = field(default_factory=list)
    put_off: list[tuple[KnownContact, str]] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        """In one word."""
        return "put_off" if self.put_off else "sent" if self.taken else "refused"

    @property
    def detail(self) -> str | None:
        """What the server said, where it did not take everything."""
        return "; ".join(dict.fromkeys([*self.refused, *[said for _, said in self.put_off]]))[:1000] or None


class Planner:
    """Finds the rounds of reminders that are due and has the worker send them."""

    def __init__(self, resources: Resources) -> None:
        """To be called now and then."""
        self._resources = resources

    async def plan(self, now: datetime) -> int:
        """Enqueue the rounds that are due and were not before; returns how many."""
        planned = 0
        async with self._resources.database.transaction() as session:
            # One at a time, also of several workers: a round's task has the round's id.
            await hold(session, "reminders")
            for survey in await repository.list_open_surveys(session, now.date()):
                day = rules.due_reminder(survey.opened_on, survey.due_on, survey.reminder_days, now.date())
                if day is None:
                    continue
                round_id = uuid5(_ROUNDS, f"{survey.id} {day}")
                if not await repository.is_planned(session, round_id):
                    await tasks.enqueue(session, ROUND_TASK, _payload(survey.id, day), task_id=round_id)
                    planned += 1
        if planned:
            self._resources.ring(changed=False, work=True)
        return planned


async def ask_for_round(session: AsyncSession, survey_id: UUID) -> tuple[UUID, date]:
    """Have all who have not answered reminded now, but for those reminded today; the task's id and its day."""
    survey, day = await surveys_repository.get_survey(session, survey_id), today()
    if survey.opened_on > day:
        raise Conflict("The campaign has not opened yet.", code="not-open")
    return await tasks.enqueue(session, ROUND_TASK, _payload(survey_id, day)), day


async def send_round(resources: Resources, lease: Lease) -> None:
    """The task of a round: remind, supplier by supplier, whoever has not answered and was not reminded since its day.

    Unavailable where the mail server or the registry is away; those reminded until then stay so.
    """
    survey_id, day = UUID(lease.payload["survey_id"]), date.fromisoformat(lease.payload["due_on"])
    smtp_url = survey_links.settings_of(resources).smtp_url
    after: UUID | None = None
    while True:
        async with resources.database.transaction() as session:
            await lease.extend(session, has_advanced=smtp_url is None)
            survey = await surveys_repository.get_survey(session, survey_id)
            batch = await repository.list_to_remind(session, survey_id, day, after, AT_ONCE)
            if not batch:
                await lease.complete(session)
                return
            after = batch[-1].id
            if smtp_url is None:
                await repository.note(session, [_row(response.id, day, "not_configured") for response in batch])
                continue
        contacts = await _contacts_of(resources, [response.supplier_id for response in batch])
        async with Mailer.open(smtp_url, resources.settings.outbound) as mailer:
            for response in batch:
                known = contacts.get(response.supplier_id, [])
                await to_its_end(_remind(resources, mailer, lease, survey, response.id, day, known))


async def send_put_off(resources: Resources, lease: Lease) -> None:
    """The task that follows a mail that the server wanted later: the same mail again, unless it became needless."""
    await to_its_end(_send_again(resources, lease))


async def _send_again(resources: Resources, lease: Lease) -> None:
    response_id, day = UUID(lease.payload["response_id"]), date.fromisoformat(lease.payload["due_on"])
    contact_id, supplier_id = UUID(lease.payload["contact_id"]), UUID(lease.payload["supplier_id"])
    smtp_url = survey_links.settings_of(resources).smtp_url
    known = await ContactsClient(resources).look_up([supplier_id])
    to = [contact for contact in known if contact.contact_id == contact_id]
    sent = Sent()
    async with resources.database.transaction() as session:
        survey = await surveys_repository.get_survey(session, UUID(lease.payload["survey_id"]))
    reminder = await _prepare(resources, lease, survey, response_id, day, late=True)
    if reminder is not None and to and smtp_url is not None:
        async with Mailer.open(smtp_url, resources.settings.outbound) as mailer:
            await _send(mailer, resources, reminder, to, sent)
        if sent.put_off:
            raise MailPutOff(sent.put_off[0][1])
    async with resources.database.transaction() as session:
        await repository.note_late(session, response_id, day, sent.taken, sent.detail)
        await lease.complete(session)


async def give_up_put_off(session: AsyncSession, payload: Mapping[str, Any]) -> None:
    """Note that a mail was never taken."""
    day = date.fromisoformat(payload["due_on"])
    detail = "The mail server put a mail off until it was given up."
    await repository.note_late(session, UUID(payload["response_id"]), day, 0, detail)


async def _remind(
    resources: Resources,
    mailer: Mailer,
    lease: Lease,
    survey: Survey,
    response_id: UUID,
    day: date,
    contacts: list[KnownContact],
) -> None:
    """Remind one supplier, unless it has answered by now, and note it."""
    if not contacts:
        async with resources.database.transaction() as session:
            await lease.extend(session, has_advanced=True)
            await repository.note(session, [_row(response_id, day, "no_contact")])
        return
    reminder = await _prepare(resources, lease, survey, response_id, day)
    if reminder is None:
        return
    sent = Sent()
    await _send(mailer, resources, reminder, contacts, sent)
    async with resources.database.transaction() as session:
        await lease.extend(session, has_advanced=True)
        await repository.note(session, [_row(response_id, day, sent.outcome, sent.taken, sent.detail)])
        for contact, _ in sent.put_off:
            # Each by itself: nobody gets a second mail because a colleague's mailbox was full.
            await tasks.enqueue(
                session,
                ONE_TASK,
                {
                    **_payload(survey.id, day),
                    "response_id": str(response_id),
                    "supplier_id": str(contact.supplier_id),
                    "contact_id": str(contact.contact_id),
                },
                at=datetime.now(UTC) + PUT_OFF_FOR,
            )


async def _prepare(
    resources: Resources, lease: Lease, survey: Survey, response_id: UUID, day: date, *, late: bool = False
) -> Reminder | None:
    """What to write, with a link where there is a form; None where the supplier has answered by now."""
    now = datetime.now(UTC)
    async with resources.database.transaction() as session:
        await lease.extend(session)
        response: SurveyResponse | None = await repository.lock_waited_for(session, response_id, None if late else day)
        if response is None:
            return None
        link = None
        if survey.questionnaire_id is not None:
            settings = survey_links.settings_of(resources)
            link = await survey_links.find_or_create_link(session, SENDER, settings, survey, response, now)
    return Reminder(str(response_id), day, survey.year, survey.due_on, survey.due_on < now.date(), link)


async def _send(
    mailer: Mailer, resources: Resources, reminder: Reminder, contacts: list[KnownContact], sent: Sent
) -> None:
    """Write to each, noting what became of it; MailAway only where nobody was written to."""
    sender = survey_links.settings_of(resources).mail_from
    for n, contact in enumerate(contacts):
        try:
            message = reminder_mails.write(sender, contact, reminder)
        except ValueError:
            sent.refused.append("The address in the registry is none.")
            continue
        try:
            outcome = await mailer.send(message)
        except MailPutOff as error:
            sent.put_off.append((contact, error.detail))
        except MailAway as error:
            if not (sent.taken or sent.refused or sent.put_off):
                raise
            sent.put_off += [(left, error.detail) for left in contacts[n:]]
            return
        else:
            if outcome.refused is None:
                sent.taken += 1
            else:
                sent.refused.append(outcome.refused)


async def _contacts_of(resources: Resources, supplier_ids: list[UUID]) -> dict[UUID, list[KnownContact]]:
    found: dict[UUID, list[KnownContact]] = {}
    for contact in await ContactsClient(resources).look_up(supplier_ids):
        found.setdefault(contact.supplier_id, []).append(contact)
    return {supplier_id: rules.recipients(theirs) for supplier_id, theirs in found.items()}


def _payload(survey_id: UUID, day: date) -> dict[str, str]:
    return {"survey_id": str(survey_id), "due_on": day.isoformat()}


def _row(response_id: UUID, day: date, outcome: str, recipients: int = 0, detail: str | None = None) -> dict[str, Any]:
    return {
        "response_id": response_id,
        "due_on": day,
        "outcome": outcome,
        "recipients": recipients,
        "detail": detail,
        "sent_at": datetime.now(UTC),
    }
