"""The sustainability score, tier, basis and confidence of N suppliers on a day, in one pass over their evidence."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from services.scoring.domain import (
    audit_figures,
    credit,
    days,
    finding_states,
    inherent_risk,
    survey_figures,
    tiers,
    validity,
)
from services.scoring.domain.evidence import Evidence, Floats
from services.scoring.domain.policy import RISK_TIERS, Policy, RiskTier
from services.scoring.domain.rounding import half_up

Basis = Literal["assessed", "partly", "assumed"]
BASES: tuple[Basis, ...] = get_args(Basis)
_ASSESSED, _PARTLY, _ASSUMED = range(len(BASES))


@dataclass(frozen=True, slots=True)
class Detail:
    """What the scores were made from, for the explanation."""

    states: finding_states.FindingStates
    audit: audit_figures.AuditFigures
    survey: survey_figures.SurveyFigures
    inherent: inherent_risk.InherentFigures
    credit: credit.Credits


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of N suppliers by row; `categories` are N by K, in the policy's order.

    Score, base, categories and credit are rounded to 2 decimals; the exact ones are what they were rounded from.
    `basis` is an index in BASES, `valid_until` a day (days.ABSENT: no end in sight).
    """

    score: Floats
    base: Floats
    credit: Floats
    categories: Floats
    exact_base: Floats
    exact_categories: Floats
    tiers: tiers.Tiers
    basis: NDArray[np.int8]
    confidence: Floats
    valid_until: days.Days
    detail: Detail

    def risk_tier(self, supplier: int) -> RiskTier:
        """Return the name of a supplier's tier."""
        return RISK_TIERS[int(self.tiers.tier[supplier])]

    def tier_reasons(self, supplier: int) -> list[str]:
        """Return the codes of the rules that put a supplier in its tier."""
        return self.tiers.reasons(supplier)

    def basis_name(self, supplier: int) -> Basis:
        """Return the name of what a supplier's score rests on."""
        return BASES[int(self.basis[supplier])]


def score(evidence: Evidence, day: date, policy: Policy, next_policy_from: date | None = None) -> Scores:
    """Score all suppliers of `evidence` at the end of `day` (UTC).

    `next_policy_from` is the first day of the policy that follows, if one is published.
    """
    states = finding_states.finding_states(evidence.findings, day, policy)
    audit = audit_figures.audit_figures(evidence, states, day, policy)
    survey = survey_figures.survey_figures(evidence, day, policy)
    inherent = inherent_risk.inherent_figures(evidence, day, policy)
    earned = credit.credits_earned(evidence, states, day, policy)

    weight_of = policy.weights
    exact = (
        weight_of["audit"] * audit.figure
        + weight_of["survey"] * survey.figure
        + (weight_of["inherent"] * inherent.figure)[:, None]
    )
    known = (
        weight_of["audit"] * ~audit.assumed
        + weight_of["survey"] * ~survey.assumed
        + (weight_of["inherent"] * ~inherent.assumed)[:, None]
    )
    exact_base = _over_categories(exact, policy)
    confidence = np.round(_over_categories(known, policy), 6)
    base, categories = half_up(exact_base), half_up(exact)
    return Scores(
        score=half_up(np.minimum(100.0, exact_base + earned.points)),
        base=base,
        credit=half_up(earned.points),
        categories=categories,
        exact_base=exact_base,
        exact_categories=exact,
        tiers=tiers.tiers(base, categories, evidence, states, policy),
        basis=_basis(evidence, states, audit, survey, confidence, policy),
        confidence=confidence,
        valid_until=validity.valid_until(evidence, states, survey, inherent, day, policy, next_policy_from),
        detail=Detail(states, audit, survey, inherent, earned),
    )


def _over_categories(figures: Floats, policy: Policy) -> Floats:
    """Return the weighted mean, added up in a fixed order so that a batch gives the digits of one supplier."""
    mean = np.zeros(len(figures))
    for index, category in enumerate(policy.categories):
        mean += category.weight * figures[:, index]
    return mean


def _basis(
    evidence: Evidence,
    states: finding_states.FindingStates,
    audit: audit_figures.AuditFigures,
    survey: survey_figures.SurveyFigures,
    confidence: Floats,
    policy: Policy,
) -> NDArray[np.int8]:
    """Return on what each score rests."""
    has_finding = np.zeros(evidence.suppliers, dtype=np.bool_)
    has_finding[evidence.findings.supplier[states.counts]] = True
    assessed = (confidence >= policy.assessed_from_confidence) & ~audit.assumed.all(axis=1)
    silent = survey.silent.any(axis=1) & (policy.weights["survey"] > 0)
    assumed = (confidence <= policy.assumed_up_to_confidence) & ~has_finding & ~silent
    return np.select([assessed, assumed], [_ASSESSED, _ASSUMED], default=_PARTLY).astype(np.int8)
