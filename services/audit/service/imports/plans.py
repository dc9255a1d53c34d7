"""Taking in a batch of plans, from a sheet that was filled in."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.models import Plan
from services.audit.repository import plans as repository
from services.audit.schemas.findings import PlanBody
from services.audit.schemas.plan_sheets import TO_FILL_IN, PlanRow
from services.audit.service import finding_steps
from shared.auth.principal import Actor
from shared.errors import BellwetherError
from shared.imports import Row, RowError, Unchanged


async def apply_plans(session: AsyncSession, actor: Actor, rows: Sequence[Row[PlanRow]]) -> list[RowError | Unchanged]:
    """Submit the plans of a batch by the rules of a single one; its findings are locked at once, in one order.

    A line with nothing filled in, or with what was submitted last, changes nothing. A finding of another supplier is
    none that its client could name.
    """
    findings = await repository.lock_findings(session, {row.data.finding_ref for row in rows}, actor.supplier_id)
    plans = await repository.list_last_plans(session, [finding.id for finding in findings.values()])
    said: list[RowError | Unchanged] = []
    for row in rows:
        finding = findings.get(row.data.finding_ref)
        if finding is None:
            said.append(RowError(row.line, "finding_ref", f"there is no finding {row.data.finding_ref}"))
            continue
        last = plans.get(finding.id)
        fields = _fields(row, last)
        if _says_nothing_new(row, last, fields):
            said.append(Unchanged(row.line))
            continue
        try:
            body = PlanBody.model_validate({name: value for name, value in fields.items() if value is not None})
            await finding_steps.submit_plan(session, actor, finding, body)
        except ValidationError as error:
            said.extend(_complaint(row.line, item) for item in error.errors())
        except BellwetherError as error:
            said.append(RowError(row.line, "", error.detail))
    return said


def _fields(row: Row[PlanRow], last: Plan | None) -> dict[str, Any]:
    """The plan that a row asks for: the last one, with what the row sets."""
    return {name: getattr(row.data if name in row.given else last, name, None) for name in TO_FILL_IN}


def _says_nothing_new(row: Row[PlanRow], last: Plan | None, fields: dict[str, Any]) -> bool:
    if all(getattr(row.data, name) is None for name in TO_FILL_IN):
        return True
    return last is not None and all(getattr(last, name) == value for name, value in fields.items())


def _complaint(line: int, item: Any) -> RowError:
    column = str(item["loc"][0]) if item["loc"] else ""
    message = "a value is required" if item["type"] == "missing" else item["msg"].removeprefix("Value error, ")
    return RowError(line, column, message)
