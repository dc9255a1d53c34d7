"""Which reminder of a survey is due, and to whom of a supplier's people it goes."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Protocol, TypeVar

CAUGHT_UP_FOR = timedelta(days=7)
"""A reminder that was missed for longer is not sent any more: it would only surprise."""

PREFERRED_ROLE = "sustainability"
MOST_RECIPIENTS = 10


class Contact(Protocol):
    """Somebody to write to."""

    @property
    def role(self) -> str: ...


AnyContact = TypeVar("AnyContact", bound=Contact)


def due_reminder(opened_on: date, due_on: date, reminder_days: Iterable[int], today: date) -> date | None:
    """The newest day until today on which a reminder is due; None where there is none, or it is too long ago.

    Days count back from the due date, negative ones go past it. Of several that were missed only the last is made up.
    """
    days = (due_on - timedelta(days=before) for before in reminder_days)
    reached = [day for day in days if opened_on <= day <= today]
    newest = max(reached, default=None)
    return newest if newest is not None and newest >= today - CAUGHT_UP_FOR else None


def recipients(contacts: Sequence[AnyContact]) -> list[AnyContact]:
    """Those who look after sustainability, or all where nobody does."""
    preferred = [contact for contact in contacts if contact.role.strip().lower() == PREFERRED_ROLE]
    return (preferred or list(contacts))[:MOST_RECIPIENTS]
