"""A line's change in a sentence with its figures."""

from collections.abc import Mapping
from decimal import Decimal

from services.scoring.domain.allocation.bounds import Bound
from services.scoring.domain.allocation.reasons import Reason, in_words

PARTS = {
    "score": "by the score",
    "multiplier": "by the multiplier",
    "bound": "by a bound",
    "rebalancing": "by rebalancing",
    "rounding": "by rounding",
}


def explain(
    *,
    baseline: Decimal,
    recommended: Decimal | None,
    effects: Mapping[str, Decimal] | None,
    bound: Bound,
    at: Decimal | None,
) -> str:
    """What happened to a share, in percent and points that add up; `at` is where the bound stands."""
    if recommended is None or effects is None:
        return "There is no recommendation: the commodity's orders cannot be shared out within the bounds."
    parts = [f"{_points(effects[name])} {words}" for name, words in PARTS.items() if effects[name]]
    change = f"{_percent(baseline)} becomes {_percent(recommended)}" if parts else f"{_percent(baseline)} stays"
    return f"{change}{': ' if parts else ''}{', '.join(parts)}. {_stop(bound, at)}"


def nearest(recommended: Decimal | None, lower: Decimal | None, upper: Decimal | None) -> Decimal | None:
    """Of a line's bounds, the one at which its share stands."""
    if recommended is None or lower is None or upper is None:
        return None
    return upper if abs(recommended - upper) <= abs(recommended - lower) else lower


def _stop(bound: Bound, at: Decimal | None) -> str:
    if bound is Bound.NONE:
        return "No bound stopped it."
    where = "" if at is None else f" The bound is {_percent(at)}."
    return in_words(Reason(bound.name.lower())) + where


def _percent(share: Decimal) -> str:
    return f"{_plain(share)} %"


def _points(share: Decimal) -> str:
    return f"{'+' if share > 0 else '-'}{_plain(abs(share))} points"


def _plain(share: Decimal) -> str:
    return f"{(share.scaleb(2)).normalize():f}"
