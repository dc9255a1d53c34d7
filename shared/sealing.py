"""Keeping what must be read again and shown to nobody, such as a robot's key: encrypted under the service's key."""

import base64
import hashlib
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from shared.web.resources import Resources

KEY_BYTES = 64


class CannotUnseal(Exception):
    """It was sealed under another key, or is not what was sealed."""


class Sealer:
    """Encrypts with AES-SIV (RFC 5297), which needs no nonce: the same secret is always sealed to the same text.

    That is wanted: so it is seen, without unsealing, that a robot is in a group already. A new key of the service
    ends all that was sealed under the old one.
    """

    def __init__(self, key: bytes) -> None:
        """`key` has 64 bytes."""
        self._cipher = AESSIV(key)

    def seal(self, secret: str) -> str:
        """The secret as it is stored."""
        return base64.urlsafe_b64encode(self._cipher.encrypt(secret.encode(), None)).decode()

    def unseal(self, sealed: str) -> str:
        """The secret again, or CannotUnseal."""
        try:
            return self._cipher.decrypt(base64.urlsafe_b64decode(sealed), None).decode()
        except (InvalidTag, ValueError):
            raise CannotUnseal from None


@lru_cache(maxsize=4)
def _sealer(service_key_file: Path) -> Sealer:
    key = hashlib.blake2b(service_key_file.read_bytes(), digest_size=KEY_BYTES, person=b"sealed secrets").digest()
    return Sealer(key)


def sealer_of(resources: Resources) -> Sealer:
    """The process's own sealer; the same in all replicas."""
    return _sealer(resources.settings.service_key_file)
