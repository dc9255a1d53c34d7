"""The state of each finding on a day, and what it deducts there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from services.scoring.domain import days
from services.scoring.domain.evidence import Findings, Floats, Rows
from services.scoring.domain.policy import SEVERITIES, STATES, Policy, Severity

GONE = -1
"""Withdrawn, or not discovered yet."""
OPEN, PLAN_APPROVED, OVERDUE, CLOSED = range(len(STATES))

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FindingStates:
    """Per finding: its state (index in STATES, or GONE), whether it counts, points, factor and their product."""

    state: NDArray[np.int8]
    counts: Flags
    points: Floats
    factor: Floats
    deduction: Floats

    @property
    def not_closed(self) -> Flags:
        """Which findings are there and not closed."""
        there: Flags = (self.state != GONE) & (self.state != CLOSED)
        return there


def finding_states(findings: Findings, day: date, policy: Policy) -> FindingStates:
    """Return the first state that applies: withdrawn, closed, overdue, plan approved, open."""
    today = days.from_date(day)
    implemented = findings.implemented_on <= today
    state = np.select(
        [
            (findings.withdrawn_on <= today) | (findings.discovered_on > today),
            findings.closed_on <= today,
            (findings.due_on < today) & ~implemented,
            (findings.approved_on <= today) | implemented,
        ],
        [GONE, CLOSED, OVERDUE, PLAN_APPROVED],
        default=OPEN,
    ).astype(np.int8)
    window_start = days.months_before(day, policy.windows.audit)
    counts = (state != GONE) & ((state != CLOSED) | (findings.discovered_on > window_start))
    points = np.array([policy.points[severity] for severity in SEVERITIES])[findings.severity]
    factor = np.array([policy.factors[name] for name in STATES])[state] * counts  # GONE reads a factor, times 0
    return FindingStates(state, counts, points, factor, points * factor)


def suppliers_with(severities: Iterable[Severity], findings: Findings, condition: Flags, suppliers: int) -> Flags:
    """Return per supplier whether a finding of one of `severities` meets `condition`."""
    codes = [SEVERITIES.index(severity) for severity in severities]
    hit: Rows = findings.supplier[condition & np.isin(findings.severity, codes)]
    present = np.zeros(suppliers, dtype=np.bool_)
    present[hit] = True
    return present
