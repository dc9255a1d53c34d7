"""What a pack's figures are: distribution, movers, categories and trends, from scorecards alone."""

from dataclasses import replace
from datetime import UTC, datetime

from services.scoring.domain.policy import DEFAULT
from services.scoring.domain.qbr import Grade
from services.scoring.domain.report import Card, Earlier, Edition, Pack, compile_pack
from tests.scoring.report.cards import card, earlier

EDITION = Edition(
    quarter="2026Q3",
    revision=1,
    computed_at=datetime(2026, 10, 10, tzinfo=UTC),
    created_by="ann",
    published_by=None,
    published_at=None,
    warnings=(),
    unknown_suppliers=(),
    dropped_suppliers=(),
)


def pack_of(cards: list[Card], before: list[Earlier] | None = None) -> Pack:
    return compile_pack(EDITION, DEFAULT, cards, before or [], [])


def test_grades_and_tiers_are_counted_against_the_quarter_before() -> None:
    pack = pack_of(
        [card(1, 90, "A"), card(2, 86, "A"), card(3, 60, "C", risk_tier="high")],
        [earlier(1, 80, "B"), earlier(2, 88, "A"), earlier(9, 40, "D"), earlier(3, 61, "C", quarter="2026Q1")],
    )
    by_name = {part.name: part for part in pack.grades}
    assert [(by_name[grade].count, by_name[grade].count_before) for grade in Grade] == [
        (2, 1), (0, 1), (1, 0), (0, 1), (0, 0)
    ]  # fmt: skip
    assert (round(by_name["A"].percent, 2), round(by_name["A"].percent_before or 0, 2)) == (66.67, 33.33)
    assert [(part.name, part.count) for part in pack.tiers] == [("high", 1), ("medium", 0), ("low", 2)]


def test_without_a_published_quarter_before_nothing_is_compared() -> None:
    pack = pack_of([card(1, 90, "A")], [earlier(1, 70, "B", quarter="2026Q1")])
    assert pack.movement is None
    assert {part.count_before for part in pack.grades} == {None}
    assert pack.quarters == ("2026Q1", "2026Q2", "2026Q3")


def test_movers_are_those_whose_total_changed_most_and_grades_are_compared_apart() -> None:
    pack = pack_of(
        [card(1, 90.1, "A"), card(2, 70, "B"), card(3, 60, "C"), card(4, None, "not_rated"), card(5, 77, "B")],
        [earlier(1, 80, "B"), earlier(2, 72.5, "A"), earlier(3, 60, "C"), earlier(4, 66, "C"), earlier(8, 50, "C")],
    )
    moved = pack.movement
    assert moved is not None
    assert [(each.card.code, each.change) for each in moved.rises] == [("S1", 10.1)]
    assert [(each.card.code, each.change) for each in moved.falls] == [("S2", -2.5)]
    assert (moved.improved, moved.worsened, moved.newcomers, moved.leavers) == (1, 1, 1, 1)
    assert moved.migrations == {("B", "A"): 1, ("A", "B"): 1, ("C", "C"): 1, ("C", "not_rated"): 1}
    assert [each.steps for each in moved.movers if each.card.code == "S4"] == [0]


def test_at_most_ten_rises_are_shown_and_ties_go_by_code() -> None:
    cards = [card(n, 80, "B") for n in range(10, 25)]
    pack = pack_of(cards, [earlier(n, 75, "B") for n in range(10, 25)])
    assert pack.movement is not None
    assert [each.card.code for each in pack.movement.rises] == [f"S{n}" for n in range(10, 20)]


def test_the_worst_category_comes_first_with_those_who_are_below_the_policys_edges() -> None:
    weak = {"management_system": 39.99, "labor_employment": 60.0, "environmental_impact": 70, "product_liability": 70}
    fair = {"management_system": 59.99, "labor_employment": 80.0, "environmental_impact": 70, "product_liability": 70}
    pack = pack_of([card(1, 80, "B", categories=weak), card(2, 80, "B", categories=fair)], [earlier(1, 80, "B")])
    worst = pack.categories[0]
    assert (worst.code, worst.mean, worst.mean_before) == ("management_system", 49.99, 80.0)
    assert (worst.below_high, worst.below_medium, [each.code for each in worst.lowest]) == (1, 2, ["S1", "S2"])
    assert [(each.below_high, each.below_medium) for each in pack.categories[1:]] == [(0, 0)] * 3


def test_a_policy_without_edges_counts_nobody_below_them() -> None:
    policy = replace(
        DEFAULT, high=replace(DEFAULT.high, category_below=None), medium=replace(DEFAULT.medium, category_below=None)
    )
    pack = compile_pack(EDITION, policy, [card(1, 10, "D", categories={"management_system": 1.0})], [], [])
    assert [(each.below_high, each.below_medium, each.lowest) for each in pack.categories] == [(0, 0, ())]


def test_trends_have_eight_quarters_at_most_and_gaps_where_nothing_was_published() -> None:
    quarters = ["2024Q3", "2024Q4", "2025Q1", "2026Q1"]
    pack = pack_of([card(1, 90, "A")], [earlier(1, 50 + n, "C", quarter=q) for n, q in enumerate(quarters)])
    assert pack.quarters == (
        "2024Q4", "2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2", "2026Q3"
    )  # fmt: skip
    (points,) = pack.trends.values()
    assert [point.total for point in points] == [51, 52, None, None, None, 53, None, 90]
    assert [each.suppliers for each in pack.overall] == [1, 1, 0, 0, 0, 1, 0, 1]


def test_coverage_is_told_by_the_policys_own_limits() -> None:
    cards = [replace(card(n, 80, "B"), coverage=coverage) for n, coverage in enumerate((100.0, 80.0, 79.0, 50.0, 20.0))]
    covered = pack_of(cards).coverage
    assert (covered.mean, covered.whole, covered.capped, covered.too_low) == (65.8, 1, 2, 1)


def test_a_review_of_nobody_has_a_pack_as_well() -> None:
    pack = pack_of([])
    assert (pack.coverage.mean, pack.categories, pack.overall[-1].mean_total) == (None, (), None)
