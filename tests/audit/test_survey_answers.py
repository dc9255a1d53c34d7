"""Which answers a questionnaire takes."""

from typing import Any
from uuid import UUID

import pytest

from services.audit.domain.answers import complaints
from services.audit.domain.questionnaires import flaws
from tests.audit.survey_sample import ANSWERS, questionnaire_of, sample

FILE = "0190c3d7-a0b0-7a8e-9f00-11223344aabb"


def test_good_answers_and_missing_ones_are_taken() -> None:
    assert complaints(sample(), ANSWERS, set()) == []
    assert complaints(sample(), {}) == []
    assert complaints(sample(), {"permit": {"value": {"file_id": FILE}}}, {UUID(FILE)}) == []


@pytest.mark.parametrize(
    ("code", "answer", "pointer"),
    [
        ("unknown", {"value": True}, "#/answers/unknown"),
        ("a/b~c", {"value": True}, "#/answers/a~1b~0c"),
        ("policy", True, "#/answers/policy"),
        ("policy", {"value": "yes"}, "#/answers/policy/value"),
        ("policy", {"value": 1}, "#/answers/policy/value"),
        ("policy", {"answer": True}, "#/answers/policy"),
        ("policy", {"not_applicable": True, "comment": "why"}, "#/answers/policy/not_applicable"),
        ("policy", {"not_applicable": "x"}, "#/answers/policy/not_applicable"),
        ("night", {"not_applicable": True}, "#/answers/night/comment"),
        ("night", {"not_applicable": True, "comment": " "}, "#/answers/night/comment"),
        ("night", {"not_applicable": True, "comment": "why", "value": False}, "#/answers/night/value"),
        ("policy", {"value": True, "comment": "x" * 2001}, "#/answers/policy/comment"),
        ("policy", {"value": True, "comment": 5}, "#/answers/policy/comment"),
        ("audit", {"value": "fourth"}, "#/answers/audit/value"),
        ("audit", {"value": {"a": 1}}, "#/answers/audit/value"),
        ("reported", {"value": "water"}, "#/answers/reported/value"),
        ("reported", {"value": []}, "#/answers/reported/value"),
        ("reported", {"value": ["water", "water"]}, "#/answers/reported/value"),
        ("reported", {"value": ["water", "air"]}, "#/answers/reported/value"),
        ("reported", {"value": [["water"]]}, "#/answers/reported/value"),
        ("renewable", {"value": "12"}, "#/answers/renewable/value"),
        ("renewable", {"value": True}, "#/answers/renewable/value"),
        ("renewable", {"value": float("nan")}, "#/answers/renewable/value"),
        ("renewable", {"value": float("inf")}, "#/answers/renewable/value"),
        ("renewable", {"value": 10**400}, "#/answers/renewable/value"),
        ("plans", {"value": " "}, "#/answers/plans/value"),
        ("plans", {"value": "x" * 5001}, "#/answers/plans/value"),
        ("plans", {"value": "a\x00b"}, "#/answers/plans/value"),
        ("plans", {"value": "a\ud800b"}, "#/answers/plans/value"),
        ("permit", {"value": FILE}, "#/answers/permit/value"),
        ("permit", {"value": {"file_id": "none"}}, "#/answers/permit/value"),
        ("permit", {"value": {"file_id": 5}}, "#/answers/permit/value"),
        ("permit", {"value": {"file_id": FILE}}, "#/answers/permit/value"),
    ],
)
def test_what_is_no_answer_is_named(code: str, answer: Any, pointer: str) -> None:
    assert [found.pointer for found in complaints(sample(), {code: answer}, set())] == [pointer]


def test_all_wrong_answers_are_named_at_once() -> None:
    wrong = {"policy": {"value": 5}, "audit": {"value": "x"}, "other": {}}
    assert [found.code for found in complaints(sample(), wrong)] == ["policy", "audit", "other"]


CHOICE = {"code": "q", "kind": "choice"}


def option(code: str, label: str = "") -> dict[str, Any]:
    return {"code": code, "label": {"en": label or code}, "points": 1}


@pytest.mark.parametrize(
    ("questions", "pointers"),
    [
        ([], ["#/sections/0/questions", "#/sections/0/category"]),
        ([{"code": "q", "weight": 0}], ["#/sections/0/category"]),
        ([{"code": "q", "may_be_not_applicable": True}], ["#/sections/0/category"]),
        ([{"code": "q"}, {"code": "q"}], ["#/sections/0/questions/0/code", "#/sections/0/questions/1/code"]),
        ([{**CHOICE, "options": [option("a")]}], ["#/sections/0/questions/0/options"]),
        (
            [{**CHOICE, "options": [option("a", "A"), option("a", "B")]}],
            ["#/sections/0/questions/0/options/0/code", "#/sections/0/questions/0/options/1/code"],
        ),
        (
            [{**CHOICE, "options": [option("a", "Same"), option("b", "same")]}],
            ["#/sections/0/questions/0/options/0/label/en", "#/sections/0/questions/0/options/1/label/en"],
        ),
        ([{"code": "q", "options": [option("a")]}], ["#/sections/0/questions/0/options"]),
        ([{"code": "q", "kind": "number"}], ["#/sections/0/questions/0/unit"]),
        ([{"code": "q", "bands": [{"at_least": 1, "points": 1}]}], ["#/sections/0/questions/0/bands"]),
        (
            [{"code": "q", "kind": "number", "unit": "t", "bands": [{"at_least": n, "points": 1} for n in (1, 1, 0)]}],
            ["#/sections/0/questions/0/bands/1/at_least", "#/sections/0/questions/0/bands/2/at_least"],
        ),
    ],
)
def test_what_stands_against_publishing_is_named(questions: list[dict[str, Any]], pointers: list[str]) -> None:
    assert [flaw.pointer for flaw in flaws(questionnaire_of(*questions))] == pointers


def test_a_questionnaire_without_flaws_has_none() -> None:
    assert flaws(sample()) == []
