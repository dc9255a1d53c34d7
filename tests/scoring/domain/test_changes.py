"""What changed between two scores: evidence by evidence, adding up exactly."""

import json
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain.changes import audits, explain_changes
from services.scoring.domain.explanation import explain
from services.scoring.domain.policy import DEFAULT, Policy
from services.scoring.domain.score import score
from services.scoring.domain.telling import tell_changes
from services.scoring.domain.telling.change_words import WORDS
from shared.languages import LANGUAGES
from tests.scoring.domain.evidence_cases import Case, D, cases, evidence_of

EARLIER = date(2026, 3, 31)
RECENT = date(2026, 5, 1)
OTHER = replace(
    DEFAULT,
    version=2,
    weights={"audit": 0.7, "survey": 0.2, "inherent": 0.1},
    points={"priority": 30.0, "major": 11.0, "minor": 7.0},
)


def explained(case: Case, day: date, policy: Policy = DEFAULT) -> dict[str, Any]:
    evidence = evidence_of([case], policy)
    return explain(evidence, score(evidence, day, policy), 0, policy, day)


def changes(
    old: Case, new: Case, from_day: date = D, to_day: date = D, policies: tuple[Policy, Policy] = (DEFAULT, DEFAULT)
) -> dict[str, Any]:
    before, repriced = (explained(old, from_day, policy) for policy in policies)
    after = explained(new, to_day, policies[1])
    return {"supplier_code": "S1", **explain_changes(before, repriced, after, policies[1], to_day)}


def causes(found: dict[str, Any]) -> dict[str, float]:
    """Cause -> points, without the rounding; each must be there once."""
    assert set(Counter(each["cause"] for each in found["contributions"]).values()) <= {1}
    return {each["cause"]: each["points"] for each in found["contributions"] if each["cause"] != "rounding"}


@st.composite
def two_states(draw: st.DrawFn) -> tuple[Case, Case]:
    """A case and what became of it: pieces altered, taken away at the end, and added."""
    old, other = draw(cases()), draw(cases())
    new = old.copy()
    for name in ("audits", "findings", "answers", "campaigns", "participations", "certificates"):
        held, added = getattr(new, name), getattr(other, name)
        kept = draw(st.integers(0, len(held)))
        setattr(new, name, held[:kept] + added)
        for piece in getattr(new, name)[:kept]:
            if draw(st.booleans()) and name == "findings":
                piece["closed_on"] = draw(st.none() | st.just(RECENT))
    new.ranks = draw(st.sampled_from([old.ranks, other.ranks]))
    return old, new


@settings(max_examples=150, deadline=None)
@given(two_states(), st.integers(0, 500), st.sampled_from([(DEFAULT, DEFAULT), (DEFAULT, OTHER), (OTHER, DEFAULT)]))
def test_the_contributions_add_up_to_the_difference_of_the_scores_exactly(
    states: tuple[Case, Case], days: int, policies: tuple[Policy, Policy]
) -> None:
    found = changes(*states, D - timedelta(days), D, policies)
    json.dumps(found, allow_nan=False)
    points = [Decimal(str(each["points"])) for each in found["contributions"]]
    difference = Decimal(str(found["after"]["score"])) - Decimal(str(found["before"]["score"]))
    assert sum(points) == difference == Decimal(str(found["difference"]))
    rounding = [each["points"] for each in found["contributions"] if each["cause"] == "rounding"]
    assert all(abs(each) <= 0.01 + 1e-6 * len(points) for each in rounding)
    for each in found["contributions"]:
        if each["categories"]:
            assert sum(each["categories"].values()) == pytest.approx(each["points"], abs=1e-5)
    for language in LANGUAGES:
        sentences = tell_changes(found, language)
        assert not [sentence for sentence in sentences if "None" in sentence or "{" in sentence]


@settings(max_examples=60, deadline=None)
@given(cases())
def test_nothing_changed_where_nothing_changed(case: Case) -> None:
    found = changes(case, case.copy())
    assert (found["contributions"], found["difference"]) == ([], 0)


