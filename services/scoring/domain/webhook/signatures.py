"""Secrets and signatures of webhooks, as Standard Webhooks 1.0 has them."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from typing import Final

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
"""The standard asks for 24 to 64."""


def write_secret(random: bytes) -> str:
    """Random bytes in the form in which secrets are handed out."""
    return PREFIX + base64.b64encode(random).decode("ascii")


def sign(secrets: Iterable[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`: one signature for each secret, so that receivers may change over in peace.

    `timestamp` is the attempt's, in seconds since 1970; `body` are the very bytes that are sent.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{_digest(secret, signed)}" for secret in secrets)


def _digest(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode("ascii")
