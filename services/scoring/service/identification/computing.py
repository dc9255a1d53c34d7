"""Identifying the risks of some suppliers, at the run's coordinates: the same at every attempt."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.identification import LeftOut, why_left_out
from services.scoring.domain.policy import RISK_TIERS, Policy
from services.scoring.domain.score import Scores, score
from services.scoring.models.identifications import RiskIdentification
from services.scoring.repository import evidence, overrides
from services.scoring.repository import identifications as repository
from services.scoring.repository.evidence import Positions

MOST_NAMED = 20
CENT = Decimal("0.01")
NO_SUPPLY_TIER = "unknown"


def sort_out(
    suppliers: Sequence[Row[*tuple[Any, ...]]], policy: Policy, left_out: Mapping[str, Any]
) -> tuple[list[Row[*tuple[Any, ...]]], dict[str, Any]]:
    """Those that the run looks at, and `left_out` with the others added: how many for each reason, the first named."""
    looked_at = []
    added = {reason: {**each, "first_codes": [*each["first_codes"]]} for reason, each in left_out.items()}
    for supplier in suppliers:
        reason: LeftOut | None = why_left_out(supplier.status, *_spend(supplier), policy.identification)
        if reason is None:
            looked_at.append(supplier)
            continue
        of_reason = added.setdefault(reason, {"suppliers": 0, "first_codes": []})
        of_reason["suppliers"] += 1
        if len(of_reason["first_codes"]) < MOST_NAMED:
            of_reason["first_codes"].append(supplier.code)
    return looked_at, added


async def identify(
    session: AsyncSession, run: RiskIdentification, policy: Policy, suppliers: Sequence[Row[*tuple[Any, ...]]]
) -> list[dict[str, Any]]:
    """The rows of these suppliers' risks; a constant number of statements."""
    if not suppliers:
        return []
    ids = [UUID(str(supplier.id)) for supplier in suppliers]
    at = positions_of(run)
    batch = await evidence.load_evidence(session, ids, run.as_of, policy, at=at)
    computed = score(batch.evidence, run.as_of, policy)
    said = await overrides.find_in_force(session, ids, run.as_of, known_at=run.known_at, registry_pos=at.registry)
    before = {} if run.previous_id is None else await repository.find_tiers(session, run.previous_id, ids)
    rows = []
    for place, (supplier_id, supplier) in enumerate(zip(ids, suppliers, strict=True)):
        spend, currency = _spend(supplier)
        override = said.get(supplier_id)
        rows.append(
            {
                "identification_id": run.id,
                "supplier_id": supplier_id,
                "supplier_code": supplier.code,
                "name": supplier.name,
                "country": supplier.country,
                "supply_tier": supplier.supply_tier,
                "annual_spend": spend,
                "currency": currency,
                "override_tier": None if override is None else override.risk_tier,
                "previous_tier": before.get(supplier_id),
                **_risk(computed, place, policy),
            }
        )
    return rows


def _risk(computed: Scores, place: int, policy: Policy) -> dict[str, Any]:
    tier = computed.risk_tier(place)
    names = [category.code for category in policy.categories]
    return {
        "risk_tier": tier,
        "tier_reasons": computed.tier_reasons(place),
        "score": float(computed.score[place]),
        "base": float(computed.base[place]),
        "categories": dict(zip(names, computed.categories[place].tolist(), strict=True)),
        "basis": computed.basis_name(place),
        "confidence": float(computed.confidence[place]),
        "approach": policy.approaches[tier].text,
        "required_actions": list(policy.approaches[tier].required_actions),
    }


async def sum_up(session: AsyncSession, run: RiskIdentification, policy: Policy) -> dict[str, Any]:
    """The run's figures over all its suppliers."""
    categories = [category.code for category in policy.categories]
    tiers = dict.fromkeys(RISK_TIERS, 0)
    supply_tiers: dict[str, dict[str, int]] = {}
    totals = dict.fromkeys(categories, Decimal(0))
    for supply_tier, risk_tier, count, *sums in await repository.sum_up(session, run.id, categories):
        tiers[risk_tier] += count
        key = NO_SUPPLY_TIER if supply_tier is None else str(supply_tier)
        supply_tiers.setdefault(key, dict.fromkeys(RISK_TIERS, 0))[risk_tier] += count
        for name, total in zip(categories, sums, strict=True):
            totals[name] += total
    identified = sum(tiers.values())
    return {
        "identified": identified,
        "tiers": tiers,
        "supply_tiers": dict(sorted(supply_tiers.items())),
        "category_means": {
            name: float((total / identified).quantize(CENT, ROUND_HALF_UP))
            for name, total in totals.items()
            if identified
        },
    }


def positions_of(run: RiskIdentification) -> Positions:
    """Up to where each feed counts for a run that has begun."""
    return Positions(*(int(getattr(run, f"{source}_pos")) for source in Positions.__slots__))


def _spend(supplier: Any) -> tuple[Decimal | None, str | None]:
    spend: Mapping[str, Any] | None = supplier.annual_spend
    return (None, None) if spend is None else (Decimal(str(spend["amount"])), str(spend["currency"]))
