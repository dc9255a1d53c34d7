"""`/v1/courses`, with views and completions."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlalchemy import select

from services.engagement.endpoints.callers import Reader, Writer
from services.engagement.models import Course, CourseCompletion, CourseView
from services.engagement.repository import rows
from services.engagement.schemas.courses import (
    CompletionShown,
    CoursePatch,
    CourseShown,
    NewCompletion,
    NewCourse,
    NewView,
    ViewShown,
)
from services.engagement.schemas.fields import Withdrawal
from services.engagement.service import courses, suppliers
from services.engagement.service.suppliers import Known
from shared.auth.principal import Principal
from shared.web.caller import Opened
from shared.web.etags import IfMatch, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/courses", "courses")


def view(course: Course, caller: Principal) -> CourseShown:
    """A course as the API shows it; what others do with it is no supplier's business."""
    shown = CourseShown.model_validate(course)
    return shown if caller.supplier_id is None else shown.model_copy(update={"views": None, "completions": None})


async def seen(body: NewView, resources: Opened, _caller: Writer) -> tuple[NewView, Known | None]:
    """The body with the supplier that it may name, which is found before the transaction begins."""
    return body, (await suppliers.identify(resources, [body], ["#"]))[0]


async def completed(body: NewCompletion, resources: Opened, _caller: Writer) -> tuple[NewCompletion, Known | None]:
    """The body with the supplier that it names, which is found before the transaction begins."""
    return body, (await suppliers.identify(resources, [body], ["#"]))[0]


@router.post("", status_code=201)
async def create_course(body: NewCourse, session: Transaction, caller: Writer, response: Response) -> CourseShown:
    """Put a course into the catalogue. Its code is its natural key and never changes."""
    course = await courses.create_course(session, caller.actor, body)
    set_etag(response, course.version)
    response.headers["Location"] = f"/v1/courses/{course.id}"
    return view(course, caller)


@router.get("")
async def list_courses(
    session: Reading,
    caller: Reader,
    pages: Pages,
    code: Annotated[str | None, Query(description="Exactly this code")] = None,
    language: Annotated[str | None, Query(description="BCP 47", examples=["zh-TW"])] = None,
    standard: Annotated[str | None, Query(examples=["ISO 14001"])] = None,
) -> Page[CourseShown]:
    """List the catalogue in the order in which it grew."""
    query = select(Course, Course.id)
    for column, value in ((Course.code, code), (Course.language, language), (Course.standard, standard)):
        if value is not None:
            query = query.where(column == value)
    found, following = await pages.read(session, query, Course.id)
    return Page(items=[view(row.Course, caller) for row in found], next_cursor=following)


@router.get("/{course_id}")
async def get_course(course_id: UUID, session: Reading, caller: Reader, response: Response) -> CourseShown:
    """Read one course."""
    course = await rows.get(session, Course, course_id, "course")
    set_etag(response, course.version)
    return view(course, caller)


@router.patch("/{course_id}")
async def change_course(
    course_id: UUID, body: CoursePatch, expected: IfMatch, session: Transaction, caller: Writer, response: Response
) -> CourseShown:
    """Change the fields that the body names."""
    course = await courses.change_course(session, caller.actor, course_id, expected, body)
    set_etag(response, course.version)
    return view(course, caller)


@router.get("/{course_id}/views")
async def list_views(course_id: UUID, session: Reading, caller: Reader, pages: Pages) -> Page[ViewShown]:
    """List a course's views; a supplier sees its own."""
    await rows.get(session, Course, course_id, "course")
    query = select(CourseView, CourseView.id).where(CourseView.course_id == course_id)
    if caller.supplier_id is not None:
        query = query.where(CourseView.supplier_id == caller.supplier_id)
    found, following = await pages.read(session, query, CourseView.id)
    return Page(items=[ViewShown.model_validate(row.CourseView) for row in found], next_cursor=following)


@router.post("/{course_id}/views", status_code=201)
async def record_views(
    course_id: UUID,
    given: Annotated[tuple[NewView, Known | None], Depends(seen)],
    session: Transaction,
    caller: Writer,
    response: Response,
) -> ViewShown:
    """Count views of a course on a day, of one supplier or of whomever."""
    recorded = await courses.record_views(session, caller.actor, course_id, *given)
    set_etag(response, recorded.version)
    response.headers["Location"] = f"/v1/courses/{course_id}/views/{recorded.id}"
    return ViewShown.model_validate(recorded)


@router.get("/{course_id}/views/{view_id}")
async def get_views(course_id: UUID, view_id: UUID, session: Reading, caller: Reader, response: Response) -> ViewShown:
    """Read views of a day."""
    recorded = await courses.get_recorded(session, CourseView, (course_id, view_id), "view")
    caller.see_only_own(recorded.supplier_id, "view")
    set_etag(response, recorded.version)
    return ViewShown.model_validate(recorded)


@router.post("/{course_id}/views/{view_id}/withdraw")
async def withdraw_views(
    course_id: UUID,
    view_id: UUID,
    body: Withdrawal,
    expected: IfMatch,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> ViewShown:
    """Withdraw views that were recorded by mistake."""
    recorded = await courses.withdraw_views(session, caller.actor, (course_id, view_id), expected, body)
    set_etag(response, recorded.version)
    return ViewShown.model_validate(recorded)


@router.get("/{course_id}/completions")
async def list_completions(course_id: UUID, session: Reading, caller: Reader, pages: Pages) -> Page[CompletionShown]:
    """List who completed a course; a supplier sees its own people."""
    await rows.get(session, Course, course_id, "course")
    query = select(CourseCompletion, CourseCompletion.id).where(CourseCompletion.course_id == course_id)
    if caller.supplier_id is not None:
        query = query.where(CourseCompletion.supplier_id == caller.supplier_id)
    found, following = await pages.read(session, query, CourseCompletion.id)
    return Page(items=[CompletionShown.model_validate(row.CourseCompletion) for row in found], next_cursor=following)


@router.post("/{course_id}/completions", status_code=201)
async def record_completion(
    course_id: UUID,
    given: Annotated[tuple[NewCompletion, Known], Depends(completed)],
    session: Transaction,
    caller: Writer,
    response: Response,
) -> CompletionShown:
    """Record that a person of a supplier completed a course; it counts in the supplier's credit."""
    completion = await courses.record_completion(session, caller.actor, course_id, *given)
    set_etag(response, completion.version)
    response.headers["Location"] = f"/v1/courses/{course_id}/completions/{completion.id}"
    return CompletionShown.model_validate(completion)


@router.get("/{course_id}/completions/{completion_id}")
async def get_completion(
    course_id: UUID, completion_id: UUID, session: Reading, caller: Reader, response: Response
) -> CompletionShown:
    """Read one completion."""
    completion = await courses.get_recorded(session, CourseCompletion, (course_id, completion_id), "completion")
    caller.see_only_own(completion.supplier_id, "completion")
    set_etag(response, completion.version)
    return CompletionShown.model_validate(completion)


@router.post("/{course_id}/completions/{completion_id}/withdraw")
async def withdraw_completion(
    course_id: UUID,
    completion_id: UUID,
    body: Withdrawal,
    expected: IfMatch,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> CompletionShown:
    """Withdraw a completion that was recorded by mistake: it counts neither in the figures nor in the credit.

    A reminder of a certificate to which it led stays, for a person to settle.
    """
    completion = await courses.withdraw_completion(session, caller.actor, (course_id, completion_id), expected, body)
    set_etag(response, completion.version)
    return CompletionShown.model_validate(completion)
