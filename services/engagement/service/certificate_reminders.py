"""From completed courses to the registry's reminders of certificates: one for each supplier and course.

The course's id is the reminder's source, and the registry keeps the first of them: a second person who completes the
course, a repeated task and a restored backup all change nothing.
"""

from collections.abc import Collection
from datetime import date
from http import HTTPStatus
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement import clients
from services.engagement.domain import certificates
from services.engagement.models import Course, CourseCompletion
from shared import tasks
from shared.http import RequestFailed
from shared.tasks import Later, Lease
from shared.web.resources import Resources

TASK_KIND = "remind_of_certificates"
PAUSE_SECONDS = 30.0
"""How long to leave a registry alone that is away; however often, the reminder is not given up."""

log = structlog.get_logger()


async def ask_after_completions(
    session: AsyncSession, course: Course, completions: Collection[CourseCompletion]
) -> None:
    """Have the worker ask for reminders, once the completions are committed; for courses of certified standards."""
    standard = certificates.certified_standard(course.standard)
    if standard is None or not completions:
        return
    first: dict[UUID, date] = {}
    for completion in completions:
        first[completion.supplier_id] = min(completion.on, first.get(completion.supplier_id, completion.on))
    payload = {
        "course_id": str(course.id),
        "code": course.code,
        "standard": standard,
        "completed": {str(supplier_id): on.isoformat() for supplier_id, on in first.items()},
    }
    await tasks.enqueue(session, TASK_KIND, payload)


async def remind_of_certificates(resources: Resources, lease: Lease) -> None:
    """The task: tell the registry of each supplier; Later while it is away.

    One that it refuses keeps no other waiting. The task fails in the end, so that the operators see it.
    """
    course_id, code = UUID(lease.payload["course_id"]), lease.payload["code"]
    refused: list[RequestFailed] = []
    for supplier_id, completed_on in lease.payload["completed"].items():
        async with resources.database.transaction() as session:
            await lease.extend(session)
        on = date.fromisoformat(completed_on)
        try:
            await clients.remind_of_certificate(
                resources,
                UUID(supplier_id),
                course_id,
                standard=lease.payload["standard"],
                reason=f"Course {code} was completed on {on}.",
                due_on=certificates.certificate_due_on(on),
            )
        except RequestFailed as error:
            if error.status is None or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                log.warning("registry is away, reminding later", error=str(error))
                raise Later(PAUSE_SECONDS) from error
            refused.append(error)
    if refused:
        raise refused[0]
    async with resources.database.transaction() as session:
        await lease.complete(session)
