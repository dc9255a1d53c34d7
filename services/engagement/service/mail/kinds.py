"""What a kind of mail brings so that its mails can be sent: how to write one, and what follows the last of them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.models import Delivery
from services.engagement.service.mail import links
from shared.contacts import KnownContact
from shared.web.resources import Resources

KindName = Literal["invitation", "newsletter"]
Purpose = Literal["invitations", "newsletters"]

Write = Callable[[Delivery, KnownContact], EmailMessage]
"""Writes one mail. NotNeeded where there is nothing to say any more, ValueError where the address is none."""


class NotNeeded(Exception):
    """This one mail is not to be sent; the reason is kept with its delivery."""

    def __init__(self, reason: str) -> None:
        """Keep why: for those who read the list of deliveries."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class MailKind:
    """A kind of mail.

    `load` reads what all mails of a subject share, again every few dozen mails; None where none of them is to be sent
    any more. `ended` is called in the transaction in which nothing is left to be sent, perhaps more than once.
    """

    name: KindName
    purpose: Purpose
    load: Callable[[Resources, AsyncSession, UUID], Awaitable[Write | None]]
    ended: Callable[[AsyncSession, UUID], Awaitable[None]]


def message_id_of(resources: Resources, delivery_id: UUID) -> str:
    """The Message-ID of a delivery's mail: the same whenever it is handed in, so that a mailbox can tell a copy."""
    domain = links.settings_of(resources).mail_from.rpartition("@")[2].rstrip("> ") or "localhost"
    return f"<{delivery_id}@{domain}>"
