"""How the audit figures of one supplier came about: its sites, and what each finding took from the score."""

from datetime import date
from typing import Any

import numpy as np

from services.scoring.domain import audit_figures, days, finding_states
from services.scoring.domain.evidence import NO_SITE, Evidence, Findings, Rows
from services.scoring.domain.policy import SEVERITIES, STATES, Policy
from services.scoring.domain.score import Scores

_LEVELS = ("nothing", "document_review", "assessment")


class AuditParts:
    """The audit figures of one supplier split into a start per category and an effect per finding, which add up.

    A site weighs in A by its part in the mean and, if it is the worst, by half of A more; where deductions exceed
    what there was to lose, each takes its share of it. Effects are on the score, in points.
    """

    def __init__(self, evidence: Evidence, scores: Scores, supplier: int, policy: Policy, day: date) -> None:
        self._evidence, self._policy, self._today = evidence, policy, days.from_date(day)
        self._states, self._audit = scores.detail.states, scores.detail.audit
        self._supplier = supplier
        self.findings: Rows = np.flatnonzero(evidence.findings.supplier == supplier)
        sites = self._audit.sites
        first, last = np.searchsorted(sites.supplier, [supplier, supplier + 1])
        self._cells = range(int(first), int(last))
        self._cell_of_site = {int(sites.site[cell]): cell for cell in self._cells}
        self._effects = {int(row): 0.0 for row in self.findings}
        self._starts = [self._split(index) for index in range(len(policy.categories))]

    def category(self, index: int) -> dict[str, Any]:
        """Return how A of one category is made up; `start_effect` and the findings' effects sum to `effect`."""
        weight = self._policy.categories[index].weight * self._policy.weights["audit"]
        figure = float(self._audit.figure[self._supplier, index])
        return {
            "weight": self._policy.weights["audit"],
            "figure": figure,
            "assumed": bool(self._audit.assumed[self._supplier, index]),
            "start": self._starts[index],
            "start_effect": weight * self._starts[index],
            "effect": weight * figure,
            "document_reviews_left_out": bool(self._audit.reviews_left_out[self._supplier, index]),
            **self._standing(index),
            "sites": [self._site(cell, index) for cell in self._cells],
        }

    def finding(self, row: int) -> dict[str, Any]:
        """Return one finding with its state, points, factor and effect on the score."""
        findings, states = self._evidence.findings, self._states
        state = int(states.state[row])
        return {
            "id": identity(findings.ids, row),
            **_provision(findings, row),
            "site": site_name(self._evidence, int(findings.site[row])),
            "category": self._policy.categories[int(findings.category[row])].code,
            "category_by_section_letter": findings.by_section is not None and bool(findings.by_section[row]),
            "severity": SEVERITIES[int(findings.severity[row])],
            **_dates(findings, row),
            "state": STATES[state] if state != finding_states.GONE else self._gone(row),
            "counts": bool(states.counts[row]),
            "points": float(states.points[row]),
            "factor": float(states.factor[row]),
            "deduction": float(states.deduction[row]),
            "effect": self._effects[row],
        }

    def _standing(self, index: int) -> dict[str, float | None]:
        """Return what A follows from: half the mean and half the worst of the sites assessed, less the deductions."""
        passing = self._passing(index)
        figures = [float(self._audit.sites.figure[cell, index]) for cell in passing]
        elsewhere = [float(self._audit.sites.deducted[cell, index]) for cell in self._cells if cell not in passing]
        return {
            "mean_of_sites": sum(figures) / len(figures) if figures else None,
            "worst_of_sites": min(figures, default=None),
            "deducted_at_sites_not_assessed": sum(elsewhere),
        }

    def _passing(self, index: int) -> list[int]:
        """Return the sites that pass for assessed in a category."""
        least = audit_figures.NOT_ASSESSED + 1 + int(self._audit.reviews_left_out[self._supplier, index])
        return [cell for cell in self._cells if self._audit.sites.level[cell, index] >= least]

    def _gone(self, row: int) -> str:
        withdrawn = self._evidence.findings.withdrawn_on[row] <= self._today
        return "withdrawn" if withdrawn else "not_discovered_yet"

    def _site(self, cell: int, index: int) -> dict[str, Any]:
        sites = self._audit.sites
        level = int(sites.level[cell, index])
        assessed = level > audit_figures.NOT_ASSESSED
        return {
            "site": site_name(self._evidence, int(sites.site[cell])),
            "assessed_by": _LEVELS[level] if assessed else None,
            "start": self._start_of(level) if assessed else None,
            "deducted": float(sites.deducted[cell, index]),
            "figure": float(sites.figure[cell, index]) if assessed else None,
        }

    def _start_of(self, level: int) -> float:
        review = level == audit_figures.DOCUMENT_REVIEW
        return self._policy.document_review_start if review else self._policy.assessment_start

    def _split(self, index: int) -> float:
        """Spread the losses of one category over its findings and return what A starts from."""
        sites, policy = self._audit.sites, self._policy
        passing = self._passing(index)
        part_lost: dict[int, float] = {}
        start = standing = policy.prudent.audit
        if passing:
            worst = min(passing, key=lambda cell: float(sites.figure[cell, index]))
            parts = {cell: 0.5 / len(passing) + 0.5 * (cell == worst) for cell in passing}
            starts = {cell: self._start_of(int(sites.level[cell, index])) for cell in passing}
            start = sum(parts[cell] * starts[cell] for cell in passing)
            standing = sum(parts[cell] * float(sites.figure[cell, index]) for cell in passing)
            for cell in passing:
                lost = starts[cell] - float(sites.figure[cell, index])
                part_lost[cell] = parts[cell] * _ratio(lost, float(sites.deducted[cell, index]))
        elsewhere = sum(float(sites.deducted[cell, index]) for cell in self._cells if cell not in part_lost)
        loose_part = min(1.0, _ratio(standing, elsewhere))

        weight = policy.categories[index].weight * policy.weights["audit"]
        findings = self._evidence.findings
        for row in self._effects:
            if self._states.counts[row] and findings.category[row] == index:
                part = part_lost.get(self._cell_of_site[int(findings.site[row])], loose_part)
                self._effects[row] = -weight * part * float(self._states.deduction[row])
        return start


def identity(ids: Any, row: int) -> str | None:
    """Return the id of a piece of evidence as text, None where ids are not held."""
    return None if ids is None or ids[row] is None else str(ids[row])


def site_name(evidence: Evidence, site: int) -> str | None:
    """Return the name of a site; None for the supplier as one site."""
    if site == NO_SITE:
        return None
    return str(site) if evidence.site_ids is None else identity(evidence.site_ids, site)


def iso(day: Any) -> str | None:
    """Return a day as an ISO date, None for an absent one."""
    there = days.to_date(int(day))
    return None if there is None else there.isoformat()


def _provision(findings: Findings, row: int) -> dict[str, str | None]:
    standard, version, provision = (None, None, None) if findings.provisions is None else findings.provisions[row]
    return {"standard": standard, "code_version": version, "provision": provision}


def _dates(findings: Findings, row: int) -> dict[str, str | None]:
    return {
        "discovered_on": iso(findings.discovered_on[row]),
        "due_on": iso(findings.due_on[row]),
        "plan_approved_on": iso(findings.approved_on[row]),
        "implemented_on": iso(findings.implemented_on[row]),
        "closed_on": iso(findings.closed_on[row]),
        "withdrawn_on": iso(findings.withdrawn_on[row]),
    }


def _ratio(part: float, whole: float) -> float:
    """Return part of whole; 1 where there is nothing to share."""
    return part / whole if whole else 1.0
