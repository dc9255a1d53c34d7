"""The token of a survey link: which link, until when, and a signature; nothing of it is kept."""

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

ID_BYTES, TIME_BYTES, MAC_BYTES = 16, 5, 24
LENGTH = 4 * (ID_BYTES + TIME_BYTES + MAC_BYTES) // 3


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says: the link, and when it ends (whole seconds)."""

    link_id: UUID
    expires_at: datetime


def sign(key: bytes, token: Token) -> str:
    """The token for a URL; always the same for the same link."""
    payload = token.link_id.bytes + int(token.expires_at.timestamp()).to_bytes(TIME_BYTES, "big")
    return base64.urlsafe_b64encode(payload + _mac(key, payload)).decode()


def read(key: bytes, text: str) -> Token | None:
    """What it says, or None where it was not signed with this key."""
    try:
        raw = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True) if len(text) == LENGTH else b""
    except (binascii.Error, UnicodeEncodeError):
        raw = b""
    payload, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(key, payload)):
        return None
    seconds = int.from_bytes(payload[ID_BYTES:], "big")
    return Token(UUID(bytes=payload[:ID_BYTES]), datetime.fromtimestamp(seconds, UTC))


def _mac(key: bytes, payload: bytes) -> bytes:
    return hmac.digest(key, payload, "sha256")[:MAC_BYTES]
