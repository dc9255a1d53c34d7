"""The columns give what the slow, exact second reading of the formulas gives."""

from datetime import date
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain.policy import DEFAULT, Policy
from services.scoring.domain.policy.document import from_dict, to_dict
from services.scoring.domain.score import score
from tests.oracle import plain_evidence, plain_scoring
from tests.oracle.plain_policy import PlainPolicy, exact, read_policy
from tests.scoring.domain.evidence_cases import Case, D, cases, evidence_of
from tests.scoring.domain.policy_cases import documents

FAR = date(9000, 1, 1)


def plain(case: Case, day: date, policy: PlainPolicy = plain_scoring.BY_THE_FORMULAS) -> plain_scoring.PlainScore:
    """Score a case by the second reading; campaigns are tied to surveys there by their year."""
    answered = [campaign for campaign in case.campaigns if campaign["submitted_on"]]
    supplier = plain_evidence.Supplier(
        "S",
        country="XX",
        audits=[
            plain_evidence.Audit(str(row["site"]), row["kind"], list(row["scope"]), row["conducted_on"], None)
            for row in case.audits
        ],
        findings=[
            plain_evidence.Finding(
                ref="F",
                audit=None,
                standard="RBA",
                version="8.0",
                provision=row["provision"],
                severity=row["severity"],
                discovered_on=row["discovered_on"],
                plan_approved_on=row["approved_on"],
                implemented_on=row["implemented_on"],
                closed_on=row["closed_on"],
                withdrawn_on=row["withdrawn_on"],
                given_due_on=row["due_on"] or FAR,
                site=str(row["site"]),
            )
            for row in case.findings
        ],
        surveys=[
            plain_evidence.Survey(0, row["category"], exact(row["score"]), row["submitted_on"]) for row in case.answers
        ]
        + [
            plain_evidence.Survey(id(campaign), "no category", Fraction(0), campaign["submitted_on"])
            for campaign in answered
        ],
        campaigns=[plain_evidence.Campaign(id(campaign), campaign["due_on"]) for campaign in case.campaigns],
        events_attended=[
            (str(row["identity"]), "training" if row["kind"] == "event" else "support_meeting", row["on"])
            for row in case.participations
            if row["kind"] != "course"
        ],
        courses_completed=[(str(row["identity"]), row["on"]) for row in case.participations if row["kind"] == "course"],
        certificates=[
            plain_evidence.Certificate(row["standard"], row["valid_from"], row["valid_until"])
            for row in case.certificates
        ],
    )
    ranks = {"XX": {year: exact(rank) for year, rank in case.ranks.items()}}
    return plain_scoring.score_supplier(supplier, ranks, day, policy)


def assert_both_agree(case: Case, day: date, policy: Policy, expected: plain_scoring.PlainScore) -> None:
    scores = score(evidence_of([case], policy), day, policy)
    assert scores.categories[0].tolist() == list(expected.categories.values())
    assert scores.base[0] == expected.base
    assert scores.credit[0] == expected.credit
    assert scores.score[0] == expected.score
    assert scores.risk_tier(0) == expected.risk_tier
    assert scores.basis_name(0) == expected.basis
    assert round(float(scores.confidence[0]), 6) == round(expected.confidence, 6)


days = st.sampled_from([D, date(2026, 2, 28), date(2026, 8, 31)])


@settings(max_examples=150, deadline=None)
@given(cases(), days)
def test_both_readings_agree(case: Case, day: date) -> None:
    assert_both_agree(case, day, DEFAULT, plain(case, day))


@settings(max_examples=150, deadline=None)
@given(cases(), days, documents())
def test_both_readings_of_any_policy_agree(case: Case, day: date, document: dict[str, Any]) -> None:
    assert_both_agree(case, day, from_dict(document), plain(case, day, read_policy(document)))


def test_both_readings_of_the_default_policys_document_are_the_formulas() -> None:
    read, written = read_policy(to_dict(DEFAULT)), plain_scoring.BY_THE_FORMULAS
    assert {name: value for name, value in vars(read).items() if name != "category_of"} == {
        name: value for name, value in vars(written).items() if name != "category_of"
    }
