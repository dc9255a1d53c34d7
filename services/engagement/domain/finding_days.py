"""Since when a finding is closed or withdrawn, as its dated transitions stand."""

from collections.abc import Sequence
from datetime import date

VOIDING = frozenset({"plan_rejected", "reopened"})
"""After such a step a finding is not closed until it is closed again."""

Step = tuple[str, date]


def closed_and_withdrawn_on(transitions: Sequence[Step]) -> tuple[date | None, date | None]:
    """The days on which a finding was closed and withdrawn, None where it is not.

    Transitions of the same day hold in the order given; of two closings without a reopening between the first counts.
    """
    closed_on: date | None = None
    withdrawn_on: date | None = None
    for to, on in sorted(transitions, key=lambda transition: transition[1]):
        if to in VOIDING:
            closed_on = None
        elif to == "closed":
            closed_on = closed_on or on
        elif to == "withdrawn":
            withdrawn_on = withdrawn_on or on
    return closed_on, withdrawn_on
