"""Wrong sourcing lines are refused by name."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from services.scoring.domain import allocation
from shared.errors import Invalid


def refused(*changes: dict[str, Any]) -> list[str]:
    rows = [
        allocation.SourcingLine(
            **{"commodity": 0, "supplier_code": f"S{index}", "baseline_share": Decimal("0.25"), **change}
        )
        for index, change in enumerate(changes)
    ]
    with pytest.raises(Invalid) as error:
        allocation.allocate(allocation.AllocationLines.of(rows))
    assert all(field.detail for field in error.value.fields)
    return [field.pointer for field in error.value.fields]


@pytest.mark.parametrize("column", ["baseline_share", "capacity_share", "max_share", "min_share"])
@pytest.mark.parametrize("figure", ["-0.01", "NaN", "Infinity", "-Infinity"])
def test_a_negative_or_non_finite_figure_names_its_line(column: str, figure: str) -> None:
    assert refused({}, {}, {column: Decimal(figure)}, {}) == [f"/lines/2/{column}"]


@pytest.mark.parametrize("total", [-1.0, 100.5, float("inf"), float("nan")])
def test_a_total_out_of_range_names_its_line(total: float) -> None:
    assert refused({}, {"qbr_total": total, "grade": "B"}) == ["/lines/1/qbr_total"]


def test_a_contract_above_capacity_names_its_line() -> None:
    assert refused({}, {"min_share": Decimal("0.4"), "capacity_share": Decimal("0.39")}, {}, {}) == [
        "/lines/1/min_share"
    ]


def test_a_contract_above_the_maximum_is_refused_even_when_blocked() -> None:
    wrong = {"min_share": Decimal("0.4"), "max_share": Decimal("0.39"), "blocked": True}
    assert refused({}, {}, {}, wrong) == ["/lines/3/min_share"]


def test_shares_far_from_one_name_the_first_line_of_their_commodity() -> None:
    other = {"commodity": 1, "baseline_share": Decimal("0.5")}
    assert refused({}, {}, {}, {}, other) == ["/lines/4/baseline_share"]


def test_shares_may_be_off_by_exactly_a_thousandth() -> None:
    rows = [
        allocation.SourcingLine(commodity=0, supplier_code=code, baseline_share=Decimal(share))
        for code, share in (("a", "0.501"), ("b", "0.5"))
    ]
    assert allocation.allocate(allocation.AllocationLines.of(rows)).share.sum() == 1_000_000


def test_a_supplier_listed_twice_is_refused() -> None:
    assert refused({}, {}, {}, {"supplier_code": "S1"}) == ["/lines/3/supplier_code"]


def test_an_unknown_grade_is_refused() -> None:
    assert refused({}, {}, {}, {"grade": "E"}) == ["/lines/3/grade"]


def test_all_wrong_lines_are_named_at_once() -> None:
    wrong = {"max_share": Decimal(-1)}
    assert refused(wrong, {}, wrong) == ["/lines/0/max_share", "/lines/2/max_share"]


def test_absurdly_large_capacities_do_no_harm() -> None:
    rows = [
        allocation.SourcingLine(
            commodity=0, supplier_code=code, baseline_share=Decimal("0.5"), capacity_share=Decimal("1e300")
        )
        for code in "ab"
    ]
    assert allocation.allocate(allocation.AllocationLines.of(rows)).share.tolist() == [500_000, 500_000]


def test_gaps_between_commodities_are_a_mistake_of_the_caller() -> None:
    rows = [allocation.SourcingLine(commodity=1, supplier_code="a", baseline_share=Decimal(1))]
    with pytest.raises((ValueError, Invalid)):
        allocation.allocate(allocation.AllocationLines.of(rows))


def test_the_knots_of_a_policy_must_ascend() -> None:
    with pytest.raises(Invalid) as error:
        allocation.AllocationConstants(multiplier_knots=((60, 0.8), (60, 0.9)))
    assert error.value.fields[0].pointer == "/multiplier_knots"


def test_columns_may_be_given_directly() -> None:
    nan = np.full(2, np.nan)
    lines = allocation.AllocationLines(
        commodity=np.array([0, 0]),
        supplier_code=np.array(["a", "b"]),
        baseline_share=np.array([0.5, 0.5]),
        qbr_total=np.array([80.0, np.nan]),
        grade=np.array(["B", "not_rated"]),
        risk_tier=np.array(["low", "low"]),
        basis=np.array(["assessed", "partly"]),
        priority_missed=np.array([False, False]),
        capacity_share=nan,
        max_share=nan,
        min_share=nan,
        blocked=np.array([False, False]),
        largest_share=nan,
    )
    assert len(lines) == 2
    assert allocation.allocate(lines).share.sum() == 1_000_000
