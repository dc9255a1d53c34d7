"""Statistics: read from the tables by one statement each."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.domain.statistics import CategoryRules, Period
from services.audit.repository import audit_statistics, finding_statistics, standards

PREPARE = text("SELECT set_config('work_mem', '64MB', true), set_config('plan_cache_mode', 'force_custom_plan', true)")
"""For this transaction alone: room to group in memory, and plans for the days that are asked about."""


def finding_parameters(
    period: Period,
    today: date,
    filters: Mapping[str, Any],
    categories: Sequence[tuple[str, str, str, str]],
    most: int | None,
) -> dict[str, Any]:
    """The parameters of the statement on findings; `categories` are standard, version, code and category."""
    before = period.year_before()
    columns = zip(("standards", "versions", "codes", "categories"), zip(*categories, strict=True), strict=True)
    return {
        "first": period.first,
        "last": period.last,
        "as_of": period.as_of,
        "first_before": before.first,
        "last_before": before.last,
        "as_of_before": before.as_of,
        "today": today,
        "most": most,
        **{name: value for name, value in filters.items() if value is not None},
        **({name: list(column) for name, column in columns} if categories else {}),
    }


async def mapped_provisions(session: AsyncSession, rules: CategoryRules) -> list[tuple[str, str, str, str]]:
    """Every provision held with its category: standard, version, code, category."""
    catalogue = await standards.load_catalogue(session)
    placed = [
        (*edition, code, rules.category_of(*edition, code)) for edition, codes in catalogue.items() for code in codes
    ]
    return [(standard, version, code, category) for standard, version, code, category in placed if category]


async def read_finding_groups(
    session: AsyncSession,
    group_by: str,
    period: Period,
    today: date,
    filters: Mapping[str, Any],
    rules: CategoryRules | None,
    most: int | None,
) -> Sequence[Any]:
    """The total and then the groups, largest first, at most `most` or all; `rules` are needed for categories."""
    categories = await mapped_provisions(session, rules) if rules else []
    parameters = finding_parameters(period, today, filters, categories, most)
    await session.execute(PREPARE)
    return (await session.execute(text(finding_statistics.statement(group_by, filters)), parameters)).all()


async def read_audit_groups(session: AsyncSession, group_by: str, parameters: Mapping[str, Any]) -> Sequence[Any]:
    """The total and then the groups, largest first."""
    return (await session.execute(text(audit_statistics.statement(group_by)), dict(parameters))).all()
