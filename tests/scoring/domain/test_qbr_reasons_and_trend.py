"""Why a review came to what it asks for, and how figures moved."""

import math

import numpy as np
import pytest

from services.scoring.domain import qbr
from services.scoring.domain.qbr import Grade, QbrConstants

NAN = math.nan
RULES = QbrConstants()
BEFORE, NOW = "2026Q2", "2026Q3"


def reasons(
    *figures: float,
    risk_tier: str = "low",
    basis: str = "assessed",
    missed: bool = False,
    previous: Grade | None = None,
    rules: QbrConstants = RULES,
) -> dict[str, list[str]]:
    [review] = qbr.grade([figures], risk_tier=[risk_tier], basis=[basis], priority_missed=[missed], constants=rules)
    follows = qbr.consequences(review.grade, previous_grade=previous, limits=review.limits, constants=rules)
    found = qbr.reasons_of(review, follows, quarters=(BEFORE, NOW), constants=rules)
    # an action may be named like the consequence, as that of a D
    assert list(found) == list(dict.fromkeys([str(follows.standing), *(str(rule.kind) for rule in follows.actions)]))
    return found


def flat(total: float) -> list[float]:
    return [total] * 5


@pytest.mark.parametrize(
    ("total", "standing", "band"),
    [
        (100, "eligible_for_more", "A, 85 to 100"),
        (85, "eligible_for_more", "A, 85 to 100"),
        (84.99, "keep", "B, 70 to below 85"),
        (50, "no_more", "C, 50 to below 70"),
        (0, "no_new_business", "D, 0 to below 50"),
    ],
)
def test_a_grade_is_explained_by_its_band(total: float, standing: str, band: str) -> None:
    assert reasons(*flat(total))[standing] == [f"The total of {total:.2f} lies in the band of {band}."]


def test_each_limit_that_applied_is_a_reason() -> None:
    assert reasons(92, NAN, 88, NAN, 55, risk_tier="high")["improvement_plan"] == [
        "The total of 80.29 lies in the band of B, 70 to below 85.",
        "What was reported covers 70 of 100 points of weight; under 80 the grade is B at best.",
        "The sustainability risk tier is high: the grade is C at best.",
    ]


def test_two_c_in_a_row_are_the_reason_for_a_special_audit() -> None:
    found = reasons(*flat(60), previous=Grade.C)
    assert found["special_audit"] == ["Grade C in 2026Q2 and again in 2026Q3: two C in a row."]
    assert found["improvement_plan"] == found["no_more"]


def test_a_tier_that_is_high_for_want_of_evidence_is_the_reason_to_assess() -> None:
    found = reasons(*flat(90), risk_tier="high", basis="assumed")
    assert list(found) == ["keep", "assess"]
    (reason,) = found["assess"]
    assert reason.startswith("The sustainability risk tier is high for want of evidence alone: the grade is B at best")


def test_a_missed_priority_finding_is_a_reason_with_the_policys_allowance() -> None:
    found = reasons(*flat(90), missed=True, rules=QbrConstants(unclosed_allowance_days=45))
    assert found["no_new_business"] == found["phase_out_plan"]
    assert found["phase_out_plan"][1].endswith("not closed more than 45 days after its due date: D, before all else.")


def test_whoever_is_not_rated_reads_what_is_missing() -> None:
    assert reasons(NAN, NAN, NAN, NAN, 90) == {
        "none": [
            "What was reported covers 20 of 100 points of weight; a grade needs 50: not rated.",
            "Neither quality nor delivery was reported: not rated.",
        ]
    }


def test_differences_are_points_to_two_decimals_and_absent_where_one_figure_is() -> None:
    moved = qbr.differences(
        [[80, NAN, 70.1, 60, 55.004, 71.1], [NAN] * 6],
        [[82.5, 90, NAN, 60, 54.0, 71.2], [90.0] * 6],
    )
    np.testing.assert_array_equal(moved, [[2.5, NAN, NAN, 0.0, -1.0, 0.1], [NAN] * 6])
    assert not np.signbit(moved[0, 3])
    assert qbr.differences(np.empty((0, 6)), np.empty((0, 6))).shape == (0, 6)


def test_another_policy_is_named_and_the_same_is_not() -> None:
    assert qbr.policy_change("2026Q2", 1, 1) is None
    assert qbr.policy_change("2026Q2", 1, 3) == (
        "Graded by policy version 3, 2026Q2 by version 1: a part of the difference may come from the rules alone."
    )
