"""`/v1/events/{event_id}/attendance-reports`."""

import asyncio
from dataclasses import asdict, dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from services.engagement.domain.attendance_reports import layouts
from services.engagement.endpoints.callers import Reader, Writer
from services.engagement.models import AttendanceReport, Event, ReportedPerson
from services.engagement.repository import attendance_reports as repository
from services.engagement.repository import rows
from services.engagement.repository.attendance_reports import Counts
from services.engagement.schemas.attendance_reports import (
    AttendanceReportView,
    DateFormat,
    Ignoring,
    ReportedPersonView,
    State,
)
from services.engagement.schemas.fields import TimeZone
from services.engagement.schemas.suppliers import NamesSupplier
from services.engagement.service import suppliers
from services.engagement.service.attendance import reports as attendance_reports
from services.engagement.service.attendance.reports import Upload
from services.engagement.service.suppliers import Known
from shared.errors import Unsupported
from shared.imports import encodings, files
from shared.web.caller import Opened
from shared.web.etags import IfMatch, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/events/{event_id}/attendance-reports", "attendance reports")
_BYTES = {"schema": {"type": "string", "format": "binary"}}  # whatever the text's encoding
CSV_BODY = {"requestBody": {"required": True, "content": {"text/csv": _BYTES}}}


@dataclass(frozen=True, slots=True)
class Place:
    """A person in a report on an event."""

    event_id: UUID
    report_id: UUID
    person_id: UUID

    @property
    def ids(self) -> tuple[UUID, UUID, UUID]:
        """Event, report, person."""
        return self.event_id, self.report_id, self.person_id


def view(report: AttendanceReport, counts: Counts) -> AttendanceReportView:
    """A report as the API shows it."""
    computed = {**asdict(counts), "people": counts.mapped + counts.undecided + counts.ignored}
    kept = {name: getattr(report, name) for name in AttendanceReportView.model_fields if name not in computed}
    return AttendanceReportView.model_validate(kept | computed)


async def read_upload(
    request: Request,
    _caller: Writer,
    time_zone: Annotated[
        TimeZone | None, Query(description="Of its clocks; that of the event if none is named")
    ] = None,
    date_format: Annotated[DateFormat, Query(description="us 04/16/2026, eu 16/04/2026")] = "us",
) -> Upload:
    """The report that the request carries, read before the transaction begins."""
    content_type = request.headers.get("content-type")
    if files.media_type_of(content_type) != files.CSV:
        raise Unsupported("Send the report as text/csv, as the meeting tool exported it.")
    data, charset = await request.body(), files.charset_of(content_type)

    def read() -> Upload:
        text = "".join(encodings.lines_of(data, encodings.find_encoding(data, charset), newline=""))
        layout, stays = layouts.read_report(text, date_format)
        return Upload(attendance_reports.digest_of(data, charset, time_zone, date_format), layout, stays, time_zone)

    return await asyncio.to_thread(read)


async def named(body: NamesSupplier, resources: Opened, _caller: Writer) -> Known | None:
    """The supplier of the body, which is found before the transaction begins."""
    return (await suppliers.identify(resources, [body], ["#"]))[0]


@router.post(
    "",
    status_code=201,
    openapi_extra=CSV_BODY,
    responses={200: {"model": AttendanceReportView, "description": "Known already"}},
)
async def post_attendance_report(
    event_id: UUID,
    upload: Annotated[Upload, Depends(read_upload)],
    session: Transaction,
    caller: Writer,
    resources: Opened,
    response: Response,
) -> AttendanceReportView:
    """Hand in a report of Zoom or Teams: whoever is mapped to a supplier attends the event.

    People are mapped by a supplier's code, by the address that was invited, or by its domain. The others are listed to
    be decided about. The same report again changes nothing and is answered with 200.
    """
    caller.refuse_bound("event")
    report, is_new = await attendance_reports.take_report(session, resources.cursor_key, caller.actor, event_id, upload)
    if not is_new:
        response.status_code = 200
    response.headers["Location"] = f"/v1/events/{event_id}/attendance-reports/{report.id}"
    set_etag(response, report.version)
    return view(report, (await repository.count_people(session, [report.id]))[report.id])


@router.get("")
async def list_attendance_reports(
    event_id: UUID, session: Reading, caller: Reader, pages: Pages
) -> Page[AttendanceReportView]:
    """List an event's reports."""
    caller.refuse_bound("event")
    await rows.get(session, Event, event_id, "event")
    found, following = await pages.read(session, repository.reports_of(event_id), AttendanceReport.id)
    reports = [row.AttendanceReport for row in found]
    counts = await repository.count_people(session, [report.id for report in reports])
    return Page(items=[view(report, counts[report.id]) for report in reports], next_cursor=following)


@router.get("/{report_id}")
async def get_attendance_report(
    event_id: UUID, report_id: UUID, session: Reading, caller: Reader, response: Response
) -> AttendanceReportView:
    """Read one report: how many are mapped, undecided, ignored."""
    caller.refuse_bound("attendance report")
    report = await repository.get_report(session, event_id, report_id)
    set_etag(response, report.version)
    return view(report, (await repository.count_people(session, [report_id]))[report_id])


@router.get("/{report_id}/people")
async def list_reported_people(
    event_id: UUID,
    report_id: UUID,
    session: Reading,
    caller: Writer,
    pages: Pages,
    state: Annotated[State | None, Query(description="Only those in this state")] = None,
) -> Page[ReportedPersonView]:
    """List the people of a report; the names of undecided ones are for those who decide, hence the scope."""
    caller.refuse_bound("attendance report")
    await repository.get_report(session, event_id, report_id)
    found, following = await pages.read(session, repository.people_of(report_id, state), ReportedPerson.id)
    return Page(items=[ReportedPersonView.model_validate(row.ReportedPerson) for row in found], next_cursor=following)


@router.post("/{report_id}/people/{person_id}/assign")
async def assign_reported_person(
    place: Annotated[Place, Depends()],
    known: Annotated[Known, Depends(named)],
    expected: IfMatch,
    session: Transaction,
    caller: Writer,
    resources: Opened,
    response: Response,
) -> ReportedPersonView:
    """Say whose person this is: the attendance is recorded, name and address are emptied."""
    caller.refuse_bound("attendance report")
    row = await attendance_reports.assign_person(
        session, resources.cursor_key, caller.actor, place.ids, expected, known
    )
    set_etag(response, row.version)
    return ReportedPersonView.model_validate(row)


@router.post("/{report_id}/people/{person_id}/ignore")
async def ignore_reported_person(
    place: Annotated[Place, Depends()],
    body: Ignoring,
    expected: IfMatch,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> ReportedPersonView:
    """Say that this is no supplier's person: name and address are emptied."""
    caller.refuse_bound("attendance report")
    row = await attendance_reports.ignore_person(session, caller.actor, place.ids, expected, body.reason)
    set_etag(response, row.version)
    return ReportedPersonView.model_validate(row)
