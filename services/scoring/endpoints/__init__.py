"""The scoring service's routes."""

from services.scoring.endpoints import (
    actions,
    allocations,
    commodities,
    country_risks,
    performance,
    policies,
    qbr_comments,
    qbr_history,
    qbrs,
    risk_comparisons,
    risk_identifications,
    score_changes,
    scores,
    sourcing,
    tier_overrides,
    verifications,
    webhook_deliveries,
    webhooks,
)
from services.scoring.service.imports import KINDS
from shared.imports.endpoints import import_router

routers = (
    scores.router,
    score_changes.router,
    scores.freshness_router,
    tier_overrides.router,
    risk_identifications.router,
    risk_comparisons.router,
    policies.router,
    country_risks.router,
    performance.router,
    commodities.router,
    sourcing.router,
    qbrs.router,
    qbr_history.router,
    qbr_comments.router,
    actions.router,
    allocations.router,
    allocations.runs_router,
    verifications.router,
    webhooks.router,
    webhook_deliveries.router,
    import_router(KINDS, read_scope="scoring:read"),
)
