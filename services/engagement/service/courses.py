"""The catalogue of courses, their views and completions."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import rules
from services.engagement.models import Course, CourseCompletion, CourseView
from services.engagement.repository import courses as repository
from services.engagement.repository import participations, rows
from services.engagement.schemas.courses import CourseFields, CoursePatch, NewCompletion, NewCourse, NewView
from services.engagement.service import participation
from services.engagement.service.events import refuse
from services.engagement.service.suppliers import Known
from shared import journal
from shared.auth.principal import Actor
from shared.errors import Conflict
from shared.ids import new_id
from shared.journal import Change
from shared.web.etags import Expected

TOLD = ("code", "title", "language", "standard", "links", "views", "completions")


def feed_state(course: Course) -> dict[str, Any]:
    """A course as the feed tells it."""
    return {name: getattr(course, name) for name in TOLD}


async def create_course(session: AsyncSession, actor: Actor, new: NewCourse) -> Course:
    """A new course; Conflict where its code is taken."""
    if await repository.has_code(session, new.code):
        raise Conflict(f"There is a course with the code {new.code}.", code="code-taken")
    fields = {name: getattr(new, name) for name in CourseFields.model_fields}
    course = Course(id=new_id(), version=0, code=new.code, views=0, completions=0, **fields)
    session.add(course)
    await _save(session, actor, course, {}, "created")
    return course


async def change_course(
    session: AsyncSession, actor: Actor, course_id: UUID, expected: Expected, patch: CoursePatch
) -> Course:
    """The course with the patch's fields; its version stays where nothing differs."""
    course = await rows.lock(session, Course, course_id, "course")
    expected.check(course.version)
    before = feed_state(course)
    for name in patch.model_fields_set:
        setattr(course, name, getattr(patch, name))
    if feed_state(course) != before:
        await _save(session, actor, course, before, "updated")
    return course


async def record_views(
    session: AsyncSession, actor: Actor, course_id: UUID, new: NewView, known: Known | None
) -> CourseView:
    """Views of a course on a day."""
    refuse(rules.complaints_about_day("on", new.on, datetime.now(UTC)))
    course = await rows.lock(session, Course, course_id, "course")
    before = feed_state(course)
    view = CourseView(
        id=new_id(), course_id=course_id, supplier_id=known.id if known else None, on=new.on, count=new.count
    )
    session.add(view)
    course.views += new.count
    await _save(session, actor, course, before, "viewed", private={"view": [None, _facts(view)]})
    return view


async def record_completion(
    session: AsyncSession, actor: Actor, course_id: UUID, new: NewCompletion, known: Known
) -> CourseCompletion:
    """A person's completion of a course; Conflict where it is recorded already."""
    refuse(rules.complaints_about_day("on", new.on, datetime.now(UTC)))
    course = await rows.lock(session, Course, course_id, "course")
    if await repository.has_completion(session, course_id, known.id, new.person_ref, new.on):
        raise Conflict("This person's completion on that day is recorded already.", code="already-completed")
    before = feed_state(course)
    completion = CourseCompletion(
        id=new_id(), course_id=course_id, supplier_id=known.id, person_ref=new.person_ref, on=new.on
    )
    session.add(completion)
    course.completions += 1
    await session.flush()
    found = participations.Found(course_id, known.id, rules.COURSE_KIND, new.on, counts=True)
    told = await participation.tell(session, [found])
    await _save(session, actor, course, before, "completed", told, {"completion": [None, _facts(completion)]})
    return completion


def _facts(recorded: CourseView | CourseCompletion) -> dict[str, Any]:
    """A view or completion as the audit log keeps it: without the person, who may be erased one day."""
    supplier_id = None if recorded.supplier_id is None else str(recorded.supplier_id)
    return {"id": str(recorded.id), "supplier_id": supplier_id, "on": recorded.on.isoformat()}


async def _save(
    session: AsyncSession,
    actor: Actor,
    course: Course,
    before: dict[str, Any],
    happened: str,
    told: list[Change] | None = None,
    private: dict[str, Any] | None = None,
) -> None:
    course.version += 1
    await session.flush()
    change = Change(f"course.{happened}", course.id, course.version, feed_state(course), before, private or {})
    await journal.record(session, actor, [change, *(told or [])])
