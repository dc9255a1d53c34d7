"""What holds for every allocation: sums, bounds, fairness to better scores, and no jumps."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.scoring.domain import allocation
from services.scoring.domain.allocation import AllocationLines, AllocationResults, SourcingLine

MILLIONTHS = st.integers(0, 1_000_000)
TOTALS = st.integers(0, 10_000).map(lambda cents: cents / 100)


def grade_of(total: float) -> str:
    return "A" if total >= 85 else "B" if total >= 70 else "C" if total >= 50 else "D"


def share(millionths: int) -> Decimal:
    return Decimal(millionths).scaleb(-6)


@st.composite
def sourcing(draw: st.DrawFn, *, tight: bool = True) -> list[SourcingLine]:
    """A commodity's lines, mostly with a limit on one supplier's share."""
    limit = draw(st.one_of(st.none(), st.integers(50_000, 1_000_000)))
    weights = draw(st.lists(st.integers(0, 100), min_size=1, max_size=6).filter(any))
    cuts = np.cumsum([0, *weights]) * 1_000_000 // sum(weights)
    rows = []
    for index, baseline in enumerate(np.diff(cuts).tolist()):
        total = draw(TOTALS)
        capacity = draw(st.one_of(st.none(), MILLIONTHS if tight else st.integers(baseline, 2_000_000)))
        contract = draw(st.one_of(st.none(), st.integers(0, max(baseline, 50_000))))
        ceiling = 1_000_000 if capacity is None else capacity
        rows.append(
            SourcingLine(
                commodity=0,
                supplier_code=f"S{index}",
                baseline_share=share(baseline),
                qbr_total=total,
                grade=draw(st.sampled_from([grade_of(total)] * 5 + ["not_rated"])),
                risk_tier=draw(st.sampled_from(["low", "medium", "high"])),
                basis=draw(st.sampled_from(["assessed", "assumed"])),
                priority_missed=draw(st.integers(0, 9)) == 0,
                capacity_share=None if capacity is None else share(capacity),
                min_share=None if contract is None else share(min(contract, ceiling)),
                blocked=draw(st.integers(0, 9)) == 0,
                largest_share=None if limit is None else share(limit),
            )
        )
    return rows


def allocate(rows: list[SourcingLine]) -> AllocationResults:
    return allocation.allocate(AllocationLines.of(rows))


@settings(max_examples=300, deadline=None)
@given(sourcing())
def test_shares_sum_to_exactly_one_inside_capacity_and_contract_or_there_are_none(
    rows: list[SourcingLine],
) -> None:
    result = allocate(rows)
    if result.infeasible[0]:
        assert all(result.line(index).recommended_share is None for index in range(len(rows)))
        assert (result.unallocated[0] > 0) != (result.overcommitted[0] > 0)
        return
    assert sum(allocation.as_shares(result.share)) == 1
    for row, published in zip(rows, allocation.as_shares(result.share), strict=True):
        contract, capacity = row.min_share or Decimal(0), row.capacity_share
        if row.blocked:
            assert published == 0
        elif row.baseline_share == 0:
            assert published == contract
        else:
            assert contract <= published <= (1 if capacity is None else capacity)
            assert row.largest_share is None or published <= max(row.largest_share, contract)


@settings(max_examples=100, deadline=None)
@given(sourcing())
def test_a_limit_that_nobody_reaches_changes_nothing(rows: list[SourcingLine]) -> None:
    without = allocate([replace(row, largest_share=None) for row in rows])
    far = [replace(row, largest_share=Decimal(1000)) for row in rows]
    for name in ("share", "exact", "effects", "bound", "lower", "upper", "relaxed", "lambda_", "unallocated"):
        assert np.array_equal(getattr(allocate(far), name), getattr(without, name), equal_nan=True)
    assert not without.held_back.any()


@settings(max_examples=100, deadline=None)
@given(sourcing(), st.integers(50_000, 1_000_000))
def test_a_tighter_limit_leaves_more_orders_over_and_never_fewer(rows: list[SourcingLine], limit: int) -> None:
    loose = allocate(rows)
    limits = [row.largest_share for row in rows if row.largest_share is not None]
    tighter = min([share(limit), *limits])
    tight = allocate([replace(row, largest_share=tighter) for row in rows])
    assert tight.unallocated[0] >= loose.unallocated[0]
    assert tight.overcommitted[0] == loose.overcommitted[0]
    if tight.held_back[0]:
        assert allocate([replace(row, largest_share=None) for row in rows]).unallocated[0] == 0


@settings(max_examples=100, deadline=None)
@given(sourcing(), st.integers(1, 6))
def test_what_is_said_of_the_limits_is_what_the_shares_are(rows: list[SourcingLine], least: int) -> None:
    result = allocate(rows)
    assume(not result.infeasible[0])
    limit = rows[0].largest_share
    found = allocation.concentration(
        commodity=result.commodity,
        share=result.share,
        largest_share=np.array([np.nan if limit is None else float(limit)] * len(rows)),
        least_sources=np.array([least]),
    )
    published = allocation.as_shares(result.share)
    assert found.sources[0] == sum(each > 0 for each in published)
    assert found.too_few[0] == (sum(each > 0 for each in published) < least)
    assert found.too_much.tolist() == [limit is not None and each > limit for each in published]


@settings(max_examples=300, deadline=None)
@given(sourcing())
def test_the_parts_of_every_explanation_add_up(rows: list[SourcingLine]) -> None:
    result = allocate(rows)
    for index in range(len(rows)):
        advice = result.line(index)
        assert advice.reasons or advice.delta == 0 or advice.effects is not None
        if advice.effects is not None:
            effects = advice.effects
            assert advice.delta == (
                effects.score + effects.multiplier + effects.bound + effects.rebalancing + effects.rounding
            )


@settings(max_examples=400, deadline=None)
@given(sourcing(tight=False), st.data())
def test_raising_one_score_never_lowers_that_share(rows: list[SourcingLine], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(rows) - 1))
    row = rows[index]
    assume(row.grade != "not_rated" and row.qbr_total is not None)
    higher = min(100.0, round((row.qbr_total or 0) + data.draw(st.integers(1, 3_000)) / 100, 2))
    better = [*rows]
    better[index] = replace(row, qbr_total=higher, grade=grade_of(higher))
    before, after = allocate(rows), allocate(better)
    assume(not (before.relaxed.any() or after.relaxed.any() or before.infeasible[0] or after.infeasible[0]))

    assert after.exact[index] >= before.exact[index] - 1e-11
    # which line the last millionth goes to is the largest remainder's choice
    assert after.share[index] >= before.share[index] - 1


@settings(max_examples=300, deadline=None)
@given(sourcing(), st.data())
def test_a_small_change_moves_shares_a_little(rows: list[SourcingLine], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(rows) - 1))
    row = rows[index]
    change = data.draw(st.sampled_from(["qbr_total", "capacity_share", "min_share"]))
    if change == "qbr_total":
        nudged = replace(row, qbr_total=max(0.0, (row.qbr_total or 0) - 0.01))
    elif change == "capacity_share":
        assume(row.capacity_share is not None)
        nudged = replace(row, capacity_share=(row.capacity_share or Decimal(0)) + Decimal("0.00001"))
    else:
        assume(row.min_share)
        nudged = replace(row, min_share=max(Decimal(0), (row.min_share or Decimal(0)) - Decimal("0.00001")))
    before = allocate(rows)
    after = allocate([nudged if place == index else other for place, other in enumerate(rows)])
    assume(not (before.infeasible[0] or after.infeasible[0]))

    # 0.01 points move a target by less than 0.0004 of a share's baseline
    assert np.abs(after.exact - before.exact).max() <= 0.0005


@settings(max_examples=200, deadline=None)
@given(sourcing(tight=False))
def test_good_grades_keep_and_weak_ones_never_gain_where_nothing_is_relaxed(rows: list[SourcingLine]) -> None:
    result = allocate(rows)
    assume(not (result.relaxed.any() or result.infeasible[0]))
    for row, published in zip(rows, allocation.as_shares(result.share), strict=True):
        baseline, contract = row.baseline_share, row.min_share or Decimal(0)
        high_risk = row.risk_tier == "high" and row.basis != "assumed"
        if row.blocked:
            continue
        if row.grade in ("C", "D") or high_risk:
            assert published <= max(baseline, contract)
        if row.grade == "A":
            assert published >= baseline
        if row.grade == "B":
            assert published >= baseline * Decimal("0.9")
        assert published <= max(baseline + Decimal("0.1"), contract)
        assert published >= baseline - Decimal("0.1")
