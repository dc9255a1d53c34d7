"""Which columns the lists have as files: the fields of their answers, under the same names."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.endpoints import audit_views, finding_views
from services.audit.models import SurveyResponse
from services.audit.schemas.audits import AuditView
from services.audit.schemas.findings import FindingView
from services.audit.schemas.responses import ResponseView
from services.audit.service.today import today
from shared.auth.principal import Principal
from shared.sheets import Cell
from shared.web.exports import Table

Query = Select[*tuple[Any, ...]]
Show = Callable[[AsyncSession, Sequence[Any]], Awaitable[Sequence[Any]]]
"""What the API shows of some rows: with the columns as keys or as attributes."""


def finding_table(caller: Principal, query: Query) -> Table:
    """Findings; for a supplier without the internal notes."""

    async def show(_session: AsyncSession, rows: Sequence[Any]) -> Sequence[Any]:
        return finding_views.views(rows, caller)

    hidden = {"internal_note"} if caller.supplier_id is not None else set()
    return _table("findings", [name for name in FindingView.model_fields if name not in hidden], query, show)


def audit_table(query: Query) -> Table:
    """Audits with their figures."""
    return _table("audits", list(AuditView.model_fields), query, audit_views.views)


async def response_table(session: AsyncSession, survey_id: UUID, query: Query) -> Table:
    """A campaign's responses, with a column for each category that someone has a score in."""
    names = select(func.jsonb_object_keys(SurveyResponse.scores).label("name")).where(
        SurveyResponse.survey_id == survey_id
    )
    categories = (await session.scalars(names.distinct().order_by("name"))).all()
    fields = [name for name in ResponseView.model_fields if name != "scores"]

    async def show(_session: AsyncSession, rows: Sequence[Any]) -> Sequence[Mapping[str, Any]]:
        return [_response(row, fields) for row in rows]

    return _table("responses", [*fields, *[f"scores.{name}" for name in categories]], query, show)


def dated(name: str) -> str:
    """What a file of today is called."""
    return f"{name}-{today().isoformat()}"


def _table(name: str, header: Sequence[str], query: Query, show: Show) -> Table:
    async def cells(session: AsyncSession, rows: Sequence[Any]) -> Sequence[Sequence[Cell]]:
        return [_cells(header, shown) for shown in await show(session, rows)]

    return Table(dated(name), header, query, cells)


def _cells(header: Sequence[str], shown: Any) -> list[Cell]:
    if isinstance(shown, Mapping):
        return [_cell(shown.get(name)) for name in header]
    return [_cell(getattr(shown, name)) for name in header]


def _cell(value: Any) -> Cell:
    """A field of an answer as one cell: lists joined by vertical bars, whatever has parts as JSON."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return "|".join(value)
    if isinstance(value, dict | list):
        return json.dumps(value, default=str, ensure_ascii=False)
    if hasattr(value, "model_dump"):
        return json.dumps(value.model_dump(mode="json"), ensure_ascii=False)
    known: Cell = str(value) if isinstance(value, UUID) else value
    return known


def _response(row: Any, fields: Sequence[str]) -> dict[str, Any]:
    held = {name: getattr(row.SurveyResponse, name) for name in fields if name != "supplier_code"}
    scores = {f"scores.{name}": answer["score"] for name, answer in row.SurveyResponse.scores.items()}
    return {**held, "supplier_code": row.supplier_code, **scores}
