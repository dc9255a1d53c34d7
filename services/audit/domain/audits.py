"""Where an audit stands, until when it counts, and which of its dates and figures can go together."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, Protocol
from uuid import UUID

from shared.errors import FieldError, Invalid

AuditStatus = Literal["planned", "conducted", "reported", "expired", "withdrawn"]

VALIDITY_YEARS = 2
"""On day D an audit counts where it was conducted in (D - 2 years, D], as for the supplier's score."""

ASSESSING_NOTHING = frozenset({"regulatory", "incident"})
"""Kinds that only bring findings: there is nothing in them that could expire."""

KNOWN_ONCE_CONDUCTED = ("report_received_on", "score", "outcome", "criteria_total")


class Dated(Protocol):
    """What an audit's standing follows from."""

    @property
    def kind(self) -> str: ...
    @property
    def conducted_on(self) -> date | None: ...
    @property
    def report_received_on(self) -> date | None: ...
    @property
    def withdrawn_on(self) -> date | None: ...


@dataclass(frozen=True, slots=True)
class Description:
    """What must go together in an audit."""

    kind: str
    planned_on: date | None
    conducted_on: date | None
    report_received_on: date | None
    score: Decimal | None
    outcome: str | None
    criteria_total: int | None
    follows_audit_id: UUID | None


def window_start(day: date) -> date:
    """The latest day of an audit that counts no more on `day`: the same day two years before, or that month's last."""
    return _in_year(day, day.year - VALIDITY_YEARS) or date(day.year - VALIDITY_YEARS, 2, 28)


def valid_until(audit: Dated) -> date | None:
    """The last day on which it counts; None where it never does: planned, withdrawn, or of a kind that only finds."""
    if audit.conducted_on is None or audit.withdrawn_on is not None or audit.kind in ASSESSING_NOTHING:
        return None
    year = audit.conducted_on.year + VALIDITY_YEARS
    # Where the year has no 29 February, two years before 28 February is still the 28th, so that day is the last.
    return (_in_year(audit.conducted_on, year) or date(year, 3, 1)) - timedelta(days=1)


def status_of(audit: Dated, today: date) -> AuditStatus:
    """Where the audit stands; of several that apply, what ends it comes first."""
    if audit.withdrawn_on is not None:
        return "withdrawn"
    if audit.conducted_on is None:
        return "planned"
    last = valid_until(audit)
    if last is not None and last < today:
        return "expired"
    return "conducted" if audit.report_received_on is None else "reported"


def check_consistent(audit: Description, today: date) -> None:
    """Raise Invalid, naming the field, where an audit cannot be as described."""
    conducted_on, report_received_on = audit.conducted_on, audit.report_received_on
    if conducted_on is None:
        _check_only_planned(audit)
    elif conducted_on > today:
        raise unfit(
            "conducted_on",
            f"{conducted_on} lies in the future; today is {today} (UTC). A day to come is planned_on.",
        )
    elif report_received_on is not None and report_received_on > today:
        raise unfit("report_received_on", f"{report_received_on} lies in the future; today is {today} (UTC).")
    elif report_received_on is not None and report_received_on < conducted_on:
        raise unfit("report_received_on", f"{report_received_on} lies before the audit, {conducted_on}.")
    if audit.follows_audit_id is not None and audit.kind != "closure":
        field = "follows_audit_id"
        raise unfit(field, f"Only a closure audit follows another; this one is of kind {audit.kind}.", "audit-unfit")


def _check_only_planned(audit: Description) -> None:
    if audit.planned_on is None:
        raise unfit("planned_on", "An audit that is not conducted yet has the day that it is planned for.")
    for field in KNOWN_ONCE_CONDUCTED:
        if getattr(audit, field) is not None:
            named = field.removesuffix("_total")
            raise unfit(named, f"There is no {named} before the audit is conducted; give conducted_on with it.")


def unfit(field: str, detail: str, code: str = "date-out-of-time") -> Invalid:
    """An audit that cannot be so, because of that field."""
    return Invalid(detail, code=code, fields=[FieldError(f"#/{field}", detail)])


def _in_year(day: date, year: int) -> date | None:
    """The same day of another year, or None where that has no such day."""
    try:
        return day.replace(year=year)
    except ValueError:
        return None
