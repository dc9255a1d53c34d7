"""VAP scores as this service computes them, beside the reported ones."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain.vap_scores import PROFILES, Criteria, compute
from tests.audit.programme import add_audit, add_finding, add_supplier, ago, finding_in, read, step
from tests.stage import Stage

VAP = PROFILES["rba_vap_2019"]
EXAMPLE = {"total": 85, "not_applicable": 3, "conforming": 72}
counts = st.fixed_dictionaries({severity: st.integers(0, 12) for severity in ("priority", "major", "minor")})


@st.composite
def criteria(draw: st.DrawFn) -> Criteria:
    applicable = draw(st.integers(1, 150))
    not_applicable = draw(st.integers(0, 20))
    return Criteria(applicable + not_applicable, not_applicable, draw(st.integers(0, applicable)))


@pytest.mark.parametrize(
    ("profile", "held", "findings", "score"),
    [
        ("rba_vap_2019", Criteria(85, 3, 72), {"priority": 1, "major": 4, "minor": 3}, "136.61"),
        ("rba_vap_2019_minors_free", Criteria(85, 3, 72), {"priority": 1, "major": 4, "minor": 3}, "139.61"),
        ("rba_vap_2019", Criteria(85, 3, 82), {}, "200"),
        ("rba_vap_2019", Criteria(80, 0, 79), {}, "197.50"),
        ("rba_vap_2019", Criteria(10, 0, 1), {"priority": 5}, "0"),
        # 200 x 1999/3200 is 124.9375, and 200 x 3/1600 is 0.375: ties go up
        ("rba_vap_2019", Criteria(3200, 0, 1999), {}, "124.94"),
        ("rba_vap_2019", Criteria(1600, 0, 3), {}, "0.38"),
    ],
)
def test_a_score_is_the_conforming_share_of_the_scale_less_the_deductions(
    profile: str, held: Criteria, findings: dict[str, int], score: str
) -> None:
    assert compute(PROFILES[profile], held, findings).score == Decimal(score)


@given(criteria(), counts)
def test_the_parts_add_up_to_the_score_and_it_stays_on_the_scale(held: Criteria, findings: dict[str, int]) -> None:
    computed = compute(VAP, held, findings)
    assert computed.score == max(Decimal(0), computed.base - sum(part.points for part in computed.deductions))
    assert 0 <= computed.score <= VAP.scale
    assert computed.score == computed.score.quantize(Decimal("0.01"))


@given(criteria(), counts, st.sampled_from(["priority", "major", "minor"]))
def test_a_further_finding_never_raises_a_score(held: Criteria, findings: dict[str, int], severity: str) -> None:
    more = {**findings, severity: findings[severity] + 1}
    assert compute(VAP, held, more).score <= compute(VAP, held, findings).score


async def test_the_worked_example_is_computed_from_an_audits_criteria_and_findings(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage, criteria=EXAMPLE, score=140, report_received_on=ago(90))
    for severity, count in (("priority", 1), ("major", 4), ("minor", 3)):
        for _ in range(count):
            await add_finding(stage, audit, severity=severity)
    shown = await read(stage, f"/v1/audits/{audit['id']}")
    assert (shown["score"], shown["computed_score"], shown["score_difference"]) == (140, 136.61, 3.39)
    assert shown["criteria"] == EXAMPLE
    assert shown["score_parts"] == {
        "profile": "rba_vap_2019",
        "base": 175.61,
        "deductions": [
            {"severity": "priority", "count": 1, "points": 20},
            {"severity": "major", "count": 4, "points": 16},
            {"severity": "minor", "count": 3, "points": 3},
        ],
    }
    (listed,) = (await read(stage, "/v1/audits"))["items"]
    assert listed == shown


async def test_a_withdrawn_finding_takes_nothing_away_and_a_closed_one_still_does(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage, criteria={"total": 10, "not_applicable": 0, "conforming": 10})
    await finding_in(stage, audit, "closed")
    disputed = await add_finding(stage, audit, severity="priority")
    before = await read(stage, f"/v1/audits/{audit['id']}")
    assert before["computed_score"] == 176
    assert (await step(stage, disputed["id"], "withdraw")).status_code == 200
    assert (await read(stage, f"/v1/audits/{audit['id']}"))["computed_score"] == 196


async def test_without_criteria_or_without_a_reported_score_nothing_is_compared(stage: Stage) -> None:
    await add_supplier(stage)
    reported = await add_audit(stage, score=170)
    counted = await add_audit(stage, criteria=EXAMPLE)
    assert [reported[name] for name in ("computed_score", "score_parts", "score_difference", "criteria")] == [None] * 4
    assert (counted["computed_score"], counted["score_difference"]) == (175.61, None)


async def test_another_profile_and_other_criteria_can_be_set_and_criteria_emptied(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage, criteria=EXAMPLE)
    await add_finding(stage, audit, severity="minor")
    url = f"/v1/audits/{audit['id']}"
    async with stage.machine("audit") as client:
        body: dict[str, Any] = {"score_profile": "rba_vap_2019_minors_free"}
        free = await client.patch(url, json=body, headers={"If-Match": '"1"'})
        emptied = await client.patch(url, json={"criteria": None}, headers={"If-Match": '"2"'})
        unset = await client.patch(url, json={"score_profile": None}, headers={"If-Match": '"3"'})
    assert (audit["score_profile"], free.json()["computed_score"]) == ("rba_vap_2019", 175.61)
    assert (emptied.json()["criteria"], emptied.json()["computed_score"]) == (None, None)
    assert unset.status_code == 422


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"criteria": {"total": 85, "not_applicable": 3, "conforming": 83}}, "#/criteria"),
        ({"criteria": {"total": 3, "not_applicable": 3, "conforming": 0}}, "#/criteria"),
        ({"criteria": {"total": 85, "not_applicable": 3}}, "#/criteria/conforming"),
        ({"criteria": {**EXAMPLE, "conforming": -1}}, "#/criteria/conforming"),
        ({"criteria": {**EXAMPLE, "risky": 1}}, "#/criteria/risky"),
        ({"score_profile": "rba_vap_1999"}, "#/score_profile"),
    ],
)
async def test_criteria_that_cannot_be_are_refused(stage: Stage, changes: dict[str, Any], pointer: str) -> None:
    await add_supplier(stage)
    body = {"supplier_code": "S1", "kind": "vap", "standard": "RBA", "conducted_on": ago(100), **changes}
    async with stage.machine("audit") as client:
        answer = await client.post("/v1/audits", json=body)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_the_profiles_are_listed_with_their_weights(stage: Stage) -> None:
    listed = (await read(stage, "/v1/score-profiles"))["items"]
    assert [(profile["name"], profile["deductions"]["minor"]) for profile in listed] == [
        ("rba_vap_2019", 1),
        ("rba_vap_2019_minors_free", 0),
    ]
    assert listed[0]["deductions"] == {"priority": 20, "major": 4, "minor": 1}
    assert (listed[0]["scale"], listed[0]["floor"]) == (200, 0)
