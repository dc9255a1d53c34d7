"""What suppliers promised about findings: where a commitment stands, and when it is late."""

from datetime import date
from typing import Final, Literal

from shared.errors import FieldError, Invalid

Standing = Literal["open", "kept", "withdrawn"]

MOOT: Final = "withdrawn"
"""The state of a finding about which nobody is waiting for anything any more."""


def standing(kept_on: date | None, withdrawn_on: date | None) -> Standing:
    """Where a commitment stands."""
    if withdrawn_on is not None:
        return "withdrawn"
    return "open" if kept_on is None else "kept"


def is_overdue(stands: str, due_on: date, finding_status: str, today: date) -> bool:
    """Whether it should have been kept before `today` and is not; what a withdrawn finding entailed is not awaited."""
    return stands == "open" and due_on < today and finding_status != MOOT


def check_due(made_on: date, due_on: date) -> None:
    """Raise Invalid where it would have been due before it was made."""
    if due_on < made_on:
        detail = f"It lies before the meeting on {made_on}."
        raise Invalid(detail, code="due-before-made", fields=[FieldError("#/due_on", detail)])


def check_kept(made_on: date, kept_on: date, today: date) -> None:
    """Raise Invalid unless it can have been kept on that day."""
    detail = None
    if kept_on > today:
        detail = f"{kept_on} lies in the future; today is {today} (UTC)."
    elif kept_on < made_on:
        detail = f"{kept_on} lies before the meeting on {made_on}."
    if detail is not None:
        raise Invalid(detail, code="step-out-of-time", fields=[FieldError("#/kept_on", detail)])
