"""The tokens in the addresses that mails bring: what they open, and a signature; nothing of them is kept."""

import base64
import binascii
import hmac
from typing import Literal
from uuid import UUID

ID_BYTES, MAC_BYTES = 16, 20
LENGTH = 4 * (ID_BYTES + MAC_BYTES) // 3

Purpose = Literal["unsubscribe", "invitation"]


def sign(key: bytes, purpose: Purpose, opened: UUID) -> str:
    """The token for an address; always the same for the same purpose and thing."""
    return base64.urlsafe_b64encode(opened.bytes + _mac(key, purpose, opened.bytes)).decode()


def read(key: bytes, purpose: Purpose, text: str) -> UUID | None:
    """What it opens, or None where it was not signed with this key for this purpose."""
    try:
        raw = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True) if len(text) == LENGTH else b""
    except (binascii.Error, UnicodeEncodeError):
        raw = b""
    opened, mac = raw[:ID_BYTES], raw[ID_BYTES:]
    return UUID(bytes=opened) if opened and hmac.compare_digest(mac, _mac(key, purpose, opened)) else None


def _mac(key: bytes, purpose: Purpose, opened: bytes) -> bytes:
    return hmac.digest(key, purpose.encode() + b" " + opened, "sha256")[:MAC_BYTES]
