"""Holding one risk identification against another."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.tier_overrides import STRICTNESS
from services.scoring.models.identifications import RiskIdentification
from services.scoring.repository import identification_changes


@dataclass(frozen=True, slots=True)
class Pair:
    """Two frozen runs: an earlier one, or another revision, and the one that is looked at."""

    before: RiskIdentification
    after: RiskIdentification


async def compare(session: AsyncSession, pair: Pair) -> dict[str, Any]:
    """Who moved between the tiers, and how the figures differ."""
    matrix = {was: _nobody() for was in STRICTNESS}
    new, gone = _nobody(), _nobody()
    rose = fell = unchanged = 0
    for was, is_now, count in await identification_changes.count_moves(session, pair.before.id, pair.after.id):
        if was is not None and is_now is not None:
            matrix[was][is_now] += count
            step = STRICTNESS[is_now] - STRICTNESS[was]
            rose += count if step > 0 else 0
            fell += count if step < 0 else 0
            unchanged += count if step == 0 else 0
        elif is_now is not None:
            new[is_now] += count
        elif was is not None:
            gone[was] += count
    return {
        "identification": pair.after,
        "compared_with": pair.before,
        "matrix": matrix,
        "rose": rose,
        "fell": fell,
        "unchanged": unchanged,
        "new": new,
        "gone": gone,
        "category_means": _means(pair),
        "supply_tiers": _supply_tiers(pair),
    }


def _means(pair: Pair) -> dict[str, dict[str, float | None]]:
    """Category -> its means; policies of different years may have different categories."""
    before, after = pair.before.category_means, pair.after.category_means
    means = {}
    for name in [*after, *(name for name in before if name not in after)]:
        was, is_now = before.get(name), after.get(name)
        difference = None if was is None or is_now is None else round(is_now - was, 2)
        means[name] = {"before": was, "after": is_now, "difference": difference}
    return means


def _supply_tiers(pair: Pair) -> dict[str, dict[str, dict[str, int]]]:
    before, after = pair.before.supply_tiers, pair.after.supply_tiers
    return {
        tier: {"before": before.get(tier, _nobody()), "after": after.get(tier, _nobody())}
        for tier in sorted(before.keys() | after.keys())
    }


def _nobody() -> dict[str, int]:
    return dict.fromkeys(STRICTNESS, 0)
