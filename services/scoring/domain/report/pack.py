"""The pack for sales management: all that it says, computed once, whatever it is shown as."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.scoring.domain.policy import RISK_TIERS, Policy
from services.scoring.domain.qbr import Dimension, Grade
from services.scoring.domain.quarter import Quarter
from services.scoring.domain.report.cards import Asked, Card, Earlier, Edition
from services.scoring.domain.report.categories import CategoryStanding, category_standings, mean
from services.scoring.domain.report.distribution import Part, distribution
from services.scoring.domain.report.movers import Movement, movement
from services.scoring.domain.report.trends import Overall, Point, overall_trend, supplier_trends, window


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the weight was there: the mean over all suppliers, and how many lacked some or too much of it."""

    mean: float | None
    whole: int
    capped: int
    too_low: int


@dataclass(frozen=True, slots=True)
class Pack:
    """A quarter's review, ready to be shown; `movement` is None where the quarter before has no published review.

    `cards` are in the order of their rank.
    """

    edition: Edition
    policy: Policy
    cards: tuple[Card, ...]
    quarter_before: str
    previous: Mapping[UUID, Earlier]
    coverage: Coverage
    grades: tuple[Part, ...]
    tiers: tuple[Part, ...]
    movement: Movement | None
    categories: tuple[CategoryStanding, ...]
    quarters: tuple[str, ...]
    overall: tuple[Overall, ...]
    trends: Mapping[UUID, tuple[Point, ...]]
    asked: tuple[Asked, ...]

    @property
    def weights(self) -> Mapping[Dimension, float]:
        """What each dimension counts for, of 100."""
        return dict(zip(Dimension, self.policy.qbr.weights, strict=True))


def compile_pack(
    edition: Edition, policy: Policy, cards: Sequence[Card], earlier: Sequence[Earlier], asked: Sequence[Asked]
) -> Pack:
    """Compute the pack of a revision under the policy by which it was graded.

    `earlier` are the results of quarters before, of suppliers that are no more in this one too.
    """
    before = str(Quarter.parse(edition.quarter).previous)
    previous = {each.supplier_id: each for each in earlier if each.quarter == before}
    quarters = window(edition.quarter, earlier)
    return Pack(
        edition=edition,
        policy=policy,
        cards=tuple(cards),
        quarter_before=before,
        previous=previous,
        coverage=_coverage(cards, policy),
        grades=distribution(
            tuple(Grade), (card.grade for card in cards), [each.grade for each in previous.values()] or None
        ),
        tiers=distribution(
            RISK_TIERS, (card.risk_tier for card in cards), [each.risk_tier for each in previous.values()] or None
        ),
        movement=movement(cards, previous) if previous else None,
        categories=category_standings(
            tuple(category.code for category in policy.categories),
            cards,
            previous,
            high_below=policy.high.category_below,
            medium_below=policy.medium.category_below,
        ),
        quarters=quarters,
        overall=overall_trend(quarters, cards, earlier),
        trends=supplier_trends(quarters, cards, earlier),
        asked=tuple(asked),
    )


def _coverage(cards: Sequence[Card], policy: Policy) -> Coverage:
    figures = [card.coverage for card in cards]
    whole = sum(policy.qbr.weights)
    return Coverage(
        mean=mean(figures) if figures else None,
        whole=sum(figure >= whole for figure in figures),
        capped=sum(policy.qbr.rated_from_coverage <= figure < policy.qbr.uncapped_from_coverage for figure in figures),
        too_low=sum(figure < policy.qbr.rated_from_coverage for figure in figures),
    )
