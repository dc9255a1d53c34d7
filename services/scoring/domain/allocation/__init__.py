"""Order allocation: recommended shares per commodity from reviews, bounds and contracts, explained line by line."""

from services.scoring.domain.allocation.bounds import Bound
from services.scoring.domain.allocation.constants import AllocationConstants
from services.scoring.domain.allocation.limits import Concentration, Limit, concentration
from services.scoring.domain.allocation.lines import AllocationLines, Floats, SourcingLine
from services.scoring.domain.allocation.quotas import SharedOut, whole_percents
from services.scoring.domain.allocation.reasons import Reason, in_words
from services.scoring.domain.allocation.recommending import allocate
from services.scoring.domain.allocation.relaxation import Relaxed
from services.scoring.domain.allocation.results import (
    NO_SHARE,
    AllocationResults,
    CommodityAdvice,
    Effects,
    LineAdvice,
    as_share,
    as_shares,
)
from services.scoring.domain.allocation.wording import explain, nearest

__all__ = [
    "NO_SHARE",
    "AllocationConstants",
    "AllocationLines",
    "AllocationResults",
    "Bound",
    "CommodityAdvice",
    "Concentration",
    "Effects",
    "Floats",
    "Limit",
    "LineAdvice",
    "Reason",
    "Relaxed",
    "SharedOut",
    "SourcingLine",
    "allocate",
    "as_share",
    "as_shares",
    "concentration",
    "explain",
    "in_words",
    "nearest",
    "whole_percents",
]
