"""When a mail that a server put off is handed in again, and when it is given up."""

from datetime import timedelta

_MINUTES = (5, 15, 30, 60, 120, *[240] * 11)
DELAYS = tuple(timedelta(minutes=minutes) for minutes in _MINUTES)
"""Servers that do not know us yet (greylisting) take nothing sooner; after two days hardly anything helps."""


def wait_after(attempts: int) -> timedelta | None:
    """How long to wait after so many attempts (at least 1), or None where the mail is given up."""
    return DELAYS[attempts - 1] if attempts <= len(DELAYS) else None
