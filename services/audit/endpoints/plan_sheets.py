"""`/v1/plans`: the findings that need a plan, as JSON or as a sheet to fill in and to post to `/v1/imports/plans`."""

import asyncio
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import Select

from services.audit.domain.findings import PLANLESS, State
from services.audit.endpoints.callers import Reader
from services.audit.endpoints.export_tables import dated
from services.audit.models import Finding
from services.audit.repository import findings as repository
from services.audit.schemas.plan_sheets import SHEET_COLUMNS, TO_FILL_IN, PlanLine
from services.audit.service.plan_sheets import plan_lines
from services.audit.service.today import today
from shared import sheets
from shared.errors import TooLarge
from shared.web.exports import AS_FILE, WantedFile, attachment
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading

MOST_IN_SHEET = 10_000
DATES = ("starts_on", "completes_on")

router = new_router("/v1/plans", "corrective action plans")


@router.get("", response_model=Page[PlanLine], responses=AS_FILE)
async def list_plan_lines(
    session: Reading,
    caller: Reader,
    pages: Pages,
    wanted: WantedFile,
    status: Annotated[
        State | Literal["needed", "all"], Query(description="needed: open, or the plan was rejected")
    ] = "needed",
    supplier_id: Annotated[UUID | None, Query()] = None,
    audit_id: Annotated[UUID | None, Query()] = None,
    overdue: Annotated[bool | None, Query(description="Past the due date today (UTC) and not implemented")] = None,
) -> Page[PlanLine] | Response:
    """List findings that need a plan, with the last one; as XLSX a sheet to fill in. A supplier sees its own.

    The filled-in sheet goes to `POST /v1/imports/plans` as it is.
    """
    if caller.supplier_id is not None:
        if supplier_id is not None:
            caller.see_only_own(supplier_id, "supplier")
        supplier_id = caller.supplier_id
    query = repository.findings_matching(today=today(), supplier_id=supplier_id, audit_id=audit_id, overdue=overdue)
    if status != "all":
        query = query.where(Finding.status.in_(sorted(PLANLESS) if status == "needed" else [status]))
    if wanted is not None:
        return await _sheet(session, wanted, query)
    rows, following = await pages.read(session, query, Finding.id)
    return Page(items=await plan_lines(session, rows), next_cursor=following)


async def _sheet(session: Reading, wanted: str, query: Select[*tuple[Any, ...]]) -> Response:
    rows = (await session.execute(query.order_by(Finding.id).limit(MOST_IN_SHEET + 1))).all()
    if len(rows) > MOST_IN_SHEET:
        raise TooLarge(f"A sheet takes at most {MOST_IN_SHEET} plans: filter the list.", code="export-too-large")
    lines = [[getattr(line, name) for name in SHEET_COLUMNS] for line in await plan_lines(session, rows)]
    if wanted == sheets.CSV:
        content = b"".join(sheets.csv_lines(SHEET_COLUMNS, lines))
    else:
        content = await asyncio.to_thread(
            sheets.workbook, "plans", SHEET_COLUMNS, lines, editable=TO_FILL_IN, dates=DATES
        )
    return Response(content, media_type=wanted, headers=attachment(dated("plans"), wanted))
