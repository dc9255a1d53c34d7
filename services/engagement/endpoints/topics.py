"""`/v1/topic-suggestions` and `/v1/effect`: what to hold next, and whether it helps."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.engagement.endpoints.callers import Reader
from services.engagement.schemas.effect import Effect
from services.engagement.schemas.fields import Day
from services.engagement.schemas.topics import TopicSuggestions
from services.engagement.service import effect, topics
from shared.web.caller import Opened
from shared.web.route import new_router

router = new_router("/v1/topic-suggestions", "figures")
effect_router = new_router("/v1/effect", "figures")


@router.get("")
async def suggest_topics(
    resources: Opened,
    caller: Reader,
    first: Annotated[Day | None, Query(alias="from", description="First day; default: a year before `to`")] = None,
    last: Annotated[Day | None, Query(alias="to", description="Last day; default: today (UTC)")] = None,
    standard: Annotated[str | None, Query(max_length=64, description="Only its findings")] = None,
    code_version: Annotated[str | None, Query(max_length=64, description="Only this version of it")] = None,
) -> TopicSuggestions:
    """The topics that the findings of a period suggest for forums and trainings, the most urgent first.

    They rest on the audit service's statistics; 503 `audit-away` while it does not answer.
    """
    caller.refuse_bound("topic suggestion")
    return await topics.suggest_topics(resources, first, last or datetime.now(UTC).date(), standard, code_version)


@effect_router.get("")
async def measure_effect(
    resources: Opened,
    caller: Reader,
    first: Annotated[
        Day | None, Query(alias="from", description="Events from this day (UTC) on; default: a year before `to`")
    ] = None,
    last: Annotated[Day | None, Query(alias="to", description="Events up to this day (UTC); default: today")] = None,
    topic: Annotated[
        str | None,
        Query(
            max_length=64,
            description="A topic's key as in topic suggestions: only the events that name one of its provisions, and "
            "only the findings on them",
        ),
    ] = None,
    event_id: Annotated[
        UUID | None,
        Query(
            description="Only this forum or training, whatever the period, and only findings on the provisions that it "
            "names (on all where it names none)"
        ),
    ] = None,
    window_days: Annotated[
        int, Query(ge=30, le=1830, description="How many days before and after an attendance are compared")
    ] = 365,
) -> Effect:
    """Whether suppliers that attended forums and trainings repeat fewer findings and close them sooner.

    Each supplier that attended is looked at before and after its first attendance of these events; the others, which
    attended none of them, before and after the same dates. It shows an association, not a cause. The window after is
    over only for events that lie at least `window_days` back; `warnings` tells for how many it is not.
    """
    caller.refuse_bound("effect")
    question = effect.Question(first, last, topic, event_id, window_days)
    return await effect.measure_effect(resources, question, datetime.now(UTC))
