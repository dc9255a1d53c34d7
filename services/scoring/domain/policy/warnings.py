"""What is odd about a policy that can be used: figures by which worse evidence would be the better one."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from services.scoring.domain.policy.rules import SEVERITIES, Policy, Severity, State
from shared.errors import FieldError

LESS_TO_MORE: Sequence[tuple[State, State]] = (
    ("closed", "plan_approved"),
    ("closed", "open"),
    ("closed", "overdue"),
    ("plan_approved", "open"),
    ("open", "overdue"),
)
"""States of a finding: the former is never to count more than the latter."""


def policy_warnings(policy: Policy) -> list[FieldError]:
    """Return what keeps the order of scores from being the order of the evidence; pointers into the document."""
    return [*_points(policy), *_factors(policy), *_starts(policy), *_severities(policy)]


def _points(policy: Policy) -> Iterator[FieldError]:
    for worse, milder in pairwise(SEVERITIES):
        if policy.points[worse] < policy.points[milder]:
            yield FieldError(f"/points/{worse}", f"a {worse} finding costs less than a {milder} one")


def _factors(policy: Policy) -> Iterator[FieldError]:
    for less, more in LESS_TO_MORE:
        if policy.factors[less] > policy.factors[more]:
            detail = f"a finding that is {less} counts more than one that is {more}".replace("_", " ")
            yield FieldError(f"/factors/{less}", detail)


def _starts(policy: Policy) -> Iterator[FieldError]:
    if policy.document_review_start > policy.assessment_start:
        yield FieldError("/starts/document_review", "a document review is worth more than an assessment")


def _severities(policy: Policy) -> Iterator[FieldError]:
    high, medium = policy.high, policy.medium
    named: list[tuple[str, Sequence[Severity], Sequence[Severity]]] = [
        ("/tiers/high/open_findings", high.open_findings, ()),
        ("/tiers/high/overdue_findings", high.overdue_findings, high.open_findings),
        ("/tiers/medium/open_findings", medium.open_findings, high.open_findings),
        ("/tiers/medium/overdue_findings", medium.overdue_findings, _dangerous(policy)),
    ]
    if policy.credit is not None:
        named.append(("/credit/withheld_by_open", policy.credit.withheld_by_open, ()))
    for pointer, listed, besides in named:
        for worse, milder in pairwise(SEVERITIES):
            if milder in listed and worse not in (*listed, *besides):
                yield FieldError(pointer, f"names {milder} but not {worse}, which is worse")


def _dangerous(policy: Policy) -> Sequence[Severity]:
    """What leads to a tier at least as bad as an overdue finding does that leads to medium."""
    return (*policy.high.open_findings, *policy.high.overdue_findings, *policy.medium.open_findings)
