"""Whole percents out of published shares."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain.allocation import SharedOut, whole_percents

Line = tuple[int, float, float]


def percents(*lines: Line) -> list[int]:
    """Of one commodity's shares in millionths with the least and most, as parts of 1."""
    share, least, most = (np.array(column) for column in zip(*lines, strict=True))
    commodity = np.zeros(len(lines), dtype=np.int64)
    return whole_percents(SharedOut(commodity=commodity, share=share, least=least, most=most)).tolist()


def test_percents_go_by_largest_remainder_and_ties_by_supplier_code() -> None:
    assert percents((482_258, 0, 0.6), (287_413, 0, 0.5), (102_397, 0.05, 0.4), (127_932, 0, 0.18)) == [48, 29, 10, 13]
    assert percents((333_333, 0, 1), (333_333, 0, 1), (333_334, 0, 1)) == [33, 33, 34]
    assert percents((125_000, 0, 1), (125_000, 0, 1), (750_000, 0, 1)) == [13, 12, 75]


def test_percents_stay_inside_capacity_and_contract() -> None:
    assert percents((179_900, 0, 0.1799), (820_100, 0, 1)) == [17, 83]
    assert percents((54_000, 0.054, 1), (946_000, 0, 1)) == [6, 94]


def test_who_gets_nothing_stays_at_nothing() -> None:
    assert percents((0, 0, 1), (5_000, 0, 1), (995_000, 0, 1)) == [0, 1, 99]
    assert percents((1_000_000, 0, 1), (0, 0, 1)) == [100, 0]


def test_bounds_without_room_for_whole_percents_give_way_by_less_than_one() -> None:
    thirds = (333_333, 0.0, 0.3334)
    assert percents(thirds, thirds, (333_334, 0.0, 0.3334)) == [33, 33, 34]
    assert percents((56_000, 0.055, 0.058), (944_000, 0, 1)) == [6, 94]
    assert percents(*[(142_857, 0.142, 1.0)] * 6, (142_858, 0.142, 1.0)) == [15, 14, 14, 14, 14, 14, 15]


def test_an_override_beyond_the_bounds_is_what_counts() -> None:
    assert percents((800_000, 0, 0.5), (200_000, 0.3, 1)) == [80, 20]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1000), st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=9))
def test_percents_sum_to_100_whatever_the_bounds(lines: list[Line]) -> None:
    weights = np.array([weight for weight, _, _ in lines]) + (sum(weight for weight, _, _ in lines) == 0)
    cuts = np.cumsum([0, *weights.tolist()]) * 1_000_000 // int(weights.sum())
    shares = np.diff(cuts).tolist()
    result = percents(*[(share, least, most) for share, (_, least, most) in zip(shares, lines, strict=True)])
    assert sum(result) == 100
    for percent, share in zip(result, shares, strict=True):
        assert 0 <= percent <= 100
        assert share or not percent
