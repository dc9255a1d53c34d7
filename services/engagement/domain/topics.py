"""Which provisions a forum or training takes up together, and how urgent such a topic is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

POINTS: Final[Mapping[str, int]] = {"priority": 40, "major": 12, "minor": 3}
"""What a finding weighs by its severity: as in scoring's policy `default`."""

TREND_BOUNDS: Final = (0.5, 1.5)
"""A year-on-year ratio beyond these counts as these: few findings double or vanish by chance."""

FORUM_FROM_SHARE: Final = 0.1
"""A forum is suggested where at least this share of the suppliers with findings is touched, a training below."""

Edition = tuple[str, str]
"""Standard and version."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What is taken up together: its provisions by edition."""

    key: str
    title: str
    provisions: Mapping[Edition, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ProvisionFigures:
    """The findings of a provision in a period; `previous` in the same days a year earlier."""

    standard: str
    code_version: str
    provision: str
    title: str | None
    findings: int
    previous: int
    suppliers: int
    by_severity: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A topic with all the numbers that its priority comes from."""

    topic: str
    title: str
    kind: str
    priority: float
    findings: int
    previous: int
    suppliers: int
    severity_points: int
    trend_factor: float
    reach_factor: float
    by_severity: Mapping[str, int]
    provisions: Sequence[ProvisionFigures] = field(default_factory=tuple)


def _codes(section: str, numbers: Iterable[int]) -> tuple[str, ...]:
    return tuple(f"{section}{number}" for number in numbers)


RBA_7: Final[Edition] = ("RBA", "7.0")
RBA_8: Final[Edition] = ("RBA", "8.0")


def _alike(key: str, title: str, codes: tuple[str, ...]) -> Topic:
    return Topic(key, title, {RBA_7: codes, RBA_8: codes})


TOPICS: Final[tuple[Topic, ...]] = (
    Topic(
        "human_rights",
        "Human rights and labour",
        # Freedom of association is A7 of 7.0 and A6 of 8.0.
        {RBA_7: _codes("A", range(1, 8)), RBA_8: _codes("A", range(1, 7))},
    ),
    _alike("health_and_safety", "Health and safety", _codes("B", range(1, 9))),
    _alike("carbon_and_energy", "Carbon and energy", ("C5", "C8")),
    _alike("water_and_waste", "Water, waste and pollution", ("C1", "C2", "C4", "C7")),
    _alike("chemicals", "Hazardous substances and restricted materials", ("C3", "C6")),
    _alike("minerals", "Responsible minerals", ("D7",)),
    _alike("ethics", "Business ethics", (*_codes("D", range(1, 7)), "D8")),
    _alike("management_systems", "Management systems", _codes("E", range(1, 13))),
)
BY_KEY: Final[Mapping[str, Topic]] = {topic.key: topic for topic in TOPICS}
BY_PROVISION: Final[Mapping[tuple[str, str, str], Topic]] = {
    (*edition, code): topic for topic in TOPICS for edition, codes in topic.provisions.items() for code in codes
}


def suggest(figures: Sequence[ProvisionFigures], suppliers_with_findings: int) -> list[Suggestion]:
    """The topics of these provisions, the most urgent first; those without a finding in the period are left out.

    A provision of an edition that no topic knows is a topic of its own. `suppliers_with_findings` is how many suppliers
    have a finding in the period, on whatever provision.
    """
    grouped: dict[str, list[ProvisionFigures]] = {}
    titles: dict[str, str] = {}
    for each in figures:
        key, title = _topic_of(each)
        grouped.setdefault(key, []).append(each)
        titles.setdefault(key, title)
    found = [_weigh(key, titles[key], those, suppliers_with_findings) for key, those in grouped.items()]
    return sorted((one for one in found if one.findings), key=lambda one: (-one.priority, one.topic))


def _topic_of(figures: ProvisionFigures) -> tuple[str, str]:
    topic = BY_PROVISION.get((figures.standard, figures.code_version, figures.provision))
    if topic is not None:
        return topic.key, topic.title
    name = f"{figures.standard} {figures.code_version} {figures.provision}"
    return name, f"{name} {figures.title}" if figures.title else name


def _weigh(key: str, title: str, those: list[ProvisionFigures], suppliers_with_findings: int) -> Suggestion:
    findings, previous = sum(one.findings for one in those), sum(one.previous for one in those)
    by_severity = {name: sum(one.by_severity.get(name, 0) for one in those) for name in POINTS}
    points = sum(POINTS[name] * count for name, count in by_severity.items())
    # A supplier may have findings on several of them: it is at least as many as on the one that touches most.
    suppliers = max(one.suppliers for one in those)
    share = suppliers / suppliers_with_findings if suppliers_with_findings else 0.0
    low, high = TREND_BOUNDS
    trend = min(max(findings / previous, low), high) if previous else 1.0
    return Suggestion(
        topic=key,
        title=title,
        kind=_kind(suppliers, share),
        priority=round(points * trend * (1 + share), 2),
        findings=findings,
        previous=previous,
        suppliers=suppliers,
        severity_points=points,
        trend_factor=round(trend, 4),
        reach_factor=round(1 + share, 4),
        by_severity=by_severity,
        provisions=sorted(those, key=lambda one: (-one.findings, one.standard, one.code_version, one.provision)),
    )


def _kind(suppliers: int, share: float) -> str:
    if suppliers == 1:
        return "support_meeting"
    return "forum" if share >= FORUM_FROM_SHARE else "training"
