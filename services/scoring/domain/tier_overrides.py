"""The rules for a person's word on a risk tier: for which days it may be given, and which of several counts."""

from collections.abc import Mapping
from datetime import date, timedelta

from services.scoring.domain.policy import RISK_TIERS, Overrides

STRICTNESS: Mapping[str, int] = {tier: len(RISK_TIERS) - place for place, tier in enumerate(RISK_TIERS)}
"""Risk tier -> how strict it is; the higher the stricter."""


def faults_of_days(valid_from: date, valid_until: date, today: date, rules: Overrides) -> dict[str, str]:
    """Field -> what is wrong with it, for an override from `valid_from` to its last day `valid_until`.

    It is not backdated, so that what held on a past day stays as it was.
    """
    longest = rules.longest_tier_override_days
    if valid_from < today:
        return {"valid_from": f"lies in the past; today, in UTC, is {today}"}
    if valid_from > today + timedelta(days=longest):
        return {"valid_from": f"lies more than {longest} days ahead, the longest that the policy allows"}
    if valid_until < valid_from:
        return {"valid_until": f"is before its first day, {valid_from}"}
    if (valid_until - valid_from).days >= longest:
        last = valid_from + timedelta(days=longest - 1)
        return {"valid_until": f"is after {last}: the policy allows {longest} days at most"}
    return {}
