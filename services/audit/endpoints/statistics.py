"""`/v1/statistics`: figures over findings and audits."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Response
from pydantic import BaseModel, Field

from services.audit.clients import ScoringPolicy
from services.audit.domain.due_dates import Severity
from services.audit.domain.statistics import Period, period
from services.audit.endpoints.callers import Reader
from services.audit.endpoints.export_tables import dated
from services.audit.schemas.fields import AuditKind
from services.audit.schemas.statistics import (
    AuditFigures,
    AuditGroupBy,
    AuditStatistics,
    FindingGroup,
    FindingGroupBy,
    FindingStatistics,
)
from services.audit.service import statistics
from services.audit.service.today import today
from shared.days import Day
from shared.errors import FieldError, Invalid
from shared.web.caller import Opened
from shared.web.exports import AS_FILE, WantedFile, small_file
from shared.web.rendering import to_json
from shared.web.route import new_router
from shared.web.transaction import Reading

router = new_router("/v1/statistics", "statistics")

NESTED = ("days_to_close", "previous")


class Span(BaseModel):
    """Which days, and how many groups."""

    first: Day | None = Field(
        default=None, alias="from", description="First day, included; a year before `to` unless given"
    )
    last: Day | None = Field(default=None, alias="to", description="Last day, included; `as_of` unless given")
    limit: int = Field(default=1000, ge=1, le=20_000, description="The most groups; the largest are given")


class FindingSpan(Span):
    """Which findings, grouped how."""

    group_by: FindingGroupBy
    as_of: Day | None = Field(default=None, description="Improved is what was closed by that day; today unless given")
    standard: str | None = None
    code_version: str | None = None
    provision: str | None = Field(default=None, description="Read it together with code_version")
    severity: Severity | None = None
    country: str | None = None
    supply_tier: int | None = None
    supplier_id: UUID | None = None
    audit_kind: AuditKind | None = None


class AuditSpan(Span):
    """Which audits, grouped how."""

    group_by: AuditGroupBy


async def ask_policy(
    caller: Reader, asked: Annotated[FindingSpan, Query()], resources: Opened
) -> tuple[FindingSpan, ScoringPolicy | None]:
    """What is asked for, and the policy that it needs, before the transaction begins."""
    caller.refuse_bound("statistics")
    return asked, await statistics.find_policy(resources, asked.group_by, asked.as_of or today())


@router.get("/findings", response_model=FindingStatistics, responses=AS_FILE)
async def count_findings(
    given: Annotated[tuple[FindingSpan, ScoringPolicy | None], Depends(ask_policy)],
    session: Reading,
    wanted: WantedFile,
) -> Response:
    """Count findings by group, with the improvement rate, days to close and the year before.

    Where a file is asked for, its last row is the total.
    """
    asked, policy = given
    day = today()
    filters = asked.model_dump(include=set(FindingSpan.model_fields) - {*Span.model_fields, "group_by", "as_of"})
    question = statistics.FindingQuestion(
        asked.group_by, _checked(period(asked.first, asked.last, asked.as_of, day)), filters, asked.limit
    )
    body = await statistics.count_findings(session, question, policy, day)
    return await _answer(body, wanted, f"findings-by-{asked.group_by}", FindingGroup.model_fields, day)


@router.get("/audits", response_model=AuditStatistics, responses=AS_FILE)
async def count_audits(
    asked: Annotated[AuditSpan, Query()], session: Reading, caller: Reader, wanted: WantedFile
) -> Response:
    """Count audits by group, with their outcomes; a file's last row is the total."""
    caller.refuse_bound("statistics")
    day = today()
    span = _checked(period(asked.first, asked.last, None, day))
    body = await statistics.count_audits(session, asked.group_by, span.first, span.last, day, asked.limit)
    columns = ["key", *AuditFigures.model_fields]
    return await _answer(body, wanted, f"audits-by-{asked.group_by}", columns, day)


def _checked(span: Period) -> Period:
    if span.first > span.last:
        detail = f"`from` ({span.first}) lies after `to` ({span.last})."
        raise Invalid(detail, code="period-invalid", fields=[FieldError("query: from", "lies after `to`")])
    return span


async def _answer(
    body: Mapping[str, Any], wanted: str | None, name: str, columns: Iterable[str], day: date
) -> Response:
    content = to_json(body)
    digest = hashlib.blake2b(content, digest_size=12).hexdigest()
    etag = f'"{day}-{digest}-{(wanted or "json").rpartition("/")[2]}"'
    if wanted is None:
        return Response(content, headers={"ETag": etag}, media_type="application/json")
    groups = body["groups"]
    flat = [_flat(group) for group in [*groups, {"key": "total", **body["total"]}]]
    ordered = [column for column in ("key", "title", "standard", "code_version", "supplier_id") if column in columns]
    header = [*ordered, *[column for column in _flat(body["total"]) if column not in ordered]]
    rows = [[row.get(column) for column in header] for row in flat]
    return await small_file(wanted, dated(name), header, rows, etag=etag)


def _flat(group: Mapping[str, Any]) -> dict[str, Any]:
    """A group as cells: what has parts becomes a column per part."""
    cells: dict[str, Any] = {}
    for name, value in group.items():
        parts = {f"{name}.{part}": figure for part, figure in value.items()} if name in NESTED else {name: value}
        cells.update(parts)
    return cells
