"""When two names mean the same standard, and whether a certificate is still to be asked for."""

from datetime import date, timedelta
from typing import Final

AHEAD: Final = timedelta(days=90)
"""A certificate that is valid as long as this is asked for from nobody."""


def is_same_standard(one: str, other: str) -> bool:
    """Whether both name one standard, however it is written and whatever its edition: `iso14001:2015`, `ISO 14001`."""
    return _bare(one) == _bare(other)


def is_valid_for_long(valid_from: date, valid_until: date, withdrawn_on: date | None, today: date) -> bool:
    """Whether a certificate is valid today and will be for the next 90 days."""
    return withdrawn_on is None and valid_from <= today and valid_until >= today + AHEAD


def _bare(standard: str) -> str:
    return "".join(char for char in standard.split(":", maxsplit=1)[0].upper() if char.isalnum())
