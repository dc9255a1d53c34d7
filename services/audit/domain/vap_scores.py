"""A VAP score computed from an audit's criteria and findings, by profiles that are data."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor

from services.audit.domain.due_dates import FROM_GRAVEST

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class ScoreProfile:
    """How a score is computed; a profile never changes, another way is another profile.

    `scale` is what an audit reaches that conforms in everything; `deductions` are points for each finding.
    """

    name: str
    title: str
    scale: int
    deductions: Mapping[str, int]
    floor: int = 0


@dataclass(frozen=True, slots=True)
class Criteria:
    """How many of the audit's criteria there were, did not apply, and were conformed to."""

    total: int
    not_applicable: int
    conforming: int

    @property
    def applicable(self) -> int:
        """The criteria that conforming is measured by."""
        return self.total - self.not_applicable

    def complaint(self) -> str | None:
        """Why there can be no such criteria, or None."""
        if self.applicable <= 0:
            return "not_applicable must be less than total: some criterion applies"
        if self.conforming > self.applicable:
            return "conforming and not_applicable together cannot be more than total"
        return None


@dataclass(frozen=True, slots=True)
class Deduction:
    """What the findings of a severity take away."""

    severity: str
    count: int
    points: int


@dataclass(frozen=True, slots=True)
class ComputedScore:
    """A score and its parts: the base less the deductions, no less than the profile's floor."""

    score: Decimal
    base: Decimal
    deductions: tuple[Deduction, ...]
    profile: str


_PROFILES = (
    ScoreProfile("rba_vap_2019", "RBA VAP, as of 2019", 200, {"priority": 20, "major": 4, "minor": 1}),
    # Sources agree on 20 and 4; of minor findings some say that they take nothing away.
    ScoreProfile(
        "rba_vap_2019_minors_free", "RBA VAP, as of 2019, minors free", 200, {"priority": 20, "major": 4, "minor": 0}
    ),
)

PROFILES: Mapping[str, ScoreProfile] = {profile.name: profile for profile in _PROFILES}
DEFAULT_PROFILE = "rba_vap_2019"


def compute(profile: ScoreProfile, criteria: Criteria, findings: Mapping[str, int]) -> ComputedScore:
    """The score of an audit with so many findings by severity, rounded to two decimals, half up."""
    base = _rounded(Fraction(profile.scale * criteria.conforming, criteria.applicable))
    deductions = tuple(
        Deduction(severity, findings.get(severity, 0), findings.get(severity, 0) * profile.deductions[severity])
        for severity in FROM_GRAVEST
    )
    # Deductions are whole points, so rounding before or after them is the same, and the parts add up as shown.
    left = base - sum(deduction.points for deduction in deductions)
    return ComputedScore(max(left, Decimal(profile.floor)), base, deductions, profile.name)


def _rounded(value: Fraction) -> Decimal:
    return floor(value * 100 + Fraction(1, 2)) * CENT
