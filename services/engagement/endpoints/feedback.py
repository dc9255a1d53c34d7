"""`/v1/events/{event_id}/feedback-questions`, `/v1/events/{event_id}/feedback` and `/v1/feedback-summary`."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response

from services.engagement.endpoints.callers import Reader, Writer
from services.engagement.endpoints.events import shown
from services.engagement.models import Event
from services.engagement.repository import rows
from services.engagement.schemas.events import EventView
from services.engagement.schemas.feedback import (
    EventFeedbackSummary,
    FeedbackQuestions,
    FeedbackSummary,
    FeedbackView,
    GivenFeedback,
)
from services.engagement.schemas.fields import Kind
from services.engagement.service import suppliers
from services.engagement.service.feedback import feedback, summaries
from services.engagement.service.feedback.feedback import Given
from services.engagement.service.figures import EARLIEST
from shared.days import IsoDate
from shared.errors import NotFound
from shared.web.caller import Opened
from shared.web.etags import IfMatch, set_etag
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/events/{event_id}", "feedback")
summary_router = new_router("/v1/feedback-summary", "feedback")


@dataclass(frozen=True, slots=True)
class Named:
    """Feedback, and the supplier that it names in place of an attendance."""

    new: GivenFeedback
    supplier_id: UUID | None


def view(given: Given) -> FeedbackView:
    """Feedback as the API shows it."""
    computed = {"rating": given.attendance.rating}
    kept = {name: getattr(given.feedback, name) for name in FeedbackView.model_fields if name not in computed}
    return FeedbackView.model_validate(kept | computed)


async def named(body: GivenFeedback, resources: Opened, _caller: Writer) -> Named:
    """The body with its supplier, which is found before the transaction begins."""
    if body.attendance_id is not None:
        return Named(body, None)
    (known,) = await suppliers.identify(resources, [body], ["#"])
    return Named(body, None if known is None else known.id)


@router.put("/feedback-questions")
async def set_feedback_questions(
    event_id: UUID, body: FeedbackQuestions, expected: IfMatch, session: Transaction, caller: Writer, response: Response
) -> EventView:
    """Set the questions that those who attend are asked. Once somebody has answered, only wording and order change."""
    event = await feedback.set_questions(session, caller.actor, event_id, expected, body.questions)
    return await shown(session, event, response)


@router.post("/feedback", status_code=201, responses={200: {"model": FeedbackView, "description": "Given again"}})
async def give_feedback(
    event_id: UUID,
    given: Annotated[Named, Depends(named)],
    session: Transaction,
    caller: Writer,
    response: Response,
) -> FeedbackView:
    """Take down what somebody who attended says. Given again, it takes the place of what was said before (200)."""
    attendance_id = given.new.attendance_id
    if attendance_id is None:
        if given.supplier_id is None or given.new.person_ref is None:
            raise NotFound("No such attendance.")
        attendance_id = await feedback.find_attendance(session, event_id, given.supplier_id, given.new.person_ref)
    taken = await feedback.give(session, caller.actor, event_id, attendance_id, given.new)
    if not taken.is_first:
        response.status_code = 200
    set_etag(response, taken.feedback.version, taken.attendance.version)
    return view(taken)


@router.get("/feedback")
async def get_feedback(event_id: UUID, session: Reading, caller: Reader) -> EventFeedbackSummary:
    """What those who attended said of the event, question by question; never who said what."""
    caller.refuse_bound("event")
    event = await rows.get(session, Event, event_id, "event")
    return await summaries.summarise_event(session, event)


@summary_router.get("")
async def summarise_feedback(
    session: Reading,
    caller: Reader,
    first: Annotated[IsoDate | None, Query(alias="from", description="First day (UTC); default: all records")] = None,
    last: Annotated[IsoDate | None, Query(alias="to", description="Last day (UTC); default: today")] = None,
    kind: Annotated[Kind | None, Query()] = None,
) -> FeedbackSummary:
    """How the events that began in a period were rated, by the aspects that their questions are about."""
    caller.refuse_bound("summary")
    last = last or datetime.now(UTC).date()
    return await summaries.summarise_aspects(session, first or EARLIEST, last, kind)
