"""A second reading of a policy's document, in exact fractions; without one, the figures as the formulas have them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.oracle.plain_evidence import Finding

CATEGORIES = ("management_system", "labor_employment", "environmental_impact", "product_liability")


def category_by_the_formulas(finding: Finding) -> str:
    """Return the category a provision counts for: RBA 8.0 by its table, all others by section letter."""
    if finding.standard == "RBA" and finding.version == "8.0" and finding.provision in ("C6", "D7"):
        return "product_liability"
    if finding.provision[:1] in ("A", "B"):
        return "labor_employment"
    if finding.provision[:1] == "C":
        return "environmental_impact"
    return "management_system"


@dataclass(frozen=True)
class PlainTier:
    """What leads to a tier: any one of these."""

    base_below: Fraction | None
    category_below: Fraction | None
    not_closed: tuple[str, ...] = ()
    overdue: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlainCredit:
    """What each thing adds, and how much they add at most."""

    cap: Fraction = Fraction(3)
    event: Fraction = Fraction(1, 2)
    course: Fraction = Fraction(1, 4)
    certificate: Fraction = Fraction(1, 2)
    standards: tuple[str, ...] = ("ISO 14001", "ISO 45001", "ISO 50001")
    withheld_by: tuple[str, ...] = ("priority",)


@dataclass(frozen=True)
class PlainPolicy:
    """All figures of the score."""

    categories: dict[str, Fraction] = field(default_factory=lambda: dict.fromkeys(CATEGORIES, Fraction(1, 4)))
    audit_weight: Fraction = Fraction(5, 10)
    survey_weight: Fraction = Fraction(3, 10)
    inherent_weight: Fraction = Fraction(2, 10)
    assumed_audit: Fraction = Fraction(60)
    assumed_survey: Fraction = Fraction(55)
    assumed_rank: Fraction = Fraction(0)
    assessment_start: Fraction = Fraction(100)
    review_start: Fraction = Fraction(75)
    points: dict[str, Fraction] = field(
        default_factory=lambda: {"priority": Fraction(40), "major": Fraction(12), "minor": Fraction(3)}
    )
    factors: dict[str, Fraction] = field(
        default_factory=lambda: {
            "open": Fraction(10, 10),
            "plan_approved": Fraction(6, 10),
            "overdue": Fraction(15, 10),
            "closed": Fraction(2, 10),
        }
    )
    audit_months: int = 24
    survey_months: int = 18
    participation_months: int = 12
    credit: PlainCredit | None = PlainCredit()
    high: PlainTier = PlainTier(Fraction(60), Fraction(40), not_closed=("priority",))
    medium: PlainTier = PlainTier(Fraction(80), Fraction(60), overdue=("major",))
    assessed_from: Fraction = Fraction(1, 2)
    assumed_up_to: Fraction = Fraction(2, 10)
    category_of: Callable[[Finding], str] = category_by_the_formulas


def read_policy(document: dict[str, Any]) -> PlainPolicy:
    """Read a whole document, with nothing left out."""
    weights, prudent, starts, months = (document[name] for name in ("weights", "prudent", "starts", "windows_months"))
    mapped = {
        (each["standard"], each["version"], each["provision"]): each["category"] for each in document["provisions"]
    }
    sections = document["sections"]

    def category_of(finding: Finding) -> str:
        edition = (finding.standard, finding.version)
        for name in (finding.provision, "*"):
            if (*edition, name) in mapped:
                return str(mapped[*edition, name])
        return str(sections.get(finding.provision[0], sections["*"]))

    return PlainPolicy(
        categories={each["code"]: exact(each["weight"]) for each in document["categories"]},
        audit_weight=exact(weights["audit"]),
        survey_weight=exact(weights["survey"]),
        inherent_weight=exact(weights["inherent"]),
        assumed_audit=exact(prudent["audit"]),
        assumed_survey=exact(prudent["survey"]),
        assumed_rank=exact(prudent["percentile_rank"]),
        assessment_start=exact(starts["assessment"]),
        review_start=exact(starts["document_review"]),
        points={name: exact(figure) for name, figure in document["points"].items()},
        factors={name: exact(figure) for name, figure in document["factors"].items()},
        audit_months=months["audit"],
        survey_months=months["survey"],
        participation_months=months["participation"],
        credit=None if document["credit"] is None else _credit(document["credit"]),
        high=_tier(document["tiers"]["high"]),
        medium=_tier(document["tiers"]["medium"]),
        assessed_from=exact(document["basis"]["assessed_from_confidence"]),
        assumed_up_to=exact(document["basis"]["assumed_up_to_confidence"]),
        category_of=category_of,
    )


def exact(figure: float) -> Fraction:
    """Return the decimal that was written."""
    return Fraction(repr(figure))


def _tier(written: dict[str, Any]) -> PlainTier:
    limits = [None if written[name] is None else exact(written[name]) for name in ("base_below", "category_below")]
    return PlainTier(limits[0], limits[1], tuple(written["open_findings"]), tuple(written["overdue_findings"]))


def _credit(written: dict[str, Any]) -> PlainCredit:
    figures = {name: exact(written[name]) for name in ("cap", "event", "course", "certificate")}
    return PlainCredit(**figures, standards=tuple(written["standards"]), withheld_by=tuple(written["withheld_by_open"]))
