"""The worked example, and the single rules of an allocation."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from services.scoring.domain import allocation
from services.scoring.domain.allocation import AllocationConstants, AllocationResults, Bound, Reason, Relaxed


def line(code: str, share: str, total: float | None, grade: str, **more: Any) -> allocation.SourcingLine:
    for bound in ("capacity_share", "max_share", "min_share"):
        if bound in more:
            more[bound] = Decimal(more[bound])
    more = {"commodity": 0, **more}
    return allocation.SourcingLine(
        supplier_code=code, baseline_share=Decimal(share), qbr_total=total, grade=grade, **more
    )


def allocate(*rows: allocation.SourcingLine, **constants: Any) -> AllocationResults:
    return allocation.allocate(allocation.AllocationLines.of(rows), AllocationConstants(**constants))


def shares(result: AllocationResults) -> list[str]:
    return [str(share) for share in allocation.as_shares(result.share)]


EXAMPLE: Sequence[allocation.SourcingLine] = (
    line("a", "0.40", 88, "A", capacity_share="0.60"),
    line("b", "0.30", 74, "B", capacity_share="0.50"),
    line("c", "0.20", 48, "D", capacity_share="0.40", min_share="0.05"),
    line("d", "0.10", 92, "A", capacity_share="0.18"),
)


def test_the_worked_example_comes_out_to_six_decimals() -> None:
    result = allocate(*EXAMPLE)

    assert shares(result) == ["0.482258", "0.287413", "0.102397", "0.127932"]
    commodity = result.of_commodity(0)
    assert commodity.lambda_ == pytest.approx(0.009384, abs=5e-7)
    assert commodity.relaxed == ()
    assert not commodity.infeasible
    assert commodity.average_score == pytest.approx(76.2)


def test_the_parts_of_an_explanation_add_up_to_the_change() -> None:
    result = allocate(*EXAMPLE)

    for index in range(4):
        advice = result.line(index)
        assert advice.effects is not None
        effects = advice.effects
        parts = effects.score + effects.multiplier + effects.bound + effects.rebalancing + effects.rounding
        assert parts == advice.delta
        assert abs(effects.rounding) <= Decimal("0.000003")
    first = result.line(0)
    assert first.effects is not None
    assert (first.effects.score, first.effects.multiplier) == (Decimal("0.0472"), Decimal("0.031304"))
    assert first.multiplier == pytest.approx(1.07)
    assert first.reasons == (
        Reason.SCORE_ABOVE_AVERAGE,
        Reason.MULTIPLIER_RAISES,
        Reason.REBALANCED_UP,
    )


def test_every_reason_has_words_and_every_bound_a_reason() -> None:
    assert all(allocation.in_words(reason).endswith(".") for reason in Reason)
    assert {bound.name.lower() for bound in Bound if bound} <= set(Reason)


def test_the_lines_order_does_not_matter() -> None:
    assert shares(allocate(*EXAMPLE[::-1])) == shares(allocate(*EXAMPLE))[::-1]


def test_unrated_lines_alone_keep_their_shares() -> None:
    result = allocate(line("a", "0.7", None, "not_rated"), line("b", "0.3", 90, "not_rated"))

    assert shares(result) == ["0.700000", "0.300000"]
    assert result.of_commodity(0).average_score is None
    assert result.line(1).reasons == (Reason.NOT_RATED,)


def test_an_unrated_line_stands_at_the_average_of_the_rated() -> None:
    result = allocate(line("a", "0.4", 80, "B"), line("b", "0.4", 70, "B"), line("c", "0.2", None, "not_rated"))

    assert result.of_commodity(0).average_score == 75
    assert result.line(2).multiplier == 1
    effects = result.line(2).effects
    assert effects is not None
    assert effects.score == 0


def test_a_blocked_supplier_gets_nothing_even_under_contract() -> None:
    result = allocate(
        line("a", "0.1", 90, "A", min_share="0.05", blocked=True),
        line("b", "0.5", 80, "B"),
        line("c", "0.4", 75, "B"),
    )

    blocked = result.line(0)
    assert blocked.recommended_share == 0
    assert blocked.reasons == (Reason.BLOCKED,)
    assert blocked.effects is not None
    assert blocked.effects.bound == Decimal("-0.1")
    # nor does its score count in the average
    assert result.of_commodity(0).average_score == pytest.approx((0.5 * 80 + 0.4 * 75) / 0.9)


def test_a_new_source_gets_its_trial_volume_and_no_more() -> None:
    result = allocate(
        line("a", "1", 80, "B"), line("b", "0", None, "not_rated", min_share="0.03"), line("c", "0", 95, "A")
    )

    assert shares(result) == ["0.970000", "0.030000", "0.000000"]
    assert result.line(1).reasons == (Reason.NEW_SOURCE,)


def test_new_sources_never_take_what_incumbents_cannot_carry() -> None:
    result = allocate(line("a", "1", 80, "B", capacity_share="0.9"), line("b", "0", 95, "A", min_share="0.02"))

    commodity = result.of_commodity(0)
    assert commodity.infeasible
    assert commodity.unallocated_share == Decimal("0.08")
    assert result.line(0).recommended_share is None
    assert result.line(0).delta is None
    assert result.line(0).effects is None
    assert Reason.UNALLOCATED in result.line(0).reasons
    assert (result.share == allocation.NO_SHARE).all()
    assert np.isnan(result.exact).all()


def test_contracts_for_more_than_everything_are_overcommitted() -> None:
    result = allocate(line("a", "0.5", 80, "B", min_share="0.7"), line("b", "0.5", 80, "B", min_share="0.45"))

    commodity = result.of_commodity(0)
    assert commodity.infeasible
    assert commodity.overcommitted_share == Decimal("0.15")
    assert commodity.unallocated_share == 0
    assert commodity.lambda_ is None


def test_everyone_blocked_leaves_everything_unallocated() -> None:
    result = allocate(line("a", "0.5", 80, "B", blocked=True), line("b", "0.5", 80, "B", blocked=True))

    assert result.of_commodity(0).unallocated_share == 1


@pytest.mark.parametrize("grade", ["C", "D"])
def test_a_weak_grade_never_gets_more_than_before(grade: str) -> None:
    result = allocate(line("a", "0.5", 60, grade), line("b", "0.5", 10, "D"), line("c", "0", None, "not_rated"))

    # both are held at what they had, although the score of the first is far above the average
    assert shares(result) == ["0.500000", "0.500000", "0.000000"]


def test_a_contract_stands_above_no_more() -> None:
    result = allocate(line("a", "0.2", 45, "D", min_share="0.25"), line("b", "0.8", 80, "B"))

    assert shares(result) == ["0.250000", "0.750000"]


def test_a_high_tier_by_evidence_gets_no_more_but_one_by_assumption_may() -> None:
    def second(basis: str) -> allocation.LineAdvice:
        return allocate(line("a", "0.5", 60, "C"), line("b", "0.5", 90, "B", risk_tier="high", basis=basis)).line(1)

    assert second("assessed").recommended_share == Decimal("0.5")
    assert second("assessed").multiplier == 0.85
    assert Reason.HIGH_RISK in second("assessed").reasons
    assumed = second("assumed").recommended_share
    assert assumed is not None
    assert assumed > Decimal("0.59")


def test_a_missed_priority_finding_caps_the_multiplier_at_every_score() -> None:
    result = allocate(
        line("a", "0.5", 95, "D", priority_missed=True),
        line("b", "0.3", 45, "D", priority_missed=True),
        line("c", "0.2", None, "D", priority_missed=True),
    )

    assert result.multiplier.tolist() == pytest.approx([0.6, 0.6, 0.6])


def test_good_grades_never_get_less() -> None:
    result = allocate(
        line("a", "0.4", 85, "A", priority_missed=True), line("b", "0.3", 70, "B"), line("c", "0.3", 84, "B")
    )

    assert result.line(0).recommended_share == Decimal("0.4")
    assert result.line(0).bound is Bound.NEVER_LESS
    assert result.share[1] >= 270_000


def test_shares_a_little_off_one_are_normalised() -> None:
    result = allocate(line("a", "0.5", None, "not_rated"), line("b", "0.499", None, "not_rated"))

    assert [str(result.line(index).baseline_share) for index in (0, 1)] == ["0.500501", "0.499499"]


def test_equal_remainders_go_to_the_first_supplier_codes() -> None:
    third = "0.3333333333"
    rows = [line(code, third, None, "not_rated") for code in ("c", "a", "b")]

    assert shares(allocate(*rows)) == ["0.333333", "0.333334", "0.333333"]


def test_rooms_of_a_group_are_used_in_the_same_part() -> None:
    result = allocate(
        line("a", "0.4", 80, "B", capacity_share="0.6"),
        line("b", "0.3", 80, "B", capacity_share="0.8"),
        line("c", "0.3", 90, "A", blocked=True),
    )

    # upper bounds .50 and .40 lack .10; the rooms are .10 and .40, so each moves by a fifth of its own
    assert shares(result) == ["0.520000", "0.480000", "0.000000"]
    assert result.of_commodity(0).relaxed == (Relaxed.UPPER_OF_A_B_NOT_RATED,)


def test_the_figures_are_data() -> None:
    result = allocate(*EXAMPLE, shift=0.02)

    assert np.abs(result.share - result.baseline).max() <= 20_000
