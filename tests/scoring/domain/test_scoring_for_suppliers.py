"""The page for suppliers tells them what the code does, figure by figure."""

import re
from datetime import date
from typing import Any

from local.supervisor import PROJECT
from services.scoring.domain.explanation import explain
from services.scoring.domain.policy import DEFAULT
from services.scoring.domain.score import score
from tests.scoring.domain.evidence_cases import CATEGORIES, Case, D, evidence_of

PAGE = (PROJECT / "docs" / "scoring-for-suppliers.md").read_text(encoding="utf-8")
AREAS = dict(
    zip(
        ("management system", "labour and employment", "environmental impact", "product liability"),
        CATEGORIES,
        strict=True,
    )
)


def audited(severity: str = "major", *, answered: bool = True, **dates: date) -> Case:
    """The supplier of the example, with what may be different about its days off."""
    found = date(2026, 3, 1)
    case = (
        Case({2024: 62.5})
        .audit("vap", found)
        .finding("A3", severity, found, due_on=date(2026, 9, 12), **dates)
        .finding("C3", "minor", found, closed_on=date(2026, 5, 1))
        .took_part("event", 1, date(2026, 4, 1))
        .took_part("event", 2, date(2026, 5, 1))
        .took_part("course", 1, date(2026, 5, 1))
    )
    return case.survey(date(2026, 6, 1), 90, 70, 85, 80) if answered else case.asked(date(2026, 6, 30))


SITUATIONS = {
    "nothing changes": audited(),
    "you had reported the days off as done on 1 September": audited(implemented_on=date(2026, 9, 1)),
    "it had been verified and closed on 20 September": audited(closed_on=date(2026, 9, 20)),
    "you had not answered the survey": audited(answered=False),
    "the days off had been a priority finding": audited("priority"),
    "nothing at all were known of you but your country": Case({2024: 62.5}),
}


def rows_below(heading: str) -> dict[str, list[str]]:
    """The table whose first row begins with `heading`: the first cell of each line -> the others."""
    table = PAGE.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    return {first: others for first, *others in cells}


def explained(case: Case) -> dict[str, Any]:
    evidence = evidence_of([case])
    return explain(evidence, score(evidence, D, DEFAULT), 0, DEFAULT, D)


def test_the_example_s_areas_come_out_as_the_page_says() -> None:
    lines = {line["category"]: line for line in explained(audited())["sums"]["categories"]}
    told = {AREAS[area]: [float(cell) for cell in cells] for area, cells in rows_below("area").items()}
    assert told == {
        name: [*(line[part]["figure"] for part in ("audit", "survey", "inherent")), line["rounded"]]
        for name, line in lines.items()
    }


def test_what_would_be_different_is_what_the_page_says() -> None:
    told = {situation: (float(total), tier) for situation, (total, tier) in rows_below("if").items()}
    scores = score(evidence_of(list(SITUATIONS.values())), D, DEFAULT)
    computed = {situation: (scores.score[row], scores.risk_tier(row)) for row, situation in enumerate(SITUATIONS)}
    assert told == computed


def test_the_figures_in_the_page_s_sentences_are_the_policy_s() -> None:
    scores = score(evidence_of([audited()]), D, DEFAULT)
    assert f"mean of the four is **{scores.base[0]:.2f}**" in PAGE
    assert f"the course add {scores.credit[0]}" in PAGE
    assert re.search(r"your score is \*\*([\d.]+)\*\*", PAGE)[1] == f"{scores.score[0]:.2f}"  # type: ignore[index]
    points = {name: round(value) for name, value in DEFAULT.points.items()}
    assert f"(priority {points['priority']} points, major {points['major']}, minor {points['minor']})" in PAGE
    shares = {part: round(100 * weight) for part, weight in DEFAULT.weights.items()}
    for part, name in (("audit", "audits"), ("survey", "survey"), ("inherent", "country")):
        assert f"| {name} | {shares[part]} % |" in PAGE