@settings(max_examples=60, deadline=None)
@given(two_states())
def test_many_steps_are_looked_at_in_windows_and_come_to_the_same(states: tuple[Case, Case]) -> None:
    before, after = (explained(case, D) for case in states)
    whole = list(audits.audit_changes(before, after, DEFAULT, D))
    in_windows = list(audits.audit_changes(before, after, DEFAULT, D, cells_at_once=1))
    assert in_windows == whole


def test_a_finding_that_falls_due_takes_what_the_factor_adds() -> None:
    case = Case({2024: 62.5}).audit("vap", date(2026, 3, 1))
    case.finding("A3", "major", date(2026, 3, 1), due_on=date(2026, 9, 12))
    found = changes(case, case, EARLIER, D)
    (only,) = found["contributions"]
    assert (only["cause"], only["id"], only["points"]) == ("finding_overdue", "finding-0-0", -0.75)
    assert only["categories"] == {"labor_employment": -0.75}
    assert (only["before"]["state"], only["after"]["state"]) == ("open", "overdue")
    assert (found["difference"], found["tier_reasons_new"]) == (-0.75, ["overdue_major"])
    assert tell_changes(found, "en") == [
        "From 2026-03-31 to 2026-09-30 the sustainability score of S1 fell by 0.75, from 81.25 to 80.50.",
        "Its risk tier went from low to medium.",
        "Finding A3 (major, discovered on 2026-03-01) was due on 2026-09-12 and is overdue: −0.75.",  # noqa: RUF001
    ]


def test_an_assessment_comes_before_the_findings_that_it_brought() -> None:
    old = Case({2024: 50})
    new = old.copy().audit("vap", RECENT).finding("A1", "minor", RECENT)
    assert causes(changes(old, new)) == {"assessment_new": 20.0, "finding_new": -0.375}


def test_where_sites_interact_the_fixed_order_says_who_did_what() -> None:
    """The mean and the worst of two sites: the finding that makes its site the worst takes more than the next one."""
    old = Case({2024: 50}).audit("vap", RECENT, site=0).audit("vap", RECENT, site=1)
    new = old.copy().finding("A1", "major", RECENT, site=0)
    new.finding("A1", "major", RECENT + timedelta(1), site=1)
    found = {each["id"]: each["points"] for each in changes(old, new)["contributions"]}
    # 12 points: first 100, 88 -> (94 + 88) / 2 = 91; then 88, 88 -> 88; an eighth of each counts
    assert found == {"finding-0-0": -9 / 8, "finding-0-1": -3 / 8}


def test_at_the_floor_a_further_finding_takes_nothing_and_says_so() -> None:
    old = Case({2024: 50}).finding("A1", "priority", RECENT).finding("A1", "priority", RECENT)
    new = old.copy().finding("A1", "minor", RECENT)
    assert causes(changes(old, new)) == {"finding_new": 0.0}


@pytest.mark.parametrize(
    ("dates", "cause"),
    [
        ({"closed_on": RECENT}, "finding_closed"),
        ({"withdrawn_on": RECENT}, "finding_withdrawn"),
        ({"approved_on": RECENT}, "finding_plan_approved"),
        ({"due_on": RECENT}, "finding_overdue"),
        ({"severity": "minor"}, "finding_corrected"),
        ({"provision": "C1"}, "finding_corrected"),
    ],
)
def test_what_happened_to_a_finding_has_a_name_and_back_again_another(dates: dict[str, Any], cause: str) -> None:
    old = Case({2024: 50}).audit("vap", RECENT).finding("A1", "major", date(2026, 4, 1))
    new = old.copy()
    new.findings[0] |= dates
    there = causes(changes(old, new))
    back = causes(changes(new, old))
    assert list(there) == [cause]
    names = {"finding_closed": "finding_reopened", "finding_withdrawn": "finding_restored"}
    returned = names.get(cause, "finding_corrected" if cause == "finding_corrected" else "finding_open_again")
    assert back == {returned: -there[cause]}


