"""What holds for any evidence and policy: more or worse findings never help, more proof never harms."""

from datetime import date, timedelta
from typing import Any

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.scoring.domain.policy import DEFAULT, RISK_TIERS, SEVERITIES, Policy
from services.scoring.domain.policy.warnings import policy_warnings
from services.scoring.domain.score import Scores, score
from tests.scoring.domain.evidence_cases import Case, D, cases, evidence_of, findings_near
from tests.scoring.domain.policy_cases import policies

modest = settings(max_examples=50, deadline=None)


def never_better(before: Case, after: Case, policy: Policy = DEFAULT) -> None:
    """Assert that the second case does not score more nor stand in a safer tier than the first."""
    assert policy_warnings(policy) == []
    scores = score(evidence_of([before, after], policy), D, policy)
    assert scores.score[1] <= scores.score[0]
    assert scores.base[1] <= scores.base[0]
    assert scores.tiers.tier[1] <= scores.tiers.tier[0]
    assert (scores.categories[1] <= scores.categories[0]).all()


@modest
@given(cases(), policies(ordered=True), findings_near())
def test_a_further_finding_never_raises_a_score(case: Case, policy: Policy, finding: dict[str, Any]) -> None:
    worse = case.copy()
    worse.findings.append(finding)
    never_better(case, worse, policy)


@modest
@given(cases(), policies(ordered=True), findings_near(), st.integers(0, 2), st.integers(0, 2))
def test_a_worse_severity_never_raises_a_score(
    case: Case, policy: Policy, finding: dict[str, Any], one: int, other: int
) -> None:
    worse = case.copy()
    case.findings.append(finding | {"severity": SEVERITIES[max(one, other)]})
    worse.findings.append(finding | {"severity": SEVERITIES[min(one, other)]})
    never_better(case, worse, policy)


@modest
@given(cases(), policies(ordered=True), findings_near(), st.integers(0, 900), st.integers(0, 900))
def test_a_later_closing_never_raises_a_score(
    case: Case, policy: Policy, finding: dict[str, Any], one: int, other: int
) -> None:
    worse = case.copy()
    discovered_on = finding["discovered_on"]
    case.findings.append(finding | {"closed_on": discovered_on + timedelta(min(one, other))})
    worse.findings.append(finding | {"closed_on": discovered_on + timedelta(max(one, other))})
    never_better(case, worse, policy)


@modest
@given(cases(), policies(ordered=True), findings_near(), st.sampled_from(["closed_on", "withdrawn_on"]))
def test_closing_or_withdrawing_never_lowers_a_score(
    case: Case, policy: Policy, finding: dict[str, Any], step: str
) -> None:
    assume(finding["discovered_on"] <= D)
    worse = case.copy()
    worse.findings.append(finding | {step: None})
    case.findings.append(finding | {step: D})
    never_better(case, worse, policy)


@modest
@given(cases(), policies(ordered=True), st.floats(0, 1), st.data())
def test_raising_a_survey_answer_or_the_country_never_lowers_a_score(
    case: Case, policy: Policy, part: float, data: st.DataObject
) -> None:
    better = case.copy()
    if case.answers:
        answer = data.draw(st.sampled_from(better.answers))
        answer["score"] += part * (100 - answer["score"])
    better.ranks = {year: rank + part * (100 - rank) for year, rank in case.ranks.items()}
    never_better(better, case, policy)


@modest
@given(cases(), policies(ordered=True), st.sampled_from(["event", "course"]))
def test_taking_part_never_lowers_a_score(case: Case, policy: Policy, kind: str) -> None:
    never_better(case.copy().took_part(kind, 99, D), case, policy)


@modest
@given(cases(), st.integers(-1, 2))
def test_a_further_document_review_never_lowers_the_score_of_an_audited_supplier(case: Case, site: int) -> None:
    case.audit("vap", D, site=3)
    never_better(case.copy().audit("document_review", D, site=site), case)


def rows(scores: Scores, row: int) -> list[Any]:
    return [
        scores.score[row],
        scores.base[row],
        scores.exact_base[row],
        scores.credit[row],
        scores.categories[row].tolist(),
        scores.tier_reasons(row),
        scores.basis[row],
        scores.confidence[row],
        scores.valid_until[row],
    ]


@settings(max_examples=30, deadline=None)
@given(st.lists(cases(), min_size=1, max_size=6), policies())
def test_a_batch_gives_each_supplier_what_it_gets_alone(batch: list[Case], policy: Policy) -> None:
    together = score(evidence_of(batch, policy), D, policy)
    for row, case in enumerate(batch):
        assert rows(together, row) == rows(score(evidence_of([case], policy), D, policy), 0)


@modest
@given(cases(), st.dates(date(2026, 1, 1), date(2028, 3, 1)), policies())
def test_every_figure_stays_in_its_range(case: Case, day: date, policy: Policy) -> None:
    scores = score(evidence_of([case], policy), day, policy)
    for figures in (scores.score, scores.base, scores.categories):
        assert ((figures >= 0) & (figures <= 100)).all()
    assert ((scores.confidence >= 0) & (scores.confidence <= 1)).all()
    assert 0 <= scores.credit[0] <= (0 if policy.credit is None else policy.credit.cap)
    assert scores.risk_tier(0) in RISK_TIERS
    assert bool(scores.tier_reasons(0)) == (scores.risk_tier(0) != "low")


@modest
@given(cases(), st.randoms(use_true_random=False), policies())
def test_the_order_of_the_evidence_does_not_matter(case: Case, random: Any, policy: Policy) -> None:
    shuffled = case.copy()
    for pieces in (shuffled.audits, shuffled.findings, shuffled.answers, shuffled.campaigns):
        random.shuffle(pieces)
    scores = score(evidence_of([case, shuffled], policy), D, policy)
    assert scores.score[0] == scores.score[1]
    assert np.array_equal(scores.categories[0], scores.categories[1])
