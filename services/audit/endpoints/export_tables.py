"""Which columns the lists have as files: the fields of their answers, under the same names."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.endpoints import audit_views, finding_views
from services.audit.endpoints.exports import Table
from services.audit.models import SurveyResponse
from services.audit.schemas.audits import AuditView
from services.audit.schemas.findings import FindingView
from services.audit.schemas.responses import ResponseView
from shared.auth.principal import Principal


def finding_table(caller: Principal) -> Table:
    """Findings; for a supplier without the internal notes."""

    async def show(_session: AsyncSession, rows: Sequence[Any]) -> Sequence[Any]:
        return finding_views.views(rows, caller)

    hidden = {"internal_note"} if caller.supplier_id is not None else set()
    return Table("findings", [name for name in FindingView.model_fields if name not in hidden], show)


def audit_table() -> Table:
    """Audits with their figures."""
    return Table("audits", list(AuditView.model_fields), audit_views.views)


async def response_table(session: AsyncSession, survey_id: UUID) -> Table:
    """A campaign's responses, with a column for each category that someone has a score in."""
    names = select(func.jsonb_object_keys(SurveyResponse.scores).label("name")).where(
        SurveyResponse.survey_id == survey_id
    )
    categories = (await session.scalars(names.distinct().order_by("name"))).all()
    fields = [name for name in ResponseView.model_fields if name != "scores"]

    async def show(_session: AsyncSession, rows: Sequence[Any]) -> Sequence[Mapping[str, Any]]:
        return [_response(row, fields) for row in rows]

    return Table("responses", [*fields, *[f"scores.{name}" for name in categories]], show)


def _response(row: Any, fields: Sequence[str]) -> dict[str, Any]:
    held = {name: getattr(row.SurveyResponse, name) for name in fields if name != "supplier_code"}
    scores = {f"scores.{name}": answer["score"] for name, answer in row.SurveyResponse.scores.items()}
    return {**held, "supplier_code": row.supplier_code, **scores}
