"""`/v1/findings/{finding_id}/history` and `/plans`: all that was done, all that was submitted."""

from uuid import UUID

from sqlalchemy import select

from services.audit.endpoints.callers import Reader
from services.audit.endpoints.finding_views import get_own
from services.audit.models import Plan
from services.audit.schemas.findings import PlanView
from services.audit.schemas.history import FindingHistoryEntry
from services.audit.service import history
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading

router = new_router("/v1/findings/{finding_id}", "findings")


@router.get("/history")
async def read_history(finding_id: UUID, session: Reading, caller: Reader) -> Page[FindingHistoryEntry]:
    """Read who did what to the finding and when, oldest first, on one page."""
    finding = await get_own(session, finding_id, caller)
    return Page(items=await history.list_history(session, finding), next_cursor=None)


@router.get("/plans")
async def list_plans(finding_id: UUID, session: Reading, caller: Reader, pages: Pages) -> Page[PlanView]:
    """List all plans that were submitted for the finding, oldest first."""
    await get_own(session, finding_id, caller)
    rows, following = await pages.read(session, select(Plan, Plan.n).where(Plan.finding_id == finding_id), Plan.n)
    return Page(items=[PlanView.model_validate(row.Plan) for row in rows], next_cursor=following)
