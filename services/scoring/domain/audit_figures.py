"""A, the audit figure: assessments and findings by site, then by supplier and category."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from services.scoring.domain import days
from services.scoring.domain.evidence import (
    ASSESSING_KINDS,
    AUDIT_KINDS,
    Audits,
    Codes,
    Evidence,
    Floats,
    Rows,
)
from services.scoring.domain.finding_states import FindingStates, Flags
from services.scoring.domain.policy import Policy

NOT_ASSESSED, DOCUMENT_REVIEW, ASSESSMENT = range(3)

LEVEL_OF_KIND = np.array(
    [
        ASSESSMENT if kind in ASSESSING_KINDS else DOCUMENT_REVIEW if kind == "document_review" else NOT_ASSESSED
        for kind in AUDIT_KINDS
    ],
    dtype=np.int8,
)


@dataclass(frozen=True, slots=True)
class Sites:
    """M sites that have an audit or a finding that counts, in the order of their suppliers, by K categories."""

    supplier: Rows
    site: Codes
    level: NDArray[np.int8]
    deducted: Floats
    figure: Floats


@dataclass(frozen=True, slots=True)
class AuditFigures:
    """A of N suppliers in K categories; `assumed` where no site is assessed.

    `reviews_left_out`: the figure without the sites that only have a document review was the better one.
    """

    figure: Floats
    assumed: Flags
    reviews_left_out: Flags
    sites: Sites


def audit_figures(evidence: Evidence, states: FindingStates, day: date, policy: Policy) -> AuditFigures:
    """Return A on `day`: the mean of the assessed sites' mean and worst, less what other sites' findings deduct."""
    shape = (evidence.suppliers, len(policy.categories))
    sites = _sites(evidence, states, day, policy)
    owner = (sites.supplier[:, None] * shape[1] + np.arange(shape[1])).ravel()
    figure, assessed = _over_sites(sites, owner, sites.level > NOT_ASSESSED, shape, policy)
    without, fully_assessed = _over_sites(sites, owner, sites.level == ASSESSMENT, shape, policy)
    left_out = (fully_assessed > 0) & (without > figure)
    return AuditFigures(np.where(left_out, without, figure), assessed == 0, left_out, sites)


def counting_audits(audits: Audits, day: date, policy: Policy) -> Flags:
    """Return which audits assess something and were conducted in the window that ends on `day`."""
    start = days.months_before(day, policy.windows.audit)
    in_window = (audits.conducted_on > start) & (audits.conducted_on <= days.from_date(day))
    return in_window & (LEVEL_OF_KIND[audits.kind] > NOT_ASSESSED)


def covered(scope: Codes, categories: int) -> Flags:
    """Return audits by categories: does the scope cover it? No scope covers all."""
    covers: Flags = (scope[:, None] == 0) | ((scope[:, None] >> np.arange(categories)) & 1).astype(np.bool_)
    return covers


def _sites(evidence: Evidence, states: FindingStates, day: date, policy: Policy) -> Sites:
    """Gather the sites with their level of assessment, deductions and figure per category."""
    count = len(policy.categories)
    audits, findings = evidence.audits, evidence.findings
    audit_rows = np.flatnonzero(counting_audits(audits, day, policy))
    finding_rows = np.flatnonzero(states.counts)
    supplier = np.concatenate([audits.supplier[audit_rows], findings.supplier[finding_rows]]).astype(np.intp)
    site = np.concatenate([audits.site[audit_rows], findings.site[finding_rows]]).astype(np.int64)
    codes, code = np.unique(site, return_inverse=True)
    keys, cell = np.unique(supplier * max(len(codes), 1) + code, return_inverse=True)
    of_audit, of_finding = cell[: len(audit_rows)], cell[len(audit_rows) :]

    flat_level = np.zeros(len(keys) * count, dtype=np.int8)
    reached = LEVEL_OF_KIND[audits.kind[audit_rows], None] * covered(audits.scope[audit_rows], count)
    np.maximum.at(flat_level, (of_audit[:, None] * count + np.arange(count)).ravel(), reached.ravel())
    level = flat_level.reshape(-1, count)
    deducted = _sums(
        of_finding * count + findings.category[finding_rows],
        states.deduction[finding_rows],
        level.size,
    ).reshape(-1, count)
    start = np.array([0.0, policy.document_review_start, policy.assessment_start])[level]
    return Sites(
        supplier=keys // max(len(codes), 1),
        site=codes[keys % max(len(codes), 1)],
        level=level,
        deducted=deducted,
        figure=np.maximum(0.0, start - deducted),
    )


def _over_sites(
    sites: Sites, owner: Rows, assessed: Flags, shape: tuple[int, int], policy: Policy
) -> tuple[Floats, Floats]:
    """Return A over the sites that pass for assessed, and how many these are; all others' findings deduct."""
    size = shape[0] * shape[1]
    passes, figure = assessed.ravel(), sites.figure.ravel()
    number = _sums(owner, passes, size)
    total = _sums(owner, figure * passes, size)
    elsewhere = _sums(owner, sites.deducted.ravel() * ~passes, size)
    worst = np.full(size, np.inf)
    np.minimum.at(worst, owner[passes], figure[passes])
    some = number > 0
    mean = total / np.where(some, number, 1.0)
    standing = np.where(some, (mean + np.where(some, worst, 0.0)) / 2, policy.prudent.audit)
    return np.maximum(0.0, standing - elsewhere).reshape(shape), number.reshape(shape)


def _sums(cells: Rows, values: Floats | Flags, size: int) -> Floats:
    """Add up values by cell, in the order of the rows."""
    return np.bincount(cells, weights=values, minlength=size).astype(np.float64)
