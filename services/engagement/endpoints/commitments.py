"""`/v1/events/{event_id}/commitments` and `/v1/commitments`: what suppliers promise in support meetings."""

from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import rules
from services.engagement.domain.commitments import Status, is_overdue
from services.engagement.endpoints.callers import Reader, Writer
from services.engagement.models import Commitment, Event
from services.engagement.repository import meetings as repository
from services.engagement.repository import rows
from services.engagement.schemas.meetings import CommitmentWithdrawal, MeetingCommitmentView, NewCommitment
from services.engagement.service.meeting import commitments, meetings
from shared.auth.principal import Principal
from shared.days import IsoDate
from shared.web.etags import IfMatchWhereGiven, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

event_router = new_router("/v1/events/{event_id}/commitments", "support meetings")
router = new_router("/v1/commitments", "support meetings")


def view(row: Any, caller: Principal, today: date) -> MeetingCommitmentView:
    """A commitment as the API shows it; what went wrong in telling of it is no supplier's business."""
    held = row.Commitment
    computed = {
        "event_ref": row.event_ref,
        "supplier_code": row.supplier_code,
        "made_on": rules.utc_day(row.starts_at),
        "overdue": is_overdue(held.status, held.due_on, row.finding_withdrawn_on, today),
        "trouble": held.trouble if caller.supplier_id is None else None,
    }
    kept = {name: getattr(held, name) for name in MeetingCommitmentView.model_fields if name not in computed}
    return MeetingCommitmentView.model_validate(kept | computed)


@event_router.post("", status_code=201)
async def make_meeting_commitment(
    event_id: UUID, body: NewCommitment, session: Transaction, caller: Writer, response: Response
) -> MeetingCommitmentView:
    """Record what a supplier promised about a finding that the meeting treats; the finding then shows it.

    Not before the meeting's day (UTC). A closed finding takes commitments too: on what keeps it from coming back.
    """
    meeting = await meetings.lock_meeting(session, event_id)
    made = await commitments.make_commitment(session, caller.actor, meeting, body, datetime.now(UTC))
    response.headers["Location"] = f"/v1/events/{event_id}/commitments/{made.id}"
    return await _single(session, event_id, made.id, caller, response)


@event_router.get("")
async def list_event_commitments(
    event_id: UUID, session: Reading, caller: Reader, pages: Pages
) -> Page[MeetingCommitmentView]:
    """List what was promised in a support meeting; a supplier sees its own commitments."""
    await rows.get(session, Event, event_id, "event")
    today = _today()
    query = repository.commitments_matching(today=today, event_id=event_id, supplier_id=caller.supplier_id)
    found, following = await pages.read(session, query, Commitment.id)
    return Page(items=[view(row, caller, today) for row in found], next_cursor=following)


@event_router.get("/{commitment_id}")
async def get_meeting_commitment(
    event_id: UUID, commitment_id: UUID, session: Reading, caller: Reader, response: Response
) -> MeetingCommitmentView:
    """Read one commitment."""
    return await _single(session, event_id, commitment_id, caller, response)


@event_router.post("/{commitment_id}/withdraw")
async def withdraw_meeting_commitment(
    event_id: UUID,
    commitment_id: UUID,
    body: CommitmentWithdrawal,
    expected: IfMatchWhereGiven,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> MeetingCommitmentView:
    """Withdraw a commitment that holds no longer; the finding then shows that too. What was kept stays."""
    await commitments.withdraw_commitment(session, caller.actor, event_id, commitment_id, expected, body.reason)
    return await _single(session, event_id, commitment_id, caller, response)


@router.get("")
async def list_meeting_commitments(
    session: Reading,
    caller: Reader,
    pages: Pages,
    supplier_id: Annotated[UUID | None, Query()] = None,
    finding_id: Annotated[UUID | None, Query()] = None,
    status: Annotated[Status | None, Query()] = None,
    overdue: Annotated[
        bool | None, Query(description="Open past the due date today (UTC), its finding not withdrawn")
    ] = None,
    due_before: Annotated[IsoDate | None, Query(description="Due before this day, whatever its status")] = None,
) -> Page[MeetingCommitmentView]:
    """List commitments of all meetings in the order in which they were made; a supplier sees its own."""
    if caller.supplier_id is not None:
        if supplier_id is not None:
            caller.see_only_own(supplier_id, "supplier")
        supplier_id = caller.supplier_id
    today = _today()
    query = repository.commitments_matching(
        today=today,
        finding_id=finding_id,
        supplier_id=supplier_id,
        status=status,
        overdue=overdue,
        due_before=due_before,
    )
    found, following = await pages.read(session, query, Commitment.id)
    return Page(items=[view(row, caller, today) for row in found], next_cursor=following)


async def _single(
    session: AsyncSession, event_id: UUID, commitment_id: UUID, caller: Principal, response: Response
) -> MeetingCommitmentView:
    today = _today()
    row = await repository.get_commitment_row(session, event_id, commitment_id, today)
    caller.see_only_own(row.Commitment.supplier_id, "commitment")
    # Whether it is overdue depends on the finding and on the day; the day it was made is the meeting's.
    day_made, is_moot = rules.utc_day(row.starts_at), row.finding_withdrawn_on is not None
    set_etag(response, row.Commitment.version, day_made, today, int(is_moot))
    return view(row, caller, today)


def _today() -> date:
    return rules.utc_day(datetime.now(UTC))
