"""A score in plain sentences, each true to the figures."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings

from services.scoring.domain.explanation import explain
from services.scoring.domain.policy import ANY, DEFAULT, Category, Policy, TierRule
from services.scoring.domain.score import score
from services.scoring.domain.telling import tell_score
from services.scoring.domain.telling.score_words import WORDS
from services.scoring.domain.telling.vocabulary import NAMES, signed
from shared.languages import LANGUAGES, Language
from tests.scoring.domain.evidence_cases import Case, D, cases, evidence_of

RECENT = date(2026, 5, 1)
WORKED_EXAMPLE = """
On 2026-09-30 the sustainability score of S1 was 89.55 of 100, and its risk tier was medium. \
This follows version 1 of the policy "default".
The tier was medium because a major finding was overdue.
The base was 88.30: management system 93.25, labour and employment 78.25, environmental impact 91.45, \
product liability 90.25, each with its part of the whole.
Management system (25 % of the base) scored 93.25: audits 100, survey 90 and country 81.25, \
which weigh 50 %, 30 %, 20 %.
Labour and employment (25 % of the base) scored 78.25: audits 82, survey 70 and country 81.25, \
which weigh 50 %, 30 %, 20 %.
Environmental impact (25 % of the base) scored 91.45: audits 99.4, survey 85 and country 81.25, \
which weigh 50 %, 30 %, 20 %.
Product liability (25 % of the base) scored 90.25: audits 100, survey 80 and country 81.25, \
which weigh 50 %, 30 %, 20 %.
Finding A3 (major, discovered on 2026-03-01) was overdue: it had to be implemented by 2026-09-12. \
It deducted 12 points x 1.5 = 18 from its site, which cost 2.25 of the score.
Finding C3 (minor, discovered on 2026-03-01) was closed on 2026-05-01. \
It deducted 3 points x 0.2 = 0.6 from its site, which cost 0.075 of the score.
Events attended: 2; courses completed: 1; credited certificates: 0. Together they added 1.25.
Base and credit, 89.55, rounded to two decimals are 89.55.
All of the weight rested on evidence; nothing was assumed.
Without anything new this score holds until 2027-04-30.
"""


def explained(case: Case, policy: Policy = DEFAULT) -> dict[str, Any]:
    evidence = evidence_of([case], policy)
    return {"supplier_code": "S1", **explain(evidence, score(evidence, D, policy), 0, policy, D)}


def told(case: Case, language: Language = "en", policy: Policy = DEFAULT) -> list[str]:
    return tell_score(explained(case, policy), policy, language)


def worked_example() -> Case:
    case = Case({2024: 62.5}).audit("vap", date(2026, 3, 1)).survey(date(2026, 2, 1), 90, 70, 85, 80)
    case.finding("A3", "major", date(2026, 3, 1), due_on=date(2026, 9, 12))
    case.finding("C3", "minor", date(2026, 3, 1), closed_on=RECENT)
    return case.took_part("event", 1, RECENT).took_part("event", 2, RECENT).took_part("course", 3, RECENT)


def test_the_worked_example_reads_as_it_is_reckoned() -> None:
    assert "\n".join(told(worked_example())) == WORKED_EXAMPLE.strip()


def test_what_is_not_known_is_said_once_for_all_categories() -> None:
    sentences = told(Case().asked(date(2026, 6, 1)))
    everything = "management system, labour and employment, environmental impact, product liability"
    assert (
        "No audit or document review of the last 24 months covered " + everything + "; the prudent figure 60 stood in "
        "for one." in sentences
    )
    assert f"The survey that was due on 2026-06-01 had not been answered, so it counts 0 for {everything}." in sentences
    assert "Nothing was known of the risk of the country, so the worst was assumed." in sentences
    assert "0 % of the weight rested on evidence; the rest was assumed with prudence." in sentences


def test_every_rule_of_the_tier_is_given_as_a_reason() -> None:
    sentences = told(Case().finding("A1", "priority", RECENT).finding("A1", "priority", RECENT))
    assert [sentence for sentence in sentences if sentence.startswith("The tier")] == [
        "The tier was high because the base of 49.00 lay below 60.",
        "The tier was high because labour and employment, with 26.50, lay below 40.",
        "The tier was high because a priority finding was not closed.",
    ]
    assert "No rule for a higher risk tier applied." in told(
        Case({2024: 90}).audit("vap", RECENT).survey(RECENT, 90, 90, 90, 90)
    )


def test_a_cap_a_withheld_credit_and_the_limit_are_told() -> None:
    case = Case({2024: 100}).audit("vap", RECENT).survey(RECENT, 100, 100, 100, 100)
    for number in range(8):
        case.took_part("event", number, RECENT)
    assert "They were worth 4, of which at most 3 counts." in told(case)
    assert "The sum was 103; a score is never above 100." in told(case)
    withheld = told(case.finding("A1", "priority", RECENT))
    assert "They would have added 3, but while a serious finding is not closed nothing is added." in withheld


def test_how_far_a_finding_has_come_is_told() -> None:
    case = Case().finding("A1", "minor", RECENT, due_on=date(2027, 1, 1))
    case.finding("A2", "minor", RECENT, due_on=date(2027, 1, 1), approved_on=RECENT)
    case.finding("A3", "minor", RECENT, due_on=date(2027, 1, 1), implemented_on=date(2026, 6, 1))
    text = " ".join(told(case))
    assert "Finding A1 (minor, discovered on 2026-05-01) was open. It had to be implemented by 2027-01-01." in text
    assert "discovered on 2026-05-01) had an approved plan. It had to be implemented by 2027-01-01." in text
    assert "discovered on 2026-05-01) was implemented on 2026-06-01 and not yet closed. It deducted 3 points" in text


def test_of_very_many_findings_the_rest_is_summed_up() -> None:
    case = Case({2024: 50}).audit("vap", RECENT)
    for _ in range(25):
        case.finding("E1", "minor", RECENT)
    assert "5 further findings together cost 1.875." in told(case)


def test_what_a_person_said_of_the_tier_stands_beside_it() -> None:
    override = {"risk_tier": "low", "valid_from": "2026-09-01", "valid_until": "2026-12-31", "reason": "New plant."}
    sentences = tell_score({**explained(Case()), "tier_override": override}, DEFAULT, "en")
    assert (
        "From 2026-09-01 to 2026-12-31 the risk tier low has been set by a person; it stands beside the computed one."
        in sentences
    )
    assert "The reason given: New plant." in sentences
    for_supplier = tell_score({**explained(Case()), "tier_override": {**override, "reason": None}}, DEFAULT, "zh-Hant")
    assert not [sentence for sentence in for_supplier if "理由" in sentence]


def test_a_policy_of_ones_own_reads_as_it_is_written() -> None:
    policy = replace(
        DEFAULT,
        name="hygiene",
        version=7,
        categories=(Category("food_hygiene", 1.0),),
        provisions={},
        sections={ANY: "food_hygiene"},
        weights={"audit": 1.0, "survey": 0.0, "inherent": 0.0},
        credit=None,
        high=TierRule(base_below=50.0),
        medium=TierRule(),
    )
    sentences = told(Case().audit("vap", RECENT).finding("X9", "major", RECENT), policy=policy)
    assert sentences[2] == "The base was 88.00: food hygiene 88.00, each with its part of the whole."
    assert sentences[3].startswith("Food hygiene (100 % of the base) scored 88.00: audits 88, survey 55 and country 50")


@settings(max_examples=80, deadline=None)
@given(cases())
def test_whatever_the_evidence_every_language_says_the_same_figures(case: Case) -> None:
    explanation = explained(case)
    figures = []
    for language in LANGUAGES:
        sentences = tell_score(explanation, DEFAULT, language)
        assert not [sentence for sentence in sentences if "None" in sentence or "{" in sentence]
        figures.append(sorted(re.findall(r"[0-9][0-9.-]*[0-9]|[0-9]", " ".join(sentences))))
    assert figures[0] == figures[1] == figures[2]
    assert f"{explanation['score']:.2f}" in figures[0]


def test_every_language_has_every_sentence_and_name_with_the_same_facts() -> None:
    for language in LANGUAGES:
        assert WORDS[language].keys() == WORDS["en"].keys()
        for key, text in WORDS[language].items():
            assert sorted(re.findall(r"{(\w+)}", text)) == sorted(re.findall(r"{(\w+)}", WORDS["en"][key])), key
        assert all(named[language] for named in NAMES.values())


@pytest.mark.parametrize(
    ("points", "text"),
    [(0.125, "+0.125"), (-2.0, "−2"), (0.0004, "0"), (-0.0005, "−0.001"), (10.0, "+10"), (0.1 + 0.2, "+0.3")],  # noqa: RUF001
)
def test_points_are_written_with_their_sign_and_no_more_decimals_than_needed(points: float, text: str) -> None:
    assert signed(points) == text
