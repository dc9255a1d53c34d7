"""Figures over findings and audits, by group."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.clients import ScoringClient, ScoringPolicy
from services.audit.domain.audits import window_start
from services.audit.domain.statistics import CategoryRules, Period, percent, year_before
from services.audit.repository import standards
from services.audit.repository import statistics as repository
from shared.web.resources import Resources

OUTCOMES = ("approved", "conditionally_approved", "rejected")
COUNTED = ("findings", "withdrawn", "suppliers", "open", "implemented", "closed", "overdue", "improved")


@dataclass(frozen=True, slots=True)
class FindingQuestion:
    """Which findings, grouped how, and the most groups; `filters` that are None do not count."""

    group_by: str
    period: Period
    filters: Mapping[str, Any]
    most: int


async def find_policy(resources: Resources, group_by: str, day: date) -> ScoringPolicy | None:
    """The policy that places provisions, where groups need one. To be called outside any transaction: it asks scoring.

    Unavailable while scoring is away.
    """
    return await ScoringClient(resources).policy_on(day) if group_by == "category" else None


async def count_findings(
    session: AsyncSession, question: FindingQuestion, policy: ScoringPolicy | None, today: date
) -> dict[str, Any]:
    """The answer to `question`, in the shape of the API; `policy` is needed for categories."""
    group_by, period = question.group_by, question.period
    rules = category_rules(policy) if policy else None
    # Of months all are read: the smallest, those of the year before alone, are what the others are held against.
    most = None if group_by == "month" else question.most + 1
    rows = await repository.read_finding_groups(session, group_by, period, today, question.filters, rules, most)
    found = [_finding_group(row, group_by) for row in rows if not row.is_total]
    if group_by == "month":
        found = _against_last_year(found, period)
    groups = found[: question.most]
    if group_by == "provision":
        titles = await standards.load_catalogue(session)
        for group in groups:
            group["title"] = titles.get((group["standard"], group["code_version"]), {}).get(group["key"])
    total = next((row for row in rows if row.is_total), None)
    return {
        "group_by": group_by,
        "from": period.first,
        "to": period.last,
        "as_of": period.as_of,
        "policy_version": policy.version if policy else None,
        "total": _finding_figures(total),
        "groups": groups,
        "complete": len(found) <= question.most,
    }


async def count_audits(
    session: AsyncSession, group_by: str, first: date, last: date, today: date, most: int
) -> dict[str, Any]:
    """Audits conducted or planned from `first` to `last`, in the shape of the API."""
    parameters = {"first": first, "last": last, "today": today, "valid_after": window_start(today), "most": most + 1}
    rows = await repository.read_audit_groups(session, group_by, parameters)
    return {
        "group_by": group_by,
        "from": first,
        "to": last,
        "total": _audit_figures(rows[0]),
        "groups": [{"key": _text(row.key), **_audit_figures(row)} for row in rows[1 : most + 1]],
        "complete": len(rows) <= most + 1,
    }


def category_rules(policy: ScoringPolicy) -> CategoryRules:
    """Where the policy counts provisions."""
    named = {(each.standard, each.version, each.provision): each.category for each in policy.provision_categories}
    return CategoryRules(named, policy.section_categories)


def _finding_group(row: Any, group_by: str) -> dict[str, Any]:
    by_provision, by_supplier = group_by == "provision", group_by == "supplier"
    return {
        "key": row.k0.isoformat()[:7] if group_by == "month" else _text(row.k0),
        "title": row.k2 if by_supplier else None,
        "standard": row.k1 if by_provision else None,
        "code_version": row.k2 if by_provision else None,
        "supplier_id": row.k1 if by_supplier else None,
        **_finding_figures(row),
    }


def _finding_figures(row: Any) -> dict[str, Any]:
    counts = {name: 0 if row is None else int(getattr(row, name)) for name in COUNTED}
    before, improved_before = (0, 0) if row is None else (int(row.before), int(row.before_improved))
    days = {name: _rounded(getattr(row, name, None)) for name in ("mean", "median", "p90")}
    return {
        **counts,
        "improvement_rate_percent": percent(counts["improved"], counts["findings"]),
        "days_to_close": {"n": counts["improved"], **days},
        "previous": {"findings": before, "improvement_rate_percent": percent(improved_before, before)},
        "change_percent": percent(counts["findings"] - before, before),
    }


def _against_last_year(groups: list[dict[str, Any]], period: Period) -> list[dict[str, Any]]:
    """Each month beside the same month of the year before, which the statement counts under its own name.

    In a period longer than a year a month may be there for the sake of a later year alone.
    """
    previous = {group["key"]: group["previous"] for group in groups}
    first, last = period.first.isoformat()[:7], period.last.isoformat()[:7]
    months = [group for group in groups if first <= group["key"] <= last and (group["findings"] or group["withdrawn"])]
    for month in months:
        day = year_before(date.fromisoformat(f"{month['key']}-01"))
        before = previous.get(day.isoformat()[:7], {"findings": 0, "improvement_rate_percent": None})
        month["previous"] = before
        month["change_percent"] = percent(month["findings"] - before["findings"], before["findings"])
    return months


def _audit_figures(row: Any) -> dict[str, Any]:
    decided = sum(getattr(row, outcome) for outcome in OUTCOMES)
    return {
        "audits": row.audits,
        "planned": row.planned,
        **{outcome: getattr(row, outcome) for outcome in OUTCOMES},
        "undecided": row.undecided,
        **{f"{outcome}_percent": percent(getattr(row, outcome), decided) for outcome in OUTCOMES},
        "mean_score": _rounded(row.mean_score),
        "scored": row.scored,
        "valid_today": row.valid_today,
        "findings": int(row.findings),
        "findings_per_audit": round(int(row.findings) / row.audits, 2) if row.audits else None,
    }


def _rounded(value: Any) -> float | None:
    return None if value is None else round(float(value), 2)


def _text(key: Any) -> str | None:
    return None if key is None else str(key)
