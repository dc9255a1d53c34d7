"""Which courses teach a standard that suppliers are certified for, and when the certificate is looked for."""

from datetime import date, timedelta
from typing import Final

CERTIFIED: Final = {"ISO14001": "ISO 14001", "ISO45001": "ISO 45001", "ISO50001": "ISO 50001"}
TIME_TO_CERTIFY: Final = timedelta(days=90)
"""From a course's completion to the day on which its certificate is asked for."""


def certified_standard(standard: str | None) -> str | None:
    """The standard that a certificate is given for, however a course writes it (`iso14001:2015`); else None."""
    bare = "".join(char for char in (standard or "").split(":", maxsplit=1)[0].upper() if char.isalnum())
    return CERTIFIED.get(bare)


def certificate_due_on(completed_on: date) -> date:
    """The day by which the certificate should have come."""
    return completed_on + TIME_TO_CERTIFY
