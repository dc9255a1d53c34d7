"""`/v1/events/{event_id}/attendances`."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Body, Depends, Query, Response

from services.engagement.domain import figures
from services.engagement.endpoints.callers import Reader, Writer
from services.engagement.models import Attendance, Event
from services.engagement.repository import events as repository
from services.engagement.repository import rows
from services.engagement.repository import suppliers as copies
from services.engagement.schemas.attendances import (
    AttendanceList,
    AttendancePatch,
    AttendanceView,
    NewAttendance,
    OneOrMany,
)
from services.engagement.schemas.fields import Withdrawal
from services.engagement.service import suppliers
from services.engagement.service.attendance import attendances
from services.engagement.service.suppliers import Known
from shared.web.caller import Opened
from shared.web.etags import IfMatch, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/events/{event_id}/attendances", "attendances")


@dataclass(frozen=True, slots=True)
class Named:
    """The attendances of a request, each with its supplier and its place there; and whether it was a list."""

    news: list[tuple[NewAttendance, Known, str]]
    many: bool


def view(attendance: Attendance, event: Event, supplier_code: str) -> AttendanceView:
    """An attendance as the API shows it."""
    computed = {
        "supplier_code": supplier_code,
        "person_hours": round(
            figures.person_hours(
                event.starts_at, event.ends_at, attendance.joined_at, attendance.left_at, attendance.persons
            ),
            2,
        ),
    }
    kept = {name: getattr(attendance, name) for name in AttendanceView.model_fields if name not in computed}
    return AttendanceView.model_validate(kept | computed)


async def named(body: Annotated[OneOrMany, Body()], resources: Opened, _caller: Writer) -> Named:
    """The body with its suppliers, which are found before the transaction begins."""
    many = isinstance(body, list)
    bodies = body if isinstance(body, list) else [body]
    pointers = [f"#/{n}" for n in range(len(bodies))] if many else ["#"]
    found = await suppliers.identify(resources, bodies, pointers)
    news = zip(bodies, found, pointers, strict=True)
    return Named([(one, known, pointer) for one, known, pointer in news if known is not None], many)


@router.post("", status_code=201)
async def record_attendances(
    event_id: UUID,
    given: Annotated[Named, Depends(named)],
    session: Transaction,
    caller: Writer,
    response: Response,
) -> AttendanceView | AttendanceList:
    """Record one attendance, or a list of up to 500, all or none."""
    added = await attendances.record_attendances(session, caller.actor, event_id, given.news)
    event = await rows.get(session, Event, event_id, "event")
    shown = [view(attendance, event, known.code) for attendance, (_, known, _) in zip(added, given.news, strict=True)]
    if given.many:
        return AttendanceList(items=shown)
    set_etag(response, shown[0].version, event.version)
    response.headers["Location"] = f"/v1/events/{event_id}/attendances/{shown[0].id}"
    return shown[0]


@router.get("")
async def list_attendances(
    event_id: UUID,
    session: Reading,
    caller: Reader,
    pages: Pages,
    supplier_id: Annotated[UUID | None, Query(description="Only this supplier's")] = None,
) -> Page[AttendanceView]:
    """List an event's attendances, withdrawn ones included."""
    caller.refuse_bound("event")
    event = await rows.get(session, Event, event_id, "event")
    query = repository.attendances_of(event_id, supplier_id)
    found, following = await pages.read(session, query, Attendance.id)
    return Page(items=[view(row.Attendance, event, row.code) for row in found], next_cursor=following)


@router.get("/{attendance_id}")
async def get_attendance(
    event_id: UUID, attendance_id: UUID, session: Reading, caller: Reader, response: Response
) -> AttendanceView:
    """Read one attendance."""
    caller.refuse_bound("attendance")
    attendance = await attendances.get_attendance(session, event_id, attendance_id)
    event = await rows.get(session, Event, event_id, "event")
    # Its hours depend on the event's times.
    set_etag(response, attendance.version, event.version)
    return view(attendance, event, await copies.code_of(session, attendance.supplier_id))


@router.patch("/{attendance_id}")
async def change_attendance(
    event_id: UUID,
    attendance_id: UUID,
    body: AttendancePatch,
    expected: IfMatch,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> AttendanceView:
    """Change the fields that the body names; a rating given after the event comes this way."""
    event, attendance = await attendances.change_attendance(
        session, caller.actor, event_id, attendance_id, expected, body
    )
    set_etag(response, attendance.version, event.version)
    return view(attendance, event, await copies.code_of(session, attendance.supplier_id))


@router.post("/{attendance_id}/withdraw")
async def withdraw_attendance(
    event_id: UUID,
    attendance_id: UUID,
    body: Withdrawal,
    expected: IfMatch,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> AttendanceView:
    """Withdraw an attendance that was recorded by mistake."""
    event, attendance = await attendances.withdraw_attendance(
        session, caller.actor, event_id, attendance_id, expected, body
    )
    set_etag(response, attendance.version, event.version)
    return view(attendance, event, await copies.code_of(session, attendance.supplier_id))
