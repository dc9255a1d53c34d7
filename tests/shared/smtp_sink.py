"""A mail server for tests: a real one, on a free port, that says what it is told to say."""

import asyncio
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Sink:
    """Keeps the mails that it takes; `to_recipient` and `to_data` are answers to give instead."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, EmailMessage]] = []
        self.to_recipient: dict[str, list[str]] = {}
        self.to_data: list[str] = []
        self.senders: list[str | None] = []
        self.encrypted: list[bool] = []
        self.users: list[str] = []
        self.url = ""
        self.on_taken: Callable[[str], None] | None = None

    def addresses(self) -> list[str]:
        return [recipient for recipient, _ in self.taken]

    async def handle_RCPT(  # noqa: N802  # the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answers = self.to_recipient.get(address, [])
        if answers:
            return answers.pop(0) if len(answers) > 1 else answers[0]
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.to_data:
            return self.to_data.pop(0)
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.senders.append(envelope.mail_from)
        self.encrypted.append(session.ssl is not None)
        self.taken += [(recipient, message) for recipient in envelope.rcpt_tos]
        if self.on_taken is not None:
            self.on_taken(envelope.rcpt_tos[0])
        return "250 taken"

    def check(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.users.append(data.login.decode())
        return AuthResult(success=data.password == b"p@ss word", handled=False)


class _Listening(Controller):
    """Says on which free port it listens."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def smtp_sink(
    *,
    host: str = "127.0.0.1",
    tls: ssl.SSLContext | None = None,
    credentials: str = "",
    settings: Mapping[str, Any] | None = None,
) -> Iterator[Sink]:
    """A mail server that runs for the length of a block, with its address in `url`."""
    sink = Sink()
    if credentials:
        settings = {"authenticator": sink.check, "auth_require_tls": False, **(settings or {})}
    # A loop of its own in a thread of its own: what it does takes no turn from the test's.
    loop = asyncio.new_event_loop()
    listening = _Listening(sink, hostname=host, port=0, loop=loop, ssl_context=tls, **(settings or {}))
    listening.start()
    try:
        scheme = "smtps" if tls else "smtp"
        sink.url = f"{scheme}://{credentials}{'@' if credentials else ''}{host}:{listening.port}"
        yield sink
    finally:
        listening.stop()
