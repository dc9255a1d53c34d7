"""What the feedback on events adds up to."""

from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import feedback as rules
from services.engagement.domain.feedback import Spread, Tally
from services.engagement.models import Event
from services.engagement.repository import feedback as repository
from services.engagement.schemas.feedback import (
    AspectSummary,
    Chosen,
    EventFeedbackSummary,
    FeedbackSummary,
    QuestionSummary,
    Ratings,
)


async def summarise_event(session: AsyncSession, event: Event) -> EventFeedbackSummary:
    """What those who attended said of an event, withdrawn attendances left out."""
    response = await repository.count_response(session, event.id)
    answers = await repository.list_answers(session, event.id)
    return EventFeedbackSummary(
        event_id=event.id,
        attendances=response.attendances,
        counted_only=response.counted_only,
        answered=response.answered,
        response_percent=_percent(response.answered, response.attendances),
        overall=Ratings(**_ratings(rules.spread_of(await repository.count_ratings(session, event.id)))),
        questions=[_shown(tally) for tally in rules.tally(event.feedback_questions, answers)],
    )


async def summarise_aspects(session: AsyncSession, first: date, last: date, kind: str | None) -> FeedbackSummary:
    """How the aspects of events that began on these days were rated, the most often rated first."""
    found = await repository.add_up_aspects(session, first, last, kind)
    items = [
        AspectSummary(aspect=aspect, events=len(event_ids), **_ratings(rules.spread_of(counts)))
        for aspect, (counts, event_ids) in found.items()
    ]
    return FeedbackSummary(items=sorted(items, key=lambda item: (-item.satisfaction_n, item.aspect)))


def _shown(tally: Tally) -> QuestionSummary:
    question = tally.question
    return QuestionSummary(
        code=question["code"],
        kind=question["kind"],
        text=question["text"],
        aspect=question["aspect"],
        n=tally.n,
        ratings=None if tally.spread is None else Ratings(**_ratings(tally.spread)),
        choices=None
        if tally.chosen is None
        else [
            Chosen(
                code=option["code"],
                label=option["label"],
                n=tally.chosen[option["code"]],
                percent=_percent(tally.chosen[option["code"]], tally.n),
            )
            for option in question["options"]
        ],
        texts=tally.texts,
    )


def _ratings(spread: Spread) -> dict[str, Any]:
    satisfied = spread.satisfaction
    return {
        "distribution": {str(rating): n for rating, n in spread.counts.items()},
        "satisfaction_n": satisfied.n,
        "satisfaction_percent": satisfied.percent,
        "satisfaction_interval": satisfied.interval,
    }


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 2) if whole else None
