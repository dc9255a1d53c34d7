"""`/v1/recalculations`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.recalculations import Recalculation
from services.scoring.repository import recalculations as repository
from services.scoring.repository.recalculations import Progress
from services.scoring.schemas.recalculations import NewRecalculation, RecalculationStatus, RecalculationView
from services.scoring.service import recalculations
from shared.auth.principal import Principal
from shared.web.caller import scoped
from shared.web.etags import IfMatch, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/recalculations", "scores")

Reader = Annotated[Principal, scoped("scoring:read")]
Writer = Annotated[Principal, scoped("scoring:write")]


def view(recalculation: Recalculation, progress: Progress) -> RecalculationView:
    """A recalculation as the API shows it."""
    pace = recalculations.pace_of(recalculation, progress)
    names = ("id", "version", "status", "reason", "created_by", "created_at", "started_at", "finished_at")
    total = None if recalculation.started_at is None else recalculation.total
    finished = 100.0 if recalculation.status == "succeeded" else 0.0
    return RecalculationView(
        **{name: getattr(recalculation, name) for name in names},
        total=total,
        done=progress.done,
        changed=progress.changed,
        percent=round(100 * progress.done / total, 2) if total else finished,
        chunks=progress.chunks,
        chunks_done=progress.chunks_done,
        suppliers_per_second=pace.suppliers_per_second,
        expected_at=pace.expected_at,
    )


@router.post("", status_code=202)
async def request_recalculation(
    body: NewRecalculation, session: Transaction, caller: Writer, response: Response
) -> RecalculationView:
    """Have every supplier scored anew; 409 while that is being done already."""
    caller.refuse_bound("recalculation")
    recalculation = await recalculations.request_recalculation(session, caller.actor, body.reason)
    response.headers["Location"] = f"/v1/recalculations/{recalculation.id}"
    return await _answer(session, recalculation, response)


@router.get("")
async def list_recalculations(
    session: Reading,
    caller: Reader,
    pages: Pages,
    status: Annotated[RecalculationStatus | None, Query(description="Only recalculations in this state")] = None,
) -> Page[RecalculationView]:
    """List recalculations, the newest first."""
    caller.refuse_bound("recalculation")
    query = select(Recalculation, Recalculation.id)
    if status is not None:
        query = query.where(Recalculation.status == status)
    rows, following = await pages.read(session, query, Recalculation.id, descending=True)
    progress = await repository.read_progress(session, [row.id for row in rows])
    items = [view(row.Recalculation, progress.get(row.id, Progress())) for row in rows]
    return Page(items=items, next_cursor=following)


@router.get("/{recalculation_id}")
async def get_recalculation(
    recalculation_id: UUID, session: Reading, caller: Reader, response: Response
) -> RecalculationView:
    """Read how far a recalculation is."""
    caller.refuse_bound("recalculation")
    return await _answer(session, await repository.get_recalculation(session, recalculation_id), response)


@router.post("/{recalculation_id}/cancel")
async def cancel_recalculation(
    recalculation_id: UUID, expected: IfMatch, session: Transaction, caller: Writer, response: Response
) -> RecalculationView:
    """Call a recalculation off; scores that it has written stay, and are as right as any."""
    caller.refuse_bound("recalculation")
    recalculation = await recalculations.cancel_recalculation(session, caller.actor, recalculation_id, expected)
    return await _answer(session, recalculation, response)


async def _answer(session: AsyncSession, recalculation: Recalculation, response: Response) -> RecalculationView:
    progress = await repository.read_progress(session, [recalculation.id])
    shown = view(recalculation, progress.get(recalculation.id, Progress()))
    set_etag(response, shown.version, shown.chunks_done)
    return shown
