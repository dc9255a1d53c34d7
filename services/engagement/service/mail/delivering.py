"""The task that sends an event's or a newsletter's mails: a few dozen at a time, at the pace that all workers share."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import pace
from services.engagement.models import Delivery
from services.engagement.repository import deliveries as repository
from services.engagement.repository import mail_pace
from services.engagement.service.mail import links
from services.engagement.service.mail.handing_in import HandingIn
from services.engagement.service.mail.kinds import MailKind, Write
from shared.contacts import ContactsClient, KnownContact
from shared.errors import Unavailable
from shared.mail import MailAway, Mailer
from shared.tasks import GIVEN_UP, Later, Lease, to_its_end
from shared.web.resources import Resources

NO_SERVER = "No mail server is configured; the mail goes out when one is."
WITHDRAWN = "It was withdrawn before the mail was sent."
SECONDS_WITHOUT_SERVER, SECONDS_AWAY, SECONDS_AT_MOST = 600, 30, 20.0
PATIENCE_SECONDS = 1.0
UNNOTED_SECONDS = 0.01
"""For longer than this a mail that was handed in does not wait for the next one to be noted with."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Slice:
    """Mails that are sent in one go, and how they are written."""

    mails: Sequence[Delivery]
    write: Write
    others_wait: bool


async def send_mails(resources: Resources, kinds: Mapping[str, MailKind], lease: Lease) -> None:
    """The task of a subject: send what is in line, until nothing is.

    Later where other tasks want their turn, where the rest is put off, and while the mail server or the registry is
    away or not configured, for however long: then nothing is lost and nobody's mail has failed.
    """
    kind, subject_id = kinds[lease.payload["kind"]], UUID(lease.payload["subject_id"])
    settings = links.settings_of(resources)
    if settings.smtp_url is None:
        async with resources.database.transaction() as session:
            await lease.extend(session)
            await repository.note_all_queued(session, subject_id, NO_SERVER)
        raise Later(SECONDS_WITHOUT_SERVER)
    turn_ends = monotonic() + SECONDS_AT_MOST
    async with (
        Mailer.open(settings.smtp_url, settings.outbound) as mailer,
        resources.database.one_connection() as transactions,
    ):
        handing_in = HandingIn(resources, transactions, kind, mailer, lease)
        while (due := await _read_slice(resources, kind, subject_id, lease)) is not None:
            await _send_slice(resources, handing_in, due)
            if due.others_wait or monotonic() > turn_ends:
                raise Later(0, has_advanced=True)


async def give_up(session: AsyncSession, payload: Mapping[str, Any]) -> None:
    """Note with the mails still in line that nobody sends them until an operator replays the task."""
    await repository.note_all_queued(session, UUID(payload["subject_id"]), GIVEN_UP)


async def _read_slice(resources: Resources, kind: MailKind, subject_id: UUID, lease: Lease) -> Slice | None:
    """The next mails; None where nothing is left to be sent, Later where what is left is put off."""
    most = pace.mails_at_once(links.settings_of(resources).mails_per_minute)
    async with resources.database.transaction() as session:
        await lease.extend(session)
        write = await kind.load(resources, session, subject_id)
        if write is None:
            await repository.skip_queued(session, subject_id, WITHDRAWN)
        else:
            mails = await repository.list_due(session, subject_id, most)
            if mails:
                return Slice(mails, write, await repository.others_wait(session, lease.task_id))
        wait = await repository.find_wait(session, subject_id)
    if wait is None:
        wait = await _end(resources, kind, subject_id, lease)
    if wait is None:
        return None
    raise Later(wait, has_advanced=True)


async def _end(resources: Resources, kind: MailKind, subject_id: UUID, lease: Lease) -> float | None:
    """Do what follows the last mail; None where that was all, else how long to wait for what was put in line then."""
    async with resources.database.transaction() as session:
        # The subject is held before the task, as by those who send, withdraw and change it.
        await kind.ended(session, subject_id)
        await lease.extend(session)
        wait = await repository.find_wait(session, subject_id)
        if wait is None:
            await lease.complete(session)
    return wait


async def _send_slice(resources: Resources, handing_in: HandingIn, due: Slice) -> None:
    contacts = await _look_up(resources, {mail.supplier_id for mail in due.mails})
    between = pace.seconds_between(links.settings_of(resources).mails_per_minute)
    begins = monotonic() + await _reserve(resources, len(due.mails), between)
    try:
        for n, mail in enumerate(due.mails):
            wait = begins + n * between - monotonic()
            if wait > UNNOTED_SECONDS:
                await to_its_end(handing_in.note())
            if wait > 0:
                await asyncio.sleep(wait)
            contact = contacts.get(mail.contact_id) if mail.contact_id is not None else None
            await to_its_end(handing_in.hand_in(mail, contact, due.write))
    except MailAway as error:
        log.warning("mail server is away", error=error.detail)
        raise Later(SECONDS_AWAY) from None
    finally:
        await to_its_end(handing_in.note())


async def _look_up(resources: Resources, supplier_ids: Collection[UUID]) -> dict[UUID, KnownContact]:
    try:
        found = await ContactsClient(resources).look_up(supplier_ids)
    except Unavailable as error:
        log.warning("mails wait for the registry", error=error.detail)
        raise Later(SECONDS_AWAY) from None
    return {contact.contact_id: contact for contact in found}


async def _reserve(resources: Resources, mails: int, between: float) -> float:
    """Take the time for these mails; how many seconds there are until the first may go, Later where too many."""
    async with resources.database.transaction() as session:
        is_taken, wait = await mail_pace.reserve(session, mails, between, PATIENCE_SECONDS)
    if not is_taken:
        raise Later(wait)
    return wait
