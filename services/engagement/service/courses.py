"""The catalogue of courses, their views and completions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import rules
from services.engagement.models import Course, CourseCompletion, CourseView
from services.engagement.repository import courses as repository
from services.engagement.repository import participations, rows
from services.engagement.schemas.courses import CourseFields, CoursePatch, NewCompletion, NewCourse, NewView
from services.engagement.schemas.fields import Withdrawal
from services.engagement.service import certificate_reminders, participation
from services.engagement.service.event.events import refuse
from services.engagement.service.suppliers import Known
from shared import journal
from shared.auth.principal import Actor
from shared.errors import Conflict, NotFound
from shared.ids import new_id
from shared.journal import Change
from shared.web.etags import Expected

Recorded = TypeVar("Recorded", CourseView, CourseCompletion)

TOLD = ("code", "title", "language", "standard", "links", "views", "completions")


@dataclass(frozen=True, slots=True)
class Studied:
    """A course that the caller holds, and what is new of who looked at it and completed it."""

    course: Course
    views: list[CourseView] = field(default_factory=list)
    completions: list[CourseCompletion] = field(default_factory=list)


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
    view = new_view(course_id, known, new.on, new.count)
    await record(session, actor, [Studied(course, views=[view])])
    return view


async def record_completion(
    session: AsyncSession, actor: Actor, course_id: UUID, new: NewCompletion, known: Known
) -> CourseCompletion:
    """A person's completion of a course; Conflict where it is recorded already."""
    refuse(rules.complaints_about_day("on", new.on, datetime.now(UTC)))
    course = await rows.lock(session, Course, course_id, "course")
    if await repository.find_completed(session, [(course_id, known.id, new.person_ref, new.on)]):
        raise Conflict("This person's completion on that day is recorded already.", code="already-completed")
    completion = new_completion(course_id, known, new.person_ref, new.on)
    await record(session, actor, [Studied(course, completions=[completion])])
    return completion


async def withdraw_views(
    session: AsyncSession, actor: Actor, ids: tuple[UUID, UUID], expected: Expected, withdrawal: Withdrawal
) -> CourseView:
    """The views at `ids` (course, views), which count no longer."""
    course, view = await _lock(session, CourseView, ids, expected, "view")
    before, held = feed_state(course), _facts(view)
    _withdraw(view, withdrawal)
    course.views -= view.count
    await _save(session, actor, course, before, "view_withdrawn", {"view": [held, _facts(view)]})
    return view


async def withdraw_completion(
    session: AsyncSession, actor: Actor, ids: tuple[UUID, UUID], expected: Expected, withdrawal: Withdrawal
) -> CourseCompletion:
    """The completion at `ids` (course, completion), which counts no longer: neither in figures nor in the credit."""
    course, completion = await _lock(session, CourseCompletion, ids, expected, "completion")
    before, held = feed_state(course), _facts(completion)
    _withdraw(completion, withdrawal)
    course.completions -= 1
    await session.flush()
    # Somebody else of the supplier may have completed it on the same day, which is one participation.
    counts = await repository.has_completed(session, course.id, completion.supplier_id, completion.on)
    found = participations.Found(course.id, completion.supplier_id, rules.COURSE_KIND, completion.on, counts=counts)
    told = await participation.tell(session, [found])
    private = {"completion": [held, _facts(completion)]}
    await _save(session, actor, course, before, "completion_withdrawn", private, told)
    return completion


async def get_recorded(session: AsyncSession, kind: type[Recorded], ids: tuple[UUID, UUID], what: str) -> Recorded:
    """The views or the completion at `ids` (course, and its own), or NotFound."""
    found = await rows.get(session, kind, ids[1], what)
    if found.course_id != ids[0]:
        raise NotFound(f"No such {what}.")
    return found


def new_view(course_id: UUID, known: Known | None, on: date, count: int) -> CourseView:
    """Views that are still to be recorded."""
    supplier_id = known.id if known else None
    return CourseView(id=new_id(), version=1, course_id=course_id, supplier_id=supplier_id, on=on, count=count)


def new_completion(course_id: UUID, known: Known, person_ref: str, on: date) -> CourseCompletion:
    """A completion that is still to be recorded."""
    return CourseCompletion(
        id=new_id(), version=1, course_id=course_id, supplier_id=known.id, person_ref=person_ref, on=on
    )


async def record(session: AsyncSession, actor: Actor, studied: Sequence[Studied]) -> None:
    """Write new views and completions of courses that the caller holds, with all that follows from them."""
    changes: list[Change] = []
    found: set[participations.Found] = set()
    for one in studied:
        course, before = one.course, feed_state(one.course)
        session.add_all([*one.views, *one.completions])
        course.views += sum(view.count for view in one.views)
        course.completions += len(one.completions)
        course.version += 1
        found |= {
            participations.Found(course.id, completion.supplier_id, rules.COURSE_KIND, completion.on, counts=True)
            for completion in one.completions
        }
        happened = "completed" if one.completions else "viewed"
        private = _noted("view", one.views) | _noted("completion", one.completions)
        state = feed_state(course)
        changes.append(Change(f"course.{happened}", course.id, course.version, state, before, private))
        await certificate_reminders.ask_after_completions(session, course, one.completions)
    await session.flush()
    told = await participation.tell(session, sorted(found, key=lambda one: (one.subject_id, one.supplier_id, one.on)))
    await journal.record(session, actor, [*changes, *told])


def _noted(name: str, recorded: Sequence[CourseView | CourseCompletion]) -> dict[str, Any]:
    """What the audit log tells of views or completions: one as such, several as a list under the plural."""
    if not recorded:
        return {}
    facts = [_facts(one) for one in recorded]
    return {name: [None, facts[0]]} if len(facts) == 1 else {f"{name}s_recorded": [None, facts]}


def _facts(recorded: CourseView | CourseCompletion) -> dict[str, Any]:
    """A view or completion as the audit log keeps it: without the person, who may be erased one day."""
    supplier_id = None if recorded.supplier_id is None else str(recorded.supplier_id)
    facts = {"id": str(recorded.id), "supplier_id": supplier_id, "on": recorded.on.isoformat()}
    if recorded.withdrawn_on is None:
        return facts
    return {**facts, "withdrawn_on": recorded.withdrawn_on.isoformat(), "reason": recorded.reason}


async def _lock(
    session: AsyncSession, kind: type[Recorded], ids: tuple[UUID, UUID], expected: Expected, what: str
) -> tuple[Course, Recorded]:
    """The course, and what is recorded of it; whoever holds the course holds that."""
    course = await rows.lock(session, Course, ids[0], "course")
    found = await get_recorded(session, kind, ids, what)
    expected.check(found.version)
    if found.withdrawn_on is not None:
        raise Conflict(f"The {what} is withdrawn.", code=f"{what}-withdrawn")
    return course, found


def _withdraw(recorded: CourseView | CourseCompletion, withdrawal: Withdrawal) -> None:
    now = datetime.now(UTC)
    on = withdrawal.withdrawn_on or rules.utc_day(now)
    refuse(rules.complaints_about_day("withdrawn_on", on, now))
    recorded.withdrawn_on, recorded.reason = on, withdrawal.reason
    recorded.version += 1


async def _save(
    session: AsyncSession,
    actor: Actor,
    course: Course,
    before: dict[str, Any],
    happened: str,
    private: dict[str, Any] | None = None,
    told: Sequence[Change] = (),
) -> None:
    course.version += 1
    await session.flush()
    change = Change(f"course.{happened}", course.id, course.version, feed_state(course), before, private or {})
    await journal.record(session, actor, [change, *told])
