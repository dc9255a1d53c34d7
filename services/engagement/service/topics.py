"""Suggesting topics for forums and trainings from what audits have found."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from services.engagement import clients
from services.engagement.domain import topics
from services.engagement.schemas.topics import FindingStatistics, TopicSuggestion, TopicSuggestions
from shared.errors import FieldError, Invalid
from shared.web.resources import Resources

LABELS: Mapping[str, str] = {"forum": "forum", "training": "training", "support_meeting": "support meeting"}
Edition = tuple[str, str, str]


async def suggest_topics(
    resources: Resources,
    first: date | None,
    last: date,
    standard: str | None,
    code_version: str | None,
) -> TopicSuggestions:
    """The topics that the findings up to `last` suggest, of the year before it where `first` is None.

    Asks the audit service, so it must run outside any transaction; Unavailable while that is away.
    """
    if first is not None and first > last:
        raise Invalid("from lies after to.", fields=[FieldError("query: from", "lies after to")])
    asked = {"from": first, "to": last, "standard": standard, "code_version": code_version}
    answers = await asyncio.gather(
        clients.count_findings_by_provision(resources, asked),
        *[clients.count_findings_by_provision(resources, {**asked, "severity": name}) for name in topics.POINTS],
    )
    everything, by_severity = answers[0], dict(zip(topics.POINTS, answers[1:], strict=True))
    suggestions = topics.suggest(_figures(everything, by_severity), everything.total.suppliers)
    return TopicSuggestions.model_validate(
        {
            "from": everything.first,
            "to": everything.last,
            "standard": standard,
            "code_version": code_version,
            "source": "audit",
            "suppliers_with_findings": everything.total.suppliers,
            "complete": all(answer.complete for answer in answers),
            "items": [_shown(suggestion, everything.last.year) for suggestion in suggestions],
        }
    )


def _figures(
    everything: FindingStatistics, by_severity: Mapping[str, FindingStatistics]
) -> list[topics.ProvisionFigures]:
    counts: dict[Edition, dict[str, int]] = {}
    for severity, answer in by_severity.items():
        for group in answer.groups:
            counts.setdefault((group.standard, group.code_version, group.key), {})[severity] = group.findings
    return [
        topics.ProvisionFigures(
            standard=group.standard,
            code_version=group.code_version,
            provision=group.key,
            title=group.title,
            findings=group.findings,
            previous=group.previous.findings,
            suppliers=group.suppliers,
            by_severity={
                name: counts.get((group.standard, group.code_version, group.key), {}).get(name, 0)
                for name in topics.POINTS
            },
        )
        for group in everything.groups
    ]


def _shown(suggestion: topics.Suggestion, year: int) -> TopicSuggestion:
    shown: dict[str, Any] = asdict(suggestion)
    change = 100 * (suggestion.findings - suggestion.previous) / suggestion.previous if suggestion.previous else None
    return TopicSuggestion.model_validate(
        {
            **shown,
            "suggested_title": f"{suggestion.title} {LABELS[suggestion.kind]} {year}",
            "change_percent": None if change is None else round(change, 2),
        }
    )
