"""What suppliers promised in support meetings: when a promise is late, and where it stands after what audit tells."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

Status = Literal["open", "kept", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a commitment stands, and since when."""

    status: Status
    kept_on: date | None = None
    withdrawn_on: date | None = None


def standing_after_news(withdrawn_here: date | None, kept_on: date | None, withdrawn_on: date | None) -> Standing:
    """Where a commitment stands once the audit service has told `kept_on` and `withdrawn_on` of it.

    What was kept cannot be withdrawn any more, also where it was withdrawn here meanwhile. Else a withdrawal here
    holds, whatever the audit service says that has not heard of it yet.
    """
    if kept_on is not None:
        return Standing("kept", kept_on=kept_on)
    withdrawn = withdrawn_here or withdrawn_on
    return Standing("open") if withdrawn is None else Standing("withdrawn", withdrawn_on=withdrawn)


def is_overdue(status: str, due_on: date, finding_withdrawn_on: date | None, today: date) -> bool:
    """Whether it should have been kept before `today` and is not; what a withdrawn finding entailed is not awaited."""
    return status == "open" and due_on < today and finding_withdrawn_on is None
