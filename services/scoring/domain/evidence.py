"""The evidence on N suppliers as columns: per kind, equally long arrays whose `supplier` is a row index 0..N-1.

Dates are int32 days since 1970-01-01, `days.ABSENT` where there is none, and stand as effective on the day to
score; dates after it are evidence that does not hold yet. `ids` name the pieces in an explanation and nowhere else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from services.scoring.domain.days import Days

AuditKind = Literal["vap", "cma", "supplemental", "internal", "closure", "document_review", "regulatory", "incident"]
ParticipationKind = Literal["event", "course", "uncredited"]

AUDIT_KINDS: tuple[AuditKind, ...] = get_args(AuditKind)
PARTICIPATION_KINDS: tuple[ParticipationKind, ...] = get_args(ParticipationKind)
ASSESSING_KINDS: tuple[AuditKind, ...] = ("vap", "cma", "supplemental", "internal", "closure")

NO_SITE = -1
"""The supplier as one site, a site of its own."""
UNKNOWN_COUNTRY = -1

Rows = NDArray[np.intp]
Codes = NDArray[np.int64]
Floats = NDArray[np.float64]
Ids = Sequence[Any] | NDArray[np.object_] | None


def _rows() -> Rows:
    return np.empty(0, dtype=np.intp)


def _days() -> Days:
    return np.empty(0, dtype=np.int32)


def _codes() -> Codes:
    return np.empty(0, dtype=np.int64)


def _floats() -> Floats:
    return np.empty(0, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Audits:
    """`site`: any code >= 0 per supplier, or NO_SITE. `kind`: index in AUDIT_KINDS. `scope`: Policy.scope_mask."""

    supplier: Rows = field(default_factory=_rows)
    site: Codes = field(default_factory=_codes)
    kind: Codes = field(default_factory=_codes)
    conducted_on: Days = field(default_factory=_days)
    scope: Codes = field(default_factory=_codes)
    ids: Ids = None


@dataclass(frozen=True, slots=True)
class Findings:
    """`site`: the finding's own, else its audit's. `category`: index in the policy. `severity`: in SEVERITIES.

    `by_section` marks findings whose provision the policy does not map, and `provisions` holds standard, version and
    provision of each; only explanations read them.
    """

    supplier: Rows = field(default_factory=_rows)
    site: Codes = field(default_factory=_codes)
    category: Codes = field(default_factory=_codes)
    severity: Codes = field(default_factory=_codes)
    discovered_on: Days = field(default_factory=_days)
    due_on: Days = field(default_factory=_days)
    approved_on: Days = field(default_factory=_days)
    implemented_on: Days = field(default_factory=_days)
    closed_on: Days = field(default_factory=_days)
    withdrawn_on: Days = field(default_factory=_days)
    by_section: NDArray[np.bool_] | None = None
    provisions: Ids = None
    ids: Ids = None


@dataclass(frozen=True, slots=True)
class Answers:
    """Submitted surveys: one row per survey and category, `score` 0-100; a category < 0 is not the policy's."""

    supplier: Rows = field(default_factory=_rows)
    category: Codes = field(default_factory=_codes)
    score: Floats = field(default_factory=_floats)
    submitted_on: Days = field(default_factory=_days)
    ids: Ids = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Campaigns in which a supplier was asked; `submitted_on` is absent while it is silent."""

    supplier: Rows = field(default_factory=_rows)
    due_on: Days = field(default_factory=_days)
    submitted_on: Days = field(default_factory=_days)
    ids: Ids = None


@dataclass(frozen=True, slots=True)
class Participation:
    """`kind`: index in PARTICIPATION_KINDS. `identity`: a code by which the same event or course counts once."""

    supplier: Rows = field(default_factory=_rows)
    kind: Codes = field(default_factory=_codes)
    identity: Codes = field(default_factory=_codes)
    on: Days = field(default_factory=_days)
    ids: Ids = None


@dataclass(frozen=True, slots=True)
class Certificates:
    """`standard`: Policy.certificate_code (-1: not credited); valid from and until, both days included."""

    supplier: Rows = field(default_factory=_rows)
    standard: Codes = field(default_factory=_codes)
    valid_from: Days = field(default_factory=_days)
    valid_until: Days = field(default_factory=_days)
    ids: Ids = None


@dataclass(frozen=True, slots=True)
class CountryRisks:
    """Mean percentile ranks 0-100 (100 best), one row per country and year; `country`: any code >= 0."""

    country: Codes = field(default_factory=_codes)
    year: Codes = field(default_factory=_codes)
    percentile_rank: Floats = field(default_factory=_floats)
    ids: Ids = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of N suppliers; `country` gives each one's code in `country_risks`, or UNKNOWN_COUNTRY.

    `site_ids` name the sites by their code in an explanation; without them the code itself is shown.
    """

    country: Codes
    country_risks: CountryRisks = field(default_factory=CountryRisks)
    audits: Audits = field(default_factory=Audits)
    findings: Findings = field(default_factory=Findings)
    answers: Answers = field(default_factory=Answers)
    asked: Asked = field(default_factory=Asked)
    participation: Participation = field(default_factory=Participation)
    certificates: Certificates = field(default_factory=Certificates)
    site_ids: Ids = None

    @property
    def suppliers(self) -> int:
        """How many suppliers there are."""
        return len(self.country)
