"""`/v1/events/{event_id}/treated-findings`: what a support meeting treats."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Header, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.endpoints.callers import Reader, Writer
from services.engagement.models import Event, TreatedFinding
from services.engagement.repository import meetings as repository
from services.engagement.repository import rows
from services.engagement.schemas.meetings import TreatedFindingBody, TreatedFindingView
from services.engagement.service.meeting import meetings
from shared.web.etags import IfMatchWhereGiven, if_match, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/events/{event_id}/treated-findings", "support meetings")

FROM_COPIES = (
    "supplier_code",
    "standard",
    "code_version",
    "provision",
    "severity",
    "closed_on",
    "finding_withdrawn_on",
)


def view(row: Any) -> TreatedFindingView:
    """A treated finding as the API shows it."""
    copied = {name: getattr(row, name) for name in FROM_COPIES}
    kept = {name: getattr(row.TreatedFinding, name) for name in TreatedFindingView.model_fields if name not in copied}
    return TreatedFindingView.model_validate(kept | copied)


@router.put("/{finding_id}", responses={201: {"model": TreatedFindingView, "description": "The meeting treats it now"}})
async def treat_finding(
    event_id: UUID,
    finding_id: UUID,
    body: TreatedFindingBody,
    session: Transaction,
    caller: Writer,
    response: Response,
    header: Annotated[
        str | None,
        Header(alias="If-Match", description="The ETag that the change is based on; needed where it is treated"),
    ] = None,
) -> TreatedFindingView:
    """Have a support meeting treat a finding, with its root cause and what helps; before, in or after the meeting.

    The finding must have arrived here from the audit service, which takes seconds.
    """
    expected = None if header is None else if_match(header)
    is_new = await meetings.treat_finding(session, caller.actor, event_id, finding_id, expected, body)
    response.status_code = 201 if is_new else 200
    if is_new:
        response.headers["Location"] = f"/v1/events/{event_id}/treated-findings/{finding_id}"
    return await _single(session, event_id, finding_id, response)


@router.get("")
async def list_treated_findings(
    event_id: UUID, session: Reading, caller: Reader, pages: Pages
) -> Page[TreatedFindingView]:
    """List what a support meeting treats; a supplier sees its own findings."""
    await rows.get(session, Event, event_id, "event")
    query = repository.treated_findings(event_id, caller.supplier_id)
    found, following = await pages.read(session, query, TreatedFinding.id)
    return Page(items=[view(row) for row in found], next_cursor=following)


@router.get("/{finding_id}")
async def get_treated_finding(
    event_id: UUID, finding_id: UUID, session: Reading, caller: Reader, response: Response
) -> TreatedFindingView:
    """Read what a support meeting says of a finding."""
    row = await repository.get_treated_row(session, event_id, finding_id)
    caller.see_only_own(row.TreatedFinding.supplier_id, "treated finding")
    return await _single(session, event_id, finding_id, response)


@router.delete("/{finding_id}", status_code=204)
async def stop_treating_finding(
    event_id: UUID, finding_id: UUID, expected: IfMatchWhereGiven, session: Transaction, caller: Writer
) -> None:
    """Take a finding out of a meeting that does not treat it after all."""
    await meetings.stop_treating(session, caller.actor, event_id, finding_id, expected)


async def _single(session: AsyncSession, event_id: UUID, finding_id: UUID, response: Response) -> TreatedFindingView:
    row = await repository.get_treated_row(session, event_id, finding_id)
    # What is shown of the finding itself changes with what the audit service tells.
    set_etag(response, row.TreatedFinding.version, row.finding_pos)
    return view(row)
