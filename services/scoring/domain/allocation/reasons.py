"""Why a line's share is what it is: stable short codes, and the same in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from services.scoring.domain.allocation.bounds import Bound


class Reason(StrEnum):
    """Stable codes; those of bounds are the names of `Bound` in lower case."""

    BLOCKED = "blocked"
    NEW_SOURCE = "new_source"
    NOT_RATED = "not_rated"
    SCORE_ABOVE_AVERAGE = "score_above_average"
    SCORE_BELOW_AVERAGE = "score_below_average"
    MULTIPLIER_RAISES = "multiplier_raises"
    MULTIPLIER_LOWERS = "multiplier_lowers"
    HIGH_RISK = "high_risk"
    PRIORITY_MISSED = "priority_missed"
    CAPACITY = "capacity"
    MAX_SHARE = "max_share"
    LARGEST_SHARE = "largest_share"
    MAX_CHANGE = "max_change"
    CONTRACT = "contract"
    NO_MORE = "no_more"
    NEVER_LESS = "never_less"
    RAISED_LIMIT = "raised_limit"
    LOWERED_LIMIT = "lowered_limit"
    REBALANCED_UP = "rebalanced_up"
    REBALANCED_DOWN = "rebalanced_down"
    UNALLOCATED = "unallocated"
    OVERCOMMITTED = "overcommitted"


_WORDS = {
    Reason.BLOCKED: "The supplier is blocked, suspended or inactive and gets nothing.",
    Reason.NEW_SOURCE: "A new source gets its agreed trial volume and no more.",
    Reason.NOT_RATED: "There is no rating this quarter, so the score counts as the average.",
    Reason.SCORE_ABOVE_AVERAGE: "The score is above the average of this commodity.",
    Reason.SCORE_BELOW_AVERAGE: "The score is below the average of this commodity.",
    Reason.MULTIPLIER_RAISES: "A high score raises the share further.",
    Reason.MULTIPLIER_LOWERS: "The multiplier for score and risk lowers the share.",
    Reason.HIGH_RISK: "The risk tier is high by evidence: the multiplier is capped and the share may not grow.",
    Reason.PRIORITY_MISSED: "A priority finding was missed, which caps the multiplier.",
    Reason.CAPACITY: "The supplier's capacity allows no more.",
    Reason.MAX_SHARE: "The agreed maximum share allows no more.",
    Reason.LARGEST_SHARE: "No supplier may get more of this commodity.",
    Reason.MAX_CHANGE: "A share moves only so far in one quarter.",
    Reason.CONTRACT: "The contract guarantees this minimum.",
    Reason.NO_MORE: "Grade or risk allow no more than before, beyond contract.",
    Reason.NEVER_LESS: "A good grade protects the share from falling further.",
    Reason.RAISED_LIMIT: "The limit was raised, because the others cannot take the whole volume.",
    Reason.LOWERED_LIMIT: "The protection was lowered, because more is committed than there is.",
    Reason.REBALANCED_UP: "Rebalancing added to the share, so that all shares sum to 1.",
    Reason.REBALANCED_DOWN: "Rebalancing took from the share, so that all shares sum to 1.",
    Reason.UNALLOCATED: "The suppliers together cannot carry the volume; there is no recommendation.",
    Reason.OVERCOMMITTED: "The contracts promise more than the whole volume; there is no recommendation.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFacts:
    """What the reasons of a line follow from; effects are millionths of a share."""

    rated: bool
    high_risk: bool
    missed: bool
    blocked: bool
    multiplier: float
    score_effect: int
    rebalancing: int
    bound: Bound
    unallocated: bool
    overcommitted: bool


def reasons(facts: LineFacts) -> tuple[Reason, ...]:
    """The reasons of a line, in the order in which the rules apply."""
    if facts.blocked:
        own: tuple[Reason, ...] = (Reason.BLOCKED,)
    elif facts.bound is Bound.NEW_SOURCE:
        own = (Reason.NEW_SOURCE,)
    else:
        own = tuple(_of_movable(facts))
    infeasible = [Reason.UNALLOCATED] * facts.unallocated + [Reason.OVERCOMMITTED] * facts.overcommitted
    return (*own, *infeasible)


def in_words(reason: Reason) -> str:
    """One plain English sentence."""
    return _WORDS[reason]


def _of_movable(facts: LineFacts) -> Iterator[Reason]:
    if not facts.rated:
        yield Reason.NOT_RATED
    if facts.score_effect:
        yield Reason.SCORE_ABOVE_AVERAGE if facts.score_effect > 0 else Reason.SCORE_BELOW_AVERAGE
    if facts.multiplier != 1:
        yield Reason.MULTIPLIER_RAISES if facts.multiplier > 1 else Reason.MULTIPLIER_LOWERS
    if facts.high_risk:
        yield Reason.HIGH_RISK
    if facts.missed:
        yield Reason.PRIORITY_MISSED
    if facts.bound is not Bound.NONE:
        yield Reason(facts.bound.name.lower())
    if facts.rebalancing:
        yield Reason.REBALANCED_UP if facts.rebalancing > 0 else Reason.REBALANCED_DOWN
