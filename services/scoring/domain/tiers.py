"""The risk tier and the reasons for it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.scoring.domain.evidence import Evidence, Floats
from services.scoring.domain.finding_states import OVERDUE, FindingStates, Flags, suppliers_with
from services.scoring.domain.policy import RISK_TIERS, Policy, RiskTier, TierRule

HIGH, MEDIUM, LOW = range(len(RISK_TIERS))


@dataclass(frozen=True, slots=True)
class Tiers:
    """The tier of N suppliers (index in RISK_TIERS), and which of R rules is met, whatever tier it stands for."""

    tier: NDArray[np.int8]
    rules: tuple[tuple[RiskTier, str], ...]
    met: Flags

    def reasons(self, supplier: int) -> list[str]:
        """Return the codes of every rule of the supplier's tier that applied; a low tier has none."""
        tier = RISK_TIERS[self.tier[supplier]]
        return [
            code
            for (stands_for, code), met in zip(self.rules, self.met[supplier], strict=True)
            if met and stands_for == tier
        ]


def tiers(base: Floats, categories: Floats, evidence: Evidence, states: FindingStates, policy: Policy) -> Tiers:
    """Return the tiers that follow from the rounded base and categories and from the findings."""
    high = _rules_met(policy.high, base, categories, evidence, states, policy)
    medium = _rules_met(policy.medium, base, categories, evidence, states, policy)
    tier = np.full(len(base), LOW, dtype=np.int8)
    tier[np.logical_or.reduce([np.zeros(len(base), dtype=np.bool_), *medium.values()])] = MEDIUM
    tier[np.logical_or.reduce([np.zeros(len(base), dtype=np.bool_), *high.values()])] = HIGH
    rules: tuple[tuple[RiskTier, str], ...] = (
        *(("high", code) for code in high),
        *(("medium", code) for code in medium),
    )
    columns = [*high.values(), *medium.values()]
    met = np.stack(columns, axis=1) if columns else np.zeros((len(base), 0), dtype=np.bool_)
    return Tiers(tier, rules, met)


def _rules_met(
    rule: TierRule, base: Floats, categories: Floats, evidence: Evidence, states: FindingStates, policy: Policy
) -> dict[str, Flags]:
    """Return, by stable code, where each condition of a tier is met."""
    met: dict[str, Flags] = {}
    if rule.base_below is not None:
        met[f"base_below_{rule.base_below:g}"] = base < rule.base_below
    if rule.category_below is not None:
        for index, category in enumerate(policy.categories):
            met[f"category_below_{rule.category_below:g}:{category.code}"] = categories[:, index] < rule.category_below
    for severity in rule.open_findings:
        met[f"open_{severity}_finding"] = suppliers_with([severity], evidence.findings, states.not_closed, len(base))
    for severity in rule.overdue_findings:
        met[f"overdue_{severity}"] = suppliers_with([severity], evidence.findings, states.state == OVERDUE, len(base))
    return met
