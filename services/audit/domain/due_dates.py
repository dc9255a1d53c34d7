"""The clocks of corrective action: until when a finding must be mended, and until when its plan must be there."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Severity = Literal["priority", "major", "minor"]

FROM_GRAVEST: tuple[str, ...] = ("priority", "major", "minor")

PROVISIONAL_REPORT_DAYS = 60
"""Until a report has come, it is taken to come this many days after the audit."""

FAST_SECTIONS = frozenset("BC")
"""Health and safety, environment: a priority finding there is mended within the shorter time."""

PRIORITY_FAST_DAYS, PRIORITY_DAYS = 30, 90
DAYS_FROM_REPORT = {"major": 180, "minor": 270}
PLAN_DAYS_FROM_DISCOVERY, PLAN_DAYS_FROM_REPORT = 7, 14


@dataclass(frozen=True, slots=True)
class Clocks:
    """Both dates, in calendar days."""

    due_on: date
    plan_due_on: date


def is_lesser(severity: str, than: str) -> bool:
    """Whether a finding of this severity is less grave than one of the other."""
    return FROM_GRAVEST.index(severity) > FROM_GRAVEST.index(than)


def report_on(discovered_on: date, conducted_on: date | None, report_received_on: date | None) -> date:
    """When the report came, or is taken to come; `conducted_on` is None where there is no audit."""
    return report_received_on or (conducted_on or discovered_on) + timedelta(days=PROVISIONAL_REPORT_DAYS)


def clocks(
    severity: str,
    provision: str,
    discovered_on: date,
    *,
    conducted_on: date | None = None,
    report_received_on: date | None = None,
) -> Clocks:
    """The dates that hold unless a due date is given with the finding or by an extension."""
    if severity == "priority":
        days = PRIORITY_FAST_DAYS if provision[:1] in FAST_SECTIONS else PRIORITY_DAYS
        return Clocks(discovered_on + timedelta(days=days), discovered_on + timedelta(days=PLAN_DAYS_FROM_DISCOVERY))
    report = report_on(discovered_on, conducted_on, report_received_on)
    return Clocks(report + timedelta(days=DAYS_FROM_REPORT[severity]), report + timedelta(days=PLAN_DAYS_FROM_REPORT))
