"""The credit: what taking part in events, completing courses and certificates add to the base."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from services.scoring.domain import days
from services.scoring.domain.evidence import (
    PARTICIPATION_KINDS,
    Certificates,
    Evidence,
    Floats,
    Participation,
    ParticipationKind,
    Rows,
)
from services.scoring.domain.finding_states import FindingStates, Flags, suppliers_with
from services.scoring.domain.policy import Policy

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Credits:
    """The credit of N suppliers, what it is made of before the cap, and whether an open finding withholds it."""

    points: Floats
    events: Counts
    courses: Counts
    certificates: Counts
    withheld: Flags


def credits_earned(evidence: Evidence, states: FindingStates, day: date, policy: Policy) -> Credits:
    """Return the credit on `day`; each event, course and standard counts once."""
    number = evidence.suppliers
    none = np.zeros(number, dtype=np.int64)
    if policy.credit is None:
        return Credits(np.zeros(number), none, none, none, np.zeros(number, dtype=np.bool_))
    rule = policy.credit
    attended = participation_in_window(evidence.participation, day, policy)
    events = _distinct(evidence.participation, attended, "event", number)
    courses = _distinct(evidence.participation, attended, "course", number)
    valid = valid_certificates(evidence.certificates, day)
    held = np.zeros((number, len(rule.standards)), dtype=np.bool_)
    held[evidence.certificates.supplier[valid], evidence.certificates.standard[valid]] = True
    certificates = held.sum(axis=1)
    earned = rule.event * events + rule.course * courses + rule.certificate * certificates
    withheld = suppliers_with(rule.withheld_by_open, evidence.findings, states.not_closed, number)
    return Credits(np.where(withheld, 0.0, np.minimum(rule.cap, earned)), events, courses, certificates, withheld)


def participation_in_window(participation: Participation, day: date, policy: Policy) -> Flags:
    """Return which attendances and completions lie in the window that ends on `day`."""
    start = days.months_before(day, policy.windows.participation)
    return (participation.on > start) & (participation.on <= days.from_date(day))


def valid_certificates(certificates: Certificates, day: date) -> Flags:
    """Return which certificates are of a credited standard and valid on `day`."""
    today = days.from_date(day)
    in_force = (certificates.valid_from <= today) & (certificates.valid_until >= today)
    return in_force & (certificates.standard >= 0)


def _distinct(participation: Participation, attended: Flags, kind: ParticipationKind, suppliers: int) -> Counts:
    """Count the distinct identities of one kind per supplier."""
    rows: Rows = np.flatnonzero(attended & (participation.kind == PARTICIPATION_KINDS.index(kind)))
    rows = rows[np.lexsort((participation.identity[rows], participation.supplier[rows]))]
    supplier, identity = participation.supplier[rows], participation.identity[rows]
    first = np.ones(len(rows), dtype=np.bool_)
    first[1:] = (supplier[1:] != supplier[:-1]) | (identity[1:] != identity[:-1])
    return np.bincount(supplier[first], minlength=suppliers)
