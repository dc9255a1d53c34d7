"""Until when a score holds if no new evidence comes: the day before time alone changes what it rests on."""

from collections.abc import Iterator
from datetime import date

import numpy as np

from services.scoring.domain import days
from services.scoring.domain.audit_figures import LEVEL_OF_KIND, NOT_ASSESSED
from services.scoring.domain.evidence import PARTICIPATION_KINDS, Evidence, Rows
from services.scoring.domain.finding_states import CLOSED, GONE, FindingStates
from services.scoring.domain.inherent_risk import InherentFigures
from services.scoring.domain.policy import Policy
from services.scoring.domain.survey_figures import NONE, SurveyFigures

Changes = Iterator[tuple[Rows, days.Days | days.WideDays]]


def valid_until(
    evidence: Evidence,
    states: FindingStates,
    survey: SurveyFigures,
    inherent: InherentFigures,
    day: date,
    policy: Policy,
    next_policy_from: date | None,
) -> days.Days:
    """Return per supplier the last day on which the same evidence gives the score of `day`; ABSENT: no end in sight.

    Dates of findings that a later rejection or reopening voids are not seen here, since the evidence holds them as
    effective on `day`; a score of today never has such.
    """
    today = days.from_date(day)
    ends = np.minimum(inherent.changes_on, days.ABSENT)
    if next_policy_from is not None and next_policy_from > day:
        ends = np.minimum(ends, days.from_date(next_policy_from))
    for changes in (
        _of_audits(evidence, policy, today),
        _of_findings(evidence, states, policy, today),
        _of_surveys(evidence, survey, policy, today),
        _of_credit(evidence, policy, today),
    ):
        for supplier, on in changes:
            ahead = (on > today) & (on < days.ABSENT)
            np.minimum.at(ends, supplier[ahead], on[ahead].astype(np.int64))
    return np.where(ends == days.ABSENT, days.ABSENT, ends - 1).astype(np.int32)


def _of_audits(evidence: Evidence, policy: Policy, today: int) -> Changes:
    """Assessments enter on their day and leave with the window."""
    audits = evidence.audits
    assessing = LEVEL_OF_KIND[audits.kind] > NOT_ASSESSED
    supplier, conducted_on = audits.supplier[assessing], audits.conducted_on[assessing]
    yield supplier, conducted_on
    yield supplier, _leaves(conducted_on, policy.windows.audit, today)


def _of_findings(evidence: Evidence, states: FindingStates, policy: Policy, today: int) -> Changes:
    """Findings take their steps, fall due, and once closed leave with the window."""
    findings = evidence.findings
    yield findings.supplier, findings.discovered_on
    there = states.state != GONE
    yield findings.supplier[there], findings.withdrawn_on[there]
    live = states.not_closed
    yield findings.supplier[live], findings.closed_on[live]
    yield findings.supplier[live], findings.approved_on[live]
    yield findings.supplier[live], findings.implemented_on[live]
    can_fall_due = live & (findings.implemented_on > today)
    yield findings.supplier[can_fall_due], findings.due_on[can_fall_due].astype(np.int64) + 1
    leaving = (states.state == CLOSED) & states.counts
    yield findings.supplier[leaving], days.leaves_window(findings.discovered_on[leaving], policy.windows.audit)


def _of_surveys(evidence: Evidence, survey: SurveyFigures, policy: Policy, today: int) -> Changes:
    """Answers come in and leave with the window, and so do campaigns that nobody answered."""
    answers, asked = evidence.answers, evidence.asked
    yield answers.supplier, answers.submitted_on
    used = survey.answer[survey.answer != NONE]
    yield answers.supplier[used], days.leaves_window(answers.submitted_on[used], policy.windows.survey)
    open_ = asked.submitted_on > today
    supplier, due_on = asked.supplier[open_], asked.due_on[open_]
    yield supplier, asked.submitted_on[open_]
    yield supplier, due_on.astype(np.int64) + 1
    yield supplier, _leaves(due_on, policy.windows.survey, today)


def _of_credit(evidence: Evidence, policy: Policy, today: int) -> Changes:
    """Attendances, completions and certificates come in and run out."""
    if policy.credit is None:
        return
    attended, certificates = evidence.participation, evidence.certificates
    credited = attended.kind != PARTICIPATION_KINDS.index("uncredited")
    yield attended.supplier[credited], attended.on[credited]
    yield attended.supplier[credited], _leaves(attended.on[credited], policy.windows.participation, today)
    known = certificates.standard >= 0
    yield certificates.supplier[known], certificates.valid_from[known]
    begun = known & (certificates.valid_from <= today)
    yield certificates.supplier[begun], certificates.valid_until[begun].astype(np.int64) + 1


def _leaves(on: days.Days, months: int, today: int) -> days.WideDays:
    """Return when what holds today leaves its window; ABSENT for what is still to come."""
    return np.where(on <= today, days.leaves_window(on, months), days.ABSENT)
