"""Topic suggestions, and what the audit service answers when asked for its statistics."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from services.engagement.schemas.fields import Kind, View


class CountedBefore(BaseModel):
    """The same days a year earlier."""

    findings: int


class CountedFindings(BaseModel):
    """What audit counts, as far as it matters here."""

    findings: int
    suppliers: int
    previous: CountedBefore


class CountedProvision(CountedFindings):
    """The findings of one provision."""

    key: str
    title: str | None
    standard: str
    code_version: str


class FindingStatistics(BaseModel):
    """Audit's answer to a question for findings by provision."""

    first: date = Field(alias="from")
    last: date = Field(alias="to")
    total: CountedFindings
    groups: list[CountedProvision]
    complete: bool


class SeverityCounts(View):
    """Findings by severity."""

    priority: int
    major: int
    minor: int


class SuggestedProvision(View):
    """The findings on a provision in the period."""

    standard: str
    code_version: str
    provision: str
    title: str | None
    findings: int
    previous: int = Field(description="In the same days a year earlier")
    suppliers: int = Field(description="Distinct ones")
    by_severity: SeverityCounts


class TopicSuggestion(View):
    """A topic worth a forum or a training, with what its priority comes from."""

    topic: str = Field(
        description="Its key; findings on a standard that no topic knows are a topic of their provision",
        examples=["human_rights"],
    )
    title: str = Field(examples=["Human rights and labour"])
    kind: Kind = Field(
        description="A forum where at least a tenth of the suppliers with findings is touched, a training where "
        "fewer are, a support meeting where it is one"
    )
    suggested_title: str = Field(examples=["Human rights and labour forum 2026"])
    priority: float = Field(description="severity_points x trend_factor x reach_factor; only for ranking")
    findings: int = Field(description="Discovered in the period, without withdrawn ones")
    previous: int = Field(description="In the same days a year earlier")
    change_percent: float | None = Field(description="Against a year earlier; null from none")
    suppliers: int = Field(description="At least so many are touched: those on the provision that touches most")
    by_severity: SeverityCounts
    severity_points: int = Field(description="40 for each priority, 12 for each major, 3 for each minor finding")
    trend_factor: float = Field(description="findings / previous, within 0.5 and 1.5; 1 where there were none before")
    reach_factor: float = Field(description="1 + suppliers / all suppliers with findings in the period")
    provisions: list[SuggestedProvision] = Field(description="Those with findings in either year, the most first")


class TopicSuggestions(View):
    """What the findings of a period suggest to take up, the most urgent first."""

    from_: date = Field(alias="from")
    to: date
    standard: str | None
    code_version: str | None
    source: Literal["audit"] = Field(description="Whose statistics these are: /v1/statistics/findings")
    suppliers_with_findings: int
    complete: bool = Field(description="Whether all provisions were counted")
    items: list[TopicSuggestion]
