"""The columns give what the slow, exact second reading of the formulas gives."""

from datetime import date
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain.policy import DEFAULT
from services.scoring.domain.score import score
from tests.oracle import plain_evidence, plain_scoring
from tests.scoring.domain.evidence_cases import Case, D, cases, evidence_of

FAR = date(9000, 1, 1)


def plain(case: Case, day: date) -> plain_scoring.PlainScore:
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
            plain_evidence.Survey(0, row["category"], Fraction(row["score"]), row["submitted_on"])
            for row in case.answers
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
    ranks = {"XX": {year: Fraction(rank) for year, rank in case.ranks.items()}}
    return plain_scoring.score_supplier(supplier, ranks, day)


@settings(max_examples=150, deadline=None)
@given(cases(), st.sampled_from([D, date(2026, 2, 28), date(2026, 8, 31)]))
def test_both_readings_agree(case: Case, day: date) -> None:
    expected = plain(case, day)
    scores = score(evidence_of([case]), day, DEFAULT)
    assert scores.categories[0].tolist() == list(expected.categories.values())
    assert scores.base[0] == expected.base
    assert scores.credit[0] == expected.credit
    assert scores.score[0] == expected.score
    assert scores.risk_tier(0) == expected.risk_tier
    assert scores.basis_name(0) == expected.basis
    assert round(float(scores.confidence[0]), 6) == round(expected.confidence, 6)
