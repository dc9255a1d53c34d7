"""A scoring policy: every figure behind tiers, reviews and allocations as versioned data, read, checked and written."""

from services.scoring.domain.policy.rules import (
    ANY,
    COVERS_NONE,
    DEFAULT,
    RISK_TIERS,
    SEVERITIES,
    STATES,
    Category,
    Identification,
    MappedCategory,
    Overrides,
    Policy,
    RiskTier,
    Severity,
    TierRule,
)

__all__ = [
    "ANY",
    "COVERS_NONE",
    "DEFAULT",
    "RISK_TIERS",
    "SEVERITIES",
    "STATES",
    "Category",
    "Identification",
    "MappedCategory",
    "Overrides",
    "Policy",
    "RiskTier",
    "Severity",
    "TierRule",
]
