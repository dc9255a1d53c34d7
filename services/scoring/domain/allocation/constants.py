"""The figures of order allocation, as data that a policy carries."""

from dataclasses import dataclass
from itertools import pairwise

from shared.errors import FieldError, Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationConstants:
    """Policy `default`, version 1; shares and `shift` are parts of 1, scores are 0-100.

    The multiplier is linear between its knots (score, multiplier) and constant outside them.
    """

    multiplier_knots: tuple[tuple[float, float], ...] = ((40, 0.60), (60, 0.85), (77.5, 1.00), (92.5, 1.10))
    not_rated_multiplier: float = 1.0
    high_risk_multiplier_cap: float = 0.85
    priority_missed_multiplier_cap: float = 0.60
    score_scale: float = 100.0
    shift: float = 0.10
    grade_a_keeps: float = 1.0
    grade_b_keeps: float = 0.9
    share_sum_tolerance: float = 0.001

    def __post_init__(self) -> None:
        scores = [score for score, _ in self.multiplier_knots]
        if not scores or any(right <= left for left, right in pairwise(scores)):
            detail = "the scores of the multiplier's knots must ascend"
            raise Invalid(detail, fields=[FieldError("/multiplier_knots", detail)])
