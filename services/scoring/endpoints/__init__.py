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
    qbr_reports,
    qbrs,
    recalculations,
    risk_comparisons,
    risk_identifications,
    score_changes,
    scores,
    simulations,
    sourcing,
    tier_overrides,
    verifications,
    webhook_deliveries,
    webhook_messages,
    webhooks,
)
from services.scoring.service.imports import KINDS
from shared.imports.endpoints import import_router

TAGS = {
    "scores": "A supplier's score (0 to 100, higher is better) and risk tier, each explained down to the evidence, "
    "for any past day",
    "risk identification": "The annual look at all suppliers, frozen as of a day",
    "policies": "The rules by which is scored and allocated: drafted, simulated, published; the old ones stay",
    "country risks": "How well countries are governed, by source and year",
    "performance": "Quality, cost, delivery and service of a supplier in a quarter",
    "commodities": "What is bought, and under which material numbers the ERP knows it",
    "sourcing": "Who makes how much of a commodity at present, and within which bounds that may change",
    "quarterly business reviews": "All suppliers graded on one day; published by a person, never changed afterwards",
    "actions": "What a review asks to be done about a supplier",
    "order allocations": "Who should get which share of a commodity next, and why; approved or overridden by people",
    "freshness": "How far scoring has followed the other services",
    "verifications": "Everything computed once more from the evidence, and compared",
    "webhooks": "Receivers that are told of changes, by the rules of Standard Webhooks",
}
"""What the groups of routes are, for the API's description."""

routers = (
    scores.router,
    score_changes.router,
    scores.freshness_router,
    tier_overrides.router,
    risk_identifications.router,
    risk_comparisons.router,
    recalculations.router,
    policies.router,
    simulations.router,
    country_risks.router,
    performance.router,
    commodities.router,
    sourcing.router,
    qbrs.router,
    qbr_history.router,
    qbr_comments.router,
    qbr_reports.router,
    actions.router,
    allocations.router,
    allocations.runs_router,
    verifications.router,
    webhooks.router,
    webhook_deliveries.router,
    import_router(KINDS, read_scope="scoring:read"),
)

sent = webhook_messages.router
"""What webhooks bring to whoever receives them."""
