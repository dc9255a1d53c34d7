"""Which day it is for everything that this service dates: UTC."""

from datetime import UTC, date, datetime


def today() -> date:
    """The current UTC day."""
    return datetime.now(UTC).date()
