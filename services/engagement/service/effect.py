"""Measuring whether suppliers that attended repeat fewer findings, and close them sooner."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.engagement.domain import effect, rules, topics
from services.engagement.models import Event
from services.engagement.repository import effect as repository
from services.engagement.repository import rows
from services.engagement.schemas.effect import Effect
from shared.errors import FieldError, Invalid
from shared.web.resources import Resources

YEAR = timedelta(days=365)
COMPARED_KINDS = ("forum", "training")
COMPARABLE = (
    "Suppliers of both groups have at least one such finding in the window before their reference date, and the others "
    "are of supply tiers of which suppliers attended. The reference date is the day (UTC) of a supplier's first "
    "attendance of these events; the others of a supply tier, which attended none of them, take the reference dates of "
    "those of it that attended, in turn (evenly spaced ones where they are fewer). Not matched: country, size, risk "
    "and how often a supplier is audited."
)
NOT_RANDOM = "Suppliers were not drawn by lot to attend: those that come may differ from those that do not."
UNAUDITED = "Findings are known only where somebody looked: a supplier that was not audited afterwards repeats nothing."


@dataclass(frozen=True, slots=True)
class Question:
    """Which events, which findings, how long a window in days."""

    first: date | None
    last: date | None
    topic: str | None
    event_id: UUID | None
    window_days: int


@dataclass(frozen=True, slots=True)
class Scope:
    """What a question comes to: `codes` in whatever standard, `named` by standard, version and code."""

    first: date
    last: date
    codes: Sequence[str] | None
    named: Sequence[str] | None


async def measure_effect(resources: Resources, question: Question, now: datetime) -> Effect:
    """The comparison that `question` asks for, as known now; NotFound where there is no such event."""
    today, window = rules.utc_day(now), timedelta(days=question.window_days)
    scope = _scope(question, today)
    async with resources.database.snapshot() as session:
        if question.event_id is not None:
            event = await rows.get(session, Event, question.event_id, "event")
            scope = _scope_of_event(event)
        event_codes = scope.codes if scope.named is None else sorted({name.rsplit(" ", 1)[1] for name in scope.named})
        attended = await repository.read_first_attendances(
            session, scope.first, scope.last, now, question.event_id, event_codes
        )
        days = attended.first_on.values()
        findings = (
            await repository.read_findings(session, min(days) - window, max(days) + window, scope.codes, scope.named)
            if days
            else []
        )

    def compute() -> effect.Comparison:
        those, others = effect.observe(findings, attended.first_on, window)
        return effect.compare(those, others, window, today)

    # Drawing a thousand times takes a moment, in which others want to be answered.
    found = await asyncio.to_thread(compute)
    return Effect.model_validate(
        {
            "from": scope.first,
            "to": scope.last,
            "topic": question.topic,
            "event_id": question.event_id,
            "window_days": question.window_days,
            "events": attended.events,
            "provisions": scope.named if scope.codes is None else scope.codes,
            "comparable": COMPARABLE,
            "attended": _group(found.attended),
            "others": _group(found.others),
            "difference": {
                "repeat_rate_points": _rounded(found.repeat_rate, 100),
                "findings_per_supplier": _rounded(found.findings_per_supplier),
                "median_days_to_close": _rounded(found.median_days_to_close),
            },
            "warnings": _warnings(found),
        }
    )


def _scope(question: Question, today: date) -> Scope:
    if question.topic is not None and question.event_id is not None:
        raise Invalid("Give a topic or an event, not both.", fields=[FieldError("query: topic", "not with event_id")])
    last = question.last or today
    first = question.first or last - YEAR + timedelta(days=1)
    if first > last:
        raise Invalid("from lies after to.", fields=[FieldError("query: from", "lies after to")])
    if question.topic is None:
        return Scope(first, last, None, None)
    topic = topics.BY_KEY.get(question.topic)
    if topic is None:
        known = ", ".join(topics.BY_KEY)
        raise Invalid(
            f"There is no topic {question.topic}.", fields=[FieldError("query: topic", f"is none of {known}")]
        )
    return Scope(
        first,
        last,
        None,
        [f"{' '.join(edition)} {code}" for edition, codes in topic.provisions.items() for code in codes],
    )


def _scope_of_event(event: Event) -> Scope:
    if event.kind not in COMPARED_KINDS:
        raise Invalid(
            "The effect of forums and trainings is measured; a support meeting treats findings one by one.",
            code="event-not-compared",
            fields=[FieldError("query: event_id", f"is a {event.kind}")],
        )
    on = rules.utc_day(event.starts_at)
    return Scope(on, on, event.provisions or None, None)


def _group(group: effect.Group) -> dict[str, Any]:
    return {
        "suppliers": group.suppliers,
        "findings_before": group.findings_before,
        "findings_after": group.findings_after,
        "repeating": group.repeating,
        "repeat_rate_percent": _rounded(group.repeat_rate, 100),
        "closed_before": group.closed_before,
        "closed_after": group.closed_after,
        "median_days_to_close_before": _rounded(group.median_days_before),
        "median_days_to_close_after": _rounded(group.median_days_after),
        "follow_up_not_over": group.follow_up_not_over,
    }


def _rounded(estimate: effect.Estimate, times: int = 1) -> dict[str, Any]:
    value, interval = estimate.value, estimate.interval
    return {
        "value": None if value is None else round(times * value, 2),
        "interval": None if interval is None else tuple(round(times * end, 2) for end in interval),
    }


def _warnings(found: effect.Comparison) -> list[dict[str, str]]:
    a, b = found.attended, found.others
    warnings = [("not-random", NOT_RANDOM), ("unaudited-cannot-repeat", UNAUDITED)]
    if not a.suppliers or not b.suppliers:
        warnings.append(("nothing-to-compare", "One of the groups is empty: nothing can be said about a difference."))
    elif min(a.suppliers, b.suppliers) < effect.FEW:
        detail = f"Only {a.suppliers} suppliers attended and {b.suppliers} did not; below {effect.FEW} chance rules."
        warnings.append(("few-suppliers", detail))
    if a.follow_up_not_over or b.follow_up_not_over:
        detail = (
            f"For {a.follow_up_not_over} suppliers that attended and {b.follow_up_not_over} others the window after "
            "has not ended: what is still to come is missing, in both groups alike."
        )
        warnings.append(("follow-up-not-over", detail))
    return [{"code": code, "detail": detail} for code, detail in warnings]
