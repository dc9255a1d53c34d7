"""Asking those who attended an event about it, and taking down what they say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import feedback as rules
from services.engagement.models import Attendance, Event, EventFeedback
from services.engagement.repository import events as event_rows
from services.engagement.repository import feedback as repository
from services.engagement.schemas.feedback import NewFeedback, Question
from services.engagement.service.attendance import attendances
from services.engagement.service.event import events
from services.engagement.service.event.events import EventChange
from shared import journal
from shared.auth.principal import Actor
from shared.errors import Conflict, FieldError, Invalid, NotFound
from shared.ids import new_id
from shared.journal import Change
from shared.web.etags import Expected


@dataclass(frozen=True, slots=True)
class Given:
    """Feedback with what it is about; `is_first` where the attendance had none before."""

    feedback: EventFeedback
    attendance: Attendance
    event: Event
    is_first: bool


async def set_questions(
    session: AsyncSession, actor: Actor, event_id: UUID, expected: Expected, questions: Sequence[Question]
) -> Event:
    """The event with these questions; Conflict where there are answers that they would give another meaning."""
    event = await events.lock_live(session, event_id, expected)
    held, asked = event.feedback_questions, [question.model_dump() for question in questions]
    if asked == held:
        return event
    if rules.structure(asked) != rules.structure(held) and await repository.has_answers(session, event_id):
        raise Conflict(
            "There are answers already: only the wording and order of the questions can change.",
            code="questions-answered",
        )
    state = events.feed_state(event)
    event.feedback_questions = asked
    private = {"feedback_questions": [list(rules.structure(held)), list(rules.structure(asked))]}
    await events.save(session, actor, [EventChange(event, state, private=private)])
    return event


async def give(session: AsyncSession, actor: Actor, event_id: UUID, attendance_id: UUID, new: NewFeedback) -> Given:
    """Take down what an attendance says of the event, in place of what it said before.

    Answers replace all earlier ones, and a rating the earlier one; what `new` does not name stays. Nothing changes
    where nothing differs. NotFound where there is no such attendance, Conflict where it or the event is withdrawn,
    Invalid where it counts several persons or an answer does not fit its question.
    """
    event = await events.lock_live(session, event_id)
    attendance = await attendances.get_attendance(session, event_id, attendance_id)
    if attendance.withdrawn_on is not None:
        raise Conflict("The attendance is withdrawn.", code="attendance-withdrawn")
    if attendance.persons > 1:
        detail = f"counts {attendance.persons} persons; only one person can give feedback"
        raise Invalid(f"The attendance {detail}.", fields=[FieldError("#/attendance_id", detail)])
    answers, complaints = rules.read_answers(event.feedback_questions, new.answers)
    events.refuse([(f"answers/{_escaped(code)}", detail) for code, detail in complaints])
    if "rating" in new.model_fields_set:
        await attendances.rate_event(session, actor, event, attendance, new.rating)
    held = await repository.find_feedback(session, attendance_id)
    given = held or EventFeedback(
        id=new_id(), version=0, event_id=event_id, attendance_id=attendance_id, answers={}, given_at=datetime.now(UTC)
    )
    if held is None or ("answers" in new.model_fields_set and answers != held.answers):
        await _save(session, actor, given, answers)
    return Given(given, attendance, event, is_first=held is None)


async def find_attendance(session: AsyncSession, event_id: UUID, supplier_id: UUID, person_ref: str) -> UUID:
    """The attendance of a supplier's person at an event, or NotFound; withdrawn ones are none."""
    key = (event_id, supplier_id, person_ref)
    found = await event_rows.find_attendances(session, [key])
    if key not in found:
        raise NotFound("No such attendance.")
    return found[key].id


async def _save(session: AsyncSession, actor: Actor, given: EventFeedback, answers: dict[str, Any]) -> None:
    """Write the answers; what was answered leaves the table for no feed and no log, only which questions."""
    before = _state(given) if given.version else {}
    given.answers, given.version, given.given_at = answers, given.version + 1, datetime.now(UTC)
    session.add(given)
    await session.flush()
    happened = "event_feedback.changed" if before else "event_feedback.given"
    await journal.record(session, actor, [Change(happened, given.id, given.version, _state(given), before)])


def _state(given: EventFeedback) -> dict[str, Any]:
    return {"event_id": str(given.event_id), "answered": sorted(given.answers)}


def _escaped(key: str) -> str:
    """A key as a JSON Pointer holds it."""
    return key.replace("~", "~0").replace("/", "~1")
