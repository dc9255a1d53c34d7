"""Real order data moves: the allocation changes shares noticeably, and stays within every bound."""

import statistics
from pathlib import Path
from typing import Any

import pytest

from local.review import Outcome
from tests.local.staged_api import run_demo
from tests.stage import Stage

LINES, COMMODITIES = 106, 24
NOTICEABLE = 0.003


@pytest.fixture
async def reviewed(stage: Stage, shared_data: Path) -> tuple[Outcome, str]:
    return await run_demo(stage, shared_data / "orders")


def lines_of(outcome: Outcome) -> list[dict[str, Any]]:
    return [line for allocation in outcome.allocations for line in allocation["lines"]]


async def test_the_allocation_of_real_orders_moves_and_stays_within_its_bounds(reviewed: tuple[Outcome, str]) -> None:
    outcome, shown = reviewed
    assert outcome.quarter == "2015Q3"
    assert {allocation["status"] for allocation in outcome.allocations} == {"approved"}
    lines = lines_of(outcome)
    assert (len(outcome.allocations), len(lines)) == (COMMODITIES, LINES)
    median = statistics.median(abs(line["delta"]) for line in lines)
    assert median > NOTICEABLE
    assert f"median absolute change {100 * median:.2f} points" in shown
    for allocation in outcome.allocations:
        assert allocation["infeasible"] is False
        assert sum(round(1_000_000 * line["recommended_share"]) for line in allocation["lines"]) == 1_000_000
    for line in lines:
        assert 0 <= line["recommended_share"] <= (line["capacity_share"] or 1)


async def test_the_report_names_the_commodities_that_moved_most_and_sums_up_the_rest(
    reviewed: tuple[Outcome, str],
) -> None:
    _, shown = reviewed
    assert "18 more commodities" in shown
    assert f"{LINES} lines of {COMMODITIES} commodities" in shown
    assert "Largest gain" in shown
    assert all(len(line) <= 100 for line in shown.splitlines())
