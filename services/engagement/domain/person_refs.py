"""What a person is called here: an opaque reference, the same wherever mail, report or course mean the person."""

import hashlib
import hmac
import unicodedata
from typing import Final
from uuid import UUID

MAIL: Final = "m-"
"""How references made from a mail address begin: only these are the same in every source."""
NAME: Final = "n-"
ACCOUNT: Final = "xapi-"
ERASED: Final = "erased-"

SHA1_DIGITS: Final = 40
_DIGITS: Final = 32


def of_address(key: bytes, email: str) -> str:
    """The reference of whoever has that mail address; letters' size and ways to write the same domain do not matter."""
    return of_mbox_sha1sum(key, hashlib.sha1(f"mailto:{_written(email)}".encode(), usedforsecurity=False).hexdigest())


def of_mbox_sha1sum(key: bytes, sha1sum: str) -> str:
    """The same of an address that only its digest (xAPI's `mbox_sha1sum`) is known of."""
    return _ref(key, MAIL, sha1sum.lower())


def of_name(key: bytes, supplier_id: UUID, name: str) -> str:
    """The reference of somebody without an address; a name is a person only within a supplier."""
    return _ref(key, NAME, f"{supplier_id} {' '.join(_folded(name).split())}")


def of_account(key: bytes, home_page: str, name: str) -> str:
    """The reference of an account of a learning system, of which nobody knows whose address it has."""
    return _ref(key, ACCOUNT, f"{home_page} {name}")


def of_nobody(randomness: bytes) -> str:
    """The reference that takes the place of an erased person's: it counts as one person, and leads to none."""
    return ERASED + randomness.hex()[:_DIGITS]


def is_mail(person_ref: str) -> bool:
    """Whether the reference was made from a mail address, so that it can be compared with one that was."""
    return person_ref.startswith(MAIL)


def _written(email: str) -> str:
    user, at, domain = _folded(email.strip()).rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode()
    except UnicodeError:
        ascii_domain = domain
    return f"{user}{at}{ascii_domain}"


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _ref(key: bytes, kind: str, identity: str) -> str:
    secret = hmac.digest(key, b"person refs", "sha256")
    return kind + hmac.digest(secret, f"{kind} {identity}".encode(), "sha256").hex()[:_DIGITS]