def test_windows_pass_without_anything_happening() -> None:
    case = Case({2024: 50}).audit("vap", date(2024, 8, 1)).survey(date(2025, 2, 1), 80, 80, 80, 80)
    case.took_part("event", 1, date(2025, 6, 1)).certificate("ISO 14001", date(2024, 1, 1), date(2026, 6, 1))
    case.finding("A1", "minor", date(2024, 8, 1), closed_on=date(2024, 9, 1))
    assert causes(changes(case, case, EARLIER, D)) == {
        "assessment_lapsed": -20.0,  # 100 to the prudent 60, half of it
        "finding_left_window": 0.075,
        "survey_lapsed": -7.5,  # 80 to the prudent 55
        "participation_lapsed": -0.5,
        "certificate_lapsed": -0.5,
    }


def test_surveys_are_answered_replaced_and_left_unanswered() -> None:
    answered = Case({2024: 50}).survey(date(2026, 1, 1), 80, 80, 80, 80)
    replaced = answered.copy().survey(RECENT, 90, 90, None, None)
    silent = replaced.copy().asked(date(2026, 6, 1))
    assert causes(changes(Case({2024: 50}), answered)) == {"survey_answered": 7.5}
    assert causes(changes(answered, replaced)) == {"survey_replaced": 1.5}
    assert causes(changes(replaced, silent)) == {"survey_unanswered": -25.5}
    assert causes(changes(silent, replaced)) == {"survey_silence_lapsed": 25.5}
    assert causes(changes(silent, silent.copy().survey(D, 90, 90, 80, 80))) == {"survey_answered": 25.5}


def test_the_country_becomes_known_and_gets_another_figure() -> None:
    assert causes(changes(Case(), Case({2024: 50}))) == {"country_figure_new": 5.0}
    found = changes(Case({2024: 50}), Case({2024: 50, 2026: 60}))
    assert causes(found) == {"country_figure_changed": 1.0}
    assert "from 50 (2024) to 60 (2026)" in tell_changes(found, "en")[2]


def test_taking_part_counts_at_its_face_value_and_the_cap_is_told_apart() -> None:
    old = Case({2024: 50})
    for number in range(5):
        old.took_part("event", number, RECENT)
    new = old.copy().took_part("event", 5, RECENT).took_part("course", 9, RECENT).took_part("event", 5, D)
    found = causes_of_all(changes(old, new))
    assert found == {"participation_new": [0.25, 0.5], "credit_cap": [-0.25]}
    withheld = new.copy().finding("A1", "priority", RECENT)
    assert causes(changes(new, withheld)) == {"finding_new": -5.0, "credit_withheld": -3.0}
    assert causes(changes(withheld, new))["credit_released"] == 3.0


def causes_of_all(found: dict[str, Any]) -> dict[str, list[float]]:
    told: dict[str, list[float]] = {}
    for each in found["contributions"]:
        told.setdefault(each["cause"], []).append(each["points"])
    return {cause: sorted(points) for cause, points in told.items()}


def test_another_policy_is_told_apart_from_what_happened() -> None:
    old = Case({2024: 50}).audit("vap", RECENT).finding("A1", "minor", RECENT)
    new = old.copy()
    new.findings[0]["closed_on"] = D
    found = changes(old, new, D, D, (DEFAULT, OTHER))
    told = causes(found)
    repriced = explained(old, D, OTHER)["sums"]["total"] - explained(old, D)["sums"]["total"]
    assert told["policy_changed"] == pytest.approx(repriced, abs=1e-6)
    assert told["finding_closed"] == 0.25 * 0.7 * 7 * 0.8
    assert (found["before"]["policy_version"], found["after"]["policy_version"]) == (1, 2)


def test_above_100_the_limit_takes_back_what_was_added() -> None:
    old = Case({2024: 100}).audit("vap", RECENT).survey(RECENT, 100, 100, 100, 100)
    new = old.copy().took_part("event", 1, RECENT)
    assert causes(changes(old, new)) == {"participation_new": 0.5, "limit_of_100": -0.5}


def test_every_language_has_every_sentence_with_the_same_facts() -> None:
    english = WORDS["en"]
    for language in LANGUAGES:
        assert WORDS[language].keys() == english.keys()
        for key, text in WORDS[language].items():
            assert fields(text) == fields(english[key]), (language, key)


def fields(text: str) -> set[str]:
    return {part.split("}")[0] for part in text.split("{")[1:]}
