"""The pieces of evidence of one supplier beside findings, as they show in its explanation."""

from datetime import date
from typing import Any

import numpy as np

from services.scoring.domain import audit_figures, credit, survey_figures
from services.scoring.domain.evidence import AUDIT_KINDS, PARTICIPATION_KINDS, Evidence
from services.scoring.domain.explanation.audit import identity, iso, site_name
from services.scoring.domain.policy import Policy
from services.scoring.domain.score import Scores


def audits(evidence: Evidence, supplier: int, policy: Policy, day: date) -> list[dict[str, Any]]:
    """Return the supplier's audits and which of them assess on `day`."""
    rows = np.flatnonzero(evidence.audits.supplier == supplier)
    held = evidence.audits
    counts = audit_figures.counting_audits(held, day, policy)
    covered = audit_figures.covered(held.scope[rows], len(policy.categories))
    return [
        {
            "id": identity(held.ids, row),
            "kind": AUDIT_KINDS[int(held.kind[row])],
            "site": site_name(evidence, int(held.site[row])),
            "conducted_on": iso(held.conducted_on[row]),
            "categories": [policy.categories[index].code for index in np.flatnonzero(covers)],
            "counts": bool(counts[row]),
        }
        for row, covers in zip(rows.tolist(), covered, strict=True)
    ]


def campaigns(evidence: Evidence, supplier: int, policy: Policy, day: date) -> list[dict[str, Any]]:
    """Return the campaigns in which the supplier was asked and which of them count as unanswered."""
    asked = evidence.asked
    unanswered = survey_figures.unanswered_campaigns(asked, day, policy)
    return [
        {
            "id": identity(asked.ids, row),
            "due_on": iso(asked.due_on[row]),
            "submitted_on": iso(asked.submitted_on[row]),
            "unanswered": bool(unanswered[row]),
        }
        for row in np.flatnonzero(asked.supplier == supplier).tolist()
    ]


def survey(evidence: Evidence, scores: Scores, supplier: int, index: int, policy: Policy) -> dict[str, Any]:
    """Return how S of one category came about."""
    figures = scores.detail.survey
    weight, figure = policy.weights["survey"], float(figures.figure[supplier, index])
    row = int(figures.answer[supplier, index])
    answers = evidence.answers
    campaign = int(figures.unanswered[supplier])
    return {
        "weight": weight,
        "figure": figure,
        "assumed": bool(figures.assumed[supplier, index]),
        "silent": bool(figures.silent[supplier, index]),
        "effect": policy.categories[index].weight * weight * figure,
        "answer": None
        if row == survey_figures.NONE
        else {
            "id": identity(answers.ids, row),
            "submitted_on": iso(answers.submitted_on[row]),
            "score": float(answers.score[row]),
        },
        "unanswered": {"id": identity(evidence.asked.ids, campaign), "due_on": iso(evidence.asked.due_on[campaign])}
        if figures.silent[supplier, index]
        else None,
    }


def inherent(evidence: Evidence, scores: Scores, supplier: int, index: int, policy: Policy) -> dict[str, Any]:
    """Return how I came about, with the year of the country risk that it rests on."""
    figures = scores.detail.inherent
    weight, figure = policy.weights["inherent"], float(figures.figure[supplier])
    row = int(figures.row[supplier])
    known = not figures.assumed[supplier]
    return {
        "weight": weight,
        "figure": figure,
        "assumed": not known,
        "effect": policy.categories[index].weight * weight * figure,
        "percentile_rank": float(figures.percentile_rank[supplier]),
        "year": int(evidence.country_risks.year[row]) if known else None,
        "id": identity(evidence.country_risks.ids, row) if known else None,
    }


def credit_items(evidence: Evidence, scores: Scores, supplier: int, policy: Policy, day: date) -> dict[str, Any] | None:
    """Return what the credit is made of before its cap; None under a policy without credit."""
    rule, earned = policy.credit, scores.detail.credit
    if rule is None:
        return None
    events, courses = int(earned.events[supplier]), int(earned.courses[supplier])
    certificates = int(earned.certificates[supplier])
    before_cap = rule.event * events + rule.course * courses + rule.certificate * certificates
    return {
        "points": float(earned.points[supplier]),
        "before_cap": before_cap,
        "cap": rule.cap,
        "withheld_by_open_finding": bool(earned.withheld[supplier]),
        "events": {"distinct": events, "points_each": rule.event},
        "courses": {"distinct": courses, "points_each": rule.course},
        "certificates": {"distinct": certificates, "points_each": rule.certificate},
        "participation": _participation(evidence, supplier, policy, day),
        "held_certificates": _certificates(evidence, supplier, rule.standards, day),
    }


def _participation(evidence: Evidence, supplier: int, policy: Policy, day: date) -> list[dict[str, Any]]:
    held = evidence.participation
    counts = credit.participation_in_window(held, day, policy)
    return [
        {
            "id": identity(held.ids, row),
            "kind": PARTICIPATION_KINDS[int(held.kind[row])],
            "on": iso(held.on[row]),
            "counts": bool(counts[row]) and PARTICIPATION_KINDS[int(held.kind[row])] != "uncredited",
        }
        for row in np.flatnonzero(held.supplier == supplier).tolist()
    ]


def _certificates(evidence: Evidence, supplier: int, standards: tuple[str, ...], day: date) -> list[dict[str, Any]]:
    held = evidence.certificates
    valid = credit.valid_certificates(held, day)
    return [
        {
            "id": identity(held.ids, row),
            "standard": standards[int(held.standard[row])] if held.standard[row] >= 0 else None,
            "valid_from": iso(held.valid_from[row]),
            "valid_until": iso(held.valid_until[row]),
            "counts": bool(valid[row]),
        }
        for row in np.flatnonzero(held.supplier == supplier).tolist()
    ]
