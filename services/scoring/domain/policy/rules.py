"""A scoring policy: every figure of the sustainability score as versioned data, and policy `default`, version 1."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple, get_args

from services.scoring.domain.allocation.constants import AllocationConstants
from services.scoring.domain.qbr.constants import QbrConstants

Severity = Literal["priority", "major", "minor"]
State = Literal["open", "plan_approved", "overdue", "closed"]
Kind = Literal["audit", "survey", "inherent"]
RiskTier = Literal["high", "medium", "low"]

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
STATES: tuple[State, ...] = get_args(State)
KINDS: tuple[Kind, ...] = get_args(Kind)
RISK_TIERS: tuple[RiskTier, ...] = get_args(RiskTier)

MOST_CATEGORIES = 8
COVERS_NONE = 1 << MOST_CATEGORIES  # a scope that names only categories this policy does not have
ANY = "*"


@dataclass(frozen=True, slots=True)
class Category:
    """A risk category and its part in the base."""

    code: str
    weight: float


@dataclass(frozen=True, slots=True)
class Prudent:
    """The figures that stand for missing evidence, 0-100."""

    audit: float = 60.0
    survey: float = 55.0
    percentile_rank: float = 0.0


@dataclass(frozen=True, slots=True)
class Windows:
    """For how many months evidence counts."""

    audit: int = 24
    survey: int = 18
    participation: int = 12


@dataclass(frozen=True, slots=True)
class Credit:
    """What taking part and certificates add to the base, in points."""

    cap: float = 3.0
    event: float = 0.5
    course: float = 0.25
    certificate: float = 0.5
    standards: tuple[str, ...] = ("ISO 14001", "ISO 45001", "ISO 50001")
    withheld_by_open: tuple[Severity, ...] = ("priority",)


@dataclass(frozen=True, slots=True)
class TierRule:
    """What puts a supplier in a tier: any one of these. None and empty tuples never do."""

    base_below: float | None = None
    category_below: float | None = None
    open_findings: tuple[Severity, ...] = ()
    overdue_findings: tuple[Severity, ...] = ()


@dataclass(frozen=True, slots=True)
class Approach:
    """How suppliers of a risk tier are managed: in words, and what has to be done each year."""

    text: str
    required_actions: tuple[str, ...]


DEFAULT_APPROACHES: Mapping[RiskTier, Approach] = {
    "high": Approach(
        "On-site audit by us and a third party, quarterly support meeting, annual survey.",
        ("on_site_audit", "third_party_audit", "quarterly_support_meeting", "annual_survey"),
    ),
    "medium": Approach("Document review, annual survey.", ("document_review", "annual_survey")),
    "low": Approach("Document review, annual survey.", ("document_review", "annual_survey")),
}


@dataclass(frozen=True, slots=True)
class Identification:
    """Whom the annual risk identification looks at: all, or those with at least this annual spend in a currency."""

    least_annual_spend: float | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a person may do to a computed result."""

    longest_tier_override_days: int = 366
    second_person_above_shift: float = 0.10
    """An allocation's override that moves more than this part of the orders needs a second person."""


class ProvisionKey(NamedTuple):
    """A provision of one version of a code; provision `*` is all that the version's other entries do not name."""

    standard: str
    version: str
    provision: str


class MappedCategory(NamedTuple):
    """A category by its index, and whether only the provision's section letter led to it."""

    category: int
    by_section: bool


@dataclass(frozen=True)
class Policy:
    """One version of the rules; `from_dict` in `document` checks what people write."""

    name: str
    version: int
    categories: tuple[Category, ...]
    provisions: Mapping[ProvisionKey, str]
    sections: Mapping[str, str]  # section letter -> category, `*` for all others
    weights: Mapping[Kind, float] = field(default_factory=lambda: {"audit": 0.5, "survey": 0.3, "inherent": 0.2})
    prudent: Prudent = Prudent()
    assessment_start: float = 100.0
    document_review_start: float = 75.0
    points: Mapping[Severity, float] = field(default_factory=lambda: {"priority": 40.0, "major": 12.0, "minor": 3.0})
    factors: Mapping[State, float] = field(
        default_factory=lambda: {"open": 1.0, "plan_approved": 0.6, "overdue": 1.5, "closed": 0.2}
    )
    windows: Windows = Windows()
    credit: Credit | None = Credit()
    high: TierRule = TierRule(base_below=60.0, category_below=40.0, open_findings=("priority",))
    medium: TierRule = TierRule(base_below=80.0, category_below=60.0, overdue_findings=("major",))
    assessed_from_confidence: float = 0.5
    assumed_up_to_confidence: float = 0.2
    approaches: Mapping[RiskTier, Approach] = field(default_factory=lambda: dict(DEFAULT_APPROACHES))
    identification: Identification = Identification()
    overrides: Overrides = Overrides()
    qbr: QbrConstants = field(default_factory=QbrConstants)
    allocation: AllocationConstants = field(default_factory=AllocationConstants)

    @cached_property
    def category_index(self) -> Mapping[str, int]:
        """The index of each category by its code."""
        return {category.code: index for index, category in enumerate(self.categories)}

    def category_of(self, standard: str, version: str, provision: str) -> MappedCategory:
        """Return the category of a provision; one that is not mapped counts by its section letter."""
        for name in (provision, ANY):
            code = self.provisions.get(ProvisionKey(standard, version, name))
            if code is not None:
                return MappedCategory(self.category_index[code], by_section=False)
        code = self.sections.get(provision[:1].upper()) or self.sections[ANY]
        return MappedCategory(self.category_index[code], by_section=True)

    def scope_mask(self, scope: Iterable[str]) -> int:
        """Return an assessment's scope as bits by category index; 0, as for an empty scope, covers them all."""
        names = list(scope)
        bits = sum({1 << self.category_index[name] for name in names if name in self.category_index})
        return bits if bits or not names else COVERS_NONE

    def certificate_code(self, standard: str) -> int:
        """Return the index of a credited standard however it is written (`iso14001:2015`), else -1."""
        if self.credit is None:
            return -1
        written = _bare(standard)
        return next((i for i, known in enumerate(self.credit.standards) if _bare(known) == written), -1)


def _bare(standard: str) -> str:
    """Leave the edition, blanks and punctuation out of a standard's name."""
    return "".join(char for char in standard.split(":", maxsplit=1)[0].upper() if char.isalnum())


def _rba_8_0() -> dict[ProvisionKey, str]:
    """Map the 42 provisions of the RBA Code of Conduct 8.0."""
    counts = {"A": 6, "B": 8, "C": 8, "D": 8, "E": 12}
    section = {
        "A": "labor_employment",
        "B": "labor_employment",
        "C": "environmental_impact",
        "D": "management_system",
        "E": "management_system",
    }
    product = {"C6", "D7"}  # materials restrictions, responsible sourcing of minerals
    return {
        ProvisionKey("RBA", "8.0", code): "product_liability" if code in product else section[letter]
        for letter, count in counts.items()
        for code in (f"{letter}{number}" for number in range(1, count + 1))
    }


DEFAULT = Policy(
    name="default",
    version=1,
    categories=(
        Category("management_system", 0.25),
        Category("labor_employment", 0.25),
        Category("environmental_impact", 0.25),
        Category("product_liability", 0.25),
    ),
    provisions=_rba_8_0(),
    sections={
        "A": "labor_employment",
        "B": "labor_employment",
        "C": "environmental_impact",
        ANY: "management_system",
    },
)
