"""Handing mail in to an SMTP server: over TLS where it can, and telling a refusal from a server that is away."""

import asyncio
import ipaddress
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate
from typing import Self
from urllib.parse import unquote, urlsplit

import aiosmtplib

from shared.errors import Unavailable
from shared.outbound import PLAIN, Outbound

PATIENCE_SECONDS = 15.0
SUBMISSION_PORT, TLS_PORT = 587, 465
TEMPORARY = range(400, 500)
MOST_WORDS = 300

_ANY_ADDRESS = re.compile(r"<?[^\s<>@\"']+@[^\s<>@\"',;:]+>?")


class MailAway(Unavailable):
    """The server cannot be reached, lets nobody in or takes nothing from this sender: no mail would get through."""

    code = "mail-away"


class MailPutOff(Unavailable):
    """The server does not take this one mail for now; the same mail may be taken later."""

    code = "mail-put-off"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mail: taken, or `refused` for good with the server's words, from which addresses are struck."""

    refused: str | None = None


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in."""

    host: str
    port: int
    tls_from_the_start: bool
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def at(cls, url: str) -> Self:
        """The server at smtp[s]://[user:password@]host[:port]; user and password are percent-encoded."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("a mail server is smtp[s]://[user:password@]host[:port]")
        secure = parts.scheme == "smtps"
        port = parts.port or (TLS_PORT if secure else SUBMISSION_PORT)
        return cls(parts.hostname, port, secure, unquote(parts.username or ""), unquote(parts.password or ""))

    @property
    def is_here(self) -> bool:
        """Whether nobody can listen on the way, because there is none: the server is on this machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def address(addr_spec: str, display_name: str = "") -> Address:
    """An address for a header; Invalid ones, and line breaks in either part, raise ValueError."""
    try:
        return Address(display_name=display_name, addr_spec=addr_spec)
    except (
        MessageError,
        IndexError,
        TypeError,
        AttributeError,
    ):  # what the standard library's parser raises on bad input
        raise ValueError("not a mail address") from None


def new_message(
    sender: str, recipient: Address, subject: str, text: str, html: str | None = None, message_id: str | None = None
) -> EmailMessage:
    """A message that a program sends: nobody's holiday reply should answer it.

    Header values with line breaks raise ValueError. The same `message_id` lets mailboxes see a repeated mail as one.
    """
    message = EmailMessage()
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = subject
    message["Date"] = formatdate()
    message["Auto-Submitted"] = "auto-generated"
    if message_id is not None:
        message["Message-ID"] = message_id
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message


class Mailer:
    """A connection to a mail server, made at the first mail and made anew after a break."""

    def __init__(self, server: MailServer, patience: float = PATIENCE_SECONDS, outbound: Outbound = PLAIN) -> None:
        """`patience` is how many seconds each answer of the server may take; `outbound` says whom to believe."""
        self._outbound = outbound
        self._server = server
        self._patience = patience
        self._client: aiosmtplib.SMTP | None = None

    @classmethod
    @asynccontextmanager
    async def open(
        cls, smtp_url: str, outbound: Outbound = PLAIN, *, patience: float = PATIENCE_SECONDS
    ) -> AsyncIterator[Self]:
        """A mailer for the length of a block; the server is not asked for anything yet."""
        mailer = cls(MailServer.at(smtp_url), patience, outbound)
        try:
            yield mailer
        finally:
            await mailer.close()

    async def send(self, message: EmailMessage, envelope_from: str | None = None) -> Outcome:
        """Hand in a message to the one recipient in its To; it comes back to `envelope_from`, else to its sender.

        MailAway and MailPutOff are for a later try. If the connection breaks before the server's answer, the mail may
        have been taken all the same: SMTP has no way to ask.
        """
        try:
            client = await self._connected()
            await client.send_message(message, sender=envelope_from)
        except aiosmtplib.SMTPRecipientsRefused as error:
            first = error.recipients[0]
            return _refusal(first.code, first.message)
        except aiosmtplib.SMTPNotSupported:
            return Outcome(refused="The mail server does not take addresses with such characters.")
        except aiosmtplib.SMTPDataError as error:
            return _refusal(error.code, error.message)
        except aiosmtplib.SMTPResponseException as error:
            # Greeting, login or sender: nothing that another recipient would change.
            await self.close()
            raise MailAway(f"The mail server refuses us: {error.code} {in_short(error.message)}") from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            await self.close()
            raise MailAway(f"The mail server cannot be reached ({type(error).__name__}).") from None
        return Outcome()

    async def close(self) -> None:
        """Take leave of the server, if it is still there."""
        client, self._client = self._client, None
        if client is None or not client.is_connected:
            return
        try:
            await client.quit(timeout=2)
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            client.close()
        # One turn of the loop, in which the transport really closes.
        await asyncio.sleep(0)

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is not None and self._client.is_connected:
            return self._client
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls_from_the_start,
            start_tls=False if server.tls_from_the_start else None,
            # Local servers come with certificates that nobody signed, and there is no way on which to listen.
            validate_certs=not server.is_here,
            tls_context=None if server.is_here else self._outbound.new_tls(),
            timeout=self._patience,
        )
        await client.connect()
        try:
            await self._log_in(client)
        except BaseException:
            # Kept only once it may be used: the next mail must not go out on it without the login.
            client.close()
            raise
        self._client = client
        return client

    async def _log_in(self, client: aiosmtplib.SMTP) -> None:
        server = self._server
        if not server.user:
            return
        if client.get_transport_info("sslcontext") is None and not server.is_here:
            raise MailAway("The mail server offers no TLS, and the password is not sent without it.")
        await client.login(server.user, server.password)


def in_short(words: str) -> str:
    """A server's words on one line, without the addresses in them."""
    return _ANY_ADDRESS.sub("<address>", " ".join(words.split()))[:MOST_WORDS]


def _refusal(code: int, words: str) -> Outcome:
    said = f"{code} {in_short(words)}"
    if code in TEMPORARY:
        raise MailPutOff(f"The mail server does not take this now: {said}")
    return Outcome(refused=said)
