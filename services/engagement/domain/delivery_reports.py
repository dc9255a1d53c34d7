"""What a mail that comes in says of one that went out: it bounced, waits, was complained of, was answered."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr
from typing import Final, Literal
from uuid import UUID

What = Literal["bounce", "delay", "complaint", "reply", "unsubscription", "nothing"]

MOST_NAMED: Final = 50
"""A thread's References may be long; ours is one of the mails named."""
NAMING_HEADERS: Final = ("Message-ID", "In-Reply-To", "References", "Original-Message-ID")
ENVELOPE_FIELDS: Final = ("Original-Envelope-Id", "X-Original-Message-ID")
COMPLAINTS: Final = ("abuse", "fraud", "virus", "other", "opt-out", "opt-out-list")

_OURS = re.compile(r"<?\b([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})@[^<>\s@]+>?", re.IGNORECASE)
_UNSUBSCRIBE = re.compile(r"^\s*unsubscribe(?:[\s:]+([A-Za-z0-9_=-]{20,200}))?\s*$", re.IGNORECASE)
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")

# RFC 3463: addresses (1) and mailboxes (2) are the recipient's; systems, protocols, contents and policies are not.
_OF_THE_MAILBOX = ("5.0.", "5.1.", "5.2.", "5.4.")


class NoMail(Exception):
    """What came in is no mail at all."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a mail says, of which of the mails that it names, in the words of the server that wrote it."""

    what: What
    named: tuple[UUID, ...] = ()
    status: str = ""
    said: str = ""
    calendar: bytes = b""
    token: str = ""
    sender: str = field(default="", repr=False)


def is_about_the_mailbox(status: str) -> bool:
    """Whether a status such as 5.1.1 means that mail never reaches this mailbox, whoever sends it and whatever."""
    return status.startswith(_OF_THE_MAILBOX)


def read(raw: bytes) -> Report:
    """What a mail says; NoMail where it is none. A holiday reply and all that is not understood say nothing."""
    try:
        mail = message_from_bytes(raw)
        return _read(mail) if mail.keys() else _refuse()
    except RecursionError:
        raise NoMail from None


def _refuse() -> Report:
    raise NoMail


def _read(mail: Message) -> Report:
    kind = mail.get_content_type()
    parts = list(mail.walk())
    if kind == "multipart/report":
        for part in parts:
            if part.get_content_type() == "message/delivery-status":
                return _status_report(mail, part)
            if part.get_content_type() == "message/feedback-report":
                return _complaint(mail, part)
        return Report("nothing")
    for part in parts:
        if part.get_content_type() == "text/calendar" and _parameter(part, "method") == "reply":
            return Report("reply", calendar=_content(part))
    unsubscribe = _UNSUBSCRIBE.match(_subject(mail))
    if unsubscribe is None:
        return Report("nothing")
    return Report("unsubscription", token=unsubscribe[1] or "", sender=parseaddr(str(mail.get("From", "")))[1])


def _status_report(mail: Message, part: Message) -> Report:
    # A block of fields on the report, then one for each recipient; ours has a single one.
    for block in _blocks(part):
        action = _field(block, "Action").lower()
        status = _STATUS.search(_field(block, "Status"))
        said = _field(block, "Diagnostic-Code").partition(";")[2].strip() or _field(block, "Status")
        if action in ("failed", "delayed"):
            what: What = "bounce" if action == "failed" else "delay"
            return Report(what, _named(mail), status[1] if status else "", said)
    return Report("nothing")


def _complaint(mail: Message, part: Message) -> Report:
    kinds = {_field(block, "Feedback-Type").lower() for block in _blocks(part)}
    return Report("complaint", _named(mail)) if kinds & set(COMPLAINTS) else Report("nothing")


def _named(mail: Message) -> tuple[UUID, ...]:
    """The ids that look like those of our mails, the mail that was returned first."""
    found: dict[UUID, None] = {}
    parts = list(mail.walk())
    for part in [*parts[1:], mail]:
        texts = [value for name in (*NAMING_HEADERS, *ENVELOPE_FIELDS) for value in part.get_all(name, [])]
        if part.get_content_type() == "text/rfc822-headers":
            texts.append(_content(part).decode("latin-1"))
        for text in texts:
            found.update({UUID(match): None for match in _OURS.findall(str(text))})
    return tuple(found)[:MOST_NAMED]


def _blocks(part: Message) -> Iterator[Message]:
    payload = part.get_payload()
    if isinstance(payload, list):
        for block in payload:
            if isinstance(block, Message):
                yield block
    # Some servers encode this part, which they should not.
    elif (decoded := _content(part)).strip():
        for text in re.split(rb"\r?\n[ \t]*\r?\n", decoded):
            yield message_from_bytes(text)


def _field(block: Message, name: str) -> str:
    return " ".join(str(block.get(name, "")).split())


def _content(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _parameter(part: Message, name: str) -> str:
    given = part.get_param(name, "")
    return (given[2] if isinstance(given, tuple) else str(given)).strip().lower()


def _subject(mail: Message) -> str:
    try:
        chunks = decode_header(str(mail.get("Subject", "")))
        return "".join(
            chunk if isinstance(chunk, str) else chunk.decode(charset or "ascii", "replace")
            for chunk, charset in chunks
        )
    except (LookupError, ValueError, TypeError):
        return ""
