"""Until when a finding must be mended, and its plan be there."""

from datetime import date

import pytest

from services.audit.domain.due_dates import clocks

DISCOVERED, CONDUCTED, REPORT = date(2026, 3, 2), date(2026, 3, 1), date(2026, 3, 16)


@pytest.mark.parametrize(
    ("severity", "provision", "due_on", "plan_due_on"),
    [
        ("priority", "A1", date(2026, 5, 31), date(2026, 3, 9)),
        ("priority", "B1", date(2026, 4, 1), date(2026, 3, 9)),
        ("priority", "C3", date(2026, 4, 1), date(2026, 3, 9)),
        ("priority", "D7", date(2026, 5, 31), date(2026, 3, 9)),
        ("major", "A3", date(2026, 9, 12), date(2026, 3, 30)),
        ("minor", "C3", date(2026, 12, 11), date(2026, 3, 30)),
    ],
)
def test_a_priority_finding_counts_from_discovery_and_the_others_from_the_report(
    severity: str, provision: str, due_on: date, plan_due_on: date
) -> None:
    found = clocks(severity, provision, DISCOVERED, conducted_on=CONDUCTED, report_received_on=REPORT)
    assert (found.due_on, found.plan_due_on) == (due_on, plan_due_on)


def test_until_the_report_has_come_it_is_taken_to_come_sixty_days_after_the_audit() -> None:
    found = clocks("major", "A3", DISCOVERED, conducted_on=CONDUCTED)
    assert (found.due_on, found.plan_due_on) == (date(2026, 10, 27), date(2026, 5, 14))


def test_without_an_audit_the_report_is_taken_to_come_sixty_days_after_the_discovery() -> None:
    found = clocks("minor", "A3", DISCOVERED)
    assert (found.due_on, found.plan_due_on) == (date(2027, 1, 26), date(2026, 5, 15))


def test_the_worked_example_of_the_formulas() -> None:
    march = date(2026, 3, 1)
    assert clocks("major", "A3", march, conducted_on=march, report_received_on=date(2026, 3, 16)).due_on == date(
        2026, 9, 12
    )
    august = date(2026, 8, 1)
    assert clocks("priority", "A1", august, conducted_on=august).due_on == date(2026, 10, 30)
