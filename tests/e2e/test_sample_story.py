"""The sample programme through the whole system: to the cent what a plain reading of the formulas gives."""

from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.review import Outcome
from tests.local.staged_api import run_demo
from tests.oracle import plain_allocation, plain_qbr, plain_scoring
from tests.oracle.plain_evidence import rows_of
from tests.stage import Stage

SAMPLE = Path(__file__).parents[2] / "local" / "sample"
QUARTER = "2026Q3"
TOLD_DAYS = (date(2025, 12, 31), date(2026, 3, 31), date(2026, 6, 30), date(2026, 9, 30))
MAIN_CHARACTERS = ("SP-204", "SP-211", "SP-212", "SP-217", "SP-223", "SP-228", "SP-107", "SP-312")
# The services compute in millionths, the plain reading in floats.
SHARE_TOLERANCE = 1.5e-6


@pytest.fixture(scope="module")
async def told(whole_stage: Stage) -> tuple[Stage, Outcome, str]:
    await whole_stage.clear()
    return whole_stage, *await run_demo(whole_stage, SAMPLE)


@pytest.fixture(scope="module")
def cards() -> dict[str, plain_qbr.PlainCard]:
    return plain_qbr.review_folder(SAMPLE, QUARTER)


async def read(client: httpx.AsyncClient, path: str, **query: str | int) -> Any:
    answer = await client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def supplier_ids(stage: Stage) -> dict[str, str]:
    async with stage.machine("registry", "registry:read") as client:
        suppliers = (await read(client, "/v1/suppliers", limit=200))["items"]
    return {supplier["code"]: supplier["id"] for supplier in suppliers}


async def differing_scores(stage: Stage, day: date, codes: set[str]) -> dict[str, Any]:
    plain, ids = plain_scoring.score_folder(SAMPLE, day), await supplier_ids(stage)
    assert codes <= plain.keys() == ids.keys()
    differing = {}
    async with stage.machine("scoring", "scoring:read") as client:
        for code in sorted(codes):
            score, expected = await read(client, f"/v1/scores/{ids[code]}", as_of=day.isoformat()), plain[code]
            ours = (score["score"], score["base"], score["credit"], score["risk_tier"], score["basis"])
            theirs = (expected.score, expected.base, expected.credit, expected.risk_tier, expected.basis)
            if (ours, score["categories"]) != (theirs, expected.categories):
                differing[code] = (ours, theirs, score["categories"], expected.categories)
    return differing


async def test_every_supplier_has_the_score_that_a_plain_reading_gives(told: tuple[Stage, Outcome, str]) -> None:
    stage, _, _ = told
    codes = set(plain_scoring.score_folder(SAMPLE, TOLD_DAYS[-1]))
    assert len(codes) == 60
    assert not await differing_scores(stage, TOLD_DAYS[-1], codes)


@pytest.mark.parametrize("day", TOLD_DAYS[:-1])
async def test_the_main_characters_have_them_at_the_end_of_every_quarter(
    told: tuple[Stage, Outcome, str], day: date
) -> None:
    stage, _, _ = told
    assert not await differing_scores(stage, day, set(MAIN_CHARACTERS))


async def test_every_supplier_is_graded_as_a_plain_reading_grades_it(
    told: tuple[Stage, Outcome, str], cards: dict[str, plain_qbr.PlainCard]
) -> None:
    stage, outcome, _ = told
    assert outcome.quarter == QUARTER
    async with stage.machine("scoring", "scoring:read") as client:
        graded = (await read(client, f"/v1/qbrs/{QUARTER}/scorecards", limit=200))["items"]
    ours = {card["supplier_code"]: (card["total"], card["coverage"], card["grade"]) for card in graded}
    assert ours == {code: (card.total, card.coverage, card.grade) for code, card in cards.items()}


async def test_every_order_is_shared_out_as_a_plain_reading_shares_it(
    told: tuple[Stage, Outcome, str], cards: dict[str, plain_qbr.PlainCard]
) -> None:
    _, outcome, _ = told
    by_commodity: dict[str, list[plain_allocation.PlainLine]] = {}
    for row in rows_of(SAMPLE, "sourcing.csv"):
        card = cards[row["supplier_code"]]
        line = plain_allocation.PlainLine(
            supplier_code=row["supplier_code"],
            baseline=float(row["baseline_share"]),
            total=card.total,
            grade=card.grade,
            risk_tier=card.score.risk_tier,
            basis=card.score.basis,
            priority_missed=card.priority_missed,
            capacity=float(row["capacity_share"] or 1),
            max_share=float(row["max_share"] or 1),
            min_share=float(row["min_share"] or 0),
            blocked=row["blocked"] == "true",
        )
        by_commodity.setdefault(row["commodity"], []).append(line)
    ours = {
        allocation["commodity"]: {line["supplier_code"]: line["recommended_share"] for line in allocation["lines"]}
        for allocation in outcome.allocations
    }
    assert ours.keys() == by_commodity.keys()
    for commodity, lines in by_commodity.items():
        assert ours[commodity] == pytest.approx(plain_allocation.allocate(lines), abs=SHARE_TOLERANCE)


async def test_engagement_adds_up_to_the_published_totals(told: tuple[Stage, Outcome, str]) -> None:
    _, _, shown = told
    assert "4,423 person-times, 690 hours of sessions (386 and 21 after 2025-12-31)" in shown
    assert "94.9 % satisfied (n = 292" in shown
    assert "353 course views" in shown


async def test_the_report_says_who_changed_and_why(told: tuple[Stage, Outcome, str]) -> None:
    _, _, shown = told
    story = " ".join(shown.split("Quarterly business review 2026Q3:")[0].split())
    assert "high→medium" in story
    for telling in ("B2 priority overdue after 2026-08-20", "survey due 2026-06-30 not answered", "A1 priority closed"):
        assert telling in story, telling
    for supplier in MAIN_CHARACTERS:
        assert supplier == "SP-212" or supplier in story


async def test_the_report_fits_into_100_columns_and_shows_no_rule_by_its_code(told: tuple[Stage, Outcome, str]) -> None:
    _, _, shown = told
    assert all(len(line) <= 100 for line in shown.splitlines())
    assert not [code for code in ("_below_", "open_priority", "overdue_major", "risk_tier_high") if code in shown]
