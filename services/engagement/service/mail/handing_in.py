"""Handing in mails one after the other, and writing down after each what became of it.

In one short transaction the mail before is noted and it is seen whether the next may still go: a worker that dies
leaves one mail at most of which nobody knows whether it was taken. That one goes out again, with the same Message-ID.
"""

import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import structlog
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import delivery_reports, mail_retries, mail_wishes, person_refs
from services.engagement.models import Delivery
from services.engagement.repository import deliveries as repository
from services.engagement.service import people
from services.engagement.service.mail import links
from services.engagement.service.mail.kinds import MailKind, NotNeeded, Write, message_id_of
from shared.contacts import KnownContact
from shared.db import Transactions
from shared.mail import MailAway, Mailer, MailPutOff
from shared.tasks import Lease
from shared.web.resources import Resources

GONE = "The person is no contact in the registry any more."
NO_ADDRESS = "The address in the registry is none."
WHILE_AWAY = timedelta(seconds=30)
_ENHANCED = re.compile(r"^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b")

MAILS = Counter("bellwether_mails_total", "Mails dealt with", ["kind", "outcome"])

log = structlog.get_logger()


class HandingIn:
    """One worker's turn with a subject's mails."""

    def __init__(
        self, resources: Resources, transactions: Transactions, kind: MailKind, mailer: Mailer, lease: Lease
    ) -> None:
        """The lease is extended with each mail."""
        self._transactions = transactions
        self._resources = resources
        self._settings = links.settings_of(resources)
        self._kind = kind
        self._mailer = mailer
        self._lease = lease
        self._unnoted: tuple[Delivery, str, dict[str, Any]] | None = None

    async def hand_in(self, delivery: Delivery, contact: KnownContact | None, write: Write) -> None:
        """Note the mail before, and hand this one in unless it has become needless. MailAway leaves it in line."""
        ref = delivery.person_ref
        if contact is not None:
            # The consent that counts is also that of the address as it is now, if it has changed since.
            ref = person_refs.of_address(self._resources.cursor_key, contact.email)
        written = self._written(delivery, contact, write)
        async with self._transactions() as session:
            await self._lease.extend(session, has_advanced=self._unnoted is not None)
            await self._note(session)
            known = await repository.read_wishes(session, delivery.id, self._kind.purpose, ref)
        self._forget_noted()
        if known is None:
            return
        why_not = self._why_not(delivery, known)
        if why_not is not None:
            written = {"status": "skipped", "detail": why_not}
        if not isinstance(written, EmailMessage):
            self._unnoted = delivery, ref, written
            return
        try:
            self._unnoted = delivery, ref, await self._send(delivery, written)
        except MailAway as error:
            # Others go first next time, lest it is this very mail over which the server hangs up.
            waits = {"detail": error.detail, "next_attempt_at": datetime.now(UTC) + WHILE_AWAY}
            self._unnoted = delivery, ref, waits
            raise

    async def note(self) -> None:
        """Write down what became of the last mail, if that is not done yet."""
        if self._unnoted is None:
            return
        async with self._transactions() as session:
            await self._lease.extend(session, has_advanced=True)
            await self._note(session)
        self._forget_noted()

    def _forget_noted(self) -> None:
        if self._unnoted is not None:
            delivery, _, values = self._unnoted
            MAILS.labels(delivery.kind, values.get("status", "put_off")).inc()
        self._unnoted = None

    def _written(self, delivery: Delivery, contact: KnownContact | None, write: Write) -> EmailMessage | dict[str, Any]:
        """The mail, or what to note in its stead."""
        if contact is None:
            return {"status": "skipped", "detail": GONE}
        try:
            message = write(delivery, contact)
        except NotNeeded as needless:
            return {"status": "skipped", "detail": needless.reason}
        except ValueError:
            return {"status": "refused", "detail": NO_ADDRESS}
        except Exception as error:  # noqa: BLE001  # one mail that cannot be written must not keep the others
            # What it says may be somebody's name: only what kind of error it is may be told.
            log.error("mail cannot be written", delivery_id=str(delivery.id), error=type(error).__name__)  # noqa: TRY400
            return _put_off(delivery, f"The mail could not be written ({type(error).__name__}).")
        if "Message-ID" not in message:
            message["Message-ID"] = message_id_of(self._resources, delivery.id)
        return message

    async def _send(self, delivery: Delivery, message: EmailMessage) -> dict[str, Any]:
        try:
            outcome = await self._mailer.send(message, self._settings.mail_bounces_to)
        except MailPutOff as error:
            return _put_off(delivery, error.detail)
        except ValueError:
            return {"status": "refused", "detail": NO_ADDRESS}
        tried: dict[str, Any] = {"attempts": delivery.attempts + 1, "detail": outcome.refused}
        if outcome.refused is not None:
            return {**tried, "status": "refused"}
        return {**tried, "status": "sent", "sent_at": datetime.now(UTC)}

    async def _note(self, session: AsyncSession) -> None:
        if self._unnoted is None:
            return
        delivery, ref, values = self._unnoted
        await repository.note(session, delivery.id, values)
        if values.get("status") == "refused":
            code = _ENHANCED.match(values["detail"])
            if code is not None and delivery_reports.is_about_the_mailbox(code[1]):
                await people.mark_unreachable(session, ref, datetime.now(UTC))

    def _why_not(self, delivery: Delivery, known: list[mail_wishes.Known]) -> str | None:
        needs_consent = self._settings.mail_consent == "opt_in"
        return mail_wishes.why_not(known, needs_consent=needs_consent, must_know=delivery.method == "CANCEL")


def _put_off(delivery: Delivery, said: str) -> dict[str, Any]:
    attempts = delivery.attempts + 1
    wait = mail_retries.wait_after(attempts)
    if wait is None:
        return {"status": "failed", "attempts": attempts, "detail": said}
    return {"attempts": attempts, "detail": said, "next_attempt_at": datetime.now(UTC) + wait}
