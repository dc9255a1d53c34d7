"""What an allocation recommends, as arrays for storing and line by line for people."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Self

import numpy as np
from numpy.typing import NDArray

from services.scoring.domain.allocation.bounds import Bound, Kinds
from services.scoring.domain.allocation.commodities import MICRO
from services.scoring.domain.allocation.lines import Flags, Floats, Ints
from services.scoring.domain.allocation.reasons import LineFacts, Reason, reasons
from services.scoring.domain.allocation.relaxation import Relaxed

NO_SHARE = -1
"""Stands in `share` where a commodity is infeasible: there is no recommendation, not a made-up split."""

OF_COMMODITIES = frozenset({"lambda_", "average_score", "relaxed", "unallocated", "overcommitted", "held_back"})
"""The columns of the results that have a figure for each commodity; all others have one for each line."""


@dataclass(frozen=True, slots=True)
class Effects:
    """The parts of a line's change, which add up to it exactly; `rounding` is what the 6 decimals leave over."""

    score: Decimal
    multiplier: Decimal
    bound: Decimal
    rebalancing: Decimal
    rounding: Decimal


@dataclass(frozen=True, slots=True)
class LineAdvice:
    """The recommendation for one line; share, delta and effects are None where the commodity is infeasible.

    `lower_share` and `upper_share` are the bounds as relaxed, which may be no whole millionths, rounded.
    """

    baseline_share: Decimal
    recommended_share: Decimal | None
    delta: Decimal | None
    multiplier: float
    lower_share: Decimal
    upper_share: Decimal
    bound: Bound
    effects: Effects | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class CommodityAdvice:
    """What holds for a whole commodity; `average_score` is None where nobody is rated."""

    infeasible: bool
    lambda_: float | None
    average_score: float | None
    relaxed: tuple[Relaxed, ...]
    unallocated_share: Decimal
    overcommitted_share: Decimal
    held_back: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationResults:
    """N lines in the order given and C commodities; integers are millionths of a share.

    `share` is `NO_SHARE` where infeasible; `exact` is the share before it is rounded, as a part of 1 (NaN
    where infeasible). `effects` has the columns of `Effects`, `relaxed` those of `Relaxed`. `lower` and
    `upper` are the bounds as relaxed, as parts of 1. `held_back` says of a commodity that its suppliers could carry it
    all, were it not for its limit on one supplier's share.
    """

    commodity: Ints
    baseline: Ints
    share: Ints
    exact: Floats
    multiplier: Floats
    effects: Ints
    bound: Kinds
    lower: Floats
    upper: Floats
    rated: Flags
    high_risk: Flags
    missed: Flags
    blocked: Flags
    lambda_: Floats
    average_score: Floats
    relaxed: Flags
    unallocated: Ints
    overcommitted: Ints
    held_back: Flags

    @classmethod
    def joined(cls, blocks: Sequence[Self], commodity: Ints) -> Self:
        """The results of all blocks, whose lines are of these commodities."""
        columns = {
            column.name: np.concatenate([getattr(block, column.name) for block in blocks]) for column in fields(cls)
        }
        return cls(**{**columns, "commodity": commodity})

    def take(self, places: Ints) -> Self:
        """The same results with their lines in another order."""
        names = [column.name for column in fields(self) if column.name not in OF_COMMODITIES]
        return replace(self, **{name: getattr(self, name)[places] for name in names})

    @property
    def infeasible(self) -> Flags:
        """Per commodity."""
        return np.asarray((self.unallocated > 0) | (self.overcommitted > 0))

    def line(self, index: int) -> LineAdvice:
        """The advice for one line, by its place in the input."""
        commodity = self.commodity[index]
        unallocated, overcommitted = bool(self.unallocated[commodity]), bool(self.overcommitted[commodity])
        feasible = not (unallocated or overcommitted)
        bound = Bound(self.bound[index])
        facts = LineFacts(
            rated=bool(self.rated[index]),
            high_risk=bool(self.high_risk[index]),
            missed=bool(self.missed[index]),
            blocked=bool(self.blocked[index]),
            multiplier=float(self.multiplier[index]),
            score_effect=int(self.effects[index, 0]),
            rebalancing=int(self.effects[index, 3]),
            bound=bound,
            unallocated=unallocated,
            overcommitted=overcommitted,
        )
        return LineAdvice(
            baseline_share=as_share(self.baseline[index]),
            recommended_share=as_share(self.share[index]) if feasible else None,
            delta=as_share(self.share[index] - self.baseline[index]) if feasible else None,
            multiplier=float(self.multiplier[index]),
            lower_share=_rounded(self.lower[index]),
            upper_share=_rounded(self.upper[index]),
            bound=bound,
            effects=Effects(*(as_share(effect) for effect in self.effects[index])) if feasible else None,
            reasons=reasons(facts),
        )

    def of_commodity(self, commodity: int) -> CommodityAdvice:
        """What holds for one commodity."""
        infeasible = bool(self.infeasible[commodity])
        average = float(self.average_score[commodity])
        return CommodityAdvice(
            infeasible=infeasible,
            lambda_=None if infeasible else float(self.lambda_[commodity]),
            average_score=None if np.isnan(average) else average,
            relaxed=tuple(group for group, moved in zip(Relaxed, self.relaxed[commodity], strict=True) if moved),
            unallocated_share=as_share(self.unallocated[commodity]),
            overcommitted_share=as_share(self.overcommitted[commodity]),
            held_back=bool(self.held_back[commodity]),
        )


def as_share(millionths: np.int64 | int) -> Decimal:
    """A share with its 6 decimals."""
    return Decimal(int(millionths)).scaleb(-6)


def _rounded(share: np.float64) -> Decimal:
    """A bound with 6 decimals; no share is above 1, whatever a capacity may say."""
    return as_share(round(min(float(share), 1.0) * MICRO))


def as_shares(millionths: NDArray[np.int64]) -> list[Decimal]:
    """A column of shares with their 6 decimals."""
    return [Decimal(figure).scaleb(-6) for figure in millionths.tolist()]
