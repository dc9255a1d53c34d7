"""What a policy's document says of approaches, reviews and allocations, and how wrong documents are refused."""

from typing import Any

import pytest

from services.scoring.domain.policy import DEFAULT
from services.scoring.domain.policy.document import from_dict, to_dict
from services.scoring.domain.qbr.constants import QbrConstants
from shared.errors import Invalid

WHOLE = to_dict(DEFAULT)
BANDS: list[dict[str, Any]] = [
    {"grade": "A", "from": 85, "to": 100},
    {"grade": "B", "from": 70, "to": 85},
    {"grade": "C", "from": 50, "to": 70},
    {"grade": "D", "from": 0, "to": 50},
]


def changed(part: str, **fields: Any) -> dict[str, Any]:
    return {**WHOLE, part: {**WHOLE[part], **fields}}


def bands(place: int, **fields: Any) -> dict[str, Any]:
    return changed("qbr", grades=[{**band, **fields} if n == place else band for n, band in enumerate(BANDS)])


def faults(document: dict[str, Any]) -> set[str]:
    with pytest.raises(Invalid) as refused:
        from_dict(document)
    return {fault.pointer for fault in refused.value.fields}


def test_the_default_writes_its_grades_as_bands_closed_at_100() -> None:
    assert WHOLE["qbr"]["grades"] == BANDS


def test_a_document_without_these_parts_has_them_as_in_the_default() -> None:
    parts = ("approaches", "identification", "overrides", "qbr", "allocation")
    policy = from_dict({key: value for key, value in WHOLE.items() if key not in parts})
    assert policy == DEFAULT


def test_what_is_changed_is_read_and_written_again() -> None:
    document = changed(
        "qbr", weights={"quality": 40, "cost": 10, "delivery": 20, "service": 10, "sustainability": 20}
    ) | {"identification": {"least_annual_spend": 1000, "currency": "TWD"}}
    policy = from_dict(document)
    assert policy.qbr.quality_weight == 40
    assert policy.identification.currency == "TWD"
    assert from_dict(to_dict(policy)) == policy


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        (bands(1, to=84), "/qbr/grades/1/to"),
        (bands(1, to=86), "/qbr/grades/1/to"),
        (bands(0, to=99), "/qbr/grades/0/to"),
        (bands(2, **{"from": 70}), "/qbr/grades/2/from"),
        (bands(3, **{"from": 5}), "/qbr/grades/3/from"),
        (bands(3, grade="E"), "/qbr/grades/3/grade"),
        (changed("qbr", grades=BANDS[:3]), "/qbr/grades"),
        (changed("qbr", weights={"quality": 50, "cost": 40}), "/qbr/weights"),
        (changed("qbr", weights={"quality": 50, "price": 50}), "/qbr/weights/price"),
        (changed("qbr", rated_from_coverage=90), "/qbr/uncapped_from_coverage"),
        (changed("qbr", spread={"largest_part": 0}), "/qbr/spread/largest_part"),
        (changed("qbr", spread={"largest_part": 40}), "/qbr/spread/largest_part"),
        (changed("qbr", spread={"edge_distance": -1}), "/qbr/spread/edge_distance"),
        (changed("qbr", spread={"median": 1}), "/qbr/spread/median"),
        (changed("qbr", actions=WHOLE["qbr"]["actions"][1:]), "/qbr/actions"),
        (changed("allocation", multiplier_knots=[]), "/allocation/multiplier_knots"),
        (changed("allocation", shift=0), "/allocation/shift"),
        (changed("allocation", grade_a_keeps=1.1), "/allocation/grade_a_keeps"),
        (changed("identification", least_annual_spend=5), "/identification/currency"),
        (changed("overrides", longest_tier_override_days=0), "/overrides/longest_tier_override_days"),
        (changed("approaches", high={"text": " "}), "/approaches/high/text"),
        (changed("approaches", highest={"text": "x"}), "/approaches/highest"),
        (changed("tiers", medium={"base_below": 50}), "/tiers/medium/base_below"),
        (changed("basis", assumed_up_to_confidence=0.5), "/basis/assumed_up_to_confidence"),
    ],
)
def test_a_wrong_part_is_refused_by_its_field(document: dict[str, Any], pointer: str) -> None:
    assert pointer in faults(document)


@pytest.mark.parametrize(
    ("knots", "pointer"),
    [
        ([(60, 0.8), (60, 0.9)], "/allocation/multiplier_knots/1/score"),
        ([(40, 0.9), (60, 0.8)], "/allocation/multiplier_knots/1/multiplier"),
    ],
)
def test_a_better_score_never_has_a_smaller_multiplier(knots: list[tuple[float, float]], pointer: str) -> None:
    written = [{"score": score, "multiplier": times} for score, times in knots]
    assert faults(changed("allocation", multiplier_knots=written)) == {pointer}


def test_the_weights_of_thirds_may_be_written_as_decimals() -> None:
    thirds = {"quality": 33.3333, "delivery": 33.3333, "sustainability": 33.3334}
    policy = from_dict(changed("qbr", weights=thirds))
    assert sum(policy.qbr.weights) == pytest.approx(100)
    assert policy.qbr.cost_weight == 0


def test_the_default_of_the_document_is_that_of_the_rules() -> None:
    assert from_dict(WHOLE).qbr == QbrConstants()
